package redact

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

// leftIn returns the kinds that the second scan finds in an event.
func leftIn(t *testing.T, cfg Config, ev schemas.Event) []string {
	t.Helper()
	s, err := NewSecondScan(cfg)
	require.NoError(t, err)
	var kinds []string
	require.NoError(t, s.Event(&ev, func(kind, excerpt string) {
		require.NotContains(t, excerpt, mail)
		kinds = append(kinds, kind)
	}))
	return kinds
}

func TestTheSecondScanFindsNothingInRedactedEvents(t *testing.T) {
	for preset := range presets {
		cfg := DefaultConfig()
		cfg.Preset = preset
		r := newRedactor(t, cfg)
		for kind, text := range planted() {
			rec := decode.Record{Format: "kong", Principal: text, EndUser: text, Path: "/x/" + text, Query: "a=" + text, UserAgent: "x " + text,
				Host: text, Tenant: text, Credential: text, RequestID: "5f2c1c7e-1d3f-4a36-9a44-3d6b9c7f0a11", Time: 1_700_000_000_123_456_789}
			ev := event(t, r, rec)
			ev.Position, ev.Client = schemas.Position{Topic: "t", Offset: 4111111111111111}, testKeys(t).Address(netip.MustParseAddr("203.0.113.9"))
			require.Empty(t, leftIn(t, cfg, ev), "%s of %s", kind, preset)
		}
	}
}

func TestTheSecondScanFindsWhatIsLeft(t *testing.T) {
	cfg := DefaultConfig()
	require.Equal(t, []string{"email"}, leftIn(t, cfg, schemas.Event{Path: "/u/" + mail}))
	require.NotEmpty(t, leftIn(t, cfg, schemas.Event{UserAgent: "key AKIA" + "IOSFODNN7EXAMPLZ"}))
	cfg.Path = Keep
	require.Empty(t, leftIn(t, cfg, schemas.Event{Path: "/u/" + mail}), "policy keeps it")
}

func TestSelfScanTakesASample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.SelfScan = 10
		var logged bytes.Buffer
		reg := prometheus.NewRegistry()
		s, err := NewSelfScan(cfg, slog.New(slog.NewTextHandler(&logged, nil)), reg)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		for i := range 100 { // 700 events in parts of seven
			p := &schemas.Part{Events: make([]schemas.Event, 7)}
			for j := range p.Events {
				p.Events[j].Position.Offset = int64(i*7 + j + 1)
				if (i*7+j+1)%20 == 0 {
					p.Events[j].Path = "/u/" + mail
				}
			}
			s.Part(p)
			synctest.Wait()
		}
		require.InDelta(t, 70, testutil.ToFloat64(s.scanned), 0)
		require.InDelta(t, 35, testutil.ToFloat64(s.leaks.WithLabelValues("email")), 0)
		require.Equal(t, 1, strings.Count(logged.String(), "\n"), "told once")
		require.Contains(t, logged.String(), "kind=email")
		require.NotContains(t, logged.String(), "jane")
		time.Sleep(tellEvery)
		s.Part(&schemas.Part{Events: []schemas.Event{{}, {}, {}, {}, {}, {}, {}, {}, {}, {Path: "/u/" + mail}}})
		synctest.Wait()
		require.Equal(t, 2, strings.Count(logged.String(), "\n"), "and again after a minute")
		cancel()
		<-done
		n, err := testutil.GatherAndCount(reg)
		require.NoError(t, err)
		require.Equal(t, int(schemas.RedactionKinds)+3, n)
	})
}

func TestSelfScanDoesNotBlock(t *testing.T) {
	cfg := DefaultConfig()
	cfg.SelfScan = 1
	s, err := NewSelfScan(cfg, slog.New(slog.DiscardHandler), nil)
	require.NoError(t, err)
	s.Part(&schemas.Part{Events: make([]schemas.Event, selfScanQueue+5)})
	require.InDelta(t, 5, testutil.ToFloat64(s.missed), 0)
	cfg.SelfScan = 0
	s, err = NewSelfScan(cfg, slog.New(slog.DiscardHandler), nil)
	require.NoError(t, err)
	s.Part(&schemas.Part{Events: make([]schemas.Event, 5)})
	require.Empty(t, s.queue)
	require.InDelta(t, 0, testutil.ToFloat64(s.failed), 0)
}
