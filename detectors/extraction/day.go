package extraction

import (
	"math"

	"github.com/gatehound/gatehound/detectors/sketch"
)

// day carries the last 24 hours: the calls of each, and sums of which each
// hour loses 1/24.
type day struct {
	// hours has the calls by hour of the day, age the hours since the first.
	hours [24]uint16
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
	tools, users                                         float32
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
		{&d.follows, float64(h.follows)}, {&d.shrinks, float64(h.shrinks)}, {&d.outputs, h.out.squares(metered)}, {&d.sizes, metered * float64(h.in.mean)}, {&d.inputs, h.in.squares(metered)},
		{&d.talked, talked}, {&d.turned, talked * float64(h.turns.mean)}, {&d.turns, h.turns.squares(talked)},
		{&d.along, float64(h.along) + talked*float64(h.turns.mean)*float64(h.in.mean)},
		{&d.metered, float64(h.metered)}, {&d.input, float64(h.input)}, {&d.output, float64(h.output)},
		{&d.finished, float64(h.finished)}, {&d.pinned, float64(h.pinned)},
		{&d.weighed, float64(h.weighed)}, {&d.requestBytes, float64(h.requestBytes)}, {&d.responseBytes, float64(h.responseBytes)},
		{&d.tools, float64(h.tools)}, {&d.users, sketch.Distinct64(h.users)},
	} {
		*v.sum += float32(v.value) - *v.sum/24
	}
}

// active returns how many of the last 24 hours had a call, how even they were
// (their coefficient of variation), and how they scatter as minutes do in pace.
func (d *day) active() (hours int, uneven, scatter float64) {
	var sum, squares float64
	for _, n := range d.hours {
		if n > 0 {
			hours++
		}
		sum += float64(n)
		squares += float64(n) * float64(n)
	}
	mean := sum / 24
	if mean == 0 {
		return 0, 0, -1
	}
	variance := max(squares/24-mean*mean, 0)
	return hours, math.Sqrt(variance) / mean, variance/mean + math.Sqrt(2./24)
}

// busy returns in how many of the last 24 hours there was half of
// the mean of all and more.
func (d *day) busy() int {
	sum, busy := 0, 0
	for _, n := range d.hours {
		sum += int(n)
	}
	for _, n := range d.hours {
		if n > 0 && 48*int(n) >= sum {
			busy++
		}
	}
	return busy
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
		p.grown = continued(float64(d.follows), float64(d.shrinks), n)
		if d.cacheable >= enough {
			p.cached = float64(d.cached / d.cacheable)
		}
		if t := float64(d.talked); t >= enough {
			turned := float64(d.turned) / t
			p.grown = max(p.grown, grown(p.single, float64(d.along)-t*turned*mean, float64(d.turns)-t*turned*turned, squares))
		}
	}
	for _, n := range d.hours {
		p.calls += float64(n)
	}
	if p.take = p.calls; p.output >= 0 {
		p.take = p.calls * p.output / answer
	}
	if d.sampled >= 8 {
		p.repeated = float64(d.repeated / d.sampled)
	}
	if d.weighed >= enough {
		p.bytes = float64(d.responseBytes / d.requestBytes)
	}
	return p
}
