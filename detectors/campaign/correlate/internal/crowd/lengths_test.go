package crowd

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// world is where samples come from.
type world struct{ rng *rand.Rand }

func newWorld(seed uint64) *world { return &world{rand.New(rand.NewPCG(seed, 5))} }

func (w *world) uniform(a, b float64) float64 { return a + (b-a)*w.rng.Float64() }

func shares(to []uint8, counts []float64, n int) {
	for i := range to {
		to[i] = uint8(254*counts[i]/float64(n) + 0.5)
	}
}

// sampled returns a distribution of n lengths.
func (w *world) sampled(mean, vary float64, n int) (h histogram) {
	var counts [profile.Bins]float64
	for range n {
		counts[profile.Bin(int64(math.Exp(mean+vary*w.rng.NormFloat64())))]++
	}
	shares(h[:], counts[:], n)
	return h
}

func (w *world) centreOf(mean, vary float64) lengths {
	var sum [profile.Bins]float64
	for range 50 {
		h := w.sampled(mean, vary, 200)
		addShares(&sum, &h, 1)
	}
	return newLengths(&sum)
}

// What is expected of members' distances holds for samples of one distribution,
// whatever their number of calls.
func TestNoiseIsWhatSamplesHave(t *testing.T) {
	w := newWorld(1)
	for _, vary := range []float64{0.15, 0.4, 0.9} {
		l := w.centreOf(5.5, vary)
		for class, n := range []int{8, 16, 32, 64} {
			sum := 0.0
			for range 400 {
				h := w.sampled(5.5, vary, n)
				d, ok := l.distance(&h)
				if !ok {
					t.Fatal("no distance")
				}
				sum += d / l.noise[class] / 400
			}
			if sum < 0.5 || sum > 1.2 {
				t.Errorf("spread %v, %d calls: %.2f times the noise on average", vary, n, sum)
			}
		}
	}
}

func TestOtherLengthsAreFar(t *testing.T) {
	w := newWorld(2)
	l := w.centreOf(5.5, 0.5)
	for class, n := range []int{8, 16, 32, 64} {
		far := 0
		for range 200 {
			h := w.sampled(6.5, 0.5, n)
			if d, _ := l.distance(&h); d/l.noise[class] > 2 {
				far++
			}
		}
		if far < 180 && n > 16 {
			t.Errorf("%d calls: %d of 200 are far", n, far)
		}
	}
}

func TestLikenessIsOfRareLengthsOnly(t *testing.T) {
	w := newWorld(3)
	l := w.centreOf(5.5, 0.5)
	var near, far []float64
	var classes []int
	for range 500 {
		h := w.sampled(5.5, 0.5, 60)
		d, _ := l.distance(&h)
		near = append(near, d)
		h = w.sampled(w.uniform(3, 8), 0.5, 60)
		d, _ = l.distance(&h)
		far = append(far, d)
		classes = append(classes, 3)
	}
	common, rare := l.newLikeness(near, classes), l.newLikeness(far, classes)
	if common[3][1] > 0.5 {
		t.Errorf("lengths that all have speak for membership with %v", common[3][1])
	}
	if rare[3][0] < 2 || rare[3][1] < 1.5 || rare[3][nBands-1] > -2 {
		t.Errorf("rare lengths say %v", rare[3])
	}
	if rare[0][0] > rare[3][0] {
		t.Error("few calls say more than many")
	}
}

func TestNoLengthsSayNothing(t *testing.T) {
	var l lengths
	var h histogram
	if _, ok := l.distance(&h); ok {
		t.Error("a distance of nothing")
	}
	l = newWorld(1).centreOf(5, 0.5)
	if _, ok := l.distance(&h); ok {
		t.Error("a distance of nothing to something")
	}
	for i := range h {
		h[i] = 255 // no distribution
	}
	if d, ok := l.distance(&h); !ok || !(d >= 0 && d <= 1) {
		t.Errorf("%v, %v", d, ok)
	}
}

// Of samples of one distribution many meet in some bucket, of others few.
func TestNearLengthsMeet(t *testing.T) {
	w := newWorld(4)
	axes := NewProjections(sketch.NewKey([16]byte{7}))
	profileOf := func(in, out float64) (p profile.Profile) {
		p.Inputs, p.Outputs = w.sampled(in, 0.5, 100), w.sampled(out, 0.5, 100)
		return p
	}
	meet := func(a, b *profile.Profile) bool {
		x, _ := axes.Near(a)
		y, _ := axes.Near(b)
		for i := range x {
			if x[i] == y[i] {
				return true
			}
		}
		return false
	}
	same, other := 0, 0
	for range 500 {
		a, b := profileOf(5.5, 6), profileOf(5.5, 6)
		c := profileOf(w.uniform(3, 8), w.uniform(3, 8))
		if meet(&a, &b) {
			same++
		}
		if meet(&a, &c) {
			other++
		}
	}
	if same < 350 || other > same/2 {
		t.Errorf("of 500, %d of one distribution meet and %d of others", same, other)
	}
	if _, ok := axes.Near(new(profile.Profile)); ok {
		t.Error("no lengths have a hash")
	}
}
