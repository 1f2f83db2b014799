package engine

import (
	"sync"
	"sync/atomic"
)

// pool runs a function for each shard on a fixed number of goroutines. run is
// called by one goroutine at a time.
type pool struct {
	shards  int
	do      func(shard int)
	next    atomic.Int64
	running sync.WaitGroup
	start   chan struct{}
	stopped sync.WaitGroup
}

// newPool starts the helpers of the caller of run, who works too.
func newPool(helpers, shards int) *pool {
	p := &pool{shards: shards, start: make(chan struct{}, helpers)}
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

// run calls do for every shard and returns when all calls have returned. A
// shard's calls never overlap, and a later run sees what an earlier one wrote.
func (p *pool) run(helpers int, do func(shard int)) {
	p.do = do
	p.next.Store(0)
	p.running.Add(helpers)
	for range helpers {
		p.start <- struct{}{}
	}
	p.work()
	p.running.Wait()
}

func (p *pool) work() {
	for {
		i := int(p.next.Add(1)) - 1
		if i >= p.shards {
			return
		}
		p.do(i)
	}
}

// stop ends the goroutines and waits for them.
func (p *pool) stop() {
	close(p.start)
	p.stopped.Wait()
}
