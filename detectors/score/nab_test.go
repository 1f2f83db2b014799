package score

import (
	"flag"
	"fmt"
	"math"
	"testing"
)

// outcomes are those of a detector on some series.
type outcomes struct {
	score               float64
	windows, hit, wrong int
	values              int
}

func (o *outcomes) sum(p outcomes) {
	o.score += p.score
	o.windows += p.windows
	o.hit += p.hit
	o.wrong += p.wrong
	o.values += p.values
}

// figure is the score in percent: 0 is no alarm at all, 100 the best.
func (o *outcomes) figure() float64 {
	if o.windows == 0 {
		return math.NaN()
	}
	return 100 * (o.score + float64(o.windows)) / (2 * float64(o.windows))
}

func sigmoid(y float64) float64 { return 2/(1+math.Exp(5*y)) - 1 }

// nab scores the alarms of one series as the Numenta Anomaly Benchmark does in
// its standard profile (Lavin, Ahmad 2015): of each window the first alarm
// counts, the earlier the more, up to 1; a window without one costs 1; each
// alarm elsewhere up to 0.11, less shortly after a window. The first 15 % are
// not judged.
func nab(s *labelled, scores []float64, threshold float64) outcomes {
	const wrong = 0.11
	o := outcomes{windows: len(s.windows), values: len(scores)}
	done := make([]bool, len(s.windows))
	for i := min(len(scores)*15/100, 750); i < len(scores); i++ {
		if scores[i] < threshold {
			continue
		}
		in, last := -1, -1
		for k, w := range s.windows {
			if i >= w[0] && i < w[1] {
				in = k
			}
			if w[1] <= i {
				last = k
			}
		}
		switch {
		case in >= 0 && !done[in]:
			done[in] = true
			w := s.windows[in]
			o.score += sigmoid(float64(i-w[1])/float64(w[1]-w[0])) / sigmoid(-1)
			o.hit++
		case in >= 0:
		case last >= 0:
			w := s.windows[last]
			y := float64(i-w[1]) / float64(w[1]-w[0])
			if y > 3 {
				o.score -= wrong
			} else {
				o.score += wrong * sigmoid(y)
			}
			o.wrong++
		default:
			o.score -= wrong
			o.wrong++
		}
	}
	for _, d := range done {
		if !d {
			o.score--
		}
	}
	return o
}

// scorer is a fresh detector.
type scorer func() func(at int64, v float64) float64

// rate runs a detector over a series.
func (s *labelled) rate(f scorer) []float64 {
	score := f()
	out := make([]float64, len(s.values))
	for i, v := range s.values {
		out[i] = score(s.at[i], v)
	}
	return out
}

// windowed is the floor of the benchmark: deviations from the normal
// distribution of the last 1,000 values.
func windowed() func(int64, float64) float64 {
	const size = 1000
	var ring []float64
	var sum, square float64
	head := 0
	return func(_ int64, v float64) float64 {
		n := float64(len(ring))
		mean := sum / max(n, 1)
		z := math.Abs(v-mean) / max(math.Sqrt(max(square/max(n, 1)-mean*mean, 0)), 1e-6)
		sum, square = sum+v, square+v*v
		if len(ring) < size {
			ring = append(ring, v)
		} else {
			old := ring[head%size]
			sum, square = sum-old, square-old*old
			ring[head%size] = v
			head++
		}
		if n < 30 {
			return 0
		}
		return z
	}
}

// averaged is an EWMA z-score.
func averaged() func(int64, float64) float64 {
	var mean, variance float64
	n := 0
	return func(_ int64, v float64) float64 {
		n++
		z := math.Abs(v-mean) / max(math.Sqrt(variance), 1e-6)
		a := max(1.0/128, 1/float64(n))
		diff := v - mean
		mean += a * diff
		variance = (1 - a) * (variance + a*diff*diff)
		if n < 30 {
			return 0
		}
		return z
	}
}

// naive holds a value against the one a day before, by the usual difference.
func naive() func(int64, float64) float64 {
	days := map[int64]float64{}
	var variance float64
	n := 0
	return func(at int64, v float64) float64 {
		const grid = 300_000_000_000
		slot := at / grid % 288
		old, known := days[slot]
		days[slot] = v
		if !known {
			return 0
		}
		n++
		diff := v - old
		z := math.Abs(diff) / max(math.Sqrt(variance), 1e-6)
		variance += max(1.0/1000, 1/float64(n)) * (diff*diff - variance)
		if n < 30 {
			return 0
		}
		return z
	}
}

