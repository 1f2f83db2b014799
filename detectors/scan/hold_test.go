package scan

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// TestTheWorseIsNotHiddenBehindTheLesser lets a scanner find something harmless
// first: what he finds then is told all the same, once.
func TestTheWorseIsNotHiddenBehindTheLesser(t *testing.T) {
	events := sensitive(1, 8, 404)
	for i, path := range []string{"/metrics", "/metrics", "/.env", "/.env"} {
		events = append(events, detectortest.Event(time.Minute+time.Duration(i)*2*time.Minute, get(1, path, other, 200)))
	}
	var got []schemas.Severity
	for _, f := range detectortest.Of(detectortest.Run(t, events, watchers(t)...), "scan.sensitive") {
		if strings.HasPrefix(f.Title, "Exposed") {
			got = append(got, f.Severity)
		}
	}
	if len(got) != 2 || got[0] != schemas.SeverityMedium || got[1] != schemas.SeverityHigh {
		t.Errorf("severities %v, want medium and then high", got)
	}
}

// TestManySegmentsAreNotLookedAt bounds what a long path costs.
func TestManySegmentsAreNotLookedAt(t *testing.T) {
	if name, _, _ := object("{other}", strings.Repeat("/a", maxSegments)+"/1042"); name != "" {
		t.Errorf("segment %d is an id", maxSegments+1)
	}
	if name, number, ok := object("{other}", strings.Repeat("/a", maxSegments-1)+"/1042"); name != "1042" || number != 1042 || !ok {
		t.Errorf("segment %d is %q", maxSegments, name)
	}
}
