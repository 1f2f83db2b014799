package scan

import (
	"net/netip"
	"strings"

	"github.com/gatehound/gatehound/ingest/redact/chars"
)

// writtenIP looks for an IPv4 address that is not written as four numbers with
// full stops, in the groups that were gathered: with dashes, as one decimal
// number, or with octal numbers. A word before it must say that it is one.
func (s *Scanner) writtenIP(i int) int {
	n := &s.num
	switch {
	case n.groups == 1 && n.count[0] >= 8 && n.count[0] <= 10:
		v := 0
		for _, d := range n.digits[:n.count[0]] {
			v = v*10 + int(d-'0')
		}
		if v < 1<<24 || v >= 1<<32 {
			return 0
		}
	case n.groups == 4 && n.sep[1] == '-' && n.sep[2] == '-' && n.sep[3] == '-', n.groups == 4 && n.digits[0] == '0' && n.sep[1] == '.' && n.sep[2] == '.' && n.sep[3] == '.':
		from := 0
		for g := range 4 {
			v := 0
			for _, d := range n.digits[from:n.count[g]] {
				if v *= 10; n.sep[1] == '.' {
					v = v / 10 * 8
				}
				v += int(d - '0')
			}
			if size := n.count[g] - from; v > 255 || size > 4 {
				return 0
			}
			from = n.count[g]
		}
	default:
		return 0
	}
	if s.context(i) != ctxAddress {
		return 0
	}
	return s.add(i, n.end[n.groups-1], byWrittenIP)
}

// versioned reports whether the words right before i say that a version stands
// there: "release 1.2.3.4", "upgrade to 1.2.3.4", "1.2.3 to 1.2.3.4"; or those
// right behind end: "1.2.3.4 as semver". Words farther away say nothing, because
// messages about versions name addresses, too.
func (s *Scanner) versioned(i, end int) bool {
	if strings.HasPrefix(strings.TrimLeft(s.t[end:min(len(s.t), end+12)], "\"'\\"), " as semver") {
		return true
	}
	word, at := s.wordBefore(i)
	if chars.EqualFold(word, "to") || chars.EqualFold(word, "of") {
		if word, _ = s.wordBefore(at); len(word) >= 5 && chars.Only(word, chars.Digit|chars.Domain) && chars.Classes[word[0]]&chars.Digit != 0 && strings.Count(word, ".") == 2 {
			return true
		}
	}
	for _, w := range [...]string{"version", "upgrade", "downgrade", "update", "release", "firmware", "section", "chapter"} {
		if chars.EqualFold(word, w) {
			return true
		}
	}
	return false
}

// wordBefore returns the word before i, behind which one space stands, and where
// it begins.
func (s *Scanner) wordBefore(i int) (word string, at int) {
	if i == 0 || s.t[i-1] != ' ' {
		return "", i
	}
	i--
	start := i
	for start > 0 && i-start < 24 && (chars.Classes[s.t[start-1]]&chars.Alnum != 0 || s.t[start-1] == '.') {
		start--
	}
	return s.t[start:i], start
}

// versionName reports whether name is that of a version.
func versionName(name string) bool {
	for _, v := range [...]string{"version", "ver", "release", "rel", "build", "rv", "v", "rev", "nt", "os", "fw", "firmware", "jar"} {
		if chars.EqualFold(name, v) {
			return true
		}
	}
	return len(name) > 7 && chars.EqualFold(name[len(name)-7:], "version")
}

// image returns the end of the base64 text of an image at i, which stands in a
// data URL, and of a digest of subresource integrity; 0 if there is neither.
// Their characters are random and no secret.
func (s *Scanner) image(i int) int {
	t := s.t
	switch s.before(i) {
	case ',':
		before := t[max(0, i-40):i]
		if !strings.HasSuffix(before, ";base64,") || !strings.Contains(before, "image/") && !strings.Contains(before, "font/") {
			return 0
		}
	default:
		if rest := t[i:]; !strings.HasPrefix(rest, "sha256-") && !strings.HasPrefix(rest, "sha384-") && !strings.HasPrefix(rest, "sha512-") {
			return 0
		}
	}
	end := i
	for end < len(t) && chars.Classes[t[end]]&chars.Base64 != 0 {
		end++
	}
	return end
}

// nameOf returns the name, up to 32 bytes of it, that the value at i has before
// ':' or '='; false if there is none. Up to most of the characters of between
// may stand behind the name.
func (s *Scanner) nameOf(i, most int, between string) (name string, ok bool) {
	t := s.t
	for k := 0; k < 4 && i > 0 && strings.IndexByte(" \"'\\", t[i-1]) >= 0; k++ {
		i--
	}
	if i == 0 || t[i-1] != ':' && t[i-1] != '=' {
		return "", false
	}
	i--
	for k := 0; k < most && i > 0 && strings.IndexByte(between, t[i-1]) >= 0; k++ {
		i--
	}
	start := i
	for start > 0 && i-start < 32 && chars.Classes[t[start-1]]&chars.Word != 0 {
		start--
	}
	return t[start:i], true
}

// counting reports whether the name of the value at i says that it is an id or a
// count: a row of digits there is no card and no person.
func (s *Scanner) counting(i int) bool {
	name, ok := s.nameOf(i, 6, " \"'\\[]")
	if !ok {
		return false
	}
	if contextOf(strings.ToLower(name)) != "" {
		return false
	}
	for _, end := range [...]string{"id", "ids", "order", "order_number", "bytes", "size", "offset", "count", "seed", "length", "seq", "ean", "gtin", "barcode", "sku"} {
		if k := len(name) - len(end); k >= 0 && chars.EqualFold(name[k:], end) && (k == 0 || chars.Classes[name[k-1]]&chars.Join != 0 || name[k]&0x20 == 0) {
			return true
		}
	}
	return false
}

// public reports whether the name of the value at i says that it is an id or a
// digest, which are random and no secret.
func (s *Scanner) public(i int) bool {
	name, ok := s.nameOf(i, 4, " \"'\\")
	if !ok {
		return false
	}
	for _, end := range [...]string{"id", "etag", "md5", "checksum", "digest", "hash", "sha", "sha1", "sha256", "sha384", "sha512", "sha-256", "sha-512", "boundary", "cid", "sri", "integrity", "fingerprint", "ksuid", "nanoid", "cursor", "page_token", "trace"} {
		if len(name) >= len(end) && chars.EqualFold(name[len(name)-len(end):], end) {
			return true
		}
	}
	return false
}

// hostName looks for an address with dashes in the name of a host of EC2 that is
// the token t[i:j]: ec2-203-0-113-25. Private ones, as in ip-10-0-3-17, name
// nodes of a cluster.
func (s *Scanner) hostName(i, j int) int {
	start := i + strings.IndexByte(s.t[i:j], '-') + 1
	if j-start > len("255-255-255-255") {
		return 0
	}
	a, err := netip.ParseAddr(strings.ReplaceAll(s.t[start:j], "-", "."))
	if err != nil || a.IsPrivate() {
		return 0
	}
	return s.add(start, j, byWrittenIP)
}
