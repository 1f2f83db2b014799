package prompt

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// How long the shingles are. Three words: two are phrases of the language ("of
// the"), that every text has, and four leave a prompt of ten words with seven
// shingles of which one changed word takes four. In scripts without spaces four
// characters, which are about three words of Chinese.
const (
	shingleWords      = 3
	shingleCharacters = 4
)

// sketch makes SimHash (Charikar, 2002) and MinHash (Broder, 1997) of a prompt's
// shingles. Each shingle is hashed by AES-128 under a secret key, a pseudorandom
// permutation: who has the sketch and not the key cannot test a guess, and the
// figures of two prompts can be compared all the same.
type sketch struct {
	block   cipher.Block
	in, out [aes.BlockSize]byte
	// last are the hashes of the last words, the newest at 0; units counts them.
	last     [shingleCharacters]uint64
	units    int
	shingles int
	// lanes count the set bits of up to 255 shingles: lane i counts bit i of
	// each byte in that byte. They are emptied into counts.
	lanes  [8]uint64
	counts [64]int32
	least  [4]uint32
}

func newSketch(key [32]byte) (sketch, error) {
	block, err := aes.NewCipher(key[:16])
	if err != nil {
		return sketch{}, fmt.Errorf("cipher of sketches: %w", err)
	}
	return sketch{block: block}, nil
}

func (s *sketch) reset() {
	s.units, s.shingles = 0, 0
	s.last, s.lanes, s.counts = [shingleCharacters]uint64{}, [8]uint64{}, [64]int32{}
	s.least = [4]uint32{math.MaxUint32, math.MaxUint32, math.MaxUint32, math.MaxUint32}
}

// add adds a word, or a character of a script without spaces, by its hash. A
// shingle ends with it as soon as size of them were added.
func (s *sketch) add(hash uint64, size int) {
	s.last[3], s.last[2], s.last[1], s.last[0] = s.last[2], s.last[1], s.last[0], hash
	if s.units++; s.units >= size {
		s.shingle(size)
	}
}

func (s *sketch) shingle(size int) {
	var a, b uint64 = uint64(size), 0
	for _, h := range s.last[:size] {
		a = bits.RotateLeft64(a, 23) ^ h
		b = (b + h) * 0x9e3779b97f4a7c15 // 2⁶⁴ over the golden ratio: odd, without pattern
	}
	binary.LittleEndian.PutUint64(s.in[:8], a)
	binary.LittleEndian.PutUint64(s.in[8:], b)
	s.block.Encrypt(s.out[:], s.in[:])
	x := binary.LittleEndian.Uint64(s.out[:])
	for i := range s.lanes {
		s.lanes[i] += x >> i & everyByte
	}
	for i := range s.least {
		s.least[i] = min(s.least[i], binary.LittleEndian.Uint32(s.out[4*i:]))
	}
	if s.shingles++; s.shingles%255 == 0 {
		s.empty()
	}
}

// empty adds the lanes to the counts.
func (s *sketch) empty() {
	for i, lane := range s.lanes {
		for n := range 8 {
			s.counts[8*n+i] += int32(lane >> (8 * n) & 0xff)
		}
		s.lanes[i] = 0
	}
}

// finish returns the sketches. A prompt that is shorter than a shingle is one
// shingle. The SimHash is never 0.
func (s *sketch) finish() (simHash uint64, minHash [4]uint32) {
	if s.shingles == 0 {
		s.shingle(shingleCharacters)
	}
	s.empty()
	for i, n := range s.counts {
		if int(n)*2 > s.shingles {
			simHash |= 1 << i
		}
	}
	return max(1, simHash), s.least
}

// everyByte has the lowest bit of each byte.
const everyByte = 0x0101010101010101
