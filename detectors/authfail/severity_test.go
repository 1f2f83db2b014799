package authfail

import (
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestBrokenClientIsReportedOnce(t *testing.T) {
	found := detectortest.Run(t, many(0, 3*time.Second, 6000, func(int) []change {
		return []change{failed, from(1), with("old")}
	}), watchers(t)...)
	if len(found) != 1 || found[0].Severity != schemas.SeverityLow {
		t.Errorf("got %d findings: %+v", len(found), found)
	}
}

func TestSeverityRises(t *testing.T) {
	found := detectortest.Run(t, many(0, time.Second, 100, func(i int) []change {
		return []change{failed, from(1), with("k%d", i)}
	}), watchers(t)...)
	if len(found) != 2 || found[0].Severity != schemas.SeverityMedium || found[1].Severity != schemas.SeverityHigh {
		t.Fatalf("got %+v", found)
	}
	if at := found[0].Detected.Sub(detectortest.Start); at > 12*time.Second {
		t.Errorf("detected after %v, want at the tenth guess", at)
	}
}

func TestSeverityOfBruteForceRisesWithCertainty(t *testing.T) {
	found := detectortest.Run(t, many(0, 500*time.Millisecond, 520, func(int) []change { return []change{failed, from(1), as("admin")} }), watchers(t)...)
	if len(found) != 3 {
		t.Fatalf("got %d findings", len(found))
	}
	for i, want := range []schemas.Severity{schemas.SeverityLow, schemas.SeverityMedium, schemas.SeverityHigh} {
		if f := found[i]; f.Severity != want || i > 0 && f.Confidence <= found[i-1].Confidence {
			t.Errorf("finding %d is %v at %v, want %v: %s", i, f.Severity, f.Confidence, want, f.Title)
		}
	}
}

func TestASuccessAfterAShortRunIsLessSure(t *testing.T) {
	for n, want := range map[int]schemas.Severity{35: schemas.SeverityMedium, 120: schemas.SeverityCritical} {
		found := detectortest.Run(t, append(many(0, time.Second, n, func(int) []change { return []change{failed, from(1), as("admin")} }),
			detectortest.Event(time.Duration(n+2)*time.Second, from(1), as("admin"), with(""))), watchers(t)...)
		got := detectortest.Of(found, "authfail.success_after_failures")
		if len(got) != 1 || got[0].Severity != want {
			t.Errorf("after %d refusals: %+v, want %v", n, got, want)
		}
	}
}

func TestTakenAccountIsCritical(t *testing.T) {
	found := detectortest.Run(t, append(many(0, time.Second, 20, func(i int) []change {
		return []change{failed, from(1), as("admin"), with("pw%d", i)}
	}), detectortest.Event(25*time.Second, from(1), as("admin"), with("right")),
		detectortest.Event(26*time.Second, from(1), as("someone"), with("other"))), watchers(t)...)
	got := detectortest.Of(found, "authfail.success_after_failures")
	if len(got) != 1 || got[0].Severity != schemas.SeverityCritical {
		t.Errorf("got %+v", got)
	}
}
