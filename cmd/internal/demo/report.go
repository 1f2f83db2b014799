package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// Report is what the demo ends with.
type Report struct {
	Plants []Plant
	// Alerts are all alerts in the order in which they fired.
	Alerts []schemas.Alert
	// Events and Elapsed are the totals.
	Events  int64
	Elapsed time.Duration
	// Redacted counts what was taken out, by kind.
	Redacted [schemas.RedactionKinds]int64
	// Evidence runs a query on the store and returns its first rows.
	Evidence func(ctx context.Context, query string) (Table, error)
}

// Table is what a query returned.
type Table struct {
	Columns []string
	Rows    [][]string
	// More tells that there were further rows.
	More bool
}

// Report shows the report and returns the score. The live line goes.
func (s *Screen) Report(ctx context.Context, r Report) (Score, error) {
	score := Judge(r.Plants, r.Alerts)
	var b strings.Builder
	s.totals(&b, &r)
	s.attacks(&b, &score)
	s.lookalikes(&b, &score)
	s.falseAlerts(&b, &score, len(distinct(r.Alerts)), r.Events)
	queryErr := s.evidence(ctx, &b, &r, &score)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = ""
	if err := s.write(b.String()); err != nil {
		return score, err
	}
	return score, queryErr
}

func (s *Screen) title(b *strings.Builder, text string) {
	b.WriteString("\n" + s.opts.paint(bold, fit(text, s.opts.width())) + "\n")
}

func (s *Screen) totals(b *strings.Builder, r *Report) {
	s.title(b, "WHAT HAPPENED")
	kinds, total := redacted(r.Redacted, count)
	text := fmt.Sprintf("%s events in %s.", count(r.Events), span(r.Elapsed))
	if total > 0 {
		text += fmt.Sprintf(" Taken out of them: %s.", strings.Join(kinds, ", "))
	}
	s.indent(b, "", "  ", text)
}

// roomy is the width from which the report has the finding's title beside the
// plant; below it the title has a line of its own.
const roomy = 90

func (s *Screen) attacks(b *strings.Builder, score *Score) {
	s.title(b, fmt.Sprintf("PLANTED AND FOUND: %d of %d attacks", score.Found(), len(score.Attacks)))
	w := s.opts.width()
	left, right := max(w-21, 10), 0
	if w >= roomy {
		left = (w - 21) * 55 / 100
		right = w - 21 - left
	}
	row := func(plant, verdict, style, after, by string) {
		line := "  " + pad(plant, left) + "  " + s.opts.paint(style, pad(verdict, 6)) + "  " + pad(after, 6)
		if right > 0 {
			line += "  " + fit(by, right)
		} else if by != "" {
			line = strings.TrimRight(line, " ") + "\n    " + fit(by, w-4)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	for _, v := range score.Attacks {
		if v.Alert == nil {
			row(clean(v.Plant.Title), "missed", red, "", "")
			continue
		}
		row(clean(v.Plant.Title), "found", green, span(v.After), clean(v.Alert.Title))
	}
	if score.Found() > 0 {
		s.indent(b, dim, "  ", "The time is event time from the first planted request to the finding.")
	}
	if score.Related > 0 {
		alerts := "further alerts are"
		if score.Related == 1 {
			alerts = "further alert is"
		}
		s.indent(b, dim, "  ", fmt.Sprintf("%d %s about callers, addresses or routes that an attack involves.", score.Related, alerts))
	}
}

func (s *Screen) lookalikes(b *strings.Builder, score *Score) {
	if len(score.Lookalikes) == 0 {
		return
	}
	s.title(b, "LOOK-ALIKES, WHICH ARE NO ATTACKS")
	left := max(s.opts.width()*55/100, 20)
	for _, v := range score.Lookalikes {
		room := s.opts.width() - left - 5
		verdict, style := "quiet", green
		switch {
		case v.Right:
			verdict = fit("named rightly: "+clean(v.Alert.Detector), room)
		case v.Alert != nil:
			verdict, style = fit("false alert: "+clean(v.Alert.Detector), room), red
		}
		b.WriteString("  " + pad(clean(v.Plant.Title), left) + "  " + s.opts.paint(style, verdict) + "\n")
	}
}

// falseLimit bounds how many false alerts are listed; all are counted.
const falseLimit = 20

func (s *Screen) falseAlerts(b *strings.Builder, score *Score, alerts int, events int64) {
	s.title(b, fmt.Sprintf("FALSE ALERTS: %d of %s in %s", len(score.False), many(score.Told, "statement"), many(alerts, "alert")))
	if len(score.False) == 0 {
		s.indent(b, "", "  ", fmt.Sprintf("none in %s events", count(events)))
	}
	for i, a := range score.False {
		if i == falseLimit {
			s.indent(b, "", "  ", fmt.Sprintf("and %d more", len(score.False)-i))
			break
		}
		s.indent(b, "", "  ", fmt.Sprintf("%s · %s · %s", clean(a.Title), entity(a.Entity), clean(a.Detector)))
	}
}

// rowLimit bounds the rows of evidence that are shown.
const rowLimit = 10

// evidence shows a query and what it returns: that of the first alert that
// found an attack, or of the first alert if none did.
func (s *Screen) evidence(ctx context.Context, b *strings.Builder, r *Report, score *Score) error {
	if len(r.Alerts) == 0 || r.Evidence == nil {
		return nil
	}
	a := &r.Alerts[0]
	if i := slices.IndexFunc(r.Alerts, score.hit); i >= 0 {
		a = &r.Alerts[i]
	}
	if a.Finding.Query == "" {
		return nil
	}
	s.title(b, "EVIDENCE OF THE FIRST ALERT: "+clean(a.Title))
	for line := range strings.Lines(a.Finding.Query) {
		s.indent(b, "36", "  ", clean(line))
	}
	t, err := r.Evidence(ctx, a.Finding.Query)
	if err != nil {
		s.indent(b, red, "  ", "the query did not run")
		return fmt.Errorf("query the evidence of an alert: %w", err)
	}
	b.WriteByte('\n')
	s.table(b, t)
	return nil
}

// distinct returns the ids of the alerts.
func distinct(as []schemas.Alert) map[string]bool {
	ids := map[string]bool{}
	for _, a := range as {
		ids[a.ID] = true
	}
	return ids
}
