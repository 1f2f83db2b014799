package alerting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

func ended(f schemas.Finding, minute int) schemas.Ceased {
	at := noon.Add(time.Duration(minute) * time.Minute)
	return schemas.Ceased{Detector: f.Detector, Entity: f.Entity, Last: at.Add(-10 * time.Minute), At: at}
}

func (r *rig) cease(t *testing.T, list ...schemas.Ceased) []schemas.Alert {
	t.Helper()
	alerts, err := r.Cease(context.Background(), list)
	if err != nil {
		t.Fatal(err)
	}
	return alerts
}

func TestCeaseResolvesAtOnce(t *testing.T) {
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	one, two := address(stuffing, "a", 5, schemas.SeverityMedium), ties(caller(success, "p", 9, schemas.SeverityHigh), "a")
	r.offer(t, one, two)
	if got := r.cease(t, ended(caller(success, "stranger", 0, 0), 20), ended(caller(spike, "p", 0, 0), 20)); len(got) != 1 || got[0].State != schemas.AlertOpen {
		t.Errorf("what is not known changed %v", got)
	}
	got := r.cease(t, ended(one, 20))
	if len(got) != 1 || got[0].State != schemas.AlertOpen || got[0].Parts[0].Ended.IsZero() || !got[0].Parts[1].Ended.IsZero() {
		t.Fatalf("after one of two has ended: %+v", got)
	}
	got = r.cease(t, ended(two, 30))
	if len(got) != 1 || line(got[0]) != "resolved critical seq=2 findings=2 events=200" && line(got[0]) != "resolved high seq=2 findings=2 events=200" {
		t.Fatalf("after both have ended: %v", line(got[0]))
	}
	want := "It lasted 15m, from 12:05 to 12:20 UTC: credential stuffing from 1 address (12:05), then success after failures of 1 caller (12:09). " +
		"2 findings and 200 events. The caller has sent nothing of the kind since 12:20."
	if got[0].Outcome != want || got[0].Resolution == nil || got[0].Resolution.By != "" {
		t.Errorf("the outcome is %q,\nwant %q", got[0].Outcome, want)
	}
	if n := len(r.Pending()); n != 2 {
		t.Errorf("%d notifications, want it opened and resolved", n)
	}
	// Said again it changes nothing, but the caller can store it.
	if again := r.cease(t, ended(two, 30)); len(again) != 1 || again[0].Sequence != 2 {
		t.Errorf("again: %v", again)
	}
	// It comes back as a part of the same.
	back := r.offer(t, caller(success, "p", 40, schemas.SeverityHigh))[0]
	if back.State != schemas.AlertReopened || back.Reopened != 1 || back.Resolution != nil || back.Outcome != "" || !back.Parts[1].Ended.IsZero() || back.Parts[0].Ended.IsZero() {
		t.Errorf("back: %+v", back)
	}
	// A cause that has ended before the finding was made is not this one.
	if late := r.cease(t, ended(two, 35)); late[0].State != schemas.AlertReopened || !late[0].Parts[1].Ended.IsZero() {
		t.Errorf("a late word has ended it: %+v", late)
	}
	if over := r.cease(t, ended(two, 60)); over[0].State != schemas.AlertResolved {
		t.Errorf("%s, want it resolved", line(over[0]))
	}
}

// What no rule tells the end of is resolved when nothing came for a while.
func TestOutcomeWithoutCease(t *testing.T) {
	r := open(t, logPath(t), nil)
	r.offer(t, about("shadow.unlisted", schemas.EntityRoute, "GET /x", 0, schemas.SeverityLow))
	got := r.advance(t, noon.Add(3*time.Hour))
	want := "It lasted 5m, from 12:00 to 12:05 UTC: unlisted of 1 route (12:00). 1 finding and 100 events. No finding for 1h."
	if len(got) != 1 || got[0].Outcome != want {
		t.Errorf("the outcome is %q,\nwant %q", got[0].Outcome, want)
	}
}

