package route

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// friday is noon of a Friday.
var friday = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

var allSinks = []string{"chat", "pager", "siem", "managers"}

func mustNew(t testing.TB, c Config) *Tree {
	t.Helper()
	tree, err := New(c, allSinks)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// told lists the sinks of a decision, those that are not told in brackets.
func told(d Decision) string {
	var out []string
	for _, x := range d.Targets {
		s := x.Sink
		if x.Muted != "" {
			s = "(" + s + ")"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

var nights = MuteTime{Name: "nights", Times: []string{"22:00-06:00"}}
var office = MuteTime{Name: "office-hours", Weekdays: []string{"monday:friday"}, Times: []string{"09:00-17:00"}}

func TestDecide(t *testing.T) {
	all := Route{Name: "all", Sinks: []string{"siem"}, Continue: true}
	oncall := Route{Name: "oncall", Matchers: []string{"severity>=high"}, Sinks: []string{"chat", "pager"}, Escalate: []Step{{After: time.Hour, Sinks: []string{"managers"}}}}
	night := Route{Name: "night", During: []string{"nights"}, Sinks: []string{"pager"}, Escalate: []Step{{After: time.Minute, Sinks: []string{"pager"}}}}
	quiet := Route{Name: "quiet", Sinks: []string{"chat"}, Mute: []string{"nights"}}
	noise := Route{Name: "noise", Matchers: []string{"detector=rate.*", "severity<=low"}}
	for _, c := range []struct {
		name     string
		routes   []Route
		severity schemas.Severity
		detector string
		now      time.Time
		want     string
		muted    string
		until    time.Time
		steps    []Step
		why      []string
	}{
		{name: "no routes", want: "chat pager siem managers", why: []string{"no routes are configured: goes to every sink: chat, pager, siem, managers"}},
		{name: "the first that matches", routes: []Route{oncall, quiet}, severity: schemas.SeverityHigh, want: "chat pager", steps: oncall.Escalate,
			why: []string{"route oncall: severity is high, wants >=high: matched; goes to chat, pager"}},
		{name: "the second", routes: []Route{oncall, quiet}, want: "chat",
			why: []string{"route oncall: severity is info, wants >=high: not matched", "route quiet: takes everything: matched; goes to chat"}},
		{name: "none that matches", routes: []Route{oncall}, want: "chat pager siem managers",
			why: []string{"route oncall: severity is info, wants >=high: not matched", "no route matched: goes to every sink: chat, pager, siem, managers"}},
		{name: "on after one", routes: []Route{all, oncall, quiet}, severity: schemas.SeverityCritical, want: "siem chat pager", steps: oncall.Escalate,
			why: []string{"route all: takes everything: matched; goes to siem; and on", "route oncall: severity is critical, wants >=high: matched; goes to chat, pager"}},
		{name: "on after the last", routes: []Route{all}, want: "siem", why: []string{"route all: takes everything: matched; goes to siem; and on"}},
		{name: "outside of its time", routes: []Route{night, quiet}, want: "chat",
			why: []string{"route night: outside of mute time nights", "route quiet: takes everything: matched; goes to chat"}},
		{name: "in its time", routes: []Route{night, quiet}, now: friday.Add(11 * time.Hour), want: "pager", steps: night.Escalate,
			why: []string{"route night: takes everything: matched; goes to pager"}},
		{name: "muted", routes: []Route{quiet}, now: friday.Add(11 * time.Hour), want: "(chat)", muted: "mute time nights", until: friday.Add(18 * time.Hour),
			why: []string{"route quiet: takes everything: matched; silent in mute time nights until 2026-11-21T06:00:00Z, else goes to chat"}},
		{name: "one of two is muted", routes: []Route{all, quiet}, now: friday.Add(11 * time.Hour), want: "siem (chat)",
			why: []string{"route all: takes everything: matched; goes to siem; and on", "route quiet: takes everything: matched; silent in mute time nights until 2026-11-21T06:00:00Z, else goes to chat"}},
		{name: "muted by one and told by another", now: friday.Add(11 * time.Hour), want: "chat pager",
			routes: []Route{{Name: "quiet", Sinks: []string{"chat"}, Mute: []string{"nights"}, Continue: true}, {Name: "loud", Sinks: []string{"chat", "pager"}}},
			why:    []string{"route quiet: takes everything: matched; silent in mute time nights until 2026-11-21T06:00:00Z, else goes to chat; and on", "route loud: takes everything: matched; goes to chat, pager"}},
		{name: "told to nobody", routes: []Route{noise, quiet}, detector: "rate.spike", want: "", muted: "route noise",
			why: []string{"route noise: detector is rate.spike, wants =rate.*; severity is info, wants <=low: matched; has no sinks, so it tells nobody"}},
		{name: "and told by the next", routes: []Route{{Name: "noise", Continue: true}, quiet}, want: "chat",
			why: []string{"route noise: takes everything: matched; has no sinks, so it tells nobody; and on", "route quiet: takes everything: matched; goes to chat"}},
		{name: "the steps of the first that has some", routes: []Route{all, {Name: "other", Sinks: []string{"chat"}, Continue: true, Escalate: []Step{{After: time.Hour, Sinks: []string{"siem"}}}}, night},
			now: friday.Add(11 * time.Hour), want: "siem chat pager", steps: []Step{{After: time.Hour, Sinks: []string{"siem"}}},
			why: []string{"route all: takes everything: matched; goes to siem; and on", "route other: takes everything: matched; goes to chat; and on", "route night: takes everything: matched; goes to pager"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.now.IsZero() {
				c.now = friday
			}
			a := &schemas.Alert{Severity: c.severity, Detector: c.detector}
			d := mustNew(t, Config{Routes: c.routes, MuteTimes: []MuteTime{nights, office}}).Decide(a, World{Now: c.now})
			if told(d) != c.want || d.Muted != c.muted || !d.Until.Equal(c.until) || !reflect.DeepEqual(d.Steps, c.steps) {
				t.Errorf("got %s, muted %q until %v, steps %v", told(d), d.Muted, d.Until, d.Steps)
			}
			if !slices.Equal(d.Why, c.why) {
				t.Errorf("why:\n%s\nwant:\n%s", strings.Join(d.Why, "\n"), strings.Join(c.why, "\n"))
			}
		})
	}
}

// TestDecideOfSeveralMuteTimes takes the time at which all of a route are over,
// and the first at which one of several routes tells again.
func TestDecideOfSeveralMuteTimes(t *testing.T) {
	weekend := MuteTime{Name: "weekend", Weekdays: []string{"saturday:sunday"}}
	always := MuteTime{Name: "always", Weekdays: []string{"monday:sunday"}}
	saturday := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	morning := time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		routes []Route
		muted  string
		until  time.Time
	}{
		{"of one route", []Route{{Name: "a", Sinks: []string{"chat"}, Mute: []string{"nights", "weekend"}}}, "mute time nights", monday},
		{"one has no end", []Route{{Name: "a", Sinks: []string{"chat"}, Mute: []string{"always", "nights"}}}, "mute time always", time.Time{}},
		{"the other has none", []Route{{Name: "a", Sinks: []string{"chat"}, Mute: []string{"nights", "always"}}}, "mute time nights", time.Time{}},
		{"of two routes", []Route{{Name: "a", Sinks: []string{"chat"}, Mute: []string{"weekend"}, Continue: true}, {Name: "b", Sinks: []string{"siem"}, Mute: []string{"nights"}}}, "mute time weekend", morning},
		{"of two, one has no end", []Route{{Name: "a", Sinks: []string{"chat"}, Mute: []string{"always"}, Continue: true}, {Name: "b", Sinks: []string{"siem"}, Mute: []string{"nights"}}}, "mute time always", morning},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := mustNew(t, Config{Routes: c.routes, MuteTimes: []MuteTime{nights, weekend, always}}).Decide(&schemas.Alert{}, World{Now: saturday})
			if d.Muted != c.muted || !d.Until.Equal(c.until) {
				t.Errorf("got %q until %v", d.Muted, d.Until)
			}
		})
	}
}

func TestSeverity(t *testing.T) {
	tree := mustNew(t, Config{Assets: []Asset{
		{Name: "lab", Matchers: []string{"tenant=lab"}, Raise: -2},
		{Name: "payments", Matchers: []string{"tenant=payments", "severity>=medium"}, Raise: 1},
		{Name: "crown", Matchers: []string{"model=crown*"}, Raise: 4},
	}})
	for _, c := range []struct {
		tenant, model string
		from, want    schemas.Severity
		why           string
	}{
		{"", "", schemas.SeverityHigh, schemas.SeverityHigh, ""},
		{"lab", "", schemas.SeverityHigh, schemas.SeverityLow, "asset lab: lowered from high to low"},
		{"lab", "crown-1", schemas.SeverityLow, schemas.SeverityInfo, "asset lab: lowered from low to info"}, // the first holds
		{"lab", "", schemas.SeverityInfo, schemas.SeverityInfo, ""},
		{"payments", "", schemas.SeverityMedium, schemas.SeverityHigh, "asset payments: raised from medium to high"},
		{"payments", "", schemas.SeverityLow, schemas.SeverityLow, ""},
		{"payments", "", schemas.SeverityCritical, schemas.SeverityCritical, ""},
		{"", "crown-1", schemas.SeverityInfo, schemas.SeverityCritical, "asset crown: raised from info to critical"},
	} {
		a := &schemas.Alert{Tenant: c.tenant, Severity: c.from, Finding: schemas.Finding{Model: c.model}}
		got, why := tree.Severity(a)
		if got != c.want || why != c.why {
			t.Errorf("%+v: got %v, %q", c, got, why)
		}
		// With parts, it does not matter what was said before.
		a.Parts = []schemas.AlertPart{{Severity: schemas.SeverityInfo}, {Severity: c.from}}
		a.Severity = got
		if again, _ := tree.Severity(a); again != c.want {
			t.Errorf("%+v: the second time it is %v", c, again)
		}
	}
	if got, why := mustNew(t, Config{}).Severity(stuffed()); got != schemas.SeverityHigh || why != "" {
		t.Errorf("without assets: %v, %q", got, why)
	}
}

// TestWhyIsHarmless shows what callers are called.
func TestWhyIsHarmless(t *testing.T) {
	tree := mustNew(t, Config{Routes: []Route{{Name: "a", Matchers: []string{`entity!="` + strings.Repeat("é\u202e", 200) + `"`}, Sinks: []string{"chat"}}}})
	a := stuffed()
	for i := range 9 {
		a.Parts = append(a.Parts, schemas.AlertPart{Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: strings.Repeat("\x1b[31mred\n\u202e", 30) + string(rune('a'+i))}})
	}
	why := tree.Decide(a, World{Now: friday}).Why
	if len(why) != 1 || strings.ContainsAny(why[0], "\x1b\n\u202e") || len(why[0]) > 800 || !strings.Contains(why[0], "and others") {
		t.Errorf("got %q", why)
	}
}

