package notify_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/go-viper/mapstructure/v2"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify"
	"github.com/gatehound/gatehound/alerting/notify/stdout"
	"github.com/gatehound/gatehound/schemas"
)

// member is a sink in one configuration.
type member struct {
	name, kind string
	// options returns the options for a receiver at base; nil for a sink
	// without one.
	options func(base string) map[string]any
	// local sends to a sink without a receiver.
	local func(t *testing.T, a *schemas.Alert, key string) []request
	// read takes a request apart and checks that it is genuine.
	read func(t *testing.T, r *http.Request) request
	// accept is the receiver's proper answer.
	accept func(w http.ResponseWriter, r *http.Request)
	// good and permanent are the statuses that it takes for success and for
	// final.
	good, permanent []int
	// needsBody: it does not succeed without the body of an answer.
	needsBody bool
	// secrets are never shown.
	secrets []string
	// harmless checks what a hostile alert was made into.
	harmless func(t *testing.T, r request)
	// ref is one that the sink could have returned.
	ref alerting.Ref
	// keyless: the format has no place for the key.
	keyless bool
	// states is what the body says of each state, in lower case.
	states map[string]string
}

// request is what a receiver got.
type request struct {
	path string
	key  string
	body []byte
	form url.Values
}

const (
	botToken  = "xoxb-0000-not-a-real-token"
	hookPath  = "/services/T000/B000/notarealsecret"
	urlSecret = "/in/notarealpath?token=notarealtoken"
	signingA  = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	signingB  = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

var slackPermanent = []int{400, 401, 403, 404, 410}

var stateWords = map[string]string{"open": "high", "updated": "high", "resolved": "resolved"}

var family = map[string][]*member{
	"slack": {
		{name: "token", kind: "slack", options: func(base string) map[string]any {
			return map[string]any{"token": botToken, "channel": "C0123456789", "api_url": base + "/api"}
		}, read: readSlackForm, accept: acceptSlack, good: []int{200}, permanent: slackPermanent, needsBody: true,
			secrets: []string{botToken}, harmless: harmlessSlack, ref: "C0123456789/1700000000.000100", states: stateWords},
		{name: "incoming webhook", kind: "slack", options: func(base string) map[string]any {
			return map[string]any{"webhook_url": base + hookPath}
		}, read: readSlackHook, accept: func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) },
			good: []int{200}, permanent: slackPermanent,
			secrets: []string{hookPath, "notarealsecret"}, harmless: harmlessSlack, keyless: true, states: stateWords},
	},
	"webhook": {
		webhookMember("native", map[string]string{"open": `"gatehound.alert.open"`, "updated": `"gatehound.alert.updated"`,
			"resolved": `"gatehound.alert.resolved"`}),
		webhookMember("ocsf", map[string]string{"open": `"type_uid":200401`, "updated": `"type_uid":200402`,
			"resolved": `"type_uid":200403`}),
	},
	"stdout": {
		{name: "stdout", kind: "stdout", local: func(t *testing.T, a *schemas.Alert, key string) []request {
			var out bytes.Buffer
			if _, err := stdout.NewWriter("out", &out).Notify(t.Context(), a, key, ""); err != nil {
				t.Fatal(err)
			}
			return []request{{body: out.Bytes()}}
		}, harmless: harmlessJSON, keyless: true, states: map[string]string{"open": `"state":"open"`,
			"updated": `"state":"updated"`, "resolved": `"state":"resolved"`}},
	},
}

func webhookMember(format string, states map[string]string) *member {
	return &member{name: format, kind: "webhook", options: func(base string) map[string]any {
		return map[string]any{"url": base + urlSecret, "secrets": []string{signingA, signingB}, "body": format}
	}, read: readSigned, accept: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		good: []int{200, 202, 204}, permanent: []int{401, 403, 404, 410},
		secrets:  []string{"notarealpath", "notarealtoken", signingA, signingB, signingA[6:]},
		harmless: harmlessJSON, states: states}
}

// make builds the sink the way the program does.
func (m *member) make(t *testing.T, base string, more map[string]any) alerting.Sink {
	t.Helper()
	options := m.options(base)
	maps.Copy(options, more)
	sinks, err := notify.Build([]alerting.SinkConfig{{Name: "x", Kind: m.kind, Options: options}}, decode)
	if err != nil {
		t.Fatal(err)
	}
	if sinks[0].Name() != "x" {
		t.Errorf("the sink is named %q", sinks[0].Name())
	}
	return sinks[0]
}

func decode(options map[string]any, into notify.Config) error {
	d, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{ErrorUnused: true, Result: into})
	if err != nil {
		return err
	}
	return d.Decode(options)
}

func readAll(t *testing.T, r *http.Request) []byte {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return raw
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

func readSlackForm(t *testing.T, r *http.Request) request {
	form, err := url.ParseQuery(string(readAll(t, r)))
	if err != nil {
		t.Error(err)
	}
	if form.Get("token") != botToken {
		t.Error("the token is missing")
	}
	for name, want := range map[string]string{"parse": "none", "link_names": "false", "mrkdwn": "false", "unfurl_links": "false", "unfurl_media": "false"} {
		if form.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, form.Get(name), want)
		}
	}
	var meta struct {
		Payload struct {
			Key string `json:"key"`
		} `json:"event_payload"`
	}
	if err := json.Unmarshal([]byte(form.Get("metadata")), &meta); err != nil {
		t.Errorf("metadata: %v", err)
	}
	return request{path: r.URL.Path, key: meta.Payload.Key, body: []byte(form.Get("text") + "\n" + form.Get("blocks")), form: form}
}

func readSlackHook(t *testing.T, r *http.Request) request {
	raw := readAll(t, r)
	var msg struct {
		Text   string          `json:"text"`
		Blocks json.RawMessage `json:"blocks"`
		Parse  string          `json:"parse"`
	}
	if err := json.Unmarshal(raw, &msg); err != nil {
		t.Error(err)
	}
	return request{path: r.URL.Path, body: raw, form: url.Values{"text": {msg.Text}, "blocks": {string(msg.Blocks)}, "parse": {msg.Parse}}}
}

func acceptSlack(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"ok":true,"channel":"C0123456789","ts":"1700000000.000100"}`))
}

func has(list []int, n int) bool { return slices.Contains(list, n) }

func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }

func writeClientCert(t *testing.T) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	return context.WithCancel(context.WithoutCancel(t.Context()))
}
