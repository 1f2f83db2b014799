package shard

import (
	"errors"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/report"
	"github.com/gatehound/gatehound/schemas"
)

// counter is a detector that counts events.
type counter struct {
	id     string
	window time.Duration
}

func (d counter) Spec() detectors.Spec {
	return detectors.Spec{ID: d.id, Entity: schemas.EntityPrincipal, Window: d.window, Share: 1}
}
func (counter) Observe(_ *detectors.Context, s *uint64, _ *schemas.Event) { *s++ }
func (counter) Gather(_ *detectors.Context, s, c *uint64)                 { *c += *s }
func (counter) Merge(dst, src *uint64)                                    { *dst += *src }
func (counter) Conclude(*detectors.Context, *uint64, *uint64)             {}
func (counter) Close(*detectors.Context, *uint64, *uint64) bool           { return true }

func watch(t *testing.T, id string, window time.Duration) *Watch {
	t.Helper()
	w, err := NewWatch(detectors.Watch(counter{id, window}), 3)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestNewWatchRefusesABadSpec(t *testing.T) {
	if _, err := NewWatch(detectors.Watch(counter{"no id", time.Hour}), 3); err == nil {
		t.Error("a detector with a bad id is watched")
	}
}

func TestContinues(t *testing.T) {
	w := watch(t, "toy.principal", time.Hour)
	for name, c := range map[string]struct {
		other *Watch
		want  bool
	}{
		"the same":       {watch(t, "toy.principal", time.Hour), true},
		"another id":     {watch(t, "toy.other", time.Hour), false},
		"another window": {watch(t, "toy.principal", time.Minute), false},
	} {
		if got := w.Continues(c.other); got != c.want {
			t.Errorf("%s: continues %v, want %v", name, got, c.want)
		}
	}
}

func TestPanickedQuotesNothing(t *testing.T) {
	w := watch(t, "toy.principal", time.Hour)
	text, first := w.Panicked(errors.New("secret prompt"), &schemas.Event{RequestID: "req-1"})
	if text != "*errors.errorString" || !first || !w.Disabled() {
		t.Errorf("text %q, first %v, disabled %v", text, first, w.Disabled())
	}
	if _, again := w.Panicked("again", nil); again {
		t.Error("a detector is taken out of service twice")
	}
	if why, sample := w.Why(); why != (report.Reason{Panicked: true}) || sample != "req-1" {
		t.Errorf("why %+v, sample %q", why, sample)
	}
	w = watch(t, "toy.principal", time.Hour)
	w.Panicked("x", &schemas.Event{RequestID: "not an id"})
	if _, sample := w.Why(); sample != "" {
		t.Errorf("the id %q that a client made up is kept", sample)
	}
}

func TestOverspent(t *testing.T) {
	w := watch(t, "toy.principal", time.Hour)
	w.Overspent(time.Millisecond)
	if why, sample := w.Why(); !w.Disabled() || why.CPU != time.Millisecond || sample != "" {
		t.Errorf("disabled %v, why %+v, sample %q", w.Disabled(), why, sample)
	}
}
