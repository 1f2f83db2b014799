package correlate

import (
	"math"
	"slices"

	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/schemas"
)

// The slices of a span: counts are off by at most the events of one of them.
const (
	slotCount   = 32
	sketchCount = 8
)

// chainTimes is how many times of each rule of an ordered correlation are kept.
const chainTimes = 4

// group is what is known of one group. Its exported fields are the snapshot.
type group struct {
	Key         uint64
	Last, Fired int64
	// Count is how many events came without a pause of a span.
	Count uint32
	place int

	// Times are the latest times, rising; of values those of Values; of rules
	// one each.
	Times  []int64
	Values []uint64
	// Chain has for each rule the latest times and numbers of its events.
	Chain []mark
	// Slots and Sketches are slices of the span; Base is the number of the
	// slice since 1970 that the last one is.
	Slots    []slot
	Sketches []byte
	Base     int64

	// Of a window that is judged whole: its end, its events, the rules seen,
	// and the entity of the first one.
	End    int64
	N      uint32
	Rules  uint64
	All    slot
	Kind   schemas.EntityKind
	Name   string
	Sample string
}

type mark struct {
	At  int64
	Seq uint64
}

type slot struct {
	N             uint32
	Sum, Min, Max float64
}

func (s *slot) add(v float64) {
	if s.N == 0 {
		s.Min, s.Max = v, v
	}
	s.N++
	s.Sum += v
	s.Min, s.Max = min(s.Min, v), max(s.Max, v)
}

// groupBytes is about what a group takes without its slices.
const groupBytes = 320 + overhead

// bytes is about what a group takes.
func (g *group) bytes() int64 {
	return int64(groupBytes + 8*cap(g.Times) + 8*cap(g.Values) + 16*cap(g.Chain) + 32*cap(g.Slots) + cap(g.Sketches) + len(g.Name) + len(g.Sample))
}

// worth is how many events a group had lately.
func (g *group) worth(clock, span int64) uint32 {
	if g.Last < clock-span {
		return 0
	}
	return g.Count
}

// open makes what the kind needs from the start.
func (g *group) open(t *Table, o *Observation) {
	g.Last = o.At
	switch t.kind {
	case latest:
		g.Times = slices.Repeat([]int64{math.MinInt64}, len(t.c.Rules))
	case chain:
		g.Chain = make([]mark, chainTimes*len(t.c.Rules))
	case slots:
		g.Slots = make([]slot, slotCount)
	case sketches:
		g.Sketches = make([]byte, sketchCount*sketchBytes)
	case whole:
		g.End = o.At + t.span
		g.who(o.Who, o.Sample)
	case times, values:
	}
}

// fits tells whether a group of a snapshot can be one of the table.
func (g *group) fits(t *Table) bool {
	switch t.kind {
	case latest:
		return len(g.Times) == len(t.c.Rules)
	case chain:
		return len(g.Chain) == chainTimes*len(t.c.Rules)
	case slots:
		return len(g.Slots) == slotCount
	case sketches:
		return len(g.Sketches) == sketchCount*sketchBytes
	case values:
		return len(g.Times) == len(g.Values)
	case whole:
		return g.End > 0 && len(g.Values) <= exact && (g.Sketches == nil || len(g.Sketches) == sketchBytes)
	default:
		return len(g.Times) <= exact
	}
}

// fold counts an observation and tells whether the bounds hold.
func (t *Table) fold(g *group, o *Observation) (Hit, bool) {
	hit := Hit{Start: o.At - t.span, End: o.At, Events: int64(g.Count)}
	switch t.kind {
	case times:
		hit.Figure = float64(g.time(o.At, t.need, t.span))
		hit.Events = int64(hit.Figure)
	case values:
		hit.Figure = float64(g.value(o, t.need, t.span))
	case sketches:
		hit.Figure = math.Round(g.sketch(o, t.span))
	case slots:
		hit.Figure = g.slot(o, t)
	case latest:
		return t.latest(g, o, hit)
	case chain:
		return t.chain(g, o, hit)
	case whole:
		g.all(o, t.c)
		return hit, false
	}
	return hit, t.within(hit.Figure)
}

// time keeps the latest n times and returns how many of them are within a span
// of the last one.
func (g *group) time(at int64, n int, span int64) int {
	i, _ := slices.BinarySearch(g.Times, at)
	if len(g.Times) < n {
		g.Times = slices.Insert(g.Times, i, at)
	} else if i > 0 {
		copy(g.Times[:i-1], g.Times[1:i]) // the earliest gives way
		g.Times[i-1] = at
	}
	from, _ := slices.BinarySearch(g.Times, g.Times[len(g.Times)-1]-span)
	return len(g.Times) - from
}

// value keeps the latest n values and returns how many of them are within a span
// of the last one.
func (g *group) value(o *Observation, n int, span int64) int {
	if i := slices.Index(g.Values, o.Value); i >= 0 {
		g.Times[i] = max(g.Times[i], o.At)
	} else if len(g.Values) < n {
		g.Values, g.Times = append(g.Values, o.Value), append(g.Times, o.At)
	} else if i := argmin(g.Times); g.Times[i] < o.At {
		g.Values[i], g.Times[i] = o.Value, o.At
	}
	count, last := 0, slices.Max(g.Times)
	for _, at := range g.Times {
		if at >= last-span {
			count++
		}
	}
	return count
}

func argmin(v []int64) int {
	least := 0
	for i := range v {
		if v[i] < v[least] {
			least = i
		}
	}
	return least
}

// turn moves the slices on to a time, empties those that come anew, and returns
// the place of the time's; -1 if it is before all of them.
func (g *group) turn(at, length int64, n int, empty func(int)) int {
	now := at / length
	switch {
	case g.Base == 0 || now-g.Base >= int64(n):
		for i := range n {
			empty(i)
		}
		g.Base = now
	case now <= g.Base-int64(n):
		return -1
	}
	for ; g.Base < now; g.Base++ {
		empty(int((g.Base + 1) % int64(n)))
	}
	return int(now % int64(n))
}

func (g *group) slot(o *Observation, t *Table) float64 {
	i := g.turn(o.At, max(1, t.span/slotCount), slotCount, func(i int) { g.Slots[i] = slot{} })
	if i >= 0 {
		g.Slots[i].add(o.Number)
	}
	var all slot
	for _, s := range g.Slots {
		all.merge(s)
	}
	v, _ := all.figure(t.c.Type)
	return v
}

func (s *slot) merge(o slot) {
	switch {
	case o.N == 0:
		return
	case s.N == 0:
		*s = o
		return
	}
	s.N, s.Sum = s.N+o.N, s.Sum+o.Sum
	s.Min, s.Max = min(s.Min, o.Min), max(s.Max, o.Max)
}

func (s *slot) figure(of sigma.CorrelationType) (float64, bool) {
	switch of {
	case sigma.ValueSum:
		return s.Sum, s.N > 0
	case sigma.ValueAvg:
		return s.Sum / float64(max(1, s.N)), s.N > 0
	case sigma.ValueMin:
		return s.Min, s.N > 0
	case sigma.ValueMax:
		return s.Max, s.N > 0
	default:
		return float64(s.N), true
	}
}
