package clickhouse

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/schemas"
	migrations "github.com/gatehound/gatehound/schemas/clickhouse"
)

func TestMigrate(t *testing.T) {
	cfg := testConfig(t)
	s, err := OpenWith(engine.Options(), cfg, quiet, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "gatehound migrate") {
		t.Errorf("a ping before the database is there: %v", err)
	}
	applied, err := s.Migrate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := migrationNames(t); !slices.Equal(applied, want) || len(want) < 6 {
		t.Fatalf("applied %q", applied)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	before := one[string](t, s, "SELECT toString(groupArray(create_table_query)) FROM (SELECT * FROM system.tables WHERE database = ? ORDER BY name)", cfg.Database)
	if applied, err = s.Migrate(t.Context()); err != nil || len(applied) > 0 {
		t.Fatalf("again: %q, %v", applied, err)
	}
	after := one[string](t, s, "SELECT toString(groupArray(create_table_query)) FROM (SELECT * FROM system.tables WHERE database = ? ORDER BY name)", cfg.Database)
	if before != after {
		t.Error("migrating again changed the schema")
	}
	if n := one[uint64](t, s, "SELECT count() FROM system.mutations WHERE database = ?", cfg.Database); n != 0 {
		t.Errorf("%d mutations without a change of a ttl", n)
	}
}

// migrationNames are those of the files, in their order.
func migrationNames(t *testing.T) (names []string) {
	t.Helper()
	files, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f, ".sql"))
	}
	return names
}

func TestMigrateInSeveralProcesses(t *testing.T) {
	cfg := testConfig(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := OpenWith(engine.Options(), cfg, quiet, prometheus.NewRegistry())
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if _, err := s.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := openStore(t, cfg)
	if n := one[uint64](t, s, "SELECT count() FROM schema_migrations FINAL"); int(n) != len(migrationNames(t)) {
		t.Fatalf("%d migrations are recorded", n)
	}
}

func TestMigrateRefusesOtherSchemas(t *testing.T) {
	s := testStore(t)
	if err := s.recordMigration(t.Context(), migration{version: 9999, name: "later"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrate(t.Context()); !errors.Is(err, errMigration) || IsRetryable(err) || !strings.Contains(err.Error(), "9999") {
		t.Fatalf("a newer database: %v", err)
	}
	s = testStore(t)
	if err := s.recordMigration(t.Context(), migration{version: 1, name: "edited", checksum: "x"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Migrate(t.Context()); !errors.Is(err, errMigration) || !strings.Contains(err.Error(), "0001_events") {
		t.Fatalf("an edited migration: %v", err)
	}
}

func TestLoadMigrations(t *testing.T) {
	for _, names := range [][]string{{"0002_a.sql"}, {"0001_a.sql", "0003_b.sql"}, {"x.sql"}} {
		files := fstest.MapFS{}
		for _, n := range names {
			files[n] = &fstest.MapFile{Data: []byte("SELECT 1;\n")}
		}
		if _, err := loadMigrations(files); err == nil {
			t.Errorf("%q were taken", names)
		}
	}
	got := split("-- a\nSELECT ';';\n\nSELECT 2\n  , 3;\n")
	if !slices.Equal(got, []string{"-- a\nSELECT ';'", "SELECT 2\n  , 3"}) {
		t.Errorf("split: %q", got)
	}
}

// TestTTL shows that a changed TTL reaches tables that are there, and that rows
// which are too old go.
func TestTTL(t *testing.T) {
	cfg := testConfig(t)
	cfg.TTL = TTL{}
	s := openStore(t, cfg)
	now := time.Now()
	b := &schemas.Batch{Token: "ttl", Parts: []*schemas.Part{{}}}
	for i, age := range []time.Duration{0, 10 * day, 40 * day, 500 * day} {
		b.Parts[0].Events = append(b.Parts[0].Events, schemas.Event{Position: schemas.Position{Offset: int64(i)}, Time: now.Add(-age).UnixNano()})
	}
	if err := s.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	f := schemas.Finding{ID: "old", WindowStart: now.Add(-500 * day)}
	if err := s.WriteFindings(t.Context(), []schemas.Finding{f, {ID: "new", WindowStart: now}}); err != nil {
		t.Fatal(err)
	}
	counts := func(s *Store) [3]uint64 {
		return [3]uint64{
			one[uint64](t, s, "SELECT count() FROM events"),
			one[uint64](t, s, "SELECT sum(requests) FROM rollup_principal"),
			one[uint64](t, s, "SELECT count() FROM findings"),
		}
	}
	if got := counts(s); got != [3]uint64{4, 4, 2} {
		t.Fatalf("without a ttl: %v", got)
	}
	if engine := one[string](t, s, "SELECT engine_full FROM system.tables WHERE database = ? AND name = 'events'", cfg.Database); strings.Contains(engine, "TTL") {
		t.Fatalf("events has a ttl: %s", engine)
	}

	cfg.TTL = DefaultConfig().TTL
	s = openStore(t, cfg)
	waitFor(t, "the old rows are gone", func() bool { return counts(s) == [3]uint64{2, 3, 1} })

	cfg.TTL.Events = 5 * day
	s = openStore(t, cfg)
	waitFor(t, "the rows of ten days ago are gone", func() bool { return counts(s)[0] == 1 })
	mutations := one[uint64](t, s, "SELECT count() FROM system.mutations WHERE database = ?", cfg.Database)
	openStore(t, cfg)
	if n := one[uint64](t, s, "SELECT count() FROM system.mutations WHERE database = ?", cfg.Database); n != mutations {
		t.Errorf("an unchanged ttl was applied again: %d mutations, then %d", mutations, n)
	}
}

func TestFsync(t *testing.T) {
	cfg := testConfig(t)
	for _, fsync := range []bool{false, true, true, false} {
		cfg.Fsync = fsync
		s := openStore(t, cfg)
		n := one[uint64](t, s, "SELECT countIf(engine_full LIKE '%fsync_after_insert = 1%fsync_part_directory = 1%') FROM system.tables WHERE database = ?", cfg.Database)
		if want := map[bool]uint64{true: uint64(len(cfg.TTL.tables()))}[fsync]; n != want {
			t.Errorf("fsync %v: %d tables have it, want %d", fsync, n, want)
		}
		b := nightBatch(int(count.Add(1)), 40)
		if err := s.WriteBatch(t.Context(), b); err != nil {
			t.Error(err)
		}
	}
}

// waitFor polls: merges run in the engine, which tells nobody.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long until %s", what)
		}
	}
}
