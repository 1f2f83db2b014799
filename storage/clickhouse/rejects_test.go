package clickhouse

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

// all chooses every reject.
var all = RejectFilter{Partition: -1, Offset: -1, Index: -1, Limit: 100}

func TestRejects(t *testing.T) {
	s := testStore(t)
	at := func(partition int32, offset int64, index int32) schemas.Position {
		return schemas.Position{Topic: "a'b", Partition: partition, Offset: offset, Index: index}
	}
	rejects := []schemas.Reject{
		{Position: at(0, 7, 0), Stage: "decode", Reason: "no_time", Format: "kong", Bytes: 12, Excerpt: "{}"},
		{Position: at(0, 7, 2), Stage: "decode", Reason: "no_time", Format: "kong"},
		{Position: at(1, 3, 0), Stage: "frame", Reason: "empty"},
	}
	event := schemas.Event{Position: at(0, 7, 1), Time: time.Now().UnixNano()}
	require.NoError(t, s.WriteBatch(t.Context(), &schemas.Batch{Token: "x", Parts: []*schemas.Part{{Rejects: rejects, Events: []schemas.Event{event}}}}))

	got, err := s.Rejects(t.Context(), all)
	require.NoError(t, err)
	require.Len(t, got, 3)
	for i, r := range got {
		require.Equal(t, rejects[i], r.Reject)
		require.WithinDuration(t, time.Now(), r.At, time.Minute)
	}
	for _, c := range []struct {
		want   int
		change func(*RejectFilter)
	}{
		{2, func(f *RejectFilter) { f.Reason = "no_time" }},
		{1, func(f *RejectFilter) { f.Stage = "frame" }},
		{2, func(f *RejectFilter) { f.Format = "kong" }},
		{0, func(f *RejectFilter) { f.Topic = "a" }},
		{3, func(f *RejectFilter) { f.Topic = "a'b" }},
		{0, func(f *RejectFilter) { f.Since = time.Now().Add(time.Hour) }},
		{1, func(f *RejectFilter) { f.Partition = 1 }},
		{2, func(f *RejectFilter) { f.Partition, f.Offset = 0, 7 }},
		{1, func(f *RejectFilter) { f.Partition, f.Offset, f.Index = 0, 7, 2 }},
		{1, func(f *RejectFilter) { f.Limit = 1 }},
	} {
		f := all
		c.change(&f)
		got, err := s.Rejects(t.Context(), f)
		require.NoError(t, err)
		require.Len(t, got, c.want, "%+v", f)
		positions, err := s.RejectedPositions(t.Context(), f)
		require.NoError(t, err)
		require.Len(t, positions, c.want, "%+v", f)
		for i := range got {
			require.Equal(t, got[i].Position, positions[i])
		}
	}

	counts, err := s.RejectCounts(t.Context(), all)
	require.NoError(t, err)
	require.Len(t, counts, 2)
	require.Equal(t, uint64(2), counts[0].Count)
	require.Equal(t, "no_time", counts[0].Reason)

	stored, err := s.StoredIndexes(t.Context(), "a'b", 0, []int64{7, 8})
	require.NoError(t, err)
	require.Equal(t, map[int64][]int32{7: {1}}, stored)

	require.NoError(t, s.DeleteRejects(t.Context(), "a'b", 0, []int64{7}))
	left, err := s.Rejects(t.Context(), all)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.Equal(t, "empty", left[0].Reason)
}
