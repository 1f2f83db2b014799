package score

import "math"

// The constants of a Series. Lengths are in values; all were chosen on the
// series of the tests that are not held out.
const (
	// ready is how many values are learned before one is scored.
	ready = 64
	// fast and slow are the lengths of the averages.
	fast, slow = 6, 384
	// recent is the length of the window whose mean and changes are watched.
	recent = 16
	// adopt is how many values in a row on one side of the slow average draw it
	// after the fast one, sixteen times as fast as before.
	adopt, hurry = 96, 16
	// largest bounds the size of a value, so that squares of what two differ by
	// stay finite in 32 bits.
	largest = 1e18
	// stepClip and levelClip bound what one value can teach, in mean deviations
	// (Huber 1964).
	stepClip, levelClip = 5, 4
)

// The statistics of a Series. Those with a direction come in pairs, because a
// series may rise often and fall never.
const (
	stepUp = iota // against the fast average
	stepDown
	levelUp // against the slow average
	levelDown
	seasonUp // against the same time of other days or weeks
	seasonDown
	turnUp // the same, once a level that moved as a whole is taken out
	turnDown
	meanUp // the mean of the recent values against the slow average
	meanDown
	noisier // the changes of the recent values against the usual ones
	calmer
	brieflyUp // what the season leaves, averaged over a few values
	brieflyDown
	lastingUp // the same over many
	lastingDown
	unlike // how far the recent values are from the season, either way
	shape  // the pattern of the recent values against all patterns that are kept
	statistics
)

// Series is a rich baseline for any series of numbers, negative and fractional
// ones too. It looks at a value in eighteen ways, learns how rare each of these
// statistics is in this very series, and scores the rarest: so nothing has to be
// set, and one threshold serves every series. The zero value is empty. It takes
// 14.6 KiB, most of it the values of the past.
type Series struct {
	// origin is the first value; everything else is about what the values differ
	// from it, so that a large level costs no digits.
	origin float64
	past   past
	day    profile
	week   profile

	// level is the fast average, base the slow one; stepSize and size are the
	// mean deviations from them; jitter is the mean size of a change.
	level, base, stepSize, size, jitter float64
	// seen counts the values, side how many in a row were above (or, negative,
	// below) base.
	seen uint32
	side int32
	// last is the time of the last value in seconds.
	last int64

	rest  rest
	tails [statistics]tail
	joint joint
}

// Score returns Add(at, v).Score.
func (s *Series) Score(at int64, v float64) float64 { return s.Add(at, v).Score }

// Add judges the value v at the time at (Unix nanoseconds) by the values before
// it and then learns from it. Times that go back are taken as the last time; a
// value that is no finite number is a gap: it scores 0 and teaches nothing.
func (s *Series) Add(at int64, v float64) Verdict {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Verdict{}
	}
	v = min(max(v, -largest), largest)
	s.last = max(at/1e9, s.last)
	s.day.move(s.last/(86400/dayBins), dayBins)
	s.week.move(s.last/(7*86400/weekBins), weekBins)
	if s.seen == 0 {
		s.origin = v
	}
	v -= s.origin
	var stats [statistics]float64
	out := s.measure(v, &stats)
	out.Score = s.judge(&stats)
	s.learn(v)
	out.Expected, out.Low, out.High = out.Expected+s.origin, out.Low+s.origin, out.High+s.origin
	return out
}

