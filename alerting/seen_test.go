package alerting

import (
	"context"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// TestNothingIsSeenAheadOfItsTime: a finding is often made before its window is
// over. The alert was seen until the finding was made, or until its cause was seen
// last; its life goes by the window all the same.
func TestNothingIsSeenAheadOfItsTime(t *testing.T) {
	hour := func(who string) schemas.Finding {
		f := finding(who, noon, schemas.SeverityHigh)
		f.WindowEnd, f.Detected = noon.Add(time.Hour), noon.Add(5*time.Minute)
		return f
	}
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	got := r.offer(t, hour("a"), hour("b"))
	for _, a := range got {
		if made := a.Finding.Detected; !a.LastSeen.Equal(made) || !a.Parts[0].LastSeen.Equal(made) {
			t.Errorf("it was made at %v, and seen at %v, its part at %v", made, a.LastSeen, a.Parts[0].LastSeen)
		}
	}
	resolveAfter := DefaultConfig().ResolveAfter
	if got := r.advance(t, noon.Add(time.Hour+resolveAfter-time.Minute)); len(got) != 0 {
		t.Errorf("resolved before the window and resolve_after are over: %v", line(got[0]))
	}
	last := noon.Add(50 * time.Minute)
	got, err := r.Cease(context.Background(), []schemas.Ceased{{Detector: hour("b").Detector, Entity: hour("b").Entity, Last: last, At: last.Add(time.Minute)}})
	if err != nil || len(got) != 1 || !got[0].LastSeen.Equal(last) || !got[0].Parts[0].LastSeen.Equal(last) {
		t.Errorf("what ended says %v, %v; want it seen until %v", got, err, last)
	}
	if got := r.advance(t, noon.Add(time.Hour+resolveAfter+time.Minute)); len(got) != 1 || got[0].Entity.Name != "a" {
		t.Errorf("after the window and resolve_after: %v", got)
	}
}

// TestAMilderFindingDoesNotSayWhatASevereAlertIsAbout: the next window begins with
// few attempts, and the alert stays as bad as it was.
func TestAMilderFindingDoesNotSayWhatASevereAlertIsAbout(t *testing.T) {
	at := func(minute int, sev schemas.Severity, title string) schemas.Finding {
		f := finding("a", noon.Add(time.Duration(minute)*time.Minute), sev)
		f.Title = title
		return f
	}
	r := open(t, logPath(t), nil, &fakeSink{name: "s"})
	r.offer(t, at(0, schemas.SeverityMedium, "10 accounts"), at(5, schemas.SeverityHigh, "50 accounts"))
	a := r.offer(t, at(10, schemas.SeverityMedium, "12 accounts"))[0]
	if a.Severity != schemas.SeverityHigh || a.Title != "50 accounts" || a.Finding.Title != "50 accounts" || a.Parts[0].Title != "50 accounts" {
		t.Errorf("it is %s and says %q, its part %q", a.Severity, a.Title, a.Parts[0].Title)
	}
	if a := r.offer(t, at(15, schemas.SeverityHigh, "70 accounts"))[0]; a.Title != "70 accounts" || a.Parts[0].Title != "70 accounts" || a.Findings != 4 {
		t.Errorf("it says %q, its part %q, of %d findings", a.Title, a.Parts[0].Title, a.Findings)
	}
}
