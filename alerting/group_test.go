package alerting

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestGroup(t *testing.T) {
	const low, medium, high = schemas.SeverityLow, schemas.SeverityMedium, schemas.SeverityHigh
	after := func(d time.Duration) time.Time { return noon.Add(d) }
	excepted := func(f schemas.Finding) schemas.Finding {
		f.Exception = &schemas.Exception{Owner: "ml team", Reason: "nightly evaluation"}
		return f
	}
	for _, c := range []struct {
		name  string
		steps [][]schemas.Finding
		want  []string // one a step: the alerts that it returns
		told  int      // notifications
	}{
		{"one finding opens an alert",
			[][]schemas.Finding{{finding("a", noon, low)}},
			[]string{"open low seq=1 findings=1 events=100"}, 1},
		{"findings of one entity in one offer are told once",
			[][]schemas.Finding{{finding("a", noon, low), finding("a", after(5*time.Minute), high), finding("a", after(10*time.Minute), medium)}},
			[]string{"open high seq=1 findings=3 events=300"}, 1},
		{"two entities are two alerts",
			[][]schemas.Finding{{finding("a", noon, low), finding("b", noon, low)}},
			[]string{"open low seq=1 findings=1 events=100|open low seq=1 findings=1 events=100"}, 2},
		{"a known finding changes nothing",
			[][]schemas.Finding{{finding("a", noon, low)}, {finding("a", noon, low)}, {finding("a", noon, low)}},
			[]string{"open low seq=1 findings=1 events=100", "open low seq=1 findings=1 events=100", "open low seq=1 findings=1 events=100"}, 1},
		{"a known finding that became worse is told",
			[][]schemas.Finding{{finding("a", noon, low)}, {finding("a", noon, high)}},
			[]string{"open low seq=1 findings=1 events=100", "updated high seq=2 findings=1 events=100"}, 2},
		{"a further finding is silent",
			[][]schemas.Finding{{finding("a", noon, medium)}, {finding("a", after(5*time.Minute), medium)}, {finding("a", after(10*time.Minute), low)}},
			[]string{"open medium seq=1 findings=1 events=100", "open medium seq=1 findings=2 events=200", "open medium seq=1 findings=3 events=300"}, 1},
		{"a rise in severity is told at once",
			[][]schemas.Finding{{finding("a", noon, low)}, {finding("a", after(5*time.Minute), medium)}, {finding("a", after(10*time.Minute), high)}},
			[]string{"open low seq=1 findings=1 events=100", "updated medium seq=2 findings=2 events=200", "updated high seq=3 findings=3 events=300"}, 3},
		{"an exception is remembered and not told",
			[][]schemas.Finding{{excepted(finding("a", noon, high))}, {finding("a", noon, high)}},
			[]string{"", ""}, 0},
		{"an exception that is gone and worse is told",
			[][]schemas.Finding{{excepted(finding("a", noon, low))}, {finding("a", noon, high)}},
			[]string{"", "open high seq=1 findings=1 events=100"}, 1},
		{"a finding of an alert that is over became worse",
			[][]schemas.Finding{{finding("a", noon, low)}, {finding("a", after(20*time.Hour), low)}, {finding("a", noon, high)}},
			[]string{"open low seq=1 findings=1 events=100",
				"open low seq=1 findings=1 events=100|resolved low seq=2 findings=1 events=100",
				"resolved high seq=4 findings=1 events=100"}, 5},
		{"a late finding joins",
			[][]schemas.Finding{{finding("a", noon, low)}, {finding("a", after(-30*time.Minute), low)}},
			[]string{"open low seq=1 findings=1 events=100", "open low seq=1 findings=2 events=200"}, 1},
		{"a finding long before is an alert of its own",
			[][]schemas.Finding{{finding("a", noon, low)}, {finding("a", after(-30*time.Hour), low)}},
			[]string{"open low seq=1 findings=1 events=100", "resolved low seq=2 findings=1 events=100"}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, logPath(t), nil, &fakeSink{name: "s"})
			for i, step := range c.steps {
				var got []string
				for _, a := range r.offer(t, step...) {
					got = append(got, line(a))
				}
				if s := strings.Join(got, "|"); s != c.want[i] {
					t.Errorf("step %d: got %q, want %q", i, s, c.want[i])
				}
			}
			if got := len(r.Pending()); got != c.told {
				t.Errorf("%d notifications wait, want %d", got, c.told)
			}
		})
	}
}

func TestRepeatInterval(t *testing.T) {
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	var told []int
	for i := range 120 { // ten hours of findings, one every five minutes
		before := len(r.Pending())
		r.offer(t, finding("a", noon.Add(time.Duration(i)*5*time.Minute), schemas.SeverityLow))
		if len(r.Pending()) > before {
			told = append(told, i)
		}
	}
	if want := []int{0, 48, 96}; !slices.Equal(told, want) { // every four hours
		t.Errorf("told at findings %v, want %v", told, want)
	}
	alerts, err := r.Alerts()
	if err != nil || len(alerts) != 1 || alerts[0].Findings != 120 || alerts[0].Events != 12000 {
		t.Errorf("the log has %d alerts, %v; want one of 120 findings", len(alerts), err)
	}
}

