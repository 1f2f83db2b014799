package feed

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

// feedSim simulates gateways that log into one topic: their traffic by day and
// week, how their logs are shipped, and their faults.
type feedSim struct {
	r *rand.Rand
	m *Monitor
	// rate is the requests a second of each gateway at noon of a working day,
	// night and weekend the shares of it that are left then.
	rate, night, weekend float64
	gateways             int
	// ship is how often a gateway's log is shipped; 0 for every step.
	ship time.Duration
	// skew puts that share of the records into partition 0 of four.
	skew float64
	// noise is the share of records that are rejected without a fault.
	noise float64
	// jobs says that from two to four at night a job asks for embeddings, which
	// have no output tokens and no user agent.
	jobs bool
	// fault changes what a gateway logs at a time; nil for none.
	fault func(s *feedSim, gateway int, at time.Time, e *schemas.Event) verdict
	// held says that a gateway's log is not shipped at a time, deaf that we do
	// not run.
	held func(gateway int, at time.Time) bool
	deaf func(at time.Time) bool

	logs    [][]schemas.Event
	due     []time.Time
	offsets [4]int64
	found   map[string][]time.Time
}

type verdict int

const (
	kept verdict = iota
	lost
	rejected
)

// monday is where each simulation begins.
var monday = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// load is the rate at a time.
func (s *feedSim) load(at time.Time) float64 {
	h := float64(at.Hour()) + float64(at.Minute())/60
	day := math.Exp(-math.Pow((h-13.5)/4.5, 2)) // a bell around half past one
	if h < 6 || h >= 22 {
		day = 0
	}
	day = max(day, s.night)
	if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		day *= s.weekend
	}
	return s.rate * day
}

func (s *feedSim) poisson(mean float64) int {
	if mean > 30 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*s.r.NormFloat64())))
	}
	n, p := 0, s.r.Float64()
	for limit := math.Exp(-mean); p > limit; n++ {
		p *= s.r.Float64()
	}
	return n
}

// write logs what a gateway answered in the step before at.
func (s *feedSim) write(gateway int, at time.Time, step time.Duration) {
	n := s.poisson(s.load(at) * step.Seconds())
	job := s.jobs && at.Hour() >= 2 && at.Hour() < 4
	if job {
		n += s.poisson(s.rate * step.Seconds())
	}
	for i := range n {
		t := at.Add(-step + time.Duration(i)*step/time.Duration(n))
		e := schemas.Event{Format: "kong", Time: t.UnixNano(), Status: 200, Known: schemas.HasStatus | schemas.HasLatency | schemas.HasOutputTokens,
			Principal: "p", Method: "POST", Path: "/v1", Model: "m", UserAgent: "ua"}
		if job && s.r.Float64() < 0.95 {
			e.Known, e.UserAgent = schemas.HasStatus|schemas.HasLatency, ""
		}
		if s.r.Float64() < 0.04 {
			e.Status, e.Principal = 401, ""
		}
		s.logs[gateway] = append(s.logs[gateway], e)
	}
}

// run lets days pass and returns what was found, with its times.
func (s *feedSim) run(t *testing.T, days float64) map[string][]time.Time {
	t.Helper()
	var err error
	s.m, err = New(DefaultConfig(), "events", true)
	require.NoError(t, err)
	s.logs, s.due, s.found = make([][]schemas.Event, s.gateways), make([]time.Time, s.gateways), map[string][]time.Time{}
	for g := range s.due {
		s.due[g] = monday.Add(time.Duration(s.r.Int64N(int64(s.ship) + 1)))
	}
	step := time.Minute
	end := monday.Add(time.Duration(days * 24 * float64(time.Hour)))
	for at := monday; at.Before(end); at = at.Add(step) {
		b := &schemas.Batch{}
		for p := range s.offsets {
			b.Parts = append(b.Parts, &schemas.Part{Range: schemas.Range{Topic: "t", Partition: int32(p), First: s.offsets[p]}})
		}
		for g := range s.gateways {
			s.write(g, at, step)
			if s.held != nil && s.held(g, at) || at.Before(s.due[g]) {
				continue
			}
			jitter := time.Duration(s.r.Int64N(int64(s.ship)/10 + 1))
			s.due[g] = at.Add(s.ship - jitter)
			s.send(g, at, b)
		}
		if s.deaf != nil && s.deaf(at) {
			for p := range b.Parts { // it waits in the topic: the logs keep it for now
				s.logs[0] = append(s.logs[0], b.Parts[p].Events...)
			}
			continue
		}
		var found []schemas.Finding
		if slices.ContainsFunc(b.Parts, func(p *schemas.Part) bool { return len(p.Events)+len(p.Rejects) > 0 }) {
			found = s.m.Observe(b, fromStart, at)
		}
		for _, f := range append(found, s.m.Idle(at)...) {
			s.found[f.Detector] = append(s.found[f.Detector], at)
		}
	}
	return s.found
}

