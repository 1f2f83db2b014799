// Package ingest turns messages into redacted events: frame, decode, redact,
// enrich. It is the only stage that sees raw records; what leaves it is a
// schemas.Part. Sources (kafka, files) fill Chunks; a Normalizer empties them.
package ingest

import "context"

// Chunk is a run of messages of one partition, back to back in one slab.
// Message i is Slab[Ends[i-1]:Ends[i]] (Ends[-1] is 0) and has offset
// Offsets[i]; offsets rise. Raw: only ingest reads Slab.
type Chunk struct {
	Topic     string
	Partition int32
	Slab      []byte
	Ends      []int
	Offsets   []int64
	// First is the first offset that the chunk covers, Next the one after the
	// last. Offsets in between that hold no message (control records,
	// compacted ones) are covered too.
	First, Next int64
	// More tells that more messages followed in the partition when this chunk
	// was read: another chunk comes soon.
	More bool
	// Cut tells of the messages that are not whole in Slab, by rising Index.
	// They are rejected, not decoded.
	Cut []Cut
	// Free, if not nil, gives Slab, Ends and Offsets back to the source. It may
	// be called once, when nothing refers to them any more, or never.
	Free func()
}

// Cut is a message of which Slab holds the beginning only, or nothing.
type Cut struct {
	// Index is the index of the message in Ends and Offsets.
	Index int
	// Bytes is the length of the whole message, -1 if it is not known.
	Bytes int64
	// Reason is the reason to reject it with: CutTooLarge or CutUnreadable.
	Reason string
}

// The reasons of a Cut.
const (
	// CutTooLarge is a message or line longer than the source's bound.
	CutTooLarge = "too_large"
	// CutUnreadable stands for one or more messages that the source could not
	// read from the log; the chunk covers their offsets.
	CutUnreadable = "unreadable"
)

// String hides the content.
func (c *Chunk) String() string { return "[raw chunk]" }

// GoString hides the content also from %#v.
func (c *Chunk) GoString() string { return "[raw chunk]" }

// Assignment is a partition that a source is about to read.
type Assignment struct {
	Topic     string
	Partition int32
	// Committed is the offset to go on from, as committed; the log's first
	// offset if nothing was committed yet.
	Committed int64
}

// Handler is what a source drives. A source calls Assigned, then Chunk from
// one goroutine a partition, then Revoked, and so on for every generation.
type Handler interface {
	// Assigned returns the offset to start reading at for each assignment; it
	// may lie before or after Committed. It may call the source's ReadRange.
	Assigned(ctx context.Context, as []Assignment) ([]int64, error)
	// Chunk takes a chunk over and blocks while the pipeline is full. The
	// source does not touch the chunk afterwards.
	Chunk(ctx context.Context, c *Chunk) error
	// Revoked returns when all that was handed over for the partitions is
	// durable and committed, or ctx is done: whatever is not durable by then
	// stays uncommitted. No reader of them runs any more.
	Revoked(ctx context.Context, as []Assignment)
}
