package rate

import (
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// TestAFloodIsNotHiddenBehindASmallSpike lets a caller make a small spike first:
// the flood after it is told, too, and once.
func TestAFloodIsNotHiddenBehindASmallSpike(t *testing.T) {
	w, err := Watchers(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	var events []schemas.Event
	for minute := range 320 {
		n := 20
		switch {
		case minute >= 316:
			n = 6000
		case minute >= 311:
			n = 400
		}
		for i := range n {
			events = append(events, detectortest.Event(time.Duration(minute)*time.Minute+time.Duration(i)*time.Minute/time.Duration(n), func(ev *schemas.Event) {
				ev.ClientAddr, ev.Client = detectortest.Address(i%5), detectortest.Address(i%5)
			}))
		}
		if minute == 318 {
			break
		}
	}
	var got []schemas.Severity
	for _, f := range detectortest.Of(detectortest.Run(t, events, w...), "rate.spike") {
		if f.Entity.Kind == schemas.EntityPrincipal {
			got = append(got, f.Severity)
		}
	}
	if len(got) != 2 || got[0] >= schemas.SeverityHigh || got[1] < schemas.SeverityHigh {
		t.Errorf("severities %v, want a mild one and then a severe one", got)
	}
}
