package clickhouse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	migrations "github.com/gatehound/gatehound/schemas/clickhouse"
	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// errMigration marks a database whose migrations are not those of this program.
var errMigration = errors.New("the database's schema is not of this program")

// migration is one file of the schema.
type migration struct {
	version    uint32
	name       string
	checksum   string
	statements []string
}

// Migrate makes the database and brings its schema, TTLs and fsync to what this
// program and its configuration want. It returns the names of the migrations
// that it applied, in order; none if all was in place. It may run in several
// processes at once. A database of a newer program, and one whose applied
// migrations differ from those here, are refused.
func (s *Store) Migrate(ctx context.Context) (applied []string, err error) {
	defer func() { s.metrics.failed("migrate", err) }()
	if err := s.createDatabase(ctx); err != nil {
		return nil, err
	}
	done, err := s.appliedMigrations(ctx)
	if err != nil {
		return nil, err
	}
	all, err := loadMigrations(migrations.Files)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if sum, ok := done[m.version]; ok {
			if sum != m.checksum {
				return applied, fmt.Errorf("migration %s was applied in another form: %w", m.name, errMigration)
			}
			delete(done, m.version)
			continue
		}
		for i, sql := range m.statements {
			if err := s.conn.Exec(ctx, sql); err != nil {
				return applied, fmt.Errorf("migration %s, statement %d: %w", m.name, i+1, err)
			}
		}
		if err := s.recordMigration(ctx, m); err != nil {
			return applied, err
		}
		s.log.Info("migration applied", "name", m.name)
		applied = append(applied, m.name)
	}
	for version := range done {
		return applied, fmt.Errorf("migration %d is applied and not known here, this program is older than the database: %w", version, errMigration)
	}
	if err := s.applyFsync(ctx); err != nil {
		return applied, err
	}
	return applied, s.applyTTL(ctx)
}

// createDatabase uses a connection of its own, since a connection to a database
// that does not exist fails.
func (s *Store) createDatabase(ctx context.Context) error {
	conn, err := s.connect("default")
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.Exec(ctx, "CREATE DATABASE IF NOT EXISTS `"+s.cfg.Database+"`"); err != nil {
		return s.explain(fmt.Errorf("create the database: %w", err))
	}
	err = conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+s.table("schema_migrations")+
		" (version UInt32, name String, checksum String, applied_at DateTime('UTC'))"+
		" ENGINE = ReplacingMergeTree ORDER BY version")
	if err != nil {
		return fmt.Errorf("create the table of migrations: %w", err)
	}
	return nil
}

// appliedMigrations returns the checksums by version.
func (s *Store) appliedMigrations(ctx context.Context) (map[uint32]string, error) {
	rows, err := s.conn.Query(ctx, "SELECT version, checksum FROM "+s.table("schema_migrations")+" FINAL ORDER BY version")
	if err != nil {
		return nil, fmt.Errorf("read the applied migrations: %w", err)
	}
	defer rows.Close()
	done := map[uint32]string{}
	for rows.Next() {
		var version uint32
		var checksum string
		if err := rows.Scan(&version, &checksum); err != nil {
			return nil, fmt.Errorf("read the applied migrations: %w", err)
		}
		done[version] = checksum
	}
	return done, rows.Err()
}

func (s *Store) recordMigration(ctx context.Context, m migration) error {
	return insertRows(ctx, s, "schema_migrations", []columns.Column[migration]{
		columns.Plain("version", "UInt32", func(m *migration) uint32 { return m.version }),
		columns.Plain("name", "String", func(m *migration) string { return m.name }),
		columns.Plain("checksum", "String", func(m *migration) string { return m.checksum }),
		columns.Plain("applied_at", "DateTime('UTC')", func(*migration) time.Time { return time.Now() }),
	}, []migration{m})
}

// loadMigrations reads the files in the order of their versions.
func loadMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var all []migration
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseUint(number, 10, 32)
		if err != nil || int(version) != len(all)+1 {
			return nil, fmt.Errorf("migration %s: its number must be %04d", name, len(all)+1)
		}
		sum := sha256.Sum256(b)
		all = append(all, migration{uint32(version), strings.TrimSuffix(name, ".sql"), hex.EncodeToString(sum[:]), split(string(b))})
	}
	return all, nil
}

// split cuts a file into statements, which end in ";" at the end of a line.
func split(file string) []string {
	var out []string
	for _, s := range strings.Split(file, ";\n") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}
