package alertmanager

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// What we limit ourselves: Alertmanager itself has no limits but that of its
// memory.
const (
	limitLabel = 200
	limitText  = 2000
	limitQuery = 8000
)

// ownLabels are the names of labels that are ours.
var ownLabels = []string{"alertname", "alert_id", "severity", "level", "detector", "entity_kind", "entity", "tenant", "test"}

// alert is a postable alert of API v2, from
// https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml.
type alert struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

// severities are the values of the label severity, by ours: those that routes
// for Prometheus' own alerts go by. The label level has ours.
var severities = map[string]string{
	"info": "info", "low": "warning", "medium": "warning", "high": "critical", "critical": "critical",
}

// identity is what the labels of an alert are made of besides its id and the
// configured ones. It fits into a Ref.
type identity struct{ Level, Detector, Kind, Entity, Tenant string }

func identityOf(a *schemas.Alert) identity {
	return identity{
		Level: a.Severity.String(), Detector: label(a.Detector, 60), Kind: a.Entity.Kind.String(),
		Entity: label(a.Entity.Name, 110), Tenant: label(a.Tenant, 60),
	}
}

// label returns s as a label's value of at most limit bytes.
func label(s string, limit int) string {
	for n := limit; ; n-- {
		if v := neutral.Text(s, n); len(v) <= limit {
			return v
		}
	}
}

// labels are the identity of an alert in Alertmanager: they have no figures and
// no times.
func (i identity) labels(a *schemas.Alert, more map[string]string) map[string]string {
	l := maps.Clone(more)
	for name, value := range map[string]string{
		"alertname": "Gatehound", "alert_id": neutral.Text(a.ID, limitLabel), "severity": severities[i.Level],
		"level": i.Level, "detector": i.Detector, "entity_kind": i.Kind, "entity": i.Entity, "tenant": i.Tenant,
	} {
		if value != "" { // an empty label is none
			l[name] = value
		}
	}
	if a.Test {
		l["alertname"], l["test"] = "GatehoundTest", "true"
	}
	return l
}

// ref returns i as a Ref.
func (i identity) ref() alerting.Ref {
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false) // it would not fit
	if e.Encode([5]string{i.Level, i.Detector, i.Kind, i.Entity, i.Tenant}) != nil || out.Len() > alerting.MaxRef {
		return ""
	}
	return alerting.Ref(strings.TrimSpace(out.String()))
}

// parseRef returns the identity in a Ref, if it has one.
func parseRef(ref alerting.Ref) (i identity, ok bool) {
	var f []string
	if json.Unmarshal([]byte(ref), &f) != nil || len(f) != 5 || severities[f[0]] == "" {
		return identity{}, false
	}
	return identity{f[0], label(f[1], 60), label(f[2], 20), label(f[3], 110), label(f[4], 60)}, true
}

// annotations are what may change, and what people read.
func annotations(a *schemas.Alert, key string) map[string]string {
	n := make(map[string]string)
	set := func(name, value string, limit int) {
		if value = neutral.Text(value, limit); value != "" {
			n[name] = value
		}
	}
	title := neutral.Title(a, limitText)
	set("title", title, limitText)
	set("summary", title, limitText) // the name that receivers' templates show
	set("description", a.Summary, limitText)
	set("state", a.State.String(), limitLabel)
	set("findings", fmt.Sprint(a.Findings), limitLabel)
	set("events", fmt.Sprint(a.Events), limitLabel)
	set("confidence", fmt.Sprintf("%d %%", int(a.Confidence*100+0.5)), limitLabel)
	set("first_seen", when(a.FirstSeen), limitLabel)
	set("last_seen", when(a.LastSeen), limitLabel)
	set("notification", key, limitLabel)
	set("model", strings.TrimSpace(a.Finding.Provider+" "+a.Finding.Model), limitLabel)
	if neutral.IsLink(a.URL, limitText) {
		set("case_url", a.URL, limitText)
	}
	set("merged_into", a.MergedInto, limitLabel)
	set("outcome", a.Outcome, limitText)
	set("acknowledged", neutral.Signed(a.Acknowledged, time.RFC3339, limitText), limitText)
	set("resolution", neutral.Signed(a.Resolution, time.RFC3339, limitText), limitText)
	if a.Escalated > 0 {
		set("escalated", fmt.Sprint(a.Escalated), limitLabel)
	}
	if a.Reopened > 0 {
		set("reopened", fmt.Sprint(a.Reopened), limitLabel)
	}
	set("parts", join(a.Parts, func(p schemas.AlertPart) string {
		return fmt.Sprintf("%s %s %s: %s", p.Severity, p.Entity.Kind, neutral.Text(p.Entity.Name, 100), neutral.Text(p.Title, 200))
	}), limitText)
	set("observed", join(a.Finding.Features, func(f schemas.Feature) string {
		return fmt.Sprintf("%s: %.4g against %.4g %s", neutral.Text(f.Text, 200), f.Observed, f.Expected, neutral.Text(f.Unit, 30))
	}), limitText)
	set("techniques", join(a.Finding.Techniques, func(t schemas.Technique) string { return neutral.Text(t.ID+" "+t.Name, 120) }), limitText)
	if c := a.Finding.Campaign; c != nil {
		set("campaign", fmt.Sprintf("%s: %d keys, %d exchanges", neutral.Text(c.ID, 40), c.Size, c.Exchanges), limitText)
		set("campaign_links", join(c.Links, func(l schemas.Link) string { return neutral.Text(l.Text, 200) }), limitText)
		set("campaign_keys", join(c.Named, func(k string) string { return neutral.Text(k, 100) }), limitText)
	}
	if q := neutral.Lines(a.Finding.Query, limitQuery); q != "" {
		n["query"] = q
	}
	return n
}

// join makes one line of items, at most 20 of them.
func join[T any](items []T, line func(T) string) string {
	var out []string
	for _, it := range items[:min(len(items), 20)] {
		out = append(out, line(it))
	}
	return strings.Join(out, "; ")
}

func when(t time.Time) string { return t.UTC().Format(time.RFC3339) }
