package extraction

import (
	"fmt"
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
	"github.com/gatehound/gatehound/detectors/extraction/internal/yield"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// sure is how much more evidence makes a finding of medium severity where neither
// the times nor the parameters of the calls speak.
const sure = 1

// Below modest times the least calls of a day only a principal that calls in sleepless
// hours of the 24, evenly, is told.
const (
	modest    = 3
	sleepless = 20
)

// sustained reports a slow extraction by the figures of about a day: a few hundred
// answers an hour or a day, with pauses or without.
func (d *watch) sustained(x *detectors.Context, s *State, p *profile) {
	// A single hour is the matter of harvest.
	if p.calls < float64(d.config.DayCalls) || s.day.hours.Busy() < 2 || d.quiet(x, s, harvest, 0) {
		return
	}
	// Many new customers make a few hundred calls: their day tells more of them.
	if p.calls < 1.5*float64(d.config.DayCalls) && s.day.age < known && s.day.hours.Active() < 12 {
		return
	}
	var e sum
	e.Add(weigh.Volume, min(0.3+0.4*math.Log(p.calls/float64(d.config.DayCalls)), 1.2), schemas.Feature{
		Name: "calls", Observed: p.calls, Expected: float64(d.config.DayCalls), Unit: "calls/d",
		Text: fmt.Sprintf("%s in 24 hours; up to %d are not looked at.", words.Count(p.calls, "successful model call"), d.config.DayCalls),
	})
	e.history(s, p, s.past.daily(), s.peers.Newness())
	e.prompts(p)
	e.lengths(p)
	e.answers(p, float64(s.peers.Yield), float64(s.peers.High))
	e.sampling(p)
	s.peers.Pays(&e.Sum, s.day.price())
	s.day.hours.Judge(&e.Sum, x.WindowStart/int64(x.Window))
	hours := s.day.hours.Active()
	least := d.config.DayScore
	if p.distinct < 0 {
		least -= unlogged
	}
	if e.Total < least || !e.collects(p, e.Total >= least+sure) {
		return
	}
	// A writing service, a newcomer at a hackathon or a busy day of one make a few
	// hundred calls too, but they sleep.
	if p.calls < modest*float64(d.config.DayCalls) && !(hours >= sleepless && e.Speaks(weigh.Timing)) {
		return
	}
	f := &schemas.Finding{
		Detector: "extraction.sustained", Severity: schemas.SeverityMedium, Confidence: e.Confidence(), Events: int64(p.calls),
		Title: fmt.Sprintf("Slow harvest: one principal collects answers, %s in a day (active in %s)", words.Count(p.calls, "call"), words.Count(float64(hours), "hour")),
		Summary: fmt.Sprintf("%s%s. Most likely innocent explanation: a service of your own that generates content%s.",
			madeCalls(p.calls, "the last 24 hours", float64(d.config.DayCalls)), e.Strongest(), map[bool]string{true: " on a schedule", false: ", or a new customer who does"}[hours >= 22]),
		Features: e.Features(),
	}
	// That a customer is new and writes long texts is not enough to wake somebody.
	machine := e.Speaks(weigh.Timing) || e.Speaks(weigh.Sampling)
	if !machine && (e.Total < least+sure || !e.Speaks(weigh.Model) && !e.Speaks(weigh.Prompts)) {
		f.Severity = schemas.SeverityLow
	}
	d.say(x, s, sustained, f)
}

// collects tells whether the evidence is of enough kinds for a slow harvest: what
// every service that writes has, long answers to questions without a past, is not;
// it takes a principal that is new or does other things than before, or a machine's
// hours or settings. Answers longer than a chat's are enough then, though others
// have longer ones.
func (e *sum) collects(p *profile, clear bool) bool {
	if e.Of(weigh.Answers) < -0.3 || p.output >= 0 && yield.Of(p.input, p.output) < 0 {
		return false
	}
	if e.Sides() < 2 || e.Sides() < 3 && !clear {
		return false
	}
	return e.Speaks(weigh.History) || e.Speaks(weigh.Timing) || e.Speaks(weigh.Sampling)
}
