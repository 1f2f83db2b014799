package extraction

import (
	"math"
	"math/bits"

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
	// single is the share of conversations of a single turn.
	single float64
	// input and output are mean tokens, pinned the share of answers that ended
	// at their limit, one the share that was one token long.
	input, output, pinned, one float64
	// inputSpread is the coefficient of variation of the input tokens.
	inputSpread float64
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

// profile sums up the hour.
func (h *hour) profile() profile {
	p := profile{
		calls: float64(h.calls), distinct: -1, repeated: -1, template: -1, inputSpread: -1,
		input: -1, output: -1, bytes: -1,
		single: share(h.single, h.messaged), pinned: share(h.pinned, h.finished), one: share(h.one, h.metered),
		logprobs: share(h.logprobs, h.probed), biased: share(h.biased, h.probed),
		multiple: share(h.multiple, h.calls), tools: share(h.tools, h.calls),
		biases:       float64(bits.OnesCount32(h.biases)),
		temperatures: float64(bits.OnesCount32(h.temperatures)),
		models:       sketch.Distinct64(h.models), users: sketch.Distinct64(h.users),
	}
	p.minutes, p.last, p.scatter = h.pace()
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
		p.inputSpread = math.Sqrt(float64(h.inputM2)/float64(h.metered)) / max(float64(h.inputMean), 1)
	}
	if h.weighed >= enough {
		p.bytes = float64(h.responseBytes) / float64(h.requestBytes)
	}
	return p
}

// pace returns how many minutes had a call, the last of them, and how the
// calls of the minutes between the first and the last scatter: the variance
// over the mean, with its standard error added so that few minutes do not look
// regular by chance; -1 if there are too few calls to tell. Unlike the gaps
// between calls it depends neither on the order of events nor on the clock's
// resolution.
func (h *hour) pace() (active, last, scatter float64) {
	first, end := -1, -1
	for m, n := range h.minutes {
		if n > 0 {
			if first < 0 {
				first = m
			}
			end = m
			active++
		}
	}
	between := float64(end - first - 1)
	if between < 10 {
		return active, float64(end), -1
	}
	var sum, squares float64
	for _, n := range h.minutes[first+1 : end] {
		sum += float64(n)
		squares += float64(n) * float64(n)
	}
	mean := sum / between
	if mean < 3 {
		return active, float64(end), -1
	}
	return active, float64(end), (squares/between-mean*mean)/mean + math.Sqrt(2/between)
}

// day carries the last 24 hours: the calls of each, and sums of which each
// hour loses 1/24.
type day struct {
	// hours has the calls by hour of the day, age the hours since the first.
	hours [24]uint16
	age   uint16
	calls float32

	prompted, different, sampled, repeated, top float32
	messaged, single                            float32
	metered, input, output                      float32
	finished, pinned                            float32
	weighed, requestBytes, responseBytes        float32
	tools, users                                float32
}

// add closes an hour, the n-th since the epoch.
func (d *day) add(h *hour, n int64) {
	d.hours[n%24] = uint16(min(h.calls, math.MaxUint16))
	if d.age < math.MaxUint16 {
		d.age++
	}
	for _, v := range []struct {
		sum   *float32
		value float64
	}{
		{&d.calls, float64(h.calls)}, {&d.prompted, float64(h.prompted)},
		{&d.different, min(h.prompts.Count(), float64(h.prompted))},
		{&d.sampled, float64(h.sampled)}, {&d.repeated, float64(h.repeated)},
		{&d.top, float64(h.templates.Max().Count)},
		{&d.messaged, float64(h.messaged)}, {&d.single, float64(h.single)},
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
		single: of(d.single, d.messaged), pinned: of(d.pinned, d.finished), one: -1,
		input: of(d.input, d.metered), output: of(d.output, d.metered), inputSpread: -1, bytes: -1,
		scatter: -1, logprobs: -1, biased: -1, multiple: -1, tools: of(d.tools, d.calls),
		users: float64(d.users) / 24,
	}
	for _, n := range d.hours {
		p.calls += float64(n)
	}
	if d.sampled >= 8 {
		p.repeated = float64(d.repeated / d.sampled)
	}
	if d.weighed >= enough {
		p.bytes = float64(d.responseBytes / d.requestBytes)
	}
	return p
}
