package extraction

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/extraction/internal/clock"
	"github.com/gatehound/gatehound/detectors/extraction/internal/moments"
	"github.com/gatehound/gatehound/detectors/extraction/internal/peers"
	"github.com/gatehound/gatehound/detectors/extraction/internal/recall"
	"github.com/gatehound/gatehound/detectors/extraction/internal/talk"
	"github.com/gatehound/gatehound/detectors/score"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// State is what is kept of a principal, less than 2 KiB.
type State struct {
	open [2]hour
	// known is a sample of the prompts of all hours, near of the latest ones.
	known recall.Memory
	near  recall.Neighbours
	// volume is the baseline of the calls in an hour.
	volume score.Stream
	day    day
	past   past
	// last is the time of the last call, Unix nanoseconds, before what it took.
	last   int64
	before talk.Last
	// peers are the cohort's figures when the last window closed.
	peers peers.Figures
	// watched is for how many hours the gateway was watched by then.
	watched uint16
	// said is the hour, since the epoch, in which each rule spoke last, and how
	// severe it was.
	said   [rules]uint32
	severe [rules]schemas.Severity
}

// hour has the figures of one open window.
type hour struct {
	prompts   sketch.HLL64
	templates sketch.TopK8
	// minutes has the calls of each minute.
	minutes clock.Minutes
	// models and users are bitmaps of hashes.
	models, users uint64
	// temperatures and biases are bitmaps of the settings that were used.
	temperatures, biases uint32
	input, output        uint64
	// in are the moments of the logarithms of the input tokens, out those of the
	// output tokens.
	in, out moments.Moments
	// turns are the moments of the messages of a call, along the moments with
	// the input tokens: in conversations that grow, both do.
	turns moments.Moments
	along float32
	// distances are the moments of the distances to the nearest neighbours.
	distances moments.Moments
	calls     uint32
	// model is the model that most calls were of, if any is, by its bit, and lead
	// how many more they were (Boyer and Moore: MJRTY, 1981).
	model uint8
	lead  uint32
	// The number of calls that stated a field, and of those for which it was
	// so: see observe.
	prompted, sampled, repeated        uint32
	messaged, single                   uint32
	metered, one                       uint32
	finished, pinned                   uint32
	probed, logprobs, biased, multiple uint32
	tools, reasoned, ends              uint32
	compared, close, short, talked     uint32
	// follows are the calls whose input is that of the call before, its answer and
	// something more; shrinks those of whose input as much is gone.
	// cached are the calls of whose input a quarter and more was cached.
	follows, shrinks, cacheable, cached uint32
	requestBytes, responseBytes         uint64
	weighed                             uint32
	// paid is what the calls cost in dollars, units the tokens of that, one out
	// as four in, which is about what they cost.
	paid, units float32
}

// The rules.
const (
	harvest = iota
	logits
	sustained
	reasoning
	membership
	rules
)

// observe adds one successful call to the hour.
func (h *hour) observe(x *detectors.Context, s *State, ev *schemas.Event) {
	h.calls++
	if n := &h.minutes[uint64(ev.Time-x.WindowStart)/uint64(time.Minute)%60]; *n < math.MaxUint16 {
		*n++
	}
	m := uint8(bit(ev.Model))
	h.models |= 1 << m
	switch {
	case h.lead == 0:
		h.model, h.lead = m, 1
	case h.model == m:
		h.lead++
	default:
		h.lead--
	}
	if ev.EndUser != "" {
		h.users |= 1 << bit(ev.EndUser)
	}
	s.last = max(s.last, ev.Time)
	h.prompt(x, s, ev)
	h.tokens(s, ev)
	h.parameters(ev)
}

// prompt adds what is known of the prompt.
func (h *hour) prompt(x *detectors.Context, s *State, ev *schemas.Event) {
	if ev.Has(schemas.HasMessages) || ev.Messages > 0 {
		h.messaged++
		// A system message and a question are a single turn.
		if ev.Messages <= 2 {
			h.single++
		}
	}
	if ev.PromptFingerprint == 0 {
		return
	}
	h.prompted++
	hash := sketch.Mix(ev.PromptFingerprint)
	h.prompts.Add(hash)
	h.templates.Add(ev.TemplateFingerprint)
	if ev.PromptSignals&schemas.SignalReasoning != 0 {
		h.reasoned++
	}
	sampled, repeated := s.known.See(uint32(hash), uint8(x.WindowStart/int64(x.Window)))
	if sampled {
		h.sampled++
	}
	if repeated {
		h.repeated++
	}
	if ev.PromptSimHash == 0 {
		return
	}
	if bits, ok := s.near.Nearest(ev.PromptSimHash); ok {
		h.compared++
		h.distances.Add(float32(bits), float32(h.compared))
		if bits <= recall.Nearby {
			h.close++
		}
	}
}

