// Package chain follows conversations that grow by the same amount again and
// again, as those of agents do that go round in circles.
package chain

import "github.com/gatehound/gatehound/schemas"

// Chain is what may be one conversation that grows: calls of one principal
// whose input rises by about the same number of tokens each time.
type Chain struct {
	Last, Step uint32 // tokens of the last input, and of a step
	First      uint32 // when it began, in seconds since the epoch
	tools      int32
	messages   int32
	Steps      uint16
	age        uint8 // calls of the principal since the last of the chain
	Sure       uint8 // steps that the tools or the messages confirm
	Spent      uint64
}

// Set is the chains of one principal that are followed at once.
type Set [4]Chain

const (
	// patience is after how many other calls a chain is given up.
	patience = 16
	// leastStep is the least growth, in tokens: a template with slots of
	// several lengths grows by less, and cannot for long.
	leastStep = 16
)

// Follow adds a call to the chain that it continues and returns it, or begins
// a new one and returns nil. total is what the call cost in tokens.
func (s *Set) Follow(ev *schemas.Event, total uint64) *Chain {
	v := uint32(min(ev.InputTokens, 1<<30))
	best, worst := -1, 0
	for i := range s {
		c := &s[i]
		if c.age < 255 {
			c.age++
		}
		if c.age > patience {
			c.Steps, c.Sure = 0, 0
		} else if c.fits(v, ev.Tools) && (best < 0 || c.Steps > s[best].Steps) {
			best = i
		}
		w := &s[worst]
		if c.Steps < w.Steps || c.Steps == w.Steps && c.age > w.age {
			worst = i
		}
	}
	if best < 0 {
		s[worst] = Chain{
			Last: v, First: uint32(ev.Time / 1e9), tools: ev.Tools, messages: ev.Messages, Spent: total,
		}
		return nil
	}
	c := &s[best]
	d := v - c.Last
	if c.Steps == 0 {
		c.Step = d
	} else {
		c.Step = uint32(int64(c.Step) + (int64(d)-int64(c.Step))/int64(min(c.Steps, 8)))
	}
	// What an agent sends grows by a message or more with each step.
	if (ev.Tools > 0 || ev.Messages > c.messages) && c.Sure < 255 {
		c.Sure++
	}
	c.Last, c.messages, c.age = v, ev.Messages, 0
	c.Spent += total
	if c.Steps < 1<<15 {
		c.Steps++
	}
	return c
}

// fits tells that an input of v tokens can be the chain's next.
func (c *Chain) fits(v uint32, tools int32) bool {
	if v <= c.Last || c.Last == 0 || tools != c.tools {
		return false
	}
	d := v - c.Last
	if c.Steps == 0 {
		return d >= leastStep && d <= max(c.Last, 4096)
	}
	off := int64(d) - int64(c.Step)
	return d >= leastStep && max(off, -off)*20 <= 3*int64(c.Step)+80
}
