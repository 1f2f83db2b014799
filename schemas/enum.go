package schemas

import (
	"fmt"
	"slices"
	"strings"
)

// Responder says who produced a response.
type Responder uint8

// Who can produce a response.
const (
	ResponderUnknown Responder = iota
	ResponderGateway
	ResponderUpstream
)

// AuthOutcome is the outcome of the client's authentication at the gateway. A
// provider's 401 to the gateway is not a failure of the client: it is
// AuthUnknown with Responder ResponderUpstream.
type AuthOutcome uint8

// The outcomes of authentication.
const (
	AuthUnknown AuthOutcome = iota
	AuthSuccess
	AuthFailure
)

// AuthReason says why authentication failed.
type AuthReason uint8

// The reasons of a failed authentication.
const (
	ReasonNone      AuthReason = iota
	ReasonMissing              // no credential was presented
	ReasonInvalid              // the credential is unknown or wrong
	ReasonExpired              // the credential is no longer or not yet valid
	ReasonForbidden            // the caller is known and may not do this
	ReasonUnstated             // the gateway does not say
)

// ClientClass is what a user agent says that the client is.
type ClientClass uint8

// The classes of clients.
const (
	ClientUnknown   ClientClass = iota
	ClientSDK                   // a provider's official SDK
	ClientHTTP                  // a general HTTP library or command
	ClientBrowser               // a browser
	ClientCrawler               // a search or other crawler
	ClientAICrawler             // a crawler that feeds a model
	ClientScanner               // a security scanner
	ClientEmpty                 // no user agent was sent
)

// Guardrail is the verdict of a guardrail.
type Guardrail uint8

// The verdicts of guardrails.
const (
	GuardrailUnknown Guardrail = iota
	GuardrailPassed
	GuardrailInputBlocked
	GuardrailOutputBlocked
	GuardrailMasked
)

// NetworkClass is what kind of network an address is in.
type NetworkClass uint8

// The classes of networks.
const (
	NetworkUnknown  NetworkClass = iota
	NetworkHosting               // a cloud or hosting provider
	NetworkProxy                 // a proxy or VPN
	NetworkTor                   // a Tor exit
	NetworkInternal              // the user's own
)

// Listing is how an endpoint or a model stands in an inventory.
type Listing uint8

// The listings.
const (
	ListingUnknown    Listing = iota // there is no inventory
	ListingKnown                     // listed
	ListingDeprecated                // listed, and not to be used any more
	ListingInternal                  // listed, and not for clients from outside
	ListingUnlisted                  // not in the inventory
)

// Script is the script that a text is written in.
type Script uint8

// The scripts. A text that has less than four fifths of its letters in one
// script is mixed.
const (
	ScriptUnknown Script = iota
	ScriptLatin
	ScriptCyrillic
	ScriptGreek
	ScriptArabic
	ScriptHebrew
	ScriptDevanagari
	ScriptThai
	ScriptHan
	ScriptJapanese
	ScriptHangul
	ScriptOther
	ScriptMixed
)

// PromptSignals is a set of the signatures that a prompt can hit.
type PromptSignals uint16

// The signals.
const (
	SignalInjection  PromptSignals = 1 << iota // overrides the instructions
	SignalJailbreak                            // talks the model out of its rules
	SignalPromptLeak                           // asks for the system prompt
	SignalReasoning                            // asks for the reasoning trace
	SignalInvisible                            // has zero-width or tag characters
	SignalEncoded                              // has base64 or hexadecimal text
	SignalLookalike                            // has letters of other scripts in words
)

// Severity orders findings and alerts. OCSF's severity_id is Severity plus 1.
type Severity uint8

// The severities.
const (
	SeverityInfo Severity = iota
	SeverityLow
	SeverityMedium
	SeverityHigh
	SeverityCritical
)

// EntityKind is the kind of thing whose behaviour a detector watches.
type EntityKind uint8