// neighbours is the idea of KNN-CAD alone: the distance of the last pattern from
// the most similar ones.
func neighbours() func(int64, float64) float64 {
	var p past
	var size, mean float64
	n := 0.0
	return func(_ int64, v float64) float64 {
		d := p.novelty(v, max(size, 1e-6))
		p.add(v)
		n++
		w := max(1.0/slow, 1/n)
		mean += w * (v - mean)
		size += w * (math.Abs(v-mean) - size)
		if math.IsNaN(d) {
			return 0
		}
		return d
	}
}

// spot is the idea of SPOT alone: the tail of the distance from an average.
func spot() func(int64, float64) float64 {
	var t tail
	var mean, size float64
	n := 0.0
	return func(_ int64, v float64) float64 {
		r := math.Abs(v-mean) / max(size, 1e-6)
		p := t.surprise(r)
		t.add(r, unit)
		n++
		w := max(1.0/slow, 1/n)
		size += w * (math.Abs(v-mean) - size)
		mean += w * (v - mean)
		if n < ready {
			return 0
		}
		return p
	}
}

type detector struct {
	name  string
	make  scorer
	fixed float64
}

var detectors = []detector{
	{"Series", func() func(int64, float64) float64 { return new(Series).Score }, Threshold},
	{"windowed Gaussian", windowed, 0},
	{"EWMA z-score", averaged, 0},
	{"seasonal naive", naive, 0},
	{"nearest patterns (KNN-CAD)", neighbours, 0},
	{"peaks over threshold (SPOT)", spot, 0},
}

// TestCorpus prints the table of the README and wants Series to be clearly
// better than the floors, on the kinds that its constants were chosen on and on
// those that they were not. The floors get the one threshold that is best for
// them over the very corpus; Series has the one that it always has.
func TestCorpus(t *testing.T) {
	var series []labelled
	for i := range makers {
		for seed := range uint64(*seeds) {
			series = append(series, makers[i].build(*firstSeed+seed))
		}
	}
	all := make([]map[string]outcomes, len(detectors))
	for k, d := range detectors {
		all[k] = over(t, series, d)
	}
	row := func(name string) {
		line := "| " + name + " "
		for k := range detectors {
			o := all[k][name]
			line += fmt.Sprintf("| %.0f (%d of %d, %d) ", o.figure(), o.hit, o.windows, o.wrong)
		}
		t.Log(line + "|")
	}
	for _, m := range makers {
		row(m.name)
	}
	for _, name := range []string{"chosen on", "held out", "all"} {
		row(name)
		ours := all[0][name]
		for k := 1; k < len(detectors); k++ {
			floor := all[k][name]
			if ours.figure() < floor.figure()+15 {
				t.Errorf("%s: %.1f, %s has %.1f: want 15 more", name, ours.figure(), detectors[k].name, floor.figure())
			}
		}
		if ours.hit*10 < ours.windows*8 {
			t.Errorf("%s: %d of %d windows were hit, want eight in ten", name, ours.hit, ours.windows)
		}
	}
	if o := all[0]["all"]; o.wrong*1000 > o.values {
		t.Errorf("%d false alarms in %d values, want one in 1,000", o.wrong, o.values)
	}
}

var (
	seeds     = flag.Int("corpus-seeds", 2, "how many series of each kind TestCorpus makes")
	firstSeed = flag.Uint64("corpus-first", 0, "the first of their seeds")
)

// over runs a detector over the series and adds up by kind.
func over(t *testing.T, series []labelled, d detector) map[string]outcomes {
	rated := make([][]float64, len(series))
	for i := range series {
		rated[i] = series[i].rate(d.make)
	}
	threshold, best := d.fixed, math.Inf(-1)
	for z := 1.5; d.fixed == 0 && z < 1000; z *= 1.1 {
		var o outcomes
		for i := range series {
			o.sum(nab(&series[i], rated[i], z))
		}
		if o.score > best {
			threshold, best = z, o.score
		}
	}
	t.Logf("%s: threshold %.2f", d.name, threshold)
	sums := map[string]outcomes{}
	for i := range series {
		m := makers[i / *seeds]
		o := nab(&series[i], rated[i], threshold)
		group := "chosen on"
		if m.held {
			group = "held out"
		}
		for _, name := range []string{m.name, group, "all"} {
			sum := sums[name]
			sum.sum(o)
			sums[name] = sum
		}
	}
	return sums
}
