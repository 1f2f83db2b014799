package profile

import "math/bits"

// Bin returns the bin of a length in tokens.
func Bin(tokens int64) int {
	if tokens < 8 {
		return 0
	}
	octave := bits.Len64(uint64(tokens)) - 1
	third := 0
	// The first bit of the mantissa is the highest of the word.
	switch mantissa := uint64(tokens) << (63 - octave); {
	case mantissa >= twoThirds:
		third = 2
	case mantissa >= oneThird:
		third = 1
	}
	return min(1+3*(octave-3)+third, Bins-1)
}

// The cube roots of 2 and of 4, times 2^63.
const (
	oneThird  = 0xa14517cc6b945711
	twoThirds = 0xcb2ff529eb71e415
)

// Least returns the least length of a bin, in tokens.
func Least(bin int) float64 {
	if bin <= 0 {
		return 0
	}
	v := 8.0
	for range min(bin, Bins) - 1 {
		v *= 1.2599210498948732
	}
	return v
}
