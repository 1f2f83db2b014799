package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/cmd/internal/api/gate"
)

// BenchmarkRequest is what a request costs that asks for the sinks, and one that
// is turned away, without the network.
func BenchmarkRequest(b *testing.B) {
	cfg := alerting.DefaultConfig()
	cfg.Path = filepath.Join(b.TempDir(), "alerts.db")
	m, err := alerting.New(cfg, nil, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	settings := DefaultConfig()
	settings.Listen, settings.Rate, settings.Burst = "127.0.0.1:0", 10_000, 10_000
	settings.Tokens = []gate.TokenConfig{{Name: "dashboard", Role: "read", Token: outbound.Secret(readToken)}}
	s, err := New(settings, m, nil, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for name, token := range map[string]string{"sinks": readToken, "stranger": "x"} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "http://127.0.0.1/api/v1/sinks", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			b.ReportAllocs()
			for b.Loop() {
				s.rate = gate.NewRate(10_000, 10_000, 1) // the bound is not what is measured
				s.serve(httptest.NewRecorder(), r)
			}
		})
	}
}
