package extraction

import (
	"fmt"
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/extraction/internal/clock"
	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
	"github.com/gatehound/gatehound/detectors/extraction/internal/yield"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// unlogged is how much less evidence is enough if no prompts are logged: they speak
// for up to 1.3. At the end of an hour no less is.
const unlogged = 1.2

// harvest reports that answers are collected.
func (d *watch) harvest(x *detectors.Context, s *State, p *profile, early bool) {
	if p.calls < float64(d.config.Calls) {
		return
	}
	var e sum
	least := d.config.Score
	d.amount(x, s, p, &e)
	e.history(s, p, s.usual(x, p), s.peers.Newness())
	e.prompts(p)
	e.lengths(p)
	e.answers(p, float64(s.peers.Yield), float64(s.peers.High))
	clock.Scatter(&e.Sum, p.scatter)
	e.sampling(p)
	s.peers.Pays(&e.Sum, s.day.price())
	s.day.hours.Judge(&e.Sum, x.WindowStart/int64(x.Window))
	if early {
		// What is not logged cannot add up.
		if least = d.config.EarlyScore; p.distinct < 0 {
			least -= unlogged
		}
	} else if p.last < 55 && p.minutes < 40 && s.day.hours.Busy() < 3 {
		e.Add(weigh.Context, -1.5, schemas.Feature{
			Name: "short_burst", Observed: p.minutes, Expected: 40, Unit: "minutes",
			Text: fmt.Sprintf("The calls took %s and have ended, as an evaluation run does.", words.Count(p.minutes, "minute")),
		})
	}
	sides := e.Sides()
	if e.Total < least || sides < 2 || !e.Speaks(weigh.Answers) && (sides < 3 || e.Of(weigh.Answers) < 0.1 || !e.Speaks(weigh.History)) {
		return
	}
	f := &schemas.Finding{
		Detector: "extraction.harvest", Severity: schemas.SeverityMedium, Confidence: e.Confidence(), Events: int64(p.calls),
		Title: fmt.Sprintf("Harvest: one principal collects answers, %s in this hour", words.Count(p.calls, "model call")),
		Summary: fmt.Sprintf("%s%s. %s",
			madeCalls(p.calls, "this hour", float64(d.config.Calls)), e.Strongest(), innocent(p, e.Total)),
		Features: e.Features(),
	}
	switch {
	case sides < 3, p.distinct < 0 && s.unknown(), !e.Speaks(weigh.Answers), p.distinct < 0 && sides < 4 && e.Total < d.config.Score+sure:
		f.Severity = schemas.SeverityLow
	case p.calls >= 10_000 || e.Total >= 12:
		f.Severity = schemas.SeverityHigh
	}
	d.say(x, s, harvest, f)
}

// usual returns how many calls the principal was known to make at most in an hour.
func (s *State) usual(x *detectors.Context, p *profile) float64 {
	return s.volume.Judge(x.WindowStart, p.calls).High
}

// amount judges the number of calls against the limit, the principal's own
// past and its peers.
func (d *watch) amount(x *detectors.Context, s *State, p *profile, e *sum) {
	own := s.volume.Judge(x.WindowStart, p.calls)
	expected := max(float64(d.config.Calls), min(float64(s.peers.Take), p.calls))
	// A day of its own past, in which hours with few calls do not count.
	if own.Values >= 24 && own.High >= float64(d.config.Calls)/2 {
		expected = max(expected, own.High)
		if p.calls <= 1.5*own.High {
			e.Add(weigh.Context, -1.5, schemas.Feature{
				Name: "usual_volume", Observed: p.calls, Expected: own.High, Unit: "calls/h",
				Text: fmt.Sprintf("This principal is known to make up to %s calls an hour.", words.Number(own.High)),
			})
		}
	}
	e.Add(weigh.Volume, min(max(1+0.4*math.Log(p.calls/expected), 0.3), 1.8), schemas.Feature{
		Name: "calls", Observed: p.calls, Expected: expected, Unit: "calls/h",
		Text: fmt.Sprintf("%s in this hour; up to %s are usual.", words.Count(p.calls, "successful model call"), words.Number(expected)),
	})
	e.take(s, p)
	pace := p.calls / max(p.minutes, 1)
	e.Add(weigh.Volume, weigh.Ramp(math.Log(max(pace, 1)), math.Log(30), math.Log(300), 0, 0.3), schemas.Feature{
		Name: "pace", Observed: pace, Expected: 30, Unit: "calls/min",
		Text: fmt.Sprintf("%s in each minute that had any, more than people make.", words.Count(pace, "call")),
	})
}

// take judges what was taken against what the peers who take most take in an hour.
func (e *sum) take(s *State, p *profile) {
	if most := float64(s.peers.Most); most > 0 && p.take > most {
		e.Add(weigh.Volume, weigh.Ramp(math.Log(p.take/most), 0, math.Log(8), 0.3, 1), schemas.Feature{
			Name: "taken", Observed: p.take * yield.Answer, Expected: most * yield.Answer, Unit: "tokens/h",
			Text: fmt.Sprintf("It took %s tokens in the hour; 99.5 %% of the callers take %s or less.", words.Number(p.take*yield.Answer), words.Number(most*yield.Answer)),
		})
	}
}

// lengths judges, where no prompt is logged, by the length of the inputs whether
// they differ: different questions differ by a third of their length and more, the
// requests of a load test hardly, those of conversations by more than their length.
func (e *sum) lengths(p *profile) {
	if p.distinct >= 0 || p.inputSpread < 0 {
		return
	}
	weight := weigh.Ramp(p.inputSpread, 0.03, 0.15, -2, 0) + weigh.Ramp(p.inputSpread, 0.15, 0.4, 0, 0.3) - weigh.Ramp(p.inputSpread, 0.75, 1.1, 0, 1)
	e.Add(weigh.Prompts, weight, schemas.Feature{
		Name: "input_variation", Observed: p.inputSpread, Expected: 0.2, Unit: "deviation of the logarithm",
		Text: fmt.Sprintf("The length of the input varies by %s, as that of different questions does.", weigh.Varies(p.inputSpread)),
	})
}
