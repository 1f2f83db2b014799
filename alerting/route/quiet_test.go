package route

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// covering is a silence that holds on friday for an hour.
func covering(id string, matchers ...string) schemas.Silence {
	return schemas.Silence{ID: id, Matchers: matchers, From: friday, Until: friday.Add(time.Hour), By: "jo"}
}

// list2 is a World.Open of alerts.
func list2(alerts ...*schemas.Alert) func(func(*schemas.Alert) bool) {
	return func(f func(*schemas.Alert) bool) {
		for _, a := range alerts {
			if !f(a) {
				return
			}
		}
	}
}

func TestSilences(t *testing.T) {
	longer := covering("longer", "severity>=high")
	longer.Until = friday.Add(2 * time.Hour)
	ended := covering("ended", "severity>=high")
	ended.Ended = friday.Add(30 * time.Minute)
	for _, c := range []struct {
		name     string
		silences []schemas.Silence
		after    time.Duration
		want     string
		until    time.Time
	}{
		{name: "none"},
		{name: "holds", silences: []schemas.Silence{covering("a", "severity>=high")}, want: "silence a", until: friday.Add(time.Hour)},
		{name: "is about another", silences: []schemas.Silence{covering("a", "severity>=high", "tenant=other")}},
		{name: "is not yet", silences: []schemas.Silence{covering("a", "severity>=high")}, after: -time.Second},
		{name: "to its last moment", silences: []schemas.Silence{covering("a", "severity>=high")}, after: time.Hour - 1, want: "silence a", until: friday.Add(time.Hour)},
		{name: "is over", silences: []schemas.Silence{covering("a", "severity>=high")}, after: time.Hour},
		{name: "was not ended yet", silences: []schemas.Silence{ended}, after: 30*time.Minute - 1, want: "silence ended", until: friday.Add(time.Hour)},
		{name: "was ended", silences: []schemas.Silence{ended}, after: 30 * time.Minute},
		{name: "the one that lasts longest", silences: []schemas.Silence{covering("a", "severity>=high"), longer, covering("b", "severity>=high")}, want: "silence longer", until: friday.Add(2 * time.Hour)},
		{name: "cannot be read", silences: []schemas.Silence{covering("bad", "colour=red"), covering("b", "severity>=high")}, want: "silence b", until: friday.Add(time.Hour)},
		{name: "without matchers", silences: []schemas.Silence{covering("all")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := mustNew(t, Config{Routes: []Route{{Name: "all", Sinks: []string{"chat", "siem"}}}})
			read, _ := ReadSilences(c.silences)
			for _, w := range []World{{Silences: c.silences}, {Quiet: read}} {
				w.Now = friday.Add(c.after)
				d := tree.Decide(stuffed(), w)
				if d.Muted != c.want || !d.Until.Equal(c.until) {
					t.Errorf("got %q until %v", d.Muted, d.Until)
				}
				if want := map[bool]string{true: "chat siem", false: "(chat) (siem)"}[c.want == ""]; told(d) != want {
					t.Errorf("targets are %s", told(d))
				}
				if last := d.Why[len(d.Why)-1]; c.want != "" && !strings.HasPrefix(last, c.want+" of jo covers it until 2026-11-20T1") {
					t.Errorf("why: %s", last)
				}
			}
		})
	}
}

func TestReadSilences(t *testing.T) {
	read, err := ReadSilences([]schemas.Silence{covering("a", "severity>=high"), covering("b", "colour=secret"), covering("c")})
	if len(read.list) != 1 || err == nil || !strings.Contains(err.Error(), "silence b: matchers[0] has an unknown label") || !strings.Contains(err.Error(), "silence c: matchers is empty") {
		t.Errorf("%d, %v", len(read.list), err)
	}
	if strings.Contains(err.Error(), "secret") {
		t.Error("the error quotes a matcher")
	}
	many := make([]schemas.Silence, MaxSilences+1)
	for i := range many {
		many[i] = covering(fmt.Sprint(i), "severity>=high")
	}
	if read, err = ReadSilences(many); len(read.list) != MaxSilences || err == nil || !strings.Contains(err.Error(), "want at most 10000") {
		t.Errorf("%d, %v", len(read.list), err)
	}
}