// The kinds of entities.
const (
	EntityNone      EntityKind = iota
	EntityPrincipal            // Event.Principal
	EntityAddress              // Event.ClientAddr; IPv6 by its /64
	EntityRoute                // Event.Method and Event.Route
	EntityGlobal               // everything
	EntitySource               // a source of records: a topic, or a format in it
	EntityModel                // Event.Provider and Event.Model
	EntityTenant               // Event.Tenant
	EntityHost                 // Event.Host
	EntityCampaign             // principals that work together: Campaign.ID
)

// AlertState is what last happened to an alert.
type AlertState uint8

// The states of an alert.
const (
	// AlertOpen is new.
	AlertOpen AlertState = iota
	// AlertUpdated goes on, or became worse.
	AlertUpdated
	// AlertResolved is over: Alert.Resolution says why.
	AlertResolved
	// AlertAcknowledged was taken by somebody, who is Alert.Acknowledged.
	AlertAcknowledged
	// AlertEscalated was not acknowledged in time.
	AlertEscalated
	// AlertReopened was resolved and is back.
	AlertReopened
)

// RedactionKind is a kind of personal data or secret.
type RedactionKind uint8

// The kinds that the redactor knows.
const (
	RedactedEmail RedactionKind = iota
	RedactedPhone
	RedactedCard
	RedactedIBAN
	RedactedNationalID
	RedactedAddress    // an IP or MAC address in text
	RedactedBearer     // Authorization: Bearer, Basic, Digest …
	RedactedJWT        // a JSON Web Token
	RedactedAPIKey     // a model provider's key
	RedactedCloudKey   // a cloud's or code host's key
	RedactedPrivateKey // PEM
	RedactedParameter  // the value of a parameter or header with a telling name
	RedactedHighEntropy
	RedactedPrompt    // a prompt or an answer, dropped
	RedactedUnproven  // text that could not be proven clean
	RedactedPrincipal // an identity, made a pseudonym
	RedactionKinds    // the number of kinds
)

// RedactionCounts counts redactions by kind; a count stops at 255.
type RedactionCounts [RedactionKinds]uint8

// Add counts one redaction of kind k.
func (c *RedactionCounts) Add(k RedactionKind) {
	if c[k] < 255 {
		c[k]++
	}
}

var (
	responderNames = []string{"unknown", "gateway", "upstream"}
	authNames      = []string{"unknown", "success", "failure"}
	reasonNames    = []string{"", "missing", "invalid", "expired", "forbidden", "unstated"}
	classNames     = []string{"unknown", "sdk", "http_library", "browser", "crawler", "ai_crawler", "scanner", "empty"}
	guardrailNames = []string{"unknown", "passed", "input_blocked", "output_blocked", "masked"}
	severityNames  = []string{"info", "low", "medium", "high", "critical"}
	entityNames    = []string{"none", "principal", "address", "route", "global", "source", "model", "tenant", "host", "campaign"}
	networkNames   = []string{"unknown", "hosting", "proxy", "tor", "internal"}
	listingNames   = []string{"unknown", "known", "deprecated", "internal", "unlisted"}
	scriptNames    = []string{"unknown", "latin", "cyrillic", "greek", "arabic", "hebrew", "devanagari", "thai",
		"han", "japanese", "hangul", "other", "mixed"}
	signalNames = []string{"injection", "jailbreak", "prompt_leak", "reasoning", "invisible", "encoded", "lookalike"}
	stateNames  = []string{"open", "updated", "resolved", "acknowledged", "escalated", "reopened"}
	kindNames   = []string{"email", "phone", "card", "iban", "national_id", "address", "bearer", "jwt",
		"api_key", "cloud_key", "private_key", "parameter", "high_entropy", "prompt", "unproven", "principal"}
)

func name(names []string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return "invalid"
}

func parse[T ~uint8](what string, names []string, text []byte, into *T) error {
	for i, n := range names {
		if n == string(text) {
			*into = T(i)
			return nil
		}
	}
	return fmt.Errorf("unknown %s: want one of %q", what, names)
}

