package extraction

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/extraction/internal/yield"
	"github.com/gatehound/gatehound/schemas"
)

// noWindow is a context for tests of what an hour sees.
var noWindow = *detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})

// TestAbsent wants that a log which states nothing but the call is no evidence,
// however many calls there are.
func TestAbsent(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	var events []schemas.Event
	for at := time.Duration(0); at < 3*time.Hour; at += time.Duration(r.ExpFloat64() * float64(200*time.Millisecond)) {
		events = append(events, detectortest.Event(at, func(ev *schemas.Event) {
			ev.Operation, ev.RequestBytes, ev.ResponseBytes = "chat", 0, 0
		}))
	}
	if found := run(t, events); len(found) > 0 {
		tell(t, found)
		t.Errorf("%d findings, want none", len(found))
	}
}

func TestNotCounted(t *testing.T) {
	steal := hits[0].use.events(1, "h1:k1:someone")
	for name, change := range map[string]func(*schemas.Event){
		"no model call": func(ev *schemas.Event) { ev.Operation = "" },
		"embeddings":    func(ev *schemas.Event) { ev.Operation = "embeddings" },
		"refused":       func(ev *schemas.Event) { ev.Status = 429 },
		"failed":        func(ev *schemas.Event) { ev.Status = 503 },
	} {
		events := append([]schemas.Event(nil), steal...)
		for i := range events {
			change(&events[i])
		}
		if found := run(t, events); len(found) > 0 {
			t.Errorf("%s: %d findings, want none", name, len(found))
		}
	}
}

// TestRepeats wants one finding a day of an extraction that goes on, and
// another at once if it gets worse.
func TestRepeats(t *testing.T) {
	u := use{perHour: 1500, jitter: 1, from: 0, until: 23, templates: 1, in: 120, out: 900, spread: 0.4}
	found := run(t, u.events(1, "h1:k1:thief"))
	if len(found) != 1 || found[0].Severity != schemas.SeverityMedium {
		tell(t, found)
		t.Fatalf("%d findings, want one of medium severity", len(found))
	}
	worse := u
	worse.from, worse.until, worse.perHour = 8, 9, 14_000
	found = run(t, append(u.events(1, "h1:k1:thief"), worse.events(2, "h1:k1:thief")...))
	if len(found) != 2 || found[1].Severity != schemas.SeverityHigh {
		tell(t, found)
		t.Errorf("%d findings, want a second of high severity", len(found))
	}
}

// TestUsual wants that a volume which was there for days is held to be usual.
func TestUsual(t *testing.T) {
	d := &watch{DefaultConfig()}
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	x.Window = time.Hour
	var s State
	p := profile{calls: 3000, minutes: 60}
	for h := range 72 {
		x.WindowStart = detectortest.At(time.Duration(h) * time.Hour)
		s.volume.Add(x.WindowStart, 3000)
	}
	var e sum
	d.amount(x, &s, &p, &e)
	if e.Total > 0 {
		t.Errorf("a usual volume weighs %v, want it to speak against", e.Total)
	}
	p.calls = 30_000
	e = sum{}
	d.amount(x, &s, &p, &e)
	if e.Total < 1 {
		t.Errorf("ten times the usual volume weighs %v, want 1 and more", e.Total)
	}
}

func TestPeers(t *testing.T) {
	var e sum
	p := profile{input: 100, output: 800, bytes: -1, pinned: -1}
	e.answers(&p, 0, 0)
	var among sum
	among.answers(&p, yield.Of(100, 600), 0)
	if e.Total < 2 || among.Total > 1 {
		t.Errorf("a ratio of 8 weighs %v alone and %v among peers with 6, want 2 and more, 1 and less", e.Total, among.Total)
	}
}
