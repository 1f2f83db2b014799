package injection

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// TestThrowAwayKeysMakeNoCrowd lets an attacker be blocked under eight new keys at
// once: that is no changed guardrail, and each of them is told.
func TestThrowAwayKeysMakeNoCrowd(t *testing.T) {
	w, err := Watchers(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	var events []schemas.Event
	for i := range 8 * 20 {
		events = append(events, detectortest.Event(time.Duration(i)*3*time.Second, func(ev *schemas.Event) {
			ev.Principal, ev.Operation = fmt.Sprintf("h1:k1:throwaway%d", i%8), "chat"
			ev.PromptFingerprint, ev.Guardrail = uint64(i+1), schemas.GuardrailInputBlocked
		}))
	}
	told := map[string]bool{}
	for _, f := range detectortest.Of(detectortest.Run(t, events, w...), "injection.blocked") {
		told[f.Entity.Name] = true
	}
	if len(told) != 8 || told["global"] {
		t.Errorf("told of %v, want the eight keys", told)
	}
}
