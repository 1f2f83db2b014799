package spend

import "github.com/gatehound/gatehound/schemas"

// chain follows what may be one conversation that grows: calls of one principal
// whose input rises by about the same number of tokens each time.
type chain struct {
	last, step uint32 // tokens of the last input, and of a step
	first      uint32 // when it began, in seconds since the epoch
	tools      int32
	messages   int32
	steps      uint16
	age        uint8 // calls of the principal since the last of the chain
	sure       uint8 // steps that the tools or the messages confirm
	spent      uint64
}

const (
	// chains is how many are followed at once, patience after how many other
	// calls one is given up.
	chains   = 4
	patience = 16
	// leastStep is the least growth, in tokens: a template with slots of
	// several lengths grows by less, and cannot for long.
	leastStep = 16
)

// follow adds a call to the chain that it continues and returns it, or begins
// a new one and returns nil. total is what the call cost in tokens.
func (s *State) follow(ev *schemas.Event, total uint64) *chain {
	v := uint32(min(ev.InputTokens, 1<<30))
	best, worst := -1, 0
	for i := range s.chains {
		c := &s.chains[i]
		if c.age < 255 {
			c.age++
		}
		if c.age > patience {
			c.steps, c.sure = 0, 0
		} else if c.fits(v, ev.Tools) && (best < 0 || c.steps > s.chains[best].steps) {
			best = i
		}
		w := &s.chains[worst]
		if c.steps < w.steps || c.steps == w.steps && c.age > w.age {
			worst = i
		}
	}
	if best < 0 {
		s.chains[worst] = chain{
			last: v, first: uint32(ev.Time / 1e9), tools: ev.Tools, messages: ev.Messages, spent: total,
		}
		return nil
	}
	c := &s.chains[best]
	d := v - c.last
	if c.steps == 0 {
		c.step = d
	} else {
		c.step = uint32(int64(c.step) + (int64(d)-int64(c.step))/int64(min(c.steps, 8)))
	}
	// What an agent sends grows by a message or more with each step.
	if (ev.Tools > 0 || ev.Messages > c.messages) && c.sure < 255 {
		c.sure++
	}
	c.last, c.messages, c.age = v, ev.Messages, 0
	c.spent += total
	if c.steps < 1<<15 {
		c.steps++
	}
	return c
}

// fits tells that an input of v tokens can be the chain's next.
func (c *chain) fits(v uint32, tools int32) bool {
	if v <= c.last || c.last == 0 || tools != c.tools {
		return false
	}
	d := v - c.last
	if c.steps == 0 {
		return d >= leastStep && d <= max(c.last, 4096)
	}
	off := int64(d) - int64(c.step)
	return d >= leastStep && max(off, -off)*20 <= 3*int64(c.step)+80
}
