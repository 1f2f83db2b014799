package extraction

import (
	"fmt"
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// logits reports that the output layer is read out; margin is added to the
// score that is needed.
func (d *watch) logits(x *detectors.Context, s *State, p *profile, margin float64) {
	// Up to five tokens are what one that is forced by a bias is read from.
	if p.biased >= 0.3 || p.logprobs >= 0.3 {
		p.one = max(p.one, p.short)
	}
	if p.calls < float64(d.config.LogitCalls) || p.one < 0.3 {
		return
	}
	var e sum
	e.Add(weigh.Volume, min(0.5*math.Log(p.calls/float64(d.config.LogitCalls)), 1.5), schemas.Feature{
		Name: "calls", Observed: p.calls, Expected: float64(d.config.LogitCalls), Unit: "calls/h",
		Text: fmt.Sprintf("%s in this hour; fewer than %d are no probing.", words.Count(p.calls, "successful model call"), d.config.LogitCalls),
	})
	e.Add(weigh.Answers, weigh.Ramp(p.one, 0.3, 0.9, -2, 1.5), schemas.Feature{
		Name: "one_token", Observed: p.one, Expected: 0.05, Unit: "share",
		Text: weigh.Share(p.one, "of the answers are one token long."),
	})
	e.settings(p)
	e.inputs(p)
	if p.logprobs < 0 {
		e.lasting(&s.day, d.config.LogitCalls)
	}
	if e.Total < d.config.LogitScore+margin || e.Sides() < 2 {
		return
	}
	f := &schemas.Finding{
		Detector: "extraction.logits", Severity: schemas.SeverityHigh, Confidence: e.Confidence(), Events: int64(p.calls),
		Title: fmt.Sprintf("Logit theft: one principal probes, %s in this hour", words.Count(p.calls*p.one, "one-token call")),
		Summary: fmt.Sprintf("%s%s. Most likely innocent explanation: a classifier or a benchmark that scores single tokens.",
			madeCalls(p.calls, "this hour", float64(d.config.LogitCalls)), e.Strongest()),
		Features: e.Features(),
	}
	if p.logprobs < 0 {
		// Without the parameters it may as well be a check that asks for a token.
		f.Severity = schemas.SeverityMedium
	}
	d.say(x, s, logits, f)
}

// lasting judges, where the parameters are not known, for how many hours of the last 24 there were as many calls as make a
// probing: load tests end sooner, and the checks of a monitor are fewer.
func (e *sum) lasting(d *day, calls int) {
	n := 0.
	for _, c := range d.hours {
		if int(c) >= calls {
			n++
		}
	}
	e.Add(weigh.Timing, weigh.Ramp(n, 1, 6, 0, 1), schemas.Feature{
		Name: "lasting", Observed: n, Expected: 1, Unit: "hours of 24",
		Text: fmt.Sprintf("It went on for %s of the last 24.", words.Count(n, "hour")),
	})
}

// settings judges log probabilities and logit biases; a log that states that
// neither was used speaks against.
func (e *sum) settings(p *profile) {
	if p.logprobs < 0 {
		return
	}
	if p.logprobs < 0.05 && p.biased < 0.05 {
		e.Add(weigh.Sampling, -3, schemas.Feature{
			Name: "logprobs", Observed: p.logprobs, Expected: 0.05, Unit: "share",
			Text: "Neither log probabilities nor logit biases were asked for.",
		})
		return
	}
	e.Add(weigh.Sampling, weigh.Ramp(p.logprobs, 0.1, 0.5, 0, 1.5), schemas.Feature{
		Name: "logprobs", Observed: p.logprobs, Expected: 0.05, Unit: "share",
		Text: weigh.Share(p.logprobs, "of the calls ask for log probabilities."),
	})
	e.Add(weigh.Sampling, weigh.Ramp(p.biased, 0.1, 0.5, 0, 2.5), schemas.Feature{
		Name: "logit_bias", Observed: p.biased, Expected: 0.01, Unit: "share",
		Text: weigh.Share(p.biased, "of the calls bias the logits, in %s.", words.Count(p.biases, "different way")),
	})
	if p.biased >= 0.3 {
		e.Add(weigh.Sampling, weigh.Ramp(p.biases, 1, 6, -1, 1), schemas.Feature{
			Name: "bias_variety", Observed: p.biases, Expected: 1, Unit: "numbers of biased tokens",
			Text: fmt.Sprintf("The number of biased tokens takes %s (a classifier keeps to one).", words.Count(p.biases, "value")),
		})
	}
}

// inputs judges whether the same input is probed again and again.
func (e *sum) inputs(p *profile) {
	switch {
	case p.distinct >= 0:
		e.Add(weigh.Prompts, weigh.Ramp(p.distinct, 0.1, 0.8, 1.5, -2), schemas.Feature{
			Name: "distinct_prompts", Observed: p.distinct, Expected: 0.7, Unit: "share",
			Text: weigh.Share(p.distinct, "of the prompts are different from one another."),
		})
	case p.inputSpread >= 0:
		spread := p.inputSpread
		if spread*p.input <= 1 {
			spread = 0 // another digit makes a token more or less
		}
		e.Add(weigh.Prompts, weigh.Ramp(spread, 0.05, 0.3, 1.5, -2), schemas.Feature{
			Name: "input_variation", Observed: p.inputSpread, Expected: 0.3, Unit: "deviation / mean",
			Text: fmt.Sprintf("The length of the input varies by %s.", weigh.Varies(p.inputSpread)),
		})
	}
	e.sweep(p)
}

// sweep judges whether the parameters go over their range while the input stays.
func (e *sum) sweep(p *profile) {
	if p.distinct > 0.5 || p.distinct < 0 && !(p.inputSpread >= 0 && p.inputSpread < 0.1) {
		return
	}
	if p.temperatures >= 3 {
		e.Add(weigh.Sampling, weigh.Ramp(p.temperatures, 2, 6, 0, 0.4)+weigh.Ramp(p.ends, 0.3, 0.7, 0, 0.3), schemas.Feature{
			Name: "temperatures", Observed: p.temperatures, Expected: 1, Unit: "settings",
			Text: fmt.Sprintf("The same input was sent at %s.", words.Count(p.temperatures, "temperature")),
		})
	}
	e.Add(weigh.Sampling, weigh.Ramp(p.multiple, 0.1, 0.5, 0, 0.4), schemas.Feature{
		Name: "several_choices", Observed: p.multiple, Expected: 0.05, Unit: "share",
		Text: weigh.Share(max(p.multiple, 0), "of the calls ask for several answers to one prompt."),
	})
}
