package engine

import (
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/cputime"
)

// cost measures what a detector takes on one shard.
type cost struct {
	calls uint32
	// observed is the CPU time of samples calls of Observe, closed that of
	// Gather and Close for states entities.
	observed, closed time.Duration
	samples, states  int
}

const (
	// measured is one in how many calls of Observe is measured: reading the
	// thread's clock twice takes about half a microsecond, 2 ns spread over all.
	measured = 256
	// leastSamples are measured before a detector is judged, and enoughSamples
	// and enoughStates are what its time is held against at least, so that one
	// page fault or a slow first call is no reason.
	leastSamples  = 16
	enoughSamples = 128
	enoughStates  = 4096
	// From manySamples and manyStates on, what was measured counts half, so that
	// long good conduct excuses nothing.
	manySamples = 1024
	manyStates  = 1 << 20
)

func (c *cost) due() bool {
	c.calls++
	return c.calls%measured == 0
}

// observing measures a call of Observe.
func (c *cost) observing(do func()) {
	c.observed += cputime.Of(do)
	c.samples++
}

// closing measures calls of Gather or Close for so many states.
func (c *cost) closing(states int, do func()) {
	c.closed += cputime.Of(do)
	c.states += states
}

// weigh disables the detectors that take more than the budget.
func (e *Engine) weigh() {
	budget := e.settings.Config.Budget
	if budget == 0 {
		return
	}
	for _, w := range e.watches {
		var sum cost
		for _, s := range e.shards {
			c := &s.costs[w.index]
			sum.observed, sum.samples = sum.observed+c.observed, sum.samples+c.samples
			sum.closed, sum.states = sum.closed+c.closed, sum.states+c.states
		}
		switch {
		case w.disabled.Load():
		case sum.samples >= leastSamples && sum.observed > budget*time.Duration(max(sum.samples, enoughSamples)):
			e.overspent(w, sum.observed/time.Duration(sum.samples))
		case sum.closed > budget*time.Duration(max(sum.states, enoughStates)):
			e.overspent(w, sum.closed/time.Duration(max(1, sum.states)))
		case sum.samples >= manySamples || sum.states >= manyStates:
			for _, s := range e.shards {
				s.costs[w.index].halve()
			}
		}
	}
}

func (c *cost) halve() {
	c.observed, c.samples = c.observed/2, c.samples/2
	c.closed, c.states = c.closed/2, c.states/2
}
