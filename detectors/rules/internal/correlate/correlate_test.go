package correlate

import (
	"bytes"
	"encoding/gob"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

const second = int64(time.Second)

func correlation(typ sigma.CorrelationType, span time.Duration, rules int, bounds ...sigma.Bound) *sigma.Correlation {
	f := fieldID
	c := &sigma.Correlation{Type: typ, Timespan: span, Rules: make([]string, rules), Bounds: bounds}
	if typ != sigma.EventCount && typ != sigma.Temporal && typ != sigma.TemporalOrdered {
		c.Field = &f
	}
	return c
}

var fieldID = sigma.Term{}.Other

func gte(n float64) sigma.Bound { return sigma.Bound{Cmp: sigma.GTE, Number: n} }

// player adds observations and notes which of them made the correlation hold.
type player struct {
	t     *Table
	seq   uint64
	ended []Hit
}

func (p *player) add(at int64, rule int, value uint64, number float64) (Hit, bool) {
	p.seq++
	return p.t.Add(1, &Observation{At: at * second, Seq: p.seq, Rule: rule, Value: value, Number: number, Who: schemas.Entity{Name: "a"}}, p.end)
}

func (p *player) end(h Hit) { p.ended = append(p.ended, h) }

func play(c *sigma.Correlation) *player { return &player{t: New(c, 1<<20)} }

func TestEventCountSlides(t *testing.T) {
	for _, n := range []int{3, 200, 2000} { // one by one, and in slices of the span
		p := play(correlation(sigma.EventCount, time.Hour, 1, gte(float64(n))))
		first := 0
		for i := range 2 * n {
			if _, ok := p.add(int64(i)*3600/int64(n)*9/10+100_000, 0, 0, 0); ok && first == 0 {
				first = i + 1
			}
		}
		require.InDelta(t, n, first, float64(n)/20)
		slow := play(correlation(sigma.EventCount, time.Hour, 1, gte(float64(n))))
		for i := range 3 * n {
			_, ok := slow.add(int64(i)*3600/int64(n-1)*12/10+100_000, 0, 0, 0)
			require.False(t, ok, "%d events, a fifth too slow", n)
		}
	}
}

func TestEventCountTakesEventsInAnyOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		at := []int64{1000, 1010, 1020, 1030, 1040}
		r.Shuffle(len(at), func(i, j int) { at[i], at[j] = at[j], at[i] })
		p := play(correlation(sigma.EventCount, time.Minute, 1, gte(5)))
		for i, s := range at {
			_, ok := p.add(s, 0, 0, 0)
			require.Equal(t, i == 4, ok)
		}
	}
}

func TestValueCount(t *testing.T) {
	for _, n := range []int{5, 1000} { // exact, and by a sketch
		c := correlation(sigma.ValueCount, time.Hour, 1, gte(float64(n)))
		p := play(c)
		for i := range 10 * n { // few values, often
			_, ok := p.add(100_000+int64(i%100), 0, sketch.Mix(uint64(i%(n/2))), 0)
			require.False(t, ok)
		}
		first := 0
		for i := range 2 * n {
			if _, ok := p.add(100_200, 0, sketch.Mix(uint64(i)), 0); ok && first == 0 {
				first = i + 1
			}
		}
		require.InDelta(t, n, first, float64(n)/6)
		forgetful := play(c)
		for i := range 3 * n {
			_, ok := forgetful.add(100_000+int64(i)*3600/int64(n)*13/10, 0, sketch.Mix(uint64(i)), 0)
			require.False(t, ok, "values of more than the span")
		}
	}
}

