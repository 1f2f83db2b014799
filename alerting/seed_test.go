package alerting

import (
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// TestSeedKnowsWhatWasFound: the events of the last minutes are read again by the
// machine that takes over. What was found in them is not told, counted or, in what
// somebody has resolved since, opened again; what the store has no alert of is.
func TestSeedKnowsWhatWasFound(t *testing.T) {
	one := open(t, logPath(t), nil, &fakeSink{name: "s"})
	again := []schemas.Finding{
		finding("jane", noon, schemas.SeverityMedium), finding("jane", noon.Add(5*time.Minute), schemas.SeverityMedium),
		finding("joe", noon, schemas.SeverityMedium), finding("joe", noon.Add(5*time.Minute), schemas.SeverityMedium),
		finding("covered", noon, schemas.SeverityMedium),
	}
	again[4].Exception = &schemas.Exception{Owner: "ops", Reason: "test"}
	one.offer(t, again...)
	if _, err := one.Resolve(t.Context(), alertOf(one.Manager, "joe"), "ana", "known"); err != nil {
		t.Fatal(err)
	}
	alerts, err := one.Alerts()
	if err != nil {
		t.Fatal(err)
	}
	// The store has a finding, and the machine died before it had the alert.
	late, later := finding("jane", noon.Add(10*time.Minute), schemas.SeverityMedium), finding("jack", noon, schemas.SeverityMedium)

	two := open(t, logPath(t), nil, &fakeSink{name: "s"})
	if err := two.Seed(alerts, append(again[:5:5], late, later)); err != nil {
		t.Fatal(err)
	}
	two.offer(t, again...)
	if n := len(two.Pending()); n != 0 {
		t.Errorf("%d are told again", n)
	}
	for _, a := range alerts {
		if got, err := two.Alert(a.ID); err != nil || line(got) != line(a) {
			t.Errorf("%s: %s (%v), want %s", a.Entity.Name, line(got), err, line(a))
		}
	}
	if got := two.offer(t, late, later); len(got) != 2 || len(two.Pending()) != 1 {
		t.Errorf("%d alerts and %d told of what the store has no alert of", len(got), len(two.Pending()))
	}
	if got, _ := two.Alert(alertOf(two.Manager, "jane")); got.Findings != 3 {
		t.Errorf("jane's has %d findings, want 3", got.Findings)
	}
	worse := again[0]
	worse.Severity = schemas.SeverityCritical
	if got := two.offer(t, worse); len(got) != 1 || got[0].ID != alertOf(two.Manager, "jane") || got[0].Findings != 3 || got[0].Severity != schemas.SeverityCritical {
		t.Errorf("one that has become worse is %+v", got)
	}
}
