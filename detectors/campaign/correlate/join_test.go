package correlate

import (
	"context"
	"testing"

	"github.com/gatehound/gatehound/detectors/campaign/correlate/internal/crowd"
)

// TestPartsOfOneHandAreJoined has one hand that gives its keys, which are a third of
// all, three models with settings of their own, and three groups of strangers.
func TestPartsOfOneHandAreJoined(t *testing.T) {
	for seed := range uint64(3) {
		w := newWorld(seed + 1).crowd(900)
		h := w.hand()
		h.days, h.daily, h.outMean = 2, 40, 6.5
		for i := range 450 {
			c := w.member(h)
			c.model, c.settings = h.model+uint32(i%3), h.settings+1000*uint32(i%3)
			w.add("campaign", c)
		}
		o := options()
		o.Least, o.Score = defaultLeast, DefaultScore
		p := &population{crowd.New(w.all, o.watch()), &o}
		parts, strangers := make([]*grown, 3), make([]*grown, 3)
		for i := range 3 {
			parts[i], strangers[i] = &grown{}, &grown{}
		}
		for pos, at := range p.At {
			of := parts
			if at < 900 {
				of = strangers
			}
			of[at%3].members = append(of[at%3].members, uint32(pos))
		}
		hits := func(v verdict) (n int) {
			for _, m := range v.g.members {
				if p.At[m] >= 900 {
					n++
				}
			}
			return n
		}
		v := p.join(context.Background(), verdict{g: parts[0]}, append(strangers, parts...))
		if n := hits(v); n < 400 || len(v.g.members) > n+5 {
			t.Errorf("seed %d: %d of 450 in a group of %d", seed, n, len(v.g.members))
		}
		if v := p.join(context.Background(), verdict{g: parts[0]}, strangers); v.g != parts[0] {
			t.Errorf("seed %d: strangers were joined", seed)
		}
	}
}
