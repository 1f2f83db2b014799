// Package correlate counts what rules found, by group and within a span of time,
// in bounded memory. It knows events only by their time and by hashes of their
// values.
package correlate

import (
	"math"
	"slices"

	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/schemas"
)

// exact is how many times, or values, of a group are kept one by one; above it
// they are counted in slices of the span, and values by a sketch.
const exact = 256

// lateness is how long after its end a window that is judged whole still takes
// events, in nanoseconds of event time.
const lateness = int64(60e9)

// Observation is an event for which a rule held.
type Observation struct {
	// At is the event's time in Unix nanoseconds, Seq its number.
	At  int64
	Seq uint64
	// Rule is the place of the rule in the correlation.
	Rule int
	// Value is the hash of the counted value, Number the value as a number.
	Value  uint64
	Number float64
	// Who is the entity that a finding of the group is about; a window that is
	// judged at its end remembers it.
	Who    schemas.Entity
	Sample string
}

// Hit is a group for which a correlation holds.
type Hit struct {
	// Figure is what was held against the bounds.
	Figure float64
	// Events is how many events of the window are known of.
	Events int64
	// Start and End bound the window, in Unix nanoseconds.
	Start, End int64
	// Edge tells that it did not hold within the span before.
	Edge bool
	// Who and Sample are those of the first event of a window that was judged at
	// its end.
	Who    schemas.Entity
	Sample string
}

// kind is how a group's state is kept.
type kind uint8

const (
	times    kind = iota // the latest times
	slots                // counts, sums and extremes in slices of the span
	values               // the latest values
	sketches             // sketches of values in slices of the span
	latest               // the latest time of each rule
	chain                // the latest times of each rule, in order
	whole                // all in one, judged at the end of a window
)

// Table has the groups of one correlation. It is not safe for concurrent use.
type Table struct {
	c    *sigma.Correlation
	span int64
	kind kind
	// need is how many make the bounds hold, of times and values.
	need int

	groups map[uint64]*group
	// list has the groups in no order: a group knows its place in it.
	list []*group
	ends ends
	size int64
	room int64
	// hand and luck choose what is looked at when room is needed.
	hand int
	luck uint64
	// clock is the latest time of all observations.
	clock int64
	// Evicted counts the groups that had to give way before their span was over.
	Evicted int64
}

// Judged tells whether a correlation is judged at the end of a window rather
// than as soon as its bounds hold: then they need to hold for the whole of it.
func Judged(c *sigma.Correlation) bool {
	rising := []sigma.Cmp{sigma.GT, sigma.GTE}
	switch c.Type {
	case sigma.ValueAvg:
		return true
	case sigma.ValueMin:
		rising = []sigma.Cmp{sigma.LT, sigma.LTE}
	case sigma.Temporal:
		if c.Expr != nil {
			return negates(c.Expr)
		}
	default:
	}
	return slices.ContainsFunc(c.Bounds, func(b sigma.Bound) bool { return b.Not || !slices.Contains(rising, b.Cmp) })
}

func negates(e *sigma.Expr) bool {
	return e.Op == sigma.Not || slices.ContainsFunc(e.Kids, negates)
}

// New returns a table that takes at most room bytes.
func New(c *sigma.Correlation, room int64) *Table {
	t := &Table{c: c, span: int64(c.Timespan), room: room, groups: map[uint64]*group{}, clock: math.MinInt64}
	for _, b := range c.Bounds {
		n := int(min(b.Number, 1e9))
		if b.Cmp == sigma.GT {
			n++
		}
		t.need = max(t.need, n)
	}
	switch {
	case Judged(c):
		t.kind = whole
	case c.Type == sigma.Temporal:
		t.kind = latest
	case c.Type == sigma.TemporalOrdered:
		t.kind = chain
	case c.Type == sigma.EventCount && t.need <= exact:
		t.kind = times
	case c.Type == sigma.ValueCount && t.need <= exact:
		t.kind = values
	case c.Type == sigma.ValueCount:
		t.kind = sketches
	default:
		t.kind = slots
	}
	return t
}

// Has tells whether there is a group.
func (t *Table) Has(key uint64) bool { return t.groups[key] != nil }

// Len returns how many groups there are, Size what they take in bytes.
func (t *Table) Len() int    { return len(t.list) }
func (t *Table) Size() int64 { return t.size }

// Add counts an observation in its group. It tells whether the correlation
// holds for the group now; emit gets the windows that ended before.
func (t *Table) Add(key uint64, o *Observation, emit func(Hit)) (Hit, bool) {
	t.Advance(o.At, emit)
	if o.At < t.clock-t.span-lateness {
		return Hit{}, false // too late to be in any window that is open
	}
	g := t.groups[key]
	if g != nil && t.kind == whole && o.At >= g.End {
		t.judge(g, emit)
		t.remove(g)
		g = nil
	}
	if g == nil {
		g = t.admit(key, o)
	}
	before := g.bytes()
	if o.At-g.Last > t.span {
		g.Count = 0
	}
	g.Count++
	g.Last = max(g.Last, o.At)
	hit, ok := t.fold(g, o)
	t.size += g.bytes() - before
	if ok {
		hit.Edge = g.Fired == 0 || o.At-g.Fired > t.span
		g.Fired = max(g.Fired, o.At)
	}
	return hit, ok
}

// Advance tells the time, and emits the windows that are over by it.
func (t *Table) Advance(clock int64, emit func(Hit)) {
	t.clock = max(t.clock, clock)
	for len(t.ends) > 0 && t.ends[0].end+lateness <= t.clock {
		t.close(emit)
	}
}

// Flush emits the windows that are open: there will be no more.
func (t *Table) Flush(emit func(Hit)) {
	for len(t.ends) > 0 {
		t.close(emit)
	}
}

// close judges the window that ends first, if its group still has it.
func (t *Table) close(emit func(Hit)) {
	e := t.ends.pop()
	if g := t.groups[e.key]; g != nil && g.End == e.end {
		t.judge(g, emit)
		t.remove(g)
	}
}

// judge holds a whole window against the bounds.
func (t *Table) judge(g *group, emit func(Hit)) {
	figure, ok := g.figure(t.c)
	if !ok {
		return
	}
	if t.c.Expr != nil {
		if !seen(t.c.Expr, func(rule int) bool { return g.Rules&(1<<rule) != 0 }) {
			return
		}
	} else if !t.within(figure) {
		return
	}
	emit(Hit{Figure: figure, Events: int64(g.N), Start: g.End - t.span, End: g.End, Edge: true,
		Who: schemas.Entity{Kind: g.Kind, Name: g.Name}, Sample: g.Sample})
}

// within tells whether all bounds hold.
func (t *Table) within(figure float64) bool {
	for _, b := range t.c.Bounds {
		if !b.Holds(figure) {
			return false
		}
	}
	return true
}

// seen tells whether a temporal condition holds for the rules that were seen.
func seen(e *sigma.Expr, has func(rule int) bool) bool {
	switch e.Op {
	case sigma.And:
		return !slices.ContainsFunc(e.Kids, func(k *sigma.Expr) bool { return !seen(k, has) })
	case sigma.Or:
		return slices.ContainsFunc(e.Kids, func(k *sigma.Expr) bool { return seen(k, has) })
	case sigma.Not:
		return !seen(e.Kids[0], has)
	default:
		return has(e.Item.Line)
	}
}
