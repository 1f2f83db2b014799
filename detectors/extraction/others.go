package extraction

import (
	"fmt"
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// others judges an hour, and the day that ends with it, by the rules that are about
// the prompts.
func (d *watch) others(x *detectors.Context, s *State, p, day *profile) {
	d.reasoning(x, s, p)
	// Variants are told from repeats by the prompts of an hour; without prompts it
	// takes the day.
	if p.close >= 0 {
		d.membership(x, s, p, s.usual(x, p), "this hour")
		return
	}
	d.membership(x, s, day, s.past.daily(), "the last 24 hours")
}

// reasoning reports that answers are collected for the reasoning behind them:
// prompts that ask a model to write out what it thought.
func (d *watch) reasoning(x *detectors.Context, s *State, p *profile) {
	asked := p.reasoned * p.calls
	if p.reasoned < 0 || asked < float64(d.config.ReasoningCalls) {
		return
	}
	var e sum
	e.Add(weigh.Sampling, weigh.Ramp(p.reasoned, 0.05, 0.5, 0.5, 2.5), schemas.Feature{
		Name: "reasoning_asked", Observed: p.reasoned, Expected: 0.05, Unit: "share",
		Text: weigh.Share(p.reasoned, "of the prompts ask for the reasoning behind an answer."),
	})
	e.Add(weigh.Volume, min(0.5*math.Log(asked/float64(d.config.ReasoningCalls)), 1), schemas.Feature{
		Name: "calls", Observed: asked, Expected: float64(d.config.ReasoningCalls), Unit: "calls/h",
		Text: fmt.Sprintf("%s for reasoning in this hour; fewer than %d are curiosity.", words.Count(asked, "prompt"), d.config.ReasoningCalls),
	})
	e.prompts(p)
	e.answers(p, float64(s.peers.Yield), float64(s.peers.High))
	e.history(s, p, s.usual(x, p), 1)
	if e.Total < d.config.ReasoningScore || e.Sides() < 2 || !e.Speaks(weigh.Prompts) {
		return
	}
	f := &schemas.Finding{
		Detector: "extraction.reasoning", Severity: schemas.SeverityLow, Confidence: e.Confidence(), Events: int64(p.calls),
		Title: fmt.Sprintf("Reasoning harvest: one principal asks for the reasoning in %s of its prompts", words.Percent(p.reasoned)),
		Summary: fmt.Sprintf("%s%s. Most likely innocent explanation: a team that studies or teaches how models reason.",
			madeCalls(asked, "this hour that ask for reasoning", float64(d.config.ReasoningCalls)), e.Strongest()),
		Features: e.Features(),
	}
	if e.Sides() >= 3 {
		f.Severity = schemas.SeverityMedium
	}
	d.say(x, s, reasoning, f)
}

// membership reports that it is probed what a model was trained on, or inputs are
// rebuilt from its answers: many inputs that are nearly the same, and answers of
// nearly the same length, read by their log probabilities.
func (d *watch) membership(x *detectors.Context, s *State, p *profile, usual float64, time string) {
	if p.calls < float64(d.config.MembershipCalls) || p.outputSpread < 0 || p.output < 5 {
		return
	}
	var e sum
	e.Add(weigh.Volume, min(0.3+0.4*math.Log(p.calls/float64(d.config.MembershipCalls)), 1), schemas.Feature{
		Name: "calls", Observed: p.calls, Expected: float64(d.config.MembershipCalls), Unit: "calls",
		Text: fmt.Sprintf("%s in %s; fewer than %d are no probing.", words.Count(p.calls, "successful model call"), time, d.config.MembershipCalls),
	})
	e.Add(weigh.Answers, weigh.Ramp(p.outputSpread, 0.05, 0.25, 1, -2), schemas.Feature{
		Name: "output_variation", Observed: p.outputSpread, Expected: 0.4, Unit: "deviation / mean",
		Text: fmt.Sprintf("The length of the answers varies by %s.", weigh.Varies(p.outputSpread)),
	})
	e.variants(p)
	e.Add(weigh.Sampling, weigh.Ramp(p.logprobs, 0.05, 0.5, 0, 1.5), schemas.Feature{
		Name: "logprobs", Observed: p.logprobs, Expected: 0.05, Unit: "share",
		Text: weigh.Share(max(p.logprobs, 0), "of the calls ask for log probabilities."),
	})
	e.Add(weigh.Sampling, weigh.Ramp(p.ends, 0.5, 0.95, 0, 0.3), schemas.Feature{
		Name: "temperature_ends", Observed: p.ends, Expected: 0.5, Unit: "share",
		Text: weigh.Share(p.ends, "of the calls set the temperature to an end of its scale."),
	})
	e.history(s, p, usual, 1)
	if e.Total < d.config.MembershipScore || e.Sides() < 3 {
		return
	}
	d.say(x, s, membership, &schemas.Finding{
		Detector: "extraction.membership", Severity: schemas.SeverityLow, Confidence: e.Confidence() * 0.8, Events: int64(p.calls),
		Title: fmt.Sprintf("Membership probing: one principal sends variants of a text, %s", words.Count(p.calls, "call")),
		Summary: fmt.Sprintf("%s%s. Most likely innocent explanation: a benchmark that scores variants of a sentence.",
			madeCalls(p.calls, time, float64(d.config.MembershipCalls)), e.Strongest()),
		Features: e.Features(),
	})
}

// variants judges whether the inputs are variants of one another, and not the
// same.
func (e *sum) variants(p *profile) {
	switch {
	case p.close >= 0:
		e.Add(weigh.Prompts, weigh.Ramp(p.close, 0.3, 0.8, -1, 1)+weigh.Ramp(p.distinct, 0.1, 0.5, -2, 0.5), schemas.Feature{
			Name: "near_duplicates", Observed: p.close, Expected: 0.3, Unit: "share",
			Text: weigh.Share(p.close, "of the prompts are nearly the same as one shortly before, and %s are not the same.", words.Percent(max(p.distinct, 0))),
		})
	case p.inputSpread >= 0 && p.distinct < 0:
		// A load test that sends one input has no spread at all.
		e.Add(weigh.Prompts, weigh.Ramp(p.inputSpread, 0.05, 0.2, 0.8, -1)+weigh.Ramp(p.inputSpread, 0.003, 0.01, -2, 0), schemas.Feature{
			Name: "input_variation", Observed: p.inputSpread, Expected: 0.3, Unit: "deviation of the logarithm",
			Text: fmt.Sprintf("The length of the input varies by %s.", weigh.Varies(p.inputSpread)),
		})
	}
}
