package decode

import (
	"bytes"
	"errors"

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
		switch rest[0] {
		case '[':
			rest = rest[d.array(rest):]
		case '{':
			if n, list := batch(rest); n > 0 {
				d.array(list)
				rest = rest[n:]
				continue
			}
			n := d.value(rest)
			if n < 0 {
				n = nextObject(rest)
			}
			rest = rest[n:]
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
				d.line(d.buf.Valid(line), line, Envelope{}, false)
			}
			rest = rest[end:]
		}
	}
}

// array decodes the values of the array that s starts with, one at a time, and
// returns its length. If a value does not even end, the rest of s goes with it.
func (d *Decoder) array(s []byte) int {
	values := 0
	for i := 1; i < len(s) && !d.stop; {
		switch s[i] {
		case ' ', '\n', '\t', '\r', ',':
			i++
		case ']':
			if values == 0 {
				d.reject(StageFrame, Empty, "", s[:i+1])
			}
			return i + 1
		default:
			values++
			n := d.value(s[i:])
			if n <= 0 {
				return len(s)
			}
			d.buf.Reset()
			i += n
		}
	}
	if !d.stop {
		d.reject(StageFrame, InvalidJSON, "", s)
	}
	return len(s)
}

// value decodes the JSON value that s starts with and returns its length. A
// value that cannot be read is rejected as a whole if its end can be found;
// else all of s, or up to the next line that starts an object, is rejected and
// value returns -1.
func (d *Decoder) value(s []byte) int {
	v, n, err := d.doc.Parse(s[:min(len(s), d.opts.MaxBytes)])
	if err == nil {
		d.walk(v, s[:n], Envelope{}, false)
		return n
	}
	reason := reasonOf(err)
	if errors.Is(err, field.ErrTruncated) && len(s) > d.opts.MaxBytes {
		reason = TooLarge
	}
	if d.rejects < maxSkips {
		if n = field.Skip(s); n > 0 {
			d.reject(StageFrame, reason, "", s[:n])
			return n
		}
	}
	d.reject(StageFrame, reason, "", s[:nextObject(s)])
	return -1
}

// maxSkips bounds how often the end of what cannot be read is searched for in
// one message: each search may look at all the rest of it.
const maxSkips = 100

// walk decodes a value that was read; raw is its text.
func (d *Decoder) walk(v field.Value, raw []byte, env Envelope, opened bool) {
	switch v.Kind() {
	case field.Object:
		d.object(v, raw, env, opened)
	case field.Array:
		it := v.Members()
		if !it.Next() {
			d.reject(StageFrame, Empty, "", raw)
			return
		}
		for more := true; more && !d.stop; more = it.Next() {
			d.walk(it.Value(), it.Value().Raw(), env, opened)
		}
	default:
		d.reject(StageDecode, UnknownFormat, "", raw)
	}
}

// inner decodes what an envelope holds; raw is the envelope's text.
func (d *Decoder) inner(env Envelope, raw []byte) {
	v := env.Inner
	if v.Kind() != field.String {
		d.walk(v, v.Raw(), env, true)
		return
	}
	text := trim(v.Raw())
	switch {
	case len(text) == 0:
		d.reject(StageFrame, Empty, "", raw)
	case text[0] == '{' || text[0] == '[':
		opened, err := v.Open()
		if err != nil {
			d.reject(StageFrame, reasonOf(err), "", raw)
			return
		}
		d.walk(opened, opened.Raw(), env, true)
	default:
		d.line(v.Text(), raw, env, true)
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