func TestFiguresOfNumbers(t *testing.T) {
	sum := play(correlation(sigma.ValueSum, time.Hour, 1, sigma.Bound{Cmp: sigma.GT, Number: 100}))
	_, ok := sum.add(100_000, 0, 0, 100)
	require.False(t, ok)
	hit, ok := sum.add(100_010, 0, 0, 1)
	require.True(t, ok)
	require.InDelta(t, 101, hit.Figure, 0)
	_, ok = sum.add(104_000, 0, 0, 50)
	require.False(t, ok, "the first ones are over")

	top := play(correlation(sigma.ValueMax, time.Hour, 1, gte(9)))
	_, ok = top.add(100_000, 0, 0, 8)
	require.False(t, ok)
	_, ok = top.add(100_001, 0, 0, 9)
	require.True(t, ok)

	least := play(correlation(sigma.ValueMin, time.Hour, 1, sigma.Bound{Cmp: sigma.LT, Number: 3}))
	_, ok = least.add(100_000, 0, 0, 3)
	require.False(t, ok)
	_, ok = least.add(100_001, 0, 0, 2)
	require.True(t, ok)

	mean := play(correlation(sigma.ValueAvg, time.Minute, 1, gte(5)))
	for _, v := range []float64{20, 1, 1} {
		_, ok = mean.add(1000, 0, 0, v)
		require.False(t, ok, "judged at the end")
	}
	mean.t.Advance(2000*second, mean.end)
	require.Len(t, mean.ended, 1)
	require.InDelta(t, 22.0/3, mean.ended[0].Figure, 1e-9)
	require.Equal(t, "a", mean.ended[0].Who.Name)
}

func TestUpperBoundsAreJudgedAtTheEnd(t *testing.T) {
	c := correlation(sigma.EventCount, time.Minute, 1, gte(2), sigma.Bound{Cmp: sigma.LTE, Number: 3})
	for n, want := range map[int]int{1: 0, 2: 1, 3: 1, 4: 0} {
		p := play(c)
		for i := range n {
			_, ok := p.add(1000+int64(i), 0, 0, 0)
			require.False(t, ok)
		}
		p.t.Advance(1059*second, p.end)
		require.Empty(t, p.ended)
		p.t.Advance(1060*second+lateness, p.end)
		require.Len(t, p.ended, want, "%d events", n)
		require.Zero(t, p.t.Len())
	}
	p := play(correlation(sigma.EventCount, time.Minute, 1, sigma.Bound{Cmp: sigma.EQ, Number: 2, Not: true}))
	p.add(1000, 0, 0, 0)
	p.add(1070, 0, 0, 0) // the next window
	p.add(1071, 0, 0, 0)
	require.Len(t, p.ended, 1)
	p.t.Flush(p.end)
	require.Len(t, p.ended, 1, "two events in the second window")

	many := play(correlation(sigma.ValueCount, time.Minute, 1, sigma.Bound{Cmp: sigma.LT, Number: 500}))
	for i := range 450 {
		many.add(1000, 0, sketch.Mix(uint64(i)), 0)
	}
	many.t.Flush(many.end)
	require.Len(t, many.ended, 1)
	require.InDelta(t, 450, many.ended[0].Figure, 60)
}

func TestTemporal(t *testing.T) {
	p := play(correlation(sigma.Temporal, time.Minute, 3))
	for _, x := range []struct {
		at   int64
		rule int
		want bool
	}{{1000, 0, false}, {1010, 2, false}, {1061, 1, false}, {1065, 0, true}, {1066, 0, true}, {1200, 0, false}} {
		_, ok := p.add(x.at, x.rule, 0, 0)
		require.Equal(t, x.want, ok, "%+v", x)
	}
	either := play(correlation(sigma.Temporal, time.Minute, 3, gte(2)))
	either.add(1000, 0, 0, 0)
	_, ok := either.add(1001, 0, 0, 0)
	require.False(t, ok)
	_, ok = either.add(1002, 2, 0, 0)
	require.True(t, ok)
}

