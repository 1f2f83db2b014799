package correlate

import (
	"context"
	"math"
	"testing"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/sketch"
)

func TestNothingFromNothing(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9} {
		all := make([]detectors.Profiled[profile.Profile], n)
		if got := Clusters(context.Background(), all, Options{}); len(got) != 0 {
			t.Errorf("%d empty profiles are %d clusters", n, len(got))
		}
	}
}

// junk fills a profile with whatever bits.
func junk(w *world, p *profile.Profile) {
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p))
	for i := range bytes {
		bytes[i] = byte(w.rng.Uint32())
	}
	p.First = since + w.rng.Uint32N(end-since)
	p.Last = p.First + w.rng.Uint32N(end-p.First)
	p.Bytes = w.rng.IntN(2) == 0
	floats := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32, -1, 0, 1e-40}
	pick := func() float32 { return floats[w.rng.IntN(len(floats))] }
	p.Input, p.Output, p.Measured, p.Prompted, p.Different, p.Scatter, p.Day = pick(), pick(), pick(), pick(), pick(), pick(), pick()
	if p.Calls = 100; w.rng.IntN(3) == 0 {
		p.Calls = pick()
	}
}

func TestJunkNeitherCrashesNorHidesACampaign(t *testing.T) {
	w := newWorld(1).crowd(1500)
	scenarios["unrelated_50"](w)
	for range 20_000 {
		w.add("", w.stranger())
		junk(w, &w.all[len(w.all)-1].Profile)
	}
	clusters := w.clusters()
	hits, of, _ := w.found("campaign", clusters)
	if hits < of*8/10 {
		t.Errorf("%d of %d keys named", hits, of)
	}
	for _, c := range clusters {
		if math.IsNaN(c.Score) || math.IsInf(c.Score, 0) {
			t.Errorf("a score of %v", c.Score)
		}
		for _, f := range c.Features {
			if math.IsNaN(f.Observed+f.Expected+f.Weight) || math.IsInf(f.Observed+f.Expected+f.Weight, 0) {
				t.Errorf("%+v", f)
			}
		}
	}
}

func TestAllAlikeAreNobody(t *testing.T) {
	w := newWorld(1)
	c := w.stranger()
	w.add("", c)
	for i := range 20_000 {
		same := w.all[0]
		same.Key = sketch.Mix(uint64(i))
		w.all, w.who = append(w.all, same), append(w.who, "")
	}
	begin := time.Now()
	w.quiet(t)
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

// An attacker who knows a campaign's traits floods all of them with keys that
// have one each, as many as there are other callers: the buckets are full of them.
func TestPoisonedBucketsHideNothing(t *testing.T) {
	w := newWorld(4).crowd(1500)
	h := w.hand()
	for range 50 {
		w.add("campaign", w.member(h))
	}
	for i := range 1500 {
		c := w.stranger()
		c.days = 2.9
		switch i % 4 {
		case 0:
			c.settings = h.settings
		case 1:
			c.model, c.daily = h.model, h.daily
		case 2:
			c.inMean, c.outMean, c.inVary, c.outVary = h.inMean, h.outMean, h.inVary, h.outVary
			c.daily = w.vary(h.daily, 2)
		case 3:
			c.daily, c.scatter, c.night = h.daily, h.scatter, h.night
		}
		w.add("decoy", c)
	}
	hits, of, _ := w.found("campaign", w.clusters())
	if hits < of*7/10 {
		t.Errorf("%d of %d keys named", hits, of)
	}
}

// An attacker plants forty small campaigns that promise more than his own, to be
// looked at in its place.
func TestDecoysTakeNoTurn(t *testing.T) {
	for seed := range uint64(2) {
		w := newWorld(302 + seed).crowd(1500)
		h := w.hand()
		for range 50 {
			w.add("campaign", w.member(h))
		}
		for range 40 {
			d := w.hand()
			d.inVary, d.outVary, d.daily = 0.1, 0.1, 200
			d.client, d.hello, d.network, d.settings = 1000+w.rng.Uint32N(1000), 1000+w.rng.Uint32N(1000), 1<<30+w.rng.Uint32(), 1000+w.rng.Uint32N(1e6)
			for range 8 {
				c := w.member(d)
				c.client, c.hello, c.network, c.system = d.client, d.hello, d.network, 0
				c.daily, c.days = w.vary(d.daily, 0.02), d.days
				w.add("decoy", c)
			}
		}
		if hits, of, _ := w.found("campaign", w.clusters()); hits < of*8/10 {
			t.Errorf("world %d: %d of %d keys named", seed, hits, of)
		}
	}
}

// Work must not grow with the square of what somebody can make equal.
func TestFloodOfOneBucketIsLinear(t *testing.T) {
	took := func(n int) time.Duration {
		w := newWorld(5).crowd(1000)
		c := w.stranger()
		for range n {
			s := c
			s.daily = w.vary(30, 1)
			w.add("", s)
		}
		begin := time.Now()
		w.clusters()
		return time.Since(begin)
	}
	took(3_000)
	small, large := took(3_000), took(24_000)
	if large > 40*small+2*time.Second {
		t.Errorf("eight times as many take %v after %v", large, small)
	}
}

func TestAClusterIsNoMoreThanItsMembers(t *testing.T) {
	w := newWorld(6).crowd(3000)
	for _, c := range w.clusters() {
		if len(c.Members) > 300 {
			t.Errorf("%d ordinary callers are one cluster", len(c.Members))
		}
	}
}
