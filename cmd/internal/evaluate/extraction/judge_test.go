package extraction

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gatehound/gatehound/schemas"
)

var noon = time.Date(2026, time.March, 4, 12, 0, 0, 0, time.UTC)

// names returns n names that begin alike.
func names(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(prefix, i)
	}
	return out
}

// every returns times from noon on.
func every(d time.Duration, n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = noon.Add(time.Duration(i) * d).UnixNano()
	}
	return out
}

// finding is an alarm on principals that long after noon.
func finding(rule string, s schemas.Severity, after time.Duration, who ...string) alarm {
	a := alarm{rule: rule, severity: s, at: noon.Add(after), names: who, text: "some words"}
	if len(who) == 1 {
		a.entity = schemas.Entity{Kind: schemas.EntityPrincipal, Name: who[0]}
	} else {
		a.entity = schemas.Entity{Kind: schemas.EntityCampaign, Name: "c-1"}
	}
	return a
}

// docked is a court of a single key, two campaigns and two look-alikes.
func docked() *court {
	return newCourt([]suspect{
		{scenario: "single", members: []string{"s0"}, set: 1000, start: noon, times: every(time.Minute, 600)},
		{scenario: "small", members: names("a", 10), set: 2000, start: noon, times: every(time.Minute, 600)},
		{scenario: "large", members: names("b", 30), set: 3000, start: noon.Add(time.Hour), times: every(time.Minute, 600)},
		{scenario: "load test", benign: true, members: names("l", 5)},
		{scenario: "synthetic data", benign: true, mild: true, members: []string{"m0"}},
	})
}

const (
	low    = schemas.SeverityLow
	medium = schemas.SeverityMedium
	high   = schemas.SeverityHigh
)

func TestVerdict(t *testing.T) {
	two := finding("campaign.extraction", high, 2*time.Hour, append(names("a", 10), names("b", 30)...)...)
	for _, tt := range []struct {
		name   string
		alarms []alarm
		of     int
		want   verdict
	}{
		{"nothing is said", nil, 0, verdict{}},
		{"a single key", []alarm{finding("extraction.harvest", medium, time.Hour, "s0")}, 0,
			verdict{found: true, at: noon.Add(time.Hour), alerted: noon.Add(time.Hour), rules: []string{"extraction.harvest"}, named: 1, taken: 61}},
		{"twice: the first counts, with all rules", []alarm{finding("extraction.b", medium, time.Hour, "s0"), finding("extraction.a", high, 2*time.Hour, "s0")}, 0,
			verdict{found: true, at: noon.Add(time.Hour), alerted: noon.Add(time.Hour), rules: []string{"extraction.b", "extraction.a"}, named: 1, taken: 61}},
		{"a wrong key", []alarm{finding("extraction.harvest", medium, time.Hour, "x")}, 0, verdict{}},
		{"before it began", []alarm{finding("extraction.harvest", medium, -time.Hour, "s0")}, 0, verdict{}},
		{"after its end is late and counts", []alarm{finding("extraction.harvest", medium, 20*time.Hour, "s0")}, 0,
			verdict{found: true, at: noon.Add(20 * time.Hour), alerted: noon.Add(20 * time.Hour), rules: []string{"extraction.harvest"}, named: 1, taken: 600}},
		{"another family notices", []alarm{finding("rate.spike", low, time.Minute, "s0"), finding("extraction.harvest", medium, time.Hour, "s0"), finding("spend.jump", high, 2*time.Hour, "s0")}, 0,
			verdict{found: true, at: noon.Add(time.Hour), alerted: noon.Add(time.Hour), rules: []string{"extraction.harvest"}, named: 1, taken: 61, noticed: []string{"rate.spike"}}},
		{"another family alone", []alarm{finding("rate.spike", low, time.Minute, "s0"), finding("rate.spike", low, time.Hour, "s0")}, 0, verdict{noticed: []string{"rate.spike"}}},
		{"a campaign", []alarm{finding("campaign.extraction", medium, time.Hour, "a0", "a1", "a2", "x")}, 1,
			verdict{found: true, at: noon.Add(time.Hour), alerted: noon.Add(time.Hour), rules: []string{"campaign.extraction"}, named: 3, wrong: 1, taken: 61}},
		{"a campaign of benign keys mostly", []alarm{finding("campaign.extraction", medium, time.Hour, "a0", "a1", "x", "y", "z")}, 1, verdict{}},
		{"two keys of ten do not find it", []alarm{finding("extraction.harvest", medium, time.Hour, "a0"), finding("extraction.harvest", medium, 2*time.Hour, "a1")}, 1,
			verdict{alerted: noon.Add(time.Hour), rules: []string{"extraction.harvest"}, named: 2}},
		{"two merged campaigns are the larger one", []alarm{two}, 2,
			verdict{found: true, at: noon.Add(2 * time.Hour), alerted: noon.Add(2 * time.Hour), rules: []string{"campaign.extraction"}, named: 30, wrong: 10, taken: 121}},
		{"and not the smaller one", []alarm{two}, 1, verdict{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			assert.Equal(t, tt.want, docked().judge(tt.alarms, low).verdicts[tt.of])
		})
	}
}

