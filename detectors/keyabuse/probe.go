package keyabuse

import (
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// maxRefused is how many refused models are told apart.
const maxRefused = 6

// probeFor is for how long refusals belong together.
const probeFor = int64(10 * time.Minute)

// probe has the models that were refused to one caller in a row, 48 bytes.
type probe struct {
	since int64
	// who is the network that they were refused to, stranger for all that are new
	// to the key.
	who    uint32
	models [maxRefused]uint32
	n      uint8
	// invalid counts requests that were made to be refused: Sysdig saw thieves
	// ask for -1 tokens, which tells whether a model is enabled and costs
	// nothing.
	invalid uint8
}

// refused tells whether a model call was refused for what it asked.
func refused(ev *schemas.Event) bool {
	return ev.Model != "" && (ev.Status == 400 || ev.Status == 403 || ev.Status == 404)
}

// stranger is who a probe is of, if the network is new to the key.
const stranger = 1

// caller returns who a request is of.
func (g *guest) caller() uint32 {
	if g.strange {
		return stranger
	}
	return uint32(g.network>>32) | 2
}

// refuse notes a refused model that the key does not use. What the owner does
// ends no probe of a stranger.
func (p *probe) refuse(g *guest) {
	ev, who, model := g.ev, g.caller(), uint32(g.model>>32)
	if old := ev.Time-p.since > probeFor; old || p.who != who {
		if !old && p.who == stranger {
			return
		}
		*p = probe{since: ev.Time, who: who}
	}
	if ev.Has(schemas.HasMaxTokens) && ev.MaxTokens <= 0 && p.invalid < 255 {
		p.invalid++
	}
	for _, m := range p.models[:p.n] {
		if m == model {
			return
		}
	}
	if p.n < maxRefused {
		p.models[p.n] = model
		p.n++
	}
}

// tried returns how many models were refused in a row to the caller of a call
// that was answered, which ends the row.
func (p *probe) tried(g *guest) int {
	if p.who != g.caller() || g.ev.Time-p.since > probeFor {
		return 0
	}
	n := int(p.n)
	p.n = 0
	return n
}
