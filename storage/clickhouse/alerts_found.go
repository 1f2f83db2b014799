package clickhouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/gatehound/gatehound/schemas"
)

// maxOpen is how many alerts OpenAlerts reads at most, the latest first.
const maxOpen = 100_000

// OpenAlerts returns the alerts that are not resolved, and those that were resolved
// since, as they were stored last, the oldest first, at most 100,000. Each has the
// first and the latest entries of its history, and the members that its campaign has
// now.
func (s *Store) OpenAlerts(ctx context.Context, since time.Time) (out []schemas.Alert, err error) {
	defer func() { s.metrics.failed("read_alerts", err) }()
	rows, err := s.conn.Query(ctx, fmt.Sprintf(`
SELECT id, sequence, fingerprint, state, toUInt8(severity), confidence, title, summary, detector, entity_kind, entity, tenant,
    first_seen, last_seen, findings, events, parts, acknowledged_at, acknowledged_by, acknowledged_comment, escalated, reopened,
    resolution_at, resolution_by, resolution_comment, outcome, muted, merged_into, url, finding
FROM (SELECT * FROM %s FINAL ORDER BY id, sequence DESC LIMIT 1 BY id)
WHERE state != 'resolved' OR greatest(resolution_at, last_seen) >= fromUnixTimestamp64Nano(toInt64(%d))
ORDER BY last_seen DESC, id LIMIT %d`, s.table("alerts"), stamp(since).UnixNano(), maxOpen))
	if err != nil {
		return nil, fmt.Errorf("read alerts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		a, err := scanAlert(rows)
		if err != nil {
			return nil, fmt.Errorf("read alerts: %w", err)
		}
		out = append(out, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read alerts: %w", err)
	}
	if err := s.addMembers(ctx, out); err != nil {
		return nil, err
	}
	slices.Reverse(out)
	return out, s.addHistories(ctx, out)
}

// Found returns what tells findings that were stored since from others: id, rule,
// entity, severity, window, when they were made, events, and whether an allowlist
// covered them; the latest at most 100,000.
func (s *Store) Found(ctx context.Context, since time.Time) (out []schemas.Finding, err error) {
	defer func() { s.metrics.failed("read_findings", err) }()
	rows, err := s.conn.Query(ctx, fmt.Sprintf(`
SELECT id, detector, entity_kind, entity, toUInt8(severity), window_start, window_end, detected, events, exception_owner, exception_reason
FROM %s FINAL WHERE stored_at >= fromUnixTimestamp64Nano(toInt64(%d)) ORDER BY detected DESC, id LIMIT %d`,
		s.table("findings"), stamp(since).UnixNano(), maxOpen))
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f schemas.Finding
		var x schemas.Exception
		var kind string
		if err := rows.Scan(&f.ID, &f.Detector, &kind, &f.Entity.Name, (*uint8)(&f.Severity), &f.WindowStart, &f.WindowEnd,
			&f.Detected, &f.Events, &x.Owner, &x.Reason); err != nil {
			return nil, fmt.Errorf("read findings: %w", err)
		}
		if err := f.Entity.Kind.UnmarshalText([]byte(kind)); err != nil {
			return nil, fmt.Errorf("read findings: %w", err)
		}
		if f.WindowStart, f.WindowEnd, f.Detected = f.WindowStart.UTC(), f.WindowEnd.UTC(), f.Detected.UTC(); x != (schemas.Exception{}) {
			f.Exception = &x
		}
		out = append(out, f)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	return out, nil
}

func scanAlert(rows driver.Rows) (a schemas.Alert, err error) {
	var (
		state, kind, parts, finding            string
		sequence, findings, escalated, reopens int64
		acknowledged, resolution               schemas.Mark
	)
	if err := rows.Scan(&a.ID, &sequence, &a.Fingerprint, &state, (*uint8)(&a.Severity), &a.Confidence, &a.Title, &a.Summary,
		&a.Detector, &kind, &a.Entity.Name, &a.Tenant, &a.FirstSeen, &a.LastSeen, &findings, &a.Events, &parts,
		&acknowledged.At, &acknowledged.By, &acknowledged.Comment, &escalated, &reopens,
		&resolution.At, &resolution.By, &resolution.Comment, &a.Outcome, &a.Muted, &a.MergedInto, &a.URL, &finding); err != nil {
		return a, err
	}
	err = errors.Join(a.State.UnmarshalText([]byte(state)), a.Entity.Kind.UnmarshalText([]byte(kind)),
		json.Unmarshal([]byte(finding), &a.Finding))
	if parts != "" { // those of before have none
		err = errors.Join(err, json.Unmarshal([]byte(parts), &a.Parts))
	}
	a.Sequence, a.Findings, a.Escalated, a.Reopened = int(sequence), int(findings), int(escalated), int(reopens)
	a.FirstSeen, a.LastSeen = a.FirstSeen.UTC(), a.LastSeen.UTC()
	a.Acknowledged, a.Resolution = markOf(acknowledged), markOf(resolution)
	return a, err
}

func markOf(m schemas.Mark) *schemas.Mark {
	if m.At = unstamp(m.At); m == (schemas.Mark{}) {
		return nil
	}
	return &m
}

// addMembers fills the names of the campaigns in alerts, which are not stored in them.
func (s *Store) addMembers(ctx context.Context, as []schemas.Alert) error {
	fs := make([]schemas.Finding, len(as))
	for i := range as {
		fs[i] = as[i].Finding // Campaign is a pointer
	}
	return s.addNamed(ctx, fs)
}

// addHistories fills the histories of alerts, of each the first entry and the latest.
func (s *Store) addHistories(ctx context.Context, as []schemas.Alert) error {
	at := make(map[string]int, len(as))
	ids := make([]string, len(as))
	for i := range as {
		at[as[i].ID], ids[i] = i, as[i].ID
	}
	for chunk := range slices.Chunk(ids, historiesAtOnce) {
		err := s.history(ctx, "id IN ("+literals(chunk)+")", func(id string, e schemas.AlertEvent) {
			h := &as[at[id]].History
			if len(*h) == schemas.MaxHistory {
				*h = append((*h)[:1], (*h)[2:]...)
			}
			*h = append(*h, e)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// historiesAtOnce is of how many alerts a statement reads the histories: one of more
// than 256 KiB is refused (max_query_size).
const historiesAtOnce = 1000

// AlertHistory returns the history of an alert, the oldest entry first, nil if the
// store has none.
func (s *Store) AlertHistory(ctx context.Context, id string) (out []schemas.AlertEvent, err error) {
	defer func() { s.metrics.failed("read_alert_history", err) }()
	err = s.history(ctx, "id = "+literal(id), func(_ string, e schemas.AlertEvent) { out = append(out, e) })
	return out, err
}

// history gives take the entries that a condition lets pass, in the order of alerts
// and numbers.
func (s *Store) history(ctx context.Context, where string, take func(id string, e schemas.AlertEvent)) error {
	rows, err := s.conn.Query(ctx, "SELECT id, number, at, event_time, what, who, text, toUInt8(severity) FROM "+
		s.table("alert_history")+" FINAL WHERE "+where+" ORDER BY id, number")
	if err != nil {
		return fmt.Errorf("read the history of alerts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var number int64
		var e schemas.AlertEvent
		if err := rows.Scan(&id, &number, &e.At, &e.EventTime, &e.What, &e.By, &e.Text, (*uint8)(&e.Severity)); err != nil {
			return fmt.Errorf("read the history of alerts: %w", err)
		}
		e.Number, e.At, e.EventTime = int(number), unstamp(e.At), unstamp(e.EventTime)
		take(id, e)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the history of alerts: %w", err)
	}
	return nil
}
