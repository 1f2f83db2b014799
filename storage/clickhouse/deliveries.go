package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// deliveredWithin is how far back redeliveries are looked for: a shipper that
// was not answered tries again within minutes.
const deliveredWithin = time.Hour

// Deliveries gives take the events that came in the last hour before the last
// batch was begun, of the two days before, and have a Delivery: at most limit of
// them, the newest first by the half minute. How long the service was away does
// not matter. The days bound what is read: a day is a partition.
func (s *Store) Deliveries(ctx context.Context, limit int, take func(delivery uint64, at schemas.Position)) (err error) {
	defer func() { s.metrics.failed("deliveries", err) }()
	rows, err := s.conn.Query(ctx, fmt.Sprintf(`
		WITH (SELECT max(created) FROM %s) AS last
		SELECT delivery, topic, partition, message_offset, record_index
		FROM %s
		WHERE delivery != 0 AND time >= last - toIntervalDay(2)
			AND ingested_at >= toDateTime(last, 'UTC') - toIntervalSecond(?) AND last >= toDateTime64(?, 9, 'UTC')
		ORDER BY intDiv(toUnixTimestamp(ingested_at), 30) DESC
		LIMIT ?`, s.table("ingest_intents"), s.table("events")), int64(deliveredWithin/time.Second), 1, limit)
	if err != nil {
		return fmt.Errorf("query the last deliveries: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var delivery uint64
		var at schemas.Position
		if err := rows.Scan(&delivery, &at.Topic, &at.Partition, &at.Offset, &at.Index); err != nil {
			return fmt.Errorf("read a delivery: %w", err)
		}
		take(delivery, at)
	}
	return rows.Err()
}
