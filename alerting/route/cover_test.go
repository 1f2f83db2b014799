package route

import (
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// TestNobodyHidesBehindAnother has an attacker who also does what is silenced: it
// hides that, and nothing else of the incident.
func TestNobodyHidesBehindAnother(t *testing.T) {
	noisy := schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:batch"}
	mixed := stuffed()
	mixed.Findings = 3
	for i := range mixed.Parts {
		mixed.Parts[i].Findings = 1
	}
	mixed.Parts = append(mixed.Parts, schemas.AlertPart{Detector: "rate.spike", Entity: noisy, Severity: schemas.SeverityLow, Findings: 1})
	alone := stuffed()
	alone.Detector, alone.Entity, alone.Parts, alone.Findings = "rate.spike", noisy, mixed.Parts[2:3:3], 1
	full := *alone
	full.Parts = nil
	for range schemas.MaxParts {
		full.Parts = append(full.Parts, alone.Parts[0])
	}
	full.Findings = schemas.MaxParts
	hiding := full
	hiding.Findings++ // a part that the list has no room for
	for _, c := range []struct {
		matchers          []string
		alone, mixed, all bool // of the alert with many parts
	}{
		{[]string{"detector=rate.*"}, true, false, true},
		{[]string{"family=rate"}, true, false, true},
		{[]string{"entity=h1:k1:batch"}, true, false, true},
		{[]string{"kind=principal"}, true, false, true},
		{[]string{"detector!=authfail.*"}, true, false, true},
		{[]string{"detector=~rate.*|authfail.*|credential.*"}, true, true, true},
		{[]string{"severity<=high"}, true, true, true},
		{[]string{"tenant=acme"}, true, true, true},
		{[]string{"alert=4f2c1a"}, true, true, true},
		{[]string{"family=rate", "entity=117.161.29.118"}, false, false, false},
	} {
		for what, muted := range map[string]func(*schemas.Alert) bool{
			"silence": func(a *schemas.Alert) bool {
				return mustNew(t, Config{}).Decide(a, World{Now: friday, Silences: []schemas.Silence{covering("s", c.matchers...)}}).Muted != ""
			},
			"maintenance": func(a *schemas.Alert) bool {
				return mustNew(t, Config{Maintenance: []Maintenance{{Name: "m", Matchers: c.matchers, From: friday, Until: friday.Add(time.Hour)}}}).
					Decide(a, World{Now: friday}).Muted != ""
			},
			"inhibition": func(a *schemas.Alert) bool {
				return mustNew(t, Config{Inhibit: []Inhibition{{Source: []string{"family=campaign"}, Target: c.matchers}}}).
					Decide(a, World{Now: friday, Open: list2(campaign())}).Muted != ""
			},
			"route": func(a *schemas.Alert) bool {
				return mustNew(t, Config{Routes: []Route{{Name: "noise", Matchers: c.matchers}, {Name: "rest", Sinks: []string{"chat"}}}}).
					Decide(a, World{Now: friday}).Muted != ""
			},
			"asset": func(a *schemas.Alert) bool {
				to, _ := mustNew(t, Config{Assets: []Asset{{Name: "less", Matchers: c.matchers, Raise: -1}}}).Severity(a)
				return to < worstOf(a)
			},
		} {
			if got := muted(alone); got != c.alone {
				t.Errorf("%s %q: alone %v", what, c.matchers, got)
			}
			if got := muted(mixed); got != c.mixed {
				t.Errorf("%s %q: with others %v", what, c.matchers, got)
			}
			if got := muted(&full); got != c.all {
				t.Errorf("%s %q: with many parts %v", what, c.matchers, got)
			}
			m, _ := ParseMatchers(c.matchers)
			if got, want := muted(&hiding), c.all && !m.list[0].label.ofParts(); got != want {
				t.Errorf("%s %q: with parts that are not listed %v", what, c.matchers, got)
			}
		}
	}
	// More is worth more for any of its parts.
	raise := mustNew(t, Config{Assets: []Asset{{Name: "more", Matchers: []string{"family=rate"}, Raise: 1}}})
	if to, _ := raise.Severity(mixed); to != schemas.SeverityCritical {
		t.Errorf("raised to %s", to)
	}
	// Whoever asks why is told.
	d := mustNew(t, Config{Routes: []Route{{Name: "noise", Matchers: []string{"family=rate"}}, {Name: "rest", Sinks: []string{"chat"}}}}).Decide(mixed, World{Now: friday})
	if want := "route noise: has no sinks and does not cover all parts: not matched"; d.Why[0] != want {
		t.Errorf("why: %s", d.Why[0])
	}
}

func worstOf(a *schemas.Alert) schemas.Severity {
	worst := schemas.SeverityInfo
	for _, p := range a.Parts {
		worst = max(worst, p.Severity)
	}
	return worst
}
