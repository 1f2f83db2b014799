package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// TestWorkersGoOverToANewKey: a rotation is put in force while the workers run.
func TestWorkersGoOverToANewKey(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	cfg := DefaultConfig()
	cfg.Redact.KeyFile, cfg.Redact.SelfScan = filepath.Join(t.TempDir(), "keys.json"), 1
	keys, err := LoadKeys(cfg, quiet)
	require.NoError(t, err)
	reg := prometheus.NewRegistry()
	in, err := OpenIngest(cfg, keys, quiet, reg)
	require.NoError(t, err)
	scan, err := redact.NewSelfScan(cfg.Redact, quiet, reg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { scan.Run(ctx); close(done) }()
	w := newWorkers(in, scan)
	a, err := w.Normalizer()
	require.NoError(t, err)
	b, err := w.Normalizer()
	require.NoError(t, err)
	line := `{"time":"2026-05-01T10:00:00.123Z","ip":"203.0.113.9","method":"POST","path":"/v1/x","status":200,"user":"jo","request_id":"r1"}`
	event := func(n interface {
		Normalize(*ingest.Chunk) *schemas.Part
	}) (*schemas.Part, schemas.Event) {
		p := n.Normalize(&ingest.Chunk{Topic: "t", Slab: []byte(line), Ends: []int{len(line)}, Offsets: []int64{0}, Next: 1})
		require.Len(t, p.Events, 1)
		return p, p.Events[0]
	}
	part, old := event(a)
	require.True(t, strings.HasPrefix(old.Principal, "h1:k1:"))
	require.Empty(t, part.Aliases)

	_, err = redact.RotateKeys(cfg.Redact.KeyFile, time.Now())
	require.NoError(t, err)
	fresh, err := LoadKeys(cfg, quiet)
	require.NoError(t, err)
	require.NoError(t, w.Renew(fresh))
	part, now := event(a)
	require.True(t, strings.HasPrefix(now.Principal, "h1:k2:"))
	require.Equal(t, old.Principal, now.Subject)
	require.NotZero(t, old.Delivery)
	require.Equal(t, old.Delivery, now.Delivery, "a redelivery over the rotation is known")
	require.Equal(t, []schemas.Alias{{Old: old.Principal, New: now.Principal, Time: now.Time}}, part.Aliases)
	_, other := event(b)
	require.Equal(t, now.Principal, other.Principal, "every worker")

	require.Error(t, w.Renew(nil), "without a ring all go on as before")
	_, still := event(a)
	require.Equal(t, now.Principal, still.Principal)
	require.Eventually(t, func() bool {
		n, err := testutil.GatherAndCount(reg, "gatehound_redact_self_scanned_total")
		return err == nil && n == 1 && counted(reg, "gatehound_redact_self_scanned_total") == 4
	}, 5*time.Second, 10*time.Millisecond)
	cancel()
	<-done
}

func counted(g prometheus.Gatherer, name string) float64 {
	families, err := g.Gather()
	if err != nil {
		return -1
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	return -1
}
