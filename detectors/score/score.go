package score

import "math"

// Threshold is the score from which a value is an anomaly, of any series.
const Threshold = 0.5

// The constants of the model. Lengths are in values, deviations in standard
// deviations of the logarithm.
const (
	// warmUp is how many values are learned before one is scored.
	warmUp = 12
	// memory is the length of the exponential average of level and spread.
	memory = 32
	// clip bounds what one value can teach: a value further out counts as this
	// far out (Huber: Robust estimation of a location parameter, 1964).
	clip = 3
	// shiftAfter is how many values in a row have to lie outside, on one side,
	// before their mean becomes the level.
	shiftAfter = 20
	// floorShare is the least relative deviation of a series of counts; other
	// series have floorMeasure.
	floorShare, floorMeasure = 0.05, 0.002
	// half is the deviation that scores Threshold.
	half = 5.25
	// topShare is the share of values that are above the ceiling.
	topShare = 0.01
	// weeks is how old a series is, in seconds, before hours of the week count.
	weeks = 14 * 86400
	// rampFactor is how far the level of a day may be above the anchor, anchorPace
	// by how much the logarithm of the anchor moves in a day at most (a tenth),
	// and anchorFree how long it moves freely at first, in seconds.
	rampFactor, anchorPace, anchorFree = 4, 0.1, 4 * 86400
	// jobAfter is how many values in a row above make what happens in an hour a
	// job that may come again the next day.
	jobAfter = 3
)

// Stream is the baseline of one series: its level and its spread upwards and
// downwards, its 99th percentile, and for each hour of the day the highest and
// the lowest value of the days before; for each hour of the week the highest.
// It takes 268 bytes.
//
// Values are compared by their logarithm, so that a factor is the same at
// every level. What a Poisson count of that level scatters by itself
// (sqrt(level)) is never surprising; a value that is no whole number tells
// that the series is no count, and ends that allowance.
type Stream struct {
	level, up, down float32
	// ceiling is the 99th percentile.
	ceiling float32
	// run is the mean of the last ran values, all on one side: outside.
	run float32
	// last is the time of the last value, step the usual distance, in seconds.
	last, step uint32
	seen, ran  int16
	// hour is the hour that high and low belong to, since the epoch modulo
	// 2^16; bounds are those of the hours of the day.
	hour      uint16
	high, low uint8
	measure   bool
	bounds    [24]bound
	// week has the highest values of the hours of the week, coded like bounds,
	// and began the time of the first value in seconds.
	week  [168]uint8
	began uint32
	// daily is the average of about a day, anchor what follows it slowly: a
	// ramp that no step of it betrays leaves the anchor behind.
	daily, anchor float32
}

// bound has the highest and the lowest value of an hour of the day, coded; 0
// is unknown.
type bound struct{ high, low uint8 }

// Verdict is what a Stream thinks of a value, judged by the values before it.
type Verdict struct {
	// Score is from 0 (usual) to 1; from Threshold on it is an anomaly. Of a
	// Stream 0.5 is 5.25 standard deviations, 0.8 is 8.
	Score float64
	// Deviations is the distance from Expected in standard deviations: above 0
	// if the value is higher.
	Deviations float64
	// Expected is the value that was expected, Low and High bound what is
	// usual; in the unit of the values. They are 0 while Values is 0.
	Expected, Low, High float64
	// Values is how many values the baseline rests on, at most 32,767.
	Values int
	// Daily tells that an earlier day has shown this hour, Weekly that at least
	// two earlier weeks have.
	Daily, Weekly bool
	// Ramp is how many times the long-term level the average of a day is, if it
	// crept there too fast to be believed; else 0. Once told, it is the level.
	Ramp float64
	// Run is how many values in a row, this one included, were outside;
	// negative if they were too low.
	Run int
	// Shift is 1 or -1 if this value made a lasting change up or down the new
	// level, else 0.
	Shift int
}

// Score returns Add(at, v).Score.
func (s *Stream) Score(at int64, v float64) float64 { return s.Add(at, v).Score }

