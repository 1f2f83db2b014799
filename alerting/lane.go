package alerting

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/gatehound/gatehound/alerting/internal/outbox"
	"github.com/gatehound/gatehound/alerting/internal/view"
	"github.com/gatehound/gatehound/schemas"
)

// lane is a sink with its queue and its worker's state.
type lane struct {
	name string
	sink Sink
	min  schemas.Severity
	cfg  SinkConfig
	q    *outbox.Queue
	view *view.View

	// turn has an element while somebody calls the sink: its worker or Try.
	turn chan struct{}

	// The worker's own.
	rate     outbox.Window
	failures int          // rounds of failed attempts in a row
	suspect  *outbox.Item // has failed just now; the next attempt is for another
	judged   *outbox.Item // that was taken; the next attempt is for the suspect
	paused   time.Time    // the sink is left alone until then
	shown    map[string]schemas.Alert
	tries    *outbox.Tries

	// mu keeps the worker's notes apart from the listing.
	mu    sync.Mutex
	notes SinkStatus
}

// maxShown bounds how many alerts a lane keeps as its sink is shown them.
const maxShown = 64

// newLane prepares a sink; caseURL is the configuration's.
func newLane(s Sink, sc SinkConfig, caseURL string, reveal func(ctx context.Context, sink, stored string) (string, error)) (*lane, error) {
	least, err := sc.severity()
	if err != nil {
		return nil, err
	}
	v, err := view.New(sc.view(caseURL, reveal))
	if err != nil {
		return nil, err
	}
	return &lane{name: sc.Name, sink: s, min: least, cfg: sc, q: outbox.NewQueue(sc.OnStorm == StormDelay), view: v,
		turn: make(chan struct{}, 1), rate: outbox.Window{Limit: sc.PerMinute}, shown: make(map[string]schemas.Alert),
		notes: SinkStatus{Name: sc.Name, Kind: sc.Kind}}, nil
}

// view returns what the sink is to be shown.
func (s SinkConfig) view(caseURL string, reveal func(ctx context.Context, sink, stored string) (string, error)) view.Settings {
	v := view.Settings{Reveal: s.Reveal, Omit: s.Omit, Title: s.Title, Summary: s.Summary, CaseURL: caseURL}
	if reveal != nil {
		v.Lookup = func(ctx context.Context, stored string) (string, error) { return reveal(ctx, s.Name, stored) }
	}
	return v
}

// reveal asks the hook, if there is one.
func (m *Manager) reveal(ctx context.Context, sink, stored string) (string, error) {
	if m.hooks.Reveal == nil {
		return "", errors.New("nothing reveals addresses here")
	}
	return m.hooks.Reveal(ctx, sink, stored)
}

// show returns the alert as the sink is shown it: for each attempt of a
// notification the same.
func (m *Manager) show(ctx context.Context, r *lane, d *outbox.Delivery) schemas.Alert {
	if a, ok := r.shown[d.Key]; ok {
		return a
	}
	a, err := r.view.Show(ctx, &d.Alert)
	if err != nil {
		m.metrics.views.WithLabelValues(r.name).Inc()
		m.log.Warn("alert is not shown as configured", "sink", r.name, "key", d.Key, "error", safe(err.Error()))
	}
	if len(r.shown) >= maxShown {
		clear(r.shown)
	}
	r.shown[d.Key] = a
	return a
}

// recall opens the notes of attempts and learns from them which notification was
// being told when the process ended. Only digests need to know.
func (r *lane) recall(log string) error {
	if log == "" || r.cfg.OnStorm != StormDigest || r.tries != nil {
		return nil
	}
	tries, last, err := outbox.OpenTries(log + "." + r.name + ".try")
	if err != nil {
		return err
	}
	r.tries = tries
	r.q.Tried(last)
	return nil
}

// notify calls the sink, alone, and turns a panic into a permanent error: the
// same alert would bring it again.
func (r *lane) notify(ctx context.Context, a *schemas.Alert, key string, prev Ref) (ref Ref, err error) {
	select {
	case r.turn <- struct{}{}:
	case <-ctx.Done():
		return "", fmt.Errorf("wait for the sink: %w", ctx.Err())
	}
	defer func() {
		<-r.turn
		if recover() != nil {
			err = Permanent(errors.New("the sink panicked"))
		}
	}()
	return r.sink.Notify(ctx, a, key, prev)
}

// note changes what the listing says of the sink.
func (r *lane) note(f func(*SinkStatus)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.notes)
}

func (r *lane) standing() SinkStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.notes
}

// testAlert is what Try sends.
func testAlert(now time.Time) schemas.Alert {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	id := "test-" + hex.EncodeToString(random[:])
	who := schemas.Entity{Kind: schemas.EntityGlobal, Name: "test"}
	now = now.UTC().Truncate(time.Second)
	a := schemas.Alert{
		ID: id, Fingerprint: id, State: schemas.AlertOpen, Sequence: 1, Test: true, Severity: schemas.SeverityInfo, Confidence: 1,
		Title: "Somebody tries this sink", Summary: "This alert was made to see whether it arrives. There is nothing to do.",
		Detector: "alerting.test", Entity: who, FirstSeen: now.Add(-time.Minute), LastSeen: now, Findings: 1, Events: 1,
	}
	a.Parts = []schemas.AlertPart{{Detector: a.Detector, Entity: who, Severity: a.Severity, Title: a.Title,
		FirstSeen: a.FirstSeen, LastSeen: a.LastSeen, Findings: 1, Events: 1}}
	a.Finding = schemas.Finding{
		ID: id, Detector: a.Detector, Entity: who, Severity: a.Severity, Confidence: 1, Title: a.Title, Summary: a.Summary,
		WindowStart: a.FirstSeen, WindowEnd: a.LastSeen, Detected: a.LastSeen, Events: 1,
		Features:   []schemas.Feature{{Name: "tests", Observed: 1, Expected: 0, Unit: "tests", Weight: 1, Text: "1 test, usually none"}},
		Techniques: []schemas.Technique{}, Query: "SELECT 1",
	}
	return a
}
