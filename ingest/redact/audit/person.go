package audit

import (
	"bytes"
	"net/netip"
	"regexp"

	"github.com/gatehound/gatehound/schemas"
)

// personRules are those of addresses, accounts and numbers of people.
func personRules(add adder) {
	const (
		mail, phone, address = schemas.RedactedEmail, schemas.RedactedPhone, schemas.RedactedAddress
		national, account    = schemas.RedactedNationalID, schemas.RedactedIBAN
	)
	add(mail, 0, when(mailbox), `[\p{L}\p{N}!#$%&'*+/=?^_{|}~.-]+@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+(?:xn--[A-Za-z0-9-]{2,}|[\p{L}]{2,24})`, "@")
	add(mail, 0, when(hosted), `[\p{L}\p{N}._%+-]+@\[?(?i:IPv6:)?([0-9a-fA-F:.]{6,45})`, "@")
	add(mail, 0, nil, `(?i)[a-z0-9._%+-]+ ?[\[({<] ?at ?[\])}>] ?[a-z0-9-]+(?:(?:\.| ?[\[({<] ?dot ?[\])}>] ?| dot )[a-z0-9-]+)*(?:\.| ?[\[({<] ?dot ?[\])}>] ?| dot )[a-z]{2,24}`, "[at", "(at", "{at", "<at", "[ at", "( at", "{ at", "< at")
	add(mail, 0, when(said), `(?i)\b([a-z0-9._%+-]{2,} at [a-z0-9-]+(?: dot [a-z0-9-]+){0,3} dot [a-z]{2,24})\b`, " dot ")

	add(address, 4, when(public4), `(?:[0-9]{1,3}\.){3}[0-9]{1,3}`, ".")
	add(address, 0, when(mac), `(?i)[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}`, ":", "-")
	add(address, 0, v6, `[0-9A-Fa-f:][0-9A-Fa-f:.]{1,44}`, ":")

	add(account, 9, iban, `(?i)[a-z]{2}[0-9]{2}(?:[ .+-]?[a-z0-9]{1,4}){3,10}`)
	add(account, 1, when(base58), `[13][1-9A-HJ-NP-Za-km-z]{25,34}`)
	add(account, 1, when(bech32), `(?i)bc1[02-9ac-hj-np-z]{11,71}`, "bc1")

	// A number of a card comes before the shorter ones that its groups hold.
	add(schemas.RedactedCard, 13, when(card), `[0-9]{4}[ ./+-]{0,2}[0-9]{4}[ ./+-]{0,2}[0-9]{4}[ ./+-]{0,2}[0-9]{1,4}(?:[ ./+-]{0,2}[0-9]{3})?`)
	add(schemas.RedactedCard, 13, when(card), `3[0-9]{3}[ +-]{1,2}[0-9]{6}[ +-]{1,2}[0-9]{4,5}`)
	add(national, 9, when(written), `[0-9]{3}-[0-9]{2}-[0-9]{4}|[0-9]{3}-[0-9]{3}-[0-9]{3}|[0-9]{3} [0-9]{3} [0-9]{4}|[0-9]{6}-[0-9]{4}|[0-9]{8}-[0-9]{4}|[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}|`+
		`[0-9]{2} [0-9]{3} [0-9]{3} [0-9]{3}|[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}|[0-9] [0-9]{2} [0-9]{2} [0-9]{2} [0-9]{3} [0-9]{3} [0-9]{2}`)
	add(national, 11, when(bare), `[0-9]{11,15}`)
	add(national, 7, when(lettered), `(?i:[A-Z]{6}[0-9]{2}[A-Z][0-9]{2}[A-Z][0-9]{3}[A-Z])|[XYZ]?[0-9]{7,8}-?[A-Z]`)
	add(national, 6, when(told), `(?i)(?:\b|_)(?:ssn|itin|social security|social insurance|nhs|nino|national insurance|bsn|sofi|burgerservicenummer|pesel|cpf|sin|nir|insee|aadhaar|aadhar|steuer-?id|idnr|tax[_ -]?id|personnummer|svnr|krankenversicherung|kvnr|ahv|avs|rijksregister|hetu|kimlik|rrn|nric|tfn|npi|thai id|identity|tin|national[_ ]?id|passport|reisepass|pasaporte|passeport|medicare|mbi)`+
		`(?:[ _-]?(?:number|no|nr|num|nummer|id|is))*["'\\]{0,2}[\s:=#."'\\]{1,4}([A-Z]{0,2} ?[0-9][0-9 ./-]{0,18}[0-9A-Z./-]{1,18}[0-9A-Z])`,
		"ssn", "itin", "social", "nhs", "nino", "national", "bsn", "sofi", "burger", "pesel", "cpf", "sin", "nir", "insee", "aadha", "steuer", "idnr", "tax",
		"personn", "svnr", "kranken", "kvnr", "ahv", "avs", "rijks", "hetu", "kimlik", "rrn", "nric", "tfn", "npi", "thai", "identity", "tin", "pass", "pasa", "medicare", "mbi")
	add(national, 4, when(coded), `(?i)(?:mbi|medicare)[a-z_ ]{0,12}["'\\]{0,2}[\s:="'\\]{1,4}([1-9][A-Z][0-9A-Z][0-9]-?[A-Z][0-9A-Z][0-9]-?[A-Z]{2}[0-9]{2})`, "mbi", "medicare")
	add(address, 6, nil, `(?i)\bip(?:v4|_?addr(?:ess)?)?["'\\]{0,2}[\s=:"'\\]{1,3}((?:[0-9]{1,3}-){3}[0-9]{1,3}|0[0-7]{1,3}(?:\.[0-7]{1,4}){3}|[0-9]{8,10})\b`, "ip")

	add(phone, 8, when(e164), `\+[1-9][0-9]{0,3}(?: ?\(0\) ?)?(?:[ ()./+-]{0,3}[0-9]{1,12}){1,8}`, "+")
	add(phone, 10, when(american), `(?:1[-. +])?\(?[2-9][0-9]{2}\)?[-. +]{1,2}[2-9][0-9]{2}[-. +][0-9]{4}`)
	add(phone, 9, when(trunk), `0[1-9][0-9]{0,4}(?:[ +/-][0-9]{2,8}){1,4}|0[1-9](?:\.[0-9]{2}){4}|00[1-9][0-9]{0,3}(?:[ -][0-9]{2,8}){1,4}`)
	add(phone, 7, when(told), `(?i)(?:phone|telefon[eo]?|mobil[en]?|handy|whatsapp|cell|msisdn|\btel|\bcall|\bfax|\bsms|\bgsm)(?:[ _-]?(?:number|no|nr|nummer|is|me|on|at|us))*["'\\]{0,2}[\s:=#."'\\]{1,4}(\(?[0-9][0-9 ()./+-]{5,18}[0-9])`,
		"phone", "telefon", "mobil", "handy", "whatsapp", "cell", "msisdn", "tel", "call", "fax", "sms", "gsm")
}

