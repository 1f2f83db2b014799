package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
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
		text("query", func(f *F) string { return f.Query }),
		text("provider", func(f *F) string { return f.Provider }),
		text("model", func(f *F) string { return f.Model }),
		text("exception_owner", func(f *F) string { return exception(f).Owner }),
		text("exception_reason", func(f *F) string { return exception(f).Reason }),
		moment("stored_at", func(*F) time.Time { return now }),
	}, fs)
}

// storedAlert is a row of alerts.
type storedAlert struct {
	schemas.Alert
	finding string // in JSON
}

// WriteAlerts stores the states of alerts; one with the same id and sequence is
// replaced. Of a campaign it names nobody: campaign_members does, where one
// member can be forgotten without the alert about all of them.
func (s *Store) WriteAlerts(ctx context.Context, as []schemas.Alert) error {
	type A = storedAlert
	now := time.Now()
	rows := make([]A, len(as))
	for i, a := range as {
		if a.Finding.Campaign != nil {
			c := *a.Finding.Campaign
			c.Named = []string{}
			a.Finding.Campaign = &c
		}
		finding, err := json.Marshal(a.Finding)
		if err != nil {
			return fmt.Errorf("write alert %s: %w: %w", a.ID, errOwn, err)
		}
		rows[i] = A{a, string(finding)}
	}
	moment := func(name string, get func(*A) time.Time) columns.Column[A] {
		return columns.Plain(name, "DateTime64(9, 'UTC')", get)
	}
	text := func(name string, get func(*A) string) columns.Column[A] { return columns.Plain(name, "String", get) }
	return insertRows(ctx, s, "alerts", []columns.Column[A]{
		text("id", func(a *A) string { return a.ID }),
		columns.Plain("sequence", "Int64", func(a *A) int64 { return int64(a.Sequence) }),
		text("fingerprint", func(a *A) string { return a.Fingerprint }),
		text("state", func(a *A) string { return a.State.String() }),
		columns.Plain("severity", "Int8", func(a *A) int8 { return int8(a.Severity) }),
		columns.Plain("confidence", "Float64", func(a *A) float64 { return a.Confidence }),
		text("title", func(a *A) string { return a.Title }),
		text("summary", func(a *A) string { return a.Summary }),
		text("detector", func(a *A) string { return a.Detector }),
		text("entity_kind", func(a *A) string { return a.Entity.Kind.String() }),
		text("entity", func(a *A) string { return a.Entity.Name }),
		text("tenant", func(a *A) string { return a.Tenant }),
		moment("first_seen", func(a *A) time.Time { return a.FirstSeen }),
		moment("last_seen", func(a *A) time.Time { return a.LastSeen }),
		columns.Plain("findings", "Int64", func(a *A) int64 { return int64(a.Findings) }),
		columns.Plain("events", "Int64", func(a *A) int64 { return a.Events }),
		text("finding_id", func(a *A) string { return a.Finding.ID }),
		text("finding", func(a *A) string { return a.finding }),
		moment("stored_at", func(*A) time.Time { return now }),
	}, rows)
}