// measure fills in the statistics of v, in mean deviations, and says what was
// expected. What is not known yet is NaN.
func (s *Series) measure(v float64, stats *[statistics]float64) Verdict {
	for _, i := range []int{seasonUp, seasonDown, turnUp, turnDown, noisier, calmer, shape} {
		stats[i] = math.NaN()
	}
	both := func(up int, r float64) { stats[up], stats[up+1] = max(r, 0), max(-r, 0) }
	// A series that never moved has no deviation; rounding is none.
	least := 1e-9*math.Abs(s.base) + 1e-12*math.Abs(s.origin) + 1e-12
	size := max(s.size, least)
	out := Verdict{Expected: s.level, Values: int(min(s.seen, math.MaxInt16))}
	both(stepUp, (v-s.level)/max(s.stepSize, size/100))
	both(levelUp, (v-s.base)/max(size, s.stepSize/4))
	if p := s.season(); p != nil {
		low, high := p.bounds()
		both(seasonUp, outside(v, low, high)/max(p.size, size/20, least))
		out.Expected, out.Daily, out.Weekly = min(max(s.level, low), high), true, p == &s.week
	}
	if p := s.turning(); p != nil {
		both(turnUp, p.turn(v)/max(p.turnSize, size/50, least))
	}
	mean, change := s.past.recent(v)
	both(meanUp, (mean-s.base)/size)
	if s.past.n > recent {
		r := max(change, least) / max(s.jitter, least)
		stats[noisier], stats[calmer] = r, 1/max(r, 1e-3)
		stats[shape] = s.past.novelty(v, size)
	}
	few, many, far := s.rest.with(s.left(v), least)
	both(brieflyUp, few)
	both(lastingUp, many)
	stats[unlike] = far
	scale := max(s.stepSize, least)
	out.Low, out.High = out.Expected-4*scale, out.Expected+4*scale
	out.Deviations = (v - out.Expected) / (1.25 * scale)
	return out
}

// season returns the profile that has erred less, if one is known: the week's
// where there is enough history, else the day's.
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

// turning returns the profile whose changes have erred less, if one is known.
func (s *Series) turning() *profile {
	day, week := s.day.known() && s.day.turns >= tried, s.week.known() && s.week.turns >= tried
	switch {
	case week && (!day || s.week.turnSize < s.day.turnSize):
		return &s.week
	case day:
		return &s.day
	}
	return nil
}

// judge returns the score of the statistics and learns how rare they are.
func (s *Series) judge(stats *[statistics]float64) float64 {
	weight := s.joint.weight()
	limit := trust*math.Log10(float64(s.seen)+1) + trusted
	first, second := 0.0, 0.0
	for i := range stats {
		if stats[i] > 1 && s.seen >= ready/2 {
			p := min(s.tails[i].surprise(stats[i]), limit)
			if p > first {
				first, second = p, first
			} else {
				second = max(second, p)
			}
		}
		if s.seen >= recent && !math.IsNaN(stats[i]) {
			s.tails[i].add(stats[i], weight)
		}
	}
	if s.seen < ready/2 {
		return 0
	}
	score := s.joint.score(first, second)
	if s.seen < ready {
		return 0
	}
	return score
}

// learn moves the averages towards v.
func (s *Series) learn(v float64) {
	w := max(1.0/slow, 1/float64(s.seen+1))
	s.rest.add(s.left(v), w)
	step, diff := v-s.level, v-s.base
	if s.seen > 0 {
		change := min(math.Abs(v-s.past.at(1)), 5*s.jitter+(math.Abs(diff)+s.size)/4)
		s.jitter += w * (change - s.jitter)
	}
	if s.seen >= ready {
		step = bounded(step, stepClip*s.stepSize+s.size)
		diff = bounded(diff, levelClip*s.size+s.stepSize)
	}
	s.stepSize += w * (math.Abs(step) - s.stepSize)
	s.size += w * (math.Abs(diff) - s.size)
	s.base += w * diff
	s.level += max(1.0/fast, 1/float64(s.seen+1)) * (v - s.level)
	switch {
	case v > s.base:
		s.side = max(s.side, 0) + 1
	case v < s.base:
		s.side = min(s.side, 0) - 1
	default:
		s.side = 0
	}
	if s.side > adopt || s.side < -adopt {
		s.base += hurry * w * (s.level - s.base)
	}
	s.day.add(v)
	s.week.add(v)
	s.past.add(v)
	if s.seen < math.MaxUint32 {
		s.seen++
	}
}

// bounded bounds x to both sides.
func bounded(x, bound float64) float64 { return min(max(x, -bound), bound) }

// outside returns how far v is above high, or, negative, below low.
func outside(v, low, high float64) float64 { return max(v-high, 0) - max(low-v, 0) }
