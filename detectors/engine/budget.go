package engine

import "time"

// cost measures what a detector takes on one shard.
type cost struct {
	calls uint32
	// observed is the CPU time of samples calls of Observe, closed that of
	// Gather or Close for states entities.
	observed, closed time.Duration
	samples, states  int
}

// measured is one in how many calls of Observe is measured: reading the clock
// of the thread twice takes about half a microsecond.
const measured = 256

func (c *cost) due() bool {
	c.calls++
	return c.calls%measured == 0
}

func (c *cost) measure(do func()) {
	c.observed += cpu(do)
	c.samples++
}

func (c *cost) closing(states int, do func()) {
	c.closed += cpu(do)
	c.states += states
}

func cpu(do func()) time.Duration {
	from := time.Now()
	do()
	return time.Since(from)
}
