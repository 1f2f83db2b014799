package clickhouse

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// oneBlock are the settings that make an insert one block, in the table and in
// the targets of its views, so that a repeated insert has the same blocks under
// the same tokens. No insert has as many rows or bytes as the bounds here.
var oneBlock = map[string]any{
	"async_insert":                                       0,
	"insert_deduplicate":                                 1,
	"max_insert_threads":                                 1,
	"max_block_size":                                     1 << 24,
	"max_insert_block_size":                              1 << 24,
	"min_insert_block_size_rows":                         1 << 24,
	"min_insert_block_size_bytes":                        1 << 32,
	"min_insert_block_size_rows_for_materialized_views":  1 << 24,
	"min_insert_block_size_bytes_for_materialized_views": 1 << 32,
	// The order of a view's groups depends on nothing but the block.
	"group_by_two_level_threshold":       0,
	"group_by_two_level_threshold_bytes": 0,
	// A batch may hold old events of any number of days.
	"max_partitions_per_insert_block":                    0,
	"deduplicate_blocks_in_dependent_materialized_views": 1,
}

// flushRows is how many rows are collected before they are handed over: few
// enough that what is collected stays in the processor's cache.
const flushRows = 1024

// insertColumns writes rows as one block, and returns nil when ClickHouse has
// stored it. With a token, an insert of the same rows under the same token
// changes nothing. The columns are empty before and after.
func insertColumns[T any](ctx context.Context, s *Store, table, token string, c *columns.Set[T], rows iter.Seq[*T]) (err error) {
	start, n, bytes := time.Now(), 0, 0
	defer func() { s.metrics.inserted(table, n, bytes, start, err) }()
	settings := make(clickhouse.Settings, len(oneBlock)+1)
	for k, v := range oneBlock {
		settings[k] = v
	}
	if token != "" {
		settings["insert_deduplication_token"] = token
	}
	// Over HTTP the types are known here, which saves a DESCRIBE for each
	// insert; over the native protocol the server sends its own.
	ctx = clickhouse.Context(ctx, clickhouse.WithSettings(settings), clickhouse.WithColumnNamesAndTypes(c.Types))
	batch, err := s.conn.PrepareBatch(ctx, "INSERT INTO "+s.table(table)+" ("+c.Names+")")
	if err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	defer batch.Close()
	flush := func() error {
		n += c.Rows()
		bytes += c.Bytes()
		if err := c.Flush(batch.Column); err != nil {
			return fmt.Errorf("insert into %s: %w", table, err)
		}
		return nil
	}
	for row := range rows {
		if c.Add(row); c.Rows() == flushRows {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("insert %d rows into %s: %w", n, table, err)
	}
	return nil
}

// insertRows writes rows that come now and then; what comes all the time keeps
// its columns from one insert to the next.
func insertRows[T any](ctx context.Context, s *Store, table string, list []columns.Column[T], rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	return insertColumns(ctx, s, table, "", columns.New(list), func(yield func(*T) bool) {
		for i := range rows {
			if !yield(&rows[i]) {
				return
			}
		}
	})
}
