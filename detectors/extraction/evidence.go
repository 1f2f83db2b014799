package extraction

import (
	"fmt"
	"math"

	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
	"github.com/gatehound/gatehound/detectors/extraction/internal/yield"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// sum is the evidence about one principal.
type sum struct{ weigh.Sum }

// prompts judges what was asked.
func (s *sum) prompts(p *profile) {
	if p.distinct >= 0 {
		s.Add(weigh.Prompts, weigh.Ramp(p.distinct, 0.25, 0.75, -3, 1), schemas.Feature{
			Name: "distinct_prompts", Observed: p.distinct, Expected: 0.7, Unit: "share",
			Text: weigh.Share(p.distinct, "of the prompts are different from one another."),
		})
	}
	if p.template >= 0.5 && p.distinct >= 0.8 {
		s.Add(weigh.Prompts, weigh.Ramp(p.template, 0.5, 0.8, 0, 0.3), schemas.Feature{
			Name: "template_share", Observed: p.template, Expected: 0.5, Unit: "share",
			Text: weigh.Share(p.template, "of the prompts are one template with other contents."),
		})
	}
	if p.close >= 0.5 && p.distinct >= 0.8 && p.template < 0.5 {
		s.Add(weigh.Prompts, weigh.Ramp(p.close, 0.5, 0.8, 0, 0.3), schemas.Feature{
			Name: "near_duplicates", Observed: p.close, Expected: 0.5, Unit: "share",
			Text: weigh.Share(p.close, "of the prompts are nearly the same as one shortly before."),
		})
	}
	if p.close < 0.02 && p.close >= 0 && p.distanceSpread < 0.15 && p.distinct >= 0.9 {
		s.Add(weigh.Prompts, 0.3, schemas.Feature{
			Name: "prompt_distances", Observed: p.distanceSpread, Expected: 0.25, Unit: "deviation / mean",
			Text: fmt.Sprintf("The distances between the prompts vary by %s, less than those of what people write.", weigh.Varies(p.distanceSpread)),
		})
	}
	if p.repeated >= 0.2 {
		s.Add(weigh.Context, weigh.Ramp(p.repeated, 0.2, 0.5, 0, -4), schemas.Feature{
			Name: "known_prompts", Observed: p.repeated, Expected: 0.2, Unit: "share",
			Text: weigh.Share(p.repeated, "of the prompts were sent in earlier hours too, as a fixed set of tests is."),
		})
	}
	s.conversation(p)
	if p.tools >= 0.3 {
		s.Add(weigh.Context, weigh.Ramp(p.tools, 0.3, 0.6, 0, -0.3), schemas.Feature{
			Name: "tools", Observed: p.tools, Expected: 0.3, Unit: "share",
			Text: weigh.Share(p.tools, "of the calls offer tools, as agents do."),
		})
	}
	if p.users > 3 {
		s.Add(weigh.Context, weigh.Ramp(p.users, 3, 15, 0, -0.3), schemas.Feature{
			Name: "end_users", Observed: p.users, Expected: 3, Unit: "users",
			Text: fmt.Sprintf("About %s stand behind the key, as an application's do.", words.Count(p.users, "end user")),
		})
	}
}

// conversation judges whether people talk. Anybody can send several messages, so
// that alone says nothing; in conversations the input grows with the messages,
// which costs tokens.
func (s *sum) conversation(p *profile) {
	if p.single >= 0 {
		s.Add(weigh.Conversation, weigh.Ramp(p.single, 0.5, 0.95, 0, 0.5), schemas.Feature{
			Name: "single_turn", Observed: p.single, Expected: 0.8, Unit: "share",
			Text: weigh.Share(p.single, "of the conversations are a single turn."),
		})
	}
	if p.grown >= 0.05 {
		s.Add(weigh.Conversation, weigh.Ramp(p.grown, 0.05, 0.4, 0, -2), schemas.Feature{
			Name: "grown", Observed: p.grown, Expected: 0.05, Unit: "share",
			Text: weigh.Share(p.grown, "of the calls go on with a conversation, and their input grows with it."),
		})
	}
	if p.single < 0 && p.cached < 0.1 && p.grown >= 0 && p.grown < 0.05 {
		s.Add(weigh.Conversation, 0.45, schemas.Feature{
			Name: "fresh_calls", Observed: 1 - p.grown, Expected: 0.95, Unit: "share",
			Text: "The calls do not go on where another ended, as those of conversations do.",
		})
	}
	if p.cached >= 0.05 {
		s.Add(weigh.Conversation, weigh.Ramp(p.cached, 0.05, 0.3, 0, -1), schemas.Feature{
			Name: "cached_input", Observed: p.cached, Expected: 0.05, Unit: "share",
			Text: weigh.Share(p.cached, "of the calls had their input cached, as in conversations and retrieval."),
		})
	}
}

// answers judges what came back, against the upper quartile of the peers' yields
// and their 97th percentile, 0 if they are not known.
func (s *sum) answers(p *profile, peers, high float64) {
	peers = max(peers, 0)
	switch {
	case p.output >= 0:
		ratio, usual := p.output/max(p.input, 1), yield.Answer*math.Exp(peers)
		given := yield.Of(p.input, p.output)
		weight := min(max(given-peers, -3), 2.2)
		if weight > 0 && high > peers {
			weight += weigh.Ramp(given, peers, high, 0, 0.6)
		}
		s.Add(weigh.Answers, weight, schemas.Feature{
			Name: "long_answers", Observed: p.output, Expected: usual, Unit: "tokens out per call",
			Text: fmt.Sprintf("Answers have %s tokens on average, %s for each token of the prompt (usual are up to %s).",
				words.Number(p.output), words.Number(ratio), words.Number(math.Round(usual))),
		})
	case p.bytes >= 0:
		// Bytes have headers and frames in them, and count half.
		usual := 2 * math.Exp(peers)
		s.Add(weigh.Answers, min(max(0.5*math.Log(max(p.bytes, 0.01)/usual), -1.5), 1.5), schemas.Feature{
			Name: "response_ratio", Observed: p.bytes, Expected: usual, Unit: "bytes out per byte in",
			Text: fmt.Sprintf("Responses have %s bytes for each byte of the request (the log has no tokens).", words.Number(p.bytes)),
		})
	}
	if p.pinned >= 0.2 && p.output >= 50 {
		s.Add(weigh.Answers, weigh.Ramp(p.pinned, 0.2, 0.6, 0, 0.3), schemas.Feature{
			Name: "length_limited", Observed: p.pinned, Expected: 0.2, Unit: "share",
			Text: weigh.Share(p.pinned, "of the answers go up to their limit."),
		})
	}
}

// sampling judges settings that show more of the model than an yield.Answer, and prompts
// that ask for its reasoning.
func (s *sum) sampling(p *profile) {
	if p.reasoned >= 0.1 {
		s.Add(weigh.Sampling, weigh.Ramp(p.reasoned, 0.1, 0.4, 0, 1), schemas.Feature{
			Name: "reasoning_asked", Observed: p.reasoned, Expected: 0.05, Unit: "share",
			Text: weigh.Share(p.reasoned, "of the prompts ask for the reasoning behind an answer."),
		})
	}
	if p.models >= 4 {
		s.Add(weigh.Sampling, weigh.Ramp(p.models, 4, 8, 0.1, 0.4), schemas.Feature{
			Name: "models", Observed: p.models, Expected: 2, Unit: "models",
			Text: fmt.Sprintf("The calls cover %s.", words.Count(p.models, "model")),
		})
	}
	if p.logprobs >= 0.1 {
		s.Add(weigh.Sampling, weigh.Ramp(p.logprobs, 0.1, 0.5, 0, 1), schemas.Feature{
			Name: "logprobs", Observed: p.logprobs, Expected: 0.05, Unit: "share",
			Text: weigh.Share(p.logprobs, "of the calls ask for log probabilities."),
		})
	}
	if p.multiple >= 0.2 {
		s.Add(weigh.Sampling, weigh.Ramp(p.multiple, 0.2, 0.6, 0, 0.6), schemas.Feature{
			Name: "several_choices", Observed: p.multiple, Expected: 0.05, Unit: "share",
			Text: weigh.Share(p.multiple, "of the calls ask for several answers to one prompt."),
		})
	}
}
