package scan

import "strings"

// The markers that stand for what was taken out.
const (
	markEmail    = "[EMAIL]"
	markPhone    = "[PHONE]"
	markCard     = "[CARD]"
	markIBAN     = "[IBAN]"
	markNational = "[NATIONAL_ID]"
	markIP       = "[IP]"
	markMAC      = "[MAC]"
	markAuth     = "[AUTH]"
	markJWT      = "[JWT]"
	markPEM      = "[PRIVATE_KEY]"
	markSecret   = "[SECRET]"
	markToken    = "[SECRET:token]"
	markUserinfo = "[SECRET:url]"
	markPrompt   = "[PROMPT]"
	markCrypto   = "[CRYPTO]"
)

// markers has every marker, those of the providers' keys too.
var markers = func() map[string]bool {
	m := map[string]bool{}
	for _, tr := range traits {
		if tr.marker != "" {
			m[tr.marker] = true
		}
	}
	return m
}()

// maxMarker is the length of the longest marker.
var maxMarker = func() int {
	n := 0
	for s := range markers {
		n = max(n, len(s))
	}
	return n
}()

// markerLen returns the length of the marker that t begins with; 0 if there is
// none.
func markerLen(t string) int {
	if t == "" || t[0] != '[' {
		return 0
	}
	end := strings.IndexByte(t[:min(len(t), maxMarker)], ']')
	if end < 0 || !markers[t[:end+1]] {
		return 0
	}
	return end + 1
}

// CutMarker returns the length of t, or the position of a marker that was begun
// but not finished at its end.
func CutMarker(t string) int {
	at := strings.LastIndexByte(t[max(0, len(t)-maxMarker):], '[')
	if at < 0 {
		return len(t)
	}
	at += max(0, len(t)-maxMarker)
	if markerLen(t[at:]) > 0 || strings.IndexByte(t[at:], ']') >= 0 {
		return len(t)
	}
	return at
}
