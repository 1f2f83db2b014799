package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// chunkBytes is the length of a row of a checkpoint's state: long enough that
// few are needed, short enough that merges need not hold much at once.
const chunkBytes = 1 << 20

// checkpointChunk is a row of checkpoints. The first chunk has Seen.
type checkpointChunk struct {
	*schemas.Checkpoint
	chunk, chunks uint32
	state         string
}

// SaveCheckpoint stores a snapshot of the detectors, as one block: it is there
// whole or not at all. It takes the place of older ones of the same group and
// fingerprint, which go when ClickHouse merges.
func (s *Store) SaveCheckpoint(ctx context.Context, c schemas.Checkpoint) error {
	n := max(1, (len(c.State)+chunkBytes-1)/chunkBytes)
	rows := make([]checkpointChunk, n)
	for i := range rows {
		part := c.State[i*chunkBytes : min(len(c.State), (i+1)*chunkBytes)]
		rows[i] = checkpointChunk{&c, uint32(i), uint32(n), string(part)}
	}
	type R = checkpointChunk
	type S = schemas.Range
	seen := func(r *R) []S {
		if r.chunk > 0 {
			return nil
		}
		return r.Seen
	}
	return insertRows(ctx, s, "checkpoints", []columns.Column[R]{
		columns.Plain("consumer_group", "String", func(r *R) string { return r.Group }),
		columns.Plain("fingerprint", "String", func(r *R) string { return r.Fingerprint }),
		columns.Plain("chunk", "UInt32", func(r *R) uint32 { return r.chunk }),
		columns.Plain("chunks", "UInt32", func(r *R) uint32 { return r.chunks }),
		columns.Plain("created", "DateTime64(9, 'UTC')", func(r *R) time.Time { return r.Created }),
		columns.Plain("seen.topic", "Array(String)", func(r *R) []string { return each(seen(r), func(s *S) string { return s.Topic }) }),
		columns.Plain("seen.partition", "Array(Int32)", func(r *R) []int32 { return each(seen(r), func(s *S) int32 { return s.Partition }) }),
		columns.Plain("seen.next", "Array(Int64)", func(r *R) []int64 { return each(seen(r), func(s *S) int64 { return s.Next }) }),
		columns.Plain("state", "String", func(r *R) string { return r.state }),
	}, rows)
}

// LoadCheckpoint returns the newest snapshot of the group and fingerprint, nil
// if there is none. If the group has snapshots of other fingerprints alone, which
// nobody can read any more, it warns: detectors are about to begin anew.
func (s *Store) LoadCheckpoint(ctx context.Context, group, fingerprint string) (out *schemas.Checkpoint, err error) {
	defer func() { s.metrics.failed("load_checkpoint", err) }()
	table := s.table("checkpoints")
	// A merge may have dropped chunks of an older one, so only a whole one counts.
	rows, err := s.conn.Query(ctx, fmt.Sprintf(`
SELECT created, chunk, state, seen.topic, seen.partition, seen.next FROM %[1]s
WHERE consumer_group = ? AND fingerprint = ? AND created = (
    SELECT created FROM %[1]s WHERE consumer_group = ? AND fingerprint = ?
    GROUP BY created HAVING uniqExact(chunk) = any(chunks)
    ORDER BY created DESC LIMIT 1)
ORDER BY chunk LIMIT 1 BY chunk`, table), group, fingerprint, group, fingerprint)
	if err != nil {
		return nil, fmt.Errorf("load the checkpoint: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var chunk uint32
		var state string
		var created time.Time
		var topics []string
		var partitions []int32
		var next []int64
		if err := rows.Scan(&created, &chunk, &state, &topics, &partitions, &next); err != nil {
			return nil, fmt.Errorf("load the checkpoint: %w", err)
		}
		if out == nil {
			out = &schemas.Checkpoint{Group: group, Fingerprint: fingerprint, Created: created}
			for i := range topics {
				out.Seen = append(out.Seen, schemas.Range{Topic: topics[i], Partition: partitions[i], Next: next[i]})
			}
		}
		out.State = append(out.State, state...)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("load the checkpoint: %w", err)
	}
	if out == nil {
		return nil, s.warnOfOthers(ctx, group)
	}
	return out, nil
}

// warnOfOthers says that there are snapshots of the group, if there are.
func (s *Store) warnOfOthers(ctx context.Context, group string) error {
	var created time.Time
	err := s.conn.QueryRow(ctx, "SELECT max(created) FROM "+s.table("checkpoints")+" WHERE consumer_group = ?", group).Scan(&created)
	if err != nil {
		return fmt.Errorf("look for other checkpoints: %w", err)
	}
	if created.Unix() > 0 {
		s.log.Warn("the detectors' checkpoints are of another version, other detectors or another key, and are not used", "group", group, "newest", created)
	}
	return nil
}
