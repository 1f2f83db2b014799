package clickhouse

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

func TestAlertsAreStoredOnce(t *testing.T) {
	s := testStore(t)
	a := schemas.Alert{ID: "a", Fingerprint: "f", State: schemas.AlertUpdated, Sequence: 1, Severity: schemas.SeverityCritical,
		Confidence: 0.5, Title: "t", Summary: "s", Detector: "rate", Entity: schemas.Entity{Kind: schemas.EntityAddress, Name: "10.0.0.1"},
		Tenant: "x", FirstSeen: at(0), LastSeen: at(9), Findings: 3, Events: 4, Finding: testFinding(0)}
	second := a
	second.Sequence, second.State = 2, schemas.AlertResolved
	for range 2 {
		if err := s.WriteAlerts(t.Context(), []schemas.Alert{a, second}); err != nil {
			t.Fatal(err)
		}
	}
	if n := one[uint64](t, s, "SELECT count() FROM alerts FINAL"); n != 2 {
		t.Fatalf("%d alerts", n)
	}
	got := one[string](t, s, `SELECT toString((id, fingerprint, state, severity, confidence, title, summary, detector, entity_kind, entity,
		tenant, toUnixTimestamp64Nano(first_seen) < toUnixTimestamp64Nano(last_seen), findings, events, finding_id,
		JSONExtractString(finding, 'query'))) FROM alerts FINAL WHERE sequence = 2`)
	want := `('a','f','resolved','critical',0.5,'t','s','rate','address','10.0.0.1','x',1,3,4,'` + a.Finding.ID + `','SELECT 1')`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// incident is an alert with everything that is stored.
func incident(id string, last int) schemas.Alert {
	f := testFinding(0)
	return schemas.Alert{
		ID: id, Fingerprint: "f", State: schemas.AlertAcknowledged, Sequence: 3, Severity: schemas.SeverityHigh, Confidence: 0.5,
		Title: "t", Summary: "s", Detector: "rate.spike", Entity: schemas.Entity{Kind: schemas.EntityAddress, Name: "10.0.0.1"}, Tenant: "x",
		FirstSeen: at(0), LastSeen: at(last), Findings: 3, Events: 4,
		Parts: []schemas.AlertPart{
			{Detector: "rate.spike", Entity: f.Entity, Severity: schemas.SeverityHigh, Title: "p", FirstSeen: at(0), LastSeen: at(1), Findings: 2, Events: 3, Ended: at(2)},
			{Detector: "scan.paths", Entity: f.Entity, FirstSeen: at(1), LastSeen: at(last), Findings: 1, Events: 1},
		},
		Acknowledged: &schemas.Mark{At: at(4), By: "ana", Comment: "mine'"}, Escalated: 2, Reopened: 1,
		Muted: "mute time nights", URL: "https://x/1", Finding: f,
		History: []schemas.AlertEvent{
			{Number: 1, At: at(0), EventTime: at(0), What: "opened", Text: "rate.spike", Severity: schemas.SeverityLow},
			{Number: 2, At: at(4), What: "acknowledged", By: "ana", Text: "mine'", Severity: schemas.SeverityHigh},
		},
	}
}

func resolvedAt(a schemas.Alert, minute int) schemas.Alert {
	a.State, a.Sequence = schemas.AlertResolved, a.Sequence+1
	a.Resolution, a.Outcome, a.MergedInto = &schemas.Mark{At: at(minute), Comment: "the cause ended"}, "40 tried, none got in.", "other"
	a.History = append(slices.Clone(a.History), schemas.AlertEvent{Number: 3, At: at(minute), EventTime: at(minute), What: "resolved", Severity: a.Severity})
	return a
}

func TestOpenAlerts(t *testing.T) {
	s := testStore(t)
	open, over, old := incident("open", 9), resolvedAt(incident("over", 7), 30), resolvedAt(incident("old", 3), 10)
	test := incident("test", 9)
	test.Test = true
	for range 2 { // a repetition changes nothing
		if err := s.WriteAlerts(t.Context(), []schemas.Alert{incident("over", 7), open, over, incident("old", 3), old, test}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.OpenAlerts(t.Context(), at(20))
	if err != nil {
		t.Fatal(err)
	}
	if want := []schemas.Alert{over, open}; !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got, err = s.OpenAlerts(t.Context(), time.Time{}); err != nil || len(got) != 3 {
		t.Errorf("since ever %d alerts, error %v", len(got), err)
	}
	if n := one[uint64](t, s, "SELECT count() FROM alerts WHERE id = 'test'") + one[uint64](t, s, "SELECT count() FROM alert_history WHERE id = 'test'"); n != 0 {
		t.Errorf("an alert that tries a sink is stored in %d rows", n)
	}
}

func TestFound(t *testing.T) {
	s := testStore(t)
	plain, covered := testFinding(0), testFinding(1)
	plain.Exception, covered.Exception = nil, &schemas.Exception{Owner: "ops", Reason: "it's known"}
	before := time.Now()
	if err := s.WriteFindings(t.Context(), []schemas.Finding{plain, covered}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Found(t.Context(), before)
	if err != nil || len(got) != 2 {
		t.Fatalf("%d findings, %v", len(got), err)
	}
	for _, want := range []schemas.Finding{plain, covered} {
		i := slices.IndexFunc(got, func(f schemas.Finding) bool { return f.ID == want.ID })
		if i < 0 {
			t.Fatalf("%s is missing", want.ID)
		}
		f := got[i]
		if f.Detector != want.Detector || f.Entity != want.Entity || f.Severity != want.Severity || !f.WindowStart.Equal(want.WindowStart) ||
			!f.WindowEnd.Equal(want.WindowEnd) || !f.Detected.Equal(want.Detected) || f.Events != want.Events || !reflect.DeepEqual(f.Exception, want.Exception) {
			t.Errorf("got  %+v\nwant %+v", f, want)
		}
	}
	if got, err := s.Found(t.Context(), time.Now().Add(time.Hour)); err != nil || len(got) != 0 {
		t.Errorf("%d are from the future, %v", len(got), err)
	}
}

func TestAlertHistory(t *testing.T) {
	s := testStore(t)
	a := incident("a", 9)
	for i := 3; i <= 150; i++ { // the alert forgets its second to fifty-first entry
		a.History = append(a.History, schemas.AlertEvent{Number: i, At: at(i), EventTime: at(i), What: "commented", By: "x", Text: fmt.Sprint(i)})
	}
	whole := a.History
	if err := s.WriteAlerts(t.Context(), []schemas.Alert{a}); err != nil {
		t.Fatal(err)
	}
	a.History = append(slices.Clone(whole[:1]), whole[len(whole)-schemas.MaxHistory+1:]...)
	if err := s.WriteAlerts(t.Context(), []schemas.Alert{a}); err != nil {
		t.Fatal(err)
	}
	got, err := s.AlertHistory(t.Context(), "a")
	if err != nil || !reflect.DeepEqual(got, whole) {
		t.Errorf("%d entries, want %d, error %v", len(got), len(whole), err)
	}
	open, err := s.OpenAlerts(t.Context(), at(0))
	if err != nil || len(open) != 1 || !reflect.DeepEqual(open[0].History, a.History) {
		t.Errorf("with %d alerts, error %v", len(open), err)
	}
	if got, err = s.AlertHistory(t.Context(), "b' OR 1"); err != nil || got != nil {
		t.Errorf("of no alert: %v, error %v", got, err)
	}
}

// TestAlertsOfBefore are rows that were stored before there were incidents.
func TestAlertsOfBefore(t *testing.T) {
	s := testStore(t)
	if err := s.conn.Exec(t.Context(), "INSERT INTO alerts (id, sequence, state, entity_kind, last_seen, finding) VALUES ('x', 1, 'open', 'address', '2026-01-01 00:00:00', '{}')"); err != nil {
		t.Fatal(err)
	}
	got, err := s.OpenAlerts(t.Context(), at(0))
	if err != nil || len(got) != 1 || got[0].Parts != nil || got[0].Acknowledged != nil || got[0].Resolution != nil || got[0].Entity.Kind != schemas.EntityAddress {
		t.Errorf("got %+v, error %v", got, err)
	}
}
