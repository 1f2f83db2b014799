package population

import (
	"math"
	"strconv"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// habit is how one principal calls: what its requests and answers are like.
type habit struct {
	model model
	// other, if it has a name, answers part of the calls.
	other               model
	part                float64
	in, inVary, system  float64
	out, outVary, ratio float64
	limit, choices      int
	heat                float64
	turns               float64
	tools, users        int
	stream, reasoning   float64
	probes, bias        int
	prompt              gateway.PromptKind
	template            uint64
	// templates is how many there are from template on, if more than one.
	templates int
	// same is the share of the calls whose prompts are of a pool and come again and
	// again; a deck's prompts come once each.
	pool int
	same float64
	deck *deck
	// embeds tells that it asks for embeddings, conversed that the turns of a visit
	// are a conversation.
	embeds, conversed bool
	fails             float64
}

// deck deals the prompts of a pool, each once.
type deck struct {
	seed, next uint64
	// size, if not 0, is after how many it begins again.
	size uint64
}

func (k *deck) deal() uint64 {
	if k.next++; k.next == k.size {
		k.next = 0
	}
	return gateway.Mix(k.seed + k.next)
}

// draw returns a principal's own habit.
func (a *application) draw(d *gateway.Dice) habit {
	h := habit{
		model: choose(d, models, d.Chance(.1)), in: d.Lognormal(a.in, .55), inVary: a.inVary * (.7 + .6*d.Float()),
		outVary: a.outVary * (.7 + .6*d.Float()), turns: 1 + (a.turns-1)*d.Lognormal(1, .3), same: a.same, embeds: a.embeds,
		limit: limits[d.Rank(len(limits), .5)], heat: heats[d.Rank(len(heats), .5)], fails: d.Lognormal(.004, .8),
	}
	if a.system > 0 {
		h.system = d.Lognormal(a.system, .8)
	}
	if a.out > 0 {
		h.out = d.Lognormal(a.out, .5)
	}
	if a.ratio > 0 {
		h.ratio = d.Lognormal(a.ratio, .15)
	}
	if len(a.caps) > 0 {
		h.limit = a.caps[d.Below(len(a.caps))]
	}
	if h.limit > 0 && float64(h.limit) < 1.3*h.out && a.name != "evaluation" {
		h.limit = 0 // or its answers would be cut off
	}
	if a.tools > 0 {
		h.tools = 1 + d.Below(2*a.tools)
	}
	if a.users > 0 && d.Chance(.7) {
		h.users = 2 + int(d.Lognormal(float64(a.users), 1.2))
	}
	if a.stream > 0 {
		h.stream = math.Round(min(a.stream+.3*(d.Float()-.5), 1)*4) / 4
	}
	if h.prompt = gateway.FreePrompt; d.Chance(a.filled) {
		h.prompt, h.template = gateway.FilledPrompt, d.Next()
		if d.Chance(.08) {
			h.template = gateway.Mix(uint64(d.Rank(20, .5)) + 77) // one that everybody copies
		}
	}
	h.conversed = a.pace == people || a.pace == crowd
	switch {
	case a.embeds:
		h.model = choose(d, embedders, false)
	case a.pace == nightly || a.pace == streams:
		h.model = choose(d, models[:4+d.Below(3)], false)
	case d.Chance(.25):
		h.other, h.part = choose(d, models, false), .02+.3*d.Float()
	}
	if a.same > 0 {
		h.pool = 20 + int(d.Lognormal(400, 1))
	}
	return h
}

// state is what a principal remembers of its conversation.
type state struct {
	context float64
	n       int
}

// fill makes r a call by the habit, the turn-th of a visit.
func (h *habit) fill(w *World, d *gateway.Dice, r *gateway.Record, s *state, turn int) {
	m := h.model
	if h.part > 0 && d.Chance(h.part) {
		m = h.other
	}
	if h.other.name != "" && w.outage.hits(&w.services[m.at], r.Time) {
		m = h.other // the other provider instead
	}
	r.Reset(r.Time, &w.services[m.at])
	r.Asked = m.name
	if h.users > 0 || !h.conversed {
		// Many conversations at once: which turn a call is, is left to chance.
		if turn, s.context = 0, 0; h.turns > 1 {
			turn = min(int(math.Log(1-d.Float())/math.Log(1-1/h.turns)), 60)
			s.context = float64(turn) * (h.in + h.out) * d.Lognormal(1, .3)
		}
	} else if turn == 0 {
		s.context = 0
	}
	own := d.Lognormal(h.in, h.inVary)
	r.Input = 1 + int64(min(h.system+s.context+own, 180_000))
	r.Messages = 2*turn + 1
	if h.system > 0 && m.at != anthropic {
		r.Messages++
	}
	h.answer(d, r, own)
	s.context += own + float64(r.Output)
	if turn > 0 || h.system > 1024 && d.Chance(.8) {
		r.Cached = int64(max(float64(r.Input)-own, 0)) / 128 * 128
	}
	r.Offered, r.Withheld = h.tools, !w.cfg.Prompts
	r.Prompt = gateway.Prompt{Kind: h.prompt, Template: h.template, Length: int(min(own*4, gateway.PromptMax)), Seed: d.Next()}
	if h.templates > 1 {
		r.Prompt.Template += uint64(d.Below(h.templates))
	}
	switch {
	case h.deck != nil:
		r.Prompt.Seed = h.deck.deal()
	case h.pool > 0 && d.Chance(h.same):
		r.Prompt.Seed = gateway.Mix(h.template + uint64(d.Rank(h.pool, .3)))
	}
	if h.users > 0 {
		r.EndUser = strconv.AppendInt(append(r.EndUser, "u-"...), int64(d.Rank(h.users, .4)), 36)
	}
	s.n++
}

// answer gives r the parameters and the answer.
func (h *habit) answer(d *gateway.Dice, r *gateway.Record, own float64) {
	r.Unset = gateway.Temperature | gateway.MaxTokens | gateway.Stream
	if h.embeds {
		h.weigh(d, r)
		return
	}
	if h.heat >= 0 {
		r.Temperature, r.Unset = h.heat, r.Unset&^gateway.Temperature
	}
	if h.limit > 0 {
		r.MaxTokens, r.Unset = h.limit, r.Unset&^gateway.MaxTokens
	}
	if h.stream > 0 {
		r.Stream, r.Unset = h.stream >= 1 || d.Chance(h.stream), r.Unset&^gateway.Stream
	}
	r.Choices, r.TopLogprobs, r.LogitBias = h.choices, h.probes, h.bias
	out := h.out
	if h.ratio > 0 {
		out = own * h.ratio
	}
	r.Output = 1 + int64(d.Lognormal(max(out, 1), h.outVary))
	if h.reasoning > 0 || r.Asked == "o4-mini" {
		r.Reasoning = int64(d.Lognormal(max(h.reasoning, 1)*max(out, 200), .6))
		r.Output += r.Reasoning
	}
	if h.choices > 1 {
		r.Output *= int64(h.choices)
	}
	if h.limit > 0 {
		r.Output = min(r.Output, int64(h.limit*max(h.choices, 1)))
	}
	r.Output = min(r.Output, 64_000)
	h.weigh(d, r)
}

// weigh derives bytes and latency from the tokens.
func (h *habit) weigh(d *gateway.Dice, r *gateway.Record) {
	r.RequestBytes = 400 + r.Input*4
	r.ResponseBytes = 500 + r.Output*5
	if h.embeds {
		r.ResponseBytes = 20_000
	}
	ms := 180 + float64(r.Input)*.05 + float64(r.Output)*d.Lognormal(11, .25)
	r.Latency = time.Duration(ms * float64(time.Millisecond))
}
