package tune

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/backtest"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/ingest/files"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// guessing is a simulated log of two days in which addresses guess
// keys every two hours, each time another number of them.
func guessing(t *testing.T) (*app.Config, backtest.Source, Options) {
	t.Helper()
	cfg := app.DefaultConfig()
	cfg.DataDir = t.TempDir()
	cfg.Engine.Memory, cfg.Engine.Shards = 16<<20, 2 // there are forty clients
	start := time.Date(2026, 5, 4, 0, 7, 13, 0, time.UTC)
	sim := simulate.Config{Seed: 3, Start: start, Live: 49 * time.Hour, Rate: 0.03, Clients: 40}
	for i := range 24 {
		sim.Plants = append(sim.Plants, simulate.Plant{Kind: simulate.KeyGuessing, After: time.Duration(i)*2*time.Hour + 4*time.Minute,
			For: time.Minute, Intensity: 0.03 * math.Pow(1.12, float64(i*7%24))})
	}
	fleet, err := simulate.New(sim)
	require.NoError(t, err)
	log := filepath.Join(t.TempDir(), "s.log.gz")
	_, err = simulate.WriteFile(t.Context(), log, fleet, 0)
	require.NoError(t, err)
	from := files.DefaultConfig()
	from.Paths = []string{log}
	o := Options{Options: backtest.Options{Log: quiet}, Detector: "authfail.key_guessing", Parallel: 8}
	if o.Keys, err = backtest.Keys(cfg); err != nil {
		t.Fatal(err)
	}
	source, err := backtest.NewFiles(cfg, from, o.Keys, quiet)
	require.NoError(t, err)
	// The lines are decoded once.
	kept := &kept{}
	require.NoError(t, source.Each(t.Context(), func(b *schemas.Batch) error { kept.batches = append(kept.batches, b); return nil }))
	seen, err := backtest.Run(t.Context(), kept, nil, backtest.Options{})
	require.NoError(t, err)
	o.From, err = Start(seen.From, seen.To)
	require.NoError(t, err)
	return cfg, kept, o
}

// kept are batches in memory.
type kept struct {
	batches []*schemas.Batch
	passes  int
	stop    func()
}

