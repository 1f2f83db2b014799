package story

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func part(rule, title string, kind schemas.EntityKind, minute int) schemas.AlertPart {
	return schemas.AlertPart{Detector: rule, Title: title, Entity: schemas.Entity{Kind: kind, Name: title}, FirstSeen: noon.Add(time.Duration(minute) * time.Minute)}
}

func TestBefore(t *testing.T) {
	const who, where = schemas.EntityPrincipal, schemas.EntityAddress
	lead := part("keyabuse.jacking", "Stolen key: 9 calls", who, 60)
	many := []schemas.AlertPart{lead}
	for _, rule := range []string{"a.one", "a.two", "a.three", "a.four", "a.five", "a.six", "a.seven"} {
		many = append(many, part(rule, "no colon", who, 1))
	}
	for _, c := range []struct {
		name  string
		parts []schemas.AlertPart
		want  string
	}{
		{"alone", []schemas.AlertPart{lead}, ""},
		{"one before", []schemas.AlertPart{lead, part("authfail.credential_stuffing", "Credential stuffing: 9 accounts", where, 5)},
			"Before that: credential stuffing from 1 address (12:05)."},
		{"in order, alike ones counted", []schemas.AlertPart{lead, part("x.y", "Break-in: a", who, 9), part("x.z", "Guessing: b", where, 5), part("x.z", "Guessing: c", where, 6)},
			"Before that: guessing from 2 addresses (12:05), then break-in of 1 caller (12:09)."},
		{"one after", []schemas.AlertPart{lead, part("rate.cost_spike", "Spend", schemas.EntityRoute, 70)}, "After that: cost spike of 1 route (13:10)."},
		{"both, on another day", []schemas.AlertPart{lead, part("x.y", "API key guessing: a", where, -24*60), part("x.z", "All: b", schemas.EntityGlobal, 61)},
			"Before that: API key guessing from 1 address (19 Nov 12:00); after that: all overall (13:01)."},
		{"too many", many, "Before that: five of 1 caller (12:01), then four of 1 caller (12:01), then one of 1 caller (12:01), then seven of 1 caller (12:01), then six of 1 caller (12:01), then and 2 more."},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &schemas.Alert{Parts: c.parts, LastSeen: noon.Add(2 * time.Hour)}
			if got := Before(a, 0); got != strings.Replace(c.want, ", then and", ", and", 1) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestOutcome(t *testing.T) {
	a := &schemas.Alert{FirstSeen: noon, LastSeen: noon.Add(26*time.Hour + 20*time.Minute), Findings: 3, Events: 1234567,
		Parts: []schemas.AlertPart{part("rate.spike", "Spike: much", schemas.EntityPrincipal, 0)}, Entity: schemas.Entity{Kind: schemas.EntityAddress}}
	want := "It lasted 1d 2h, from 20 Nov 12:00 to 14:20 UTC: spike of 1 caller (20 Nov 12:00). 3 findings and 1,234,567 events. The address has sent nothing of the kind since 14:00."
	if got := Outcome(a, Ceased(a, noon.Add(26*time.Hour))); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	a.LastSeen, a.Findings, a.Events = noon, 1, 1
	if got := Outcome(a, ResolvedBy("", "")); got != "It was over at once, from 12:00 to 12:00 UTC: spike of 1 caller (12:00). 1 finding and 1 event. Resolved by somebody." {
		t.Errorf("got %q", got)
	}
	if got := ResolvedBy("alice", "rotated the key!"); got != "Resolved by alice: rotated the key." {
		t.Errorf("got %q", got)
	}
}

func TestLasted(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 1500 * time.Millisecond: "1.5s", time.Minute: "1m", 90 * time.Second: "1m 30s", time.Hour: "1h", 150 * time.Minute: "2h 30m",
		24 * time.Hour: "1d", 9*24*time.Hour + time.Hour: "9d 1h",
	} {
		if got := Lasted(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}
