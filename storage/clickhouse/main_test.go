package clickhouse

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/storage/embedded"
)

var (
	quiet  = slog.New(slog.DiscardHandler)
	engine *embedded.Engine
	count  atomic.Int64
)

// TestMain opens the one engine that a process can have; each test has a
// database of its own.
func TestMain(m *testing.M) {
	if act := os.Getenv(childEnv); act != "" {
		child(act)
		return
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if engine, err = embedded.Open(embedded.DefaultConfig(), quiet); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL: the tests need the embedded engine:", err)
		return 1
	}
	code := m.Run()
	if err := engine.Close(); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		return 1
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		return 1
	}
	return code
}

// testConfig has a database for the test alone.
func testConfig(t testing.TB) Config {
	cfg := DefaultConfig()
	name := strings.Map(func(r rune) rune {
		if r < 'A' || r > 'z' {
			return '_'
		}
		return r
	}, t.Name())
	cfg.Database = fmt.Sprintf("t%d_%.50s", count.Add(1), name)
	return cfg
}

// openStore makes a store on the engine whose schema is in place.
func openStore(t testing.TB, cfg Config) *Store {
	t.Helper()
	s, err := OpenWith(engine.Options(), cfg, quiet, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func testStore(t testing.TB) *Store { return openStore(t, testConfig(t)) }

// one returns the only value of a statement's result.
func one[V any](t testing.TB, s *Store, sql string, args ...any) V {
	t.Helper()
	var v V
	if err := s.conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}
