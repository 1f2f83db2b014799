package clickhouse

import (
	"context"
	"fmt"
	"iter"

	"github.com/gatehound/gatehound/schemas"
)

// WriteBatch stores the batch's events, and through them the roll-ups, and its
// rejects. It returns nil when all is stored; after an error, and after a crash
// at any point, the same batch is written again, which changes nothing of what
// was stored the first time. The batch's findings and alerts are not its
// matter. A batch without a token is refused.
//
// The tables remember the tokens of the last 10,000 inserts of each.
func (s *Store) WriteBatch(ctx context.Context, b *schemas.Batch) error {
	if b.Token == "" {
		return fmt.Errorf("write a batch without a token: %w", errOwn)
	}
	if b.Len() > 0 {
		c := s.events.Get().(*columns[schemas.Event])
		defer s.events.Put(c)
		rows := inParts(b, func(p *schemas.Part) []schemas.Event { return p.Events })
		if err := insertColumns(ctx, s, "events", b.Token, c, rows); err != nil {
			return err
		}
	}
	if b.Rejects() > 0 {
		c := s.rejects.Get().(*columns[schemas.Reject])
		defer s.rejects.Put(c)
		rows := inParts(b, func(p *schemas.Part) []schemas.Reject { return p.Rejects })
		return insertColumns(ctx, s, "rejects", b.Token, c, rows)
	}
	return nil
}

// inParts yields a list of every part.
func inParts[T any](b *schemas.Batch, list func(*schemas.Part) []T) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for _, p := range b.Parts {
			rows := list(p)
			for i := range rows {
				if !yield(&rows[i]) {
					return
				}
			}
		}
	}
}

func rejectColumns() []column[schemas.Reject] {
	type R = schemas.Reject
	return []column[R]{
		plain("topic", "String", func(r *R) string { return r.Position.Topic }),
		plain("partition", "Int32", func(r *R) int32 { return r.Position.Partition }),
		plain("message_offset", "Int64", func(r *R) int64 { return r.Position.Offset }),
		plain("record_index", "Int32", func(r *R) int32 { return r.Position.Index }),
		plain("stage", "String", func(r *R) string { return r.Stage }),
		plain("reason", "String", func(r *R) string { return r.Reason }),
		plain("format", "String", func(r *R) string { return r.Format }),
		plain("bytes", "Int64", func(r *R) int64 { return r.Bytes }),
		plain("excerpt", "String", func(r *R) string { return r.Excerpt }),
	}
}