func TestHalfOfTheKeysOneByOneFindACampaign(t *testing.T) {
	var all []alarm
	for i, name := range names("a", 10) {
		all = append(all, finding("extraction.harvest", medium, time.Duration(i)*time.Hour, name))
	}
	v := docked().judge(all, low).verdicts[1]
	assert.True(t, v.found)
	assert.Equal(t, noon.Add(4*time.Hour), v.at, "the fifth of ten")
	assert.Equal(t, noon, v.alerted)
	assert.Equal(t, 10, v.named)
	assert.EqualValues(t, 241, v.taken)
}

func TestCharges(t *testing.T) {
	for _, tt := range []struct {
		name    string
		alarm   alarm
		is      class
		about   string
		flagged int
	}{
		{"an attacker", finding("extraction.harvest", medium, time.Hour, "s0"), isTrue, "", 0},
		{"an attacker before he begins", finding("extraction.harvest", medium, 0, "b0"), isFalse, "", 1},
		{"nobody", finding("extraction.harvest", medium, time.Hour, "x"), isFalse, "", 1},
		{"a look-alike", finding("extraction.harvest", low, time.Hour, "l1"), isFalse, "load test", 1},
		{"one that may be told of", finding("extraction.harvest", medium, time.Hour, "m0"), isMild, "synthetic data", 0},
		{"one that may be told of, but not so loudly", finding("extraction.harvest", high, time.Hour, "m0"), isFalse, "synthetic data", 1},
		{"half of attackers", finding("campaign.extraction", high, 2*time.Hour, "a0", "b1", "x", "l0"), isTrue, "", 2},
		{"fewer", finding("campaign.extraction", high, 2*time.Hour, "a0", "l1", "x", "l0"), isFalse, "load test", 3},
		{"no principal at all", alarm{rule: "extraction.tenant", severity: medium, at: noon}, isFalse, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := docked().judge([]alarm{tt.alarm}, low)
			if assert.Len(t, j.charges, 1) {
				assert.Equal(t, tt.is, j.charges[0].is)
				assert.Equal(t, tt.about, j.charges[0].about)
			}
			assert.Len(t, j.flagged, tt.flagged)
		})
	}
}

func TestAChargeIsOneADay(t *testing.T) {
	j := docked().judge([]alarm{
		finding("extraction.harvest", low, time.Hour, "x"), finding("extraction.harvest", medium, 2*time.Hour, "x"),
		finding("extraction.harvest", low, 3*time.Hour, "x"), finding("extraction.harvest", low, 30*time.Hour, "x"),
		finding("extraction.logits", low, time.Hour, "x"), finding("rate.spike", high, time.Hour, "x"),
	}, low)
	if assert.Len(t, j.charges, 3, "by rule, entity and day; other families accuse nobody") {
		assert.Equal(t, medium, j.charges[0].severity, "the worst of the day")
	}
	assert.Len(t, j.flagged, 1)
	assert.Len(t, docked().judge([]alarm{finding("extraction.harvest", low, time.Hour, "x")}, medium).charges, 0, "below what is asked")
}

func TestAKeyOfAnAttackAndALookalikeIsAnAttackers(t *testing.T) {
	c := newCourt([]suspect{{scenario: "look", benign: true, members: []string{"k"}}, {scenario: "attack", members: []string{"k"}, start: noon}, {scenario: "other", benign: true, members: []string{"k"}}})
	assert.True(t, c.judge([]alarm{finding("extraction.harvest", medium, time.Hour, "k")}, low).verdicts[1].found)
}

func TestAlarms(t *testing.T) {
	e := func(k schemas.EntityKind, name string) schemas.Entity { return schemas.Entity{Kind: k, Name: name} }
	got := alarms([]schemas.Finding{
		{Detector: "campaign.extraction", Entity: e(schemas.EntityCampaign, "c-1"), Detected: noon.Add(time.Hour), Severity: high,
			Campaign: &schemas.Campaign{Members: []schemas.Member{{Principal: "a"}, {Principal: "b"}}}},
		{Detector: "extraction.tenant", Entity: e(schemas.EntityTenant, "t"), Detected: noon},
		{Detector: "extraction.harvest", Entity: e(schemas.EntityPrincipal, "a"), Detected: noon, Title: "Title", Summary: "Summary."},
		{Detector: "extraction.address", Entity: e(schemas.EntityAddress, "192.0.2.1"), Detected: noon},
	}, map[string][]string{"t": {"x", "y"}})
	var who [][]string
	for _, a := range got {
		who = append(who, append([]string{a.rule}, a.names...))
	}
	assert.Equal(t, [][]string{{"extraction.address"}, {"extraction.harvest", "a"}, {"extraction.tenant", "x", "y"}, {"campaign.extraction", "a", "b"}}, who, "in the order of time and rule")
	assert.Equal(t, "Title: Summary.", got[1].text)
}
