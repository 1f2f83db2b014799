package backtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/ingest/files"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// deaf is a sink that takes alerts and tells nobody.
type deaf struct{}

func (deaf) Name() string { return "deaf" }
func (deaf) Notify(context.Context, *schemas.Alert, string, alerting.Ref) (alerting.Ref, error) {
	return "", nil
}
func (deaf) Check(context.Context) error { return nil }
func (deaf) Close() error                { return nil }

// world is a simulated log with attacks: as a file, and stored by a replay.
type world struct {
	cfg   *app.Config
	files files.Config
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	start := time.Date(2026, 5, 4, 10, 7, 13, 0, time.UTC)
	sim := simulate.Default(1, start, 30*time.Minute, 12*time.Minute)
	sim.Rate, sim.Clients = 4, 100
	fleet, err := simulate.New(sim)
	require.NoError(t, err)
	log := filepath.Join(dir, "s.log.gz")
	_, err = simulate.WriteFile(t.Context(), log, fleet, 0)
	require.NoError(t, err)
	w := &world{cfg: app.DefaultConfig(), files: files.DefaultConfig()}
	w.cfg.DataDir = filepath.Join(dir, "data")
	w.files.Paths = []string{log}
	app.EmbeddedAt(w.cfg, filepath.Join(dir, "store"))
	return w
}

// replay stores the log, with what is found in it.
func (w *world) replay(t *testing.T) {
	t.Helper()
	_, err := app.Replay(t.Context(), w.config(), w.files, deaf{}, quiet, nil)
	require.NoError(t, err)
}

// config is a copy of the configuration: what runs may change it.
func (w *world) config() *app.Config {
	c := *w.cfg
	return &c
}

// stored runs do with the store.
func (w *world) stored(t *testing.T, do func(st *clickhouse.Store)) {
	t.Helper()
	require.NoError(t, app.WithStore(w.config(), quiet, func(st *clickhouse.Store) error { do(st); return nil }))
}

func (w *world) fromFiles(t *testing.T) (*Files, Options) {
	t.Helper()
	keys, err := Keys(w.cfg)
	require.NoError(t, err)
	source, err := NewFiles(w.config(), w.files, keys, quiet)
	require.NoError(t, err)
	return source, Options{Keys: keys, Log: quiet}
}

func run1(t *testing.T, source Source, cfg *app.Config, o Options) *Result {
	t.Helper()
	res, err := Run(t.Context(), source, []Candidate{{Name: "now", Config: cfg}}, o)
	require.NoError(t, err)
	require.Len(t, res.Candidates, 1)
	return res
}

// callers drops what the monitor of the sources says: it judges between batches.
func callers(o *Outcome) map[string]Brief {
	out := map[string]Brief{}
	for id, f := range o.kept {
		if !strings.HasPrefix(f.Detector, "feed.") {
			out[id] = f
		}
	}
	return out
}

// alike checks that the same is found. Numbers of different addresses are
// estimates, which the stored form of the addresses may move a little.
func alike(t *testing.T, want, got map[string]Brief) {
	t.Helper()
	require.ElementsMatch(t, slices.Collect(maps.Keys(want)), slices.Collect(maps.Keys(got)))
	for id, w := range want {
		g := got[id]
		require.InDelta(t, w.Confidence, g.Confidence, 0.02, w.Title)
		withoutFigures := func(s string) string { return regexp.MustCompile(`[0-9][0-9,.]*`).ReplaceAllString(s, "N") }
		w.Title, g.Title, w.Confidence, g.Confidence = withoutFigures(w.Title), withoutFigures(g.Title), 0, 0
		require.Equal(t, w, g)
	}
}

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

