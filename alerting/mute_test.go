package alerting

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// whats lists what the history of an alert says.
func whats(t *testing.T, r *rig, id string) string {
	t.Helper()
	a, err := r.Alert(id)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range a.History {
		out = append(out, e.What)
	}
	return strings.Join(out, " ")
}

func (r *rig) silence(t *testing.T, long time.Duration, matchers ...string) schemas.Silence {
	t.Helper()
	s, err := r.Silence(context.Background(), schemas.Silence{Matchers: matchers, Until: time.Now().Add(long), By: "alice", Comment: "known"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// patient keeps alerts open for a day of event time.
func patient(c *Config) {
	c.ResolveAfter, c.GroupWindow, c.RepeatInterval = 24*time.Hour, 24*time.Hour, 24*time.Hour
}

func TestWhatIsSilencedIsToldAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := logPath(t)
		s := &fakeSink{name: "s"}
		r := open(t, path, patient, s)
		stop := r.run(t)
		silence := r.silence(t, time.Hour, "detector=~rate.*")
		a := r.offer(t, caller(spike, "p", 0, schemas.SeverityHigh))[0]
		if a.Muted != "silence "+silence.ID || a.Sequence != 0 || a.State != schemas.AlertOpen {
			t.Errorf("%s, muted %q", line(a), a.Muted)
		}
		// More of it is stored and not told, over a restart too.
		r.offer(t, caller(spike, "p", 5, schemas.SeverityCritical))
		if v := r.value(t, "suppressed_total", "reason", "muted"); v != 2 {
			t.Errorf("%v were muted, want 2", v)
		}
		stop()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		r = open(t, path, patient, s)
		stop = r.run(t)
		time.Sleep(50 * time.Minute)
		if got := states(s); got != "" {
			t.Errorf("told while silenced: %s", got)
		}
		time.Sleep(11 * time.Minute)
		stop()
		_, taken := s.all()
		if len(taken) != 1 || taken[0].alert.State != schemas.AlertOpen || taken[0].alert.Severity != schemas.SeverityCritical || taken[0].alert.Sequence != 1 ||
			taken[0].alert.Muted != "" || taken[0].alert.History != nil {
			t.Errorf("after the silence: %v", states(s))
		}
		if got := whats(t, r, a.ID); got != "opened muted worsened unmuted" {
			t.Errorf("the history is %q", got)
		}
		if held := r.offer(t); len(held) != 1 || held[0].ID != a.ID || held[0].Muted != "" {
			t.Errorf("the caller is handed %v", held)
		}
	})
}

// Who was told is told that it is over; who never was is not.
func TestWhatEndsWhileSilenced(t *testing.T) {
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	before := caller(spike, "before", 0, schemas.SeverityLow)
	r.offer(t, before)
	r.silence(t, time.Hour, "detector=rate.spike")
	during := caller(spike, "during", 0, schemas.SeverityLow)
	r.offer(t, during)
	got := r.cease(t, ended(before, 20), ended(during, 20))
	if len(got) != 2 || got[0].Sequence != 2 || got[1].Sequence != 0 || got[1].Muted != "" || got[1].Outcome == "" {
		t.Errorf("%+v", got)
	}
	told := ""
	for _, d := range r.Pending() {
		told += d.State.String() + " " + d.Alert[:4] + ", "
	}
	if want := fmt.Sprintf("open %s, resolved %[1]s, ", got[0].ID[:4]); told != want {
		t.Errorf("told: %s, want %s", told, want)
	}
}

func TestUnsilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{name: "s"}
		r := open(t, logPath(t), patient, s)
		stop := r.run(t)
		silence := r.silence(t, 100*time.Hour, "kind=principal")
		a := r.offer(t, caller(spike, "p", 0, schemas.SeverityLow))[0]
		// Somebody takes it meanwhile: nobody has to be told that.
		if got, err := r.Acknowledge(context.Background(), a.ID, "bob", ""); err != nil || got.Sequence != 0 || got.Muted == "" {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := r.Unsilence(context.Background(), silence.ID, "bob"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		stop()
		if got := states(s); got != "acknowledged" {
			t.Errorf("told: %q, want its state once", got)
		}
	})
}

