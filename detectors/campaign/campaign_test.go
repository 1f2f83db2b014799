package campaign

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// TestHit lets twenty keys behind one network, and forty unrelated ones, harvest
// among people. With -short, as for the race detector, it is the twenty alone.
func TestHit(t *testing.T) {
	for _, c := range []struct {
		keys   int
		shared bool
	}{{20, true}, {40, false}} {
		if testing.Short() && !c.shared {
			continue
		}
		t.Run(fmt.Sprintf("%d keys/shared=%v", c.keys, c.shared), func(t *testing.T) {
			traffic := newTraffic(0)
			traffic.people(150, 3)
			traffic.campaign(c.keys, 120, 40*time.Hour, 72*time.Hour, c.shared)
			found := run(t, traffic.events)
			if len(found) == 0 {
				t.Fatal("not found")
			}
			detectortest.Readable(t, found)
			first := &found[0]
			tell(t, found[:1])
			if after := first.Detected.Sub(detectortest.Start) - 40*time.Hour; after > 24*time.Hour {
				t.Errorf("found after %s, want a day", after)
			}
			if hydra, others := members(first); hydra < c.keys*8/10 || others > c.keys/10 {
				t.Errorf("named %d of %d keys, and %d others", hydra, c.keys, others)
			}
			for _, f := range found {
				if f.Campaign.ID != first.Campaign.ID {
					t.Errorf("a second campaign: %s", f.Title)
				}
			}
		})
	}
}

// members counts the members of a campaign that are of one hand, and others.
func members(f *schemas.Finding) (hydra, others int) {
	for _, m := range f.Campaign.Members {
		if strings.Contains(m.Principal, "hydra") {
			hydra++
		} else {
			others++
		}
	}
	return hydra, others
}

// TestQuiet lets those be there who look like a campaign and are none, or a
// campaign that takes too little. With -short it is the course alone.
func TestQuiet(t *testing.T) {
	for name, add := range map[string]func(traffic *traffic){
		"people":                   func(*traffic) {},
		"seven keys":               func(traffic *traffic) { traffic.campaign(7, 120, 40*time.Hour, 72*time.Hour, true) },
		"400 exchanges":            func(traffic *traffic) { traffic.campaign(20, 120, 40*time.Hour, 44*time.Hour, true) },
		"a course":                 course,
		"services of one customer": services,
	} {
		if testing.Short() && name != "a course" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			traffic := newTraffic(100)
			traffic.people(150, 3)
			add(traffic)
			if found := run(t, traffic.events); len(found) > 0 {
				tell(t, found[:1])
				t.Errorf("%d findings, want none", len(found))
			}
		})
	}
}

// course lets 60 students of one university send one template in the afternoon,
// from one network.
func course(traffic *traffic) {
	a := app{"gpt-4o-mini", "OpenAI/Python 1.44.0", 200, 300, 0.4, 800, 2, 0}
	for i := range 60 {
		for day := 1; day < 3; day++ {
			for at := 13 * time.Hour; at < 16*time.Hour; at += time.Duration(traffic.r.ExpFloat64() * float64(12*time.Minute)) {
				n := len(traffic.events)
				traffic.call(time.Duration(day)*24*time.Hour+at, fmt.Sprintf("h1:k1:student%02d", i), a, detectortest.Address(125_000+i%8), "university", 64800)
				traffic.events[n].PromptFingerprint, traffic.events[n].TemplateFingerprint = uint64(1+traffic.r.IntN(30)), 4711
			}
		}
	}
}

// services lets a customer's twelve services, there from the first day, enrich
// records round the clock.
func services(traffic *traffic) {
	a := app{"gpt-4o-mini", "go-http-client/1.1", 600, 20, 0.3, 64, 1, 0}
	for i := range 12 {
		for at := time.Duration(0); at < 72*time.Hour; at += time.Duration(traffic.r.ExpFloat64() * float64(8*time.Minute)) {
			traffic.call(at, fmt.Sprintf("h1:k1:service%02d", i), a, detectortest.Address(126_000+i%3), "shop", 64801)
		}
	}
}

func TestConform(t *testing.T) {
	traffic := newTraffic(3)
	traffic.people(60, 2)
	traffic.campaign(20, 130, 26*time.Hour, 48*time.Hour, true)
	detectortest.Conform(t, detectortest.Fresh(t, Watchers, DefaultConfig()), traffic.events)
}

// TestNamesNobody lets somebody harvest under the names of others with a wrong
// credential.
func TestNamesNobody(t *testing.T) {
	traffic := newTraffic(4)
	traffic.people(100, 2)
	n := len(traffic.events)
	traffic.campaign(20, 120, 26*time.Hour, 48*time.Hour, true)
	for i := range traffic.events[n:] {
		ev := &traffic.events[n+i]
		ev.Auth, ev.AuthReason = schemas.AuthFailure, schemas.ReasonInvalid
	}
	if found := run(t, traffic.events); len(found) > 0 {
		t.Errorf("names who was only named: %s", found[0].Title)
	}
}

// BenchmarkCorrelate is the end of an hour but for the search itself: a campaign of
// 25,000 members among 200,000 principals, found again.
func BenchmarkCorrelate(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	p := newPlay(b, 200_000)
	for i := range p.all {
		p.all[i].Profile.Calls = float32(math.Exp(3 + 2*r.NormFloat64()))
	}
	p.cluster(20, keys(1, 25_000))
	p.pass()
	x := detectors.NewCorrelation(context.Background(), detectortest.At(2*time.Hour), time.Hour, sketch.Key{}, func(*schemas.Finding) {})
	b.ReportAllocs()
	for b.Loop() {
		p.d.Correlate(x, &Cohort{}, p.all)
	}
	b.ReportMetric(float64(len(p.d.Save()))/25_000, "bytes/member")
}
