package app

import (
	"context"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// newAlertWorld is a service with an embedded store that reads nothing.
func newAlertWorld(t *testing.T, edit func(*Config)) *Service {
	t.Helper()
	cfg := DefaultConfig()
	cfg.DataDir = t.TempDir()
	cfg.Storage.Mode = StoreEmbedded
	if edit != nil {
		edit(cfg)
	}
	s, err := NewService(cfg, Options{Logger: slog.New(slog.DiscardHandler), Metrics: NewRegistry()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	if s.Store != nil {
		require.NoError(t, s.migrate(t.Context()))
	}
	return s
}

// audited lists what the audit has, without the times.
func audited(t *testing.T, s *Service) (out [][]any) {
	t.Helper()
	r, err := s.Store.Query(t.Context(), "SELECT who, action, what, reason FROM audit ORDER BY time", clickhouse.DefaultLimits())
	require.NoError(t, err)
	defer r.Close()
	for row, err := range r.Rows() {
		require.NoError(t, err)
		out = append(out, row)
	}
	return out
}

func TestASinkIsShownTrueAddressesAndTheAuditTells(t *testing.T) {
	s := newAlertWorld(t, nil)
	for _, network := range []string{"203.0.113.9/32", "2001:db8:7:9::/64", "198.51.100.0/24"} {
		real := netip.MustParsePrefix(network)
		stored := netip.PrefixFrom(s.Keys.Address(real.Addr()), real.Bits())
		name, want := stored.Masked().String(), real.String()
		if real.IsSingleIP() {
			name, want = stored.Addr().String(), real.Addr().String()
		}
		got, err := s.reveal(t.Context(), "siem", name)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	rows := audited(t, s)
	require.Len(t, rows, 3)
	require.Equal(t, []any{"sink siem", "reveal address", s.Keys.Address(netip.MustParseAddr("203.0.113.9")).String() + " under k1", "an alert, by the policy of the sink"}, rows[0])

	for _, other := range []string{"h1:k1:abc", "", "203.0.113.9/99"} {
		_, err := s.reveal(t.Context(), "siem", other)
		require.Error(t, err)
	}
	require.Len(t, audited(t, s), 3, "what is no address is not asked for")
}

func TestNothingIsRevealedThatTheAuditCannotHave(t *testing.T) {
	s := newAlertWorld(t, func(c *Config) { c.Storage.Mode = StoreNone })
	_, err := s.reveal(t.Context(), "siem", "203.0.113.9")
	require.ErrorContains(t, err, "audit")

	s = newAlertWorld(t, nil)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.reveal(over, "siem", "203.0.113.9")
	require.Error(t, err, "the store does not answer")
}

// TestAnAllowanceIsInForceAtOnce: also after a restart and beside what a reload
// brings, until it is ended.
func TestAnAllowanceIsInForceAtOnce(t *testing.T) {
	rules := filepath.Join(t.TempDir(), "calls.yml")
	require.NoError(t, os.WriteFile(rules, []byte(manyCalls), 0o600))
	dir := t.TempDir()
	edit := func(c *Config) { c.DataDir, c.Rules.Paths = dir, []string{rules} }
	s := newAlertWorld(t, edit)
	covered := func(s *Service, first int64) *schemas.Exception {
		t.Helper()
		for o := range int64(2) {
			findings, err := s.detection.Observe(calls(first+40*o), func(string, int32) int64 { return 0 })
			require.NoError(t, err)
			for _, f := range findings {
				if f.Detector == "rules.many_calls" {
					return f.Exception
				}
			}
		}
		t.Fatal("the rule says nothing")
		return nil
	}
	made, err := s.Desk().Allow(t.Context(), schemas.Allowance{Detector: "rules", Principal: "p", Until: time.Now().Add(time.Hour), By: "alice", Reason: "known batch"})
	require.NoError(t, err)
	require.Equal(t, &schemas.Exception{Owner: "alice", Reason: "known batch"}, covered(s, 0))
	_, err = s.Desk().Allow(t.Context(), schemas.Allowance{Principal: "q", Until: time.Now().Add(time.Hour), By: strings.Repeat("ж", 90),
		Reason: "known batch\n" + strings.Repeat("ж", 600)})
	require.NoError(t, err)
	require.Len(t, s.detection.exceptions.set(nil, nil), 2, "one with a long reason is in force, too")
	require.NoError(t, s.detection.Reload(s.cfg))
	require.Len(t, s.detection.exceptions.set(nil, nil), 2, "a reload keeps them")
	require.Equal(t, []any{"alice", "allow", made.ID + " rules p   ", "known batch"}, audited(t, s)[0])
	require.NoError(t, s.Close())

	s = newAlertWorld(t, edit)
	require.NotNil(t, covered(s, 0), "it holds after a restart")
	_, err = s.Desk().Disallow(t.Context(), made.ID, "bob")
	require.NoError(t, err)
	require.NoError(t, s.Close())
	s = newAlertWorld(t, edit)
	require.Nil(t, covered(s, 0))
	require.Len(t, audited(t, s), 3)
}

// TestButtonsThatLeadNowhereAreTold before somebody on call finds out.
func TestButtonsThatLeadNowhereAreTold(t *testing.T) {
	for _, tt := range []struct {
		buttons any
		secret  string
		listen  string
		want    string
	}{
		{nil, "", "127.0.0.1:0", ""},
		{false, "", "127.0.0.1:0", ""},
		{true, "0123456789abcdef", "127.0.0.1:0", ""},
		{true, "", "127.0.0.1:0", "slack_app has no signing secret"},
		{true, "0123456789abcdef", "", "api.listen is empty"},
		{nil, "0123456789abcdef", "127.0.0.1:0", "no slack sink has options.buttons"},
	} {
		cfg := DefaultConfig()
		cfg.SlackApp.SigningSecret, cfg.API.Listen = outbound.Secret(tt.secret), tt.listen
		cfg.Alerting.Sinks = []alerting.SinkConfig{{Name: "s", Kind: "slack", Options: map[string]any{"buttons": tt.buttons}}}
		got := cfg.buttons()
		require.Contains(t, got, tt.want)
		require.Equal(t, tt.want == "", got == "")
	}
}

// TestWhatWaitsInTheSpoolIsStoredBeforeTheLog: a process died while the store was
// away. Alerts as they were then must not replace what the notification log has.
func TestWhatWaitsInTheSpoolIsStoredBeforeTheLog(t *testing.T) {
	s := newAlertWorld(t, nil)
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	offer := func(minute int) []schemas.Alert {
		start := at.Add(time.Duration(minute) * time.Minute)
		alerts, err := s.Alerts.Offer(t.Context(), []schemas.Finding{{Detector: "rate.spike", Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:jane"},
			Severity: schemas.SeverityLow, WindowStart: start, WindowEnd: start.Add(time.Minute), Detected: start.Add(time.Minute), Events: 1}})
		require.NoError(t, err)
		return alerts
	}
	require.NoError(t, s.waiting.Append(&schemas.Batch{Alerts: offer(0)}, "g"))
	offer(5) // it tells nobody, and so has the same sequence
	require.NoError(t, s.repairAlerts(t.Context()))
	for {
		b, handle, err := s.waiting.Next()
		require.NoError(t, err)
		if b == nil {
			break
		}
		require.NoError(t, s.Store.WriteAlerts(t.Context(), b.Alerts))
		require.NoError(t, s.waiting.Remove(handle))
	}
	stored, err := s.Store.OpenAlerts(t.Context(), at)
	require.NoError(t, err)
	require.Len(t, stored, 1)
	require.Equal(t, 2, stored[0].Findings, "as the log has it")
}

// TestActsBeforeAStopAreStored: what the pipeline has no time left to store.
func TestActsBeforeAStopAreStored(t *testing.T) {
	s := newAlertWorld(t, nil)
	f := schemas.Finding{Detector: "rate.spike", Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: "p"},
		Severity: schemas.SeverityHigh, Confidence: 1, Title: "t", WindowStart: time.Now().Add(-time.Minute), WindowEnd: time.Now(), Detected: time.Now()}
	made, err := s.Alerts.Offer(t.Context(), []schemas.Finding{f})
	require.NoError(t, err)
	_, err = s.Desk().Acknowledge(t.Context(), made[0].ID, "alice", "")
	require.NoError(t, err)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	s.storeActs(stopped)
	stored, err := s.Store.OpenAlerts(t.Context(), time.Time{})
	require.NoError(t, err)
	require.Len(t, stored, 1)
	require.Equal(t, "alice", stored[0].Acknowledged.By)
}
