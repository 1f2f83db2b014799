package backtest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest/files"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// TestTheStoreGivesWhatTheFilesGive and every finding of every family that the
// replay stored is made again from the stored events.
func TestTheStoreGivesWhatTheFilesGive(t *testing.T) {
	w := newWorld(t)
	w.replay(t)
	source, o := w.fromFiles(t)
	fromFiles := run1(t, source, w.config(), o)
	require.Greater(t, fromFiles.Events, int64(10_000))
	w.stored(t, func(st *clickhouse.Store) {
		extent, err := st.Extent(t.Context(), clickhouse.History{})
		require.NoError(t, err)
		require.Equal(t, fromFiles.Events, extent.Events)
		stored := NewStored(st, clickhouse.History{}, extent.Events)
		fromStore := run1(t, stored, w.config(), o)
		alike(t, callers(fromFiles.Candidates[0]), callers(fromStore.Candidates[0]))
		require.Equal(t, fromFiles.Candidates[0].Total.Alerts, fromStore.Candidates[0].Total.Alerts)
		require.InDelta(t, fromFiles.Days, fromStore.Days, 1e-9)
		done, total := stored.Progress()
		require.Equal(t, total, done)

		found, err := st.Findings(t.Context(), clickhouse.FindingFilter{Limit: 1000})
		require.NoError(t, err)
		families := map[string]int{}
		for i := range found {
			f := &found[i]
			family, _, _ := strings.Cut(f.Detector, ".")
			if family == "feed" {
				continue
			}
			require.Contains(t, fromStore.Candidates[0].kept, f.ID)
			r, err := Explain(t.Context(), st, w.config(), f, ExplainOptions{Keys: o.Keys, Log: quiet})
			require.NoError(t, err)
			require.Equal(t, VerdictSame, r.Verdict, "%s %s: %+v", f.Detector, f.ID, r)
			require.Empty(t, r.Differences)
			require.Empty(t, r.Reasons)
			families[family]++
		}
		for _, family := range []string{"authfail", "extraction", "rate"} {
			require.NotZero(t, families[family], family)
		}
		w.explainsWhatIsNotTheSame(t, st, found, o)
	})
}

func TestWarmingUpIsNotCounted(t *testing.T) {
	w := newWorld(t)
	source, o := w.fromFiles(t)
	all := run1(t, source, w.config(), o)
	o.From = all.From.Add(36 * time.Minute)
	late := run1(t, source, w.config(), o)
	require.Equal(t, all.Events, late.Events, "they are read")
	require.Equal(t, o.From, late.From)
	require.InDelta(t, all.To.Sub(o.From).Hours()/24, late.Days, 1e-9)
	require.Less(t, late.Candidates[0].Total.Findings, all.Candidates[0].Total.Findings)
	require.NotZero(t, late.Candidates[0].Total.Findings)
	for id := range late.Candidates[0].kept {
		require.Contains(t, all.Candidates[0].kept, id)
	}
}

// cutting ends the run after some batches.
type cutting struct {
	Source
	after  int
	cancel func()
}

func (c *cutting) Each(ctx context.Context, take func(*schemas.Batch) error) error {
	return c.Source.Each(ctx, func(b *schemas.Batch) error {
		if c.after--; c.after < 0 {
			c.cancel()
			return ctx.Err()
		}
		return take(b)
	})
}

func TestARunThatIsCutShortTellsWhatItHas(t *testing.T) {
	w := newWorld(t)
	w.cfg.Pipeline.BatchEvents = 1000
	source, o := w.fromFiles(t)
	batches := 0
	require.NoError(t, source.Each(t.Context(), func(*schemas.Batch) error { batches++; return nil }))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	res, err := Run(ctx, &cutting{source, batches - 3, cancel}, []Candidate{{Name: "now", Config: w.config()}}, o)
	require.NoError(t, err)
	require.True(t, res.Cut)
	require.Positive(t, res.Events)
	total := res.Candidates[0].Total
	require.Positive(t, total.Findings)
	require.Positive(t, total.Alerts)
}

func TestWhatFailsIsAnError(t *testing.T) {
	w := newWorld(t)
	source, o := w.fromFiles(t)
	broken := errors.New("broken")
	err := source.Each(t.Context(), func(*schemas.Batch) error { return broken })
	require.ErrorIs(t, err, broken)
	bad := w.config()
	bad.Engine.Shards = 3
	_, err = Run(t.Context(), source, []Candidate{{Name: "bad", Config: bad}}, o)
	require.ErrorContains(t, err, "bad: ")
	_, err = NewFiles(w.config(), files.Config{}, o.Keys, quiet)
	require.Error(t, err)
}

func TestNothingIsLeftBehind(t *testing.T) {
	w := newWorld(t)
	source, o := w.fromFiles(t)
	run1(t, source, w.config(), o)
	require.NoDirExists(t, w.cfg.DataDir, "no key ring was made")
	w.cfg.Storage.Mode = app.StoreNone // one store is all that a process can have
	w.replay(t)
	again, err := Keys(w.cfg)
	require.NoError(t, err)
	require.NotEqual(t, o.Keys.EntityKey(), again.EntityKey(), "now there is one")
}

// TestAlertsAreCountedAsPeopleAreTold has alerts as alerting hands them over:
// what happened between two looks comes as one.
func TestAlertsAreCountedAsPeopleAreTold(t *testing.T) {
	type look struct {
		sequence int
		state    schemas.AlertState
		severity schemas.Severity
		counts   bool
	}
	const open, updated, resolved = schemas.AlertOpen, schemas.AlertUpdated, schemas.AlertResolved
	for name, c := range map[string]struct {
		looks  []look
		alerts int
		high   int
	}{
		"one":               {[]look{{1, open, 2, true}}, 1, 0},
		"updated":           {[]look{{1, open, 2, true}, {2, updated, 3, true}, {3, resolved, 3, true}}, 1, 1},
		"over at once":      {[]look{{2, resolved, 3, true}}, 1, 1},
		"back":              {[]look{{1, open, 2, true}, {2, resolved, 2, true}, {3, open, 3, true}}, 2, 1},
		"back unseen":       {[]look{{1, open, 2, true}, {3, open, 2, true}}, 2, 0},
		"told twice":        {[]look{{1, open, 2, true}, {1, open, 2, true}}, 1, 0},
		"while warming up":  {[]look{{1, open, 2, false}, {2, updated, 3, true}, {3, resolved, 3, true}}, 0, 0},
		"back when counted": {[]look{{1, open, 2, false}, {2, resolved, 2, false}, {3, open, 3, true}}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			tally := newTally()
			for _, l := range c.looks {
				tally.alert(&schemas.Alert{ID: "x", Detector: "a.b", Sequence: l.sequence, State: l.state, Severity: l.severity}, l.counts)
			}
			row := tally.row("a.b")
			require.Equal(t, c.alerts, row.Alerts)
			require.Equal(t, c.alerts, row.Severities.Total())
			require.Equal(t, c.high, row.Severities.Severe())
		})
	}
}
