package alerting

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// who lists the sinks that were given something since, and what, in order.
func who(sinks ...*fakeSink) string {
	var out []string
	for _, s := range sinks {
		_, taken := s.all()
		for _, c := range taken {
			out = append(out, s.name+" "+c.alert.State.String())
		}
		s.mu.Lock()
		s.taken = nil
		s.mu.Unlock()
	}
	return strings.Join(out, ", ")
}

// TestReroute: routing that is read again holds for alerts that are open.
func TestReroute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &fakeSink{name: "a"}, &fakeSink{name: "b"}
		quiet := route.Config{Maintenance: []route.Maintenance{{Name: "now", Matchers: []string{"severity>=info"}, From: time.Now(), Until: time.Now().Add(24 * time.Hour)}}}
		steps := []route.Step{{After: time.Hour, Sinks: []string{"b"}}}
		r := open(t, logPath(t), func(c *Config) {
			patient(c)
			c.Sinks = []SinkConfig{{Name: "a", Kind: "fake"}, {Name: "b", Kind: "fake"}}
			c.Routing = route.Config{Routes: []route.Route{{Name: "one", Sinks: []string{"a"}, Escalate: steps}}}
		}, a, b)
		stop := r.run(t)
		defer stop()
		settle := func() { time.Sleep(10 * time.Second); synctest.Wait() }
		r.offer(t, caller(spike, "p", 0, schemas.SeverityLow))
		if settle(); who(a, b) != "a open" {
			t.Error("the route was not taken")
		}
		for _, bad := range []route.Config{
			{Routes: []route.Route{{Name: "one", Sinks: []string{"nobody"}}}},
			{Inhibit: []route.Inhibition{{Source: []string{"="}, Target: []string{"tenant=a"}, Equal: []string{"entity"}}}},
		} {
			if err := r.Reroute(bad); err == nil || !strings.HasPrefix(err.Error(), "alerting.routing.") {
				t.Errorf("bad routing gives %v", err)
			}
		}
		// The route goes, and its escalation with it; who was told is told on.
		if err := r.Reroute(route.Config{Routes: []route.Route{{Name: "other", Sinks: []string{"b"}}}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		if settle(); who(a, b) != "" {
			t.Error("a step of a route that is gone was taken")
		}
		r.offer(t, caller(spike, "p", 130, schemas.SeverityHigh))
		if settle(); who(a, b) != "a updated, b updated" {
			t.Error("the new route and who was told were not told")
		}
		// A maintenance window that nobody had planned, and its end.
		if err := r.Reroute(quiet); err != nil {
			t.Fatal(err)
		}
		r.offer(t, caller(networks, "p", 140, schemas.SeverityCritical))
		if settle(); who(a, b) != "" {
			t.Error("told in a maintenance window")
		}
		if err := r.Reroute(route.Config{}); err != nil {
			t.Fatal(err)
		}
		if settle(); who(a, b) != "a updated, b updated" {
			t.Error("what was muted was not told afterwards")
		}
		// An open alert inhibits by a rule that is new.
		if err := r.Reroute(route.Config{Inhibit: []route.Inhibition{{Source: []string{"entity=p"}, Target: []string{"entity=q"}, Equal: []string{"kind"}}}}); err != nil {
			t.Fatal(err)
		}
		r.offer(t, caller(spike, "q", 150, schemas.SeverityLow))
		if got, err := r.Alert(alertOf(r.Manager, "q")); err != nil || !strings.HasPrefix(got.Muted, "alert ") || got.Sequence != 0 {
			t.Errorf("%s, muted %q, %v", line(got), got.Muted, err)
		}
	})
}

// TestSinksChangeWhileAlertsAreOpen: a sink that is renamed is a new one. What waits
// for the old one becomes dead letters, and the others are told on.
func TestSinksChangeWhileAlertsAreOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := logPath(t)
		s := &fakeSink{name: "s"}
		before := func(c *Config) {
			patient(c)
			c.Sinks = []SinkConfig{{Name: "s", Kind: "fake"}, {Name: "old", Kind: "fake"}}
			c.Routing = route.Config{Routes: []route.Route{{Name: "all", Sinks: []string{"s", "old"}, Escalate: []route.Step{{After: time.Hour, Sinks: []string{"old"}}}}}}
		}
		r := open(t, path, before, s, &fakeSink{name: "old"})
		r.offer(t, caller(spike, "p", 0, schemas.SeverityLow))
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		next := &fakeSink{name: "new"}
		r = open(t, path, patient, s, next)
		stop := r.run(t)
		defer stop()
		time.Sleep(2 * time.Hour)
		if synctest.Wait(); who(s, next) != "s open" {
			t.Error("want what waited told, and no step of a route that is gone")
		}
		if dead, err := r.DeadLetters(); err != nil || len(dead) != 1 || dead[0].Sink != "old" {
			t.Errorf("dead letters are %v, %v", dead, err)
		}
		r.offer(t, caller(networks, "p", 130, schemas.SeverityLow))
		time.Sleep(time.Second)
		if synctest.Wait(); who(s, next) != "s updated, new updated" {
			t.Error("want both told that it grew")
		}
		if got := r.cease(t, ended(caller(spike, "p", 130, schemas.SeverityLow), 140), ended(caller(networks, "p", 130, schemas.SeverityLow), 140)); len(got) != 1 || got[0].State != schemas.AlertResolved {
			t.Fatalf("%v", got)
		}
		time.Sleep(time.Second)
		if synctest.Wait(); who(s, next) != "s resolved, new resolved" {
			t.Error("want both told that it is over")
		}
	})
}

// TestSourcesBeyondTheBoundHaveTheirTurn: what opened when a thousand others
// inhibited does so once there is room.
func TestSourcesBeyondTheBoundHaveTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, logPath(t), func(c *Config) {
			patient(c)
			c.Routing.Inhibit = []route.Inhibition{{Source: []string{"detector=" + spike}, Target: []string{"detector=" + networks}, Equal: []string{"tenant"}}}
		})
		stop := r.run(t)
		defer stop()
		var fs []schemas.Finding
		for i := range maxSources + 1 {
			f := caller(spike, fmt.Sprint("p", i), 0, schemas.SeverityLow)
			f.Tenant = fmt.Sprint("t", i)
			fs = append(fs, f)
		}
		r.offer(t, fs...)
		r.mu.Lock()
		out := slices.IndexFunc(fs, func(f schemas.Finding) bool {
			for _, a := range r.inhibitors.open {
				if a.Entity == f.Entity {
					return false
				}
			}
			return true
		})
		inhibit := len(r.inhibitors.open)
		r.mu.Unlock()
		if out < 0 || inhibit != maxSources {
			t.Fatalf("%d inhibit", inhibit)
		}
		in := (out + 1) % len(fs)
		r.cease(t, ended(fs[in], 10))
		time.Sleep(2 * refillEvery)
		synctest.Wait()
		f := caller(networks, "other", 20, schemas.SeverityLow)
		f.Tenant = fs[out].Tenant
		if got := r.offer(t, f); got[0].Muted == "" {
			t.Error("there is room for it, and it inhibits nothing")
		}
	})
}
