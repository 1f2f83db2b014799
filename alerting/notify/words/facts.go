package words

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/chart"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// status says how the alert stands.
func status(a *schemas.Alert) []string {
	var out []string
	if a.Test {
		out = append(out, "This is a test: nothing has happened.")
	}
	if a.Outcome != "" {
		out = append(out, neutral.Text(a.Outcome, maxSentences))
	}
	if a.Resolution != nil {
		out = append(out, did("Resolved", a.Resolution))
	}
	if a.MergedInto != "" {
		out = append(out, "It became part of alert "+neutral.Text(a.MergedInto, 100)+".")
	}
	if a.Acknowledged != nil {
		out = append(out, did("Taken", a.Acknowledged))
	} else if a.Escalated > 0 {
		out = append(out, "Nobody has taken it: it was escalated "+times(a.Escalated)+".")
	}
	if a.Reopened > 0 {
		out = append(out, "It came back "+times(a.Reopened)+" after it was resolved.")
	}
	if a.Muted != "" {
		out = append(out, "Muted: "+neutral.Text(a.Muted, maxName)+".")
	}
	return out
}

// did says who did something, when and why.
func did(what string, m *schemas.Mark) string {
	out := what + by(m)
	if !m.At.IsZero() {
		out += " at " + When(m.At)
	}
	if comment := neutral.Text(m.Comment, maxComment); comment != "" {
		out += ": " + comment
	}
	return out
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return strconv.Itoa(n) + " times"
}

// fields are the short facts, at most ten.
func fields(a *schemas.Alert) []Field {
	var out []Field
	if c := a.Finding.Campaign; c != nil {
		out = campaignFields(c)
	} else {
		out = append(out, Field{"First seen", When(a.FirstSeen)}, Field{"Last seen", When(a.LastSeen)},
			Field{"So far", Count(int64(a.Findings), "finding") + ", " + Count(a.Events, "event")})
	}
	add := func(name, value string) {
		if value = neutral.Text(value, maxName); value != "" {
			out = append(out, Field{name, value})
		}
	}
	add("Who: "+a.Entity.Kind.String(), a.Entity.Name)
	add("Detector", a.Detector)
	add("Confidence", strconv.Itoa(int(a.Confidence*100+0.5))+" %")
	add("Tenant", a.Tenant)
	if a.Finding.Model != "" {
		add("Model", strings.TrimSpace(a.Finding.Provider+" "+a.Finding.Model))
	}
	if a.Finding.Campaign == nil {
		add("Seen with", related(&a.Finding))
	}
	return out
}

// related names the entities that the evidence ties to the alert's; empty if none has
// a name.
func related(f *schemas.Finding) string {
	var names []string
	for _, e := range f.Related[:min(len(f.Related), schemas.MaxRelated)] {
		if e.Name != "" { // as where names are not shown
			names = append(names, e.Kind.String()+" "+neutral.Text(e.Name, 40))
		}
	}
	if !f.RelatedAll && len(names) > 0 {
		names = append(names, "and others")
	}
	return strings.Join(names, ", ")
}

// story tells the parts in the order in which they began: "12:05
// authfail.stuffing: many keys were tried (3 findings, 2,300 events), ended 12:20".
func story(a *schemas.Alert) []string {
	if len(a.Parts) < 2 {
		return nil
	}
	clock := "15:04"
	if a.FirstSeen.UTC().Format(time.DateOnly) != a.LastSeen.UTC().Format(time.DateOnly) {
		clock = "2006-01-02 15:04"
	}
	var out []string
	for _, p := range a.Parts[:min(len(a.Parts), maxParts)] {
		line := fmt.Sprintf("%s %s: %s (%s, %s)", p.FirstSeen.UTC().Format(clock), neutral.Text(p.Detector, 60),
			neutral.Text(p.Title, 140), Count(int64(p.Findings), "finding"), Count(p.Events, "event"))
		if p.Entity != a.Entity && p.Entity.Name != "" {
			line += ", " + p.Entity.Kind.String() + " " + neutral.Text(p.Entity.Name, 80)
		}
		if !p.Ended.IsZero() {
			line += ", ended " + p.Ended.UTC().Format(clock)
		}
		out = append(out, line)
	}
	if n := len(a.Parts) - maxParts; n > 0 {
		out = append(out, "and "+Count(int64(n), "more part"))
	}
	return out
}

// figures say what was observed against what was expected.
func figures(fs []schemas.Feature) []string {
	var out []string
	for _, f := range fs[:min(len(fs), maxFigures)] {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s: %s against %s %s", strings.TrimSuffix(neutral.Text(f.Text, 220), "."),
			Figure(f.Observed), Figure(f.Expected), neutral.Text(f.Unit, 30))))
	}
	if n := len(fs) - maxFigures; n > 0 {
		out = append(out, "and "+Count(int64(n), "more figure"))
	}
	return out
}

// Figure writes a number with at most four significant digits, or as it is if it
// is whole and short.
func Figure(x float64) string {
	if x == float64(int64(x)) && x < 1e6 && x > -1e6 {
		return strconv.FormatInt(int64(x), 10)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// Count says how many of what there are: "1 event", "2,400 events".
func Count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return chart.Grouped(n) + " " + what + "s"
}

// When writes a time to the second.
func When(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
