package broker

import (
	"context"
	"fmt"

	"github.com/segmentio/kafka-go"
)

// Partition names a partition of a topic.
type Partition struct {
	Topic string
	ID    int32
}

// Metadata returns the partitions of the configured topics that exist.
func (d *Dialer) Metadata(ctx context.Context) (map[string][]int, error) {
	client, done := d.Client()
	defer done()
	res, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: d.topics})
	if err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	out := map[string][]int{}
	for _, t := range res.Topics {
		if t.Error != nil {
			continue
		}
		for _, p := range t.Partitions {
			out[t.Name] = append(out[t.Name], p.ID)
		}
	}
	return out, nil
}

// Span is where a log starts and ends: its first offset, and the one after its
// last.
type Span struct{ Start, End int64 }

// Spans asks the leaders for the spans of partitions.
func (d *Dialer) Spans(ctx context.Context, partitions map[string][]int) (map[Partition]Span, error) {
	client, done := d.Client()
	defer done()
	req := &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{}}
	for t, ids := range partitions {
		for _, id := range ids {
			req.Topics[t] = append(req.Topics[t], kafka.FirstOffsetOf(id), kafka.LastOffsetOf(id))
		}
	}
	res, err := client.ListOffsets(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("list offsets: %w", err)
	}
	out := map[Partition]Span{}
	for t, ps := range res.Topics {
		for _, p := range ps {
			if p.Error != nil {
				return nil, fmt.Errorf("list offsets of %s/%d: %w", t, p.Partition, p.Error)
			}
			out[Partition{t, int32(p.Partition)}] = Span{p.FirstOffset, p.LastOffset}
		}
	}
	return out, nil
}
