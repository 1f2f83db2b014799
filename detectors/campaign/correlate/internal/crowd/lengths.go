package crowd

import (
	"math"

	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// histogram is a distribution of lengths as the profiles have it.
type histogram = [profile.Bins]uint8

// Distances are judged in steps of how far two samples of one distribution are
// apart by chance: the last bounds of all bands but the last.
var bands = [...]float64{0.75, 1.3, 2, 3.2, 5}

const nBands = len(bands) + 1

// withinBands is how often members fall into each band. If all drew from exactly
// one distribution, distances over their mean were chi-squared over its degrees of
// freedom, nearly all below 2; the tail is for members that differ a little.
var withinBands = [nBands]float64{0.30, 0.36, 0.20, 0.08, 0.04, 0.02}

// classes of how many calls a distribution rests on: below 12, 24, 48, and more,
// which count as 64: real members differ a little, which no number of calls hides.
const (
	nClasses = 4
	topCalls = 64
)

func classOf(measured float32) int {
	switch {
	case !(measured >= 12):
		return 0
	case measured < 24:
		return 1
	case measured < 48:
		return 2
	}
	return 3
}

// callsOf is the class's number of calls.
func callsOf(class int) float64 { return float64(int(topCalls/8) << class) }

var roots = func() (r [256]float32) {
	for i := range r {
		r[i] = float32(math.Sqrt(float64(i)))
	}
	return r
}()

// lengths is the distribution of the lengths of a cluster.
type lengths struct {
	root [profile.Bins]float32 // square roots of the shares; all 0 if not known
	// noise is how far a sample of so many calls is from the cluster on average.
	noise [nClasses]float64
	ok    bool
}

// newLengths returns the mean of the distributions.
func newLengths(shares *[profile.Bins]float64) (l lengths) {
	sum := 0.0
	for _, s := range shares {
		sum += s
	}
	if sum <= 0 {
		return l
	}
	l.ok = true
	for i, s := range shares {
		s /= sum
		l.root[i] = float32(math.Sqrt(s))
		for class := range l.noise {
			l.noise[class] += lost(s*callsOf(class)) / callsOf(class)
		}
	}
	for class := range l.noise {
		l.noise[class] += 0.006 // shares are rounded and real members differ a little
	}
	return l
}

// lost is what a bin that has so many calls on average takes from the sum of the
// roots of shares that makes the distance: the mean less the root of the mean
// times the mean of the root, of a Poisson variable. It is an eighth from some
// five on.
func lost(mean float64) float64 {
	at := mean * lostSteps
	i := int(at)
	if i >= len(losts)-1 {
		return 0.125
	}
	return losts[i] + (losts[i+1]-losts[i])*(at-float64(i))
}

const lostSteps = 16

var losts = func() (table [12*lostSteps + 1]float64) {
	for i := range table {
		mean := float64(i) / lostSteps
		root, p := 0.0, math.Exp(-mean)
		for k := 1; k < 60; k++ {
			p *= mean / float64(k)
			root += math.Sqrt(float64(k)) * p
		}
		table[i] = mean - math.Sqrt(mean)*root
	}
	return table
}()

// distance returns one less the Bhattacharyya coefficient, and false if the
// profile has no distribution.
func (l *lengths) distance(h *histogram) (float64, bool) {
	var dot float32
	sum := 0
	for i, s := range h {
		dot += roots[s] * l.root[i]
		sum += int(s)
	}
	if sum == 0 || !l.ok {
		return 0, false
	}
	return max(0, 1-float64(dot)/math.Sqrt(float64(sum))), true
}

func bandOf(z float64) int {
	for i, b := range bands {
		if z < b {
			return i
		}
	}
	return nBands - 1
}

// likeness is, per class and band, how much likelier a distance is of a member
// than of somebody else, in logarithms.
type likeness [nClasses][nBands]float32

// blurs are fifths of the distribution of distances over their mean.
var blurs = [...]float64{0.4, 0.65, 0.9, 1.2, 1.85}

// newLikeness learns how far others are from the distances of some of them,
// which rest on so many calls each.
func (l *lengths) newLikeness(distances []float64, classes []int) (out likeness) {
	for class := range out {
		var counts [nBands]float64
		for i, d := range distances {
			// What is more exact than the class is blurred as much as the class,
			// what is less exact is taken as it is.
			blur := max(l.noise[class]-l.noise[classes[i]], 0)
			for _, b := range blurs {
				counts[bandOf((d+b*blur)/l.noise[class])] += 1. / float64(len(blurs))
			}
		}
		for b := range counts {
			others := (counts[b] + 4*withinBands[b]) / (float64(len(distances)) + 4)
			out[class][b] = float32(math.Log(withinBands[b] / others))
		}
	}
	return out
}

// Projections are hashes of both distributions that alike ones have in common
// (Datar and others: Locality-sensitive hashing scheme based on p-stable
// distributions, SoCG 2004), NearSets of them.
type Projections struct {
	axes  [2 * NearSets][2 * profile.Bins]float32
	shift [2 * NearSets]float32
}

const (
	// NearSets is how many hashes a profile has.
	NearSets = 4
	// cellWidth is the width of a hash's cell. Of two samples of 120 calls of one
	// distribution, 0.3 apart, half fall into one cell of two axes; of others,
	// 0.8 to 1.4 apart, few do.
	cellWidth = 0.8
)

// NewProjections draws the axes by a key.
func NewProjections(key sketch.Key) *Projections {
	var p Projections
	for i := range p.axes {
		for j := range p.axes[i] {
			p.axes[i][j] = gauss(key.Words(uint64(i), uint64(j)+2))
		}
		p.shift[i] = float32(key.Words(uint64(i), 1)>>40) / (1 << 24)
	}
	return &p
}

// gauss makes a normally distributed number of a hash.
func gauss(h uint64) float32 {
	u, v := float64(h>>32+1)/(1<<32+1), float64(h&(1<<32-1))/(1<<32)
	return float32(math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*v))
}

// Near returns the hashes of a profile, and false if it has no lengths.
func (p *Projections) Near(x *profile.Profile) (out [NearSets]uint32, ok bool) {
	var v [2 * profile.Bins]float32
	ok = unit(v[:profile.Bins], &x.Inputs)
	ok = unit(v[profile.Bins:], &x.Outputs) || ok
	if !ok {
		return out, false
	}
	for set := range out {
		var cell [2]uint32
		for half := range cell {
			axis, dot := &p.axes[2*set+half], float32(0)
			for i, s := range v {
				if s != 0 {
					dot += s * axis[i]
				}
			}
			cell[half] = uint32(int32(math.Floor(float64(dot/cellWidth + p.shift[2*set+half]))))
		}
		out[set] = cell[0]&0x7fff | 1<<15 | cell[1]<<16 // never 0
	}
	return out, true
}

// unit writes the square roots of the shares.
func unit(to []float32, h *histogram) bool {
	sum := 0
	for _, s := range h {
		sum += int(s)
	}
	if sum == 0 {
		return false
	}
	scale := float32(1 / math.Sqrt(float64(sum)))
	for i, s := range h {
		to[i] = roots[s] * scale
	}
	return true
}
