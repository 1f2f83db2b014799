package scan

import (
	"net/netip"
	"strings"

	"github.com/gatehound/gatehound/ingest/redact/chars"
	"github.com/gatehound/gatehound/ingest/redact/secret"
)

// before returns the byte before i; 0 at the beginning.
func (s *Scanner) before(i int) byte {
	if i == 0 {
		return 0
	}
	return s.t[i-1]
}

// at returns the byte at i; 0 at the end.
func (s *Scanner) at(i int) byte {
	if i >= len(s.t) {
		return 0
	}
	return s.t[i]
}

// maxLocal and maxDomain bound an e-mail address (RFC 5321, section 4.5.3.1).
const (
	maxLocal  = 64
	maxDomain = 255
)

// emailFrom looks for an e-mail address whose local part begins with t[i:j].
func (s *Scanner) emailFrom(i, j int) int {
	for j < len(s.t) && j-i <= maxLocal && chars.Classes[s.t[j]]&chars.Local != 0 {
		j++
	}
	if s.at(j) != '@' || j-i > maxLocal {
		return 0
	}
	if j-i == 3 && s.t[i:j] == "git" { // git@github.com:org/repository
		return j + 1
	}
	end := s.domain(j + 1)
	if end == 0 {
		return 0
	}
	// Letters of two bytes, as é, begin no token.
	for i-1 > s.last && s.t[i-1]&0xc0 == 0x80 && s.t[i-2] >= 0xc3 && s.t[i-2] <= 0xdf {
		i -= 2
	}
	return s.add(i, end, byEmail)
}

// atSign looks for an e-mail address around the '@' at i, whose local part holds
// no letter or digit that a token begins with, for example of another script,
// and for the "user:password@tcp(…)" of MySQL.
func (s *Scanner) atSign(i int) int {
	start := i
	for start > s.last && i-start < maxLocal && (chars.Classes[s.t[start-1]]&chars.Local != 0 || s.t[start-1] == '"') {
		start--
	}
	if rest := s.t[i:]; strings.HasPrefix(rest, "@tcp(") || strings.HasPrefix(rest, "@unix(") {
		for start > s.last && chars.Classes[s.t[start-1]]&chars.Value != 0 {
			start--
		}
		if start == i || markerLen(s.t[start:i]) == i-start {
			return i + 1
		}
		return s.add(start, i, byUserinfo)
	}
	if start == i {
		return i + 1
	}
	if end := s.domain(i + 1); end > 0 {
		return s.add(start, end, byEmail)
	}
	return i + 1
}

// domain returns the end of the domain at i: labels with dots between them, of
// which the last is a name, or an IPv4 address; 0 if there is none.
func (s *Scanner) domain(i int) int {
	if end := s.literalDomain(i); end > 0 {
		return end
	}
	end, dot := i, -1
	for end < len(s.t) && end-i < maxDomain && chars.Classes[s.t[end]]&chars.Domain != 0 {
		if s.t[end] == '.' {
			if end == i || s.t[end-1] == '.' {
				break
			}
			if next := s.at(end + 1); chars.Classes[next]&chars.Domain == 0 || next == '.' {
				break // the full stop of a sentence
			}
			dot = end
		}
		end++
	}
	if dot < 0 {
		return 0
	}
	for s.t[end-1] == '-' {
		end--
	}
	if ipv4End(s.t, i) > 0 {
		return end
	}
	tld := s.t[min(dot+1, end):end]
	if secret.HasPrefixFold(tld, "xn--") {
		return end
	}
	if versionFile(s.t[i:end]) {
		return 0
	}
	letters := 0
	for letters < len(tld) && chars.Classes[tld[letters]]&(chars.Digit|chars.Join) == 0 {
		letters++
	}
	if letters < 2 {
		return 0
	}
	return dot + 1 + letters // "a@b.org-x" holds an address
}

// versionFile reports whether what follows an '@' is a version and the end of a
// file's name: react@18.2.0.tgz, logo@2x.png.
func versionFile(domain string) bool {
	if len(domain) > 3 && chars.Classes[domain[0]]&chars.Digit != 0 && domain[1] == 'x' && domain[2] == '.' {
		return true
	}
	first, rest, _ := strings.Cut(domain, ".")
	second, _, more := strings.Cut(rest, ".")
	return more && chars.Only(first, chars.Digit) && chars.Only(second, chars.Digit)
}

