package clickhouse

import (
	"context"
	"slices"
	"time"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// writePrivacy stores the sealed prompts and the aliases of a batch under its
// token. Most batches have neither.
func (s *Store) writePrivacy(ctx context.Context, b *schemas.Batch) error {
	if slices.ContainsFunc(b.Parts, func(p *schemas.Part) bool { return len(p.Sealed) > 0 }) {
		rows := inParts(b, func(p *schemas.Part) []schemas.Sealed { return p.Sealed })
		if err := insertColumns(ctx, s, "sealed_prompts", b.Token, columns.New(sealedColumns()), rows); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(b.Parts, func(p *schemas.Part) bool { return len(p.Aliases) > 0 }) {
		rows := inParts(b, func(p *schemas.Part) []schemas.Alias { return p.Aliases })
		return insertColumns(ctx, s, "aliases", b.Token, columns.New(aliasColumns()), rows)
	}
	return nil
}

func sealedColumns() []columns.Column[schemas.Sealed] {
	type S = schemas.Sealed
	return []columns.Column[S]{
		columns.Plain("time", "DateTime64(9, 'UTC')", func(p *S) time.Time { return time.Unix(0, p.Time) }),
		columns.Plain("topic", "String", func(p *S) string { return p.Position.Topic }),
		columns.Plain("partition", "Int32", func(p *S) int32 { return p.Position.Partition }),
		columns.Plain("message_offset", "Int64", func(p *S) int64 { return p.Position.Offset }),
		columns.Plain("record_index", "Int32", func(p *S) int32 { return p.Position.Index }),
		columns.Plain("principal", "String", func(p *S) string { return p.Principal }),
		columns.Plain("request_id", "String", func(p *S) string { return p.RequestID }),
		columns.Plain("key_id", "String", func(p *S) string { return p.KeyID }),
		columns.Plain("data", "String", func(p *S) string { return string(p.Data) }),
	}
}

func aliasColumns() []columns.Column[schemas.Alias] {
	type A = schemas.Alias
	return []columns.Column[A]{
		columns.Plain("old", "String", func(a *A) string { return a.Old }),
		columns.Plain("new", "String", func(a *A) string { return a.New }),
		columns.Plain("first_seen", "DateTime64(9, 'UTC')", func(a *A) time.Time { return time.Unix(0, a.Time) }),
	}
}
