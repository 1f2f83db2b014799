package errors

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

var (
	seed  = flag.Uint64("seed", 41, "first of the seeds of the honest traffic")
	seeds = flag.Uint64("seeds", 1, "how many there are")
)

// days is how many days of honest traffic are made.
const days = 7

// honest makes an hour of traffic in which single callers have trouble of many
// kinds, and no route has.
func honest(seed uint64, hour int) []schemas.Event {
	r := rand.New(rand.NewPCG(seed, uint64(hour)))
	from, lanes := hour*60, []lane{
		{route: "/v1/chat", models: []string{"gpt-4o", "gpt-4o-mini"}, perMinute: 30, callers: 40, skew: 2, office: true, fails: 0.004, median: 12 * time.Millisecond, tokens: true},
		{route: "/v1/embed", models: []string{"embed-3"}, perMinute: 20, callers: 12, skew: 1, fails: 0.01, median: 150 * time.Millisecond},
		{route: "/v1/messages", models: []string{"claude"}, perMinute: 6, callers: 8, office: true, median: 20 * time.Millisecond, tokens: true},
		{route: "/v1/files", perMinute: 8, callers: 15, fails: 0.02, median: 40 * time.Millisecond},
		{route: "/v1/flaky", perMinute: 10, callers: 9, fails: 0.15, median: time.Second},
		{route: "/v1/one", models: []string{"llama"}, perMinute: 10, callers: 1, fails: 0.05, median: time.Second},
	}
	var plants []plant
	caller := func(route string, n int, share float64, status uint16, by schemas.Responder) func(*rand.Rand, *schemas.Event) {
		name := fmt.Sprintf("h1:k1:%s-%d", route, n)
		return func(r *rand.Rand, ev *schemas.Event) {
			if ev.Principal == name && r.Float64() < share {
				fail(ev, status, by)
			}
		}
	}
	some := func(minutes int, change func(*rand.Rand, *schemas.Event)) {
		at := from + r.IntN(60)
		plants = append(plants, plant{at, at + minutes, change})
	}
	// A poison request that its caller tries again and again, a key whose quota
	// is used up, a caller with a small limit, clients with broken requests.
	some(30, caller("/v1/chat", 0, 0.9, 500, behind))
	some(20, caller("/v1/embed", 0, 1, 429, gateway))
	some(40, caller("/v1/messages", 3, 1, 429, behind))
	some(60, caller("/v1/files", 2, 1, 400, gateway))
	// The only caller of a route meets an outage of it: he is told of himself.
	some(15, caller("/v1/one", 0, 1, 503, behind))
	// A restart of a few seconds, people who stop answers, a model that is
	// warmed up, longer prompts and answers for a while.
	at := from + r.IntN(60)
	plants = append(plants, plant{at, at + 1, func(_ *rand.Rand, ev *schemas.Event) {
		if ev.Time/1e9%60 < 12 {
			fail(ev, 503, gateway)
		}
	}})
	some(20, func(r *rand.Rand, ev *schemas.Event) {
		if r.IntN(6) == 0 {
			ev.Status, ev.Latency = 499, 3*time.Second
		}
	})
	some(2, func(_ *rand.Rand, ev *schemas.Event) { ev.Latency *= 6 })
	some(40, func(_ *rand.Rand, ev *schemas.Event) { ev.Latency, ev.OutputTokens = ev.Latency*5/2, ev.OutputTokens*3 })
	// Failover: one model's callers move to another.
	some(30, func(_ *rand.Rand, ev *schemas.Event) {
		if ev.Model == "gpt-4o" {
			ev.Model, ev.Latency = "gpt-4o-mini", ev.Latency*3/4
		}
	})
	events := traffic(seed*1000+uint64(hour), from, from+60, lanes, plants...)
	// A batch job at midnight and a load test by one caller, both slow and
	// partly throttled.
	if hour%24 == 0 || hour%24 == 15 {
		job := lane{route: "/v1/chat", models: []string{"gpt-4o"}, perMinute: 90, callers: 1, median: 30 * time.Millisecond, tokens: true}
		batch := traffic(seed*2000+uint64(hour), from+2, from+22, []lane{job})
		for i := range batch {
			batch[i].Principal = "h1:k1:batch"
			if r.IntN(2) == 0 {
				fail(&batch[i], 429, gateway)
			}
		}
		events = append(events, batch...)
	}
	return events
}

// TestUnkind wants no finding above low in a week of honest traffic.
func TestUnkind(t *testing.T) {
	for s := *seed; s < *seed+*seeds; s++ {
		found, events := run(t, days*24, func(h int) []schemas.Event { return honest(s, h) })
		detectortest.Readable(t, found)
		t.Logf("seed %d: %d events, %d findings", s, events, len(found))
		for _, f := range found {
			t.Logf("%s %s %s %s: %s", f.WindowStart.Format("02 15:04"), f.Detector, f.Severity, f.Entity.Name, f.Summary)
			if f.Severity > schemas.SeverityLow {
				t.Errorf("%s on %s is %s", f.Detector, f.Entity.Name, f.Severity)
			}
		}
	}
}
