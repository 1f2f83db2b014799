package profile

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// State is what is kept of a principal to make its Profile, some 600 bytes. What
// shows how it behaves fades with a half-life of three days; sums and samples do
// not. A window is an hour.
//
// The counters that fade are in sixteenths of a call, so that a call of yesterday
// can weigh less than one. If one is about to pass 65,535 all are halved, so of a
// busy principal they rest on its last two to four thousand calls.
//
// With a million principals a state is not in the caches, so what every call
// changes is together in front, what traits and prompts change follows, and what
// only the end of a window changes is behind.
type State struct {
	calls, prompted uint32
	// first and last are the times of the first and the last call, in seconds
	// since the epoch.
	first, last   uint32
	input, output uint64
	// tens has the calls of each ten minutes of the open windows.
	tens   [2][6]uint16
	counts [counters]uint16
	// bytes tells that the lengths are of bytes.
	bytes bool
	model model
	// values has of each trait the value of most calls, and of the second most.
	values   [Traits][2]uint32
	networks [places]uint32
	// nets and users are bitmaps of hashes.
	nets, users uint64
	templates   [places]uint32
	phrases     [places]uint32
	prompts     [16]uint32

	// hours are the calls by hour of the day, fading; recent those of the last 24
	// hours, by hour of the day; days those of the last days, that of hour first.
	hours, recent [24]uint16
	days          [8]uint16
	// hour is the last window that was closed, in hours since the epoch.
	hour uint32
	// variance and mean are sums over hours, fading: see fold.
	variance, mean float32
}

// The counters that fade. None is ever above counts[all], those of traits none above
// counts[voted], those of failed requests none above counts[requests].
const (
	requests  = iota // calls, and requests that failed
	failed           // requests that failed
	all              // calls
	voted            // whose traits were counted
	sessions         // that follow the one before soon
	messaged         // whose log states how many messages there were
	single           // … one turn
	metered          // … how many tokens came out
	one              // … one
	finished         // … why the answer ended, or where its limit was
	pinned           // … at its limit
	asked            // … any parameter of the request
	tooled           // … tools
	probed           // … log probabilities or biases
	prompted         // … the prompt
	reasoned         // … asks for the reasoning
	embedded         // embeddings
	inputs           // of each length of the input
	outputs   = inputs + Bins
	traits    = outputs + Bins // two of each trait
	networked = traits + 2*Traits
	templated = networked + places
	phrased   = templated + places
	counters  = phrased + places
)

const (
	// places is how many networks, templates and phrases are kept.
	places = 4
	// unit is what a call adds to a counter.
	unit = 16
	// each is how many calls of a principal are looked at one by one.
	each = 256
	// soon is the longest pause within a session.
	soon = 120 * time.Second
	// tool is the operation of a call of a tool, which is no call of a model.
	tool = "execute_tool"
	// parameters are the fields of which the log of a request's body has some.
	parameters = schemas.HasTools | schemas.HasMessages | schemas.HasMaxTokens | schemas.HasTemperature |
		schemas.HasChoices | schemas.HasLogprobs | schemas.HasTopLogprobs | schemas.HasLogitBias
	// keep is for how long a state is kept after the last call: as long as a
	// campaign is remembered.
	keep = 14 * 24 * 3600
)

// Wants tells whether an event can be of use: it is a request to a model by
// somebody who is named.
func Wants(ev *schemas.Event) bool {
	return ev.Operation != "" && ev.Principal != "" && ev.Operation != tool
}

// Observe adds a request to the state.
func (s *State) Observe(x *detectors.Context, ev *schemas.Event) {
	if !Wants(ev) || !detectors.Named(ev) {
		return
	}
	c := &s.counts
	if c[requests] > math.MaxUint16-unit {
		c[requests], c[failed] = c[requests]/2, c[failed]/2
	}
	c[requests] += unit
	if ev.Status >= 300 {
		c[failed] += unit
		return
	}
	if max(c[all], c[voted]) > math.MaxUint16-4*unit {
		s.halve()
	}
	c[all] += unit
	if s.calls < math.MaxUint32 {
		s.calls++
	}
	s.time(x, ev)
	s.lengths(ev)
	s.answer(ev)
	s.asked(ev)
	s.traits(x, ev)
	s.prompt(ev)
}

// halve makes room in the counters.
func (s *State) halve() {
	for i := all; i < counters; i++ {
		s.counts[i] /= 2
	}
}

