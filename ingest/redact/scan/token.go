package scan

import (
	"strings"
	"unsafe"

	"github.com/gatehound/gatehound/ingest/redact/chars"
	"github.com/gatehound/gatehound/ingest/redact/check"
	"github.com/gatehound/gatehound/ingest/redact/secret"
)

// token looks at the token (letters, digits, '_', '-') that begins at i and
// returns where to go on.
func (s *Scanner) token(i int) int {
	t := s.t
	j, bits := i, uint16(0)
	for j < len(t) && chars.Classes[t[j]]&chars.Word != 0 {
		bits |= chars.Classes[t[j]]
		j++
	}
	if s.hasAt {
		if end := s.emailFrom(i, j); end > 0 {
			return end
		}
	}
	tok := t[i:j]
	if tok[0] == '-' && len(tok) > 1 {
		if end := s.option(i, j); end > 0 {
			return end
		}
	}
	if bits&(chars.Upper|chars.Lower) == 0 {
		return s.numbers(i, j)
	}
	if j < len(t) {
		switch {
		case t[j] == ' ' && len(tok) <= 6 && chars.Scheme(tok) == len(tok):
			if end := s.credential(j); end > 0 {
				return end
			}
		case t[j] == ':' && len(tok) <= 4 && bits&^(chars.Upper|chars.Lower|chars.Digit|chars.Hex|chars.Base64|chars.Local|chars.Domain|chars.Value) == 0:
			if end := s.ipv6(i); end > 0 {
				return end
			}
		}
	}
	if len(tok) == 2 && chars.EqualFold(tok, "at") {
		if end := s.spoken(i, j); end > 0 {
			return end
		}
	}
	if len(tok) >= 10 && tok[len(tok)-1] >= '0' && tok[len(tok)-1] <= '9' && (strings.HasPrefix(tok, "ip-") || strings.HasPrefix(tok, "ec2-")) {
		if end := s.hostName(i, j); end > 0 {
			return end
		}
	}
	if len(tok) == 2 && s.at(j) == ' ' {
		if end := s.spacedNINO(i); end > 0 {
			return end
		}
	}
	if s.at(j) == '.' {
		if len(tok) == 17 && strings.HasPrefix(tok, "pat") && chars.TokenLength(t[j+1:]) == 64 {
			return s.add(i, j+65, byRandom) // of Airtable
		}
		if bits&chars.Digit != 0 {
			if end := s.gluedIPv4(i, j); end > 0 {
				return end
			}
		}
		if len(tok) <= 5 {
			if end := s.dotted(i, j, tok); end > 0 {
				return end
			}
		}
	}
	const begin = "-----BEGIN" // may be glued to something
	if tok[len(tok)-1] == 'N' && strings.HasSuffix(tok, begin) {
		if end := s.pem(j - len(begin)); end > 0 {
			return end
		}
	}
	if s.before(i) == ',' || tok[0] == 's' && len(tok) > 7 {
		if end := s.image(i); end > 0 {
			return end
		}
	}
	if len(tok) >= 4 && bits&chars.Digit != 0 && s.mode&SecretsOnly == 0 {
		if end := s.iban(i); end > 0 {
			return end
		}
	}
	if len(tok) == 17 && tok[2] == '-' {
		if end := s.macAddress(i); end > 0 {
			return end
		}
	}
	if len(tok) >= 7 {
		if end := s.secret(i, j, tok); end > 0 {
			return end
		}
		if bits&chars.Digit != 0 {
			if end := s.letteredID(i, j, tok); end > 0 {
				return end
			}
		}
		if bits&chars.Digit != 0 && tok[0] != '-' {
			if k := lettersThenDigits(tok); k > 0 {
				return s.glued(i+k, j)
			}
		}
	}
	if j < len(t) && len(tok) >= 3 && (t[j] == '/' || t[j] == '+') {
		return s.base64(i, j)
	}
	return j
}

// numbers looks at each group of digits of the token t[i:j], which has no
// letters.
func (s *Scanner) numbers(i, j int) int {
	for i < j {
		if chars.Classes[s.t[i]]&chars.Digit == 0 {
			i++
			continue
		}
		if end := s.macAddress(i); end > 0 {
			i = end
			continue
		}
		i = s.number(i)
	}
	return i
}

