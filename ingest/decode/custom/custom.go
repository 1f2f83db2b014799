// Package custom makes formats of mappings in the configuration, for logs whose
// fields the operator chose. A mapping is compiled once: an object is read in
// one pass over its members, a line in one pass over its bytes.
//
// It is no format by itself: package formats takes what Formats returns.
package custom

import (
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// mapping is a compiled Config. It is not changed once it is made: all decoders
// share it.
type mapping struct {
	name  string
	paths *node // the paths of the steps
	slots int   // how many paths there are
	steps []step
	line  *template // nil for JSON
}

// step fills one field.
type step struct {
	target *target
	slots  []int // the places to look at, in order
	value  string
	words  []Translation
	list   listing
	unit   field.Unit
	clock  *clock
}

// listing is which value of a list counts.
type listing uint8

const (
	asIs listing = iota
	first
	last
	joined
)

// fewSlots is how many paths a mapping usually has at most; their values cost
// 1 KiB of the stack.
const fewSlots = 64

// decodeJSON fills r from an object.
func (m *mapping) decodeJSON(o field.Value, r *decode.Record) bool {
	if m.slots > fewSlots {
		return m.decodeMany(o, r)
	}
	var slots [fewSlots]field.Value
	return m.fill(o, slots[:m.slots], r)
}

// decodeMany is decodeJSON of a mapping with very many paths.
//
//go:noinline
func (m *mapping) decodeMany(o field.Value, r *decode.Record) bool {
	var slots [maxFields * maxPaths]field.Value
	return m.fill(o, slots[:m.slots], r)
}

func (m *mapping) fill(o field.Value, slots []field.Value, r *decode.Record) bool {
	m.paths.read(o, slots)
	for i := range m.steps {
		m.steps[i].fromJSON(slots, r)
	}
	return isRecord(r)
}

// isRecord reports whether a record says what a request asked for, or what came
// of it.
func isRecord(r *decode.Record) bool {
	return r.Path != "" || r.Model != "" || r.Operation != "" || r.Tool != "" || r.Known != 0
}

// fromJSON takes the first place that states something.
func (s *step) fromJSON(slots []field.Value, r *decode.Record) {
	for _, i := range s.slots {
		v := slots[i]
		text := s.text(v)
		if k := v.Kind(); text == "" && !(s.target.whole && (k == field.Array || k == field.Object)) {
			continue
		}
		s.set(r, text, v)
		return
	}
	if s.value != "" {
		s.target.set(r, s, s.value, field.Value{})
	}
}

// text returns what v says, by the step's choice among several.
func (s *step) text(v field.Value) string {
	switch v.Kind() {
	case field.True:
		return "true"
	case field.False:
		return "false"
	case field.Array:
		switch s.list {
		case joined:
			return v.List()
		case last:
			text := ""
			for it := v.Members(); it.Next(); {
				if t := it.Value().Text(); t != "" {
					text = t
				}
			}
			return text
		}
	case field.String:
		return s.pick(v.Text())
	}
	return v.Text()
}

// set translates a text and fills the field. A text that was translated is no
// longer v.
func (s *step) set(r *decode.Record, text string, v field.Value) {
	for i := range s.words {
		if w := &s.words[i]; w.From == text || w.From == "1" && text == "true" || w.From == "0" && text == "false" {
			s.target.set(r, s, w.To, field.Value{})
			return
		}
	}
	s.target.set(r, s, text, v)
}

// decodeText fills r from a line.
func (m *mapping) decodeText(line string, buf *field.Buffer, r *decode.Record) bool {
	var slots [maxFields]string
	if !m.line.split(line, slots[:m.slots], buf) {
		return false
	}
	for i := range m.steps {
		if !m.steps[i].fromText(slots[:m.slots], r) {
			return false
		}
	}
	return isRecord(r)
}

// fromText takes the first value that states something. A line whose time or
// status cannot be read is none of this log.
func (s *step) fromText(slots []string, r *decode.Record) bool {
	for _, i := range s.slots {
		text := s.pick(slots[i])
		if text == "" {
			continue
		}
		s.set(r, text, field.Value{})
		switch s.target.name {
		case "time":
			return r.Time != 0
		case "status":
			return r.Known&schemas.HasStatus != 0
		}
		return true
	}
	if s.value != "" {
		s.target.set(r, s, s.value, field.Value{})
	}
	return true
}
