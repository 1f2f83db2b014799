package app_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/backtest"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// TestStoredEventsGiveTheSameCampaign has the detectors see the events as the store
// returns them: for backtests, and to explain each finding.
func TestStoredEventsGiveTheSameCampaign(t *testing.T) {
	c := led(t)
	want := c.run(t, &way{}, nil).of(campaigns)
	require.NotEmpty(t, want)
	app.EmbeddedAt(c.cfg, filepath.Join(t.TempDir(), "store"))
	quiet := slog.New(slog.DiscardHandler)
	require.NoError(t, app.WithStore(c.cfg, quiet, func(st *clickhouse.Store) error {
		_, err := st.Migrate(t.Context())
		require.NoError(t, err)
		require.NoError(t, st.WriteBatch(t.Context(), &schemas.Batch{Token: "led", Parts: []*schemas.Part{part(0, c.events)}}))
		history := clickhouse.History{From: start, To: start.Add(ledFor + 1)}
		d, again, n := c.open(t, nil), found{}, 0
		require.NoError(t, backtest.NewStored(st, history, 0).Each(t.Context(), func(b *schemas.Batch) error {
			n += b.Len()
			findings, err := d.Observe(b, nil)
			again.keep(t, findings)
			return err
		}))
		require.Equal(t, len(c.events), n)
		again.keep(t, d.Flush())
		compare(t, want, again.of(campaigns))
		for _, f := range want {
			r, err := backtest.Explain(t.Context(), st, c.cfg, &f, backtest.ExplainOptions{Keys: c.keys, Log: quiet})
			require.NoError(t, err)
			require.Equal(t, backtest.VerdictSame, r.Verdict, "%s: %+v", f.Title, r)
		}
		return nil
	}))
}