func TestResolveAndReopen(t *testing.T) {
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	first := r.offer(t, finding("a", noon, schemas.SeverityLow))[0]
	if got := r.advance(t, noon.Add(65*time.Minute)); len(got) != 0 {
		t.Fatalf("resolved after an hour to the second: %v", got)
	}
	got := r.advance(t, noon.Add(65*time.Minute+time.Millisecond))
	if len(got) != 1 || got[0].ID != first.ID || line(got[0]) != "resolved low seq=2 findings=1 events=100" {
		t.Fatalf("got %v, want the alert resolved", got)
	}
	if got := r.advance(t, noon.Add(3*time.Hour)); len(got) != 0 {
		t.Fatalf("resolved again: %v", got)
	}
	back := r.offer(t, finding("a", noon.Add(4*time.Hour), schemas.SeverityLow))
	if len(back) != 1 || back[0].ID != first.ID || line(back[0]) != "reopened low seq=3 findings=2 events=200" {
		t.Fatalf("got %v, want the alert open again", back)
	}
	r.advance(t, noon.Add(10*time.Hour))
	later := r.offer(t, finding("a", noon.Add(11*time.Hour), schemas.SeverityLow))
	if len(later) != 1 || later[0].ID == first.ID || later[0].Sequence != 1 {
		t.Fatalf("got %v, want a new alert beyond the group window", later)
	}
	if got := r.value(t, "open_alerts"); got != 1 {
		t.Errorf("open_alerts is %v, want 1", got)
	}
}

// A second manager that is offered the same findings makes the same alerts.
func TestAlertsAreDeterministic(t *testing.T) {
	var ids [2][]string
	for i := range ids {
		r := open(t, "", nil)
		fs := many(50, noon, schemas.SeverityLow)
		if i == 1 {
			slices.Reverse(fs)
		}
		for _, a := range r.offer(t, fs...) {
			ids[i] = append(ids[i], a.ID)
		}
		slices.Sort(ids[i])
	}
	if !slices.Equal(ids[0], ids[1]) || len(slices.Compact(ids[0])) != 50 {
		t.Error("the ids of alerts depend on something else than the findings")
	}
}

func TestOfferBoundsFindings(t *testing.T) {
	r := open(t, "", nil, &fakeSink{name: "s"})
	f := finding(strings.Repeat("x", 1<<20), noon, 200)
	f.ID, f.Title, f.Query = "", "\xff\xfe"+strings.Repeat("é", 1<<16), strings.Repeat("q", 1<<20)
	f.Confidence, f.Events = math.NaN(), -5
	f.WindowEnd, f.Detected = time.Date(99999, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}
	for range 1000 {
		f.Features = append(f.Features, schemas.Feature{Observed: math.Inf(1), Expected: math.Inf(-1), Text: strings.Repeat("t", 1<<16)})
	}
	a := r.offer(t, f)[0]
	if a.Finding.ID == "" || len(a.Title) > 512 || len(a.Entity.Name) > 512 || len(a.Finding.Query) > 16<<10 ||
		len(a.Finding.Features) > 32 || a.Finding.Severity != schemas.SeverityCritical || a.Confidence != 0 || a.Events != 0 {
		t.Errorf("not within the bounds: %s", line(a))
	}
	if a.Finding.Features[1].Observed != math.MaxFloat64 {
		t.Error("infinity is not replaced")
	}
}

func TestMaxAlerts(t *testing.T) {
	r := open(t, logPath(t), func(c *Config) { c.MaxAlerts = 100 })
	resolved := map[string]bool{}
	for i := range 6 {
		for _, a := range r.offer(t, many(100, noon.Add(time.Duration(i)*time.Second), schemas.SeverityLow)...) {
			if a.State == schemas.AlertResolved {
				resolved[a.ID] = true
			}
		}
	}
	if len(resolved) != 0 {
		t.Fatalf("%d alerts of the same hundred entities were resolved", len(resolved))
	}
	for i := range 5 {
		var fs []schemas.Finding
		for _, f := range many(100, noon.Add(time.Minute), schemas.SeverityLow) {
			f.Entity.Name += strings.Repeat("+", i+1)
			f.ID = ""
			fs = append(fs, f)
		}
		for _, a := range r.offer(t, fs...) {
			if a.State == schemas.AlertResolved {
				resolved[a.ID] = true
			}
		}
	}
	if alerts, err := r.Alerts(); err != nil || len(alerts) != 100 || len(resolved) != 500 {
		t.Errorf("%d alerts in the log and %d made room, %v; want 100 and 500", len(alerts), len(resolved), err)
	}
}

func TestOfferErrors(t *testing.T) {
	r := open(t, logPath(t), nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Offer(ctx, many(1, noon, schemas.SeverityLow)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the context is done", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Offer(context.Background(), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v after Close, want ErrClosed", err)
	}
}
