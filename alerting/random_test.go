package alerting

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// TestAnyCourse lets chance decide what happens (findings, repeats, rises,
// pauses, failures of the sinks, restarts) and checks what has to hold in any
// case once the sinks work again.
func TestAnyCourse(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { course(t, rand.New(rand.NewPCG(seed, 7))) })
		})
	}
}

// course is one of them.
func course(t *testing.T, rnd *rand.Rand) {
	path := logPath(t)
	calm := make(chan struct{}) // closed when the sinks stop failing
	var received []call
	// The sink's outcome depends on the call alone, so that the worker needs no
	// lock around the source of chance.
	sink := func() *fakeSink {
		return &fakeSink{name: "s", answer: func(_ context.Context, c call) (Ref, error) {
			select {
			case <-calm:
			default:
				switch (c.at.UnixNano()/1e6 + int64(len(c.key))) % 5 {
				case 0:
					return "", errAway
				case 1:
					return "", After(errAway, 3*time.Second)
				}
			}
			return Ref("ref-" + c.alert.ID), nil
		}}
	}
	cfg := func(c *Config) {
		c.MaxAge = 700 * time.Hour
		c.Sinks = []SinkConfig{{Name: "s", Kind: "fake", PerMinute: 100_000}}
	}
	s := sink()
	r := open(t, path, cfg, s)
	stop := r.run(t)

	var known []schemas.Finding
	latest := map[string]schemas.Alert{} // as a caller stores them
	keep := func(alerts []schemas.Alert) {
		for _, a := range alerts {
			if old, ok := latest[a.ID]; ok && (a.Sequence < old.Sequence || a.Findings < old.Findings || a.Severity < old.Severity) {
				t.Errorf("alert %s went back from %s to %s", a.ID, line(old), line(a))
			}
			latest[a.ID] = a
		}
	}
	for range 150 {
		switch rnd.IntN(10) {
		case 0, 1, 2, 3:
			f := finding(fmt.Sprint(rnd.IntN(6)), time.Now().Truncate(time.Minute), schemas.Severity(rnd.IntN(5)))
			known = append(known, f)
			keep(r.offer(t, f))
		case 4:
			if len(known) > 0 { // read again
				keep(r.offer(t, known[rnd.IntN(len(known))]))
			}
		case 5:
			if len(known) > 0 { // worse than it was
				f := known[rnd.IntN(len(known))]
				f.Severity = schemas.SeverityCritical
				keep(r.offer(t, f))
			}
		case 6:
			keep(r.advance(t, time.Now()))
		case 7, 8:
			time.Sleep(time.Duration(rnd.IntN(90)) * time.Minute)
		case 9: // a restart
			synctest.Wait()
			stop()
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			_, taken := s.all()
			received = append(received, taken...)
			s = sink()
			r = open(t, path, cfg, s)
			stop = r.run(t)
		}
	}
	close(calm)
	time.Sleep(30 * time.Minute)
	synctest.Wait()
	stop()
	keep(r.offer(t))
	_, taken := s.all()
	received = append(received, taken...)

	if p := r.Pending(); len(p) != 0 {
		t.Errorf("%d notifications still wait: %+v", len(p), p[0])
	}
	if dead, err := r.DeadLetters(); len(dead) != 0 || err != nil {
		t.Errorf("%d dead letters, %v", len(dead), err)
	}
	// In order for each alert, once each, with the ref of the one before.
	sequence := map[string]int{}
	var seen []string
	for _, c := range received {
		if c.alert.Sequence <= sequence[c.alert.ID] {
			t.Errorf("%s came after sequence %d", c.key, sequence[c.alert.ID])
		}
		if want := Ref("ref-" + c.alert.ID); sequence[c.alert.ID] > 0 && c.prev != want {
			t.Errorf("%s has ref %q", c.key, c.prev)
		}
		sequence[c.alert.ID] = c.alert.Sequence
		seen = append(seen, c.key)
	}
	slices.Sort(seen)
	if len(slices.Compact(slices.Clone(seen))) != len(seen) {
		t.Error("a notification came twice although nothing was killed")
	}
	// The last thing that was told of an alert is its last decision.
	alerts, err := r.Alerts()
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, a := range alerts {
		total += a.Findings
		if sequence[a.ID] != a.Sequence {
			t.Errorf("the receiver knows sequence %d of %s, the log %d", sequence[a.ID], a.ID, a.Sequence)
		}
		if got := latest[a.ID]; line(got) != line(a) && a.State != schemas.AlertResolved {
			t.Errorf("the caller has %q, the log %q", line(got), line(a))
		}
	}
	// No finding is counted twice or lost (nothing expires within a course).
	ids := map[string]bool{}
	for _, f := range known {
		ids[f.ID] = true
	}
	if total != len(ids) {
		t.Errorf("the alerts count %d findings, %d were offered", total, len(ids))
	}
}