func TestTemporalConditions(t *testing.T) {
	leaf := func(i int) *sigma.Expr { return &sigma.Expr{Item: &sigma.Item{Line: i}} }
	c := correlation(sigma.Temporal, time.Minute, 3)
	c.Expr = &sigma.Expr{Op: sigma.And, Kids: []*sigma.Expr{leaf(0), {Op: sigma.Or, Kids: []*sigma.Expr{leaf(1), leaf(2)}}}}
	p := play(c)
	p.add(1000, 1, 0, 0)
	_, ok := p.add(1001, 2, 0, 0)
	require.False(t, ok)
	_, ok = p.add(1002, 0, 0, 0)
	require.True(t, ok)

	c = correlation(sigma.Temporal, time.Minute, 2)
	c.Expr = &sigma.Expr{Op: sigma.And, Kids: []*sigma.Expr{leaf(0), {Op: sigma.Not, Kids: []*sigma.Expr{leaf(1)}}}}
	require.True(t, Judged(c))
	for _, second := range []bool{true, false} {
		p := play(c)
		p.add(1000, 0, 0, 0)
		if second {
			p.add(1010, 1, 0, 0)
		}
		p.t.Flush(p.end)
		require.Len(t, p.ended, map[bool]int{true: 0, false: 1}[second])
	}
}

func TestTemporalOrdered(t *testing.T) {
	type x struct {
		at   int64
		rule int
	}
	for name, c := range map[string]struct {
		events []x
		want   int // which of them makes it hold, -1 for none
	}{
		"in order":              {[]x{{1000, 0}, {1010, 1}, {1020, 2}}, 2},
		"the wrong order":       {[]x{{1000, 2}, {1010, 1}, {1020, 0}}, -1},
		"one between":           {[]x{{1000, 0}, {1005, 2}, {1010, 1}, {1020, 2}}, 3},
		"too slow":              {[]x{{1000, 0}, {1030, 1}, {1061, 2}}, -1},
		"a later start":         {[]x{{1000, 0}, {1020, 0}, {1030, 1}, {1075, 2}}, 3},
		"of one second":         {[]x{{1000, 0}, {1000, 1}, {1000, 2}}, 2},
		"of one second, turned": {[]x{{1000, 2}, {1000, 1}, {1000, 0}}, -1},
		"arriving late":         {[]x{{1010, 1}, {1020, 2}, {1000, 0}}, 2},
		"long ago":              {[]x{{1000, 0}, {1010, 1}, {2000, 2}}, -1},
	} {
		p := play(correlation(sigma.TemporalOrdered, time.Minute, 3))
		got := -1
		for i, e := range c.events {
			if _, ok := p.add(e.at, e.rule, 0, 0); ok && got < 0 {
				got = i
			}
		}
		require.Equal(t, c.want, got, name)
	}
	p := play(correlation(sigma.TemporalOrdered, time.Minute, 2))
	p.add(1000, 0, 0, 0)
	_, ok := p.add(1001, 1, 0, 0)
	require.True(t, ok)
	_, ok = p.add(1500, 0, 0, 0)
	require.False(t, ok, "what held once does not hold for ever")
}

func TestEdges(t *testing.T) {
	p := play(correlation(sigma.EventCount, time.Minute, 1, gte(2)))
	p.add(1000, 0, 0, 0)
	hit, ok := p.add(1001, 0, 0, 0)
	require.True(t, ok && hit.Edge)
	hit, ok = p.add(1002, 0, 0, 0)
	require.True(t, ok)
	require.False(t, hit.Edge)
	p.add(2000, 0, 0, 0)
	hit, ok = p.add(2001, 0, 0, 0)
	require.True(t, ok && hit.Edge)
}

// TestAFloodOfGroupsPushesNoBusyOneOut lets many groups come once while one
// counts up slowly.
func TestAFloodOfGroupsPushesNoBusyOneOut(t *testing.T) {
	table := New(correlation(sigma.EventCount, time.Hour, 1, gte(20)), 1<<20)
	none := func(Hit) {}
	held := false
	for i := range 400_000 {
		at := (100_000 + int64(i)/1000) * second
		table.Add(uint64(i)+1000, &Observation{At: at, Seq: uint64(i)}, none)
		if i%25_000 == 0 {
			for n := range 2 {
				_, ok := table.Add(7, &Observation{At: at + int64(n), Seq: uint64(i)}, none)
				held = held || ok
			}
		}
		if table.Size() > 1<<20 {
			require.Failf(t, "too large", "%d bytes", table.Size())
		}
	}
	require.True(t, held)
	require.Positive(t, table.Evicted)
	require.Len(t, table.groups, table.Len())
	size := int64(0)
	for _, g := range table.list {
		size += g.bytes()
	}
	require.Equal(t, size, table.Size(), "the account is right")
}

