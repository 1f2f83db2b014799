package score

import "math"

// The constants of a Series. Lengths are in values.
const (
	// ready is how many values are learned before one is scored.
	ready = 64
	// fast and slow are the lengths of the averages.
	fast, slow = 6, 384
	// recent is the length of the window whose mean and spread are watched.
	recent = 16
	// adopt is how many values in a row on one side make a new level.
	adopt = 96
	// rare is the surprise that scores Threshold: one value in 10^rare.
	rare = 3.3
	// holdFor is for how many values an anomaly covers what follows.
	holdFor = 128
	// trust and trusted bound what a statistic may claim: after n values no more
	// than trust*log10(n)+trusted decades.
	trust, trusted = 1.5, 2
	// joined is what the second most surprising statistic adds to the first.
	joined = 0.2
)

// The statistics of a Series; those with a direction have two tails.
const (
	stepUp = iota
	stepDown
	levelUp
	levelDown
	seasonUp
	seasonDown
	meanUp
	meanDown
	noisier
	calmer
	shape
	statistics
)

// Series is a rich baseline for any series of numbers, negative and fractional
// ones too: it looks at a value in six ways, learns how rare each statistic is
// in this very series, and scores the rarest, so that one threshold serves
// every series. It takes less than 16 KiB.
type Series struct {
	past past
	day  profile
	week profile

	// level is the fast average, base the slow one; stepSize and size are the
	// mean deviations from them; jitter is the mean size of a change.
	level, base, stepSize, size, jitter float64
	// seen counts the values, side how many in a row were on one side of base.
	seen uint32
	side int32
	// last is the time of the last value in seconds.
	last int64
	// hold is how many values the last anomaly still covers, loud how loud it
	// was.
	hold int32
	loud float64

	tails [statistics]tail
	all   tail
}

// Score returns Add(at, v).Score.
func (s *Series) Score(at int64, v float64) float64 { return s.Add(at, v).Score }

// Add judges the value v at the time at (Unix nanoseconds) and then learns
// from it. Times that go back are taken as the last time; a value that is no
// number is a gap and scores 0.
func (s *Series) Add(at int64, v float64) Verdict {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Verdict{}
	}
	v = min(max(v, -1e15), 1e15)
	s.last = max(at/1e9, s.last)
	s.day.bins, s.week.bins = dayBins, weekBins
	s.day.move(s.last / (86400 / dayBins))
	s.week.move(s.last / (7 * 86400 / weekBins))
	if s.seen == 0 {
		s.level, s.base = v, v
	}
	var stats [statistics]float64
	out := s.measure(v, &stats)
	s.judge(&stats, &out)
	s.learn(v)
	return out
}

// measure fills in the statistics of v and what was expected.
func (s *Series) measure(v float64, stats *[statistics]float64) Verdict {
	least := 1e-9*math.Abs(s.base) + 1e-12
	size := max(s.size, least)
	signed := func(up int, r float64) {
		if r > 0 {
			stats[up] = r
		} else {
			stats[up+1] = -r
		}
	}
	out := Verdict{Expected: s.level, Values: int(min(s.seen, math.MaxInt16))}
	// What is not known yet teaches nothing.
	for _, i := range []int{seasonUp, seasonDown, noisier, calmer, shape} {
		stats[i] = math.NaN()
	}
	signed(stepUp, (v-s.level)/max(s.stepSize, size/100))
	signed(levelUp, (v-s.base)/max(size, s.stepSize/4))
	p := s.season()
	if p != nil {
		low, high := p.bounds()
		scale := max(p.size, size/20, least)
		r := 0.0
		switch {
		case v > high:
			r = (v - high) / scale
		case v < low:
			r = (v - low) / scale
		}
		stats[seasonUp], stats[seasonDown] = max(r, 0), max(-r, 0)
		out.Expected, out.Daily = min(max(s.level, low), high), true
	}
	mean, change := s.past.recent(v)
	signed(meanUp, (mean-s.base)/size)
	if s.past.n > recent {
		r := max(change, least) / max(s.jitter, least)
		stats[noisier], stats[calmer] = r, 1/max(r, 1e-3)
		stats[shape] = s.past.novelty(v, size)
	}
	scale := max(s.stepSize, least)
	out.Low, out.High = out.Expected-4*scale, out.Expected+4*scale
	out.Deviations = (v - out.Expected) / (1.25 * scale)
	return out
}

// season returns the profile that has erred less, if one is known.
func (s *Series) season() *profile {
	day, week := s.day.known(), s.week.known()
	switch {
	case week && (!day || s.week.size < s.day.size):
		return &s.week
	case day:
		return &s.day
	}
	return nil
}

// judge turns the statistics into the score.
func (s *Series) judge(stats *[statistics]float64, out *Verdict) {
	weight := uint16(unit)
	if s.hold > 0 {
		weight = doubtful
	}
	most, second := 0.0, 0.0
	limit := trust*math.Log10(float64(s.seen)+1) + trusted
	for i := range stats {
		if stats[i] > 1 && s.seen >= ready/2 {
			p := min(s.tails[i].surprise(stats[i]), limit)
			if p > most {
				most, second = p, most
			} else {
				second = max(second, p)
			}
		}
		if s.seen >= recent && !math.IsNaN(stats[i]) {
			s.tails[i].add(stats[i], weight)
		}
	}
	if s.seen < ready/2 {
		return
	}
	// The joint surprise has a tail of its own, as there are many statistics
	// and they hang together. It is exponential in decades.
	joint := min(most+joined*second, 40)
	r := math.Exp2(joint / 2)
	p := s.all.surprise(r)
	s.all.add(r, weight)
	if s.seen < ready {
		return
	}
	covered := 0.0
	if s.hold > 0 {
		s.hold--
		covered = s.loud * float64(s.hold) / holdFor
	}
	if p > rare && p <= covered+rare {
		p = min(p, rare*0.98)
	} else if p > rare {
		s.hold, s.loud = holdFor, p
	}
	z := p / rare
	out.Score = 1 - math.Exp2(-z*z)
}

// learn moves the averages.
func (s *Series) learn(v float64) {
	n := float64(s.seen + 1)
	if s.seen > 0 {
		s.jitter += max(1.0/slow, 1/n) * (min(math.Abs(v-s.past.last()), 5*s.jitter+math.Abs(s.jitterFloor(v))) - s.jitter)
	}
	w := max(1.0/slow, 1/n)
	diff, step := v-s.base, v-s.level
	if s.seen >= ready {
		step = min(max(step, -5*s.stepSize-s.size), 5*s.stepSize+s.size)
		diff = min(max(diff, -4*s.size-s.stepSize), 4*s.size+s.stepSize)
	}
	s.stepSize += w * (math.Abs(step) - s.stepSize)
	s.size += w * (math.Abs(diff) - s.size)
	s.base += w * diff
	s.level += max(1.0/fast, 1/n) * (v - s.level)
	switch {
	case v > s.base && s.side >= 0:
		s.side++
	case v < s.base && s.side <= 0:
		s.side--
	default:
		s.side = 0
	}
	if s.side > adopt || s.side < -adopt {
		s.base += 4 * w * (s.level - s.base) * 4
	}
	s.day.add(v)
	s.week.add(v)
	s.past.add(v)
	s.seen++
}

// jitterFloor lets a jitter of nothing begin to grow.
func (s *Series) jitterFloor(v float64) float64 { return (math.Abs(v-s.base) + s.size) / 4 }
