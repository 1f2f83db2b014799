package alerting

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

func goesOn(f schemas.Finding, minute int) schemas.Ceased {
	c := ended(f, minute)
	c.GoesOn, c.Last = true, c.At.Add(-time.Minute)
	return c
}

// What goes on is not resolved for want of findings: rules hold for hours.
func TestWhatGoesOnStaysOpen(t *testing.T) {
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	one, two := address(stuffing, "a", 0, schemas.SeverityMedium), caller(spike, "p", 0, schemas.SeverityLow)
	r.offer(t, one, two)
	for minute := 15; minute <= 180; minute += 15 {
		got := r.cease(t, goesOn(one, minute))
		if len(got) != 1 || got[0].State != schemas.AlertOpen || got[0].Sequence != 1 || !got[0].LastSeen.Equal(noon.Add(time.Duration(minute-1)*time.Minute)) ||
			!got[0].Parts[0].LastSeen.Equal(got[0].LastSeen) {
			t.Fatalf("minute %d: %+v", minute, got)
		}
		r.advance(t, noon.Add(time.Duration(minute)*time.Minute))
	}
	if got := stateOf(t, r, "p"); got != schemas.AlertResolved {
		t.Errorf("what was said to go on no more is %v", got)
	}
	// A finding after hours is news of the same, and no return.
	if got := r.offer(t, address(stuffing, "a", 181, schemas.SeverityHigh))[0]; got.State != schemas.AlertUpdated || got.Reopened != 0 {
		t.Errorf("worse after hours: %s", line(got))
	}
	if got := r.advance(t, noon.Add(241*time.Minute)); len(got) != 0 {
		t.Errorf("resolved before its time: %v", got)
	}
	if got := r.advance(t, noon.Add(247*time.Minute)); len(got) != 1 || got[0].State != schemas.AlertResolved {
		t.Errorf("not resolved an hour later: %v", got)
	}
	if got := r.cease(t, goesOn(one, 255)); got[0].State != schemas.AlertResolved {
		t.Errorf("what was resolved is open again: %s", line(got[0]))
	}
}

func stateOf(t *testing.T, r *rig, entity string) schemas.AlertState {
	t.Helper()
	alerts, err := r.Alerts()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(alerts, func(a schemas.Alert) bool { return a.Entity.Name == entity })
	return alerts[i].State
}

// Whoever got in is a part of it, from wherever he goes on.
func TestWhoGotInJoinsTheBreakIn(t *testing.T) {
	r := open(t, logPath(t), nil)
	r.offer(t, address(stuffing, "a", 0, schemas.SeverityMedium), some(address(success, "a", 5, schemas.SeverityHigh), "p", "q"),
		ties(caller(networks, "p", 30, schemas.SeverityLow), "b", "home"), caller(spike, "q", 31, schemas.SeverityLow),
		address(stuffing, "nat", 40, schemas.SeverityMedium), some(address(success, "nat", 45, schemas.SeverityHigh), "r", "s", "t"),
		ties(caller(networks, "r", 50, schemas.SeverityLow), "c", "home"))
	want := []string{stuffing + " a, " + success + " a, " + networks + " p", stuffing + " nat, " + success + " nat", networks + " r", spike + " q"}
	if got := incidents(t, r); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A hundred slow addresses of one spraying are one incident, and few messages; what is
// worse about one of them is its own.
func TestSprayingIsOneIncident(t *testing.T) {
	const slow = "authfail.slow_guessing"
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	r.offer(t, address(slow, "before", 0, schemas.SeverityLow), about("authfail.spraying", schemas.EntityGlobal, "global", 1, schemas.SeverityHigh))
	for i := range 100 {
		r.offer(t, address(slow, fmt.Sprint("a", i), 10+i/10, schemas.SeverityLow))
	}
	r.offer(t, address(slow, "worse", 25, schemas.SeverityMedium), address(stuffing, "a1", 26, schemas.SeverityMedium), address(spike, "other", 26, schemas.SeverityLow))
	alerts, err := r.Alerts()
	if err != nil {
		t.Fatal(err)
	}
	var about []string
	for _, a := range alerts {
		about = append(about, fmt.Sprint(a.Entity.Name, " ", len(a.Parts), " ", a.Findings, " ", a.Sequence))
	}
	slices.Sort(about)
	// Opened, the first of the slow ones, and that there are more than are listed.
	want := []string{"a1 1 1 1", "before 1 1 1", "global 32 101 3", "other 1 1 1", "worse 1 1 1"}
	if !slices.Equal(about, want) {
		t.Errorf("got %q, want %q", about, want)
	}
}