func TestAcknowledge(t *testing.T) {
	ctx := context.Background()
	r := open(t, logPath(t), func(c *Config) { c.RepeatInterval = 10 * time.Minute }, &fakeSink{name: "s"}, &fakeSink{name: "other"})
	id := r.offer(t, caller(spike, "p", 0, schemas.SeverityLow))[0].ID
	a, err := r.Acknowledge(ctx, id[:8], "alice\x00\u202e", "looking\x1b[31m")
	if err != nil || a.State != schemas.AlertAcknowledged || a.Acknowledged == nil || a.Acknowledged.By != "alice" || a.Acknowledged.Comment != "looking [31m" || a.Sequence != 2 {
		t.Fatalf("%+v, %v", a, err)
	}
	if again, err := r.Acknowledge(ctx, id, "alice", "still"); err != nil || again.Sequence != 2 || again.Acknowledged.Comment != "looking [31m" || len(again.History) != len(a.History) {
		t.Errorf("again: %+v, %v", again, err)
	}
	// It reaches the store with the next call.
	if held := r.advance(t, noon); len(held) != 1 || held[0].Acknowledged == nil {
		t.Errorf("the caller is handed %v", held)
	}
	before := len(r.Pending())
	r.offer(t, caller(spike, "p", 30, schemas.SeverityLow), caller(spike, "p", 60, schemas.SeverityLow), caller(spike, "p", 100, schemas.SeverityLow))
	if n := len(r.Pending()); n != before {
		t.Errorf("%d are told of more of the same while it is taken", n-before)
	}
	r.offer(t, caller(spike, "p", 101, schemas.SeverityMedium))
	if n := len(r.Pending()); n != before+2 {
		t.Errorf("%d are told that it is worse, want both", n-before)
	}
	b, err := r.Acknowledge(ctx, id, "bob", "")
	if err != nil || b.Acknowledged.By != "bob" || b.Sequence != a.Sequence+2 {
		t.Errorf("%+v, %v", b, err)
	}
	if _, err := r.Acknowledge(ctx, id, " \t ", ""); err == nil {
		t.Error("nobody took it")
	}
	if _, err := r.Acknowledge(ctx, strings.Repeat("f", 32), "x", ""); !errors.Is(err, ErrNoAlert) {
		t.Errorf("got %v", err)
	}
	if _, err := r.Acknowledge(ctx, id[:5], "x", ""); !errors.Is(err, ErrNoAlert) {
		t.Errorf("five characters: got %v", err)
	}
	r.advance(t, noon.Add(5*time.Hour))
	if _, err := r.Acknowledge(ctx, id, "x", ""); !errors.Is(err, ErrResolved) {
		t.Errorf("of a resolved one: got %v", err)
	}
	back := r.offer(t, caller(spike, "p", 6*60, schemas.SeverityLow))[0]
	if back.State != schemas.AlertReopened || back.Acknowledged != nil {
		t.Errorf("%+v, want that nobody has taken what is back", back)
	}
}

