package clickhouse

import (
	"context"
	"fmt"
	"iter"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// WriteBatch stores the batch's events, and through them the roll-ups, and its
// rejects, sealed prompts and aliases. It returns nil when all is stored; after an error, and after a crash
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
		c := s.events.Get().(*columns.Set[schemas.Event])
		defer s.events.Put(c)
		rows := inParts(b, func(p *schemas.Part) []schemas.Event { return p.Events })
		if err := insertColumns(ctx, s, "events", b.Token, c, rows); err != nil {
			return err
		}
	}
	if b.Rejects() > 0 {
		c := s.rejects.Get().(*columns.Set[schemas.Reject])
		defer s.rejects.Put(c)
		rows := inParts(b, func(p *schemas.Part) []schemas.Reject { return p.Rejects })
		if err := insertColumns(ctx, s, "rejects", b.Token, c, rows); err != nil {
			return err
		}
	}
	return s.writePrivacy(ctx, b)
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

func rejectColumns() []columns.Column[schemas.Reject] {
	type R = schemas.Reject
	return []columns.Column[R]{
		columns.Plain("topic", "String", func(r *R) string { return r.Position.Topic }),
		columns.Plain("partition", "Int32", func(r *R) int32 { return r.Position.Partition }),
		columns.Plain("message_offset", "Int64", func(r *R) int64 { return r.Position.Offset }),
		columns.Plain("record_index", "Int32", func(r *R) int32 { return r.Position.Index }),
		columns.Plain("stage", "String", func(r *R) string { return r.Stage }),
		columns.Plain("reason", "String", func(r *R) string { return r.Reason }),
		columns.Plain("format", "String", func(r *R) string { return r.Format }),
		columns.Plain("bytes", "Int64", func(r *R) int64 { return r.Bytes }),
		columns.Plain("excerpt", "String", func(r *R) string { return r.Excerpt }),
	}
}
