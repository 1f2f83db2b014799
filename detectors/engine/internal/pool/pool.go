// Package pool drives shards on a fixed number of goroutines.
package pool

import (
	"sync"
	"sync/atomic"
)

// Pool runs a function for each shard on a fixed number of goroutines. Run is
// called by one goroutine at a time.
type Pool struct {
	shards  int
	do      func(shard int)
	next    atomic.Int64
	running sync.WaitGroup
	start   chan struct{}
	stopped sync.WaitGroup
}

// New starts the helpers of the caller of Run, who works too.
func New(helpers, shards int) *Pool {
	p := &Pool{shards: shards, start: make(chan struct{}, helpers)}
	for range helpers {
		p.stopped.Go(func() {
			for range p.start {
				p.work()
				p.running.Done()
			}
		})
	}
	return p
}

// Run calls do for every shard, with at most as many helpers as there are, and
// returns when all calls have returned. A shard's calls never overlap, and a
// later Run sees what an earlier one wrote.
func (p *Pool) Run(helpers int, do func(shard int)) {
	p.do = do
	p.next.Store(0)
	p.running.Add(helpers)
	for range helpers {
		p.start <- struct{}{}
	}
	p.work()
	p.running.Wait()
}

func (p *Pool) work() {
	for {
		i := int(p.next.Add(1)) - 1
		if i >= p.shards {
			return
		}
		p.do(i)
	}
}

// Stop ends the goroutines and waits for them.
func (p *Pool) Stop() {
	close(p.start)
	p.stopped.Wait()
}