// TestDecideLeavesAlertsAlone also for the sake of the callers that share them.
func TestDecideLeavesAlertsAlone(t *testing.T) {
	tree := mustNew(t, sample())
	a := stuffed()
	before, _ := json.Marshal(a)
	for range 3 {
		tree.Severity(a)
		tree.Decide(a, World{Now: friday, Open: list2(campaign(), a)})
	}
	if after, _ := json.Marshal(a); string(after) != string(before) {
		t.Error("the alert has changed")
	}
}

func TestDecisionsComeThroughJSON(t *testing.T) {
	d := mustNew(t, sample()).Decide(stuffed(), World{Now: friday, Silences: []schemas.Silence{covering("a", "severity>=info")}})
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var back Decision
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, d) {
		t.Errorf("%v: %s became %+v", err, text, back)
	}
	if empty, _ := json.Marshal(mustNew(t, Config{Routes: []Route{{Name: "none"}}}).Decide(stuffed(), World{Now: friday})); !strings.Contains(string(empty), `"targets":[]`) {
		t.Errorf("no list: %s", empty)
	}
}

// TestATreeIsSharedSafely is for the race detector.
func TestATreeIsSharedSafely(t *testing.T) {
	tree, done := mustNew(t, sample()), make(chan string)
	read, err := ReadSilences([]schemas.Silence{covering("a", "tenant=other")})
	if err != nil {
		t.Fatal(err)
	}
	for range 4 {
		go func() {
			var last string
			for range 50 {
				last = told(tree.Decide(stuffed(), World{Now: friday, Quiet: read, Open: list2(campaign())}))
			}
			done <- last
		}()
	}
	for range 4 {
		if got := <-done; got == "" {
			t.Error("nobody is told")
		}
	}
}
