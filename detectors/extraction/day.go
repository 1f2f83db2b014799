package extraction

import (
	"math"

	"github.com/gatehound/gatehound/detectors/extraction/internal/clock"
	"github.com/gatehound/gatehound/detectors/extraction/internal/talk"
	"github.com/gatehound/gatehound/detectors/extraction/internal/yield"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// day carries the last 24 hours: the calls of each, and sums of which each
// hour loses 1/24.
type day struct {
	// hours has the calls by hour of the day, age the hours since the first.
	hours clock.Hours
	age   uint16
	calls float32

	prompted, different, sampled, repeated, top float32
	messaged, single                            float32
	metered, input, output, cached              float32
	// sizes is the sum of the logarithms of the input tokens, turned that of the
	// messages; inputs, outputs, turns and along are those of
	// squares and products.
	talked, sizes, inputs, outputs, turned, turns, along float32
	follows, shrinks, cacheable                          float32
	finished, pinned                                     float32
	weighed, requestBytes, responseBytes                 float32
	tools, users, paid, units                            float32
}

// add closes an hour, the n-th since the epoch.
func (d *day) add(h *hour, n int64) {
	d.hours[n%24] = uint16(min(h.calls, math.MaxUint16))
	if d.age < math.MaxUint16 {
		d.age++
	}
	metered, talked := float64(h.metered), float64(h.talked)
	for _, v := range []struct {
		sum   *float32
		value float64
	}{
		{&d.calls, float64(h.calls)}, {&d.prompted, float64(h.prompted)},
		{&d.different, min(h.prompts.Count(), float64(h.prompted))},
		{&d.sampled, float64(h.sampled)}, {&d.repeated, float64(h.repeated)},
		{&d.top, float64(h.templates.Max().Count)},
		{&d.messaged, float64(h.messaged)}, {&d.single, float64(h.single)},
		{&d.cached, float64(h.cached)}, {&d.cacheable, float64(h.cacheable)},
		{&d.follows, float64(h.follows)}, {&d.shrinks, float64(h.shrinks)}, {&d.outputs, h.out.Squares(metered)}, {&d.sizes, metered * float64(h.in.Mean)}, {&d.inputs, h.in.Squares(metered)},
		{&d.talked, talked}, {&d.turned, talked * float64(h.turns.Mean)}, {&d.turns, h.turns.Squares(talked)},
		{&d.along, float64(h.along) + talked*float64(h.turns.Mean)*float64(h.in.Mean)},
		{&d.metered, float64(h.metered)}, {&d.input, float64(h.input)}, {&d.output, float64(h.output)},
		{&d.finished, float64(h.finished)}, {&d.pinned, float64(h.pinned)},
		{&d.weighed, float64(h.weighed)}, {&d.requestBytes, float64(h.requestBytes)}, {&d.responseBytes, float64(h.responseBytes)},
		{&d.paid, float64(h.paid)}, {&d.units, float64(h.units)},
		{&d.tools, float64(h.tools)}, {&d.users, sketch.Distinct64(h.users)},
	} {
		*v.sum += float32(v.value) - *v.sum/24
	}
}

// price returns what a million tokens of the day cost in dollars, 0 if that is not
// known.
func (d *day) price() float64 {
	if d.metered < enough || !(d.units > 0) {
		return 0
	}
	return 1e6 * float64(d.paid/d.units)
}

// profile sums up the day; single hours are no part of it.
func (d *day) profile() profile {
	of := func(k, n float32) float64 {
		if n < enough {
			return -1
		}
		return float64(k / n)
	}
	p := profile{
		distinct: of(d.different, d.prompted), template: of(d.top, d.prompted), repeated: -1,
		single: of(d.single, d.messaged), grown: -1, cached: -1, pinned: of(d.pinned, d.finished), one: -1,
		input: of(d.input, d.metered), output: of(d.output, d.metered), inputSpread: -1, bytes: -1,
		scatter: -1, logprobs: -1, biased: -1, multiple: -1, tools: of(d.tools, d.calls),
		close: -1, distanceSpread: -1, outputSpread: -1, reasoned: -1, short: -1, ends: -1,
		users: float64(d.users) / 24, model: -1,
	}
	if d.metered >= enough {
		n := float64(d.metered)
		mean := float64(d.sizes) / n
		squares := max(float64(d.inputs)-n*mean*mean, 0)
		p.inputSpread = math.Sqrt(squares / n)
		p.outputSpread = math.Sqrt(max(float64(d.outputs)/n-p.output*p.output, 0)) / max(p.output, 1)
		p.grown = talk.Continued(float64(d.follows), float64(d.shrinks), n)
		if d.cacheable >= enough {
			p.cached = float64(d.cached / d.cacheable)
		}
		if t := float64(d.talked); t >= enough {
			turned := float64(d.turned) / t
			p.grown = max(p.grown, talk.Grown(p.single, float64(d.along)-t*turned*mean, float64(d.turns)-t*turned*turned, squares))
		}
	}
	for _, n := range d.hours {
		p.calls += float64(n)
	}
	if p.take = p.calls; p.output >= 0 {
		p.take = p.calls * p.output / yield.Answer
	}
	if d.sampled >= 8 {
		p.repeated = float64(d.repeated / d.sampled)
	}
	if d.weighed >= enough {
		p.bytes = float64(d.responseBytes / d.requestBytes)
	}
	return p
}
