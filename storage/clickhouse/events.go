package clickhouse

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse/internal/arrival"
)

// History is a stretch of the stored events.
type History struct {
	// From is in it, To is not; a zero time is no bound.
	From, To time.Time
}

// Extent is how much a stretch of the stored events holds.
type Extent struct {
	Events int64
	// First and Last are the times of the earliest and the latest event, in UTC;
	// zero if there is none.
	First, Last time.Time
}

// Extent counts the events of a stretch. It reads their times only.
func (s *Store) Extent(ctx context.Context, h History) (e Extent, err error) {
	defer func() { s.metrics.failed("read_events", err) }()
	var n uint64
	err = s.conn.QueryRow(ctx, "SELECT count(), min(time), max(time) FROM "+s.table("events")+h.where()).Scan(&n, &e.First, &e.Last)
	if err != nil {
		return Extent{}, fmt.Errorf("count the events: %w", err)
	}
	if e.Events = int64(n); n == 0 {
		return Extent{}, nil
	}
	e.First, e.Last = e.First.UTC(), e.Last.UTC()
	return e, nil
}

// Events yields the events of a stretch as they came: those of a partition in
// the order of their offsets, the partitions side by side by their clocks. So
// detectors see what they saw in the live run, late events included. An error
// ends them. A batch has events alone, at most 20,000, and no token; it belongs
// to the caller.
//
// What was not stored is not there: ClientAddr is not, and Subject is the oldest
// name by which the aliases know the principal. Events of a partition that are
// out of order by more than ten minutes, or by more than the last 100,000
// events, come later than they did.
//
// A statement reads some hours at a time, or a part of an hour that is busy, so
// that neither side holds much at once.
func (s *Store) Events(ctx context.Context, h History) iter.Seq2[*schemas.Batch, error] {
	return func(yield func(*schemas.Batch, error) bool) {
		err := s.eachEvent(ctx, h, func(b *schemas.Batch) bool { return yield(b, nil) })
		s.metrics.failed("read_events", err)
		if err != nil {
			yield(nil, err)
		}
	}
}

// eachEvent gives take the batches of a stretch, until it returns false.
func (s *Store) eachEvent(ctx context.Context, h History, take func(*schemas.Batch) bool) error {
	slices, err := s.slices(ctx, h)
	if err != nil || len(slices) == 0 {
		return err
	}
	subjects, err := s.subjects(ctx)
	if err != nil {
		return err
	}
	in := arrival.New()
	for _, part := range slices {
		more, err := s.readSlice(ctx, part, subjects, in, take)
		if err != nil || !more {
			return err
		}
	}
	in.All(take)
	return nil
}

// releaseEvery is how many events are read between two looks at what can be
// handed on.
const releaseEvery = 1 << 14

// readSlice reads the events of one statement into in and hands on what is in
// order. It returns false when take did.
func (s *Store) readSlice(ctx context.Context, h History, subjects map[string]string, in *arrival.Buffer, take func(*schemas.Batch) bool) (more bool, err error) {
	row := newEventRow()
	sql := "SELECT " + row.names + " FROM " + s.table("events") + h.where() +
		" ORDER BY time, topic, partition, message_offset, record_index"
	rows, err := s.conn.Query(withSettings(ctx, s.readSettings()), sql)
	if err != nil {
		return false, fmt.Errorf("read events: %w", err)
	}
	defer rows.Close()
	for n := 1; rows.Next(); n++ {
		if err := rows.Scan(row.dest...); err != nil {
			return false, fmt.Errorf("read events: %w", err)
		}
		ev := in.Add()
		row.event(ev)
		ev.Subject = subjects[ev.Principal]
		if n%releaseEvery == 0 && !in.Ripe(take) {
			return false, nil
		}
	}
	if err := rows.Err(); err != nil {
		return false, fmt.Errorf("read events: %w", err)
	}
	return in.Ripe(take), nil
}

// where is the condition for a stretch.
func (h History) where() string {
	sql := " WHERE 1"
	if !h.From.IsZero() {
		sql += fmt.Sprintf(" AND time >= fromUnixTimestamp64Nano(%d)", h.From.UnixNano())
	}
	if !h.To.IsZero() {
		sql += fmt.Sprintf(" AND time < fromUnixTimestamp64Nano(%d)", h.To.UnixNano())
	}
	return sql
}

