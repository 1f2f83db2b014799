package usage

import (
	"math"
	"strconv"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// Habit is how one principal calls: what its requests and answers are like.
type Habit struct {
	// Model answers, and Other, if it has a name, that Part of the calls.
	Model, Other Model
	Part         float64
	// In and Out are the medians of the tokens of prompts and answers, InVary and
	// OutVary the sigma of their logarithms; System comes before each prompt. If Ratio
	// is not 0, an answer has that share of the prompt's tokens.
	In, InVary, System  float64
	Out, OutVary, Ratio float64
	// Limit is the most tokens of an answer, 0 none. Choices are asked for, if not 0.
	Limit, Choices int
	// Heat is the temperature, below 0 none.
	Heat float64
	// Turns is the mean number of turns of a conversation, at least 1. Users, if not
	// 0, is how many end users there are; their conversations are mixed.
	Turns        float64
	Tools, Users int
	// Stream is the share of calls that ask for a stream; 0 is no word about it.
	// Reasoning is how much is thought for each token of the answer.
	Stream, Reasoning float64
	// Probes is how many log probabilities are asked for, Bias how many tokens are
	// biased.
	Probes, Bias int
	Prompt       gateway.PromptKind
	// Template is the number of the prompts' template, Templates how many there are
	// from it on, if more than one.
	Template  uint64
	Templates int
	// Same is the share of the calls whose prompts are of a Pool of so many and come
	// again and again; those of a Deck come once each.
	Pool int
	Same float64
	Deck *Deck
	// Embeds tells that it asks for embeddings, Conversed that the turns of a visit
	// are a conversation.
	Embeds, Conversed bool
	// Fails is the share of the calls that fail.
	Fails float64
}

// Deck deals the prompts of a pool, each once.
type Deck struct {
	Seed uint64
	// Size, if not 0, is after how many it begins again.
	Size uint64

	next uint64
}

func (k *Deck) deal() uint64 {
	if k.next++; k.next == k.Size {
		k.next = 0
	}
	return gateway.Mix(k.Seed + k.next)
}

// Draw returns a principal's own habit.
func (a *Application) Draw(d *gateway.Dice) Habit {
	h := Habit{
		Model: choose(d, models, d.Chance(.1)), In: d.Lognormal(a.in, .55), InVary: a.inVary * (.7 + .6*d.Float()),
		OutVary: a.outVary * (.7 + .6*d.Float()), Turns: 1 + (a.turns-1)*d.Lognormal(1, .3), Same: a.same, Embeds: a.embeds,
		Limit: Limit(d), Heat: Heat(d), Fails: d.Lognormal(.004, .8),
	}
	if a.system > 0 {
		h.System = d.Lognormal(a.system, .8)
	}
	if a.out > 0 {
		h.Out = d.Lognormal(a.out, .5)
	}
	if a.ratio > 0 {
		h.Ratio = d.Lognormal(a.ratio, .15)
	}
	if len(a.caps) > 0 {
		h.Limit = a.caps[d.Below(len(a.caps))]
	}
	if h.Limit > 0 && float64(h.Limit) < 1.3*h.Out && a.Name != "evaluation" {
		h.Limit = 0 // or its answers would be cut off
	}
	if a.tools > 0 {
		h.Tools = 1 + d.Below(2*a.tools)
	}
	if a.users > 0 && d.Chance(.7) {
		h.Users = 2 + int(d.Lognormal(float64(a.users), 1.2))
	}
	if a.stream > 0 {
		h.Stream = math.Round(min(a.stream+.3*(d.Float()-.5), 1)*4) / 4
	}
	if h.Prompt = gateway.FreePrompt; d.Chance(a.filled) {
		h.Prompt, h.Template = gateway.FilledPrompt, d.Next()
		if d.Chance(.08) {
			h.Template = gateway.Mix(uint64(d.Rank(20, .5)) + 77) // one that everybody copies
		}
	}
	h.Conversed = a.Pace == People || a.Pace == Crowd
	switch {
	case a.embeds:
		h.Model = choose(d, embedders, false)
	case a.Pace == Nightly || a.Pace == Streams:
		h.Model = choose(d, models[:4+d.Below(3)], false)
	case d.Chance(.25):
		h.Other, h.Part = choose(d, models, false), .02+.3*d.Float()
	}
	if a.same > 0 {
		h.Pool = 20 + int(d.Lognormal(400, 1))
	}
	return h
}

// State is what a principal remembers of its conversation.
type State struct {
	// Calls is how many there were.
	Calls int

	context float64
}

// Fill makes r a call by the habit, the turn-th of a visit, at r.Time.
func (h *Habit) Fill(g *Gateway, d *gateway.Dice, r *gateway.Record, s *State, turn int) {
	m := h.Model
	if h.Part > 0 && d.Chance(h.Part) {
		m = h.Other
	}
	if h.Other.Name != "" && g.Fails(&g.services[m.at], r.Time) {
		m = h.Other // the other provider instead
	}
	r.Reset(r.Time, &g.services[m.at])
	r.Asked = m.Name
	if h.Users > 0 || !h.Conversed {
		// Many conversations at once: which turn a call is, is left to chance.
		if turn, s.context = 0, 0; h.Turns > 1 {
			turn = min(int(math.Log(1-d.Float())/math.Log(1-1/h.Turns)), 60)
			s.context = float64(turn) * (h.In + h.Out) * d.Lognormal(1, .3)
		}
	} else if turn == 0 {
		s.context = 0
	}
	own := d.Lognormal(h.In, h.InVary)
	r.Input = 1 + int64(min(h.System+s.context+own, 180_000))
	r.Messages = 2*turn + 1
	if h.System > 0 && m.at != anthropic {
		r.Messages++
	}
	h.answer(d, r, own)
	s.context += own + float64(r.Output)
	if turn > 0 || h.System > 1024 && d.Chance(.8) {
		r.Cached = int64(max(float64(r.Input)-own, 0)) / 128 * 128
	}
	r.Offered, r.Withheld = h.Tools, !g.prompts
	r.Prompt = gateway.Prompt{Kind: h.Prompt, Template: h.Template, Length: int(min(own*4, gateway.PromptMax)), Seed: d.Next()}
	if h.Templates > 1 {
		r.Prompt.Template += uint64(d.Below(h.Templates))
	}
	switch {
	case h.Deck != nil:
		r.Prompt.Seed = h.Deck.deal()
	case h.Pool > 0 && d.Chance(h.Same):
		r.Prompt.Seed = gateway.Mix(h.Template + uint64(d.Rank(h.Pool, .3)))
	}
	if h.Users > 0 {
		r.EndUser = strconv.AppendInt(append(r.EndUser, "u-"...), int64(d.Rank(h.Users, .4)), 36)
	}
	s.Calls++
}

// answer gives r the parameters and the answer.
func (h *Habit) answer(d *gateway.Dice, r *gateway.Record, own float64) {
	r.Unset = gateway.Temperature | gateway.MaxTokens | gateway.Stream
	if h.Embeds {
		h.weigh(d, r)
		return
	}
	if h.Heat >= 0 {
		r.Temperature, r.Unset = h.Heat, r.Unset&^gateway.Temperature
	}
	if h.Limit > 0 {
		r.MaxTokens, r.Unset = h.Limit, r.Unset&^gateway.MaxTokens
	}
	if h.Stream > 0 {
		r.Stream, r.Unset = h.Stream >= 1 || d.Chance(h.Stream), r.Unset&^gateway.Stream
	}
	r.Choices, r.TopLogprobs, r.LogitBias = h.Choices, h.Probes, h.Bias
	out := h.Out
	if h.Ratio > 0 {
		out = own * h.Ratio
	}
	r.Output = 1 + int64(d.Lognormal(max(out, 1), h.OutVary))
	if h.Reasoning > 0 || r.Asked == "o4-mini" {
		r.Reasoning = int64(d.Lognormal(max(h.Reasoning, 1)*max(out, 200), .6))
		r.Output += r.Reasoning
	}
	if h.Choices > 1 {
		r.Output *= int64(h.Choices)
	}
	if h.Limit > 0 {
		r.Output = min(r.Output, int64(h.Limit*max(h.Choices, 1)))
	}
	r.Output = min(r.Output, 64_000)
	h.weigh(d, r)
}

// weigh derives bytes and latency from the tokens.
func (h *Habit) weigh(d *gateway.Dice, r *gateway.Record) {
	r.RequestBytes = 400 + r.Input*4
	r.ResponseBytes = 500 + r.Output*5
	if h.Embeds {
		r.ResponseBytes = 20_000
	}
	ms := 180 + float64(r.Input)*.05 + float64(r.Output)*d.Lognormal(11, .25)
	r.Latency = time.Duration(ms * float64(time.Millisecond))
}