// boundary reports whether the match is no part of a longer word or number.
func boundary(m match) bool {
	if wordy(m.prior()) || wordy(m.next()) {
		return false
	}
	if p := m.before(2); len(p) == 2 && (p[1] == '.' || p[1] == '-') && number(p[0]) {
		return false
	}
	if m.end+1 < len(m.text) && (m.next() == '.' || m.next() == '-') && number(m.text[m.end+1]) {
		return false
	}
	return true
}

func wordy(c byte) bool {
	return number(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

func number(c byte) bool { return c >= '0' && c <= '9' }

// members ends what stands before the value of a JSON member or a parameter:
// its name is the group.
var members = regexp.MustCompile(`([A-Za-z0-9_.-]{1,40})(?:\[[0-9]{0,4}\]|%5B%5D)?\\{0,4}["']?\s{0,2}[:=]\s{0,2}(\\{0,4}["'])?$`)

// publics are the names of ids and digests, which are random and no secrets.
var publics = regexp.MustCompile(`(?i)(?:(?:^|[_.-]|request|trace|span)id|etag|md5|sha|sha-?(?:1|256|384|512)|checksum|digest|hash|cid|sri|integrity|fingerprint|ksuid|nanoid|cursor|page_token|trace|ray|boundary)$`)

// public reports whether the match is the value of an id or a digest.
func public(m match) bool {
	at := members.FindSubmatch(m.before(64))
	return at != nil && publics.Match(at[1])
}

// counts are the names of ids and counts.
var counts = regexp.MustCompile(`(?:^|[_.-])(?:ids?|order(?:_number)?|bytes|size|offset|count|seed|length|seq|ean|gtin|barcode|sku)$`)

// counted reports whether the match is a number and not the number of
// something: a bare number of a JSON text, unless its name says card, or the
// value of an id.
func counted(m match) bool {
	at := members.FindSubmatch(m.before(64))
	if at == nil {
		return false
	}
	name := bytes.ToLower(at[1])
	if bytes.Contains(name, []byte("card")) || bytes.Equal(name, []byte("pan")) {
		return false
	}
	bare := len(at[2]) == 0 && bytes.IndexByte(at[0], '"') > 0
	return bare || counts.Match(name) && !bytes.HasSuffix(name, []byte("national_id")) && !bytes.HasSuffix(name, []byte("tax_id"))
}

func mailbox(m match) bool {
	local, domain, _ := bytes.Cut(m.bytes(), []byte("@"))
	if bytes.Equal(local, []byte("git")) || bytes.HasSuffix(local, []byte("/git")) || m.prior() == '@' {
		return false
	}
	labels := bytes.Split(domain, []byte("."))
	// A version and the end of a file's name: react@18.2.0.tgz, logo@2x.png.
	first := labels[0]
	if len(first) == 2 && number(first[0]) && first[1] == 'x' {
		return false
	}
	return len(labels) < 3 || !digitsOnly(labels[0]) || !digitsOnly(labels[1])
}

func hosted(m match) bool {
	_, err := netip.ParseAddr(string(bytes.TrimRight(m.bytes(), ".:")))
	return err == nil
}

// versions are the words that what follows is the version of.
var versions = regexp.MustCompile(`(?i)(?:(?:^|[^a-z])(?:v|ver|[a-z_]*version|release|rel|build|rv|rev|nt|os|fw|firmware|jar)["']?[ :=]{0,2}["']?|(?:^|[^./])\b[a-z0-9_.-]*[a-z][a-z0-9_-]*/)$`)

// spokenOf is a text that speaks of versions and not of addresses.
var spokenOf = regexp.MustCompile(`(?i)(?:\b(?:version|release|firmware|section|chapter|upgrade|downgrade|update) (?:(?:to|of) )?|\b[0-9]+\.[0-9]+\.[0-9]+ to )$`)

func public4(m match) bool {
	if next := m.next(); wordy(next) || !boundary(m) {
		return false
	}
	if next := m.next(); next == '-' && m.end+1 < len(m.text) && wordy(m.text[m.end+1]) {
		return false
	}
	a, err := netip.ParseAddr(string(m.bytes()))
	if err != nil || a.IsLoopback() || bytes.HasSuffix(m.bytes(), []byte(".0.0.0")) || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return false
	}
	if spokenOf.Match(m.before(48)) || bytes.Contains(m.text[m.end:min(len(m.text), m.end+24)], []byte("semver")) {
		return false
	}
	if p := m.before(2); len(p) == 2 && p[1] == '-' && wordy(p[0]) {
		return false // app-1.2.3.4.jar
	}
	before := m.before(32)
	if at := versions.FindIndex(before); at != nil && !bytes.HasSuffix(before, []byte("://")) {
		// A path holds addresses: /hosts/10.0.0.1.
		slash := bytes.HasSuffix(before, []byte("/"))
		return slash && at[0] < len(before) && (before[at[0]] == '/' || bytes.HasPrefix(before[at[0]:], []byte("//")))
	}
	return true
}

func v6(m match) int {
	if p := m.prior(); wordy(p) || p == '.' || p == ':' {
		return 0
	}
	t := bytes.TrimRight(m.bytes(), ".")
	if bytes.HasSuffix(t, []byte(":")) && !bytes.HasSuffix(t, []byte("::")) {
		t = t[:len(t)-1]
	}
	if bytes.Count(t, []byte(":")) < 2 || !bytes.ContainsAny(t, "0123456789") || m.start+len(t) < len(m.text) && wordy(m.text[m.start+len(t)]) {
		return 0
	}
	if a, err := netip.ParseAddr(string(t)); err != nil || a.IsLoopback() {
		return 0
	}
	return len(t)
}

func mac(m match) bool {
	next := m.next()
	return !wordy(m.prior()) && m.prior() != ':' && m.prior() != '-' && !wordy(next) && next != ':' &&
		!(next == '-' && m.end+1 < len(m.text) && wordy(m.text[m.end+1])) && !bytes.Equal(m.bytes(), []byte("00:00:00:00:00:00"))
}
