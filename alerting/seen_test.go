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
