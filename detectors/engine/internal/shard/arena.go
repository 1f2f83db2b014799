package shard

import "strings"

// arena makes strings in few allocations. A block is the garbage collector's when
// none of its strings is in use any more; who keeps one string keeps the block, so
// blocks are small.
type arena struct{ block strings.Builder }

const arenaBlock = 4 << 10

// keep returns text as a string.
func (a *arena) keep(text []byte) string {
	if a.block.Cap()-a.block.Len() < len(text) {
		a.block.Reset()
		a.block.Grow(max(arenaBlock, len(text)))
	}
	from := a.block.Len()
	a.block.Write(text)
	return a.block.String()[from:]
}
