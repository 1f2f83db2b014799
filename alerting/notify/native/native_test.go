package native

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

func alert() schemas.Alert {
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	a := schemas.Alert{
		ID: "fedcba9876543210fedcba9876543210", State: schemas.AlertEscalated, Sequence: 3, Severity: schemas.SeverityHigh,
		Title: "Model extraction", Summary: "One caller asks like a machine.", Detector: "extraction.harvest",
		Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:q83vEjRWeJA"}, FirstSeen: at, LastSeen: at.Add(time.Hour),
	}
	a.Finding = schemas.Finding{ID: a.ID, Detector: a.Detector, Entity: a.Entity, Query: "SELECT 1", WindowStart: at}
	return a
}

type decoded struct {
	Type          string
	Timestamp     time.Time
	SchemaVersion int `json:"schema_version"`
	Key           string
	Shortened     bool
	Data          schemas.Alert
}

func parse(t *testing.T, doc []byte) (d decoded) {
	t.Helper()
	if err := json.Unmarshal(doc, &d); err != nil {
		t.Fatalf("%v: %.200s", err, doc)
	}
	return d
}

func TestEncode(t *testing.T) {
	for state := schemas.AlertOpen; state <= schemas.AlertReopened; state++ {
		a := alert()
		a.State, a.Title = state, "line\nbreak \u202e\x1b[0m"
		doc, err := Encode(&a, "k-1")
		if err != nil {
			t.Fatal(err)
		}
		d := parse(t, doc)
		if d.Type != "gatehound.alert."+state.String() || d.Key != "k-1" || d.SchemaVersion != schemas.Version || d.Shortened ||
			!d.Timestamp.Equal(a.LastSeen) || d.Data.Title != a.Title || d.Data.ID != a.ID {
			t.Errorf("got %+v", d)
		}
		if strings.ContainsAny(string(doc), "\n\x1b\u202e") {
			t.Errorf("the document acts on a terminal: %q", doc)
		}
		if again, err := Encode(&a, "k-1"); err != nil || string(again) != string(doc) {
			t.Error("the same alert has two bodies")
		}
	}
}

func TestWithin(t *testing.T) {
	a := alert()
	if doc, err := Within(&a, "k-1", 8192); err != nil || parse(t, doc).Shortened {
		t.Errorf("a short alert was shortened: %v", err)
	}
	a.Finding.Query = strings.Repeat("SELECT <&> 𝒳 ", 5000)
	a.Summary = strings.Repeat("\U000e0041z\u0300", 5000)
	for range 32 {
		a.Parts = append(a.Parts, schemas.AlertPart{Detector: a.Detector, Entity: a.Entity, Title: strings.Repeat("<", 500)})
		a.Finding.Features = append(a.Finding.Features, schemas.Feature{Name: "requests", Text: strings.Repeat("=", 1000)})
	}
	last := math.MaxInt
	for _, limit := range []int{60_000, 20_000, 8192, Least} {
		doc, err := Within(&a, "k-1", limit)
		if err != nil {
			t.Fatalf("%d: %v", limit, err)
		}
		d := parse(t, doc)
		if len(doc) > limit || !d.Shortened || d.Data.ID != a.ID || !d.Data.LastSeen.Equal(a.LastSeen) || d.Data.Severity != a.Severity ||
			d.Data.State != a.State || d.Data.Entity != a.Entity || d.Key != "k-1" {
			t.Errorf("%d: %d bytes, %+v", limit, len(doc), d)
		}
		if len(doc) > last {
			t.Errorf("%d: %d bytes, more than for a higher limit", limit, len(doc))
		}
		last = len(doc)
	}
}

// Whoever writes the logs cannot make an alert that is too long to be sent.
func TestNothingIsTooLong(t *testing.T) {
	for _, c := range []string{"<", "\\", "\x00", "\u202e", "\U000e0041", "𝒳", "\U0010fffd", "\xff", "a\u0300\u0301\u0302"} {
		long := strings.Repeat(c, 400)
		a := alert()
		who := schemas.Entity{Kind: schemas.EntityRoute, Name: long}
		a.ID, a.Fingerprint, a.Title, a.Summary, a.Detector, a.Entity, a.Tenant = long, long, long, long, long, who, long
		a.URL, a.Outcome, a.Muted, a.MergedInto = long, long, long, long
		a.Acknowledged, a.Resolution = &schemas.Mark{By: long, Comment: long}, &schemas.Mark{By: long, Comment: long}
		a.Findings, a.Events, a.Sequence, a.Escalated, a.Reopened = math.MaxInt, math.MaxInt64, math.MaxInt, math.MaxInt, math.MaxInt
		a.Finding = schemas.Finding{ID: long, Detector: long, Entity: who, Tenant: long, Title: long, Summary: long, Query: long,
			Provider: long, Model: long, Samples: []string{long, long}, Related: []schemas.Entity{who},
			Campaign: &schemas.Campaign{ID: long, Links: []schemas.Link{{Kind: long, Text: long}}, Named: []string{long}}}
		for range 32 {
			a.Parts = append(a.Parts, schemas.AlertPart{Detector: long, Entity: who, Title: long})
		}
		doc, err := Within(&a, long, Least)
		if err != nil || len(doc) > Least {
			t.Errorf("%q: %d bytes, %v", c, len(doc), err)
		}
		if d := parse(t, doc); d.Data.State != a.State || d.Data.Events != a.Events {
			t.Errorf("%q: it is about %+v", c, d.Data)
		}
	}
}

func TestTestsAreMarked(t *testing.T) {
	a := alert()
	a.Test = true
	doc, err := Encode(&a, "k")
	if err != nil || parse(t, doc).Data.Title != "TEST: Model extraction" || a.Title != "Model extraction" {
		t.Errorf("got %s, %v", doc, err)
	}
}

func TestWhatJSONCannotSay(t *testing.T) {
	a := alert()
	a.Confidence = math.Inf(1)
	if _, err := Encode(&a, "k"); err == nil {
		t.Error("infinity was encoded")
	}
	if _, err := Within(&a, "k", 100); err == nil {
		t.Errorf("got %v", err)
	}
}