// send puts a gateway's log into the partitions, in its order.
func (s *feedSim) send(gateway int, at time.Time, b *schemas.Batch) {
	for _, e := range s.logs[gateway] {
		what := kept
		if s.fault != nil {
			what = s.fault(s, gateway, at, &e)
		}
		if what == kept && s.r.Float64() < s.noise {
			what = rejected
		}
		p := s.r.IntN(4)
		if s.r.Float64() < s.skew {
			p = 0
		}
		e.Position = schemas.Position{Topic: "t", Partition: int32(p), Offset: s.offsets[p]}
		switch what {
		case kept:
			b.Parts[p].Events = append(b.Parts[p].Events, e)
		case rejected:
			b.Parts[p].Rejects = append(b.Parts[p].Rejects, schemas.Reject{Position: e.Position, Format: e.Format, Reason: "no_time"})
		case lost:
			continue
		}
		s.offsets[p]++
	}
	s.logs[gateway] = s.logs[gateway][:0]
}

// seeds are none that a bound was chosen by.
var seeds = []uint64{808}

// feeds are those of the table in the README.
func feeds(seed uint64) map[string]*feedSim {
	sim := func(change func(s *feedSim)) *feedSim {
		s := &feedSim{r: rand.New(rand.NewPCG(seed, 77)), rate: 0.4, night: 0.2, weekend: 0.3, gateways: 3, noise: 0.002}
		change(s)
		return s
	}
	day := func(n float64) time.Time { return monday.Add(time.Duration(n * 24 * float64(time.Hour))) }
	between := func(at time.Time, from, hours float64) bool {
		return !at.Before(day(from)) && at.Before(day(from).Add(time.Duration(hours*float64(time.Hour))))
	}
	return map[string]*feedSim{
		"steady":            sim(func(s *feedSim) {}),
		"noise 0.5 %":       sim(func(s *feedSim) { s.noise = 0.005 }),
		"every minute":      sim(func(s *feedSim) { s.ship = time.Minute }),
		"every 15 minutes":  sim(func(s *feedSim) { s.ship = 15 * time.Minute }),
		"one, 15 minutes":   sim(func(s *feedSim) { s.gateways, s.ship = 1, 15*time.Minute }),
		"hourly files":      sim(func(s *feedSim) { s.gateways, s.ship = 1, time.Hour }),
		"slow":              sim(func(s *feedSim) { s.rate, s.gateways = 0.1, 1 }),
		"skewed partitions": sim(func(s *feedSim) { s.skew = 0.9 }),
		"nightly job":       sim(func(s *feedSim) { s.jobs = true }),
		"silent nights":     sim(func(s *feedSim) { s.night = 0 }),
		"office hours":      sim(func(s *feedSim) { s.night, s.weekend = 0, 0 }),
		"held up for 3 h": sim(func(s *feedSim) {
			s.held = func(g int, at time.Time) bool { return g == 0 && between(at, 9.5, 3) }
		}),
		"held up for 20 min": sim(func(s *feedSim) {
			s.held = func(g int, at time.Time) bool { return g == 0 && between(at, 9.5, 1./3) }
		}),
		"service down 5 h": sim(func(s *feedSim) { s.deaf = func(at time.Time) bool { return between(at, 9.4, 5) } }),
		"old files": sim(func(s *feedSim) {
			s.held = func(g int, at time.Time) bool { return g == 0 && at.Before(day(9.5)) }
		}),
	}
}

