package correlate

import (
	"math"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// sketchBytes is the size of a sketch.
const sketchBytes = int(unsafe.Sizeof(sketch.HLL1024{}))

// registers shows the n-th sketch in b, which has only bytes.
func registers(b []byte, n int) *sketch.HLL1024 {
	return (*sketch.HLL1024)(unsafe.Pointer(&b[n*sketchBytes : (n+1)*sketchBytes][0]))
}

// sketch counts a value and returns about how many are within the span.
func (g *group) sketch(o *Observation, span int64) float64 {
	i := g.turn(o.At, max(1, span/sketchCount), sketchCount, func(i int) { registers(g.Sketches, i).Reset() })
	if i >= 0 {
		registers(g.Sketches, i).Add(o.Value)
	}
	var all sketch.HLL1024
	for i := range sketchCount {
		all.Merge(registers(g.Sketches, i))
	}
	return all.Count()
}

// all counts an observation of a window that is judged whole.
func (g *group) all(o *Observation, c *sigma.Correlation) {
	g.N++
	g.Rules |= 1 << o.Rule
	if c.Type != sigma.ValueCount {
		g.All.add(o.Number)
		return
	}
	if g.Sketches == nil {
		if slices.Contains(g.Values, o.Value) {
			return
		}
		if len(g.Values) < exact {
			g.Values = append(g.Values, o.Value)
			return
		}
		g.Sketches = make([]byte, sketchBytes)
		for _, v := range g.Values {
			registers(g.Sketches, 0).Add(v)
		}
		g.Values = nil
	}
	registers(g.Sketches, 0).Add(o.Value)
}

// figure returns what a whole window came to.
func (g *group) figure(c *sigma.Correlation) (float64, bool) {
	switch c.Type {
	case sigma.EventCount:
		return float64(g.N), true
	case sigma.ValueCount:
		if g.Sketches != nil {
			return math.Round(registers(g.Sketches, 0).Count()), true
		}
		return float64(len(g.Values)), true
	case sigma.Temporal, sigma.TemporalOrdered:
		return float64(bits.OnesCount64(g.Rules)), true
	default:
		return g.All.figure(c.Type)
	}
}

// latest notes when a rule held last; the correlation holds if enough of the
// rules, or those that its condition wants, held within a span of the last one.
func (t *Table) latest(g *group, o *Observation, hit Hit) (Hit, bool) {
	g.Times[o.Rule] = max(g.Times[o.Rule], o.At)
	last := slices.Max(g.Times)
	has := func(rule int) bool { return g.Times[rule] >= last-t.span }
	n := 0
	for i := range g.Times {
		if has(i) {
			n++
		}
	}
	hit.Figure = float64(n)
	switch {
	case o.At < last-t.span:
		return hit, false
	case t.c.Expr != nil:
		return hit, seen(t.c.Expr, has)
	case len(t.c.Bounds) > 0:
		return hit, t.within(hit.Figure)
	}
	return hit, n == len(t.c.Rules)
}

// chain notes when a rule held; the correlation holds if each rule did after the
// one before it, all within a span.
func (t *Table) chain(g *group, o *Observation, hit Hit) (Hit, bool) {
	marks := g.Chain[o.Rule*chainTimes : (o.Rule+1)*chainTimes]
	if m := slices.MinFunc(marks, compareMarks); compareMarks(m, mark{o.At, o.Seq}) < 0 {
		marks[slices.Index(marks, m)] = mark{o.At, o.Seq}
		slices.SortFunc(marks, compareMarks)
	}
	// starts has, for each mark of the rule before, the latest start of a chain
	// that ends there.
	var starts [chainTimes]int64
	before := g.Chain[:chainTimes]
	for i, m := range before {
		starts[i] = m.At
		if m == (mark{}) {
			starts[i] = math.MinInt64
		}
	}
	for rule := 1; rule < len(t.c.Rules); rule++ {
		here := g.Chain[rule*chainTimes : (rule+1)*chainTimes]
		var next [chainTimes]int64
		for i, m := range here {
			next[i] = math.MinInt64
			if m == (mark{}) {
				continue
			}
			for j, b := range before {
				if compareMarks(b, m) < 0 && b.At <= m.At && m.At-starts[j] <= t.span && starts[j] != math.MinInt64 {
					next[i] = max(next[i], starts[j])
				}
			}
		}
		starts, before = next, here
	}
	hit.Figure = float64(len(t.c.Rules))
	for i, start := range starts {
		if start != math.MinInt64 && start <= o.At && o.At <= before[i].At {
			hit.Start, hit.End = start, before[i].At
			return hit, true
		}
	}
	return hit, false
}

// compareMarks orders events by time, those of one time by their arrival.
func compareMarks(a, b mark) int {
	switch {
	case a.At != b.At:
		if a.At < b.At {
			return -1
		}
		return 1
	case a.Seq < b.Seq:
		return -1
	case a.Seq > b.Seq:
		return 1
	}
	return 0
}
