package extraction

import (
	"math/bits"

	"github.com/gatehound/gatehound/detectors/extraction/internal/talk"
	"github.com/gatehound/gatehound/detectors/extraction/internal/yield"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// profile is how a principal behaved, in an hour or in a day. A share or mean
// is -1 if the log does not state enough to tell.
type profile struct {
	calls float64
	// distinct is the share of prompts that are different from one another,
	// repeated the share that was sent in earlier hours, template the share of
	// the most frequent template.
	distinct, repeated, template float64
	// single is the share of conversations of a single turn, grown the share of
	// calls with more of them in conversations whose input grows with them, cached
	// that of the calls whose input was cached in good part.
	single, grown, cached float64
	// close is the share of prompts near to one before, distanceSpread the
	// coefficient of variation of the distances.
	close, distanceSpread float64
	// reasoned is the share of prompts that ask for the reasoning.
	reasoned float64
	// take is what was taken, in answers of 250 tokens; calls if the log has no
	// tokens.
	take float64
	// input and output are mean tokens, pinned the share of answers that ended
	// at their limit, one the share that was one token long
	// for each choice.
	input, output, pinned, one float64
	// short is the share of answers of up to five tokens a choice, ends that of calls with a
	// temperature at an end of the scale.
	short, ends float64
	// inputSpread is the standard deviation of the logarithm of the input tokens,
	// outputSpread the coefficient of variation of the output tokens.
	inputSpread, outputSpread float64
	// bytes is the mean of response bytes over request bytes.
	bytes float64
	// scatter is the variance of the calls in a minute over their mean: 1 of
	// independent calls, near 0 of a clock or of a pool of workers.
	scatter float64
	// logprobs, biased, multiple and tools are shares of calls; biases and
	// temperatures count different settings.
	logprobs, biased, multiple, tools float64
	biases, temperatures              float64
	// minutes is how many minutes of the hour had a call, last the last one.
	minutes, last float64
	models, users float64
	// model is the bit of the model that most calls were of, -1 if none was.
	model int
}

// enough is how many calls a share rests on at least: HODA (Sadeghzadeh et
// al. 2021) tells an attack from 100 samples.
const enough = 100

// share returns k of n, or -1 if n is too few.
func share(k, n uint32) float64 {
	if n < enough {
		return -1
	}
	return float64(k) / float64(n)
}

// take returns what was taken in the hour.
func (h *hour) take() float64 {
	if h.metered == 0 {
		return float64(h.calls)
	}
	return float64(h.output) / yield.Answer
}

// profile sums up the hour.
func (h *hour) profile() profile {
	p := profile{
		calls: float64(h.calls), distinct: -1, repeated: -1, template: -1, inputSpread: -1, outputSpread: -1,
		grown: -1, cached: -1, close: share(h.close, h.compared), distanceSpread: -1, model: -1,
		reasoned: share(h.reasoned, h.prompted), take: float64(h.calls), short: share(h.short, h.metered), ends: share(h.ends, h.calls),
		input: -1, output: -1, bytes: -1,
		single: share(h.single, h.messaged), pinned: share(h.pinned, h.finished), one: share(h.one, h.metered),
		logprobs: share(h.logprobs, h.probed), biased: share(h.biased, h.probed),
		multiple: share(h.multiple, h.calls), tools: share(h.tools, h.calls),
		biases:       float64(bits.OnesCount32(h.biases)),
		temperatures: float64(bits.OnesCount32(h.temperatures)),
		models:       sketch.Distinct64(h.models), users: sketch.Distinct64(h.users),
	}
	p.minutes, p.last, p.scatter = h.minutes.Pace()
	if h.prompted >= enough {
		p.distinct = min(h.prompts.Count()/float64(h.prompted), 1)
		top := h.templates.Max()
		p.template = float64(top.Count-top.Error) / float64(h.templates.Total)
	}
	// The sample thins out as the prompts become many; below 8 it says little.
	if h.sampled >= 8 {
		p.repeated = float64(h.repeated) / float64(h.sampled)
	}
	if h.metered >= enough {
		p.input, p.output = float64(h.input)/float64(h.metered), float64(h.output)/float64(h.metered)
		p.inputSpread, p.outputSpread = h.in.Deviation(h.metered), h.out.Spread(h.metered)
		p.take = p.output * p.calls / yield.Answer
		p.grown = max(talk.Grown(p.single, float64(h.along), float64(h.turns.M2), float64(h.in.M2)),
			talk.Continued(float64(h.follows), float64(h.shrinks), float64(h.metered)))
		if h.cacheable >= enough {
			p.cached = float64(h.cached) / float64(h.cacheable)
		}
	}
	if h.compared >= enough {
		p.distanceSpread = h.distances.Spread(h.compared)
	}
	// Most calls were of the model if its lead is a fifth and more.
	if h.lead >= max(h.calls/5, 1) {
		p.model = int(h.model)
	}
	if h.weighed >= enough {
		p.bytes = float64(h.responseBytes) / float64(h.requestBytes)
	}
	return p
}