// secret looks for a secret that begins with the token t[i:j].
func (s *Scanner) secret(i, j int, tok string) int {
	if secret.IsUUID(tok) {
		return 0
	}
	if end, _, issuer := secret.Key(s.t, i, tok); end > 0 {
		return s.add(i, end, issuers[issuer])
	}
	if len(tok) < chars.TokenLen-2 {
		return 0
	}
	for k, joins := 1, 0; k < len(tok) && joins < maxJoins; k++ { // "prod_AKIA…"
		if chars.Classes[tok[k-1]]&chars.Join == 0 {
			continue
		}
		joins++
		if end, _, issuer := secret.Key(s.t, i+k, tok[k:]); end > 0 {
			return s.add(i+k, end, issuers[issuer])
		}
	}
	if end := secret.JWTEnd(s.t, i, tok); end > 0 {
		return s.add(i, end, byJWT)
	}
	if at, issuer := secret.Glued(tok); at > 0 {
		return s.add(i+at, j, issuers[issuer])
	}
	if end := s.disguised(i, j, tok); end > 0 {
		return end
	}
	least := 20
	if s.mode&ID != 0 {
		least = 38 // request ids of up to 36 characters are common
	}
	if secret.Random(tok, least) && !secret.ObjectID(tok) && !boundary(tok) && !(len(tok) <= 64 && s.public(i)) {
		end := j
		if c := s.at(j); (c == '+' || c == '/') && s.mode&Parameters == 0 && strings.IndexByte("/.:%", s.before(i)) < 0 { // base64, no path
			for end < len(s.t) && end-i < maxBase64 && (chars.Classes[s.t[end]]&chars.Word != 0 || s.t[end] == '/' || s.t[end] == '+') {
				end++
			}
		}
		for k := 0; k < 2 && end < len(s.t) && s.t[end] == '='; k++ {
			end++
		}
		if end < len(s.t) && chars.Classes[s.t[end]]&chars.Alnum != 0 { // name=value
			end = j
		}
		return s.add(i, end, byRandom)
	}
	return 0
}

// boundary reports whether the token is what separates the parts of a form.
func boundary(tok string) bool {
	return strings.Contains(tok, "WebKitFormBoundary")
}

// maxJoins bounds how many parts of a token are looked at for a key.
const maxJoins = 4

// maxBase64 bounds a run of base64 characters that is looked at, in bytes.
const maxBase64 = 256

// base64 looks for a random text in the base64 alphabet with '/' and '+', which
// are no part of tokens: the secret access keys of AWS are such. A path is not
// one, because it has segments that are words.
func (s *Scanner) base64(i, j int) int {
	t := s.t
	if prev := s.before(i); chars.Classes[prev]&chars.Word != 0 || prev == '+' {
		return j
	}
	end := j
	for end < len(t) && end-i < maxBase64 && (chars.Classes[t[end]]&chars.Word != 0 || t[end] == '/' || t[end] == '+') {
		end++
	}
	if run := t[i:end]; len(run) < 32 || !secret.Random(run, 32) && !(len(run) == 40 && secret.Spread(run) >= 0.28) || secret.Written(run) || s.public(i) {
		return j
	}
	for k := 0; k < 2 && end < len(t) && t[end] == '='; k++ {
		end++
	}
	return s.add(i, end, byBase64)
}

// credential looks behind an authentication scheme, whose end is j, for what it
// presents.
func (s *Scanner) credential(j int) int {
	t := s.t
	start := j
	for start < len(t) && t[start] == ' ' && start < j+3 {
		start++
	}
	end := start
	for end < len(t) && chars.Classes[t[end]]&chars.Value != 0 {
		end++
	}
	value := t[start:end]
	if len(value) < 6 || markerLen(value) > 0 {
		return 0
	}
	if strings.HasPrefix(value, "realm=") || len(value) >= 32 && chars.Only(value, chars.Hex) && t[j-1]|0x20 == 't' {
		return 0 // a challenge; the digest of something
	}
	if end < len(t) && t[end] == '"' && value[len(value)-1] == '=' { // Digest username="…"
		for end < len(t) && t[end] != '\n' && t[end] != '\r' {
			end++
		}
		return s.add(start, end, byScheme)
	}
	if !chars.Has(value, chars.Digit) && !(chars.Has(value[1:], chars.Upper) && chars.Has(value, chars.Lower)) && len(value) < 20 {
		return 0 // "bearer token", "Basic Authentication"
	}
	return s.add(start, end, byScheme)
}