// Add judges the value v at the time at (Unix nanoseconds) and then learns
// from it. Times that go back are taken as the last time; v below 0 and NaN
// count as 0. A gap is no value: who means 0 says 0.
func (s *Stream) Add(at int64, v float64) Verdict {
	if !(v > 0) {
		v = 0
	}
	if v != math.Trunc(v) {
		s.measure = true
	}
	v = min(v, 1e12)
	seconds := uint32(min(max(at/1e9, int64(s.last)), math.MaxUint32))
	s.rest(seconds)
	y := math.Log1p(v)
	gap := seconds - s.last
	out := s.judge(y)
	s.learn(y, &out)
	s.creep(y, gap, &out)
	s.last = seconds
	return out
}

// Judge returns what Add would return, without Run, Shift and Ramp, and learns
// nothing.
func (s *Stream) Judge(at int64, v float64) Verdict {
	t := *s
	if !(v > 0) {
		v = 0
	}
	t.rest(uint32(min(max(at/1e9, int64(s.last)), math.MaxUint32)))
	return t.judge(math.Log1p(min(v, 1e12)))
}

// Level returns the natural logarithm of one more than the expected value, and
// how many values it rests on; it costs nothing.
func (s *Stream) Level() (level float64, values int) { return float64(s.level), int(s.seen) }

// rest moves the time on: it closes the hour, and after a gap it ends the run.
func (s *Stream) rest(now uint32) {
	hour := uint16(now / 3600)
	if s.seen == 0 {
		s.hour, s.last, s.began = hour, now, now
		return
	}
	if gap := now - s.last; gap > 0 {
		if s.step > 0 && gap > 3*s.step {
			s.ran = 0
		}
		if s.step == 0 || gap < s.step {
			s.step = gap
		} else {
			s.step += min(gap-s.step, s.step) / 8
		}
	}
	if hour != s.hour {
		s.bounds[s.hour%24].fold(s.high, s.low)
		if i := &s.week[s.hour%168]; s.high > 0 {
			*i = max(s.high, max(*i, 2)-2)
		}
		s.hour, s.high, s.low = hour, 0, 0
	}
}

// judge holds y, the logarithm of a value, against the baseline.
func (s *Stream) judge(y float64) Verdict {
	if s.seen == 0 {
		return Verdict{}
	}
	level := float64(s.level)
	up, down := s.sigma(s.up), s.sigma(s.down)
	ceiling, floor := max(level, float64(s.ceiling)), level
	// An hour of the day that is not known yet tells nothing; the next hour
	// counts too, because jobs do not start on the second.
	today, next := s.bounds[s.hour%24], s.bounds[(s.hour+1)%24]
	known, soon := s.week[s.hour%168], s.week[(s.hour+1)%168]
	weekly := known > 0 && s.last-s.began >= weeks
	if weekly {
		ceiling = max(ceiling, decode(max(known, soon)))
	} else if today.high > 0 {
		ceiling = max(ceiling, decode(max(today.high, next.high)))
	}
	if today.high > 0 {
		floor = min(floor, decode(today.low))
		if next.low > 0 {
			floor = min(floor, decode(next.low))
		}
	}
	v := Verdict{
		Expected: math.Expm1(level),
		High:     math.Expm1(max(level+2*up, ceiling)),
		Low:      max(0, math.Expm1(min(level-2*down, floor))),
		Values:   int(s.seen),
		Daily:    today.high > 0,
		Weekly:   weekly,
	}
	if y >= level {
		v.Deviations = within((y-level)/up, (y-ceiling)/s.sigma(0))
	} else {
		v.Deviations = -within((level-y)/down, (floor-y)/s.sigma(0))
	}
	if s.seen >= warmUp {
		z := v.Deviations / half
		v.Score = 1 - math.Exp2(-z*z)
	}
	return v
}

// within lowers a deviation to what it is from the furthest known value.
func within(z, beyond float64) float64 { return min(z, max(beyond, 0)+2) }

// sigma turns a mean deviation to one side into a standard deviation, as that
// of a normal distribution is; it is not less than a count scatters by itself,
// and wider while little is known.
func (s *Stream) sigma(mean float32) float64 {
	least := floorMeasure
	if !s.measure {
		// The variance of ln(1+n) for a Poisson count n with the mean m is about
		// m/(1+m)^2.
		e := math.Exp(-float64(s.level))
		least = math.Sqrt(floorShare*floorShare + max(e*(1-e), e*e/10))
	}
	return max(math.Sqrt(2*math.Pi)*float64(mean), least) * (1 + 4/float64(s.seen))
}

