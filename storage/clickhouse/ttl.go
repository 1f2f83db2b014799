package clickhouse

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
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
		{"alerts", "alerts", "toDateTime(last_seen)", t.Alerts},
		{"rejects", "rejects", "rejected_at", t.Rejects},
		{"intents", "ingest_intents", "toDateTime(created)", t.Intents},
		{"checkpoints", "checkpoints", "toDateTime(created)", t.Checkpoints},
		{"audit", "audit", "toDateTime(time)", t.Audit},
	}
}

// currentTTL finds the interval in the engine's definition as ClickHouse prints
// it; migrations and this package write TTLs in seconds only.
var currentTTL = regexp.MustCompile(`\bTTL .* \+ toIntervalSecond\((\d+)\)`)

// applyTTL makes every table keep its rows as long as the configuration says.
// A table whose TTL is right already is left alone; of another, rows that are
// too old go in the background, also those that were stored before.
func (s *Store) applyTTL(ctx context.Context) error {
	for _, t := range s.cfg.TTL.tables() {
		var engine string
		err := s.conn.QueryRow(ctx, "SELECT engine_full FROM system.tables WHERE database = ? AND name = ?",
			s.cfg.Database, t.table).Scan(&engine)
		if err != nil {
			return fmt.Errorf("read the ttl of %s: %w", t.table, err)
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