// A route's mute time keeps its sink from being told, and not the other's.
func TestMuteTimeOfOneRoute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // begins at midnight, UTC, of a Saturday
		chat, pager := &fakeSink{name: "chat"}, &fakeSink{name: "pager"}
		r := open(t, logPath(t), func(c *Config) {
			patient(c)
			c.Sinks = []SinkConfig{{Name: "chat", Kind: "fake"}, {Name: "pager", Kind: "fake"}}
			c.Routing.MuteTimes = []route.MuteTime{{Name: "nights", Times: []string{"22:00-06:00"}}}
			c.Routing.Routes = []route.Route{{Name: "chat", Sinks: []string{"chat"}, Mute: []string{"nights"}, Continue: true}, {Name: "pager", Sinks: []string{"pager"}}}
		}, chat, pager)
		stop := r.run(t)
		start := time.Now()
		a := r.offer(t, finding("a", start, schemas.SeverityLow))[0]
		if a.Muted != "" {
			t.Errorf("muted %q although one is told", a.Muted)
		}
		r.offer(t, finding("a", start.Add(10*time.Minute), schemas.SeverityHigh))
		time.Sleep(5 * time.Hour)
		if states(chat) != "" || states(pager) != "open updated" {
			t.Errorf("at night: %q and %q", states(chat), states(pager))
		}
		time.Sleep(2 * time.Hour)
		if states(chat) != "updated" || states(pager) != "open updated" {
			t.Errorf("in the morning: %q and %q", states(chat), states(pager))
		}
		// What was told in the day is updated in the night for the pager alone, and
		// for the chat in the morning.
		time.Sleep(16 * time.Hour)
		r.offer(t, finding("a", start.Add(23*time.Hour), schemas.SeverityCritical))
		time.Sleep(time.Hour)
		if states(chat) != "updated" {
			t.Errorf("in the second night: %q", states(chat))
		}
		time.Sleep(7 * time.Hour)
		stop()
		if states(chat) != "updated updated" || states(pager) != "open updated updated" {
			t.Errorf("in the second morning: %q and %q", states(chat), states(pager))
		}
	})
}

func TestInhibition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := logPath(t)
		s := &fakeSink{name: "s"}
		cfg := func(c *Config) {
			patient(c)
			c.Routing.Inhibit = []route.Inhibition{{Source: []string{"detector=feed.silence"}, Target: []string{"family=rate"}, Equal: []string{"tenant"}}}
		}
		r := open(t, path, cfg, s)
		of := func(f schemas.Finding, tenant string) schemas.Finding { f.Tenant = tenant; return f }
		outage := of(about("feed.silence", schemas.EntitySource, "kafka", 0, schemas.SeverityHigh), "acme")
		source := r.offer(t, outage)[0]
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		r = open(t, path, cfg, s) // it is known after a restart
		stop := r.run(t)
		got := r.offer(t, of(caller(spike, "p", 5, schemas.SeverityLow), "acme"), of(caller(spike, "q", 5, schemas.SeverityLow), "other"))
		if got[0].Muted != "alert "+source.ID || got[1].Muted != "" {
			t.Errorf("muted %q and %q", got[0].Muted, got[1].Muted)
		}
		if a, err := r.Alert(got[0].ID); err != nil || a.Muted != "alert "+source.ID {
			t.Errorf("shown as muted %q, %v", a.Muted, err)
		}
		r.cease(t, ended(outage, 30))
		time.Sleep(time.Minute)
		stop()
		_, taken := s.all()
		last := taken[len(taken)-1].alert
		if last.ID != got[0].ID || last.State != schemas.AlertOpen || len(taken) != 4 {
			t.Errorf("in the end %s is told: %s", line(last), states(s))
		}
	})
}

// A mute keeps an escalation from being told, and it comes when the mute is over.
func TestMutedEscalation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chat, pager, boss := &fakeSink{name: "chat"}, &fakeSink{name: "pager"}, &fakeSink{name: "boss"}
		r := open(t, logPath(t), escalating, chat, pager, boss)
		stop := r.run(t)
		r.offer(t, finding("a", time.Now(), schemas.SeverityHigh))
		time.Sleep(10 * time.Minute)
		r.silence(t, 20*time.Minute, "severity>=low")
		time.Sleep(15 * time.Minute)
		if states(pager) != "" {
			t.Errorf("told while silenced: %s", states(pager))
		}
		time.Sleep(7 * time.Minute)
		stop()
		if states(pager) != "escalated" || states(boss) != "" {
			t.Errorf("after the silence: %q, %q", states(pager), states(boss))
		}
	})
}
