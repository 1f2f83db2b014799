package backtest

import (
	"context"
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
		require.InEpsilon(t, w.Confidence, g.Confidence, 0.01, w.Title)
		withoutFigures := func(s string) string { return regexp.MustCompile(`[0-9][0-9,.]*`).ReplaceAllString(s, "N") }
		w.Title, g.Title, w.Confidence, g.Confidence = withoutFigures(w.Title), withoutFigures(g.Title), 0, 0
		require.Equal(t, w, g)
	}
}
