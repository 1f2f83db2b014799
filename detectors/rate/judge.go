package rate

import (
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/score"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// minHistory is how many minutes make a baseline.
const minHistory = 30

// spikeDeviations is how many standard deviations a spike is out at least.
const spikeDeviations = 6

// judgement is what a closed window of an entity looks like.
type judgement struct {
	score.Verdict
	// hit tells which rules the window meets, able which it could have met.
	hit, able [rules]bool
}

// judge holds a window, of which the baseline says v, against the entity's past
// and, with a cohort whose window is concluded, against its peers. It changes
// nothing.
func (d *watch) judge(x *detectors.Context, s *State, w *counts, c *Cohort, v score.Verdict) judgement {
	j := judgement{Verdict: v}
	j.able[spike] = j.Values >= minHistory && w.requests > 0
	j.hit[spike] = d.spikes(&j.Verdict, w, c, s.scheduled > 0 || round(x.WindowStart))
	l := &d.limits
	if j.Values >= minHistory {
		j.able[throttled], j.hit[throttled] = d.surges(w, w.throttled, s.throttled, l.ThrottledFloor, l.ThrottledShare)
		j.able[failing], j.hit[failing] = d.surges(w, w.failed, s.failed, l.ErrorsFloor, l.ErrorsShare)
	}
	return j
}

// spikes tells whether a window is a spike, against the entity's own past if
// it has one and otherwise against its peers.
func (d *watch) spikes(v *score.Verdict, w *counts, c *Cohort, scheduled bool) bool {
	n := float64(w.requests)
	if v.Values < minHistory {
		if d.kind == schemas.EntityRoute || !c.ready() || d.elsewhere(w) || w.pace() < d.config.ColdFactor*c.p999 {
			return false
		}
		return n >= 2*d.limits.Floor && w.pace() >= d.cold(w) || d.swamps(n, c)
	}
	if n < d.floor(v) || d.elsewhere(w) {
		return false
	}
	if v.Deviations < spikeDeviations {
		return false
	}
	return n >= d.threshold(v, c, scheduled) || !scheduled && d.swamps(n, c) && n >= d.limits.SteadyFactor*v.High
}

// swamp is how many times what all together usually make in a minute one caller
// makes who swamps them.
const swamp = 3

// swamps tells that one caller makes far more than all others together do. The
// bounds of busy gateways say nothing of a small one: there a flood is what the
// gateway is not used to.
func (d *watch) swamps(n float64, c *Cohort) bool {
	return d.kind != schemas.EntityRoute && c.ready() && n >= max(d.limits.Floor, swamp*c.usual)
}

// cold is the least pace of somebody new: who does not even say who he is has
// announced no load test.
func (d *watch) cold(w *counts) float64 {
	if l := d.limits.NamelessFloor; l > 0 && w.named < w.requests/10 {
		return min(l, d.limits.ColdFloor)
	}
	return d.limits.ColdFloor
}

// steady tells that the past is that of a caller who hardly varies: hours of
// it, never much above the level.
func (d *watch) steady(v *score.Verdict) bool {
	return d.limits.SteadyFloor > 0 && v.Values >= steadyHistory && v.Expected >= small/2 && v.High <= 3*v.Expected
}

// steadyHistory is how many minutes show that a caller is steady.
const steadyHistory = 120

// floor is the least count that can be a spike.
func (d *watch) floor(v *score.Verdict) float64 {
	if d.steady(v) {
		return min(d.limits.SteadyFloor, d.limits.Floor)
	}
	return d.limits.Floor
}

// pace is what the requests would be in a minute if they went on as from the
// first to the last, which are taken to be ten seconds apart at least: a flood
// does not wait for the minute to begin.
func (w *counts) pace() float64 {
	return float64(w.requests) * 60_000 / max(float64(w.last-w.first), 10_000)
}

// threshold returns the count at which an entity with a past spikes. What one
// caller does is a spike only if few of its peers ever do as much.
func (d *watch) threshold(v *score.Verdict, c *Cohort, scheduled bool) float64 {
	factor := d.limits.Factor
	if d.kind == schemas.EntityRoute {
		return max(d.limits.Floor, factor*v.High*max(1, c.factor))
	}
	least := d.floor(v)
	if d.steady(v) {
		factor = min(d.limits.SteadyFactor, factor)
	}
	if scheduled {
		// The first run of a job is nearly as new as an unknown caller.
		factor *= d.config.RoundFactor
		least = max(least, d.limits.RoundFloor)
	}
	least = max(least, factor*v.High*max(1, c.factor))
	if c.ready() {
		least = max(least, c.p99)
	}
	return least
}

// nextLimit returns the count at which the next minute is reported before it
// is over: twice what a spike needs. Late events of that minute's neighbours
// are counted against it too, so round times count for both.
func (d *watch) nextLimit(x *detectors.Context, s *State, v *score.Verdict, c *Cohort) uint32 {
	if v.Values < minHistory {
		return 0
	}
	scheduled := s.scheduled > 0 || round(x.Now) || round(x.Now+int64(x.Window))
	return uint32(min(2*d.threshold(v, c, scheduled), math.MaxUint32))
}

// surges tells whether count of the window's requests is a surge of errors,
// and whether the window was large enough to tell.
func (d *watch) surges(w *counts, count uint32, usual float32, floor, share float64) (able, hit bool) {
	n, k := float64(w.requests), float64(count)
	able = floor > 0 && n >= floor
	hit = able && k >= floor && k >= share*n && k >= 4*float64(usual)*n &&
		sketch.Distinct32(w.troubled) >= float64(d.limits.Callers)
	return able, hit
}
