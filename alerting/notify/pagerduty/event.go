package pagerduty

import (
	"fmt"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// PagerDuty's limits, from
// https://developer.pagerduty.com/docs/events-api-v2/overview/ and
// …/trigger-events/.
const (
	limitSummary = 1024
	limitDedup   = 255
	maxBody      = 512_000 // "512 KB", of which kind is not said
)

// What we limit ourselves.
const (
	limitSource = 255
	limitField  = 255
	limitText   = 2000
	limitQuery  = 8000
	shownItems  = 20
)

// message is an event of the API.
type message struct {
	RoutingKey string  `json:"routing_key"`
	Action     string  `json:"event_action"`
	DedupKey   string  `json:"dedup_key"`
	Client     string  `json:"client"`
	ClientURL  string  `json:"client_url,omitempty"`
	Links      []link  `json:"links,omitempty"`
	Payload    payload `json:"payload"`
}

type link struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

type payload struct {
	Summary   string         `json:"summary"`
	Source    string         `json:"source"`
	Severity  string         `json:"severity"`
	Timestamp time.Time      `json:"timestamp"`
	Component string         `json:"component,omitempty"`
	Group     string         `json:"group,omitempty"`
	Class     string         `json:"class,omitempty"`
	Details   map[string]any `json:"custom_details"`
}

// severities are PagerDuty's, by ours.
var severities = [...]string{"info", "info", "warning", "error", "critical"}

// action is what a state means to PagerDuty. A trigger for an alert that
// PagerDuty has adds to its log, and wakes nobody if it is acknowledged; for one
// that is resolved it opens a new one.
func action(state schemas.AlertState) string {
	switch state {
	case schemas.AlertResolved:
		return "resolve"
	case schemas.AlertAcknowledged:
		return "acknowledge"
	}
	return "trigger"
}

// event is what PagerDuty is told of a.
func event(a *schemas.Alert, key, source string) *message {
	m := &message{
		Action: action(a.State), DedupKey: neutral.Text(a.ID, limitDedup), Client: "Gatehound",
		Payload: payload{
			Summary: summary(a), Source: source, Severity: severities[min(int(a.Severity), len(severities)-1)],
			Timestamp: neutral.Moment(a), Component: neutral.Text(a.Entity.Name, limitField),
			Group: neutral.Text(a.Tenant, limitField), Class: neutral.Text(a.Detector, limitField),
			Details: details(a, key),
		},
	}
	if neutral.IsLink(a.URL, limitText) {
		m.ClientURL, m.Links = a.URL, []link{{Href: a.URL, Text: "Open the case"}}
	}
	for _, t := range a.Finding.Techniques[:min(len(a.Finding.Techniques), 8)] {
		if to := t.URL(); to != "" {
			m.Links = append(m.Links, link{Href: to, Text: neutral.Text(t.ID+" "+t.Name, limitField)})
		}
	}
	return m
}

// summary is what is read on a telephone: PagerDuty makes it the title.
func summary(a *schemas.Alert) string {
	is := *a
	is.Title = strings.ToUpper(a.Severity.String()) + " " + neutral.Text(a.Title, 500) + ". " + a.Summary
	switch a.State {
	case schemas.AlertEscalated:
		is.Title = "ESCALATED " + is.Title
	case schemas.AlertReopened:
		is.Title = "REOPENED " + is.Title
	}
	return neutral.Title(&is, limitSummary)
}

// details are what the incident's page shows besides.
func details(a *schemas.Alert, key string) map[string]any {
	d := map[string]any{
		"alert": neutral.Text(a.ID, limitField), "notification": neutral.Text(key, limitField), "state": a.State.String(),
		"severity": a.Severity.String(), "confidence": fmt.Sprintf("%d %%", int(a.Confidence*100+0.5)),
		"detector": neutral.Text(a.Detector, limitField), "entity": entity(a.Entity), "summary": neutral.Text(a.Summary, limitText),
		"first_seen": when(a.FirstSeen), "last_seen": when(a.LastSeen), "findings": a.Findings, "events": a.Events,
	}
	set := func(key, value string, limit int) {
		if value = neutral.Lines(value, limit); value != "" {
			d[key] = value
		}
	}
	set("tenant", a.Tenant, limitField)
	set("model", strings.TrimSpace(a.Finding.Provider+" "+a.Finding.Model), limitField)
	set("query", a.Finding.Query, limitQuery)
	set("merged_into", a.MergedInto, limitField)
	set("outcome", neutral.Text(a.Outcome, limitText), limitText)
	set("acknowledged", neutral.Signed(a.Acknowledged, clock, limitText), limitText)
	set("resolution", neutral.Signed(a.Resolution, clock, limitText), limitText)
	if a.Escalated > 0 {
		d["escalated"] = a.Escalated
	}
	if a.Reopened > 0 {
		d["reopened"] = a.Reopened
	}
	list(d, "parts", a.Parts, func(p schemas.AlertPart) string {
		return fmt.Sprintf("%s to %s, %s, %s: %s", when(p.FirstSeen), when(p.LastSeen), p.Severity, entity(p.Entity), neutral.Text(p.Title, limitField))
	})
	list(d, "observed", a.Finding.Features, func(f schemas.Feature) string {
		return fmt.Sprintf("%s: %.4g against %.4g %s", neutral.Text(f.Text, limitField), f.Observed, f.Expected, neutral.Text(f.Unit, 30))
	})
	list(d, "techniques", a.Finding.Techniques, func(t schemas.Technique) string {
		return neutral.Text(t.Framework+" "+t.ID+" "+t.Name, limitField)
	})
	list(d, "requests", a.Finding.Samples, func(id string) string { return neutral.Text(id, limitField) })
	list(d, "related", a.Finding.Related, entity)
	if c := a.Finding.Campaign; c != nil {
		d["campaign"] = neutral.Text(c.ID, limitField)
		d["campaign_size"], d["campaign_exchanges"] = c.Size, c.Exchanges
		list(d, "campaign_links", c.Links, func(l schemas.Link) string { return neutral.Text(l.Text, limitField) })
		list(d, "campaign_keys", c.Named, func(n string) string { return neutral.Text(n, limitField) })
	}
	return d
}

// list sets key to at most shownItems lines, if there is any.
func list[T any](d map[string]any, key string, items []T, line func(T) string) {
	var out []string
	for _, it := range items[:min(len(items), shownItems)] {
		out = append(out, line(it))
	}
	if out != nil {
		d[key] = out
	}
}

func entity(e schemas.Entity) string { return e.Kind.String() + " " + neutral.Text(e.Name, limitField) }

// clock is the layout of times.
const clock = "2006-01-02 15:04:05 UTC"

func when(t time.Time) string { return t.UTC().Format(clock) }
