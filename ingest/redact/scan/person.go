package scan

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/redact/chars"
	"github.com/gatehound/gatehound/ingest/redact/check"
)

// The contexts that a word before a number can give.
const (
	ctxPhone    = "phone"
	ctxNational = "national"
	ctxPassport = "passport" // or a national number of a kind that is not told
	ctxAddress  = "address"
)

// phone reports whether the groups up to g are a telephone number: E.164 with
// its '+', a North American one with separators, one of another country with
// its leading 0 and separators, or anything of the right length after a word
// that says so.
func (n *cluster) phone(g int, d []byte, plus, paren bool, ctx string) bool {
	total := len(d)
	sep := byte(0)
	uniform, slashes := true, 0
	shortest := total
	for k := 0; k <= g; k++ {
		size := n.count[k]
		if k > 0 {
			size -= n.count[k-1]
			if sep == 0 || sep == ')' {
				sep = n.sep[k]
			}
			uniform = uniform && (n.sep[k] == sep || n.sep[k] == ')')
			if n.sep[k] == '/' {
				slashes++
			}
		}
		shortest = min(shortest, size)
	}
	switch {
	case plus:
		return total >= 8 && total <= 15 && d[0] != '0' && slashes <= 1
	case ctx == ctxPhone:
		return total >= chars.DigitsLen && total <= 15 && slashes <= 1
	case g == 0:
		return false
	case total == 10 && (n.shape(g, "334", "-. ") || paren && g == 2 && n.count[0] == 3 && n.count[1] == 6):
		// With '-' or brackets people write numbers that no plan has.
		return slashes == 0 && d[0] >= '2' && (check.NANP(d) || paren || n.sep[1] == '-')
	case total == 10 && paren && g == 1 && n.count[0] == 3 && n.sep[1] == ')': // (415)5552671
		return check.NANP(d)
	case total == 11 && d[0] == '1' && (n.shape(g, "1334", "-. ") || g == 3 && n.count[1] == 4 && n.count[2] == 7 && n.sep[3] != '/' && n.sep[2] != '/'):
		return check.NANP(d[1:])
	case d[0] == '0' && d[1] != '0':
		if slashes == 1 && g > 1 && n.sep[1] == '/' && n.sep[g] == '-' && total-n.count[g-1] <= 4 {
			uniform = true // an extension: 030/901820-12
		}
		return total >= 9 && total <= 12 && shortest >= 2 && uniform && slashes <= 1 && n.count[0] <= 5 &&
			(sep != '.' || n.shape(g, "22222", "."))
	case d[0] == '0' && d[2] != '0':
		return total >= 11 && total <= 15 && shortest >= 2 && uniform && slashes == 0 && sep != '.' && n.count[0] <= 5
	}
	return false
}

// context returns what the words before the number at i say that it is.
func (s *Scanner) context(i int) string {
	var buf [32]byte
	for range 4 {
		for skipped := 0; i > 0 && skipped < 4 && strings.IndexByte(" :=#\"'(+.[-_\\", s.t[i-1]) >= 0; skipped++ {
			i--
		}
		end := i
		for i > 0 && end-i < len(buf) && (chars.Classes[s.t[i-1]]&(chars.Upper|chars.Lower) != 0 || s.t[i-1] == '_' || s.t[i-1] == '-') {
			i--
		}
		if i == end {
			return ""
		}
		word := buf[:0]
		for _, c := range []byte(s.t[i:end]) {
			if c != '_' && c != '-' {
				word = append(word, c|0x20)
			}
		}
		if kind := contextOf(string(word)); kind != "" {
			return kind
		}
		for _, end := range [...]string{"number", "no", "nr", "num"} { // nhs_number, aadhaar_no
			if name, ok := strings.CutSuffix(string(word), end); ok && contextOf(name) == ctxNational {
				return ctxNational
			}
		}
		switch string(word) {
		case "number", "no", "nr", "num", "nummer", "numero", "is", "id", "my", "at", "me", "on", "us", "code":
		default:
			return ""
		}
	}
	return ""
}

func contextOf(word string) string {
	switch word {
	case "tel", "cell", "mobile", "call", "called", "sms", "fax", "whatsapp", "msisdn", "handy", "telefon", "telefono",
		"mobil", "gsm", "callback", "dial", "ring":
		return ctxPhone
	case "ssn", "nhs", "tin", "bsn", "sofi", "sin", "pesel", "cpf", "nir", "security", "aadhaar", "aadhar", "uidai",
		"idnr", "steuerid", "steuernummer", "insurance", "personnummer", "identity", "nino", "tax", "taxid", "insee",
		"itin", "mbi", "medicare", "npi", "tfn", "kimlik", "rrn", "nric", "ahv", "avs", "rijksregister", "hetu", "svnr",
		"krankenversicherung", "kvnr", "secu", "security_number", "nie", "nif", "dni":
		return ctxNational
	case "passport", "reisepass", "pasaporte", "passeport", "passaporto", "paspoort", "passportno", "passportnumber", "passportid",
		"nationalid", "nationalidentity", "identitycard", "personalausweis", "ausweis":
		return ctxPassport
	case "ip", "ipv4", "ips", "ipaddr", "ipaddress", "clientip", "remoteip", "sourceip", "srcip", "peerip", "userip", "remoteaddr",
		"clientaddr", "xrealip", "xforwardedfor":
		return ctxAddress
	}
	for _, part := range [...]string{"phone", "telefon", "mobilen"} {
		if strings.Contains(word, part) {
			return ctxPhone
		}
	}
	for _, part := range [...]string{"socialsec", "medicare", "steueriden", "personalid", "burgerservice", "taxpayer"} {
		if strings.Contains(word, part) {
			return ctxNational
		}
	}
	return ""
}