// explainsWhatIsNotTheSame changes what the re-run goes by.
func (w *world) explainsWhatIsNotTheSame(t *testing.T, st *clickhouse.Store, found []schemas.Finding, o Options) {
	t.Helper()
	of := func(detector string) *schemas.Finding {
		for i := range found {
			if found[i].Detector == detector {
				f := found[i]
				return &f
			}
		}
		t.Fatalf("there is no %s", detector)
		return nil
	}
	explain := func(cfg *app.Config, f *schemas.Finding, history time.Duration) *Rerun {
		passes := 0
		r, err := Explain(t.Context(), st, cfg, f, ExplainOptions{Keys: o.Keys, History: history, Log: quiet,
			Watch: func(*app.Replayed, app.Progress) { passes++ }})
		require.NoError(t, err)
		require.LessOrEqual(t, passes, 2)
		return r
	}
	reasons := func(r *Rerun) string { return strings.Join(r.Reasons, "; ") }

	f := of("authfail.stuffing")
	strict := w.config()
	strict.Detectors.Extraction.LogitCalls = 1e9
	r := explain(strict, of("extraction.logits"), 0)
	require.Equal(t, VerdictAbsent, r.Verdict)
	require.Nil(t, r.Again)
	require.Contains(t, reasons(r), "may have changed since")

	// Figures that are not those of the finding.
	g := *f
	g.Severity, g.Events, g.Features = schemas.SeverityLow, 3*f.Events, append([]schemas.Feature(nil), f.Features...)
	g.Features[0].Expected *= 1.02
	g.Exception = &schemas.Exception{Owner: "me"}
	r = explain(w.config(), &g, 0)
	require.Equal(t, VerdictDiffers, r.Verdict)
	var figures []string
	for _, d := range r.Differences {
		figures = append(figures, d.Figure)
	}
	require.Equal(t, []string{"severity", "events", g.Features[0].Name + ", expected", "exception"}, figures)
	require.Contains(t, reasons(r), "no true addresses")

	// What another order of the partitions gives.
	g = *f
	g.Events, g.Features = f.Events+max(1, f.Events/20), append([]schemas.Feature(nil), f.Features...)
	slices.Reverse(g.Features)
	r = explain(w.config(), &g, 0)
	require.Equal(t, VerdictAlike, r.Verdict, "%+v", r.Differences)
	require.Len(t, r.Differences, 1)
	require.Contains(t, reasons(r), "several partitions")

	// Too little history: the spike of a caller is judged as a newcomer's.
	r = explain(w.config(), of("rate.spike"), time.Second)
	require.NotEqual(t, VerdictSame, r.Verdict)
	require.Contains(t, reasons(r), "--history reads more")

	// Expired events.
	g = *f
	g.WindowStart, g.WindowEnd, g.Detected = f.WindowStart.AddDate(-1, 0, 0), f.WindowEnd.AddDate(-1, 0, 0), f.WindowEnd.AddDate(-1, 0, 0)
	r = explain(w.config(), &g, 0)
	require.Equal(t, VerdictAbsent, r.Verdict)
	require.Contains(t, reasons(r), "not in the store")
	require.Zero(t, r.Events)
}

func TestTwoConfigurationsAreCompared(t *testing.T) {
	w := newWorld(t)
	source, o := w.fromFiles(t)
	strict := w.config()
	strict.Detectors.Authfail.Targets = 500
	strict.Detectors.Extraction.LogitCalls = 1e9
	strict.Engine.Allow = []engine.Allow{{Detector: "extraction", Owner: "me", Reason: "known"}}
	res, err := Run(t.Context(), source, []Candidate{{Name: "a", Config: w.config()}, {Name: "b", Config: strict}}, o)
	require.NoError(t, err)
	d := Compare(res.Candidates[0], res.Candidates[1])
	require.Equal(t, "a", d.Before)
	require.NotEmpty(t, d.Gone)
	require.NotEmpty(t, d.Changed)
	rows := map[string]DifferenceRow{}
	for _, r := range d.Rows {
		rows[r.Detector] = r
	}
	require.NotZero(t, rows["authfail.stuffing"].Gone+rows["authfail.stuffing"].Changed)
	require.NotZero(t, rows["extraction.logits"].Gone)
	require.NotContains(t, rows, "authfail.key_guessing", "nothing changes there")
	for _, c := range d.Changed {
		require.Equal(t, strings.HasPrefix(c.Before.Detector, "extraction."), c.After.Covered, "an exception covers it")
	}
	back := Compare(res.Candidates[1], res.Candidates[0])
	require.Len(t, back.New, len(d.Gone))
	require.Len(t, back.Gone, len(d.New))
	require.Equal(t, back.Same, d.Same)
	for i := range d.Gone[1:] {
		require.GreaterOrEqual(t, d.Gone[i].Severity, d.Gone[i+1].Severity, "the most severe first")
	}
	// What is covered is counted apart and alerts nobody.
	for _, r := range res.Candidates[1].Rows {
		if strings.HasPrefix(r.Detector, "extraction.") {
			require.NotZero(t, r.Covered)
			require.Zero(t, r.Alerts+r.Findings)
		}
	}
	require.Equal(t, "1 gone of 1", fmt.Sprintf("%d gone of %d", rows["extraction.logits"].Gone, logits(res.Candidates[0])))
	require.Empty(t, Compare(res.Candidates[0], res.Candidates[0]).Rows)
}

func logits(o *Outcome) (n int) {
	for _, f := range o.Findings() {
		if f.Detector == "extraction.logits" {
			n++
		}
	}
	return n
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

func TestDefaultHistory(t *testing.T) {
	cfg := app.DefaultConfig()
	for detector, want := range map[string]time.Duration{
		"rate.spike":         25 * time.Hour,
		"extraction.harvest": 48 * time.Hour,
		"feed.rejects":       25 * time.Hour,
	} {
		got, err := DefaultHistory(cfg, detector)
		require.NoError(t, err)
		require.Equal(t, want, got, detector)
	}
}