func TestResolveByHand(t *testing.T) {
	ctx := context.Background()
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	id := r.offer(t, caller(spike, "p", 0, schemas.SeverityLow))[0].ID
	a, err := r.Resolve(ctx, id, "alice", "rotated the key.")
	if err != nil || a.State != schemas.AlertResolved || a.Resolution.By != "alice" || !strings.HasSuffix(a.Outcome, " Resolved by alice: rotated the key.") {
		t.Fatalf("%+v, %v", a, err)
	}
	if again, err := r.Resolve(ctx, id, "alice", ""); err != nil || again.Sequence != a.Sequence {
		t.Errorf("again: %v, %v", again, err)
	}
	if _, err := r.Resolve(ctx, id, "bob", ""); !errors.Is(err, ErrResolved) {
		t.Errorf("got %v", err)
	}
	if v := r.value(t, "open_alerts"); v != 0 {
		t.Errorf("%v are open", v)
	}
	c, err := r.Comment(ctx, id, "alice", strings.Repeat("é", 5000))
	if err != nil || len(c.History[len(c.History)-1].Text) > 2048 || c.Sequence != a.Sequence {
		t.Errorf("%v, %v", c.History, err)
	}
	if _, err := r.Comment(ctx, id, "alice", "\x00"); err == nil {
		t.Error("an empty comment was taken")
	}
	if n := len(r.Pending()); n != 2 {
		t.Errorf("%d notifications, want it opened and resolved", n)
	}
	// A tie to it is not made again; its own actor brings it back.
	other := r.offer(t, ties(address(spike, "a", 10, schemas.SeverityLow), "p"))
	if len(other) == 0 || other[len(other)-1].ID == id {
		t.Errorf("%v", other)
	}
	if back := r.offer(t, caller(spike, "p", 20, schemas.SeverityLow)); back[len(back)-1].ID != id || back[len(back)-1].State != schemas.AlertReopened {
		t.Errorf("%v", back)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	r := open(t, logPath(t), nil)
	id := r.offer(t, caller(spike, "p", 0, schemas.SeverityLow))[0].ID
	for i := range 150 {
		if _, err := r.Comment(context.Background(), id, "alice", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	a, err := r.Alert(id)
	if err != nil || len(a.History) != schemas.MaxHistory || a.History[0].What != "opened" || a.History[0].Number != 1 ||
		a.History[1].Number != 53 || a.History[99].Number != 151 || a.History[99].Text != "149" {
		t.Errorf("%d entries, from %+v to %+v, %v", len(a.History), a.History[0], a.History[len(a.History)-1], err)
	}
	if held := r.advance(t, noon); len(held) != 1 || len(held[0].History) != 100 {
		t.Error("the caller is not handed the history")
	}
	for _, d := range r.Pending() {
		t.Error("a comment is told", d)
	}
}

// escalating is a configuration with two steps.
func escalating(c *Config) {
	c.ResolveAfter, c.GroupWindow, c.RepeatInterval = 24*time.Hour, 24*time.Hour, 24*time.Hour
	c.Sinks = []SinkConfig{{Name: "chat", Kind: "fake"}, {Name: "pager", Kind: "fake"}, {Name: "boss", Kind: "fake"}}
	c.Routing.Routes = []route.Route{{Name: "all", Sinks: []string{"chat"}, Escalate: []route.Step{
		{After: 15 * time.Minute, Sinks: []string{"pager"}}, {After: time.Hour, Sinks: []string{"boss", "pager"}}}}}
}

func states(s *fakeSink) string {
	_, taken := s.all()
	var out []string
	for _, c := range taken {
		out = append(out, c.alert.State.String())
	}
	return strings.Join(out, " ")
}

func TestEscalation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := logPath(t)
		chat, pager, boss := &fakeSink{name: "chat"}, &fakeSink{name: "pager"}, &fakeSink{name: "boss"}
		r := open(t, path, escalating, chat, pager, boss)
		stop := r.run(t)
		now := time.Now()
		first, second := finding("a", now, schemas.SeverityHigh), finding("b", now, schemas.SeverityHigh)
		a, b := r.offer(t, first)[0], r.offer(t, second)[0]
		time.Sleep(14 * time.Minute)
		if states(pager) != "" {
			t.Errorf("the pager went off early: %s", states(pager))
		}
		if _, err := r.Acknowledge(context.Background(), b.ID, "alice", ""); err != nil {
			t.Fatal(err)
		}
		stop()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute) // the step falls into a time without a process
		r = open(t, path, escalating, chat, pager, boss)
		stop = r.run(t)
		time.Sleep(time.Minute)
		if states(pager) != "escalated" || states(boss) != "" {
			t.Errorf("after 20 minutes the pager was told %q, the boss %q", states(pager), states(boss))
		}
		time.Sleep(45 * time.Minute)
		if states(pager) != "escalated escalated" || states(boss) != "escalated" {
			t.Errorf("after 65 minutes the pager was told %q, the boss %q", states(pager), states(boss))
		}
		got, err := r.Acknowledge(context.Background(), a.ID, "alice", "")
		if err != nil || got.Escalated != 2 {
			t.Errorf("%d steps, %v", got.Escalated, err)
		}
		time.Sleep(20 * time.Hour)
		// Whoever was told is told that it was taken, and how it ends.
		if _, err := r.Resolve(context.Background(), a.ID, "alice", ""); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if states(pager) != "escalated escalated acknowledged resolved" || states(boss) != "escalated acknowledged resolved" {
			t.Errorf("in the end the pager was told %q, the boss %q", states(pager), states(boss))
		}
		if want := "open open acknowledged acknowledged"; !strings.HasPrefix(states(chat), want) || strings.Contains(states(chat), "escalated") {
			t.Errorf("the chat was told %q", states(chat))
		}
		// It comes back, and the steps begin again.
		stop()
		back := finding("a", now.Add(10*time.Minute), schemas.SeverityHigh)
		if got := r.offer(t, back); got[len(got)-1].State != schemas.AlertReopened || got[len(got)-1].Escalated != 0 {
			t.Errorf("%+v", got)
		}
		stop = r.run(t)
		time.Sleep(16 * time.Minute)
		stop()
		if !strings.HasSuffix(states(pager), "reopened escalated") {
			t.Errorf("the pager was told %q", states(pager))
		}
	})
}

