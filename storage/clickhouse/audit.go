package clickhouse

import (
	"context"
	"time"

	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// audited is a row of audit.
type audited struct {
	time                      time.Time
	who, action, what, reason string
}

// Audit notes who did what and why, with the time of now. Whoever reveals,
// forgets or changes something calls it first, and goes on only if it returns
// nil.
func (s *Store) Audit(ctx context.Context, who, action, reason string) error {
	return s.AuditOf(ctx, who, action, "", reason)
}

// AuditOf is Audit of an act on one thing. What names the thing as it is stored,
// and never a person.
func (s *Store) AuditOf(ctx context.Context, who, action, what, reason string) error {
	return insertRows(ctx, s, "audit", []columns.Column[audited]{
		columns.Plain("time", "DateTime64(9, 'UTC')", func(a *audited) time.Time { return a.time }),
		columns.Plain("who", "String", func(a *audited) string { return a.who }),
		columns.Plain("action", "String", func(a *audited) string { return a.action }),
		columns.Plain("what", "String", func(a *audited) string { return a.what }),
		columns.Plain("reason", "String", func(a *audited) string { return a.reason }),
	}, []audited{{time.Now(), who, action, what, reason}})
}
