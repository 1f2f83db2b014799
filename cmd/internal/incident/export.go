package incident

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/cmd/internal/query"
	"github.com/gatehound/gatehound/schemas"
)

// exportPage is how many alerts an export asks for at a time.
const exportPage = 500

// maxAgain is how often an export begins anew because the alert that it was at is
// gone.
const maxAgain = 10

// Export writes all alerts of the desk that match f to out, as "ndjson" or
// "csv". An alert that changes meanwhile is there once, as it was or as it is.
func Export(ctx context.Context, out io.Writer, desk alerting.Desk, f alerting.Filter, format string) error {
	w := alertWriter{json: format == "ndjson", out: out, csv: csv.NewWriter(out)}
	f.After, f.Limit = "", exportPage
	seen := make(map[string]bool)
	newest, again := "", 0
	for first := true; ; first = false {
		if err := ctx.Err(); err != nil {
			return err
		}
		page, err := desk.List(f)
		if errors.Is(err, alerting.ErrNoAlert) && again < maxAgain { // the last one was forgotten meanwhile
			f.After = ""
			again++
			continue
		}
		if err != nil {
			return err
		}
		if first && len(page) > 0 {
			newest = page[0].ID
		}
		if err := w.write(page, seen, first); err != nil {
			return err
		}
		if len(page) < exportPage {
			break
		}
		f.After = page[len(page)-1].ID
	}
	// What was seen anew meanwhile moved to the front, past the pages that were
	// still to be read.
	f.After = ""
	page, err := desk.List(f)
	if err != nil {
		return err
	}
	if len(page) > 0 && page[0].ID != newest {
		return w.write(page, seen, false)
	}
	return nil
}

// alertWriter writes alerts one a line.
type alertWriter struct {
	json bool
	out  io.Writer
	csv  *csv.Writer
}

func (w *alertWriter) write(page []schemas.Alert, seen map[string]bool, first bool) error {
	if w.json {
		var buf bytes.Buffer
		for i := range page {
			if seen[page[i].ID] {
				continue
			}
			seen[page[i].ID] = true
			doc, err := json.Marshal(&page[i])
			if err != nil {
				return fmt.Errorf("write alert %s: %w", page[i].ID, err)
			}
			buf.Write(append(neutral.JSON(doc), '\n'))
		}
		_, err := w.out.Write(buf.Bytes())
		return err
	}
	if first {
		if err := w.csv.Write(csvHeader); err != nil {
			return err
		}
	}
	for i := range page {
		if seen[page[i].ID] {
			continue
		}
		seen[page[i].ID] = true
		if err := w.csv.Write(csvRow(&page[i])); err != nil {
			return err
		}
	}
	w.csv.Flush()
	return w.csv.Error()
}

// csvHeader names the columns of alerts.
var csvHeader = []string{"id", "state", "severity", "confidence", "title", "detector", "entity_kind", "entity", "tenant",
	"first_seen", "last_seen", "findings", "events", "parts", "acknowledged_by", "acknowledged_at", "escalated", "reopened",
	"resolved_by", "resolved_at", "outcome", "muted", "merged_into", "url"}

// WriteCSV writes alerts with a heading. A spreadsheet takes none of their
// values for a formula: names of entities are written by attackers.
func WriteCSV(out io.Writer, alerts []schemas.Alert) error {
	w := alertWriter{out: out, csv: csv.NewWriter(out)}
	return w.write(alerts, make(map[string]bool), true)
}

func csvRow(a *schemas.Alert) []string {
	mark := func(m *schemas.Mark) (by, at string) {
		if m == nil {
			return "", ""
		}
		return m.By, moment(m.At)
	}
	takenBy, takenAt := mark(a.Acknowledged)
	endedBy, endedAt := mark(a.Resolution)
	row := []string{a.ID, a.State.String(), a.Severity.String(), strconv.FormatFloat(a.Confidence, 'g', 4, 64), a.Title, a.Detector,
		a.Entity.Kind.String(), a.Entity.Name, a.Tenant, moment(a.FirstSeen), moment(a.LastSeen), strconv.Itoa(a.Findings),
		strconv.FormatInt(a.Events, 10), strconv.Itoa(len(a.Parts)), takenBy, takenAt, strconv.Itoa(a.Escalated), strconv.Itoa(a.Reopened),
		endedBy, endedAt, a.Outcome, a.Muted, a.MergedInto, a.URL}
	for i := range row {
		row[i] = query.Cell(neutral.Text(row[i], 1000))
	}
	return row
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
