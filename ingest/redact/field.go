package redact

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatehound/gatehound/ingest/redact/scan"
	"github.com/gatehound/gatehound/ingest/redact/secret"
	"github.com/gatehound/gatehound/schemas"
)

// rule is what is done to one field.
type rule struct {
	// id tells rules apart in the caches.
	id     uint8
	action Action
	mode   scan.Mode
	limit  int
}

// rules has the rules of the fields that are cached.
type rules struct{ name, gateway, tenant, host, route, path, query, agent rule }

func rulesOf(c Config) rules {
	return rules{
		name:    rule{1, Mask, 0, maxName},
		gateway: rule{2, c.Gateway, 0, maxName},
		tenant:  rule{3, c.Tenant, 0, maxName},
		host:    rule{4, c.Host, 0, maxName},
		route:   rule{5, Mask, 0, maxRoute},
		path:    rule{6, c.Path, 0, maxPath},
		query:   rule{7, c.Query, scan.Parameters | scan.Prompts, maxQuery},
		agent:   rule{8, c.UserAgent, 0, maxAgent},
	}
}

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
	case raw == "" || r.cfg.RequestID == Drop:
		return ""
	case r.cfg.RequestID == Pseudonymize:
	case plainID(raw):
		return arena.String(raw)
	default:
		before := n[schemas.RedactedHighEntropy]
		mode := scan.ID
		if r.cfg.RequestID == Keep {
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
		if c := s[i]; (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') && c != '-' {
			return false
		}
	}
	return true
}

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
	if r.cfg.Host == Pseudonymize {
		host = strings.ToLower(host)
	}
	clean := r.field(r.names, host, r.rules.host, n, arena)
	for i := range len(clean) {
		if c := clean[i]; c >= 'A' && c <= 'Z' && clean[0] != '[' {
			if r.cfg.Host == Pseudonymize {
				break
			}
			return strings.ToLower(clean)
		}
	}
	return clean
}

// pseudonym begins the pseudonyms of identities.
const pseudonym = "h1"

// identity returns a principal or an end user: never longer than 40 bytes, never
// with a secret in it. Who calls himself by a pseudonym gets another: it may be
// that of somebody whom an allowlist names.
func (r *Redactor) identity(raw string, action Action, n *schemas.RedactionCounts, arena *schemas.Arena) string {
	if raw == "" || action == Drop {
		return ""
	}
	if action == Keep || action == Mask {
		mode := scan.Mode(0)
		if action == Keep {
			mode = scan.SecretsOnly
		}
		r.counts = schemas.RedactionCounts{}
		if _, changed := r.scanner.Clean(raw, mode, &r.counts); !changed && len(raw) <= maxPrincipal && !strings.HasPrefix(raw, pseudonym+":") {
			return arena.String(raw)
		}
		addCounts(n, &r.counts)
	}
	n.Add(schemas.RedactedPrincipal)
	e, hash, ok := r.principals.find(raw, 0)
	if ok {
		return e.clean
	}
	r.buf = r.principal.append(r.buf[:0], raw)
	if kept, ok := e.admit(hash, 0, raw, view(r.buf), &schemas.RedactionCounts{}); ok {
		return kept
	}
	return arena.Bytes(r.buf)
}

// fingerprint returns "c1:<key id>:<22 characters>", and ":<issuer>" if the
// credential says whose it is. Its scheme ("Bearer ") does not count, so that a
// key has one fingerprint however it is sent. What a gateway has masked is no
// credential.
func (r *Redactor) fingerprint(raw string, arena *schemas.Arena) string {
	raw = strings.TrimSpace(raw)
	if i := strings.IndexByte(raw, ' '); i > 0 && i <= 10 {
		raw = strings.TrimSpace(raw[i:])
	}
	if maskedCredential(raw) {
		return ""
	}
	e, hash, ok := r.credentials.find(raw, 0)
	if ok {
		return e.clean
	}
	r.buf = r.credential.append(r.buf[:0], raw)
	if issuer := secret.Issuer(raw); issuer != "" {
		r.buf = append(append(r.buf, ':'), issuer...)
	}
	if kept, ok := e.admit(hash, 0, raw, view(r.buf), &schemas.RedactionCounts{}); ok {
		return kept
	}
	return arena.Bytes(r.buf)
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
