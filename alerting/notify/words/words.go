// Package words says an alert in words, for the sinks that people read: what it
// is, how it stands, how it came to be, and what to look at.
//
// Every text in a Message is one line (Query may have several), bounded, visible
// and of no effect on a terminal; it is not escaped, which each sink does for its
// own format.
package words

import (
	"net/url"
	"strings"

	"github.com/gatehound/gatehound/alerting/notify/chart"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// What a message has at most, so that it can be read on a telephone.
const (
	maxTitle      = 300
	maxSentences  = 2500
	maxName       = 200
	maxPerson     = 60
	maxComment    = 500
	maxParts      = 8
	maxFigures    = 8
	maxTechniques = 8
	maxSamples    = 4
	maxLinks      = 6
	maxNamed      = 5
	maxQuery      = 2800
	maxURL        = 2000
)

// Message is an alert in words. Empty texts and lists are to be left out.
type Message struct {
	// Lamp is a sign of the severity and the state, Label the words for it: "🔴",
	// "CRITICAL · 👀 taken by alice".
	Lamp, Label string
	Title       string
	Summary     string
	// Status says how it stands: who has taken or resolved it, and what came of
	// it.
	Status []string
	Fields []Field
	// Chart is how the events spread over time.
	Chart string
	// Story has a line for each of the alert's parts, if there are several.
	Story []string
	// Links, Named and Commands are about a campaign: what holds its keys
	// together, some keys, and what to type to see all of it.
	Links, Named, Commands []string
	// Figures say what was observed against what was expected.
	Figures []string
	// Samples are ids of requests to look at.
	Samples    []string
	Techniques []Technique
	Query      string
	// URL is where the case is; MergedURL where that of the alert is that this one
	// became a part of. Both are http or https and can stand in a link.
	URL, MergedURL string
	// Foot has the ids by which programs know the alert and the message.
	Foot string
}

// Field is a short fact.
type Field struct{ Name, Value string }

// Technique is an entry of a public catalogue, with its address if it has one.
type Technique struct{ Text, URL string }

// Of says a in words; key is that of the notification.
func Of(a *schemas.Alert, key string) Message {
	f := &a.Finding
	m := Message{
		Lamp: lamp(a), Label: label(a),
		Title:   neutral.Text(a.Title, maxTitle),
		Summary: neutral.Text(a.Summary, maxSentences),
		Status:  status(a),
		Fields:  fields(a),
		Chart:   chart.Line(f.Series),
		Story:   story(a),
		Figures: figures(f.Features),
		Query:   neutral.Lines(f.Query, maxQuery),
		URL:     safeURL(a.URL),
		Foot:    "alert " + neutral.Text(a.ID, 100) + " · notification " + neutral.Text(key, 120),
	}
	if m.URL != "" && a.MergedInto != "" && a.ID != "" {
		m.MergedURL = safeURL(strings.ReplaceAll(m.URL, a.ID, url.PathEscape(a.MergedInto)))
	}
	for _, id := range f.Samples[:min(len(f.Samples), maxSamples)] {
		m.Samples = append(m.Samples, neutral.Text(id, 80))
	}
	for _, t := range f.Techniques[:min(len(f.Techniques), maxTechniques)] {
		m.Techniques = append(m.Techniques, Technique{neutral.Text(t.ID+" "+t.Name, 120), t.URL()})
	}
	if c := f.Campaign; c != nil {
		m.Links, m.Named, m.Commands = campaignLinks(c), campaignNames(c), campaignCommands(c)
	}
	return m
}

// Headline is the message in a line: "🔴 CRITICAL · Key guessing".
func (m *Message) Headline() string { return m.Lamp + " " + m.Label + " · " + m.Title }

// Actionable reports whether a person can do something about a.
func Actionable(a *schemas.Alert) bool {
	return a.State != schemas.AlertResolved && !a.Test && a.MergedInto == "" && a.Detector != schemas.DigestDetector
}

// lamps are the severities' colours.
var lamps = [...]string{"⚪", "🔵", "🟡", "🟠", "🔴"}

func lamp(a *schemas.Alert) string {
	if a.State == schemas.AlertResolved {
		return "✅"
	}
	return lamps[min(int(a.Severity), len(lamps)-1)]
}

// label says the state that counts most, in a few words.
func label(a *schemas.Alert) string {
	var out []string
	if a.Test {
		out = append(out, "TEST")
	}
	if a.State == schemas.AlertResolved {
		word := "RESOLVED"
		if d := a.LastSeen.Sub(a.FirstSeen); d > 0 {
			word += " after " + chart.Span(d)
		}
		return strings.Join(append(out, word), " · ")
	}
	out = append(out, strings.ToUpper(a.Severity.String()))
	if a.Detector == schemas.DigestDetector {
		out = append(out, "DIGEST")
	}
	switch {
	case a.State == schemas.AlertReopened:
		out = append(out, "↩ REOPENED")
	case a.Acknowledged != nil:
		out = append(out, "👀 taken"+short(by(a.Acknowledged)))
	case a.State == schemas.AlertEscalated || a.Escalated > 0:
		out = append(out, "⏫ ESCALATED")
	}
	return strings.Join(out, " · ")
}

// by names who did something, if it is known.
func by(m *schemas.Mark) string {
	if name := neutral.Text(m.By, maxPerson); name != "" {
		return " by " + name
	}
	return ""
}

// short leaves the id of somebody on Slack to the lines that have room for it:
// " by slack:U1 ana.k" becomes " by ana.k (Slack)".
func short(by string) string {
	if rest, ok := strings.CutPrefix(by, " by slack:"); ok {
		if _, name, ok := strings.Cut(rest, " "); ok {
			return " by " + name + " (Slack)"
		}
	}
	return by
}

// safeURL returns s if it is an address that can stand in a link as it is, and
// else nothing.
func safeURL(s string) string {
	if s == "" || len(s) > maxURL {
		return ""
	}
	for _, c := range s {
		if c <= ' ' || c >= 0x7f || strings.ContainsRune("\"'<>|\\`{}()[]*", c) {
			return ""
		}
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return s
}

// List is lines below a heading.
type List struct {
	Heading string
	Lines   []string
}

// Lists are the message's lists in the order in which they are shown; some may be
// empty.
func (m *Message) Lists() []List {
	return []List{
		{"How it came to be", m.Story},
		{"What holds them together", m.Links},
		{"Keys that took most", m.Named},
		{"All keys, timeline, what blocking would do", m.Commands},
		{"Observed against expected", m.Figures},
		{"Requests to look at", m.Samples},
	}
}

// Map returns the message with f applied to every text but the addresses.
func (m Message) Map(f func(string) string) Message {
	each := func(in []string) []string {
		var out []string
		for _, s := range in {
			out = append(out, f(s))
		}
		return out
	}
	m.Lamp, m.Label, m.Title, m.Summary, m.Chart = f(m.Lamp), f(m.Label), f(m.Title), f(m.Summary), f(m.Chart)
	m.Query, m.Foot = f(m.Query), f(m.Foot)
	m.Status, m.Story, m.Links, m.Named = each(m.Status), each(m.Story), each(m.Links), each(m.Named)
	m.Commands, m.Figures, m.Samples = each(m.Commands), each(m.Figures), each(m.Samples)
	fields, techniques := m.Fields, m.Techniques
	m.Fields, m.Techniques = nil, nil
	for _, x := range fields {
		m.Fields = append(m.Fields, Field{f(x.Name), f(x.Value)})
	}
	for _, x := range techniques {
		m.Techniques = append(m.Techniques, Technique{f(x.Text), x.URL})
	}
	return m
}
