package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// RejectFilter chooses rejects. Empty fields choose all.
type RejectFilter struct {
	Topic, Stage, Reason, Format string
	// Since is the earliest time of the reject, by our clock.
	Since time.Time
	// Partition, Offset and Index choose one message or record of Topic; none
	// if negative.
	Partition int32
	Offset    int64
	Index     int32
	// Limit bounds the rows: 1 to 1,000,000.
	Limit int
}

// StoredReject is a reject and when it was stored.
type StoredReject struct {
	schemas.Reject
	At time.Time `json:"rejected_at"`
}

// RejectCount counts alike rejects.
type RejectCount struct {
	Topic  string    `json:"topic"`
	Format string    `json:"format"`
	Stage  string    `json:"stage"`
	Reason string    `json:"reason"`
	Count  uint64    `json:"count"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
}

// conditions returns f as a WHERE clause and its arguments.
func (f *RejectFilter) conditions() (string, []any) {
	where, args := []string{"1"}, []any(nil)
	add := func(condition string, arg any) {
		where, args = append(where, condition), append(args, arg)
	}
	for _, c := range []struct{ column, value string }{
		{"topic", f.Topic}, {"stage", f.Stage}, {"reason", f.Reason}, {"format", f.Format},
	} {
		if c.value != "" {
			add(c.column+" = ?", c.value)
		}
	}
	if !f.Since.IsZero() {
		add("rejected_at >= toDateTime(?)", f.Since.Unix())
	}
	if f.Partition >= 0 {
		add("partition = ?", f.Partition)
	}
	if f.Offset >= 0 {
		add("message_offset = ?", f.Offset)
	}
	if f.Index >= 0 {
		add("record_index = ?", f.Index)
	}
	return strings.Join(where, " AND "), args
}

// Rejects returns the rejects that f chooses, by topic, partition and offset.
func (s *Store) Rejects(ctx context.Context, f RejectFilter) (out []StoredReject, err error) {
	defer func() { s.metrics.failed("rejects", err) }()
	where, args := f.conditions()
	rows, err := s.conn.Query(ctx, fmt.Sprintf(`
		SELECT topic, partition, message_offset, record_index, stage, reason, format, bytes, excerpt, rejected_at
		FROM %s WHERE %s
		ORDER BY topic, partition, message_offset, record_index, rejected_at LIMIT ?`, s.table("rejects"), where), append(args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("query rejects: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r StoredReject
		p := &r.Position
		if err := rows.Scan(&p.Topic, &p.Partition, &p.Offset, &p.Index, &r.Stage, &r.Reason, &r.Format, &r.Bytes, &r.Excerpt, &r.At); err != nil {
			return nil, fmt.Errorf("read a reject: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// RejectedPositions returns the positions of the rejects that f chooses, by
// topic, partition and offset: 50 bytes each.
func (s *Store) RejectedPositions(ctx context.Context, f RejectFilter) (out []schemas.Position, err error) {
	defer func() { s.metrics.failed("rejected_positions", err) }()
	where, args := f.conditions()
	rows, err := s.conn.Query(ctx, fmt.Sprintf(`
		SELECT topic, partition, message_offset, record_index FROM %s WHERE %s
		ORDER BY topic, partition, message_offset, record_index, rejected_at LIMIT ?`, s.table("rejects"), where), append(args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("query the positions of rejects: %w", err)
	}
	defer rows.Close()
	topic := ""
	for rows.Next() {
		var p schemas.Position
		if err := rows.Scan(&p.Topic, &p.Partition, &p.Offset, &p.Index); err != nil {
			return nil, fmt.Errorf("read the position of a reject: %w", err)
		}
		if p.Topic == topic {
			p.Topic = topic // one string for all of a topic
		}
		topic = p.Topic
		out = append(out, p)
	}
	return out, rows.Err()
}

// RejectCounts returns how many rejects of each kind f chooses, the most
// frequent first.
func (s *Store) RejectCounts(ctx context.Context, f RejectFilter) (out []RejectCount, err error) {
	defer func() { s.metrics.failed("reject_counts", err) }()
	where, args := f.conditions()
	rows, err := s.conn.Query(ctx, fmt.Sprintf(`
		SELECT topic, format, stage, reason, count() AS n, min(rejected_at), max(rejected_at)
		FROM %s WHERE %s GROUP BY topic, format, stage, reason
		ORDER BY n DESC, topic, format, stage, reason LIMIT ?`, s.table("rejects"), where), append(args, f.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("count rejects: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c RejectCount
		if err := rows.Scan(&c.Topic, &c.Format, &c.Stage, &c.Reason, &c.Count, &c.First, &c.Last); err != nil {
			return nil, fmt.Errorf("read a count of rejects: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// StoredIndexes returns the indexes of the records that are stored of each of
// the messages at offsets of a partition; there is one at least.
func (s *Store) StoredIndexes(ctx context.Context, topic string, partition int32, offsets []int64) (out map[int64][]int32, err error) {
	defer func() { s.metrics.failed("stored_indexes", err) }()
	rows, err := s.conn.Query(ctx, fmt.Sprintf(`
		SELECT message_offset, groupArray(record_index) FROM %s
		WHERE topic = ? AND partition = ? AND message_offset BETWEEN ? AND ? AND has(?, message_offset)
		GROUP BY message_offset`, s.table("events")), topic, partition, slices.Min(offsets), slices.Max(offsets), offsets)
	if err != nil {
		return nil, fmt.Errorf("query what is stored of rejected messages: %w", err)
	}
	defer rows.Close()
	out = map[int64][]int32{}
	for rows.Next() {
		var offset int64
		var indexes []int32
		if err := rows.Scan(&offset, &indexes); err != nil {
			return nil, fmt.Errorf("read what is stored of rejected messages: %w", err)
		}
		out[offset] = indexes
	}
	return out, rows.Err()
}

// DeleteRejects deletes the rejects of messages of a partition, and waits until
// they are gone.
func (s *Store) DeleteRejects(ctx context.Context, topic string, partition int32, offsets []int64) (err error) {
	defer func() { s.metrics.failed("delete_rejects", err) }()
	err = s.conn.Exec(ctx, fmt.Sprintf(`ALTER TABLE %s DELETE WHERE topic = ? AND partition = ? AND has(?, message_offset)
		SETTINGS mutations_sync = 1`, s.table("rejects")), topic, partition, offsets)
	if err != nil {
		return fmt.Errorf("delete rejects of %d messages: %w", len(offsets), err)
	}
	return nil
}
