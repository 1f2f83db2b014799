package redact

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatehound/gatehound/ingest/redact/scan"
	"github.com/gatehound/gatehound/schemas"
)

// field returns the clean form of one text under its rule, from the cache if it
// is there.
func (r *Redactor) field(c *textCache, raw string, by rule, n *schemas.RedactionCounts, arena *schemas.Arena) string {
	if raw == "" || by.action == Drop {
		return ""
	}
	e, hash, ok := c.find(raw, by.id)
	if ok {
		if e.counted {
			addCounts(n, &e.redacted)
		}
		return e.clean
	}
	r.counts = schemas.RedactionCounts{}
	clean := r.clean(raw, by.action, by.mode, by.limit, &r.counts)
	addCounts(n, &r.counts)
	if kept, ok := e.admit(hash, by.id, raw, clean, &r.counts); ok {
		return kept
	}
	return arena.String(clean)
}

// clean is field without the cache. The result aliases raw or r's scratch.
func (r *Redactor) clean(raw string, action Action, mode scan.Mode, limit int, n *schemas.RedactionCounts) string {
	switch action {
	case Pseudonymize:
		r.buf = r.text.append(r.buf[:0], raw)
		return view(r.buf)
	case Keep:
		mode |= scan.SecretsOnly
	}
	out, changed := r.scanner.Clean(raw, mode, n)
	if !changed {
		if len(raw) <= limit {
			return raw
		}
		out = append(r.buf[:0], raw...)
		r.buf = out
	}
	return r.cut(out, mode, limit, n)
}

// ellipsis stands at the end of text that was cut.
const ellipsis = "…"

// cut shortens clean text to limit bytes. The cut falls between code points and
// not within a marker, and because the beginning of a number can be a number
// too, what is left is scanned once more.
func (r *Redactor) cut(b []byte, mode scan.Mode, limit int, n *schemas.RedactionCounts) string {
	for range 4 {
		if len(b) <= limit {
			return view(b)
		}
		end := limit - len(ellipsis)
		for end > 0 && !utf8.RuneStart(b[end]) {
			end--
		}
		end = scan.CutMarker(view(b[:end]))
		r.buf = append(append(r.buf[:0], b[:end]...), ellipsis...)
		out, changed := r.scanner.Clean(view(r.buf), mode, n)
		if !changed {
			return view(r.buf)
		}
		b = out
	}
	n.Add(schemas.RedactedUnproven)
	return scan.Unproven
}

// requestID returns a request's id. Ids are random by nature: one that could be
// a secret all the same becomes a pseudonym, which still joins the records of
// one request.
func (r *Redactor) requestID(raw string, n *schemas.RedactionCounts, arena *schemas.Arena) string {
	switch {
	case raw == "" || r.policy.actions[fieldRequestID] == Drop:
		return ""
	case r.policy.actions[fieldRequestID] == Pseudonymize:
	case plainID(raw):
		return arena.String(raw)
	default:
		before := n[schemas.RedactedHighEntropy]
		mode := scan.ID
		if r.policy.actions[fieldRequestID] == Keep {
			mode |= scan.SecretsOnly
		}
		clean := r.clean(raw, Mask, mode, maxID, n)
		if n[schemas.RedactedHighEntropy] == before {
			return arena.String(clean)
		}
	}
	r.buf = r.text.append(r.buf[:0], raw)
	return arena.Bytes(r.buf)
}

// plainID reports whether s is made of hexadecimal digits and '-' alone, as
// UUIDs, trace ids and numbers are.
func plainID(s string) bool {
	if len(s) > 64 || len(s) >= 4 && s[0] > '9' && s[1] > '9' && s[2] <= '9' && s[3] <= '9' { // an IBAN may be in hexadecimal digits
		return false
	}
	for i := range len(s) {
		if !inPlainID[s[i]] {
			return false
		}
	}
	return true
}

// inPlainID has the characters of plain ids.
var inPlainID = func() (t [256]bool) {
	for _, c := range []byte("0123456789abcdefABCDEF-") {
		t[c] = true
	}
	return t
}()

// method returns an HTTP method in upper case. Methods are letters; anything
// else is shown as what it is not.
func (r *Redactor) method(raw string, n *schemas.RedactionCounts, arena *schemas.Arena) string {
	switch raw {
	case "", "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE":
		// Literals of the program, not of the record.
		return knownMethod(raw)
	}
	if len(raw) > 20 {
		n.Add(schemas.RedactedUnproven)
		return scan.Unproven
	}
	r.buf = r.buf[:0]
	for _, c := range []byte(raw) {
		if c >= 'a' && c <= 'z' {
			c -= 'a' - 'A'
		}
		if (c < 'A' || c > 'Z') && c != '_' && c != '-' {
			n.Add(schemas.RedactedUnproven)
			return scan.Unproven
		}
		r.buf = append(r.buf, c)
	}
	if m := knownMethod(view(r.buf)); m != "" {
		return m
	}
	return arena.Bytes(r.buf)
}

// knownMethod returns a constant with the content of m; "" if it is no standard
// method (RFC 9110, RFC 5789).
func knownMethod(m string) string {
	for _, k := range [...]string{"POST", "GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE"} {
		if k == m {
			return k
		}
	}
	return ""
}

// host returns the host that was asked for in lower case and without its port.
func (r *Redactor) host(raw string, n *schemas.RedactionCounts, arena *schemas.Arena) string {
	host := raw
	if i := strings.LastIndexByte(raw, ':'); i >= 0 && digits(raw[i+1:]) && (strings.IndexByte(raw, ':') == i || raw[0] == '[' && raw[i-1] == ']') {
		host = raw[:i]
	}
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	host = strings.TrimSuffix(host, ".")
	if r.policy.host.action == Pseudonymize {
		host = strings.ToLower(host)
	}
	clean := r.field(r.names, host, r.policy.host, n, arena)
	if r.policy.host.action == Pseudonymize {
		return clean
	}
	return lowerHost(clean)
}

// lowerHost returns a clean host in lower case, but for the markers in it.
func lowerHost(s string) string {
	marker := false
	var out []byte
	for i := range len(s) {
		switch c := s[i]; {
		case c == '[':
			marker = true
		case c == ']':
			marker = false
		case c >= 'A' && c <= 'Z' && !marker:
			if out == nil {
				out = []byte(s)
			}
			out[i] = c + 'a' - 'A'
		}
	}
	if out == nil {
		return s
	}
	return string(out)
}

// maskedCredential reports whether a gateway has put a mask in place of a
// credential: nothing, "-", "REDACTED", "***", "xxxx".
func maskedCredential(s string) bool {
	trimmed := strings.Trim(s, "*xX.-[]<>()")
	return trimmed == "" || strings.EqualFold(trimmed, "redacted") || strings.EqualFold(trimmed, "masked") ||
		strings.EqualFold(trimmed, "hidden") || strings.EqualFold(trimmed, "filtered") || strings.EqualFold(trimmed, "null")
}

// nanoseconds returns a latency; a negative one is not known to any gateway.
func nanoseconds(n int64) time.Duration { return time.Duration(max(0, n)) }

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
