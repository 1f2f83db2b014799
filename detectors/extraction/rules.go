package extraction

import (
	"fmt"
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// harvest reports that answers are collected.
func (d *watch) harvest(x *detectors.Context, s *State, p *profile, early bool) {
	if p.calls < float64(d.config.Calls) {
		return
	}
	var e sum
	least := d.config.Score
	d.amount(x, s, p, &e)
	d.novelty(x, s, p, &e)
	e.prompts(p)
	e.lengths(p)
	e.answers(p, float64(s.peerRatio))
	e.timing(p.scatter, "a minute")
	e.sampling(p)
	e.clock(&s.day)
	if early {
		least = d.config.EarlyScore
	} else if p.last < 55 && p.minutes < 40 {
		e.add(context, -1.5, schemas.Feature{
			Name: "short_burst", Observed: p.minutes, Expected: 40, Unit: "minutes",
			Text: fmt.Sprintf("The calls took %s and have ended, as an evaluation run does.", words.Count(p.minutes, "minute")),
		})
	}
	if e.total < least || e.behaviours() < 2 {
		return
	}
	f := &schemas.Finding{
		Detector: "extraction.harvest", Severity: schemas.SeverityMedium, Confidence: e.confidence(), Events: int64(p.calls),
		Title: fmt.Sprintf("Harvest: one principal collects answers, %s in this hour", words.Count(p.calls, "model call")),
		Summary: fmt.Sprintf("%s%s. %s",
			madeCalls(p.calls, "this hour", float64(d.config.Calls)), e.strongest(), innocent(p, e.total)),
		Features: e.features(),
	}
	if p.calls >= 10_000 || e.total >= 8 {
		f.Severity = schemas.SeverityHigh
	}
	d.say(x, s, harvest, f)
}

// amount judges the number of calls against the limit, the principal's own
// past and its peers.
func (d *watch) amount(x *detectors.Context, s *State, p *profile, e *sum) {
	own := s.volume.Judge(x.WindowStart, p.calls)
	expected := max(float64(d.config.Calls), float64(s.peerCalls))
	// A day of its own past, in which hours with few calls do not count.
	if own.Values >= 24 && own.High >= float64(d.config.Calls)/2 {
		expected = max(expected, own.High)
		if p.calls <= 1.5*own.High {
			e.add(context, -2, schemas.Feature{
				Name: "usual_volume", Observed: p.calls, Expected: own.High, Unit: "calls/h",
				Text: fmt.Sprintf("This principal is known to make up to %s calls an hour.", words.Number(own.High)),
			})
		}
	}
	e.add(volume, min(max(1+0.4*math.Log(p.calls/expected), 0.3), 1.8), schemas.Feature{
		Name: "calls", Observed: p.calls, Expected: expected, Unit: "calls/h",
		Text: fmt.Sprintf("%s in this hour; up to %s are usual.", words.Count(p.calls, "successful model call"), words.Number(expected)),
	})
	pace := p.calls / max(p.minutes, 1)
	e.add(volume, ramp(math.Log(max(pace, 1)), math.Log(30), math.Log(300), 0, 0.3), schemas.Feature{
		Name: "pace", Observed: pace, Expected: 30, Unit: "calls/min",
		Text: fmt.Sprintf("%s in each minute that had any, more than people make.", words.Count(pace, "call")),
	})
}

// novelty judges whether the principal is one that was not there a day ago, or
// makes ten times the calls that it ever made. Keys are made for a campaign, or
// stolen for it; what a customer does every week is known.
func (d *watch) novelty(x *detectors.Context, s *State, p *profile, e *sum) {
	const known = 24
	if age := s.day.age; age < known {
		// Where the watch itself is new, so is everybody.
		if int(s.watched) >= known+int(age) {
			e.add(context, 1.2, schemas.Feature{
				Name: "known_for", Observed: float64(age), Expected: known, Unit: "hours",
				Text: fmt.Sprintf("This principal was first seen %s ago.", words.Duration(max(time.Duration(age), 1)*time.Hour)),
			})
		}
		return
	}
	own := s.volume.Judge(x.WindowStart, p.calls)
	if own.Values >= known && p.calls >= 10*max(own.High, 10) {
		e.add(context, 0.7, schemas.Feature{
			Name: "own_past", Observed: p.calls, Expected: own.High, Unit: "calls/h",
			Text: fmt.Sprintf("This principal was known to make up to %s calls an hour.", words.Number(own.High)),
		})
	}
}

// lengths judges, where no prompt is logged, by the length of the inputs whether
// they differ: different questions differ by half their length and more, the
// requests of a load test hardly.
func (e *sum) lengths(p *profile) {
	if p.distinct >= 0 || p.inputSpread < 0 {
		return
	}
	e.add(prompts, ramp(p.inputSpread, 0.05, 0.3, -2, 0)+ramp(p.inputSpread, 0.3, 0.6, 0, 0.6), schemas.Feature{
		Name: "input_variation", Observed: p.inputSpread, Expected: 0.3, Unit: "deviation / mean",
		Text: fmt.Sprintf("The length of the input varies by %s.", varies(p.inputSpread)),
	})
}

// clock judges the hours of the day, once a day is known.
func (e *sum) clock(d *day) {
	if d.age < 24 {
		return
	}
	hours, uneven, _ := d.active()
	weight := ramp(float64(hours), 18, 23, 0, 1) * ramp(uneven, 0.4, 0.8, 1, 0)
	if hours <= 12 {
		weight = ramp(float64(hours), 6, 12, -1, 0)
	}
	e.add(timing, weight, schemas.Feature{
		Name: "active_hours", Observed: float64(hours), Expected: 14, Unit: "hours of 24",
		Text: fmt.Sprintf("It called in %d of the last 24 hours, and the calls of an hour vary by %s.", hours, varies(uneven)),
	})
}

// logits reports that the output layer is read out; margin is added to the
// score that is needed.
func (d *watch) logits(x *detectors.Context, s *State, p *profile, margin float64) {
	if p.calls < float64(d.config.LogitCalls) || p.one < 0.3 {
		return
	}
	var e sum
	e.add(volume, min(0.5*math.Log(p.calls/float64(d.config.LogitCalls)), 1.5), schemas.Feature{
		Name: "calls", Observed: p.calls, Expected: float64(d.config.LogitCalls), Unit: "calls/h",
		Text: fmt.Sprintf("%s in this hour; fewer than %d are no probing.", words.Count(p.calls, "successful model call"), d.config.LogitCalls),
	})
	e.add(answers, ramp(p.one, 0.3, 0.9, -2, 1.5), schemas.Feature{
		Name: "one_token", Observed: p.one, Expected: 0.05, Unit: "share",
		Text: shareOf(p.one, "of the answers are one token long."),
	})
	e.settings(p)
	e.inputs(p)
	if e.total < d.config.LogitScore+margin || e.behaviours() < 2 {
		return
	}
	f := &schemas.Finding{
		Detector: "extraction.logits", Severity: schemas.SeverityHigh, Confidence: e.confidence(), Events: int64(p.calls),
		Title: fmt.Sprintf("Logit theft: one principal probes, %s in this hour", words.Count(p.calls*p.one, "one-token call")),
		Summary: fmt.Sprintf("%s%s. Most likely innocent explanation: a classifier or a benchmark that scores single tokens.",
			madeCalls(p.calls, "this hour", float64(d.config.LogitCalls)), e.strongest()),
		Features: e.features(),
	}
	d.say(x, s, logits, f)
}

// settings judges log probabilities and logit biases; a log that states that
// neither was used speaks against.
func (e *sum) settings(p *profile) {
	if p.logprobs < 0 {
		return
	}
	if p.logprobs < 0.05 && p.biased < 0.05 {
		e.add(sampling, -3, schemas.Feature{
			Name: "logprobs", Observed: p.logprobs, Expected: 0.05, Unit: "share",
			Text: "Neither log probabilities nor logit biases were asked for.",
		})
		return
	}
	e.add(sampling, ramp(p.logprobs, 0.1, 0.5, 0, 1.5), schemas.Feature{
		Name: "logprobs", Observed: p.logprobs, Expected: 0.05, Unit: "share",
		Text: shareOf(p.logprobs, "of the calls ask for log probabilities."),
	})
	e.add(sampling, ramp(p.biased, 0.1, 0.5, 0, 2.5), schemas.Feature{
		Name: "logit_bias", Observed: p.biased, Expected: 0.01, Unit: "share",
		Text: shareOf(p.biased, "of the calls bias the logits, in %s.", words.Count(p.biases, "different way")),
	})
	if p.biased >= 0.3 {
		e.add(sampling, ramp(p.biases, 1, 6, -1, 1), schemas.Feature{
			Name: "bias_variety", Observed: p.biases, Expected: 1, Unit: "numbers of biased tokens",
			Text: fmt.Sprintf("The number of biased tokens takes %s (a classifier keeps to one).", words.Count(p.biases, "value")),
		})
	}
}

// inputs judges whether the same input is probed again and again.
func (e *sum) inputs(p *profile) {
	switch {
	case p.distinct >= 0:
		e.add(prompts, ramp(p.distinct, 0.1, 0.8, 1.5, -2), schemas.Feature{
			Name: "distinct_prompts", Observed: p.distinct, Expected: 0.7, Unit: "share",
			Text: shareOf(p.distinct, "of the prompts are different from one another."),
		})
	case p.inputSpread >= 0:
		e.add(prompts, ramp(p.inputSpread, 0.05, 0.3, 1.5, -2), schemas.Feature{
			Name: "input_variation", Observed: p.inputSpread, Expected: 0.3, Unit: "deviation / mean",
			Text: fmt.Sprintf("The length of the input varies by %s.", varies(p.inputSpread)),
		})
	}
	if p.temperatures >= 6 && p.distinct >= 0 && p.distinct <= 0.5 {
		e.add(sampling, 0.3, schemas.Feature{
			Name: "temperatures", Observed: p.temperatures, Expected: 1, Unit: "settings",
			Text: fmt.Sprintf("The same prompts were sent at %s.", words.Count(p.temperatures, "temperature")),
		})
	}
}

// sustained reports a slow extraction by the figures of 24 hours.
func (d *watch) sustained(x *detectors.Context, s *State) {
	if s.day.age < 24 || d.quiet(x, s, harvest, 0) {
		return
	}
	hours, uneven, scatter := s.day.active()
	p := s.day.profile()
	if hours < 22 || p.calls < float64(d.config.DayCalls) {
		return
	}
	var e sum
	// What chance alone makes of a steady rate is even; people are not.
	noise := math.Sqrt(24 / p.calls)
	e.add(timing, ramp(uneven, max(0.2, 1.2*noise), max(0.45, 1.8*noise), 2, -2), schemas.Feature{
		Name: "active_hours", Observed: float64(hours), Expected: 14, Unit: "hours of 24",
		Text: fmt.Sprintf("It called in %d of the last 24 hours, and the calls of an hour vary by %s (people and batches have a night or a day).", hours, varies(uneven)),
	})
	e.prompts(&p)
	e.answers(&p, float64(s.peerRatio))
	e.timing(scatter, "an hour")
	if e.total < d.config.DayScore || e.behaviours() < 3 {
		return
	}
	d.say(x, s, sustained, &schemas.Finding{
		Detector: "extraction.sustained", Severity: schemas.SeverityMedium, Confidence: e.confidence(), Events: int64(p.calls),
		Title: fmt.Sprintf("Slow harvest: one principal collects answers round the clock, %s a day", words.Count(p.calls, "call")),
		Summary: fmt.Sprintf("%s%s. Most likely innocent explanation: a service of your own that generates content on a schedule.",
			madeCalls(p.calls, "the last 24 hours", float64(d.config.DayCalls)), e.strongest()),
		Features: e.features(),
	})
}

// quiet tells that the rule has spoken of the principal lately, at least as
// severely.
func (d *watch) quiet(x *detectors.Context, s *State, rule int, severity schemas.Severity) bool {
	now := uint32(x.WindowStart / int64(time.Hour))
	return s.said[rule] > 0 && now < s.said[rule]+uint32(d.config.RepeatHours) && severity <= s.severe[rule]
}

// say emits a finding unless the rule is to be quiet.
func (d *watch) say(x *detectors.Context, s *State, rule int, f *schemas.Finding) {
	if d.quiet(x, s, rule, f.Severity) {
		return
	}
	s.said[rule], s.severe[rule] = uint32(x.WindowStart/int64(time.Hour)), f.Severity
	x.Emit(f)
}