func TestResolutionStopsEscalation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		chat, pager, boss := &fakeSink{name: "chat"}, &fakeSink{name: "pager"}, &fakeSink{name: "boss"}
		r := open(t, logPath(t), escalating, chat, pager, boss)
		stop := r.run(t)
		f := finding("a", time.Now(), schemas.SeverityHigh)
		r.offer(t, f)
		time.Sleep(10 * time.Minute)
		r.cease(t, schemas.Ceased{Detector: f.Detector, Entity: f.Entity, Last: time.Now(), At: time.Now()})
		time.Sleep(2 * time.Hour)
		stop()
		if states(chat) != "open resolved" || states(pager)+states(boss) != "" {
			t.Errorf("told: %q, %q, %q", states(chat), states(pager), states(boss))
		}
	})
}

// A new part or a rise goes to those that were told, and to a sink that only now
// wants it.
func TestWhoIsTold(t *testing.T) {
	r := open(t, logPath(t), func(c *Config) {
		c.Sinks = []SinkConfig{{Name: "all", Kind: "fake"}, {Name: "high", Kind: "fake"}, {Name: "least", Kind: "fake", MinSeverity: "critical"}}
		c.Routing.Routes = []route.Route{{Name: "high", Matchers: []string{"severity>=high"}, Sinks: []string{"high", "least"}}, {Name: "rest", Sinks: []string{"all"}}}
	}, &fakeSink{name: "all"}, &fakeSink{name: "high"}, &fakeSink{name: "least"})
	told := func() string {
		var out []string
		for _, d := range r.Pending() {
			out = append(out, d.Sink+" "+d.State.String())
		}
		slices.Sort(out)
		return strings.Join(out, ", ")
	}
	r.offer(t, caller(spike, "p", 0, schemas.SeverityLow))
	if got := told(); got != "all open" {
		t.Errorf("told: %s", got)
	}
	r.offer(t, caller(spike, "p", 1, schemas.SeverityHigh))
	if got := told(); got != "all open, all updated, high updated" {
		t.Errorf("told: %s", got)
	}
	if v := r.value(t, "notifications_total", "sink", "least", "outcome", outcomeBelow); v != 1 {
		t.Errorf("%v were not severe enough", v)
	}
	r.cease(t, ended(caller(spike, "p", 0, 0), 30))
	if got := told(); got != "all open, all resolved, all updated, high resolved, high updated" {
		t.Errorf("told: %s", got)
	}
}

func TestAssetsChangeSeverity(t *testing.T) {
	r := open(t, logPath(t), func(c *Config) {
		c.Routing.Assets = []route.Asset{{Name: "lab", Matchers: []string{"tenant=lab"}, Raise: -1}, {Name: "bank", Matchers: []string{"tenant=bank"}, Raise: 1}}
	})
	for tenant, want := range map[string]schemas.Severity{"lab": schemas.SeverityLow, "bank": schemas.SeverityHigh, "": schemas.SeverityMedium} {
		f := caller(spike, "p"+tenant, 0, schemas.SeverityMedium)
		f.Tenant = tenant
		if a := r.offer(t, f)[0]; a.Severity != want || a.Parts[0].Severity != schemas.SeverityMedium {
			t.Errorf("%s: %s, want %s", tenant, a.Severity, want)
		}
	}
	// The step for a story is added to that of the asset.
	var fs []schemas.Finding
	for i, rule := range []string{spike, networks, "spend.surge"} {
		f := caller(rule, "story", i, schemas.SeverityLow)
		f.Tenant = "bank"
		fs = append(fs, f)
	}
	if a := r.offer(t, fs...)[0]; a.Severity != schemas.SeverityHigh {
		t.Errorf("%s, want low and two steps", a.Severity)
	}
}