// colon looks for a URL's user information, a telling name and an IPv6 address
// at the ':' at i.
func (s *Scanner) colon(i int) int {
	if s.at(i+1) == 't' && strings.HasPrefix(s.t[i:], ":thin:") {
		if end := s.thin(i + len(":thin:")); end > 0 {
			return end
		}
	}
	if s.at(i+1) == '/' && s.at(i+2) == '/' {
		return s.userinfo(i + 3)
	}
	if s.at(i+1) == ':' && chars.Classes[s.before(i)]&chars.Word == 0 {
		if end := s.ipv6(i); end > 0 {
			return end
		}
	}
	return s.named(i)
}

// thin looks for "user/password@" of Oracle's JDBC URLs at i.
func (s *Scanner) thin(i int) int {
	end := i
	for end < len(s.t) && end-i < 128 && s.t[end] > ' ' && s.t[end] != '@' && s.t[end] != '"' {
		end++
	}
	if s.at(end) != '@' || strings.IndexByte(s.t[i:end], '/') <= 0 || markerLen(s.t[i:end]) == end-i {
		return 0
	}
	return s.add(i, end, byUserinfo)
}

// userinfo looks for "user:password@" at the beginning of a URL's authority.
func (s *Scanner) userinfo(i int) int {
	at, end := -1, i
	for end < len(s.t) && end-i < 1024 && strings.IndexByte("/?# \t\r\n\"'<>", s.t[end]) < 0 {
		if s.t[end] == '@' {
			at = end
		}
		end++
	}
	if at < 0 && s.hasAt { // a password may hold '/' and '?' all the same
		colon := strings.IndexByte(s.t[i:end], ':')
		if colon >= 0 && end < len(s.t) && !chars.Only(s.t[i+colon+1:end], chars.Digit) {
			for k := end; k < len(s.t) && k-i < 256 && s.t[k] > ' ' && s.t[k] != '"'; k++ {
				if s.t[k] == '@' {
					at = k
				}
			}
		}
	}
	if at > 0 && strings.IndexByte(s.t[i:at], ';') >= 0 && strings.IndexByte(s.t[i:at], '=') >= 0 {
		return i // jdbc:sqlserver://host;password=p@ss
	}
	if at > 0 && s.t[i:at] == "git" { // names nobody, and is no address
		return at + 1
	}
	if at <= i || markerLen(s.t[i:at]) == at-i {
		return i
	}
	return s.add(i, at, byUserinfo)
}

// ipv4End returns the end of the dotted quad at i; 0 if there is none.
func ipv4End(t string, i int) int {
	for part := range 4 {
		n, start := 0, i
		for i < len(t) && i < start+3 && chars.Classes[t[i]]&chars.Digit != 0 {
			n = n*10 + int(t[i]-'0')
			i++
		}
		if i == start || n > 255 || i-start > 1 && t[start] == '0' {
			return 0
		}
		if part < 3 {
			if i >= len(t) || t[i] != '.' {
				return 0
			}
			i++
		}
	}
	return i
}

// ipv4 looks for an address at i. What follows a product's name and a slash, or
// the word version, is a version; networks that end in .0.0.0 and the addresses
// of the host itself name nobody.
func (s *Scanner) ipv4(i int) int {
	end := ipv4End(s.t, i)
	if end == 0 || i > 1 && s.t[i-1] == '.' && chars.Classes[s.t[i-2]]&chars.Digit != 0 {
		return 0
	}
	next, after := s.at(end), s.at(end+1)
	if chars.Classes[next]&(chars.Alnum) != 0 || next == '_' || next == '-' && chars.Classes[after]&chars.Alnum != 0 ||
		next == '.' && chars.Classes[after]&chars.Digit != 0 {
		return 0
	}
	quad := s.t[i:end]
	if strings.HasSuffix(quad, ".0.0.0") || strings.HasPrefix(quad, "127.") || quad == "255.255.255.255" {
		return end
	}
	k := i
	if s.before(k) == '/' {
		if k--; chars.Classes[s.before(k)]&chars.Alnum != 0 {
			for k > 0 && chars.Classes[s.t[k-1]]&chars.Word != 0 {
				k--
			}
			if s.before(k) != '/' && s.before(k) != '.' {
				return end // Chrome/120.0.6099.1
			}
		}
		return s.add(i, end, byIPv4)
	}
	assigned := false
	for k > 0 && (s.t[k-1] == ' ' || s.t[k-1] == '\\' || s.t[k-1] == ':' || s.t[k-1] == '=' || s.t[k-1] == '"') {
		assigned = assigned || s.t[k-1] == '='
		k--
	}
	word := k
	for word > 0 && k-word < 12 && chars.Classes[s.t[word-1]]&(chars.Upper|chars.Lower) != 0 {
		word--
	}
	if w := s.t[word:k]; versionName(w) && (!assigned || len(w) > 2 || s.asset(word)) || s.versioned(i, end) {
		return end
	}
	return s.add(i, end, byIPv4)
}

