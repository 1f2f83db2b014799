package decode

import (
	"bytes"
	"errors"
	"strings"

	"github.com/gatehound/gatehound/ingest/decode/field"
)

var byteOrderMark = []byte("\xef\xbb\xbf")

// frame takes a message apart into JSON values and lines of text: one of them,
// or several on lines of their own, or JSON values in an array.
func (d *Decoder) frame(text []byte) {
	rest := trim(bytes.TrimPrefix(text, byteOrderMark))
	if len(rest) == 0 {
		d.reject(StageFrame, Empty, "", text)
		return
	}
	for ; len(rest) > 0 && !d.stop; rest = trim(rest) {
		d.buf.Reset()
		switch {
		case isArray(rest):
			n := d.textLine(rest)
			if n == 0 {
				n = d.array(rest)
			}
			rest = rest[n:]
		case rest[0] == '{':
			if n, list := batch(rest); n > 0 {
				if line := d.textLine(rest); line > 0 {
					n = line
				} else {
					d.array(list)
				}
				rest = rest[n:]
				continue
			}
			rest = rest[d.value(rest, true):]
		default:
			end := bytes.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			line := rest[:end]
			if len(line) > d.opts.MaxBytes {
				d.reject(StageFrame, TooLarge, "", line)
			} else {
				line = bytes.TrimRight(line, "\r")
				d.line(d.buf.Valid(line), line, Envelope{}, 0)
			}
			rest = rest[end:]
		}
	}
}

// textHead is how much of a line is looked at for the end of a time, in bytes:
// more than the 8 KiB that servers take of a header by default.
const textHead = 16 << 10

// textLine decodes the line that s starts with and returns its length, or 0 if
// it is not one of text that begins like JSON: where a log begins with what
// clients send, such as X-Forwarded-For, they choose how it begins. A line of
// text has its time before a quote, which JSON does not have.
func (d *Decoder) textLine(s []byte) int {
	if !bytes.Contains(s[:min(len(s), textHead)], []byte(`] "`)) || d.fixed != nil && d.fixed.envelope() {
		return 0
	}
	n := bytes.IndexByte(s, '\n')
	if n < 0 {
		n = len(s)
	}
	line := bytes.TrimRight(s[:n], "\r")
	if n > d.opts.MaxBytes || !d.text(d.buf.Valid(line), line, Envelope{}) {
		return 0
	}
	return n
}

// array decodes the values of the array that s starts with, one at a time, and
// returns its length.
func (d *Decoder) array(s []byte) int {
	first, rejects, skipped := d.index, d.rejects, d.skipped
	for i := 1; i < len(s) && !d.stop; {
		switch s[i] {
		case ' ', '\n', '\t', '\r', ',':
			i++
		case ']':
			if d.index == first && d.skipped == skipped {
				d.reject(StageFrame, Empty, "", s[:i+1])
			}
			return i + 1
		default:
			d.buf.Reset()
			i += d.value(s[i:], false)
		}
	}
	if d.rejects == rejects { // what is cut off has not been rejected yet
		d.reject(StageFrame, InvalidJSON, "", s)
	}
	return len(s)
}

// value decodes the JSON value that s starts with and returns its length. A
// value that cannot be read is a line of text, if it starts a line and is of a
// format; else it is rejected as a whole if its end can be found, or all of s
// is, up to the next line that starts an object.
func (d *Decoder) value(s []byte, line bool) int {
	v, n, err := d.doc.Parse(s[:min(len(s), d.opts.MaxBytes)])
	if errors.Is(err, field.ErrTruncated) && len(s) > d.opts.MaxBytes && d.detector.splits(s) {
		v, n, err = d.doc.Parse(s[:min(len(s), maxBatchBytes)])
	}
	if err == nil {
		d.walk(v, s[:n], Envelope{}, 0)
		return n
	}
	if line {
		if n := d.textLine(s); n > 0 {
			return n
		}
	}
	reason := reasonOf(err)
	if errors.Is(err, field.ErrTruncated) && len(s) > d.opts.MaxBytes {
		reason = TooLarge
	}
	n = -1
	if !d.unbalanced {
		n = field.Skip(s)
		d.unbalanced = n < 0
	}
	if n <= 0 {
		n = nextObject(s)
	}
	d.reject(StageFrame, reason, "", s[:n])
	return n
}

// maxBatchBytes bounds an envelope of many records, each of which may have
// Options.MaxBytes: as much as gzip inflates to.
const maxBatchBytes = 16 << 20

// walk decodes a value that was read; raw is its text.
func (d *Decoder) walk(v field.Value, raw []byte, env Envelope, opened int) {
	if len(raw) > d.opts.MaxBytes && opened > 0 {
		d.reject(StageFrame, TooLarge, "", raw)
		return
	}
	switch v.Kind() {
	case field.Object:
		d.object(v, raw, env, opened)
	case field.Array:
		it := v.Members()
		if !it.Next() {
			d.reject(StageFrame, Empty, "", raw)
			return
		}
		env.Origin.Single = env.Origin.Single && v.Len() == 1
		for more := true; more && !d.stop; more = it.Next() {
			d.walk(it.Value(), it.Value().Raw(), env, opened)
		}
	default:
		d.reject(StageDecode, UnknownFormat, "", raw)
	}
}

// inner decodes what an envelope holds; raw is the envelope's text.
func (d *Decoder) inner(env Envelope, raw []byte, opened int) {
	v := env.Inner
	if v.Kind() != field.String {
		d.walk(v, v.Raw(), env, opened)
		return
	}
	text := trim(v.Raw())
	switch {
	case len(text) == 0:
		d.reject(StageFrame, Empty, "", raw)
	case text[0] == '{' || isArray(text):
		value, err := v.Open()
		if err != nil {
			if !d.text(v.Text(), raw, env) { // it may begin like JSON, and be none
				d.reject(StageFrame, reasonOf(err), "", raw)
			}
			return
		}
		d.walk(value, value.Raw(), env, opened)
	default:
		d.line(strings.Trim(v.Text(), " \r\n\t"), raw, env, opened)
	}
}

func reasonOf(err error) string {
	if errors.Is(err, field.ErrDepth) {
		return TooDeep
	}
	return InvalidJSON
}

// batch returns the length of an object whose first member is an array named
// "records", and what starts with that array; else 0. Such a batch may be
// longer than a record, so it is not read as one value.
func batch(s []byte) (int, []byte) {
	list := s[1:]
	for _, token := range [...]string{`"records"`, ":", "["} {
		list = trim(list)
		if !bytes.HasPrefix(list, []byte(token)) {
			return 0, nil
		}
		list = list[len(token):]
	}
	n := field.Skip(s)
	if n < 0 {
		n = len(s)
	}
	start := bytes.IndexByte(s, '[')
	return n, s[start:n]
}

// isArray reports whether s starts an array of records or of such arrays. Lines
// of text start with a bracket, too: "[2026-11-22 05:40:00] …".
func isArray(s []byte) bool {
	if s[0] != '[' {
		return false
	}
	s = trim(s[1:])
	return len(s) == 0 || s[0] == '{' || s[0] == '[' || s[0] == ']'
}

// nextObject returns where the next line that starts with "{" begins, or the
// length of s.
func nextObject(s []byte) int {
	if i := bytes.Index(s, []byte("\n{")); i >= 0 {
		return i
	}
	return len(s)
}

func trim(s []byte) []byte {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\n' || s[0] == '\t' || s[0] == '\r') {
		s = s[1:]
	}
	return s
}
