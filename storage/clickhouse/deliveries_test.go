package clickhouse

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

func TestDeliveries(t *testing.T) {
	s := testStore(t)
	now := time.Now()
	at := func(offset int64) schemas.Position {
		return schemas.Position{Topic: "a", Partition: 2, Offset: offset, Index: 3}
	}
	events := []schemas.Event{
		{Time: now.UnixNano(), Position: at(0), Delivery: 1<<63 + 7},
		{Time: now.UnixNano(), Position: at(1)}, // nothing tells it from others
		{Time: now.Add(-20 * time.Hour).UnixNano(), Position: at(2), Delivery: 9},
	}
	require.NoError(t, s.WriteBatch(t.Context(), &schemas.Batch{Token: "d", Parts: []*schemas.Part{{Events: events}}}))
	began := func(at time.Time) {
		require.NoError(t, s.WriteIntent(t.Context(), schemas.Intent{Group: "g", Token: "d", Created: at,
			Ranges: []schemas.Range{{Topic: "a", Partition: 2, Next: 3}}}))
	}
	got := map[uint64]schemas.Position{}
	take := func(delivery uint64, at schemas.Position) { got[delivery] = at }
	require.NoError(t, s.Deliveries(t.Context(), 10, take))
	require.Empty(t, got, "no batch was ever begun")
	began(now.Add(-30 * time.Hour))
	began(now)
	require.NoError(t, s.Deliveries(t.Context(), 10, take))
	require.Equal(t, map[uint64]schemas.Position{1<<63 + 7: at(0), 9: at(2)}, got, "an old event that came just now is among them")

	clear(got)
	require.NoError(t, s.Deliveries(t.Context(), 1, take))
	require.Len(t, got, 1, "at most limit")
}

// TestDeliveriesOfAServiceThatWasAway: the hour before the last batch counts,
// and not the one before now.
func TestDeliveriesOfAServiceThatWasAway(t *testing.T) {
	s := testStore(t)
	last := time.Now().Add(-5 * 24 * time.Hour).UTC().Truncate(time.Second)
	for i, ago := range []time.Duration{time.Minute, 59 * time.Minute, 2 * time.Hour} {
		require.NoError(t, s.conn.Exec(t.Context(), "INSERT INTO "+s.table("events")+
			" (time, ingested_at, topic, message_offset, delivery) VALUES (fromUnixTimestamp64Nano(?), fromUnixTimestamp(?), 'a', ?, ?)",
			last.Add(-ago).UnixNano(), last.Add(-ago).Unix(), int64(i), uint64(i+1)))
	}
	require.NoError(t, s.WriteIntent(t.Context(), schemas.Intent{Group: "g", Token: "d", Created: last, Ranges: []schemas.Range{{Topic: "a", Next: 3}}}))
	got := map[uint64]bool{}
	require.NoError(t, s.Deliveries(t.Context(), 10, func(delivery uint64, _ schemas.Position) { got[delivery] = true }))
	require.Equal(t, map[uint64]bool{1: true, 2: true}, got)
}
