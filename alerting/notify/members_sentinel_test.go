package notify_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

const (
	entraSecret = "not~a.real~client.secret"
	entraToken  = "eyJub3QiOiJyZWFsIn0.not-a-real-token.sig"
	dcrID       = "dcr-0123456789abcdef0123456789abcdef"
)

func sentinelMembers() []*member {
	return []*member{{name: "rows", kind: "sentinel", options: func(base string) map[string]any {
		return map[string]any{"endpoint": base, "authority": base, "rule_id": dcrID, "client_secret": entraSecret,
			"tenant_id": "11111111-2222-3333-4444-555555555555", "client_id": "66666666-7777-8888-9999-000000000000"}
	}, read: readRows, accept: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		aside: entra, good: []int{200, 202, 204}, permanent: []int{400, 401, 404, 405, 413},
		requests: 1, secrets: []string{entraSecret, "not%7Ea.real", entraToken, dcrID}, harmless: harmlessJSON,
		states: stateNames(`"state":"%s"`)}}
}

// entra gives tokens as Microsoft Entra ID does.
func entra(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != "/11111111-2222-3333-4444-555555555555/oauth2/v2.0/token" {
		return false
	}
	if r.ParseForm() != nil || r.PostForm.Get("client_secret") != entraSecret || r.PostForm.Get("grant_type") != "client_credentials" ||
		r.PostForm.Get("scope") != "https://monitor.azure.com//.default" || r.PostForm.Get("client_id") != "66666666-7777-8888-9999-000000000000" {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"` + body + `"}`))
		return true
	}
	_, _ = w.Write([]byte(`{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"` + entraToken + `"}`))
	return true
}

// readRows reads a request as the Logs Ingestion API does.
func readRows(t *testing.T, r *http.Request) request {
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		return request{}
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Error(err)
	}
	if r.Method != http.MethodPost || r.URL.Path != "/dataCollectionRules/"+dcrID+"/streams/Custom-GatehoundAlerts_CL" ||
		r.URL.RawQuery != "api-version=2023-01-01" || r.Header.Get("Authorization") != "Bearer "+entraToken ||
		r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("got %s %s", r.Method, r.URL)
	}
	var rows []struct{ TimeGenerated, AlertKey string }
	if err := json.Unmarshal(raw, &rows); err != nil || len(rows) != 1 || rows[0].TimeGenerated == "" {
		t.Errorf("%v: %.300s", err, raw)
		return request{}
	}
	return request{path: r.URL.Path, key: rows[0].AlertKey, body: raw}
}
