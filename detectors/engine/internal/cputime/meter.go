package cputime

import "time"

// Meter measures what a detector takes on one shard.
type Meter struct {
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

// Due tells whether the next call of Observe is to be measured.
func (c *Meter) Due() bool {
	c.calls++
	return c.calls%measured == 0
}

// Observing measures a call of Observe.
func (c *Meter) Observing(do func()) {
	c.observed += Of(do)
	c.samples++
}

// Closing measures calls of Gather or Close for so many states.
func (c *Meter) Closing(states int, do func()) {
	c.closed += Of(do)
	c.states += states
}

// Sum returns the sum of meters.
func Sum(meters ...*Meter) (sum Meter) {
	for _, c := range meters {
		sum.observed, sum.samples = sum.observed+c.observed, sum.samples+c.samples
		sum.closed, sum.states = sum.closed+c.closed, sum.states+c.states
	}
	return sum
}

// Over returns the CPU time of a call on average if that is more than the
// budget, else 0.
func (c *Meter) Over(budget time.Duration) time.Duration {
	switch {
	case c.samples >= leastSamples && c.observed > budget*time.Duration(max(c.samples, enoughSamples)):
		return c.observed / time.Duration(c.samples)
	case c.closed > budget*time.Duration(max(c.states, enoughStates)):
		return c.closed / time.Duration(max(1, c.states))
	}
	return 0
}

// Full tells that so much was measured that it may count half.
func (c *Meter) Full() bool { return c.samples >= manySamples || c.states >= manyStates }

// Halve lets what was measured count half.
func (c *Meter) Halve() {
	c.observed, c.samples = c.observed/2, c.samples/2
	c.closed, c.states = c.closed/2, c.states/2
}
