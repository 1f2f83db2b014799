package webhook

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// rule says what OCSF 1.8.0 wants of an object: its required attributes, and
// constraints of the kind at_least_one. Nested rules are by attribute; those
// of an array hold for each element.
type rule struct {
	required   []string
	atLeastOne []string
	nested     map[string]rule
}

var (
	observation = rule{required: []string{"value"}, nested: map[string]rule{
		"timespan": {atLeastOne: []string{"duration", "duration_days", "duration_hours", "duration_mins", "duration_months",
			"duration_secs", "duration_weeks", "duration_years", "end_time", "start_time"}},
	}}
	keyValue = rule{required: []string{"name"}, atLeastOne: []string{"value", "values"}}
)

// detectionFinding is class 2004, from the schema's events/findings and
// objects folders.
var detectionFinding = rule{
	required: []string{"activity_id", "category_uid", "class_uid", "type_uid", "severity_id", "time", "metadata", "finding_info"},
	nested: map[string]rule{
		"metadata": {required: []string{"product", "version"}, nested: map[string]rule{
			"product": {atLeastOne: []string{"name", "uid"}},
		}},
		"finding_info": {required: []string{"uid"}, nested: map[string]rule{
			"analytic": {required: []string{"type_id"}, atLeastOne: []string{"name", "uid"}},
			"attacks": {atLeastOne: []string{"tactic", "technique", "sub_technique"}, nested: map[string]rule{
				"technique":     {atLeastOne: []string{"name", "uid"}},
				"sub_technique": {atLeastOne: []string{"name", "uid"}},
			}},
			"tags":              keyValue,
			"related_analytics": {required: []string{"type_id"}, atLeastOne: []string{"name", "uid"}},
			"related_events":    {required: []string{"uid"}, nested: map[string]rule{"tags": keyValue}},
		}},
		"evidences": {atLeastOne: []string{"actor", "api", "connection_info", "data", "src_endpoint", "url", "user"},
			nested: map[string]rule{
				"api":          {required: []string{"operation"}},
				"user":         {atLeastOne: []string{"account", "name", "uid"}},
				"src_endpoint": {atLeastOne: []string{"ip", "uid", "name", "hostname"}},
			}},
		"anomaly_analyses": {required: []string{"analysis_targets", "anomalies"}, nested: map[string]rule{
			"analysis_targets": {required: []string{"name"}},
			"anomalies":        {required: []string{"observation_parameter", "observations"}, nested: map[string]rule{"observations": observation}},
			"baselines":        {required: []string{"observation_parameter", "observations"}, nested: map[string]rule{"observations": observation}},
		}},
		"ai_model": {required: []string{"ai_provider", "name"}},
	},
}

// violations lists where v breaks r.
func violations(at string, v any, r rule) (out []string) {
	if list, ok := v.([]any); ok {
		if len(list) == 0 {
			return []string{at + " is empty"}
		}
		for i, x := range list {
			out = append(out, violations(fmt.Sprintf("%s[%d]", at, i), x, r)...)
		}
		return out
	}
	m, ok := v.(map[string]any)
	if !ok {
		return []string{at + " is no object"}
	}
	for _, k := range r.required {
		if x, ok := m[k]; !ok || x == nil || x == "" {
			out = append(out, at+" lacks "+k)
		}
	}
	found := len(r.atLeastOne) == 0
	for _, k := range r.atLeastOne {
		_, ok := m[k]
		found = found || ok
	}
	if !found {
		out = append(out, at+" has none of "+strings.Join(r.atLeastOne, ", "))
	}
	for k, n := range r.nested {
		if x, ok := m[k]; ok {
			out = append(out, violations(at+"."+k, x, n)...)
		}
	}
	return out
}

