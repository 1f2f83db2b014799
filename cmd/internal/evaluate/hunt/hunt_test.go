package hunt

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/world"
	"github.com/gatehound/gatehound/ingest/enrich"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T) *Hunt {
	t.Helper()
	g, err := NewGround(app.DefaultConfig(), 2, world.Write)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, g.Remove())
		_, err := os.Stat(g.dir)
		require.ErrorIs(t, err, os.ErrNotExist)
	})
	h, err := Open(g.Config, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(h.Close)
	return h
}

func TestHunt(t *testing.T) {
	h := open(t)
	f, err := simulate.New(simulate.Config{Seed: 3, Start: time.Date(2026, 9, 16, 12, 0, 0, 0, time.UTC), Live: 20 * time.Minute, Rate: 5,
		Plants: []simulate.Plant{{Kind: simulate.KeyGuessing, After: 5 * time.Minute, For: 5 * time.Minute}}})
	require.NoError(t, err)
	seen, last, taken := int64(0), int64(0), int64(0)
	h.Each = func(ev *schemas.Event) {
		seen++
		assert.NotEmpty(t, ev.Format)
	}
	var p Progress
	p.Events.Add(7) // of another hunt
	pace := h.Pace(&p, f.Start().UnixNano())
	for r, ok := f.Next(); ok; r, ok = f.Next() {
		taken, last = taken+1, r.Time
		through, err := h.Take(r.AppendTo(nil))
		require.NoError(t, err)
		require.Equal(t, taken%Batch == 0, through)
		if through {
			pace.To(last)
			require.Equal(t, taken+7, p.Events.Load())
			require.Equal(t, last-f.Start().UnixNano(), p.Done.Load())
		}
	}
	require.NoError(t, h.Finish())
	pace.To(last)
	assert.Equal(t, taken+7, p.Events.Load())
	assert.EqualValues(t, len(h.Findings), p.Findings.Load())
	assert.Equal(t, taken, h.Events)
	assert.Equal(t, taken, seen)
	assert.Zero(t, h.Dropped)
	require.NotEmpty(t, h.Findings)
	for _, f := range h.Findings {
		assert.False(t, f.Detected.After(time.Unix(0, last).Add(24*time.Hour)))
	}
}

func TestWhatCannotBeReadIsAnErrorThatQuotesNothing(t *testing.T) {
	h := open(t)
	_, err := h.Take([]byte("secret nonsense"))
	require.NoError(t, err, "nothing is read yet")
	err = h.Finish()
	require.ErrorContains(t, err, "1 simulated records were rejected")
	require.NotContains(t, err.Error(), "nonsense")
}

func TestFindingsAreBounded(t *testing.T) {
	var h Hunt
	h.keep(make([]schemas.Finding, MaxFindings-1))
	h.keep([]schemas.Finding{{}, {Exception: &schemas.Exception{}}, {}, {}})
	assert.Len(t, h.Findings, MaxFindings)
	assert.EqualValues(t, 2, h.Dropped, "what an exception covers counts for nothing")
}

func TestGroundLeavesTheConfigurationAlone(t *testing.T) {
	cfg := app.DefaultConfig()
	before := *cfg
	g, err := NewGround(cfg, 1, world.Write)
	require.NoError(t, err)
	defer func() { require.NoError(t, g.Remove()) }()
	assert.Equal(t, before, *cfg)
	assert.Equal(t, cfg.Engine, g.Config.Engine, "one alone has all workers")
	assert.NotEqual(t, cfg.Enrich, g.Config.Enrich)
	assert.Greater(t, g.Config.Decode.MaxFuture, 1000*time.Hour)
}

func TestSide(t *testing.T) {
	wrong := errors.New("wrong")
	var mu sync.Mutex
	done := map[int]int{}
	err := Side(t.Context(), 10, 3, func(i int) error {
		mu.Lock()
		done[i]++
		mu.Unlock()
		if i == 4 {
			return wrong
		}
		return nil
	})
	require.ErrorIs(t, err, wrong)
	assert.Len(t, done, 10, "the others go on")
	for i, n := range done {
		assert.Equal(t, 1, n, i)
	}

	ctx, cancel := context.WithCancel(t.Context())
	var ran atomic.Int32
	require.NoError(t, Side(ctx, 1000, 2, func(int) error {
		ran.Add(1)
		cancel()
		return nil
	}))
	assert.LessOrEqual(t, ran.Load(), int32(3))
}

func TestGroundLeavesNoFolderBehind(t *testing.T) {
	wrong, made := errors.New("wrong"), ""
	_, err := NewGround(app.DefaultConfig(), 1, func(dir string, _ *enrich.Config) error {
		made = dir
		return wrong
	})
	require.ErrorIs(t, err, wrong)
	_, err = os.Stat(made)
	require.ErrorIs(t, err, os.ErrNotExist)
}
