package notify_test

import (
	"net/http"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	urlSecret    = "/in/notarealpath?token=notarealtoken"
	signingA     = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	headerSecret = "not-a-real-header"
	signingB     = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

func webhookMembers() []*member {
	made := webhookMember("template", stateNames(`"is":"%s"`))
	made.lacks = []string{"campaign"} // the template has none of it
	native := made.options
	made.options = func(base string) map[string]any {
		options := native(base)
		options["body"], options["template"] = "template", `{"is": {{json .Alert.State}}, "title": {{json (printf "%.300s" .Alert.Title)}},
			"outcome": {{json (printf "%.300s" .Alert.Outcome)}}, "into": {{json (printf "%.300s" .Alert.MergedInto)}},
			"by": {{with .Alert.Acknowledged}}{{json (printf "%.300s" .By)}}{{else}}null{{end}}, "key": {{json .Key}}}`
		return options
	}
	return []*member{
		webhookMember("native", stateNames(`"gatehound.alert.%s"`)),
		webhookMember("cloudevents", stateNames(`"alertstate":"%s"`)),
		webhookMember("ocsf", map[string]string{"open": `"type_uid":200401`, "updated": `"type_uid":200402`,
			"resolved": `"type_uid":200403`, "acknowledged": `"type_uid":200402`, "escalated": `"type_uid":200402`,
			"reopened": `"type_uid":200402`}),
		made,
	}
}

func webhookMember(format string, states map[string]string) *member {
	return &member{name: format, kind: "webhook", options: func(base string) map[string]any {
		return map[string]any{"url": base + urlSecret, "secrets": []string{signingA, signingB}, "body": format,
			"headers": []map[string]any{{"name": "x-gateway-token", "value": headerSecret}}}
	}, read: readSigned, accept: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		good: []int{200, 202, 204}, permanent: []int{401, 403, 404, 410},
		secrets:  []string{"notarealpath", "notarealtoken", signingA, signingB, signingA[6:], headerSecret},
		harmless: harmlessJSON, states: states}
}

// readSigned verifies the signatures with the library of Standard Webhooks.
func readSigned(t *testing.T, r *http.Request) request {
	raw := readAll(t, r)
	for _, secret := range []string{signingA, signingB} {
		wh, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Error(err)
		} else if err := wh.Verify(raw, r.Header); err != nil {
			t.Errorf("signature: %v", err)
		}
	}
	kind := r.Header.Get("Content-Type")
	if strings.Contains(string(raw), `"specversion":"1.0"`) != (kind == "application/cloudevents+json; charset=utf-8") ||
		!strings.Contains(kind, "json") || r.Method != http.MethodPost || r.URL.RequestURI() != urlSecret ||
		r.Header.Get("X-Gateway-Token") != headerSecret {
		t.Errorf("got %s %s", r.Method, r.Header.Get("Content-Type"))
	}
	return request{path: r.URL.Path, key: r.Header.Get("webhook-id"), body: raw}
}
