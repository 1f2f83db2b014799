package api

import (
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/cmd/internal/api/gate"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
)

func TestSettings(t *testing.T) {
	d := DefaultConfig()
	require.NoError(t, d.Validate())
	for _, c := range []struct {
		set  func(*Config)
		want string // empty: allowed
	}{
		{func(c *Config) { c.Listen = "" }, ""},
		{func(c *Config) { c.Listen = "localhost:1" }, ""},
		{func(c *Config) { c.Listen = "[::1]:1" }, ""},
		{func(c *Config) { c.Listen = "127.0.0.2:1" }, ""},
		{func(c *Config) { c.Listen = "9465" }, "listen is no address"},
		{func(c *Config) { c.Listen = "0.0.0.0:9465" }, "set tls.cert_file"},
		{func(c *Config) { c.Listen = ":9465" }, "set allow_plain: true"},
		{func(c *Config) { c.Listen = "192.0.2.1:9465" }, "tokens would pass in the clear"},
		{func(c *Config) { c.Listen = "localhost.evil.example:9465" }, "tokens would pass"},
		{func(c *Config) { c.Listen, c.AllowPlain = ":9465", true }, ""},
		{func(c *Config) { c.Listen, c.TLS = ":9465", TLSConfig{"a", "b"} }, ""},
		{func(c *Config) { c.TLS.CertFile = "a" }, "both or neither"},
		{func(c *Config) { c.Hosts = []string{"https://x"} }, "hosts[0]"},
		{func(c *Config) { c.Hosts = []string{"a.example", "[2001:db8::1]", "192.0.2.1"} }, ""},
		{func(c *Config) { c.Hosts = make([]string, 65) }, "at most 64"},
		{func(c *Config) { c.Tokens = make([]gate.TokenConfig, 257) }, "at most 256"},
		{func(c *Config) {
			c.Tokens = []gate.TokenConfig{{Name: "a", Role: "read", Token: outbound.Secret("short")}}
		}, "tokens[0].token has 5 characters"},
		{func(c *Config) { c.Rate = 0 }, "rate: 0"},
		{func(c *Config) { c.Rate, c.Burst = 50, 49 }, "burst: 49"},
		{func(c *Config) { c.MaxBody = 1 << 30 }, "max_body"},
		{func(c *Config) { c.MaxConnections = 1 }, "max_connections"},
		{func(c *Config) { c.ReadTimeout = time.Millisecond }, "read_timeout"},
		{func(c *Config) { c.WriteTimeout = time.Hour }, "write_timeout"},
	} {
		cfg := DefaultConfig()
		c.set(&cfg)
		err := cfg.Validate()
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, c.want)
	}
}

func TestWhatIsWrongStopsTheStart(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	start := func(set func(*Config)) error {
		cfg := DefaultConfig()
		cfg.Listen = "127.0.0.1:0"
		set(&cfg)
		s, err := New(cfg, nil, nil, log, prometheus.NewRegistry())
		if err == nil {
			require.NoError(t, s.Close())
		}
		return err
	}
	require.NoError(t, start(func(*Config) {}))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	require.ErrorContains(t, start(func(c *Config) { c.Listen = taken.Addr().String() }), "api.listen")
	require.ErrorContains(t, start(func(c *Config) { c.Rate = 0 }), "api.rate")
	require.ErrorContains(t, start(func(c *Config) { c.TLS = TLSConfig{"none", "none"} }), "api.tls")
	require.ErrorContains(t, start(func(c *Config) { c.LocalTokenFile = filepath.Join(t.TempDir(), "no", "folder") }), "make the local token")
	require.ErrorContains(t, start(func(c *Config) { c.Tokens = []gate.TokenConfig{{Name: "a", Role: "read", TokenFile: "none"}} }), "api.tokens[0]")
	reg := prometheus.NewRegistry()
	cfg := DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	s, err := New(cfg, nil, nil, log, reg)
	require.NoError(t, err)
	defer s.Close()
	_, err = New(cfg, nil, nil, log, reg)
	require.ErrorContains(t, err, "register metrics")
}

func TestHostsAreNamesOrAddresses(t *testing.T) {
	require.False(t, wire.IsHost(strings.Repeat("a", 254)))
	require.False(t, wire.IsHost("a:1"))
	require.False(t, wire.IsHost("a/b"))
	require.False(t, wire.IsHost(""))
	require.True(t, wire.IsHost("a-b_c.example"))
}
