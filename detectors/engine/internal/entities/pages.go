package entities

import "sync"

// Pages is where the tables of an engine get their memory. It cuts it from large
// blocks, so that the system can back it with huge pages: with a million entities
// every event reads from some thirty places, and with pages of 4 KiB most of them
// would be in none of the processor's translation caches.
//
// What is given back serves tables with rows of the same size; the blocks are the
// garbage collector's when nothing refers to them any more.
type Pages struct {
	// mu keeps shards apart that grow at the same moment, which is rare.
	mu   sync.Mutex
	rest []uint64
	held int // bytes of all blocks
	free map[int][][]uint64
}

// Blocks grow with what is held, so that little of it is not in use.
const (
	leastBlock = 256 << 10
	mostBlock  = 32 << 20
	blockPart  = 16
	lineWords  = 8 // a cache line
)

// NewPages returns pages that hold nothing.
func NewPages() *Pages { return &Pages{free: map[int][][]uint64{}} }

// take returns memory of so many words, which need not be zero. Pages that are nil
// give memory of the heap.
func (p *Pages) take(words int) []uint64 {
	if p == nil {
		return make([]uint64, words)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if free := p.free[words]; len(free) > 0 {
		last := len(free) - 1
		p.free[words] = free[:last]
		return free[last]
	}
	if words > len(p.rest) {
		bytes := max(min(max(p.held/blockPart, leastBlock), mostBlock), 8*words)
		p.rest = make([]uint64, bytes/8)
		p.held += bytes
		preferHuge(p.rest)
	}
	out := p.rest[:words:words]
	p.rest = p.rest[min(len(p.rest), (words+lineWords-1)/lineWords*lineWords):]
	return out
}

// give takes memory back; nothing may refer to it.
func (p *Pages) give(chunks [][]uint64) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range chunks {
		p.free[len(c)] = append(p.free[len(c)], c)
	}
}
