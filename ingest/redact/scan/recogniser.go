package scan

import (
	"github.com/gatehound/gatehound/ingest/redact/secret"
	"github.com/gatehound/gatehound/schemas"
)

// recogniser is what found a match. Its name is stable: Explain shows it.
type recogniser uint8

const (
	byEmail recogniser = iota
	byEmailSpoken
	byPhoneE164
	byPhoneGrouped
	byPhoneContext
	byCard
	byCardMember
	byIBAN
	byBase58
	byBech32
	byNational // the first of the national identity numbers
)

const (
	byIPv4 = byNational + nationals + iota
	byIPv6
	byWrittenIP
	byMAC
	byScheme
	byHeader
	byJWT
	byPEM
	byName
	byAssignment
	byElement
	byPair
	byOption
	byForm
	byUserinfo
	byQuotedRun
	byRandom
	byBase64
	byPromptName
	byLength
	byPasses
	byControl
	byIssuer // the first of those of issuers
)

// trait is what a recogniser is called, the kind of what it finds and the marker
// that stands for it.
type trait struct {
	name   string
	kind   schemas.RedactionKind
	marker string
}

// traits has every recogniser's.
var traits = func() []trait {
	t := make([]trait, byIssuer)
	for by, tr := range map[recogniser]trait{
		byEmail:        {"email.address", schemas.RedactedEmail, markEmail},
		byEmailSpoken:  {"email.spoken", schemas.RedactedEmail, markEmail},
		byPhoneE164:    {"phone.e164", schemas.RedactedPhone, markPhone},
		byPhoneGrouped: {"phone.grouped", schemas.RedactedPhone, markPhone},
		byPhoneContext: {"phone.context", schemas.RedactedPhone, markPhone},
		byCard:         {"card.luhn", schemas.RedactedCard, markCard},
		byCardMember:   {"card.member", schemas.RedactedCard, markCard},
		byIBAN:         {"iban.mod97", schemas.RedactedIBAN, markIBAN},
		byBase58:       {"crypto.base58check", schemas.RedactedIBAN, markCrypto},
		byBech32:       {"crypto.bech32", schemas.RedactedIBAN, markCrypto},
		byIPv4:         {"address.ipv4", schemas.RedactedAddress, markIP},
		byIPv6:         {"address.ipv6", schemas.RedactedAddress, markIP},
		byWrittenIP:    {"address.written", schemas.RedactedAddress, markIP},
		byMAC:          {"address.mac", schemas.RedactedAddress, markMAC},
		byScheme:       {"auth.scheme", schemas.RedactedBearer, markAuth},
		byHeader:       {"auth.header", schemas.RedactedBearer, markAuth},
		byJWT:          {"jwt.token", schemas.RedactedJWT, markJWT},
		byPEM:          {"pem.private_key", schemas.RedactedPrivateKey, markPEM},
		byName:         {"parameter.name", schemas.RedactedParameter, markSecret},
		byAssignment:   {"entropy.assignment", schemas.RedactedParameter, markSecret},
		byElement:      {"parameter.element", schemas.RedactedParameter, markSecret},
		byPair:         {"parameter.pair", schemas.RedactedParameter, markSecret},
		byOption:       {"parameter.option", schemas.RedactedParameter, markSecret},
		byForm:         {"parameter.form", schemas.RedactedParameter, markSecret},
		byUserinfo:     {"parameter.userinfo", schemas.RedactedParameter, markUserinfo},
		byQuotedRun:    {"entropy.context", schemas.RedactedHighEntropy, markToken},
		byRandom:       {"entropy.token", schemas.RedactedHighEntropy, markToken},
		byBase64:       {"entropy.base64", schemas.RedactedHighEntropy, markToken},
		byPromptName:   {"prompt.name", schemas.RedactedPrompt, markPrompt},
		byLength:       {"bound.length", schemas.RedactedUnproven, Unproven},
		byPasses:       {"bound.passes", schemas.RedactedUnproven, Unproven},
		byControl:      {"text.control", schemas.RedactedUnproven, ""},
	} {
		t[by] = tr
	}
	for i, name := range nationalNames {
		t[byNational+recogniser(i)] = trait{"national." + name, schemas.RedactedNationalID, markNational}
	}
	for _, key := range secret.Issuers() {
		t = append(t, trait{"secret." + key.Name, key.Kind, "[SECRET:" + key.Name + "]"})
	}
	return t
}()

// issuers has the recogniser of each issuer's keys.
var issuers = func() map[string]recogniser {
	m := map[string]recogniser{}
	for i, key := range secret.Issuers() {
		m[key.Name] = byIssuer + recogniser(i)
	}
	return m
}()

// Recognisers returns the names of all recognisers, in a fixed order.
func Recognisers() []string {
	names := make([]string, len(traits))
	for i, tr := range traits {
		names[i] = tr.name
	}
	return names
}