func (r Responder) String() string     { return name(responderNames, uint8(r)) }
func (a AuthOutcome) String() string   { return name(authNames, uint8(a)) }
func (r AuthReason) String() string    { return name(reasonNames, uint8(r)) }
func (c ClientClass) String() string   { return name(classNames, uint8(c)) }
func (g Guardrail) String() string     { return name(guardrailNames, uint8(g)) }
func (n NetworkClass) String() string  { return name(networkNames, uint8(n)) }
func (l Listing) String() string       { return name(listingNames, uint8(l)) }
func (s Script) String() string        { return name(scriptNames, uint8(s)) }
func (s Severity) String() string      { return name(severityNames, uint8(s)) }
func (k EntityKind) String() string    { return name(entityNames, uint8(k)) }
func (s AlertState) String() string    { return name(stateNames, uint8(s)) }
func (k RedactionKind) String() string { return name(kindNames, uint8(k)) }

// MarshalText and UnmarshalText give every enumeration its name in JSON.

func (r Responder) MarshalText() ([]byte, error)     { return []byte(r.String()), nil }
func (a AuthOutcome) MarshalText() ([]byte, error)   { return []byte(a.String()), nil }
func (r AuthReason) MarshalText() ([]byte, error)    { return []byte(r.String()), nil }
func (c ClientClass) MarshalText() ([]byte, error)   { return []byte(c.String()), nil }
func (g Guardrail) MarshalText() ([]byte, error)     { return []byte(g.String()), nil }
func (n NetworkClass) MarshalText() ([]byte, error)  { return []byte(n.String()), nil }
func (l Listing) MarshalText() ([]byte, error)       { return []byte(l.String()), nil }
func (s Script) MarshalText() ([]byte, error)        { return []byte(s.String()), nil }
func (s Severity) MarshalText() ([]byte, error)      { return []byte(s.String()), nil }
func (k EntityKind) MarshalText() ([]byte, error)    { return []byte(k.String()), nil }
func (s AlertState) MarshalText() ([]byte, error)    { return []byte(s.String()), nil }
func (k RedactionKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

func (r *Responder) UnmarshalText(b []byte) error   { return parse("responder", responderNames, b, r) }
func (a *AuthOutcome) UnmarshalText(b []byte) error { return parse("outcome", authNames, b, a) }
func (r *AuthReason) UnmarshalText(b []byte) error  { return parse("reason", reasonNames, b, r) }
func (c *ClientClass) UnmarshalText(b []byte) error { return parse("client class", classNames, b, c) }
func (g *Guardrail) UnmarshalText(b []byte) error   { return parse("verdict", guardrailNames, b, g) }
func (n *NetworkClass) UnmarshalText(b []byte) error {
	return parse("network class", networkNames, b, n)
}
func (l *Listing) UnmarshalText(b []byte) error    { return parse("listing", listingNames, b, l) }
func (s *Script) UnmarshalText(b []byte) error     { return parse("script", scriptNames, b, s) }
func (s *Severity) UnmarshalText(b []byte) error   { return parse("severity", severityNames, b, s) }
func (k *EntityKind) UnmarshalText(b []byte) error { return parse("entity kind", entityNames, b, k) }
func (s *AlertState) UnmarshalText(b []byte) error { return parse("state", stateNames, b, s) }
func (k *RedactionKind) UnmarshalText(b []byte) error {
	return parse("redaction kind", kindNames, b, k)
}

// Names returns the names of the signals in the set, in the order of their
// bits.
func (s PromptSignals) Names() []string {
	var names []string
	for i, n := range signalNames {
		if s&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// MarshalText gives a set of signals as their names with commas between.
func (s PromptSignals) MarshalText() ([]byte, error) {
	return []byte(strings.Join(s.Names(), ",")), nil
}

// UnmarshalText reads what MarshalText writes.
func (s *PromptSignals) UnmarshalText(b []byte) error {
	*s = 0
	if len(b) == 0 {
		return nil
	}
	for n := range strings.SplitSeq(string(b), ",") {
		i := slices.Index(signalNames, n)
		if i < 0 {
			return fmt.Errorf("unknown prompt signal: want one of %q", signalNames)
		}
		*s |= 1 << i
	}
	return nil
}
