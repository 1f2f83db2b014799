// Package shape tells what in a path was written by who made an API, and what
// was drawn or named by its clients, by the looks of it alone: it keeps no state,
// so that a path has the same template always and everywhere.
package shape

import "strings"

// The bounds of a template.
const (
	// maxDepth is how many segments are kept.
	maxDepth = 8
	// maxWord is how long a segment is that is still a word, in bytes.
	maxWord = 32
)

// Append appends to dst the path with {id} for each segment that is no literal
// of the API, cut after 8 segments; "/" if it has none.
func Append(dst []byte, path string) []byte {
	start, before := len(dst), ""
	owned := 0 // segments to come that name something in a collection
	for depth := 0; ; depth++ {
		segment, rest := Cut(path)
		if segment == "" {
			break
		}
		if depth == maxDepth {
			return append(dst, "/{rest}"...)
		}
		more := strings.Trim(rest, "/") != ""
		literal := version(segment, before, depth, more) ||
			(owned == 0 || fixed[segment]) && !locale(segment, depth, more) && word(segment)
		if literal {
			dst = append(append(dst, '/'), segment...)
			owned, before = collections[segment], segment
		} else {
			dst = append(dst, "/{id}"...)
			owned, before = max(0, owned-1), ""
		}
		path = rest
	}
	if len(dst) == start {
		return append(dst, '/')
	}
	return dst
}

// Cut returns the first segment of a path and what follows it. Empty segments do
// not count.
func Cut(path string) (segment, rest string) {
	for path != "" && path[0] == '/' {
		path = path[1:]
	}
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

// version reports whether a segment is the version of an API: "v1", "v1beta1";
// behind "api" also "3", "2.1" and "2024-01"; as the first one a day.
func version(s, before string, depth int, more bool) bool {
	if s[0]|0x20 == 'v' && len(s) > 1 && len(s) <= 10 && digitByte(s[1]) {
		rest := strings.TrimLeft(s[1:], "0123456789.")
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, "alpha"), "beta")
		return len(strings.TrimLeft(rest, "0123456789")) == 0
	}
	if !more || !digitByte(s[0]) {
		return false
	}
	if before == "api" {
		return len(s) <= 2 && strings.Trim(s, "0123456789") == "" ||
			len(s) == 3 && s[1] == '.' && digitByte(s[2]) || day(s)
	}
	return depth == 0 && len(s) == 10 && day(s)
}

// day reports whether a segment is of the form 2024-01 or 2024-01-15.
func day(s string) bool {
	if len(s) != 7 && len(s) != 10 {
		return false
	}
	for i := range len(s) {
		if i == 4 || i == 7 {
			if s[i] != '-' {
				return false
			}
		} else if !digitByte(s[i]) {
			return false
		}
	}
	return true
}

func digitByte(c byte) bool { return c >= '0' && c <= '9' }

// locale reports whether a segment names a language: "en-US", "pt_BR",
// "zh-Hans", or a language alone at the beginning of a path.
func locale(s string, depth int, more bool) bool {
	switch {
	case len(s) == 2:
		return depth == 0 && more && languages[s]
	case len(s) != 5 && len(s) != 7 || s[2] != '-' && s[2] != '_' || !languages[s[:2]]:
		return false
	case len(s) == 7:
		return s[3:] == "Hans" || s[3:] == "Hant" || s[3:] == "Latn" || s[3:] == "Cyrl"
	}
	return letterByte(s[3]) && letterByte(s[4])
}

func letterByte(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// word reports whether a segment is written, not drawn: up to three words with
// '-', '_' or '.' between them, whose letters follow each other as in English,
// or a technical name. Digits make it a name of something ("node-12"), but for
// up to two at the end of a word ("oauth2") and the 2 of "html2pdf".
func word(s string) bool {
	if technical[s] {
		return true
	}
	if len(s) > maxWord {
		return false
	}
	letters, separators, pairs, rare, hex, long := 0, 0, 0, 0, 0, false
	for i := 0; i < len(s); {
		if c := s[i]; c == '-' || c == '_' || c == '.' {
			if separators++; separators > 3 || separators == 3 && c == '-' {
				return false
			}
			i++
			continue
		}
		// A run of letters, of which each must look written.
		start := i
		for i < len(s) && letterByte(s[i]) {
			if c := s[i] | 0x20; c <= 'f' {
				hex++
			}
			i++
		}
		run := s[start:i]
		if run == "" || !cased(run) {
			return false // a digit at the beginning, or another character
		}
		letters += len(run)
		if !technical[run] {
			p, r := unusual(run)
			if p > 3 && r > max(1, p/4) {
				return false
			}
			long = long || p > 3
			pairs, rare = pairs+p, rare+r
		}
		digits := i
		for i < len(s) && digitByte(s[i]) {
			i++
		}
		if i-digits > 2 || i > digits && i < len(s) && (s[digits:i] != "2" || len(run) < 2 || !letterByte(s[i])) {
			return false
		}
	}
	if separators > 0 && !long && rare*2 > pairs {
		return false // "Xy_Zq-Kw"
	}
	return letters > 0 && (hex < letters || letters < 8)
}

// cased reports whether capitals stand as in names: none, all, first, or at the
// beginning of words of two and a half letters and more on average.
func cased(run string) bool {
	upper, starts := 0, 0
	for i := range len(run) {
		if run[i] < 'a' {
			upper++
			if i > 0 && run[i-1] >= 'a' {
				starts++
			}
		}
	}
	return upper == 0 || upper == len(run) && upper <= 12 || (starts+1)*5 <= 2*len(run) && upper <= starts+3
}

// unusual returns the number of pairs of letters in a run, and how many of them
// are rare in English.
func unusual(run string) (pairs, rare int) {
	for i := 1; i < len(run); i++ {
		pairs++
		if common[run[i-1]|0x20-'a']&(1<<(run[i]|0x20-'a')) == 0 {
			rare++
		}
	}
	return pairs, rare
}

// common has, for each letter, the set of letters that often follow it: the 275
// pairs that make up 97.5 % of those in 5,665 words of the comments of Go's
// standard library and of other projects.
var common = func() (t [26]uint32) {
	for i, follow := range [26]string{
		"bcdfgiklmnprstuvy", "aeilorstu", "acehiklorstuy", "adeilorsu", "abcdefghilmnopqrstvwx", "aefilortuy", "aeghilnorsu",
		"aeiortu", "abcdefglmnoprstvxz", "e", "aeis", "adeilostuvy", "abeimopsu", "acdefgiklmnostuv", "abcdfgiklmnoprstuvw",
		"aehiloprstu", "u", "abcdefgiklmnoprstuvwy", "acehiklmopstuwy", "acehiloprstuy", "abcdefgilmnoprst", "aeio", "aehinors",
		"ceipt", "inps", "ei",
	} {
		for _, c := range follow {
			t[i] |= 1 << (c - 'a')
		}
	}
	return t
}()
