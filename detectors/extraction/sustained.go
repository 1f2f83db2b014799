package extraction

import (
	"fmt"
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// sure is how much more evidence makes a finding of medium severity where neither
// the times nor the parameters of the calls speak.
const sure = 1

// sustained reports a slow extraction by the figures of about a day: a few hundred
// answers an hour or a day, with pauses or without.
func (d *watch) sustained(x *detectors.Context, s *State, p *profile) {
	// A single hour is the matter of harvest.
	if p.calls < float64(d.config.DayCalls) || s.day.busy() < 2 || d.quiet(x, s, harvest, 0) {
		return
	}
	// Many new customers make a few hundred calls: their day tells more of them.
	if p.calls < 2*float64(d.config.DayCalls) && s.day.age < known {
		return
	}
	var e sum
	e.Add(weigh.Volume, min(0.3+0.4*math.Log(p.calls/float64(d.config.DayCalls)), 1.2), schemas.Feature{
		Name: "calls", Observed: p.calls, Expected: float64(d.config.DayCalls), Unit: "calls/d",
		Text: fmt.Sprintf("%s in 24 hours; up to %d are not looked at.", words.Count(p.calls, "successful model call"), d.config.DayCalls),
	})
	e.history(s, p, s.past.daily())
	e.prompts(p)
	e.lengths(p)
	e.answers(p, float64(s.peerYield), float64(s.peerHigh))
	e.sampling(p)
	hours := e.clockwork(&s.day, p.calls)
	least := d.config.DayScore
	if p.distinct < 0 {
		least -= unlogged
	}
	if e.Total < least || e.Sides() < 3 || !e.Speaks(weigh.Answers) {
		return
	}
	f := &schemas.Finding{
		Detector: "extraction.sustained", Severity: schemas.SeverityMedium, Confidence: e.Confidence(), Events: int64(p.calls),
		Title: fmt.Sprintf("Slow harvest: one principal collects answers, %s a day in %s", words.Count(p.calls, "call"), words.Count(float64(hours), "hour")),
		Summary: fmt.Sprintf("%s%s. Most likely innocent explanation: a service of your own that generates content%s.",
			madeCalls(p.calls, "the last 24 hours", float64(d.config.DayCalls)), e.Strongest(), map[bool]string{true: " on a schedule", false: ", or a new customer who does"}[hours >= 22]),
		Features: e.Features(),
	}
	// That a customer is new and writes long texts is not enough to wake somebody.
	if !e.Speaks(weigh.Timing) && !e.Speaks(weigh.Sampling) && e.Total < least+sure {
		f.Severity = schemas.SeverityLow
	}
	d.say(x, s, sustained, f)
}

// clockwork judges whether it goes on round the clock, and returns in how many of
// the last 24 hours there were calls.
func (e *sum) clockwork(d *day, calls float64) int {
	hours, uneven, scatter := d.active()
	if d.age < 24 || hours < 22 {
		return hours
	}
	// What chance alone makes of a steady rate is even; people are not.
	noise := math.Sqrt(24 / calls)
	e.Add(weigh.Timing, weigh.Ramp(uneven, max(0.2, 1.2*noise), max(0.45, 1.8*noise), 2, -0.5), schemas.Feature{
		Name: "active_hours", Observed: float64(hours), Expected: 14, Unit: "hours of 24",
		Text: fmt.Sprintf("It called in %d of the last 24 hours, and the calls of an hour vary by %s (people and batches have a night or a day).", hours, varies(uneven)),
	})
	e.timing(scatter, "an hour")
	return hours
}
