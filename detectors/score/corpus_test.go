package score

import (
	"math"
	"math/rand/v2"
	"time"
)

// labelled is a series with the windows in which its anomalies lie.
type labelled struct {
	name    string
	at      []int64
	values  []float64
	windows [][2]int
}

// maker makes a series of a kind. Its windows begin at the anomalies' first
// values; labelled ones are wider, as people label: see widen.
type maker struct {
	name string
	// held tells that no constant was chosen by it.
	held bool
	step time.Duration
	n    int
	make func(r *rand.Rand, s *draft)
}

// draft is a series in the making.
type draft struct {
	v       []float64
	at      []int64
	step    time.Duration
	planted [][2]int
}

// hour returns the hour of the day of a value, day the number of its day.
func (d *draft) hour(i int) float64 { return math.Mod(float64(d.at[i])/float64(time.Hour), 24) }
func (d *draft) day(i int) int      { return int((d.at[i] - d.at[0]) / int64(24*time.Hour)) }

func (d *draft) plant(from, until int) { d.planted = append(d.planted, [2]int{from, until}) }

// fill makes every value.
func (d *draft) fill(f func(i int) float64) {
	for i := range d.v {
		d.v[i] = f(i)
	}
}

// later returns a place in the part of the series from share to share.
func (d *draft) later(r *rand.Rand, from, until float64) int {
	n := float64(len(d.v))
	return int(n*from) + r.IntN(int(n*(until-from)))
}

// gauss is one draw of a normal distribution with a mean and a deviation.
func gauss(r *rand.Rand, mean, dev float64) float64 { return mean + dev*r.NormFloat64() }

// build makes the series of a seed and labels it as the Numenta Anomaly
// Benchmark does: all windows together are a tenth of the series, each around
// its anomaly.
func (m *maker) build(seed uint64) labelled {
	h := uint64(14695981039346656037)
	for _, c := range m.name {
		h = (h ^ uint64(c)) * 1099511628211
	}
	r := rand.New(rand.NewPCG(seed, h))
	d := &draft{v: make([]float64, m.n), at: make([]int64, m.n), step: m.step}
	start := time.Date(2026, 2, 2+r.IntN(7), 0, 0, 0, 0, time.UTC).UnixNano()
	for i := range d.at {
		d.at[i] = start + int64(i)*int64(m.step)
	}
	m.make(r, d)
	out := labelled{name: m.name, at: d.at, values: d.v}
	if len(d.planted) == 0 {
		return out
	}
	width := len(d.v) / 10 / len(d.planted)
	for _, p := range d.planted {
		middle := (p[0] + p[1]) / 2
		from := max(min(middle-width/2, p[0]), len(d.v)*15/100)
		until := min(from+max(width, p[1]-from), len(d.v))
		out.windows = append(out.windows, [2]int{from, until})
	}
	return out
}
