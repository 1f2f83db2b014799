package audit

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The bounds of what is decoded: how many layers a line has, how deep escapes
// nest, how many encoded runs are looked into, and how long those are at least.
const (
	maxLayers = 24
	maxDepth  = 5
	maxRuns   = 64
	leastRun  = 16
	leastHex  = 24
)

// layers returns the text, what is left when its escapes are undone, again and
// again, and the texts that are encoded in base64 or hexadecimal in any of
// these. There are at most maxLayers, and at most four times the text.
func layers(text string) []string {
	all := []string{text}
	budget := 4 * max(len(text), 1024)
	add := func(t string) bool {
		if t == "" || len(all) == maxLayers || len(t) > budget {
			return false
		}
		for _, known := range all {
			if known == t {
				return false
			}
		}
		budget -= len(t)
		all = append(all, t)
		return true
	}
	last := text
	for range maxDepth {
		next := unescape(last)
		if !add(next) {
			break
		}
		last = next
	}
	for i := 0; i < len(all); i++ {
		encoded(pictures.ReplaceAllString(all[i], " "), func(t string) {
			if add(t) {
				add(unescape(t))
			}
		})
	}
	return all
}

// unescape undoes one depth of percent escapes, backslash escapes, HTML entities
// and quoted-printable, folds variants of characters, and drops invisible ones.
func unescape(t string) string {
	if strings.IndexByte(t, '%') >= 0 {
		t = percent(t)
	}
	if strings.IndexByte(t, '\\') >= 0 {
		t = backslash(t)
	}
	if strings.IndexByte(t, '&') >= 0 {
		t = html.UnescapeString(t)
	}
	if strings.IndexByte(t, '=') >= 0 {
		t = quotedPrintable(t)
	}
	for i := range len(t) {
		if c := t[i]; c >= utf8.RuneSelf || c < ' ' {
			return fold(t)
		}
	}
	return t
}

// percent undoes %40 and %u0040; what is no escape stays.
func percent(t string) string {
	var b strings.Builder
	for i := 0; i < len(t); i++ {
		if t[i] == '%' {
			digits, from := 2, i+1
			if from < len(t) && (t[from] == 'u' || t[from] == 'U') {
				digits, from = 4, from+1
			}
			if from+digits <= len(t) {
				if v, err := strconv.ParseUint(t[from:from+digits], 16, 32); err == nil {
					if digits == 2 {
						b.WriteByte(byte(v))
					} else {
						b.WriteRune(rune(v))
					}
					i = from + digits - 1
					continue
				}
			}
		}
		b.WriteByte(t[i])
	}
	return b.String()
}

// backslash undoes the escapes of JSON, of Go, Python and C, and of JavaScript
// (\u{40}); those of control characters become spaces.
func backslash(t string) string {
	var b strings.Builder
	for i := 0; i < len(t); i++ {
		if t[i] != '\\' || i+1 == len(t) {
			b.WriteByte(t[i])
			continue
		}
		digits, base := 0, 16
		switch c := t[i+1]; c {
		case 'n', 'r', 't', 'b', 'f', 'v':
			b.WriteByte(' ')
			i++
			continue
		case '"', '\'', '/', '\\', '`':
			b.WriteByte(c)
			i++
			continue
		case 'u':
			digits = 4
			if end := strings.IndexByte(t[i:min(len(t), i+12)], '}'); end > 3 && t[i+2] == '{' {
				if v, err := strconv.ParseUint(t[i+3:i+end], 16, 32); err == nil && v <= unicode.MaxRune {
					b.WriteRune(rune(v))
					i += end
					continue
				}
			}
		case 'U':
			digits = 8
		case 'x':
			digits = 2
		default:
			if c >= '0' && c <= '3' {
				digits, base = 3, 8
			}
		}
		from := i + 2
		if base == 8 {
			from = i + 1
		}
		if digits > 0 && from+digits <= len(t) {
			if v, err := strconv.ParseUint(t[from:from+digits], base, 32); err == nil && v <= unicode.MaxRune {
				if v >= utf8.RuneSelf && digits < 4 {
					b.WriteByte(byte(v))
				} else {
					b.WriteRune(rune(v))
				}
				i = from + digits - 1
				continue
			}
		}
		b.WriteByte('\\')
	}
	return b.String()
}

// quotedPrintable undoes soft breaks of lines and the escapes of the characters
// that addresses and keys are made of. Others are left: "a=41" is an assignment.
func quotedPrintable(t string) string {
	if strings.ContainsAny(t, "&?") {
		return t // parameters, whose values can be 40…
	}
	return printable.Replace(t)
}

var printable = strings.NewReplacer("=\r\n", "", "=\n", "", "=40", "@", "=2E", ".", "=2e", ".", "=2D", "-", "=2d", "-", "=5F", "_", "=5f", "_", "=3D", "=", "=3d", "=")

// fold returns t in compatibility form without what shows nothing.
func fold(t string) string {
	t = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector) || r == 0x3164 || r == 0x115f || r == 0x1160 || r == utf8.RuneError:
			return -1
		case r >= 0x2010 && r <= 0x2015, r == 0x2212:
			return '-'
		case r == 0x3002:
			return '.'
		case r > 0x7f && unicode.Is(unicode.Nd, r):
			// The digits of a script stand in runs of ten that begin at a multiple
			// of ten from the first of the run.
			first := r
			for first > 0 && r-first < 9 && unicode.Is(unicode.Nd, first-1) {
				first--
			}
			if !unicode.Is(unicode.Nd, first-1) {
				return '0' + r - first
			}
		}
		return r
	}, strings.ToValidUTF8(t, ""))
	return norm.NFKC.String(t)
}

// encoded calls add with what the runs of base64 and hexadecimal digits in t
// hold, if that is text.
func encoded(t string, add func(string)) {
	runs := 0
	try := func(run string) {
		if len(run) >= leastHex && len(run)%2 == 0 {
			if b, err := hex.DecodeString(run); err == nil {
				if readable(b) {
					add(string(b))
				}
				return
			}
		}
		run = strings.TrimRight(run, "=")
		for _, alphabet := range [...]*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			whole := len(run)
			if whole%4 == 1 { // a character that belongs to something else
				whole--
			}
			if b, err := alphabet.DecodeString(run[:whole]); err == nil {
				if readable(b) {
					add(string(b))
				}
				return
			}
		}
	}
	for i := 0; i < len(t) && runs < maxRuns; i++ {
		start := i
		parts := false
		for i < len(t) && of64(t[i]) {
			parts = parts || t[i] == '/' || t[i] == '=' || t[i] == '-' || t[i] == '_'
			i++
		}
		if i-start < leastRun {
			continue
		}
		runs++
		try(t[start:i])
		if parts { // of a path, of an assignment
			for _, part := range strings.FieldsFunc(t[start:i], func(r rune) bool { return r == '/' || r == '=' || r == '-' || r == '_' }) {
				if len(part) >= leastRun && runs < maxRuns {
					runs++
					try(part)
				}
			}
		}
	}
}

func of64(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '+' || c == '/' || c == '-' || c == '_' || c == '='
}

// readable reports whether b is text.
func readable(b []byte) bool {
	if len(b) < 8 || !utf8.Valid(b) {
		return false
	}
	plain := 0
	for _, c := range b {
		if c >= ' ' && c < 0x7f || c == '\n' || c == '\r' || c == '\t' {
			plain++
		}
	}
	return plain*10 >= len(b)*9
}
