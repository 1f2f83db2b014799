package scan

import (
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

// versionWords say that four numbers behind them are a version.
var versionWords = [...]string{"version", "upgrade", "downgrade", "release", "firmware", "update", "semver", "section", "chapter", "schema", "build", "kernel"}

// addressWords say that they are an address after all.
var addressWords = [...]string{"ip", "addr", "host", "client", "peer", "server", "remote", "//"}

// versioned reports whether the words in the text before i, or right behind end,
// say that a version stands between.
func (s *Scanner) versioned(i, end int) bool {
	if after := s.t[end:min(len(s.t), end+24)]; strings.Contains(after, "semver") || strings.Contains(after, "version") {
		return true
	}
	var buf [48]byte
	n := 0
	for _, c := range []byte(s.t[max(0, i-len(buf)):i]) {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		buf[n] = c
		n++
	}
	before := string(buf[:n])
	at := -1
	for _, w := range versionWords {
		at = max(at, strings.LastIndex(before, w))
	}
	if at < 0 {
		return false
	}
	for _, w := range addressWords {
		if strings.Contains(before[at+4:], w) {
			return false
		}
	}
	return true
}

// versionNames are names of values that are versions.
func versionName(name string) bool {
	for _, v := range [...]string{"version", "ver", "release", "rel", "build", "rv", "v", "rev", "nt", "os", "fw", "firmware", "kernel", "app", "schema", "agent", "tag", "jar"} {
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

// counting reports whether the name of the value at i says that it is an id or a
// count: a row of digits there is no card and no person.
func (s *Scanner) counting(i int) bool {
	t := s.t
	for k := 0; k < 4 && i > 0 && strings.IndexByte(" \"'\\", t[i-1]) >= 0; k++ {
		i--
	}
	if i == 0 || t[i-1] != ':' && t[i-1] != '=' {
		return false
	}
	i--
	for k := 0; k < 6 && i > 0 && strings.IndexByte(" \"'\\[]", t[i-1]) >= 0; k++ {
		i--
	}
	start := i
	for start > 0 && i-start < 32 && chars.Classes[t[start-1]]&chars.Word != 0 {
		start--
	}
	name := t[start:i]
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
	t := s.t
	for k := 0; k < 4 && i > 0 && strings.IndexByte(" \"'\\", t[i-1]) >= 0; k++ {
		i--
	}
	if i == 0 || t[i-1] != ':' && t[i-1] != '=' {
		return false
	}
	i--
	for k := 0; k < 4 && i > 0 && strings.IndexByte(" \"'\\", t[i-1]) >= 0; k++ {
		i--
	}
	start := i
	for start > 0 && i-start < 32 && chars.Classes[t[start-1]]&chars.Word != 0 {
		start--
	}
	name := t[start:i]
	for _, end := range [...]string{"id", "etag", "md5", "checksum", "digest", "hash", "sha", "sha1", "sha256", "sha384", "sha512", "sha-256", "sha-512", "boundary", "cid", "sri", "integrity", "fingerprint", "ksuid", "nanoid", "cursor", "page_token", "trace"} {
		if len(name) >= len(end) && chars.EqualFold(name[len(name)-len(end):], end) {
			return true
		}
	}
	return false
}
