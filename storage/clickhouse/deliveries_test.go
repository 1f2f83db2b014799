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
	got := map[uint64]schemas.Position{}
	take := func(delivery uint64, at schemas.Position) { got[delivery] = at }
	require.NoError(t, s.Deliveries(t.Context(), 10, take))
	require.Equal(t, map[uint64]schemas.Position{1<<63 + 7: at(0), 9: at(2)}, got, "an old event that came just now is among them")

	clear(got)
	require.NoError(t, s.Deliveries(t.Context(), 1, take))
	require.Len(t, got, 1, "at most limit")
}
