package clickhouse

import (
	"context"
	"time"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// each maps a list for an array column.
func each[T, V any](list []T, get func(*T) V) []V {
	out := make([]V, len(list))
	for i := range list {
		out[i] = get(&list[i])
	}
	return out
}

// stamp returns t as it is stored: none is 1970.
func stamp(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(0, 0)
	}
	return t
}

// unstamp returns what stamp was given.
func unstamp(t time.Time) time.Time {
	if t.UnixNano() == 0 {
		return time.Time{}
	}
	return t.UTC()
}

// WriteFindings stores findings; one that is there already is replaced. Of a
// finding about a campaign it stores the campaign and its members before.
func (s *Store) WriteFindings(ctx context.Context, fs []schemas.Finding) error {
	type (
		F = schemas.Finding
		N = schemas.Feature
		T = schemas.Technique
	)
	if err := s.writeCampaigns(ctx, fs); err != nil {
		return err
	}
	now := time.Now()
	moment := func(name string, get func(*F) time.Time) columns.Column[F] {
		return columns.Plain(name, "DateTime64(9, 'UTC')", get)
	}
	text := func(name string, get func(*F) string) columns.Column[F] { return columns.Plain(name, "String", get) }
	feature := func(name string, get func(*N) string) columns.Column[F] {
		return columns.Plain("features."+name, "Array(String)", func(f *F) []string { return each(f.Features, get) })
	}
	figure := func(name string, get func(*N) float64) columns.Column[F] {
		return columns.Plain("features."+name, "Array(Float64)", func(f *F) []float64 { return each(f.Features, get) })
	}
	technique := func(name string, get func(*T) string) columns.Column[F] {
		return columns.Plain("techniques."+name, "Array(String)", func(f *F) []string { return each(f.Techniques, get) })
	}
	related := func(name string, get func(*schemas.Entity) string) columns.Column[F] {
		return columns.Plain("related."+name, "Array(String)", func(f *F) []string { return each(f.Related, get) })
	}
	series := func(f *F) schemas.Series {
		if f.Series == nil {
			return schemas.Series{}
		}
		return *f.Series
	}
	exception := func(f *F) schemas.Exception {
		if f.Exception == nil {
			return schemas.Exception{}
		}
		return *f.Exception
	}
	return insertRows(ctx, s, "findings", []columns.Column[F]{
		text("id", func(f *F) string { return f.ID }),
		text("detector", func(f *F) string { return f.Detector }),
		text("entity_kind", func(f *F) string { return f.Entity.Kind.String() }),
		text("entity", func(f *F) string { return f.Entity.Name }),
		text("tenant", func(f *F) string { return f.Tenant }),
		columns.Plain("severity", "Int8", func(f *F) int8 { return int8(f.Severity) }),
		columns.Plain("confidence", "Float64", func(f *F) float64 { return f.Confidence }),
		text("title", func(f *F) string { return f.Title }),
		text("summary", func(f *F) string { return f.Summary }),
		moment("window_start", func(f *F) time.Time { return f.WindowStart }),
		moment("window_end", func(f *F) time.Time { return f.WindowEnd }),
		moment("detected", func(f *F) time.Time { return f.Detected }),
		columns.Plain("events", "Int64", func(f *F) int64 { return f.Events }),
		feature("name", func(n *N) string { return n.Name }),
		figure("observed", func(n *N) float64 { return n.Observed }),
		figure("expected", func(n *N) float64 { return n.Expected }),
		feature("unit", func(n *N) string { return n.Unit }),
		figure("weight", func(n *N) float64 { return n.Weight }),
		feature("text", func(n *N) string { return n.Text }),
		technique("framework", func(t *T) string { return t.Framework }),
		technique("id", func(t *T) string { return t.ID }),
		technique("name", func(t *T) string { return t.Name }),
		columns.Plain("samples", "Array(String)", func(f *F) []string { return f.Samples }),
		moment("series_start", func(f *F) time.Time { return stamp(series(f).Start) }),
		columns.Plain("series_step", "Int64", func(f *F) int64 { return series(f).Step }),
		columns.Plain("series_counts", "Array(Int64)", func(f *F) []int64 { return series(f).Counts }),
		related("kind", func(e *schemas.Entity) string { return e.Kind.String() }),
		related("name", func(e *schemas.Entity) string { return e.Name }),
		columns.Plain("related_all", "Bool", func(f *F) bool { return f.RelatedAll }),
		text("query", func(f *F) string { return f.Query }),
		text("provider", func(f *F) string { return f.Provider }),
		text("model", func(f *F) string { return f.Model }),
		text("exception_owner", func(f *F) string { return exception(f).Owner }),
		text("exception_reason", func(f *F) string { return exception(f).Reason }),
		moment("stored_at", func(*F) time.Time { return now }),
	}, fs)
}
