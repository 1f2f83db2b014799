package redact

import (
	"bytes"

	"github.com/gatehound/gatehound/ingest/redact/scan"
	"github.com/gatehound/gatehound/schemas"
)

// Text returns s with personal data and secrets replaced by markers: for texts
// of errors and logs. Redacting the result again changes nothing.
func (r *Redactor) Text(s string) string {
	var n schemas.RedactionCounts
	out, changed := r.scanner.Clean(s, scan.Prompts, &n)
	if !changed {
		if len(s) > scan.MaxInput {
			return scan.Unproven
		}
		return s
	}
	return string(out)
}

// The part of a line that an excerpt is made from: markers are shorter than what
// they replace, so it is longer than the excerpt. lineTail is cut off again where
// the line goes on, because a secret may be cut in two there.
const (
	lineWindow = 4
	lineTail   = 4096
)

// Line returns a redacted excerpt of raw, a record as it came, JSON or not, of
// at most limit bytes and valid UTF-8. Values whose names say that they are
// prompts or answers are left out.
func (r *Redactor) Line(raw []byte, limit int) string {
	if limit < len(scan.Unproven) {
		return ""
	}
	limit = min(limit, scan.MaxInput/8)
	if window := limit*lineWindow + lineTail; len(raw) > window {
		raw = raw[:window]
		keep := raw[:window-lineTail]
		if at := bytes.LastIndexAny(raw, " \",;&{}[]\n\t"); at > len(keep) {
			keep = raw[:at]
		}
		raw = keep
	}
	var n schemas.RedactionCounts
	r.buf = append(r.buf[:0], raw...)
	in := string(r.buf)
	out, changed := r.scanner.Clean(in, scan.Prompts, &n)
	if !changed {
		out = []byte(in)
	}
	return string([]byte(r.cut(out, scan.Prompts, limit, &n)))
}
