package notify_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

const (
	elasticKey = "bm90YXJlYWxpZDpub3RhcmVhbGtleQ=="
	openPass   = "not-a-real-password"
)

func elasticsearchMembers() []*member {
	return []*member{
		elasticMember("api key", "ApiKey "+elasticKey, map[string]any{"api_key": elasticKey},
			`{"errors":false,"items":[{"create":{"_index":".ds-logs-gatehound.alert-default-2026.11.20-000001","_id":"k","_version":1,`+
				`"result":"created","_shards":{"total":2,"successful":1,"failed":0},"_seq_no":0,"_primary_term":1,"status":201}}]}`),
		elasticMember("opensearch", "Basic Z2F0ZWhvdW5kOm5vdC1hLXJlYWwtcGFzc3dvcmQ=",
			map[string]any{"username": "gatehound", "password": openPass, "index": "gatehound-alerts"},
			`{"took":3,"errors":false,"items":[{"create":{"_index":"gatehound-alerts","_id":"k","_version":1,"result":"created","status":201}}]}`),
	}
}

func elasticMember(name, auth string, more map[string]any, yes string) *member {
	item := func(status, kind string) string {
		return `{"errors":true,"items":[{"create":{"_index":"x","_id":"k","status":` + status + `,"error":{"type":"` + kind +
			`","reason":"` + body + `: failed to parse"}}}]}`
	}
	return &member{name: name, kind: "elasticsearch", options: func(base string) map[string]any {
		options := map[string]any{"url": base + "/cluster"}
		for k, v := range more {
			options[k] = v
		}
		return options
	}, read: func(t *testing.T, r *http.Request) request { return readBulk(t, r, auth) },
		accept: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Elastic-Product", "Elasticsearch")
			_, _ = w.Write([]byte(yes))
		}, good: []int{200}, permanent: []int{400, 401, 403, 404, 405, 413}, needsBody: true,
		answers: []answer{
			{"there already", 200, nil, item("409", "version_conflict_engine_exception"), "good"},
			{"queue full", 200, nil, item("429", "es_rejected_execution_exception"), "retry"},
			{"queue full, opensearch", 200, nil, item("429", "rejected_execution_exception"), "retry"},
			{"node away", 200, nil, item("503", "unavailable_shards_exception"), "retry"},
			{"disk full", 200, nil, item("403", "cluster_block_exception"), "retry"},
			{"mapping", 200, nil, item("400", "document_parsing_exception"), "permanent"},
			{"mapping, opensearch", 200, nil, item("400", "mapper_parsing_exception"), "permanent"},
			{"a type that is not known", 200, nil, item("400", body), "permanent"},
			{"no such index", 200, nil, item("404", "index_not_found_exception"), "permanent"},
			{"may not write", 200, nil, item("403", "security_exception"), "permanent"},
			{"no status", 200, nil, item("0", ""), "retry"},
			{"no items", 200, nil, `{"errors":false,"items":[]}`, "retry"},
			{"another action", 200, nil, `{"errors":false,"items":[{"index":{"status":201}}]}`, "retry"},
			{"throttled", 429, map[string]string{"Retry-After": "3"}, item("429", "x"), "after"},
		},
		secrets: []string{elasticKey, openPass, auth}, harmless: harmlessBulk, states: stateNames(`"state":"%s"`)}
}

// readBulk reads a bulk request as both products do.
func readBulk(t *testing.T, r *http.Request, auth string) request {
	raw := readAll(t, r)
	if r.Method != http.MethodPost || r.URL.Path != "/cluster/_bulk" || r.Header.Get("Authorization") != auth ||
		r.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("got %s %s %s", r.Method, r.URL.Path, r.Header.Get("Content-Type"))
	}
	lines := strings.Split(string(raw), "\n")
	if len(lines) != 3 || lines[2] != "" {
		t.Errorf("%d lines, want an action, a document and an end", len(lines))
		return request{}
	}
	var action struct {
		Create struct {
			Index string `json:"_index"`
			ID    string `json:"_id"`
		} `json:"create"`
	}
	var doc struct {
		Event struct {
			ID string `json:"id"`
		} `json:"event"`
	}
	if err := json.Unmarshal([]byte(lines[0]), &action); err != nil || action.Create.Index == "" {
		t.Errorf("%v: %s", err, lines[0])
	}
	if err := json.Unmarshal([]byte(lines[1]), &doc); err != nil || doc.Event.ID != action.Create.ID {
		t.Errorf("%v: the ids are %q and %q", err, doc.Event.ID, action.Create.ID)
	}
	return request{path: r.URL.Path, key: action.Create.ID, body: raw}
}

// harmlessBulk: both lines are harmless.
func harmlessBulk(t *testing.T, r request) {
	t.Helper()
	action, doc, _ := strings.Cut(string(r.body), "\n")
	harmlessJSON(t, request{body: []byte(action)})
	harmlessJSON(t, request{body: []byte(doc)})
}
