package extraction

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// group is a kind of behaviour: evidence of two groups is independent.
type group uint8

const (
	volume group = iota
	prompts
	conversation
	answers
	timing
	sampling
	context
	groups
)

// evidence is what a feature says: for extraction if weight is above 0.
type evidence struct {
	group  group
	weight float64
	schemas.Feature
}

// sum is the evidence about one principal. Weights are natural logarithms of
// how much likelier a figure is of an extraction than of honest use at that
// volume, judged by hand from the published figures in the README and clipped,
// so that none of them decides alone.
type sum struct {
	all   []evidence
	total float64
}

// add takes in a feature with its weight, already clipped.
func (s *sum) add(g group, weight float64, f schemas.Feature) {
	if math.Abs(weight) < 0.05 {
		return
	}
	s.all = append(s.all, evidence{g, weight, f})
	s.total += weight
}

// behaviours counts the kinds of behaviour, volume apart, that speak clearly
// for extraction.
func (s *sum) behaviours() int {
	var by [groups]float64
	for _, e := range s.all {
		by[e.group] += e.weight
	}
	n := 0
	for g := prompts; g < context; g++ {
		if by[g] >= 0.45 {
			n++
		}
	}
	return n
}

// confidence maps the sum to a probability: a half at 4.
func (s *sum) confidence() float64 { return min(0.99, 1/(1+math.Exp(4-s.total))) }

// features returns the features that spoke for it, by falling weight. Their
// weights are shares that sum to 1.
func (s *sum) features() []schemas.Feature {
	slices.SortStableFunc(s.all, func(a, b evidence) int { return cmp.Compare(b.weight, a.weight) })
	var positive float64
	for _, e := range s.all {
		positive += max(e.weight, 0)
	}
	var out []schemas.Feature
	for _, e := range s.all {
		if e.weight > 0 {
			e.Weight = e.weight / positive
			out = append(out, e.Feature)
		}
	}
	return out
}

// ramp maps v linearly from a..b to from..to and stays there beyond.
func ramp(v, a, b, from, to float64) float64 {
	return from + (to-from)*min(max((v-a)/(b-a), 0), 1)
}

// prompts judges what was asked.
func (s *sum) prompts(p *profile) {
	if p.distinct >= 0 {
		s.add(prompts, ramp(p.distinct, 0.25, 0.75, -3, 1), schemas.Feature{
			Name: "distinct_prompts", Observed: p.distinct, Expected: 0.7, Unit: "share",
			Text: shareOf(p.distinct, "of the prompts are different from one another."),
		})
	}
	if p.template >= 0.5 && p.distinct >= 0.8 {
		s.add(prompts, ramp(p.template, 0.5, 0.8, 0, 0.3), schemas.Feature{
			Name: "template_share", Observed: p.template, Expected: 0.5, Unit: "share",
			Text: shareOf(p.template, "of the prompts are one template with other contents."),
		})
	}
	if p.repeated >= 0.2 {
		s.add(context, ramp(p.repeated, 0.2, 0.5, 0, -4), schemas.Feature{
			Name: "known_prompts", Observed: p.repeated, Expected: 0.2, Unit: "share",
			Text: shareOf(p.repeated, "of the prompts were sent in earlier hours too, as a fixed set of tests is."),
		})
	}
	if p.single >= 0 {
		s.add(conversation, ramp(p.single, 0.5, 0.95, -2, 0.5), schemas.Feature{
			Name: "single_turn", Observed: p.single, Expected: 0.8, Unit: "share",
			Text: shareOf(p.single, "of the conversations are a single turn."),
		})
	}
	if p.tools >= 0.3 {
		s.add(context, ramp(p.tools, 0.3, 0.6, 0, -1.5), schemas.Feature{
			Name: "tools", Observed: p.tools, Expected: 0.3, Unit: "share",
			Text: shareOf(p.tools, "of the calls offer tools, as agents do."),
		})
	}
	if p.users >= 10 {
		s.add(context, ramp(p.users, 10, 30, 0, -1), schemas.Feature{
			Name: "end_users", Observed: p.users, Expected: 10, Unit: "users",
			Text: fmt.Sprintf("About %s stand behind the key, as an application's do.", words.Count(p.users, "end user")),
		})
	}
}

// answers judges what came back, against the peers' ratio of output to input.
func (s *sum) answers(p *profile, peers float64) {
	peers = max(peers, 1)
	switch {
	case p.output >= 0:
		ratio := p.output / max(p.input, 1)
		weight := math.Log(max(ratio, 0.01)/peers) + 0.5*math.Log(max(p.output, 1)/250)
		s.add(answers, min(max(weight, -3), 3), schemas.Feature{
			Name: "output_ratio", Observed: ratio, Expected: peers, Unit: "tokens out per token in",
			Text: fmt.Sprintf("Answers have %s tokens on average, %s for each token of the prompt (usual is %s or less).",
				words.Number(p.output), words.Number(ratio), words.Number(peers)),
		})
	case p.bytes >= 0:
		// Bytes have headers and frames in them, and count half.
		s.add(answers, min(max(0.5*math.Log(max(p.bytes, 0.01)/(2*peers)), -1.5), 1.5), schemas.Feature{
			Name: "response_ratio", Observed: p.bytes, Expected: 2 * peers, Unit: "bytes out per byte in",
			Text: fmt.Sprintf("Responses have %s bytes for each byte of the request (the log has no tokens).", words.Number(p.bytes)),
		})
	}
	if p.pinned >= 0.2 && p.output >= 50 {
		s.add(answers, ramp(p.pinned, 0.2, 0.6, 0, 0.7), schemas.Feature{
			Name: "length_limited", Observed: p.pinned, Expected: 0.2, Unit: "share",
			Text: shareOf(p.pinned, "of the answers go up to their limit."),
		})
	}
}

// timing judges how regular the calls came.
func (s *sum) timing(scatter float64, unit string) {
	if scatter < 0 {
		return
	}
	weight := ramp(scatter, 0.4, 0.8, 0.8, 0)
	if scatter > 3 {
		weight = ramp(math.Log(scatter), math.Log(3), math.Log(30), 0, -0.7)
	}
	text := fmt.Sprintf("The calls of %s scatter %s times as much as independent calls would.", unit, words.Number(scatter))
	if scatter < 0.8 {
		text = fmt.Sprintf("The calls come like clockwork: those of %s scatter %s as much as independent calls would.", unit, words.Percent(scatter))
	}
	s.add(timing, weight, schemas.Feature{
		Name: "regularity", Observed: scatter, Expected: 1, Unit: "variance / mean", Text: text,
	})
}

// sampling judges settings that show more of the model than an answer.
func (s *sum) sampling(p *profile) {
	if p.logprobs >= 0.1 {
		s.add(sampling, ramp(p.logprobs, 0.1, 0.5, 0, 1), schemas.Feature{
			Name: "logprobs", Observed: p.logprobs, Expected: 0.05, Unit: "share",
			Text: shareOf(p.logprobs, "of the calls ask for log probabilities."),
		})
	}
	if p.multiple >= 0.2 {
		s.add(sampling, ramp(p.multiple, 0.2, 0.6, 0, 0.6), schemas.Feature{
			Name: "several_choices", Observed: p.multiple, Expected: 0.05, Unit: "share",
			Text: shareOf(p.multiple, "of the calls ask for several answers to one prompt."),
		})
	}
}
