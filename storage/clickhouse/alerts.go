package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// storedAlert is a row of alerts, and storedEntry one of alert_history.
type (
	storedAlert struct {
		schemas.Alert
		finding, parts           string // in JSON
		acknowledged, resolution schemas.Mark
	}
	storedEntry struct {
		schemas.AlertEvent
		alert string
	}
)

// WriteAlerts stores the states of alerts and the entries of their histories; those
// of the same id and sequence, and of the same id and number, are replaced. Alerts
// that somebody made to try a sink are not stored. Of a campaign it names nobody:
// campaign_members does, where one member can be forgotten without the alert about
// all of them.
func (s *Store) WriteAlerts(ctx context.Context, as []schemas.Alert) error {
	rows := make([]storedAlert, 0, len(as))
	var entries []storedEntry
	last := map[string]int{} // the newest state of an alert has the others' history
	for i := range as {
		last[as[i].ID] = i
	}
	for i := range as {
		if as[i].Test {
			continue
		}
		row, err := storedAlertOf(as[i])
		if err != nil {
			return fmt.Errorf("write alert %s: %w: %w", as[i].ID, errOwn, err)
		}
		rows = append(rows, row)
		if last[as[i].ID] != i {
			continue
		}
		for _, e := range as[i].History {
			entries = append(entries, storedEntry{e, as[i].ID})
		}
	}
	if err := insertRows(ctx, s, "alert_history", historyColumns(), entries); err != nil {
		return err
	}
	return insertRows(ctx, s, "alerts", alertColumns(), rows)
}

func storedAlertOf(a schemas.Alert) (row storedAlert, err error) {
	if a.Finding.Campaign != nil {
		c := *a.Finding.Campaign
		c.Named = []string{}
		a.Finding.Campaign = &c
	}
	finding, err := json.Marshal(a.Finding)
	if err != nil {
		return row, err
	}
	parts, err := json.Marshal(a.Parts)
	if err != nil {
		return row, err
	}
	row = storedAlert{Alert: a, finding: string(finding), parts: string(parts)}
	if a.Acknowledged != nil {
		row.acknowledged = *a.Acknowledged
	}
	if a.Resolution != nil {
		row.resolution = *a.Resolution
	}
	return row, nil
}

func alertColumns() []columns.Column[storedAlert] {
	type A = storedAlert
	now := time.Now()
	moment := func(name string, get func(*A) time.Time) columns.Column[A] {
		return columns.Plain(name, "DateTime64(9, 'UTC')", get)
	}
	text := func(name string, get func(*A) string) columns.Column[A] { return columns.Plain(name, "String", get) }
	number := func(name string, get func(*A) int) columns.Column[A] {
		return columns.Plain(name, "Int64", func(a *A) int64 { return int64(get(a)) })
	}
	return []columns.Column[A]{
		text("id", func(a *A) string { return a.ID }),
		number("sequence", func(a *A) int { return a.Sequence }),
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
		number("findings", func(a *A) int { return a.Findings }),
		columns.Plain("events", "Int64", func(a *A) int64 { return a.Events }),
		text("parts", func(a *A) string { return a.parts }),
		moment("acknowledged_at", func(a *A) time.Time { return stamp(a.acknowledged.At) }),
		text("acknowledged_by", func(a *A) string { return a.acknowledged.By }),
		text("acknowledged_comment", func(a *A) string { return a.acknowledged.Comment }),
		number("escalated", func(a *A) int { return a.Escalated }),
		number("reopened", func(a *A) int { return a.Reopened }),
		moment("resolution_at", func(a *A) time.Time { return stamp(a.resolution.At) }),
		text("resolution_by", func(a *A) string { return a.resolution.By }),
		text("resolution_comment", func(a *A) string { return a.resolution.Comment }),
		text("outcome", func(a *A) string { return a.Outcome }),
		text("muted", func(a *A) string { return a.Muted }),
		text("merged_into", func(a *A) string { return a.MergedInto }),
		text("url", func(a *A) string { return a.URL }),
		text("finding_id", func(a *A) string { return a.Finding.ID }),
		text("finding", func(a *A) string { return a.finding }),
		moment("stored_at", func(*A) time.Time { return now }),
	}
}

func historyColumns() []columns.Column[storedEntry] {
	type E = storedEntry
	now := time.Now()
	moment := func(name string, get func(*E) time.Time) columns.Column[E] {
		return columns.Plain(name, "DateTime64(9, 'UTC')", get)
	}
	text := func(name string, get func(*E) string) columns.Column[E] { return columns.Plain(name, "String", get) }
	return []columns.Column[E]{
		text("id", func(e *E) string { return e.alert }),
		columns.Plain("number", "Int64", func(e *E) int64 { return int64(e.Number) }),
		moment("at", func(e *E) time.Time { return stamp(e.At) }),
		moment("event_time", func(e *E) time.Time { return stamp(e.EventTime) }),
		text("what", func(e *E) string { return e.What }),
		text("who", func(e *E) string { return e.By }),
		text("text", func(e *E) string { return e.Text }),
		columns.Plain("severity", "Int8", func(e *E) int8 { return int8(e.Severity) }),
		moment("stored_at", func(*E) time.Time { return now }),
	}
}