func TestMaintenance(t *testing.T) {
	once := Maintenance{Name: "once", Matchers: []string{"tenant=acme"}, From: friday, Until: friday.Add(time.Hour), Comment: "a new\nrelease"}
	nightly := Maintenance{Name: "nightly", Matchers: []string{"tenant=acme"}, During: []string{"nights"}}
	bounded := Maintenance{Name: "bounded", Matchers: []string{"tenant=acme"}, During: []string{"nights"}, From: friday, Until: friday.Add(12 * time.Hour)}
	for _, c := range []struct {
		name  string
		m     Maintenance
		after time.Duration
		want  string
		until time.Duration
		why   string
	}{
		{"once", once, 0, "maintenance once", time.Hour, "maintenance once covers it until 2026-11-20T13:00:00Z (a new release): nobody is told"},
		{"before", once, -1, "", 0, ""},
		{"after", once, time.Hour, "", 0, ""},
		{"comes back", nightly, 11 * time.Hour, "maintenance nightly", 18 * time.Hour, "maintenance nightly covers it until 2026-11-21T06:00:00Z: nobody is told"},
		{"comes back the next day", nightly, 35 * time.Hour, "maintenance nightly", 42 * time.Hour, "maintenance nightly covers it until 2026-11-22T06:00:00Z: nobody is told"},
		{"not by day", nightly, 0, "", 0, ""},
		{"within bounds", bounded, 11 * time.Hour, "maintenance bounded", 12 * time.Hour, "maintenance bounded covers it until 2026-11-21T00:00:00Z: nobody is told"},
		{"beyond them", bounded, 13 * time.Hour, "", 0, ""},
		{"another tenant", Maintenance{Name: "other", Matchers: []string{"tenant=other"}, From: friday, Until: friday.Add(time.Hour)}, 0, "", 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := mustNew(t, Config{MuteTimes: []MuteTime{nights}, Maintenance: []Maintenance{c.m}})
			d := tree.Decide(stuffed(), World{Now: friday.Add(c.after)})
			if d.Muted != c.want || (c.want != "" && !d.Until.Equal(friday.Add(c.until))) || (c.want == "") != d.Until.IsZero() {
				t.Errorf("got %q until %v", d.Muted, d.Until)
			}
			if last := d.Why[len(d.Why)-1]; c.want != "" && last != c.why {
				t.Errorf("why: %s", last)
			}
		})
	}
}

func TestInhibition(t *testing.T) {
	rule := Inhibition{Source: []string{"detector=campaign"}, Target: []string{"severity<=high"}, Equal: []string{"tenant"}}
	source := func(edit func(*schemas.Alert)) *schemas.Alert {
		a := campaign()
		a.Tenant = "acme"
		edit(a)
		return a
	}
	none := func(*schemas.Alert) {}
	younger := source(func(a *schemas.Alert) { a.ID, a.FirstSeen = "younger", a.FirstSeen.Add(time.Hour) })
	for _, c := range []struct {
		name string
		rule Inhibition
		open []*schemas.Alert
		want string
	}{
		{"an open source", rule, []*schemas.Alert{source(none)}, "alert c0ffee"},
		{"the oldest of several", rule, []*schemas.Alert{younger, source(none), younger}, "alert c0ffee"},
		{"of another tenant", rule, []*schemas.Alert{source(func(a *schemas.Alert) { a.Tenant = "other" })}, ""},
		{"of no tenant", rule, []*schemas.Alert{source(func(a *schemas.Alert) { a.Tenant = "" })}, ""},
		{"resolved", rule, []*schemas.Alert{source(func(a *schemas.Alert) { a.State = schemas.AlertResolved })}, ""},
		{"a test", rule, []*schemas.Alert{source(func(a *schemas.Alert) { a.Test = true })}, ""},
		{"acknowledged", rule, []*schemas.Alert{source(func(a *schemas.Alert) { a.State = schemas.AlertAcknowledged })}, "alert c0ffee"},
		{"no source", rule, []*schemas.Alert{source(func(a *schemas.Alert) { a.Detector, a.Parts = "rate.spike", nil })}, ""},
		{"none open", rule, nil, ""},
		{"not a target", Inhibition{Source: rule.Source, Target: []string{"severity<=low"}}, []*schemas.Alert{source(none)}, ""},
		{"itself", Inhibition{Source: []string{"severity>=info"}, Target: []string{"severity>=info"}}, []*schemas.Alert{stuffed()}, ""},
		{"one of its entities", Inhibition{Source: rule.Source, Target: rule.Target, Equal: []string{"entity"}},
			[]*schemas.Alert{source(func(a *schemas.Alert) {
				a.Parts = append(a.Parts, schemas.AlertPart{Detector: "x.y", Entity: stuffed().Parts[1].Entity})
			})}, "alert c0ffee"},
		{"none of its entities", Inhibition{Source: rule.Source, Target: rule.Target, Equal: []string{"entity"}}, []*schemas.Alert{source(none)}, ""},
		{"two labels", Inhibition{Source: rule.Source, Target: rule.Target, Equal: []string{"tenant", "family"}}, []*schemas.Alert{source(none)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree := mustNew(t, Config{Inhibit: []Inhibition{c.rule}})
			d := tree.Decide(stuffed(), World{Now: friday, Open: list2(c.open...)})
			if d.Muted != c.want || !d.Until.IsZero() {
				t.Errorf("got %q until %v", d.Muted, d.Until)
			}
			if last := d.Why[len(d.Why)-1]; c.want != "" && last != c.want+" is open and inhibits it: nobody is told" {
				t.Errorf("why: %s", last)
			}
		})
	}
	if d := mustNew(t, Config{Inhibit: []Inhibition{rule}}).Decide(stuffed(), World{Now: friday}); d.Muted != "" {
		t.Error("without Open it is muted")
	}
}

