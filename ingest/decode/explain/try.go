package explain

import (
	"maps"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
)

// shot is a copy of what a decoder made of one record.
type shot struct {
	format, stage, reason string
	values                []string // by the index of the field
}

// camera is a sink that takes shots.
type camera struct {
	fields []fieldOf
	shots  []shot
}

var _ decode.Sink = (*camera)(nil)

// Record implements decode.Sink.
func (c *camera) Record(_ int32, r *decode.Record) {
	s := shot{format: strings.Clone(r.Format), values: make([]string, len(c.fields))}
	for i := range c.fields {
		s.values[i] = strings.Clone(c.fields[i].raw(r))
	}
	c.shots = append(c.shots, s)
}

// Reject implements decode.Sink.
func (c *camera) Reject(_ int32, stage, reason, format string, _ []byte) {
	c.shots = append(c.shots, shot{format: strings.Clone(format), stage: stage, reason: reason, values: make([]string, len(c.fields))})
}

func (e *Explainer) decode(message []byte) []shot {
	c := camera{fields: e.fields}
	e.budget -= len(message) + 1000
	e.decoder.Decode(message, &c)
	return c.shots
}

// try does the experiments with every value of a message.
func (e *Explainer) try(message []byte, base []shot) *tree {
	t := &tree{}
	t.grow(whole(message), "", nil)
	for i := 0; i < len(t.nodes); i++ { // it grows
		if e.budget < 0 {
			t.nodes = t.nodes[:i]
			break
		}
		n := t.nodes[i]
		e.experiment(n, base)
		if n.isLine() {
			n.line = true
			t.words(n.inner(), n.path+" ▸ ", n)
		}
	}
	for _, n := range t.nodes {
		if n.parent == nil {
			n.settle()
		}
	}
	return t
}

// settle leaves a value what it gives by itself, such as its length, and not
// what the values in it give. It returns all that they give, and whether the
// record breaks without one of them.
func (n *node) settle() (given map[at]bool, breaks bool) {
	if len(n.children) == 0 {
		return n.fields, n.breaks != ""
	}
	given = map[at]bool{}
	for _, child := range n.children {
		below, broken := child.settle()
		maps.Copy(given, below)
		breaks = breaks || broken
	}
	maps.DeleteFunc(n.fields, func(f at, _ bool) bool { return given[f] })
	if breaks {
		n.breaks = ""
	}
	maps.Copy(given, n.fields)
	return given, breaks || n.breaks != ""
}

// experiment decodes the message without n, and with n changed.
func (e *Explainer) experiment(n *node, base []shot) {
	if n.parent != nil || n.kind == "word" {
		n.breaks = n.compare(base, e.decode(n.without()))
	}
	for _, message := range n.changes() {
		if broken := n.compare(base, e.decode(message)); broken != "" && n.breaks == "" {
			n.breaks = broken
		}
	}
	if n.kind != "number" && strings.IndexByte(string(n.raw()), '/') >= 0 && len(n.children) == 0 {
		n.compare(base, e.decode(n.another("/x"))) // a path that is no API's
	}
}

// compare notes which fields differ, and returns what broke.
func (n *node) compare(base, got []shot) string {
	if len(got) != len(base) {
		return "another number of records"
	}
	broken := ""
	for i := range base {
		b, g := &base[i], &got[i]
		switch {
		case b.reason != "" && g.reason == b.reason && g.format == b.format:
		case g.reason != "":
			broken = "rejected: " + g.reason
		case g.format != b.format:
			broken = "read as " + g.format
		default:
			for f := range b.values {
				if b.values[f] != g.values[f] {
					n.fields[at{i, f}] = true
				}
			}
		}
	}
	return broken
}

// isLine reports whether a string is a line of text that holds the record:
// there is none without it.
func (n *node) isLine() bool {
	if n.kind != "text" || n.size < 20 || n.inside || n.doc.depth+1 >= maxDocuments {
		return false
	}
	return strings.IndexByte(string(n.raw()), ' ') > 0 && n.breaks != "" && n.breaks != "rejected: "+decode.NoTime
}

// rest fills in the values that no field came from.
func (e *Explainer) rest(t *tree, message []byte, base []shot, out *Explanation) {
	shadowed := e.shadows(t, message, base)
	for _, n := range t.nodes {
		if n.breaks != "" && !e.onlyTime(n, base) && !n.line {
			out.Tells = append(out.Tells, e.value(n, n.breaks))
		}
		if note, found := shadowed[n.path]; found {
			out.Shadowed = append(out.Shadowed, e.value(n, note))
			n.odd = true
		}
	}
	if !slices.ContainsFunc(base, func(s shot) bool { return s.reason == "" }) {
		return // nothing comes from any of them
	}
	for _, n := range t.nodes {
		if !n.used() && (n.parent == nil || n.parent.used()) && !(n.kind == "word" && string(n.raw()) == "-") {
			out.Unused = append(out.Unused, e.value(n, ""))
		}
	}
}

// onlyTime reports whether a value is the time, without which there is no
// record: that tells no format.
func (e *Explainer) onlyTime(n *node, base []shot) bool {
	if n.breaks != "rejected: "+decode.NoTime && n.breaks != "rejected: "+decode.TimeOutOfRange {
		return false
	}
	for i := range base {
		if base[i].reason != "" {
			return false
		}
	}
	return true
}

// used reports whether something comes from a value, or from one in it.
func (n *node) used() bool {
	if len(n.fields) > 0 || n.breaks != "" || n.odd {
		return true
	}
	for _, child := range n.children {
		if child.used() {
			return true
		}
	}
	return false
}

// shadows finds the values that stand in for a source that is missing: they
// are without effect now, and have one on the message without it. It returns a
// note for each, by its path.
func (e *Explainer) shadows(t *tree, message []byte, base []shot) map[string]string {
	idle := map[string]bool{}
	for _, n := range t.nodes {
		if !n.used() && len(n.children) == 0 {
			idle[n.path] = true
		}
	}
	found := map[string]string{}
	if len(idle) == 0 {
		return found
	}
	for _, source := range t.nodes {
		if len(source.fields) == 0 || len(source.children) > 0 || source.kind == "word" || source.breaks != "" && !e.onlyTime(source, base) {
			continue
		}
		without := source.without()
		bare := e.decode(without)
		if len(bare) != len(base) || !e.standsIn(source, bare) {
			continue
		}
		after := &tree{}
		after.grow(whole(without), "", nil)
		for _, n := range after.nodes {
			if e.budget < 0 {
				return found
			}
			if _, known := found[n.path]; known || !idle[n.path] {
				continue
			}
			e.experiment(n, bare)
			for f := range source.fields {
				if n.fields[f] {
					found[n.path] = "gives " + e.fields[f.field].name + " where " + e.path(source) + " is missing"
				}
			}
		}
	}
	return found
}

// standsIn reports whether a field of source is known without it.
func (e *Explainer) standsIn(source *node, bare []shot) bool {
	for f := range source.fields {
		if bare[f.record].values[f.field] != "" {
			return true
		}
	}
	return false
}