// iban looks for an IBAN at i; it may have a space after every four characters.
func (s *Scanner) iban(i int) int {
	t := s.t
	if i+15 > len(t) || chars.Classes[t[i]]&(chars.Upper|chars.Lower) == 0 || chars.Classes[t[i+1]]&(chars.Upper|chars.Lower) == 0 ||
		chars.Classes[t[i+2]]&chars.Classes[t[i+3]]&chars.Digit == 0 {
		return 0
	}
	var b [34]byte
	n, k := 0, i
	length := check.IBANLength([]byte{t[i] &^ 0x20, t[i+1] &^ 0x20})
	for k < len(t) && n < length {
		switch c := t[k]; {
		case chars.Classes[c]&chars.Digit != 0:
			b[n] = c
			n++
		case chars.Classes[c]&chars.Alnum != 0:
			b[n] = c &^ 0x20
			n++
		case (c == ' ' || c == '-' || c == '.' || c == '+' && s.mode&Parameters != 0) && n%4 == 0 && chars.Classes[s.at(k+1)]&chars.Alnum != 0:
		default:
			return 0
		}
		k++
	}
	if n == 0 || chars.Classes[s.at(k)]&chars.Alnum != 0 || !check.IBAN(b[:n]) {
		return 0
	}
	return s.add(i, k, byIBAN)
}

// letteredID looks for identity numbers that hold letters at the token t[i:j].
// Those without a check digit, or whose form is common, need a word before them.
func (s *Scanner) letteredID(i, j int, tok string) int {
	if s.mode&(ID|SecretsOnly) != 0 || len(tok) > 18 {
		return 0
	}
	var b [18]byte
	n, joins := 0, 0
	for k := range len(tok) {
		c := tok[k]
		if chars.Classes[c]&chars.Join != 0 {
			joins++
			continue
		}
		if chars.Classes[c]&chars.Lower != 0 {
			c &^= 0x20
		}
		b[n] = c
		n++
	}
	take := func(by recogniser) int { return s.add(i, j, byNational+by) }
	switch id := b[:n]; {
	case joins == 0 && n == 16 && check.FiscalCode(id):
		return take(itFiscal)
	case n == 9 && tok[len(tok)-1] == id[8] && (joins == 0 || joins == 1 && tok[len(tok)-2] == '-') && check.NIF(id): // 12345678-Z
		return take(esNIF)
	case len(tok) == 11 && tok[6] == '-' && n == 10 && check.Hetu([]byte(tok)):
		return take(fiHetu)
	case joins == 0 && n == 12 && check.Rentenversicherung(id):
		return take(deRV)
	case n > 12 || n < 6:
		return 0
	default:
		switch ctx := s.context(i); {
		case ctx == ctxPassport && joins == 0 && check.Passport(id):
			return take(passport)
		case ctx != ctxNational:
		case check.NINO(id):
			return take(ukNINO)
		case check.MBI(id):
			return take(usMBI)
		case check.NRIC(id):
			return take(sgNRIC)
		case check.Krankenversicherung(id):
			return take(deKV)
		}
	}
	return 0
}

// spacedNINO looks for a British national insurance number as people write it,
// "JG 10 37 59 A", at i. A word before it must say so.
func (s *Scanner) spacedNINO(i int) int {
	const form = "AA 00 00 00 A"
	if i+len(form) > len(s.t) || chars.Classes[s.at(i+len(form))]&chars.Word != 0 {
		return 0
	}
	var id [9]byte
	n := 0
	for k := range len(form) {
		c := s.t[i+k]
		switch {
		case form[k] == ' ' && c == ' ':
			continue
		case form[k] == 'A' && chars.Classes[c]&chars.Upper != 0, form[k] == '0' && chars.Classes[c]&chars.Digit != 0:
			id[n] = c
			n++
		default:
			return 0
		}
	}
	if s.mode&(ID|SecretsOnly) != 0 || !check.NINO(id[:]) || s.context(i) != ctxNational {
		return 0
	}
	return s.add(i, i+len(form), byNational+ukNINO)
}
