// Package explain tells where each field of a record came from, for any format,
// by experiment: the message is decoded again without each of its values, and
// with each of them changed, and what differs then came from it. So it cannot
// disagree with what decoding does.
//
// It costs some decodings for each value of a message: it is for people who try
// a format out, not for the pipeline. It never returns a value of the message,
// only what the redacted event shows.
package explain

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

// Explanation tells what became of one message.
type Explanation struct {
	Records []Record `json:"records"`
	// Tells are the values without which the records are read as another
	// format, or not at all.
	Tells []Value `json:"tells,omitempty"`
	// Shadowed are values that count only where others are missing.
	Shadowed []Value `json:"shadowed,omitempty"`
	// Unused are the values that nothing comes from. If nothing comes from all
	// that is in an object or array, that stands for it.
	Unused []Value `json:"unused,omitempty"`
	// Skipped tells that the message is understood and no request.
	Skipped bool `json:"skipped,omitempty"`
	// Tried is how many values were tried. Limited tells that there were more.
	Tried   int  `json:"tried"`
	Limited bool `json:"limited,omitempty"`
}

// Record is one record of the message, or what was rejected.
type Record struct {
	Format string  `json:"format,omitempty"`
	Stage  string  `json:"stage,omitempty"`
	Reason string  `json:"reason,omitempty"`
	Fields []Field `json:"fields,omitempty"`
}

// Field is one field that is known, and where it came from.
type Field struct {
	Name string `json:"field"`
	// Value is what the event shows: redacted, a pseudonym, or "" if the event
	// does not have it.
	Value string `json:"value,omitempty"`
	// From are the places of the values that it came from, in the order in which
	// they stand in the message.
	From []string `json:"from,omitempty"`
	// How is Stated, WorkedOut or Fixed.
	How string `json:"how"`
}

// How a field came about.
const (
	// Stated fields are in the record, or in the envelope around it.
	Stated = "stated"
	// WorkedOut fields follow from others that are stated: the operation from
	// the path, the outcome of authentication from the status.
	WorkedOut = "worked out"
	// Fixed fields come from no single value: a mapping or a format sets them,
	// or several values say the same.
	Fixed = "fixed"
)

// Value is a value of the message, by its place; what it is is not told.
type Value struct {
	Path string `json:"path"`
	Kind string `json:"kind"`
	// Size is the length in bytes, of objects and arrays the number of values.
	Size int `json:"size"`
	// Note is what happens without it, or which field it would give.
	Note string `json:"note,omitempty"`
}

// Explainer explains messages. It is not safe for concurrent use.
type Explainer struct {
	decoder *decode.Decoder
	clean   func(string) string
	fields  []fieldOf
	budget  int
}

// maxBytes bounds the decodings of one message, in bytes: about a second.
const maxBytes = 128 << 20

// New returns an explainer of what d decodes. clean redacts the names of
// members, which clients may have chosen.
func New(d *decode.Decoder, clean func(string) string) *Explainer {
	return &Explainer{decoder: d, clean: clean, fields: newFields()}
}

// Message explains one message; events are those that it became, redacted, by
// rising Position.Index.
func (e *Explainer) Message(message []byte, events []schemas.Event) Explanation {
	e.budget = maxBytes
	base := e.decode(message)
	out := Explanation{Skipped: len(base) == 0}
	t := e.try(message, base)
	out.Tried, out.Limited = len(t.nodes), t.more || e.budget < 0
	next := 0
	for i := range base {
		r := Record{Format: base[i].format, Stage: base[i].stage, Reason: base[i].reason}
		if base[i].reason == "" {
			for next < len(events) && events[next].Position.Index < int32(i) {
				next++
			}
			var ev *schemas.Event
			if next < len(events) && events[next].Position.Index == int32(i) {
				ev = &events[next]
			}
			r.Fields = e.explained(t, i, &base[i], ev)
		}
		out.Records = append(out.Records, r)
	}
	e.rest(t, message, base, &out)
	return out
}

// explained returns the known fields of a record with their sources.
func (e *Explainer) explained(t *tree, record int, s *shot, ev *schemas.Event) []Field {
	var out []Field
	sources := make([][]*node, len(e.fields))
	var ground []*node
	for f := range e.fields {
		for _, n := range t.nodes {
			if n.fields[at{record, f}] {
				sources[f] = append(sources[f], n)
			}
		}
		if among(bases[:], e.fields[f].name) {
			ground = append(ground, sources[f]...)
		}
	}
	for f := range e.fields {
		if s.values[f] == "" {
			continue
		}
		field := Field{Name: e.fields[f].name, How: Stated}
		switch show := e.fields[f].show; {
		case show == nil:
			field.Value = s.values[f]
		case ev != nil:
			field.Value = printable(show(ev))
		}
		derived := among(worked[:], field.Name)
		for _, n := range sources[f] {
			field.From = append(field.From, e.path(n))
			derived = derived && has(ground, n)
		}
		switch {
		case len(field.From) == 0:
			field.How = Fixed
		case derived:
			field.How = WorkedOut
		}
		out = append(out, field)
	}
	return out
}

// path returns the place of a value without what clients chose in it.
func (e *Explainer) path(n *node) string {
	p := n.path
	if p == "" {
		p = "the whole"
	}
	return printable(e.clean(p))
}

func (e *Explainer) value(n *node, note string) Value {
	return Value{Path: e.path(n), Kind: n.kind, Size: n.size, Note: note}
}

// maxShown is the longest text that is shown, in runes.
const maxShown = 120

// printable returns s for a terminal: short, and without control characters.
func printable(s string) string {
	count := 0
	return strings.Map(func(r rune) rune {
		if count++; count > maxShown {
			if count == maxShown+1 {
				return '…'
			}
			return -1
		}
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff {
			return '�'
		}
		return r
	}, s)
}

func among(list []string, s string) bool {
	for _, known := range list {
		if known == s {
			return true
		}
	}
	return false
}

func has(list []*node, n *node) bool {
	for _, known := range list {
		if known == n {
			return true
		}
	}
	return false
}