// TestFalseAlarms tells what realistic feeds without a fault raise in ten days
// or two weeks,
// and bounds it: nights and weekends are told once, when they are new.
func TestFalseAlarms(t *testing.T) {
	allowed := map[string]map[string]int{
		"silent nights": {"feed.silence": 2},
		"office hours":  {"feed.silence": 3}, // the first night, the first weekend
		"nightly job":   {"feed.schema": 2},  // the first night
	}
	for _, seed := range seeds {
		for name, s := range feeds(seed) {
			days := 10.0
			if len(allowed[name]) > 0 {
				days = 14 // two weekends
			}
			found := s.run(t, days)
			for detector, at := range found {
				if len(at) > allowed[name][detector] {
					t.Errorf("%s, seed %d: %d %s at %v", name, seed, len(at), detector, at[:min(3, len(at))])
				}
			}
			t.Logf("%-20s seed %d: %s", name, seed, tally(found))
		}
	}
}

func tally(found map[string][]time.Time) string {
	var out []string
	for d, at := range found {
		out = append(out, fmt.Sprint(d, " ", len(at)))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// TestFaultsAreFound tells how long each fault takes to be found, on feeds of
// several kinds; it begins on the first Thursday at noon.
func TestFaultsAreFound(t *testing.T) {
	begins := monday.Add(3*24*time.Hour + 12*time.Hour)
	after := func(change func(s *feedSim, e *schemas.Event) verdict) func(*feedSim, int, time.Time, *schemas.Event) verdict {
		return func(s *feedSim, _ int, at time.Time, e *schemas.Event) verdict {
			if e.Time < begins.UnixNano() {
				return kept
			}
			return change(s, e)
		}
	}
	faults := []struct {
		name, detector string
		fault          func(*feedSim, int, time.Time, *schemas.Event) verdict
	}{
		{"3 % rejected", "feed.rejects", after(func(s *feedSim, _ *schemas.Event) verdict {
			if s.r.Float64() < 0.03 {
				return rejected
			}
			return kept
		})},
		{"all rejected", "feed.rejects", after(func(*feedSim, *schemas.Event) verdict { return rejected })},
		{"stop", "feed.silence", after(func(*feedSim, *schemas.Event) verdict { return lost })},
		{"clock back 1 h", "feed.time", after(func(_ *feedSim, e *schemas.Event) verdict { e.Time -= int64(time.Hour); return kept })},
		{"clock ahead 1 h", "feed.rejects", after(func(*feedSim, *schemas.Event) verdict { return rejected })},
		{"no principal", "feed.schema", after(func(_ *feedSim, e *schemas.Event) verdict { e.Principal = ""; return kept })},
	}
	bounds := map[string]time.Duration{"steady": 20 * time.Minute, "every 15 minutes": 90 * time.Minute, "one, 15 minutes": 2 * time.Hour,
		"hourly files": 6 * time.Hour, "slow": 6 * time.Hour, "office hours": 40 * time.Minute}
	for _, fault := range faults {
		for _, name := range []string{"steady", "every 15 minutes", "one, 15 minutes", "hourly files", "slow", "office hours"} {
			s := feeds(seeds[0])[name]
			s.fault = fault.fault
			took := time.Duration(-1)
			for _, at := range s.run(t, 3.8)[fault.detector] {
				if at.After(begins) {
					took = at.Sub(begins).Round(time.Minute)
					break
				}
			}
			t.Logf("%-16s %-18s %v", fault.name, name, took)
			if took < 0 || took > bounds[name] {
				t.Errorf("%s of %s is found after %v", fault.name, name, took)
			}
		}
	}
}
