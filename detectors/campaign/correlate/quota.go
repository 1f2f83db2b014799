package correlate

import (
	"math"
	"slices"

	"github.com/gatehound/gatehound/detectors/campaign/correlate/internal/crowd"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
)

// volume adds how much somebody calls a day, each time with on how many calls that
// rests.
type volume func(x *profile.Profile, add func(daily, calls float64))

// days adds every whole day since somebody began to call as often as it does, and
// if that are not two, the mean since then. What is equal by its mean alone is
// not equal: people's days differ.
func (p *population) days(x *profile.Profile, add func(daily, calls float64)) {
	o, began := crowd.OnsetOf(x, p.o.watch())
	if !began {
		o.At = max(x.First, p.o.Since)
	}
	today := crowd.Sub(p.o.End, 1)
	today -= today % minutesADay
	n := 0
	for pass := range 2 {
		for i, calls := range x.Days[1:] {
			if begin := crowd.Sub(today, uint32(i+1)*minutesADay); begin < o.At || begin+minutesADay > x.Last {
				continue
			}
			if n++; pass > 0 {
				add(max(float64(calls), 0.5), float64(calls))
			}
		}
		if n < 2 {
			break
		}
	}
	switch {
	case n >= 2:
	case o.Days > 0:
		add(o.Calls/o.Days, o.Calls)
	default:
		add(crowd.Daily(x, p.o.End), crowd.Positive(x.Calls))
	}
}

// yesterday adds the last whole day, for keys that did something else before. A day
// without a call is one too, if they called before it and after it.
func (p *population) yesterday(x *profile.Profile, add func(daily, calls float64)) {
	today := crowd.Sub(p.o.End, 1)
	today -= today % minutesADay
	if x.First+minutesADay <= today && x.Last >= today {
		add(max(float64(x.Days[1]), 0.5), float64(x.Days[1]))
	}
}

// leastCounted is on how many calls a volume rests at least that is freed of
// chance: with fewer, chance alone makes volumes differ by more than a fifth, and
// those that differ by as much as people's would be taken for equal.
const leastCounted = 24

// spread returns the robust standard deviation of the logarithms of volumes, less
// what chance makes of so many calls, and their median.
func (p *population) spread(of []uint32, v volume) (sigma, median float64) {
	logs, chance, known := make([]float64, 0, len(of)), 0.0, 0
	for _, m := range of {
		before := len(logs)
		v(p.Profile(m), func(daily, calls float64) {
			if daily > 0 {
				logs = append(logs, math.Log(daily))
				chance += 1 / max(calls, leastCounted)
			}
		})
		if len(logs) > before {
			known++
		}
	}
	if known < 4 || 2*known < len(of) {
		return 1.2, 0
	}
	slices.Sort(logs)
	at := func(q float64) float64 { return logs[int(q*float64(len(logs)-1)+0.5)] }
	// Between the outer tenths, which are 2.56 deviations apart: tails count.
	sigma = (at(0.9) - at(0.1)) / 2.56
	return math.Sqrt(max(sigma*sigma-chance/float64(len(logs)), 0)), math.Exp(at(0.5))
}

// quota tells equal volumes from the heavy tails of unrelated callers.
func (p *population) quota(g *grown) piece {
	var e, sigma, median, others float64
	for i, v := range []volume{p.days, p.yesterday} {
		s, m := p.spread(g.free[crowd.ByVolume], v)
		o, _ := p.spread(g.others, v)
		o = min(max(o, 0.9), 1.5) // junk must not make equal volumes usual
		if says := min(max(2.5*math.Log(o/max(s, 0.15))-1.6, -3), 3.5); i == 0 || says > e {
			e, sigma, median, others = says, s, m, o
		}
	}
	return piece{name: "quota", value: g.weight(crowd.ByVolume, e), conduct: true, observed: math.Exp(sigma), expected: math.Exp(others), unit: "times",
		text: quotaText(median, sigma, others, p.soFar(g))}
}

// seen returns for how many minutes the first of the members has been seen.
func (p *population) seen(g *grown) uint32 {
	first := p.o.End
	for _, m := range g.members {
		first = min(first, p.Profile(m).First)
	}
	return crowd.Sub(p.o.End, first)
}

// soFar returns the median of all calls of the members, if all are seen for less
// than a day, and else 0: what they will take in a day is not known yet.
func (p *population) soFar(g *grown) float64 {
	if p.seen(g) >= 24*60 {
		return 0
	}
	n, _ := p.median(g.members, func(x *profile.Profile) (float64, bool) { return crowd.Positive(x.Calls), x.Calls > 0 })
	return n
}
