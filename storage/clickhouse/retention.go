package clickhouse

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// tableTTL is how long a table keeps its rows: from the time that expression
// gives for a row.
type tableTTL struct {
	key, table, expression string
	keep                   time.Duration
}

func (t TTL) tables() []tableTTL {
	return []tableTTL{
		{"events", "events", "toDateTime(time)", t.Events},
		{"rollups", "rollup_principal", "minute", t.Rollups},
		{"rollups", "rollup_address", "minute", t.Rollups},
		{"rollups", "rollup_route", "minute", t.Rollups},
		{"findings", "findings", "toDateTime(window_start)", t.Findings},
		{"findings", "campaigns", "toDateTime(window_start)", t.Findings},
		{"findings", "campaign_members", "toDateTime(seen)", t.Findings},
		{"alerts", "alerts", "toDateTime(last_seen)", t.Alerts},
		{"alerts", "alert_history", "toDateTime(at)", t.Alerts},
		{"rejects", "rejects", "rejected_at", t.Rejects},
		{"intents", "ingest_intents", "toDateTime(created)", t.Intents},
		{"checkpoints", "checkpoints", "toDateTime(created)", t.Checkpoints},
		{"audit", "audit", "toDateTime(time)", t.Audit},
		{"sealed", "sealed_prompts", "toDateTime(time)", t.Sealed},
		{"aliases", "aliases", "toDateTime(first_seen)", t.Aliases},
	}
}

// currentTTL finds the interval in the engine's definition as ClickHouse prints
// it; migrations and this package write TTLs in seconds only.
var currentTTL = regexp.MustCompile(`\bTTL .* \+ toIntervalSecond\((\d+)\)`)

// applyFsync makes every table write through to the disk, or not, as the
// configuration says.
func (s *Store) applyFsync(ctx context.Context) error {
	for _, t := range s.cfg.TTL.tables() {
		engine, err := s.engineOf(ctx, t.table)
		if err != nil {
			return err
		}
		if strings.Contains(engine, "fsync_after_insert = 1") == s.cfg.Fsync {
			continue
		}
		change := " RESET SETTING fsync_after_insert, fsync_part_directory"
		if s.cfg.Fsync {
			change = " MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1"
		}
		if err := s.conn.Exec(ctx, "ALTER TABLE "+s.table(t.table)+change); err != nil {
			return fmt.Errorf("change fsync of %s: %w", t.table, err)
		}
		s.log.Info("fsync changed", "table", t.table, "fsync", s.cfg.Fsync)
	}
	return nil
}

// engineOf returns the definition of a table's engine, with its TTL and
// settings, as ClickHouse prints it.
func (s *Store) engineOf(ctx context.Context, table string) (string, error) {
	var engine string
	err := s.conn.QueryRow(ctx, "SELECT engine_full FROM system.tables WHERE database = ? AND name = ?",
		s.cfg.Database, table).Scan(&engine)
	if err != nil {
		return "", fmt.Errorf("read the definition of %s: %w", table, err)
	}
	return engine, nil
}

// applyTTL makes every table keep its rows as long as the configuration says.
// A table whose TTL is right already is left alone; of another, rows that are
// too old go in the background, also those that were stored before.
func (s *Store) applyTTL(ctx context.Context) error {
	for _, t := range s.cfg.TTL.tables() {
		engine, err := s.engineOf(ctx, t.table)
		if err != nil {
			return err
		}
		var current time.Duration
		if m := currentTTL.FindStringSubmatch(engine); m != nil {
			seconds, err := strconv.ParseInt(m[1], 10, 64)
			if err != nil {
				return fmt.Errorf("read the ttl of %s: %w", t.table, err)
			}
			current = time.Duration(seconds) * time.Second
		}
		if current == t.keep.Truncate(time.Second) {
			continue
		}
		if err := s.changeTTL(ctx, t); err != nil {
			return err
		}
		s.log.Info("ttl changed", "table", t.table, "from", current, "to", t.keep)
	}
	return nil
}

func (s *Store) changeTTL(ctx context.Context, t tableTTL) error {
	table := s.table(t.table)
	if t.keep == 0 {
		if err := s.conn.Exec(ctx, "ALTER TABLE "+table+" REMOVE TTL"); err != nil {
			return fmt.Errorf("remove the ttl of %s: %w", t.table, err)
		}
		return nil
	}
	modify := fmt.Sprintf("ALTER TABLE %s MODIFY TTL %s + toIntervalSecond(%d)", table, t.expression, int64(t.keep/time.Second))
	ctx = withSettings(ctx, map[string]any{"materialize_ttl_after_modify": 0})
	if err := s.conn.Exec(ctx, modify); err != nil {
		return fmt.Errorf("change the ttl of %s: %w", t.table, err)
	}
	if err := s.conn.Exec(ctx, "ALTER TABLE "+table+" MATERIALIZE TTL"); err != nil {
		return fmt.Errorf("apply the ttl of %s to its rows: %w", t.table, err)
	}
	return nil
}
