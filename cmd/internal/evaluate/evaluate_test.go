package evaluate

import (
	"bytes"
	"context"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func run(t *testing.T, o Options) *Report {
	t.Helper()
	r, err := Run(t.Context(), o, slog.New(slog.DiscardHandler), nil)
	require.NoError(t, err)
	return r
}

// TestEvaluate is two hours of one seed: what the demo plants is found at
// full strength within one window, and nothing innocent is called an attack by
// the detectors of authentication and extraction.
func TestEvaluate(t *testing.T) {
	o := DefaultOptions(app.DefaultConfig())
	o.Seeds, o.Hours, o.Rate, o.Strengths = []uint64{109}, 2, 4, []float64{1}
	o.Attacks, o.Families = classic, []string{"authfail", "extraction", "rate"}
	r := run(t, o)
	assert.Greater(t, r.BenignEvents, int64(50_000))
	assert.Empty(t, r.Missed)
	assert.Empty(t, r.False)
	assert.True(t, r.Met())
	assert.Len(t, r.Attacks, len(classic)-1, "two hours are too few for the slow one")
	assert.Contains(t, r.Left, string(simulate.SlowExtraction))
	if t.Failed() {
		var b bytes.Buffer
		require.NoError(t, r.Human(&b, true))
		t.Log(b.String())
	}
}

func TestSeedsSideBySideGiveTheSame(t *testing.T) {
	o := DefaultOptions(app.DefaultConfig())
	o.Seeds, o.Hours, o.Rate, o.Strengths = []uint64{5, 6}, 1, 5, []float64{1}
	o.Attacks = []simulate.Kind{simulate.KeyGuessing, simulate.Harvest}
	o.Lookalikes = o.Lookalikes[:4]
	o.Parallel = 2
	together := run(t, o)
	o.Parallel = 1
	assert.Equal(t, together, run(t, o))
	assert.Equal(t, []uint64{5, 6}, together.Seeds)
}

// tiring is done after it was asked so many times whether it is.
type tiring struct {
	context.Context
	asked atomic.Int32
}

func (c *tiring) Err() error {
	if c.asked.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestWhatIsDoneIsReportedWhenInterrupted(t *testing.T) {
	ctx := &tiring{Context: t.Context()}
	ctx.asked.Store(22) // once before the seed, and before each batch of a thousand
	o := DefaultOptions(app.DefaultConfig())
	o.Seeds, o.Hours, o.Rate, o.Parallel = []uint64{1, 2}, 336, 20, 1
	r, err := Run(ctx, o, slog.New(slog.DiscardHandler), nil)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []uint64{1}, r.Seeds, "the second has not begun")
	assert.EqualValues(t, 21_000, r.BenignEvents+r.AttackEvents)
	assert.Empty(t, r.Missed, "what had not taken place was not missed")
}
