package extraction

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/score"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// State is what is kept of a principal, less than 1.7 KiB.
type State struct {
	open [2]hour
	// known is a sample of the prompts of all hours.
	known memory
	// volume is the baseline of the calls in an hour.
	volume score.Stream
	day    day
	// last is the time of the last call, Unix nanoseconds.
	last int64
	// peerCalls and peerRatio are the cohort's figures when the last window
	// closed; 0 is not known.
	peerCalls, peerRatio float32
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
	minutes [60]uint16
	// models and users are bitmaps of hashes.
	models, users uint64
	// temperatures and biases are bitmaps of the settings that were used.
	temperatures, biases uint32
	input, output        uint64
	// inputMean and inputM2 are the moments of the input tokens.
	inputMean, inputM2 float32
	calls              uint32
	// The number of calls that stated a field, and of those for which it was
	// so: see observe.
	prompted, sampled, repeated        uint32
	messaged, single                   uint32
	metered, one                       uint32
	finished, pinned                   uint32
	probed, logprobs, biased, multiple uint32
	tools                              uint32
	requestBytes, responseBytes        uint64
	weighed                            uint32
}

// The rules.
const (
	harvest = iota
	logits
	sustained
	rules
)

// observe adds one successful call to the hour.
func (h *hour) observe(x *detectors.Context, s *State, ev *schemas.Event) {
	h.calls++
	if m := &h.minutes[uint64(ev.Time-x.WindowStart)/uint64(time.Minute)%60]; *m < math.MaxUint16 {
		*m++
	}
	h.models |= 1 << bit(ev.Model)
	if ev.EndUser != "" {
		h.users |= 1 << bit(ev.EndUser)
	}
	s.last = max(s.last, ev.Time)
	h.prompt(x, s, ev)
	h.tokens(ev)
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
	sampled, repeated := s.known.See(uint32(hash), uint8(x.WindowStart/int64(x.Window)))
	if sampled {
		h.sampled++
	}
	if repeated {
		h.repeated++
	}
}

// tokens adds what went in and came out.
func (h *hour) tokens(ev *schemas.Event) {
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
	h.input += uint64(input)
	h.output += uint64(min(max(ev.OutputTokens, 0), 1e9))
	diff := float32(input) - h.inputMean
	h.inputMean += diff / float32(h.metered)
	h.inputM2 += diff * (float32(input) - h.inputMean)
	if ev.OutputTokens == 1 {
		h.one++
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
