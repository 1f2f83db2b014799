package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/segmentio/kafka-go"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/kafka/internal/partition"
	"github.com/gatehound/gatehound/schemas"
)

// ErrGone is the error of a range that the log does not hold (any more).
var ErrGone = partition.ErrGone

// rangeAttempts is how often ReadRange looks for the end of a range: after an
// election a leader may show less of its log than it has, for a moment.
const rangeAttempts = 5

// ReadRange reads exactly the offsets of a range, outside of the group, and
// calls fn with chunks that cover them without a gap, in order. It waits for
// brokers that are away until ctx is done. Its error is fn's, ctx's, or
// ErrGone if a part of the range is not in the log; fn may have been called
// with what comes before that part.
func (s *Source) ReadRange(ctx context.Context, rg schemas.Range, fn func(*ingest.Chunk) error) error {
	if rg.First < 0 || rg.Next < rg.First {
		return fmt.Errorf("read %s/%d from %d to %d: not a range", rg.Topic, rg.Partition, rg.First, rg.Next)
	}
	p := Partition{Topic: rg.Topic, ID: rg.Partition}
	for n := 0; ; n++ {
		at, err := s.dialer.Spans(ctx, map[string][]int{p.Topic: {int(p.ID)}})
		gone := err == nil && (rg.First < at[p].Start || rg.Next > at[p].End) || errors.Is(err, kafka.UnknownTopicOrPartition)
		if err == nil && !gone {
			break
		}
		if gone && n >= rangeAttempts-1 {
			return fmt.Errorf("read %s/%d from %d to %d: %w", rg.Topic, rg.Partition, rg.First, rg.Next, ErrGone)
		}
		if err := partition.Sleep(ctx, partition.Backoff(n)); err != nil {
			return fmt.Errorf("read %s/%d from %d to %d: %w", rg.Topic, rg.Partition, rg.First, rg.Next, err)
		}
	}
	r := s.reader(p, nil)
	r.Until = rg.Next
	if err := r.Run(ctx, rg.First, fn); err != nil {
		return fmt.Errorf("read %s/%d from %d to %d: %w", rg.Topic, rg.Partition, rg.First, rg.Next, err)
	}
	return ctx.Err()
}