// tokens adds what went in and came out.
func (h *hour) tokens(s *State, ev *schemas.Event) {
	if ev.RequestBytes > 0 && ev.ResponseBytes > 0 {
		h.weighed++
		h.requestBytes += uint64(min(ev.RequestBytes, 1<<40))
		h.responseBytes += uint64(min(ev.ResponseBytes, 1<<40))
	}
	if ev.InputTokens <= 0 || !ev.Has(schemas.HasOutputTokens) && ev.OutputTokens == 0 {
		return
	}
	h.metered++
	// No model takes a billion tokens; a lie must not overflow the sums.
	input := min(ev.InputTokens, 1e9)
	// What a model thought and did not say is no answer.
	output := min(max(ev.OutputTokens-max(ev.ReasoningTokens, 0), 0), 1e9)
	h.input += uint64(input)
	h.output += uint64(output)
	n := float32(h.metered)
	size := float32(math.Log(float64(input)))
	h.in.Add(size, n)
	h.out.Add(float32(output), n)
	switch s.before.Next(float32(input), float32(output)) {
	case talk.Follows:
		h.follows++
	case talk.Shrinks:
		h.shrinks++
	}
	if ev.Messages > 0 {
		h.talked++
		turns := float32(min(ev.Messages, 1000))
		before := turns - h.turns.Mean
		h.turns.Add(turns, float32(h.talked))
		h.along += before * (size - h.in.Mean)
	}
	if ev.Has(schemas.HasCachedTokens) || ev.CachedTokens > 0 {
		h.cacheable++
		if 4*ev.CachedTokens >= input {
			h.cached++
		}
	}
	if ev.Cost > 0 {
		h.paid += float32(min(ev.Cost, 1e6))
		h.units += float32(input + 4*min(max(ev.OutputTokens, 0), 1e9))
	}
	choices := max(int64(ev.Choices), 1)
	if ev.OutputTokens > 0 && ev.OutputTokens <= choices {
		h.one++
	}
	if ev.OutputTokens <= 5*choices {
		h.short++
	}
	if ev.FinishReason != "" || ev.MaxTokens > 0 {
		h.finished++
		if ev.FinishReason == "length" || ev.FinishReason == "max_tokens" ||
			ev.MaxTokens > 0 && ev.OutputTokens >= int64(ev.MaxTokens)-1 {
			h.pinned++
		}
	}
}

// parameters adds how the answer was to be sampled.
func (h *hour) parameters(ev *schemas.Event) {
	if ev.Tools > 0 {
		h.tools++
	}
	if ev.Has(schemas.HasTemperature) || ev.Temperature > 0 {
		h.temperatures |= 1 << uint(min(max(ev.Temperature*10, 0), 31))
		if ev.Temperature == 0 || ev.Temperature >= 1.5 {
			h.ends++
		}
	}
	probing := ev.Logprobs || ev.TopLogprobs > 0
	if ev.LogitBias > 0 {
		h.biased++
		h.biases |= 1 << (uint32(ev.LogitBias) % 32)
	}
	if probing {
		h.logprobs++
	}
	if ev.Choices > 1 {
		h.multiple++
	}
	// A log that states a setting anywhere states that it was not used.
	if probing || ev.LogitBias > 0 || ev.Known&(schemas.HasLogprobs|schemas.HasTopLogprobs|schemas.HasLogitBias) != 0 {
		h.probed++
	}
}

// bit returns one of 64 bits for a name.
func bit(name string) uint64 {
	h := uint64(len(name))
	for i := max(0, len(name)-16); i < len(name); i++ {
		h = h*31 + uint64(name[i])
	}
	return sketch.Mix(h) >> 58
}
