package native

import (
	"encoding/json"
	"errors"
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
	for _, limit := range []int{60_000, 20_000, 8192, 4096, 2500} {
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
	if _, err := Within(&a, "k-1", 500); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v for what cannot be", err)
	}
}

func TestWhatJSONCannotSay(t *testing.T) {
	a := alert()
	a.Confidence = math.Inf(1)
	if _, err := Encode(&a, "k"); err == nil {
		t.Error("infinity was encoded")
	}
	if _, err := Within(&a, "k", 100); err == nil || errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}
