package keyabuse

import (
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// maxRefused is how many refused models are told apart.
const maxRefused = 6

// probeFor is for how long refusals belong together.
const probeFor = int64(10 * time.Minute)

// probe has the models that were refused of late, 40 bytes.
type probe struct {
	since  int64
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

// refuse notes a refused model that the key does not use.
func (p *probe) refuse(ev *schemas.Event, model uint32) {
	if ev.Time-p.since > probeFor {
		*p = probe{since: ev.Time}
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

// tried returns how many models were refused up to now, 0 if it is long ago.
func (p *probe) tried(at int64) int {
	if at-p.since > probeFor {
		return 0
	}
	return int(p.n)
}
