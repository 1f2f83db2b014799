package sketch

import (
	"math"
	"math/bits"
)

// HyperLogLog counts distinct hashes (Flajolet, Fusy, Gandouet, Meunier:
// HyperLogLog, AofA 2007). The estimate is Ertl's improved raw estimator (New
// cardinality estimation algorithms for HyperLogLog sketches, 2017,
// arXiv:1702.01284, algorithm 6), which is unbiased over the whole range and
// so needs neither bias tables nor a switch to linear counting. The standard
// error is 1.04/sqrt(registers); below about half the registers it is the far
// smaller error of linear counting.
//
// The three sizes differ in their error only: 13 %, 6.5 % and 3.3 %.
type (
	// HLL64 has 64 registers in 64 bytes: standard error 13 %.
	HLL64 struct{ r [64]uint8 }
	// HLL256 has 256 registers in 256 bytes: standard error 6.5 %.
	HLL256 struct{ r [256]uint8 }
	// HLL1024 has 1,024 registers in 1,024 bytes: standard error 3.3 %.
	HLL1024 struct{ r [1024]uint8 }
)

// Add adds a well-mixed hash; it reports whether the summary changed, which a
// hash that was added before never does.
func (h *HLL64) Add(hash uint64) bool   { return hllAdd(h.r[:], 6, hash) }
func (h *HLL256) Add(hash uint64) bool  { return hllAdd(h.r[:], 8, hash) }
func (h *HLL1024) Add(hash uint64) bool { return hllAdd(h.r[:], 10, hash) }

// Count estimates how many distinct hashes were added.
func (h *HLL64) Count() float64   { return hllCount(h.r[:], 6) }
func (h *HLL256) Count() float64  { return hllCount(h.r[:], 8) }
func (h *HLL1024) Count() float64 { return hllCount(h.r[:], 10) }

// Merge makes h the summary of the union of both.
func (h *HLL64) Merge(o *HLL64)     { hllMerge(h.r[:], o.r[:]) }
func (h *HLL256) Merge(o *HLL256)   { hllMerge(h.r[:], o.r[:]) }
func (h *HLL1024) Merge(o *HLL1024) { hllMerge(h.r[:], o.r[:]) }

// Reset empties the summary.
func (h *HLL64) Reset()   { *h = HLL64{} }
func (h *HLL256) Reset()  { *h = HLL256{} }
func (h *HLL1024) Reset() { *h = HLL1024{} }

// hllAdd takes the register from the hash's top p bits and the rank, the place
// of the first one, from the rest.
func hllAdd(r []uint8, p uint, hash uint64) bool {
	i := hash >> (64 - p)
	rank := uint8(bits.LeadingZeros64(hash<<p|1<<(p-1))) + 1
	if r[i] >= rank {
		return false
	}
	r[i] = rank
	return true
}

func hllMerge(dst, src []uint8) {
	for i, v := range src {
		dst[i] = max(dst[i], v)
	}
}

func hllCount(r []uint8, p uint) float64 {
	var counts [66]uint32
	for _, v := range r {
		counts[min(v, 65)]++
	}
	m, q := float64(len(r)), 64-int(p)
	z := m * hllTau(1-float64(counts[q+1])/m)
	for k := q; k >= 1; k-- {
		z = 0.5 * (z + float64(counts[k]))
	}
	z += m * hllSigma(float64(counts[0])/m)
	return m * m / (2 * math.Ln2 * z)
}

// hllSigma corrects for registers that are still empty.
func hllSigma(x float64) float64 {
	if x == 1 {
		return math.Inf(1)
	}
	y, z := 1.0, x
	for {
		x *= x
		was := z
		z += x * y
		y += y
		if z == was {
			return z
		}
	}
}

// hllTau corrects for registers that are full.
func hllTau(x float64) float64 {
	if x <= 0 || x >= 1 {
		return 0
	}
	y, z := 1.0, 1-x
	for {
		x = math.Sqrt(x)
		was := z
		y *= 0.5
		z -= (1 - x) * (1 - x) * y
		if z == was {
			return z / 3
		}
	}
}
