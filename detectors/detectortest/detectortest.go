// Package detectortest runs detectors in tests: Run feeds a case's events
// through the real engine, and Conform checks the duties of every detector.
package detectortest

import (
	"cmp"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

// Start is the time that At counts from: a Monday at midnight UTC, where
// windows of every length up to a day start.
var Start = time.Date(2026, time.January, 5, 0, 0, 0, 0, time.UTC)

// At returns the time of an event, offset after Start.
func At(offset time.Duration) int64 { return Start.Add(offset).UnixNano() }

// Address returns the n-th of a run of public test addresses, as true and as
// stored form.
func Address(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{198, byte(18 + n>>16&1), byte(n >> 8), byte(n)})
}

// Event returns an ordinary successful call at offset after Start, with the
// changes applied in order.
func Event(offset time.Duration, changes ...func(*schemas.Event)) schemas.Event {
	ev := schemas.Event{
		Time: At(offset), Known: schemas.HasStatus, Format: "test", Gateway: "gw",
		Method: "POST", Host: "api.example.com", Route: "/v1/chat/completions", Path: "/v1/chat/completions",
		Status: 200, UpstreamStatus: 200, Responder: schemas.ResponderUpstream,
		Auth: schemas.AuthSuccess, Principal: "h1:k1:someone", Credential: "c1:k1:someone",
		ClientAddr: Address(1), Client: Address(1), ClientClass: schemas.ClientSDK,
		Latency: time.Second, RequestBytes: 700, ResponseBytes: 2000,
	}
	for _, change := range changes {
		change(&ev)
	}
	return ev
}

// Batch returns a batch of one partition with the events, in order of time and
// numbered from the offset first.
func Batch(first int64, events []schemas.Event) *schemas.Batch {
	events = slices.Clone(events)
	slices.SortStableFunc(events, func(a, b schemas.Event) int { return cmp.Compare(a.Time, b.Time) })
	for i := range events {
		events[i].Position = schemas.Position{Topic: "test", Offset: first + int64(i)}
	}
	b := &schemas.Batch{Parts: []*schemas.Part{{
		Range:  schemas.Range{Topic: "test", First: first, Next: first + int64(len(events))},
		Events: events,
	}}}
	b.Seal()
	return b
}

// Settings returns settings for tests: a small memory and the default rest.
func Settings() engine.Settings {
	c := engine.DefaultConfig()
	c.Shards, c.Workers, c.Memory = 8, 2, 64<<20
	return engine.Settings{Config: c, EntityKey: [16]byte{1, 2, 3}}
}

// New returns an engine that ends with the test.
func New(t testing.TB, s engine.Settings, watchers ...detectors.Watcher) *engine.Engine {
	t.Helper()
	e, err := engine.New(s, watchers, nil)
	if err != nil {
		t.Fatalf("making the engine: %v", err)
	}
	t.Cleanup(e.Close)
	return e
}

// Run lets a fresh engine with the watchers observe the events, in order of
// their times, then closes all windows; it returns all findings in order.
func Run(t testing.TB, events []schemas.Event, watchers ...detectors.Watcher) []schemas.Finding {
	t.Helper()
	e := New(t, Settings(), watchers...)
	found, err := e.Observe(Batch(0, events), nil)
	if err != nil {
		t.Fatalf("observing: %v", err)
	}
	found = append(found, e.Flush()...)
	e.Close()
	return found
}

// Of returns the findings of one detector rule, such as "rate.spike".
func Of(found []schemas.Finding, detector string) []schemas.Finding {
	return slices.DeleteFunc(slices.Clone(found), func(f schemas.Finding) bool { return f.Detector != detector })
}

// Rules returns the detectors of the findings, sorted, each once.
func Rules(found []schemas.Finding) []string {
	var out []string
	for _, f := range found {
		out = append(out, f.Detector)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