func encoded(t *testing.T, a *schemas.Alert) map[string]any {
	t.Helper()
	encode, _ := encoderOf(t, func(c *Config) { c.Body = BodyOCSF })
	raw, err := encode(a, "k-1")
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestOCSFConstraints(t *testing.T) {
	entities := []schemas.Entity{
		{Kind: schemas.EntityPrincipal, Name: "h1:k1:abc"}, {Kind: schemas.EntityAddress, Name: "198.51.100.7"},
		{Kind: schemas.EntityAddress, Name: "2001:db8::/64"}, {Kind: schemas.EntityAddress, Name: "<script>"},
		{Kind: schemas.EntityRoute, Name: "POST /v1/chat/completions"}, {Kind: schemas.EntityGlobal, Name: "all"}, {},
	}
	for _, state := range states {
		for _, e := range entities {
			for _, model := range []string{"", "gpt-4o"} {
				a := alert(state)
				a.Entity, a.Finding.Model, a.Finding.Provider = e, model, "openai"
				if e.Kind == schemas.EntityNone { // the least that there can be
					a.Finding.Features, a.Finding.Techniques, a.Finding.Series, a.Parts, a.Finding.Related = nil, nil, nil, nil, nil
				}
				if e.Kind == schemas.EntityPrincipal && e.Name == "" {
					continue
				}
				m := encoded(t, a)
				for _, v := range violations("finding", m, detectionFinding) {
					t.Errorf("%s %v: %s", state, e, v)
				}
				if int(m["type_uid"].(float64)) != int(m["class_uid"].(float64))*100+int(m["activity_id"].(float64)) {
					t.Errorf("type_uid is %v", m["type_uid"])
				}
				if _, ok := m["ai_model"]; ok != (model != "") {
					t.Errorf("ai_model is there: %v", ok)
				}
				profiles := m["metadata"].(map[string]any)["profiles"]
				if (profiles != nil) != (model != "") {
					t.Errorf("profiles are %v", profiles)
				}
			}
		}
	}
}

// The check of the test above finds what it is there for.
func TestViolationsAreFound(t *testing.T) {
	m := encoded(t, alert(schemas.AlertOpen))
	delete(m, "time")
	m["metadata"].(map[string]any)["product"] = map[string]any{}
	m["evidences"] = []any{map[string]any{"http_request": 1}}
	m["anomaly_analyses"].([]any)[0].(map[string]any)["anomalies"] = []any{}
	if got := violations("finding", m, detectionFinding); len(got) != 4 {
		t.Errorf("found %v, want four", got)
	}
}

func TestOCSFValues(t *testing.T) {
	for _, c := range []struct {
		state    schemas.AlertState
		sequence int
		taken    bool
		want     string
	}{
		{schemas.AlertOpen, 1, false, "1 1 true"}, {schemas.AlertUpdated, 2, false, "2 1 false"},
		{schemas.AlertUpdated, 3, true, "2 2 false"}, {schemas.AlertAcknowledged, 2, true, "2 2 false"},
		{schemas.AlertEscalated, 2, false, "2 2 true"}, {schemas.AlertResolved, 3, true, "3 4 false"},
		{schemas.AlertReopened, 4, false, "2 1 true"}, {schemas.AlertOpen, 4, false, "2 1 false"},
	} {
		a := alert(c.state)
		a.Sequence, a.Acknowledged = c.sequence, nil
		if c.taken {
			a.Acknowledged = &schemas.Mark{By: "ana"}
		}
		m := encoded(t, a)
		if got := fmt.Sprint(m["activity_id"], m["status_id"], m["is_alert"]); got != c.want {
			t.Errorf("%s %d: activity, status and is_alert are %s, want %s", c.state, c.sequence, got, c.want)
		}
	}
	for sev := range schemas.SeverityCritical + 1 {
		a := alert(schemas.AlertOpen)
		a.Severity = sev
		if got := encoded(t, a)["severity_id"]; got != float64(sev)+1 {
			t.Errorf("severity_id of %s is %v", sev, got)
		}
	}
	for conf, want := range map[float64]float64{0: 1, 0.39: 1, 0.4: 2, 0.74: 2, 0.75: 3, 1: 3} {
		a := alert(schemas.AlertOpen)
		a.Confidence = conf
		if got := encoded(t, a)["confidence_id"]; got != want {
			t.Errorf("confidence_id of %v is %v, want %v", conf, got, want)
		}
	}
	encode, _ := encoderOf(t, func(c *Config) { c.Body = BodyOCSF })
	doc, err := encode(alert(schemas.AlertOpen), "k-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"time":1795179600000`, `"start_time":1795176000000`, `"uid":"k-1"`, `"correlation_uid":"f1"`,
		`{"technique":{"uid":"AML.T0024"},"sub_technique":{"uid":"AML.T0024.002","name":"Extract AI Model"}}`,
		`{"technique":{"uid":"T1110","name":"Brute Force"}}`,
		`{"name":"OWASP LLM 2025","value":"LLM10 Unbounded Consumption"}`,
		`"anomalies":[{"observation_parameter":"requests","observations":[{"value":"5021 requests/h"}],"observed_pattern":"many"},` +
			`{"observation_parameter":"events over time","observations":[{"value":"3","count":3,"timespan":{"start_time":1795176000000,"end_time":1795177800000}},` +
			`{"value":"5018","count":5018,"timespan":{"start_time":1795177800000,"end_time":1795179600000}}]}]`,
		`"baselines":[{"observation_parameter":"requests","observations":[{"value":"240.5 requests/h"}]}]`,
		`"evidences":[{"user":{"uid":"h1:k1:abc"}},{"src_endpoint":{"ip":"198.51.100.7"}}]`, `"evidence_query":"SELECT 1"`,
		`"request_uids":["req-1"]`, `"related_analytics":[{"type_id":2,"uid":"rate.spike","name":"rate.spike"}]`,
		`{"uid":"a1#2","title":"Many requests","severity_id":2,"severity":"Low","status":"ended","count":1,"first_seen_time":1795176000000,` +
			`"last_seen_time":1795179600000,"tags":[{"name":"detector","value":"rate.spike"},{"name":"principal","value":"h1:k1:abc"}]}`,
	} {
		if !strings.Contains(string(doc), want) {
			t.Errorf("the finding lacks %s:\n%s", want, doc)
		}
	}
}

// How it ended and who ended it is told at the end, and a campaign's keys are
// evidence.
func TestOCSFEnd(t *testing.T) {
	a := alert(schemas.AlertResolved)
	a.MergedInto, a.Test = "b2", true
	m := encoded(t, a)
	unmapped := m["unmapped"].(map[string]any)
	if m["message"] != a.Outcome || m["comment"] != "bo: key revoked" || unmapped["merged_into"] != "b2" || unmapped["test"] != true ||
		m["finding_info"].(map[string]any)["title"] != "TEST: Model extraction" || m["finding_info"].(map[string]any)["modified_time"] != 1795186800000.0 {
		t.Errorf("got %v", m)
	}
	a.Finding.Campaign = &schemas.Campaign{ID: "c-1", Named: []string{"h1:k1:x", "h1:k1:y"}}
	if got := encoded(t, a)["evidences"].([]any); len(got) != 4 {
		t.Errorf("%d evidences", len(got))
	}
}