func TestWindowsThatAreJudgedWholeAreBoundedToo(t *testing.T) {
	table := New(correlation(sigma.EventCount, time.Hour, 1, sigma.Bound{Cmp: sigma.EQ, Number: 1}), 1<<20)
	for i := range 100_000 {
		table.Add(uint64(i), &Observation{At: 1e15 + int64(i), Who: schemas.Entity{Name: "somebody"}}, func(Hit) {})
	}
	require.LessOrEqual(t, table.Size(), int64(1<<20))
	require.LessOrEqual(t, len(table.ends), 3*table.Len()+2000)
	n := 0
	table.Flush(func(Hit) { n++ })
	require.Positive(t, n)
	require.Zero(t, table.Len())
}

// TestStateGoesOn takes every kind of table through a snapshot in the middle.
func TestStateGoesOn(t *testing.T) {
	lt := sigma.Bound{Cmp: sigma.LT, Number: 700}
	for _, c := range []*sigma.Correlation{
		correlation(sigma.EventCount, time.Minute, 1, gte(20)), correlation(sigma.EventCount, time.Minute, 1, gte(500)),
		correlation(sigma.ValueCount, time.Minute, 1, gte(20)), correlation(sigma.ValueCount, time.Minute, 1, gte(500)),
		correlation(sigma.ValueSum, time.Minute, 1, gte(100)), correlation(sigma.Temporal, time.Minute, 3),
		correlation(sigma.TemporalOrdered, time.Minute, 3), correlation(sigma.EventCount, time.Minute, 1, lt), correlation(sigma.ValueAvg, time.Minute, 1, gte(4)),
	} {
		run := func(cut int) (out []Hit) {
			r := rand.New(rand.NewPCG(9, 9))
			table := New(c, 1<<20)
			emit := func(h Hit) { out = append(out, h) }
			at := int64(100_000)
			for i := range 3000 {
				if i == cut {
					var b bytes.Buffer
					require.NoError(t, gob.NewEncoder(&b).Encode(table.State()))
					var s State
					require.NoError(t, gob.NewDecoder(&b).Decode(&s))
					table = New(c, 1<<20)
					table.Restore(s)
				}
				if r.IntN(30) == 0 {
					at++
				}
				o := Observation{At: at * second, Seq: uint64(i), Rule: r.IntN(len(c.Rules)), Value: sketch.Mix(uint64(r.IntN(100_000))), Number: float64(r.IntN(10))}
				if h, ok := table.Add(uint64(r.IntN(3)), &o, emit); ok {
					out = append(out, h)
				}
			}
			table.Flush(emit)
			return out
		}
		want := run(-1)
		require.NotEmpty(t, want, c.Type)
		require.Equal(t, want, run(1500), c.Type)
	}
}

func TestStateOfAnotherKindIsLeftOut(t *testing.T) {
	from := play(correlation(sigma.EventCount, time.Minute, 1, gte(20)))
	from.add(1000, 0, 0, 0)
	to := New(correlation(sigma.TemporalOrdered, time.Minute, 3), 1<<20)
	to.Restore(from.t.State())
	require.Zero(t, to.Len())
	to.Restore(State{Groups: []*group{nil}})
	require.Zero(t, to.Len())
}

func TestWhatIsFarTooLateIsNotCounted(t *testing.T) {
	p := play(correlation(sigma.EventCount, time.Minute, 1, gte(2)))
	p.add(10_000, 0, 0, 0)
	_, ok := p.add(100, 0, 0, 0)
	require.False(t, ok)
	_, ok = p.add(10_001, 0, 0, 0)
	require.True(t, ok)
}

func BenchmarkAdd(b *testing.B) {
	table := New(correlation(sigma.EventCount, time.Minute, 1, gte(10)), 64<<20)
	o := Observation{}
	none := func(Hit) {}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		o.At, o.Seq = 1e18+int64(i)*1000, uint64(i)
		table.Add(sketch.Mix(uint64(i%10_000)), &o, none)
	}
}
