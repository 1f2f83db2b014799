package pipeline

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

// heard is an alerter that writes down what it hears.
type heard struct {
	lines []string
	fail  string
}

var _ Alerter = (*heard)(nil)

func (h *heard) Offer(_ context.Context, fs []schemas.Finding) ([]schemas.Alert, error) {
	var ids []string
	for _, f := range fs {
		ids = append(ids, f.ID)
	}
	h.lines = append(h.lines, "found "+strings.Join(ids, " "))
	if h.fail == "offer" {
		return nil, errors.New("no room")
	}
	return []schemas.Alert{{ID: "offered"}}, nil
}

func (h *heard) Cease(_ context.Context, ended []schemas.Ceased) ([]schemas.Alert, error) {
	var ids []string
	for _, c := range ended {
		ids = append(ids, c.Entity.Name)
	}
	h.lines = append(h.lines, "ended "+strings.Join(ids, " "))
	if h.fail == "cease" {
		return nil, errors.New("no room")
	}
	return []schemas.Alert{{ID: "ended"}}, nil
}

func (h *heard) Advance(context.Context, time.Time) ([]schemas.Alert, error) { return nil, nil }

func foundAt(id, who string, minute int) schemas.Finding {
	return schemas.Finding{ID: id, Detector: "a.b", Entity: schemas.Entity{Name: who}, Detected: time.Unix(int64(60*minute), 0)}
}

func endedAt(who string, minute int) schemas.Ceased {
	return schemas.Ceased{Detector: "a.b", Entity: schemas.Entity{Name: who}, At: time.Unix(int64(60*minute), 0)}
}

func TestFindingsAreToldBeforeTheirEnds(t *testing.T) {
	for _, c := range []struct {
		name   string
		found  []schemas.Finding
		ceased []schemas.Ceased
		want   string
	}{
		{"nothing", nil, nil, ""},
		{"findings", []schemas.Finding{foundAt("1", "x", 1)}, nil, "found 1"},
		{"ends", nil, []schemas.Ceased{endedAt("x", 1), endedAt("y", 2)}, "ended x y"},
		{"both", []schemas.Finding{foundAt("1", "x", 1), foundAt("2", "y", 60)}, []schemas.Ceased{endedAt("x", 20)}, "found 1 2, ended x"},
		{"what a later finding would let lapse", []schemas.Finding{foundAt("1", "x", 1), foundAt("2", "y", 200)},
			[]schemas.Ceased{{Detector: "a.b", Entity: schemas.Entity{Name: "x"}, GoesOn: true, At: time.Unix(60*60, 0)}}, "found 1, ended x, found 2"},
		{"again", []schemas.Finding{foundAt("1", "x", 1), foundAt("2", "y", 60), foundAt("3", "x", 30)}, []schemas.Ceased{endedAt("z", 10), endedAt("x", 20)},
			"found 1, ended z x, found 2 3"},
		{"again and again", []schemas.Finding{foundAt("1", "x", 1), foundAt("2", "x", 30)}, []schemas.Ceased{endedAt("x", 20), endedAt("y", 20), endedAt("x", 50)},
			"found 1, ended x y, found 2, ended x"},
		{"at the same time", []schemas.Finding{foundAt("1", "x", 20)}, []schemas.Ceased{endedAt("x", 20)}, "found 1, ended x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var h heard
			found := slices.Clone(c.found)
			alerts, err := Tell(t.Context(), &h, c.found, c.ceased)
			require.NoError(t, err)
			require.Equal(t, c.want, strings.Join(h.lines, ", "))
			require.Len(t, alerts, len(h.lines))
			require.Equal(t, found, c.found, "the batch's findings are left as they are")
		})
	}
}

func TestTellingFails(t *testing.T) {
	for _, fail := range []string{"offer", "cease"} {
		alerts, err := Tell(t.Context(), &heard{fail: fail}, []schemas.Finding{foundAt("1", "x", 1)}, []schemas.Ceased{endedAt("x", 2)})
		require.ErrorContains(t, err, "1 findings: no room")
		require.Nil(t, alerts)
	}
}

// TestWhatEndsIsToldWithItsBatch: and when no batch comes.
func TestWhatEndsIsToldWithItsBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 100)
		pr := start(t, w, nil)
		pr.engine.mu.Lock()
		pr.engine.ceased = []schemas.Ceased{{Detector: "in a batch"}}
		pr.engine.mu.Unlock()
		require.NoError(t, pr.feed(t.Context(), 10))
		require.NoError(t, pr.Idle(t.Context()))
		w.mu.Lock()
		require.Equal(t, []string{"in a batch"}, w.ceased)
		w.mu.Unlock()
		pr.engine.mu.Lock()
		pr.engine.ceased = []schemas.Ceased{{Detector: "in silence"}}
		pr.engine.mu.Unlock()
		time.Sleep(2 * idleEvery)
		require.NoError(t, pr.Idle(t.Context()))
		pr.stop(t)
		require.Equal(t, []string{"in a batch", "in silence"}, w.ceased)
		require.Equal(t, []string{"in a batch", "in silence"}, w.alerts, "the alerts are stored")
	})
}

// TestWhatPeopleDoIsStoredWhileNothingComes: somebody takes an alert at night.
func TestWhatPeopleDoIsStoredWhileNothingComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 100)
		pr := start(t, w, nil)
		w.mu.Lock()
		w.changed = []schemas.Alert{{ID: "by a person"}}
		w.mu.Unlock()
		time.Sleep(2 * idleEvery)
		require.NoError(t, pr.Idle(t.Context()))
		pr.stop(t)
		require.Equal(t, []string{"by a person"}, w.alerts, "once")
	})
}
