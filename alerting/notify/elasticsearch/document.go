package elasticsearch

import (
	"encoding/json"
	"net/netip"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// ecsVersion is the version of the Elastic Common Schema that documents keep to
// (https://www.elastic.co/docs/reference/ecs). The latest of them adds to it.
const ecsVersion = "8.17.0"

// maxDocument bounds a document, in bytes.
const maxDocument = 200 << 10

type m map[string]any

// bulk returns the body of a request that creates one document.
func bulk(a *schemas.Alert, key, index string) ([]byte, error) {
	action, err := json.Marshal(m{"create": m{"_index": index, "_id": key}})
	if err != nil {
		return nil, err
	}
	doc, err := neutral.Within(document(neutral.Marked(a), key), maxDocument)
	if err != nil {
		return nil, err
	}
	out := append(neutral.JSON(action), '\n')
	return append(append(out, doc...), '\n'), nil
}

// scores are event.severity: the risk scores that Elastic's own rules have.
var scores = [...]int{21, 21, 47, 73, 99}

// document is a as an ECS document. What ECS has no field for is in gatehound.
func document(a *schemas.Alert, key string) m {
	score := scores[min(a.Severity, schemas.SeverityCritical)]
	doc := m{
		"@timestamp": neutral.Moment(a).Format(time.RFC3339Nano),
		"ecs":        m{"version": ecsVersion},
		"message":    message(a),
		"tags":       tags(a),
		"event": with(m{
			"id": key, "kind": "alert", "category": []string{"intrusion_detection", "api"}, "type": []string{kind(a)},
			"action": a.Detector, "dataset": "gatehound.alert", "module": "gatehound", "provider": "gatehound",
			"severity": score, "risk_score": score, "sequence": a.Sequence,
			"start": stamp(a.FirstSeen), "end": stamp(a.LastSeen), "created": stamp(a.Finding.Detected), "reason": a.Summary,
		}, "url", a.URL),
		"observer": m{"vendor": "Gatehound", "product": "Gatehound", "type": "ids"},
		"rule":     with(m{"id": a.Detector, "name": a.Title, "category": family(a.Detector)}, "uuid", a.Finding.ID),
		"labels": with(m{"alert_id": a.ID, "state": a.State.String(), "severity": a.Severity.String()},
			"provider", a.Finding.Provider),
		"gatehound": m{"alert": details(a)},
	}
	if a.Tenant != "" {
		doc["organization"] = m{"id": a.Tenant}
	}
	if a.Finding.Model != "" {
		doc["gen_ai"] = m{"request": m{"model": m{"id": a.Finding.Model}}}
	}
	who(a, doc)
	if t := threat(a.Finding.Techniques); t != nil {
		doc["threat"] = t
	}
	return doc
}

// with sets key in o unless value is empty.
func with(o m, key, value string) m {
	if value != "" {
		o[key] = value
	}
	return o
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func message(a *schemas.Alert) string {
	if a.State == schemas.AlertResolved && a.Outcome != "" {
		return a.Title + ": " + a.Outcome
	}
	return a.Title
}

// kind is event.type.
func kind(a *schemas.Alert) string {
	switch a.State {
	case schemas.AlertOpen, schemas.AlertReopened:
		return "start"
	case schemas.AlertResolved:
		return "end"
	}
	return "change"
}

// family is the detector without its rule.
func family(detector string) string {
	f, _, _ := strings.Cut(detector, ".")
	return f
}

func tags(a *schemas.Alert) []string {
	out := []string{"gatehound"}
	if a.Test {
		out = append(out, "test")
	}
	for _, t := range a.Finding.Techniques {
		if !strings.HasPrefix(t.Framework, "MITRE ") {
			out = append(out, t.Framework+" "+t.ID)
		}
	}
	return out
}

// who says who it was: principals are users, addresses sources. What is no
// address, such as a pseudonym of one, must not be in a field of type ip.
func who(a *schemas.Alert, doc m) {
	users, ips := []string{}, []string{}
	add := func(e schemas.Entity) {
		switch e.Kind {
		case schemas.EntityPrincipal:
			users = append(users, e.Name)
		case schemas.EntityAddress:
			if ip, ok := address(e.Name); ok {
				ips = append(ips, ip)
			}
		}
	}
	add(a.Entity)
	switch {
	case len(users) > 0:
		doc["user"] = m{"id": users[0]}
	case len(ips) > 0:
		doc["source"] = m{"ip": ips[0], "address": a.Entity.Name}
	case a.Entity.Kind == schemas.EntityAddress && a.Entity.Name != "":
		doc["source"] = m{"address": a.Entity.Name}
	}
	for _, e := range a.Finding.Related {
		add(e)
	}
	if c := a.Finding.Campaign; c != nil {
		users = append(users, c.Named...)
	}
	doc["related"] = m{"user": users, "ip": ips}
}

// address returns the address of an IPv4 address, an IPv6 address or the /64 of
// one.
func address(name string) (string, bool) {
	name, _, _ = strings.Cut(name, "/")
	a, err := netip.ParseAddr(name)
	if err != nil || a.Zone() != "" {
		return "", false
	}
	return a.String(), true
}

// threat lists the techniques of MITRE's catalogues; nil if there are none.
func threat(techniques []schemas.Technique) m {
	var frameworks, ids, names, subIDs, subNames []string
	for _, t := range techniques {
		if !strings.HasPrefix(t.Framework, "MITRE ") {
			continue
		}
		frameworks = append(frameworks, t.Framework)
		if parent := t.Parent(); parent != "" {
			ids, subIDs, subNames = append(ids, parent), append(subIDs, t.ID), append(subNames, t.Name)
			continue
		}
		ids, names = append(ids, t.ID), append(names, t.Name)
	}
	if frameworks == nil {
		return nil
	}
	technique := m{"id": ids}
	if names != nil {
		technique["name"] = names
	}
	if subIDs != nil {
		technique["subtechnique"] = m{"id": subIDs, "name": subNames}
	}
	return m{"framework": frameworks, "technique": technique}
}

// details is what ECS has no field for. Only those that the index template
// names are indexed; data is the alert as in schemas/json/alert.v1.schema.json.
func details(a *schemas.Alert) m {
	out := m{
		"id": a.ID, "fingerprint": a.Fingerprint, "state": a.State.String(), "sequence": a.Sequence,
		"confidence": a.Confidence, "findings": a.Findings, "events": a.Events, "entity": a.Entity,
		"escalated": a.Escalated, "reopened": a.Reopened, "test": a.Test, "data": a,
	}
	with(out, "outcome", a.Outcome)
	with(out, "merged_into", a.MergedInto)
	if a.Acknowledged != nil {
		with(out, "acknowledged_by", a.Acknowledged.By)
	}
	return out
}