// sliceRows is about how many events a statement reads. The embedded engine
// holds its answer whole, at some 600 bytes an event.
const sliceRows = 100_000

// embedded tells that the engine is in this process.
func (s *Store) embedded() bool { return s.options.TransportFunc != nil }

// readSettings keep a server from holding a busy hour in memory while it sorts.
func (s *Store) readSettings() map[string]any {
	if s.embedded() {
		return map[string]any{"max_block_size": 8192}
	}
	return map[string]any{"max_block_size": 8192, "max_bytes_before_external_sort": 256 << 20}
}

// hourCount is how many events an hour has.
type hourCount struct {
	start time.Time
	n     uint64
}

// slices cuts a stretch into parts that one statement each reads.
func (s *Store) slices(ctx context.Context, h History) ([]History, error) {
	rows, err := s.conn.Query(ctx, "SELECT toStartOfHour(time) AS hour, count() FROM "+s.table("events")+h.where()+" GROUP BY hour ORDER BY hour")
	if err != nil {
		return nil, fmt.Errorf("count the events: %w", err)
	}
	defer rows.Close()
	var hours []hourCount
	for rows.Next() {
		var c hourCount
		if err := rows.Scan(&c.start, &c.n); err != nil {
			return nil, fmt.Errorf("count the events: %w", err)
		}
		hours = append(hours, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("count the events: %w", err)
	}
	return cut(hours, h, sliceRows, s.embedded()), nil
}

// cut puts hours together up to about limit events. The events of an hour are
// sorted by their principals, so a statement for a part of it reads it whole:
// an hour is divided only if split says that it has to be.
func cut(hours []hourCount, h History, limit uint64, split bool) (out []History) {
	held := uint64(0)
	for _, c := range hours {
		end := c.start.Add(time.Hour)
		switch parts := (c.n + limit - 1) / limit; {
		case held > 0 && held+c.n <= limit:
			out[len(out)-1].To = end
			held += c.n
		case parts > 1 && split:
			for i := range parts {
				out = append(out, History{From: c.start.Add(time.Hour * time.Duration(i) / time.Duration(parts)),
					To: c.start.Add(time.Hour * time.Duration(i+1) / time.Duration(parts))})
			}
			held = limit
		default:
			out = append(out, History{From: c.start, To: end})
			held = c.n
		}
	}
	for i := range out {
		if out[i].From.Before(h.From) {
			out[i].From = h.From
		}
		if !h.To.IsZero() && out[i].To.After(h.To) {
			out[i].To = h.To
		}
	}
	return out
}

// maxAliases bounds the pairs of names that are held: some 100 MiB of them.
const maxAliases = 1 << 20

// subjects returns, for each name that a rotation of the key ring gave a
// principal, the oldest name of the same principal. Of more pairs than
// maxAliases the newest are taken.
func (s *Store) subjects(ctx context.Context) (map[string]string, error) {
	rows, err := s.conn.Query(ctx, fmt.Sprintf("SELECT old, new FROM %s GROUP BY old, new ORDER BY min(first_seen) DESC LIMIT %d",
		s.table("aliases"), maxAliases))
	if err != nil {
		return nil, fmt.Errorf("read the aliases: %w", err)
	}
	defer rows.Close()
	before := map[string]string{}
	for rows.Next() {
		var from, to string
		if err := rows.Scan(&from, &to); err != nil {
			return nil, fmt.Errorf("read the aliases: %w", err)
		}
		before[to] = from
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the aliases: %w", err)
	}
	return oldest(before), nil
}

// maxRotations is how many rotations of the key ring are followed back.
const maxRotations = 64

// oldest follows each name back to the first of its principal.
func oldest(before map[string]string) map[string]string {
	out := make(map[string]string, len(before))
	for name := range before {
		first := name
		for range maxRotations {
			older, ok := before[first]
			if !ok {
				break
			}
			first = older
		}
		out[name] = first
	}
	return out
}