// TestTwoThatInhibitEachOther would both be silent: the older one is told.
func TestTwoThatInhibitEachOther(t *testing.T) {
	one := Inhibition{Source: []string{"severity>=info"}, Target: []string{"severity>=info"}, Equal: []string{"tenant"}}
	two := []Inhibition{
		{Source: []string{"family=authfail"}, Target: []string{"family=campaign"}},
		{Source: []string{"family=campaign"}, Target: []string{"family=~authfail|credential"}},
	}
	older, young := stuffed(), campaign()
	young.Tenant = older.Tenant
	for _, rules := range [][]Inhibition{{one}, two} {
		tree := mustNew(t, Config{Inhibit: rules})
		open := list2(young, older)
		if d := tree.Decide(older, World{Now: friday, Open: open}); d.Muted != "" {
			t.Errorf("the older one is muted: %s", d.Muted)
		}
		if d := tree.Decide(young, World{Now: friday, Open: open}); d.Muted != "alert "+older.ID {
			t.Errorf("the younger one is %q", d.Muted)
		}
	}
	// Of the same moment, the id decides.
	twin := *older
	twin.ID = older.ID + "z"
	tree := mustNew(t, Config{Inhibit: []Inhibition{one}})
	first, second := tree.Decide(older, World{Open: list2(older, &twin)}), tree.Decide(&twin, World{Open: list2(older, &twin)})
	if first.Muted != "" || second.Muted == "" {
		t.Errorf("of twins: %q and %q", first.Muted, second.Muted)
	}
	// One way only, a younger source silences an older target.
	tree = mustNew(t, Config{Inhibit: two[1:]})
	if d := tree.Decide(older, World{Now: friday, Open: list2(young, older)}); d.Muted != "alert "+young.ID {
		t.Errorf("a younger source: %q", d.Muted)
	}
}

// TestTheFirstReasonIsTold is silence, maintenance, inhibition, mute time.
func TestTheFirstReasonIsTold(t *testing.T) {
	c := Config{
		MuteTimes:   []MuteTime{office},
		Routes:      []Route{{Name: "a", Sinks: []string{"chat"}, Mute: []string{"office-hours"}}},
		Maintenance: []Maintenance{{Name: "m", Matchers: []string{"severity>=info"}, From: friday, Until: friday.Add(time.Hour)}},
		Inhibit:     []Inhibition{{Source: []string{"family=campaign"}, Target: []string{"family=~authfail|credential"}}},
	}
	w := World{Now: friday, Silences: []schemas.Silence{covering("s", "severity>=info")}, Open: list2(campaign())}
	check := func(want string) {
		t.Helper()
		d := mustNew(t, c).Decide(stuffed(), w)
		if d.Muted != want || told(d) != "(chat)" || d.Targets[0].Muted != want {
			t.Errorf("got %q and %+v, want %q", d.Muted, d.Targets, want)
		}
	}
	check("silence s")
	w.Silences = nil
	check("maintenance m")
	c.Maintenance = nil
	check("alert c0ffee")
	c.Inhibit = nil
	check("mute time office-hours")
}
