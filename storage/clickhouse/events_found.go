package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/gatehound/gatehound/schemas"
)

// ErrNoFinding is returned for an id that no finding has.
var ErrNoFinding = errors.New("no finding has this id")

// FindingIDPrefix is the least of an id that names a finding, in hexadecimal
// digits.
const FindingIDPrefix = 6

// FindingFilter chooses findings; what is not set lets all pass.
type FindingFilter struct {
	// From and To bound the start of the window; To is not in it.
	From, To time.Time
	// Detector is a family ("rate") or a rule of it ("rate.spike").
	Detector string
	// Entity is the entity's name.
	Entity string
	// Least is the least severity.
	Least schemas.Severity
	// Limit is the most findings, from 1.
	Limit int
}

// Finding returns the finding with an id, or with the only one that begins so:
// at least FindingIDPrefix hexadecimal digits, in either case.
func (s *Store) Finding(ctx context.Context, id string) (f *schemas.Finding, err error) {
	defer func() { s.metrics.failed("read_findings", err) }()
	id = strings.ToLower(id)
	if len(id) < FindingIDPrefix || strings.Trim(id, "0123456789abcdef") != "" {
		return nil, fmt.Errorf("read a finding: its id is %d and more hexadecimal digits: %w", FindingIDPrefix, errOwn)
	}
	found, err := s.findings(ctx, "startsWith(id, "+literal(id)+") ORDER BY id LIMIT 2")
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, ErrNoFinding
	case len(found) > 1:
		return nil, fmt.Errorf("read a finding: %s and %s begin like this, give more digits: %w", found[0].ID, found[1].ID, errOwn)
	}
	return &found[0], nil
}

// Findings returns the findings that f lets pass, the latest first.
func (s *Store) Findings(ctx context.Context, f FindingFilter) (out []schemas.Finding, err error) {
	defer func() { s.metrics.failed("read_findings", err) }()
	if f.Limit < 1 {
		return nil, fmt.Errorf("read findings: the limit is %d, allowed is 1 and more: %w", f.Limit, errOwn)
	}
	where := fmt.Sprintf("severity >= %d", f.Least)
	if !f.From.IsZero() {
		where += fmt.Sprintf(" AND window_start >= fromUnixTimestamp64Nano(%d)", f.From.UnixNano())
	}
	if !f.To.IsZero() {
		where += fmt.Sprintf(" AND window_start < fromUnixTimestamp64Nano(%d)", f.To.UnixNano())
	}
	switch {
	case strings.Contains(f.Detector, "."):
		where += " AND detector = " + literal(f.Detector)
	case f.Detector != "":
		where += " AND startsWith(detector, " + literal(f.Detector+".") + ")"
	}
	if f.Entity != "" {
		where += " AND entity = " + literal(f.Entity)
	}
	return s.findings(ctx, fmt.Sprintf("%s ORDER BY window_start DESC, id LIMIT %d", where, f.Limit))
}

// findings reads the findings that a condition lets pass.
func (s *Store) findings(ctx context.Context, where string) (out []schemas.Finding, err error) {
	rows, err := s.conn.Query(ctx, `
SELECT id, detector, entity_kind, entity, tenant, toUInt8(severity), confidence, title, summary,
    window_start, window_end, detected, events,
    features.name, features.observed, features.expected, features.unit, features.weight, features.text,
    techniques.framework, techniques.id, techniques.name,
    samples, series_start, series_step, series_counts, related.kind, related.name, related_all, query, provider, model, exception_owner, exception_reason
FROM `+s.table("findings")+` FINAL WHERE `+where)
	if err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		f, err := scanFinding(rows)
		if err != nil {
			return nil, fmt.Errorf("read findings: %w", err)
		}
		out = append(out, f)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read findings: %w", err)
	}
	return out, s.addCampaigns(ctx, out)
}

func scanFinding(rows driver.Rows) (f schemas.Finding, err error) {
	var (
		kind                         string
		name, unit, text             []string
		observed, expected, weight   []float64
		framework, techniqueID, call []string
		kinds, names                 []string
		series                       schemas.Series
		x                            schemas.Exception
	)
	if err := rows.Scan(&f.ID, &f.Detector, &kind, &f.Entity.Name, &f.Tenant, (*uint8)(&f.Severity), &f.Confidence, &f.Title, &f.Summary,
		&f.WindowStart, &f.WindowEnd, &f.Detected, &f.Events,
		&name, &observed, &expected, &unit, &weight, &text,
		&framework, &techniqueID, &call,
		&f.Samples, &series.Start, &series.Step, &series.Counts, &kinds, &names, &f.RelatedAll, &f.Query, &f.Provider, &f.Model, &x.Owner, &x.Reason); err != nil {
		return f, err
	}
	if err := f.Entity.Kind.UnmarshalText([]byte(kind)); err != nil {
		return f, err
	}
	f.WindowStart, f.WindowEnd, f.Detected = f.WindowStart.UTC(), f.WindowEnd.UTC(), f.Detected.UTC()
	for i := range name { // the arrays of a Nested have one length
		f.Features = append(f.Features, schemas.Feature{Name: name[i], Observed: observed[i], Expected: expected[i],
			Unit: unit[i], Weight: weight[i], Text: text[i]})
	}
	for i := range framework {
		f.Techniques = append(f.Techniques, schemas.Technique{Framework: framework[i], ID: techniqueID[i], Name: call[i]})
	}
	for i := range kinds {
		e := schemas.Entity{Name: names[i]}
		if err := e.Kind.UnmarshalText([]byte(kinds[i])); err != nil {
			return f, err
		}
		f.Related = append(f.Related, e)
	}
	if len(series.Counts) > 0 {
		series.Start = series.Start.UTC()
		f.Series = &series
	}
	if len(f.Samples) == 0 {
		f.Samples = nil
	}
	if x != (schemas.Exception{}) {
		f.Exception = &x
	}
	return f, nil
}