// learn moves the baseline towards y.
func (s *Stream) learn(y float64, out *Verdict) {
	s.low = lower(s.low, encode(y, 0))
	if s.seen == 0 {
		s.seen, s.level, s.ceiling, s.high = 1, float32(y), float32(y), encode(y, 1)
		return
	}
	level, z := float64(s.level), out.Deviations
	if s.seen >= warmUp {
		s.track(y, z, out)
	}
	if z <= clip || s.ran >= jobAfter || out.Shift > 0 {
		s.high = max(s.high, encode(y, 1))
	}
	s.climb(y)
	if s.seen >= warmUp {
		y = min(max(y, level-clip*s.sigma(s.down)), level+clip*s.sigma(s.up))
	}
	weight := max(1.0/memory, 1/float64(s.seen+1))
	if s.seen < math.MaxInt16 {
		s.seen++
	}
	// A run is either over soon or the new level: until then nothing moves.
	if s.ran > jobAfter || s.ran < -jobAfter || out.Shift != 0 {
		return
	}
	diff := y - level
	s.level = float32(level + weight*diff)
	s.up += float32(weight * (max(diff, 0) - float64(s.up)))
	s.down += float32(weight * (max(-diff, 0) - float64(s.down)))
}

// track keeps runs of values outside.
func (s *Stream) track(y, z float64, out *Verdict) {
	side := int16(0)
	switch {
	case z > clip:
		side = 1
	case z < -clip:
		side = -1
	}
	if side == 0 || side*s.ran < 0 {
		s.ran = 0
	}
	if side == 0 {
		return
	}
	s.ran += side
	length := s.ran * side
	s.run += (float32(y) - s.run) / float32(length)
	out.Run = int(s.ran)
	if length >= shiftAfter {
		out.Shift = int(side)
		s.level, s.ran, s.run = s.run, 0, 0
	}
}

// climb moves the ceiling as a quantile is estimated by stochastic
// approximation (Robbins, Monro 1951): a value above raises it by up to one
// step, each other lowers it by a hundredth of one. Of a run only the first
// value counts, so that one long excursion is not taken for many.
func (s *Stream) climb(y float64) {
	step := min(1, clip*s.sigma(s.up))
	above := y - float64(s.ceiling)
	switch {
	case above <= 0:
		s.ceiling = max(s.ceiling-float32(topShare*step), 0)
	case s.ran <= 1:
		s.ceiling += float32(min(above, step))
	}
}

// creep moves the average of a day, and the anchor after it. An attacker who
// grows slowly enough to be learned at every step is seen by what he came to.
func (s *Stream) creep(y float64, gap uint32, out *Verdict) {
	if s.seen <= 1 {
		s.daily, s.anchor = float32(y), float32(y)
		return
	}
	days := float64(min(gap, 3*s.step)) / 86400
	age := s.last - s.began
	weight := min(1, max(days, days*86400/float64(age+1)))
	s.daily += float32(weight * (y - float64(s.daily)))
	if age < anchorFree {
		s.anchor = max(s.anchor, s.daily)
		if age < anchorFree/4 {
			s.anchor = s.daily
		}
		return
	}
	limit := float32(anchorPace * days)
	s.anchor += min(max(s.daily-s.anchor, -limit), limit)
	rise := float64(s.daily - s.anchor)
	switch {
	case out.Shift > 0:
		// A step that was told is no ramp.
		s.anchor = max(s.anchor, s.level)
	case rise >= math.Log(rampFactor) && s.daily < s.level+math.Ln2:
		out.Ramp = math.Exp(rise)
		out.Score = max(out.Score, Threshold)
		s.anchor = s.daily
	}
}

// encode codes a logarithm in steps of a tenth, rounding up or down.
func encode(y float64, up float64) uint8 {
	return uint8(min(math.Floor(y*10+up*0.999)+1, 255))
}

func decode(code uint8) float64 { return float64(code-1) / 10 }

// lower returns the lower of two codes of which a may be unknown.
func lower(a, b uint8) uint8 {
	if a == 0 {
		return b
	}
	return min(a, b)
}

// fold takes in the bounds of the same hour of another day. What was higher is
// forgotten by a tenth a day, so that last week still counts by half; what was
// lower by a third, so that an outage is not expected for long.
func (b *bound) fold(high, low uint8) {
	if high == 0 {
		return
	}
	if b.high == 0 {
		b.high, b.low = high, low
		return
	}
	b.high = max(high, b.high-1)
	b.low = min(low, b.low+3)
}