// dotted looks for a key whose prefix is the token t[i:j] and a full stop, and for
// the path of a hook of Slack.
func (s *Scanner) dotted(i, j int, tok string) int {
	if end, _, issuer := secret.Key(s.t, i, tok); end > 0 {
		return s.add(i, end, issuers[issuer])
	}
	const host, path = "hooks", ".slack.com/services/"
	if tok != host || !strings.HasPrefix(s.t[j:], path) {
		return 0
	}
	start := j + len(path)
	end := start
	for end < len(s.t) && (chars.Classes[s.t[end]]&chars.Word != 0 || s.t[end] == '/') {
		end++
	}
	if end-start < 12 {
		return 0
	}
	return s.add(start, end, issuers["slack"])
}

// disguised looks for a key in hexadecimal or base64, for one that only the words
// before it tell, and for an address of Bitcoin, at the token t[i:j].
func (s *Scanner) disguised(i, j int, tok string) int {
	if len(tok) < 24 {
		return 0
	}
	hexOnly := chars.Only(tok, chars.Hex)
	if issuer := secret.Hidden(tok, hexOnly); issuer != "" {
		end := j
		for !hexOnly && end < len(s.t) && chars.Classes[s.t[end]]&chars.Base64 != 0 {
			end++
		}
		return s.add(i, end, issuers[issuer])
	}
	switch len(tok) {
	case 32, 40, 48, 64, 84:
		if issuer := secret.Bare(tok, s.wordsBefore(i)); issuer != "" {
			return s.add(i, j, issuers[issuer])
		}
	}
	if s.mode&(ID|SecretsOnly) == 0 {
		switch {
		case check.Base58Check(tok):
			return s.add(i, j, byBase58)
		case check.Bech32(tok):
			return s.add(i, j, byBech32)
		}
	}
	return 0
}

// wordsBefore returns the 48 bytes before i in lower case. They are valid until
// the next call.
func (s *Scanner) wordsBefore(i int) string {
	n := copy(s.before48[:], s.t[max(0, i-len(s.before48)):i])
	for k, c := range s.before48[:n] {
		if c >= 'A' && c <= 'Z' {
			s.before48[k] = c | 0x20
		}
	}
	return unsafe.String(&s.before48[0], n)
}

// pem takes a private key from its BEGIN line to its END line, or to the end of
// the text. Certificates and public keys are left to the other rules.
func (s *Scanner) pem(i int) int {
	rest := s.t[i:]
	header := rest[:min(len(rest), 64)]
	if !strings.Contains(header, "PRIVATE KEY") {
		return 0
	}
	end := len(s.t)
	if at := strings.Index(rest, "-----END"); at >= 0 {
		end = i + at + len("-----END")
		if dash := strings.Index(s.t[end:min(len(s.t), end+64)], "-----"); dash >= 0 {
			end += dash + 5
		}
	}
	return s.add(i, end, byPEM)
}

// tilde looks for a client secret of Microsoft Entra: three characters, a digit,
// "Q~", and 31 to 34 more.
func (s *Scanner) tilde(i int) int {
	t := s.t
	if i < 5 || t[i-1] != 'Q' || chars.Classes[t[i-2]]&chars.Digit == 0 {
		return i + 1
	}
	end := i + 1
	for end < len(t) && (chars.Classes[t[end]]&chars.Word != 0 || t[end] == '~' || t[end] == '.') {
		end++
	}
	if end-i < 30 || i-5 < s.last {
		return i + 1
	}
	return s.add(i-5, end, issuers["azure"])
}

// lettersThenDigits returns where the digits begin in a token such as "card-4111"
// or "ssn_123": letters, a join, then only digits and joins. 0 if it is another.
func lettersThenDigits(tok string) int {
	k := 0
	for k < len(tok) && chars.Classes[tok[k]]&(chars.Upper|chars.Lower) != 0 {
		k++
	}
	if k == 0 || k+3 >= len(tok) || chars.Classes[tok[k]]&chars.Join == 0 || !chars.Only(tok[k:], chars.Digit|chars.Join) {
		return 0
	}
	return k + 1
}
