package alerting

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// TestAnyCourse lets chance decide what happens (findings, repeats, rises, ends,
// what people do, silences, pauses, failures of the sinks, restarts) and checks what
// has to hold in any case once the sinks work again.
func TestAnyCourse(t *testing.T) {
	seeds := uint64(8)
	if testing.Short() { // as under the race detector, which makes each take ten times as long
		seeds = 3
	}
	for seed := range seeds {
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
		switch rnd.IntN(14) {
		case 0, 1, 2, 3:
			f := finding(fmt.Sprint(rnd.IntN(6)), time.Now().Truncate(time.Minute), schemas.Severity(rnd.IntN(5)))
			if rnd.IntN(3) == 0 { // another rule, of the same story
				f.Detector = networks
				f.ID = schemas.FindingID(f.Detector, f.Entity, f.WindowStart)
			}
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
		case 9: // its cause has ended
			if len(known) > 0 {
				f := known[rnd.IntN(len(known))]
				keep(r.cease(t, schemas.Ceased{Detector: f.Detector, Entity: f.Entity, Last: time.Now(), At: time.Now()}))
			}
		case 10, 11: // somebody does something
			if id := anyOf(latest, rnd); id != "" {
				act := []func(context.Context, string, string, string) (schemas.Alert, error){r.Acknowledge, r.Resolve, r.Comment}[rnd.IntN(3)]
				if _, err := act(context.Background(), id[:12], fmt.Sprint("user-", rnd.IntN(2)), "note"); err != nil && !errors.Is(err, ErrResolved) {
					t.Error(err)
				}
			}
		case 12:
			r.silence(t, time.Duration(1+rnd.IntN(120))*time.Minute, fmt.Sprintf("entity=%d", rnd.IntN(6)))
		case 13: // a restart
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
	time.Sleep(3 * time.Hour) // and no silence lasts
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
	sequence, state := map[string]int{}, map[string]schemas.AlertState{}
	var seen []string
	for _, c := range received {
		if c.alert.Sequence <= sequence[c.alert.ID] {
			t.Errorf("%s came after sequence %d", c.key, sequence[c.alert.ID])
		}
		if want := Ref("ref-" + c.alert.ID); sequence[c.alert.ID] > 0 && c.prev != want {
			t.Errorf("%s has ref %q", c.key, c.prev)
		}
		sequence[c.alert.ID], state[c.alert.ID] = c.alert.Sequence, c.alert.State
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
		if a.Sequence > 0 && state[a.ID] != a.State {
			t.Errorf("the receiver thinks that %s is %s, the log %s", a.ID, state[a.ID], a.State)
		}
		if n := len(a.History); n == 0 || a.History[0].What != "opened" || a.History[n-1].Number < n {
			t.Errorf("the history of %s is %+v", a.ID, a.History)
		}
		if a.Muted != "" || (a.State == schemas.AlertResolved) != (a.Outcome != "" && a.Resolution != nil) {
			t.Errorf("%s is %s, muted %q, outcome %q", a.ID, a.State, a.Muted, a.Outcome)
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

// anyOf returns the id of one of the alerts; empty without one.
func anyOf(alerts map[string]schemas.Alert, rnd *rand.Rand) string {
	ids := slices.Sorted(maps.Keys(alerts))
	if len(ids) == 0 {
		return ""
	}
	return ids[rnd.IntN(len(ids))]
}