func (k *kept) Each(ctx context.Context, take func(*schemas.Batch) error) error {
	k.passes++
	for _, b := range k.batches {
		if k.stop != nil {
			k.stop()
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := take(b); err != nil {
			return err
		}
	}
	return nil
}

func (k *kept) Progress() (done, total int64) { return 1, 1 }

func TestTheWantedNumberIsMet(t *testing.T) {
	cfg, source, o := guessing(t)
	only := func(f *schemas.Finding) bool { return f.Detector == o.Detector }
	now, err := backtest.Run(t.Context(), source, []backtest.Candidate{{Name: "now", Config: cfg, Only: only}}, o.Options)
	require.NoError(t, err)
	perDay := now.Candidates[0].Total.AlertsPerDay
	require.Greater(t, perDay, 4.0)
	var far app.Progress
	o.Watch = func(_ *app.Replayed, p app.Progress) { far = p }
	for _, part := range []float64{0.4} {
		wanted := part * perDay
		t.Run(fmt.Sprintf("%.0f%%", 100*part), func(t *testing.T) {
			o.PerDay = wanted
			got, err := Run(t.Context(), source, cfg, o)
			require.NoError(t, err)
			require.Empty(t, got.Refused)
			require.InDelta(t, perDay, got.Now.PerDay, 1e-9)
			done, total := far()
			require.LessOrEqual(t, done, total)
			require.Positive(t, done)
			require.Contains(t, got.YAML, "guesses: ")
			require.NotContains(t, got.YAML, "spike_failures", "it does not matter")
			require.LessOrEqual(t, got.Proposal.PerDay, wanted)
			require.GreaterOrEqual(t, got.Proposal.PerDay, 0.5*wanted, "as near as it can be: %+v", got.Curve)
			require.NotEmpty(t, got.Lost)
			for i, l := range got.Lost {
				require.Less(t, l.After, l.Before)
				require.True(t, i == 0 || l.Severity <= got.Lost[i-1].Severity)
			}
			for _, p := range got.Curve {
				for key, v := range p.Values {
					require.NotZero(t, v, key)
				}
			}
			require.True(t, slices.IsSortedFunc(got.Curve, func(a, b Point) int { return int(1000 * (a.Scale - b.Scale)) }))

			// The snippet is a configuration, and gives what it promises.
			file := filepath.Join(t.TempDir(), "new.yaml")
			require.NoError(t, os.WriteFile(file, []byte(got.YAML), 0o600))
			tuned, err := app.Load(file)
			require.NoError(t, err, got.YAML)
			again, err := backtest.Run(t.Context(), source, []backtest.Candidate{{Name: "tuned", Config: tuned, Only: only}}, o.Options)
			require.NoError(t, err)
			require.Equal(t, got.Proposal.Alerts, again.Candidates[0].Total.Alerts, got.YAML)
		})
	}
}

func TestWhatCannotBeIsRefused(t *testing.T) {
	cfg, source, o := guessing(t)
	o.PerDay = 1e6
	got, err := Run(t.Context(), source, cfg, o)
	require.NoError(t, err)
	require.Nil(t, got.Proposal)
	require.Contains(t, got.Refused, "most sensitive")
	require.Empty(t, got.YAML)

	o.Detector = "extraction"
	got, err = Run(t.Context(), source, cfg, o)
	require.NoError(t, err)
	require.Contains(t, got.Refused, "no alert")

	_, err = Run(t.Context(), source, cfg, Options{Detector: "nothing.here", Parallel: 1})
	require.ErrorContains(t, err, "authfail")

	start := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	_, err = Start(start, start.Add(47*time.Hour))
	require.ErrorContains(t, err, "at least 48h")
	from, err := Start(start, start.Add(100*time.Hour))
	require.NoError(t, err)
	require.Equal(t, start.Add(24*time.Hour), from)

	ctx, cancel := context.WithCancel(t.Context())
	o.Detector, source.(*kept).stop = "authfail.key_guessing", cancel
	_, err = Run(ctx, source, cfg, o)
	require.ErrorIs(t, err, ErrCut)
}

// TestEveryDetectorHasKnobs turns each setting of each detector far both ways: it
// stays within the bounds, and moves.
func TestEveryDetectorHasKnobs(t *testing.T) {
	cfg := app.DefaultConfig()
	var names []string
	for _, family := range Families(cfg) {
		knobs, err := Knobs(cfg, family)
		require.NoError(t, err)
		names = append(names, family)
		if len(knobs) == 0 {
			continue // switches and windows alone
		}
		for _, k := range knobs {
			for _, scale := range []float64{1.0 / 64, 0.5, 1, 2, 64, 1e12} {
				v := k.turn(cfg, scale)
				require.True(t, k.valid(cfg, v), "%s = %v", k.Key, v)
				next := set(cfg, map[string]float64{k.Key: v})
				require.NoError(t, next.Detectors.Validate())
				switch up := scale > 1 != k.inverse; {
				case scale == 1:
					require.InEpsilon(t, k.Value, v, 0.01, k.Key)
				case up:
					require.GreaterOrEqual(t, v, 0.99*k.Value, k.Key)
				default:
					require.LessOrEqual(t, v, 1.01*k.Value, k.Key)
				}
			}
		}
		require.Equal(t, app.DefaultConfig(), cfg, "the configuration itself is left alone")
	}
	for rule := range mainKnobs {
		family, _, _ := strings.Cut(rule, ".")
		require.Contains(t, names, family, "the table names a detector that is not there")
		knobs, err := Knobs(cfg, rule)
		require.NoError(t, err)
		for _, hint := range mainKnobs[rule] {
			require.True(t, slices.ContainsFunc(knobs, func(k Knob) bool {
				_, rest, _ := strings.Cut(strings.TrimPrefix(k.Key, "detectors."), ".")
				return matches(hint, rest)
			}), "%s: no setting is %s", rule, hint)
		}
	}
}

func TestTurn(t *testing.T) {
	cfg := app.DefaultConfig()
	knob := func(key string) Knob {
		family, rest, _ := strings.Cut(key, ".")
		knobs, err := Knobs(cfg, family)
		require.NoError(t, err)
		for _, k := range knobs {
			if strings.HasSuffix(k.Key, "."+rest) {
				return k
			}
		}
		t.Fatalf("no %s", key)
		return Knob{}
	}
	for _, c := range []struct {
		key   string
		scale float64
		want  float64
	}{
		{"authfail.guesses", 2, 20},
		{"authfail.guesses", 1000, 500}, // its bound
		{"authfail.guesses", 0.01, 5},
		{"rate.principal.floor", 1.2345, 741},
		{"rate.principal.floor", 0.001, 10},
		{"rate.principal.factor", 0.01, 1.5},
		{"feed.reject_share", 4, 0.0388},
	} {
		require.InEpsilon(t, c.want, knob(c.key).turn(cfg, c.scale), 1e-9, "%s by %v", c.key, c.scale)
	}
	inverse := knob("feed.reject_share")
	inverse.inverse = true
	require.InEpsilon(t, 0.00252, inverse.turn(cfg, 4), 1e-9, "less of it makes fewer alerts")
}

func TestSnippet(t *testing.T) {
	knobs := []Knob{{Key: "detectors.rate.route.floor", Value: 1200}, {Key: "detectors.rate.cold_factor", Value: 5},
		{Key: "detectors.rate.principal.floor", Value: 600}, {Key: "detectors.rate.principal.drop_share", Value: 0.1}}
	values := map[string]float64{"detectors.rate.route.floor": 1e7, "detectors.rate.cold_factor": 6.25,
		"detectors.rate.principal.floor": 800, "detectors.rate.principal.drop_share": 0.0526}
	require.Equal(t, `detectors:
  rate:
    cold_factor: 6.25 # 5 now
    principal:
      drop_share: 0.0526 # 0.1 now
      floor: 800 # 600 now
    route:
      floor: 10000000 # 1200 now
`, snippet(knobs, values))
	require.Equal(t, "cold_factor 6.25, principal.drop_share 0.0526, principal.floor 800, route.floor 10000000", Settings(values))
}