// asset reports whether the parameter whose name begins at i is the first of a
// script or a style sheet, which have versions: app.js?v=1.2.3.4.
func (s *Scanner) asset(i int) bool {
	return i > 0 && s.t[i-1] == '?' && (strings.HasSuffix(s.t[:i-1], ".js") || strings.HasSuffix(s.t[:i-1], ".css"))
}

// ipv6 looks for an address, or a MAC address, at i.
func (s *Scanner) ipv6(i int) int {
	if b := s.before(i); chars.Classes[b]&chars.Word != 0 || b == ':' && !s.named6(i-1) || b == '.' {
		return 0
	}
	if end := s.macAddress(i); end > 0 {
		return end
	}
	end, colons, double := i, 0, false
	for end < len(s.t) && end-i < 46 && (chars.Classes[s.t[end]]&chars.Hex != 0 || s.t[end] == ':' || s.t[end] == '.') {
		if s.t[end] == ':' {
			colons++
			double = double || s.before(end) == ':' && end > i
		}
		end++
	}
	for end > i && (s.t[end-1] == '.' || s.t[end-1] == ':' && s.before(end-1) != ':') {
		end--
	}
	if colons < 2 || !double && colons < 6 || chars.Classes[s.at(end)]&chars.Word != 0 || !chars.Has(s.t[i:end], chars.Digit) {
		return 0
	}
	a, err := netip.ParseAddr(s.t[i:end])
	if err != nil || a.IsLoopback() {
		return 0
	}
	return s.add(i, end, byIPv6)
}

// macAddress looks for six pairs of hexadecimal digits with ':' or '-' between
// them at i.
func (s *Scanner) macAddress(i int) int {
	const length = 17
	if i+length > len(s.t) {
		return 0
	}
	sep := s.t[i+2]
	if sep != ':' && sep != '-' || chars.Classes[s.before(i)]&chars.Word != 0 || chars.Classes[s.at(i+length)]&chars.Word != 0 || s.at(i+length) == ':' {
		return 0
	}
	if i >= 3 && s.t[i-1] == sep && chars.Classes[s.t[i-2]]&chars.Classes[s.t[i-3]]&chars.Hex != 0 && (i == 3 || chars.Classes[s.t[i-4]]&chars.Alnum == 0) {
		return 0 // the rest of a longer row, a fingerprint
	}
	for k := range length {
		if c := s.t[i+k]; k%3 == 2 && c != sep || k%3 != 2 && chars.Classes[c]&chars.Hex == 0 {
			return 0
		}
	}
	return s.add(i, i+length, byMAC)
}

// gluedIPv4 takes out the address whose first number ends the token t[i:j], if
// a word that announces addresses is glued to it: "ip203.0.113.7".
func (s *Scanner) gluedIPv4(i, j int) int {
	k := j
	for k > i && chars.Classes[s.t[k-1]]&chars.Digit != 0 {
		k--
	}
	word := strings.ToLower(strings.TrimRight(s.t[max(i, k-16):k], "_-"))
	for _, w := range [...]string{"ip", "addr", "address", "host", "client", "peer", "from", "src", "dst", "remote"} {
		if strings.HasSuffix(word, w) {
			return s.ipv4(k)
		}
	}
	return 0
}

// named6 reports whether the word before the ':' at i is no part of an IPv6
// address, as in "client:2001:db8::1".
func (s *Scanner) named6(i int) bool {
	for k := i; k > 0 && i-k < 16 && chars.Classes[s.t[k-1]]&chars.Alnum != 0; k-- {
		if chars.Classes[s.t[k-1]]&chars.Hex == 0 {
			return true
		}
	}
	return false
}

// literalDomain returns the end of an address in brackets at i, as it stands for
// a domain in an e-mail address (RFC 5321, 4.1.3); 0 if there is none.
func (s *Scanner) literalDomain(i int) int {
	const longest = len("[IPv6:]") + 45
	if s.at(i) != '[' {
		return 0
	}
	end := strings.IndexByte(s.t[i:min(len(s.t), i+longest)], ']')
	if end < 0 {
		return 0
	}
	host := s.t[i+1 : i+end]
	if len(host) > 5 && chars.EqualFold(host[:5], "ipv6:") {
		host = host[5:]
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return 0
	}
	return i + end + 1
}
