package recall

import "math/bits"

const (
	// Nearby is how many bits of two prompts' SimHashes differ at most for the
	// prompts to be nearly the same: of unrelated ones 32 of the 64 bits do.
	Nearby = 8
	// turnover is how many prompts take the place of one neighbour.
	turnover = 8
)

// Neighbours are eight of the latest prompts, by their SimHashes. The distances of
// prompts to the nearest of those before are what PRADA (Juuti et al. 2019) looks
// at: those of people differ much, those of generated prompts little.
type Neighbours struct {
	hashes [8]uint64
	seen   uint32
}

// Nearest takes in a prompt and returns in how many bits it differs from the nearest
// of those before; false if they are too few to tell.
func (n *Neighbours) Nearest(hash uint64) (least int, ok bool) {
	least = 64
	for _, other := range n.hashes {
		// An empty place is at no distance that counts.
		if d := bits.OnesCount64(hash ^ other); d < least && other != 0 {
			least = d
		}
	}
	places := uint32(len(n.hashes))
	ok = n.seen >= places
	switch {
	case !ok:
		n.hashes[n.seen] = hash
	case n.seen%turnover == 0:
		n.hashes[n.seen/turnover%places] = hash
	}
	n.seen++
	if n.seen >= 1<<31 {
		n.seen = places
	}
	return least, ok
}
