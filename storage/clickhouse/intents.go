package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// intentRange is a row of ingest_intents.
type intentRange struct {
	schemas.Range
	group, token string
	created      time.Time
}

// WriteIntent notes that a batch of these ranges is about to be written. The
// rows of one intent are one block: it is there whole, or not at all.
func (s *Store) WriteIntent(ctx context.Context, in schemas.Intent) error {
	rows := make([]intentRange, len(in.Ranges))
	for i, r := range in.Ranges {
		rows[i] = intentRange{r, in.Group, in.Token, in.Created}
	}
	type R = intentRange
	return insertRows(ctx, s, "ingest_intents", []columns.Column[R]{
		columns.Plain("consumer_group", "String", func(r *R) string { return r.group }),
		columns.Plain("topic", "String", func(r *R) string { return r.Topic }),
		columns.Plain("partition", "Int32", func(r *R) int32 { return r.Partition }),
		columns.Plain("first", "Int64", func(r *R) int64 { return r.First }),
		columns.Plain("next", "Int64", func(r *R) int64 { return r.Next }),
		columns.Plain("token", "String", func(r *R) string { return r.token }),
		columns.Plain("created", "DateTime64(9, 'UTC')", func(r *R) time.Time { return r.created }),
	}, rows)
}

// intentsQuery finds the tokens by the primary key, and then the ranges of
// their other partitions, which cannot be older than the oldest of them. An
// intent that was written twice counts once.
const intentsQuery = `
WITH wanted AS (
    SELECT token, min(next) AS position, min(created) AS begun FROM %[1]s
    WHERE consumer_group = ? AND topic = ? AND partition = ? AND next > ?
    GROUP BY token
)
SELECT i.token, any(w.position) AS position, min(i.created) AS begun,
    arraySort(groupUniqArray((i.topic, i.partition, i.first, i.next))) AS ranges
FROM %[1]s AS i INNER JOIN wanted AS w ON w.token = i.token
WHERE i.consumer_group = ?
    AND i.created >= (SELECT min(begun) FROM wanted)
GROUP BY i.token
ORDER BY position, begun, i.token`

// Intents returns the intents of group that cover offsets of the partition from
// from on, whole, with the ranges of their other partitions, in the order of
// the partition's offsets.
func (s *Store) Intents(ctx context.Context, group, topic string, partition int32, from int64) (out []schemas.Intent, err error) {
	defer func() { s.metrics.failed("read_intents", err) }()
	rows, err := s.conn.Query(ctx, fmt.Sprintf(intentsQuery, s.table("ingest_intents")), group, topic, partition, from, group)
	if err != nil {
		return nil, fmt.Errorf("read the intents: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		in := schemas.Intent{Group: group}
		var position int64
		var ranges [][]any
		if err := rows.Scan(&in.Token, &position, &in.Created, &ranges); err != nil {
			return nil, fmt.Errorf("read the intents: %w", err)
		}
		for _, r := range ranges {
			in.Ranges = append(in.Ranges, schemas.Range{
				Topic: r[0].(string), Partition: r[1].(int32), First: r[2].(int64), Next: r[3].(int64),
			})
		}
		out = append(out, in)
	}
	return out, rows.Err()
}
