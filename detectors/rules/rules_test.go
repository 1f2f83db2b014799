package rules

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

var start = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

// load makes a monitor of rules that are written to files.
func monitor(t testing.TB, cfg Config, rules ...string) *Monitor {
	t.Helper()
	dir := t.TempDir()
	for i, r := range rules {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d.yml", i)), []byte(r), 0o600))
	}
	cfg.Paths = append(cfg.Paths, dir)
	m, err := New(Settings{Config: cfg, EntityKey: [16]byte{7}}, prometheus.NewRegistry())
	require.NoError(t, err)
	return m
}

// batch makes a batch of events, whose offsets are their places.
func batch(events ...schemas.Event) *schemas.Batch {
	for i := range events {
		events[i].Position = schemas.Position{Topic: "t", Offset: int64(i)}
	}
	b := &schemas.Batch{Parts: []*schemas.Part{{Range: schemas.Range{Topic: "t", Next: int64(len(events))}, Events: events}}}
	b.Seal()
	return b
}

func at(d time.Duration, e schemas.Event) schemas.Event {
	e.Time = start.Add(d).UnixNano()
	if e.Status != 0 {
		e.Known |= schemas.HasStatus
	}
	return e
}

const envRule = `
title: Environment file asked for
id: 11111111-0000-4000-8000-000000000001
name: env_file
description: Nobody needs the file with the settings. It holds keys.
status: stable
level: high
tags: [attack.t1595.003, atlas.aml.t0006, owasp.api8_2023, attack.reconnaissance]
falsepositives: [Own scanner]
logsource: {category: webserver}
detection:
  sel:
    cs-uri-stem|contains: ['/.env', '/.git/']
    sc-status|lt: 500
  condition: sel
`

func TestAMatchIsAFinding(t *testing.T) {
	m := monitor(t, DefaultConfig(), envRule)
	require.Equal(t, Active, m.Rules()[0].State, m.Rules()[0].Reason)
	ev := schemas.Event{Method: "GET", Path: "/api/.ENV", Status: 404, RequestID: "req-1", Principal: "h1:k1:abc", ClientAddr: netip.MustParseAddr("203.0.113.9")}
	other := ev
	other.Path = "/v1/models"
	found := m.Observe(batch(at(0, other), at(time.Second, ev), at(2*time.Second, ev)), nil)
	require.Len(t, found, 1, "told once")
	f := found[0]
	require.Equal(t, "rules.env_file", f.Detector)
	require.Equal(t, schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:abc"}, f.Entity)
	require.Equal(t, schemas.SeverityHigh, f.Severity)
	require.InDelta(t, 0.9, f.Confidence, 0)
	require.Len(t, f.Techniques, 3)
	require.Equal(t, []string{"req-1"}, f.Samples)
	require.Equal(t, schemas.FindingID(f.Detector, f.Entity, f.WindowStart), f.ID)
	require.Contains(t, f.Query, "principal = 'h1:k1:abc'")
	require.Contains(t, f.Summary, "Known to be harmless: Own scanner.")
	detectortest.Readable(t, found)
	require.Empty(t, m.Observe(batch(at(30*time.Minute, ev)), nil))
	require.Len(t, m.Observe(batch(at(61*time.Minute, ev)), nil), 1)
	require.Empty(t, m.Observe(batch(at(3*time.Hour, ev)), func(string, int32) int64 { return 1 }), "seen before")
}
