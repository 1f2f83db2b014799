package sketch

import "math"

// Hist64 and Hist256 are histograms with buckets of equal relative width, for
// quantiles with a relative error (after Masson, Rim, Lee: DDSketch, VLDB
// 2019, here with a fixed range). They cover 1 to 2^32 in the caller's unit;
// what is less goes into the first bucket, what is more into the last. Counts
// stop at 2^32-1.
type (
	// Hist64 has 64 buckets in 256 bytes, two an octave: a quantile is off by
	// at most 19 %.
	Hist64 struct{ c [64]uint32 }
	// Hist256 has 256 buckets in 1,024 bytes, eight an octave: a quantile is
	// off by at most 4.5 %.
	Hist256 struct{ c [256]uint32 }
)

// Add counts v; NaN counts as 0.
func (h *Hist64) Add(v float64)  { histAdd(h.c[:], 2, v) }
func (h *Hist256) Add(v float64) { histAdd(h.c[:], 8, v) }

// Total returns how many values were added.
func (h *Hist64) Total() uint64  { return histTotal(h.c[:]) }
func (h *Hist256) Total() uint64 { return histTotal(h.c[:]) }

// Quantile returns the value below which the share q (0 to 1) of the values
// lies, 0 of an empty histogram.
func (h *Hist64) Quantile(q float64) float64  { return histQuantile(h.c[:], 2, q) }
func (h *Hist256) Quantile(q float64) float64 { return histQuantile(h.c[:], 8, q) }

// Below returns the share of the values that are in a lower bucket than v, 0
// of an empty histogram.
func (h *Hist64) Below(v float64) float64  { return histBelow(h.c[:], 2, v) }
func (h *Hist256) Below(v float64) float64 { return histBelow(h.c[:], 8, v) }

// Merge adds o to h.
func (h *Hist64) Merge(o *Hist64)   { histMerge(h.c[:], o.c[:]) }
func (h *Hist256) Merge(o *Hist256) { histMerge(h.c[:], o.c[:]) }

// Reset empties the histogram.
func (h *Hist64) Reset()  { *h = Hist64{} }
func (h *Hist256) Reset() { *h = Hist256{} }

// histBucket returns the bucket of v; an octave has per buckets.
func histBucket(c []uint32, per, v float64) int {
	if !(v > 1) {
		return 0
	}
	return int(min(math.Log2(v)*per, float64(len(c)-1)))
}

func histAdd(c []uint32, per, v float64) {
	i := histBucket(c, per, v)
	c[i] = satAdd(c[i], 1)
}

func histTotal(c []uint32) uint64 {
	var n uint64
	for _, v := range c {
		n += uint64(v)
	}
	return n
}

// histQuantile returns the geometric middle of the quantile's bucket.
func histQuantile(c []uint32, per, q float64) float64 {
	total := histTotal(c)
	if total == 0 {
		return 0
	}
	rank := uint64(min(max(q, 0), 1) * float64(total-1))
	var seen uint64
	for i, v := range c {
		seen += uint64(v)
		if seen > rank {
			return math.Exp2((float64(i) + 0.5) / per)
		}
	}
	return math.Exp2(float64(len(c)) / per)
}

func histBelow(c []uint32, per, v float64) float64 {
	total := histTotal(c)
	if total == 0 {
		return 0
	}
	return float64(histTotal(c[:histBucket(c, per, v)])) / float64(total)
}

func histMerge(dst, src []uint32) {
	for i, v := range src {
		dst[i] = satAdd(dst[i], v)
	}
}