// time adds when the call was made.
func (s *State) time(x *detectors.Context, ev *schemas.Event) {
	t := seconds(ev.Time)
	if n := &s.tens[x.Slot&1][min(uint64(max(ev.Time-x.WindowStart, 0))/uint64(10*time.Minute), 5)]; *n < math.MaxUint16 {
		*n++
	}
	if s.first == 0 || t < s.first {
		s.first = t
	}
	// Partitions are not in step: the call before may be the later one.
	if s.last > 0 && max(t, s.last)-min(t, s.last) <= uint32(soon/time.Second) {
		s.counts[sessions] += unit
	}
	s.last = max(s.last, t)
}

// seconds returns a time in seconds since the epoch, at least 1.
func seconds(t int64) uint32 {
	return uint32(min(max(t/int64(time.Second), 1), math.MaxUint32))
}

// lengths adds how much went in and came out: tokens, or bytes as long as the
// log stated no tokens of any call, or else the length of the prompt.
func (s *State) lengths(ev *schemas.Event) {
	c := &s.counts
	in, out := ev.Has(schemas.HasInputTokens) || ev.InputTokens > 0, ev.Has(schemas.HasOutputTokens) || ev.OutputTokens > 0
	switch {
	case in || out:
		if s.bytes {
			// The two do not mix.
			s.bytes = false
			clear(c[inputs:traits])
		}
		if in {
			s.input = add(s.input, ev.InputTokens)
			c[inputs+Bin(ev.InputTokens)] += unit
		}
		if out {
			s.output = add(s.output, ev.OutputTokens)
			c[outputs+Bin(ev.OutputTokens)] += unit
		}
	case s.input > 0 || s.output > 0:
	case ev.RequestBytes > 0 || ev.ResponseBytes > 0:
		s.bytes = true
		if ev.RequestBytes > 0 {
			c[inputs+Bin(ev.RequestBytes/4)] += unit
		}
		if ev.ResponseBytes > 0 {
			c[outputs+Bin(ev.ResponseBytes/4)] += unit
		}
	case ev.PromptLength > 0:
		s.bytes = true
		c[inputs+Bin(int64(ev.PromptLength)/4)] += unit
	}
}

// add adds tokens to a sum. No call has a billion: a lie must not overflow it.
func add(sum uint64, tokens int64) uint64 {
	return min(sum+uint64(min(max(tokens, 0), 1e9)), math.MaxInt64)
}

// answer adds how the answer ended.
func (s *State) answer(ev *schemas.Event) {
	c := &s.counts
	if ev.Has(schemas.HasOutputTokens) || ev.OutputTokens > 0 {
		c[metered] += unit
		if ev.OutputTokens == 1 {
			c[one] += unit
		}
	}
	if ev.FinishReason != "" || ev.MaxTokens > 0 && ev.OutputTokens > 0 {
		c[finished] += unit
		if ev.FinishReason == "length" || ev.FinishReason == "max_tokens" ||
			ev.MaxTokens > 0 && ev.OutputTokens >= int64(ev.MaxTokens)-1 {
			c[pinned] += unit
		}
	}
	if ev.Operation == "embeddings" {
		c[embedded] += unit
	}
}

// asked adds what the request asked for. A log that states one parameter of a
// request states that the others were not used.
func (s *State) asked(ev *schemas.Event) {
	c := &s.counts
	probes := ev.Logprobs || ev.TopLogprobs > 0 || ev.LogitBias > 0
	if ev.Known&parameters != 0 || ev.Messages > 0 || ev.Tools > 0 || probes {
		c[asked] += unit
		if ev.Tools > 0 {
			c[tooled] += unit
		}
		if probes {
			c[probed] += unit
		}
	}
	if ev.Has(schemas.HasMessages) || ev.Messages > 0 {
		c[messaged] += unit
		// A system message and a question are a single turn.
		if ev.Messages <= 2 {
			c[single] += unit
		}
	}
}

// prompt adds what is known of the prompt.
func (s *State) prompt(ev *schemas.Event) {
	if ev.PromptFingerprint == 0 {
		return
	}
	s.counts[prompted] += unit
	if ev.PromptSignals&schemas.SignalReasoning != 0 {
		s.counts[reasoned] += unit
	}
	if s.prompted < math.MaxUint32 {
		s.prompted++
	}
	s.sample(fold32(ev.PromptFingerprint))
	if ev.TemplateFingerprint != 0 {
		frequent(&s.templates, s.counts[templated:phrased], fold32(ev.TemplateFingerprint))
	}
	if ev.PromptMinHash != [4]uint32{} {
		frequent(&s.phrases, s.counts[phrased:], fold32(uint64(ev.PromptMinHash[0])))
	}
}
