// Package recall remembers prompts in fixed space: whether they were sent before, and
// how near they are to the latest ones.
package recall

import "slices"

// Size is how many prompts a memory samples: half of a repeated set is
// told from none with certainty, and it fits a few cache lines.
const Size = 64

// Memory is a sample of all prompts that a principal has ever sent: the ones
// with the lowest hashes (Broder: On the resemblance and containment of
// documents, 1997). A set of prompts that comes again, however large, has the
// same lowest hashes again, so it is recognised without being kept.
type Memory struct {
	// low has the hashes in rising order, born the hour (modulo 256) in which
	// each was first seen.
	low  [Size]uint32
	born [Size]uint8
	n    uint8
}

// See takes in a prompt's hash. It reports whether the hash is one of the
// sample, and whether it was there before this hour.
func (m *Memory) See(hash uint32, hour uint8) (sampled, repeated bool) {
	if m.n == Size && hash > m.low[Size-1] {
		return false, false
	}
	i, found := slices.BinarySearch(m.low[:m.n], hash)
	if found {
		// A repeat within the hour is told by the distinct prompts.
		return m.born[i] != hour, m.born[i] != hour
	}
	if m.n < Size {
		m.n++
	}
	copy(m.low[i+1:m.n], m.low[i:m.n-1])
	copy(m.born[i+1:m.n], m.born[i:m.n-1])
	m.low[i], m.born[i] = hash, hour
	return true, false
}
