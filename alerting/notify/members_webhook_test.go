package notify_test

import (
	"net/http"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const (
	urlSecret = "/in/notarealpath?token=notarealtoken"
	signingA  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	signingB  = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

func webhookMembers() []*member {
	return []*member{
		webhookMember("native", stateNames(`"gatehound.alert.%s"`)),
		webhookMember("ocsf", map[string]string{"open": `"type_uid":200401`, "updated": `"type_uid":200402`,
			"resolved": `"type_uid":200403`, "acknowledged": `"type_uid":200402`, "escalated": `"type_uid":200402`,
			"reopened": `"type_uid":200402`}),
	}
}

func webhookMember(format string, states map[string]string) *member {
	return &member{name: format, kind: "webhook", options: func(base string) map[string]any {
		return map[string]any{"url": base + urlSecret, "secrets": []string{signingA, signingB}, "body": format}
	}, read: readSigned, accept: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		good: []int{200, 202, 204}, permanent: []int{401, 403, 404, 410},
		secrets:  []string{"notarealpath", "notarealtoken", signingA, signingB, signingA[6:]},
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
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.URL.RequestURI() != urlSecret {
		t.Errorf("got %s %s", r.Method, r.Header.Get("Content-Type"))
	}
	return request{path: r.URL.Path, key: r.Header.Get("webhook-id"), body: raw}
}
