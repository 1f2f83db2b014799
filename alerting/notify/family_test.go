package notify_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
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

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify"
	"github.com/gatehound/gatehound/schemas"
)

// family has the members of every kind; each kind's are in a file of its own.
var family = map[string]func() []*member{
	"alertmanager":  alertmanagerMembers,
	"elasticsearch": elasticsearchMembers,
	"email":         emailMembers,
	"kafka":         kafkaMembers,
	"pagerduty":     pagerdutyMembers,
	"sentinel":      sentinelMembers,
	"slack":         slackMembers,
	"splunk":        splunkMembers,
	"stdout":        stdoutMembers,
	"syslog":        syslogMembers,
	"teams":         teamsMembers,
	"webhook":       webhookMembers,
}

// member is a sink in one configuration.
type member struct {
	name, kind string
	// options returns the options for a receiver over HTTP at base; nil for a
	// sink without one.
	options func(base string) map[string]any
	// local sends to a sink without options, and returns what its receiver got.
	local func(t *testing.T, a *schemas.Alert, key string) []request
	// suite is how a sink without options fails: what its receiver can do
	// wrong. nil if it has none that could fail.
	suite func(t *testing.T, m *member)
	// read takes a notification apart and checks that it is genuine.
	read func(t *testing.T, r *http.Request) request
	// accept is the receiver's proper answer. It can read the body again.
	accept func(w http.ResponseWriter, r *http.Request)
	// aside answers requests that are no notification, such as those for a
	// token, and reports whether it did. They are neither counted nor made to
	// fail. Default: there are none.
	aside func(w http.ResponseWriter, r *http.Request) bool
	// requests is how many requests make a notification, prev being empty.
	// Default: 1.
	requests int
	// good and permanent are the statuses that it takes for success and for
	// final. 200 stands for accept.
	good, permanent []int
	// needsBody: it does not succeed without the body of an answer.
	needsBody bool
	// answers are what the receiver can say besides, and what comes of it.
	answers []answer
	// checks are the paths that Check may post to. Default: none.
	checks []string
	// secrets are never shown.
	secrets []string
	// harmless checks what a hostile alert was made into.
	harmless func(t *testing.T, r request)
	// ref is one that the sink could have returned.
	ref alerting.Ref
	// keyless: the format has no place for the key.
	keyless bool
	// states is what the body says of each of the six states, in lower case.
	states map[string]string
	// lacks are what the format has no place for, or is not told: "test",
	// "outcome", "acknowledged", "merged", "campaign".
	lacks []string
}

// request is what a receiver got.
type request struct {
	path string
	key  string
	body []byte
	form url.Values
}

// answer is something that a receiver can say.
type answer struct {
	name   string
	status int
	header map[string]string
	body   string
	// want is "good", "permanent", "retry" or "after".
	want string
}

// stateNames returns a text for each state, made by format of its name.
func stateNames(format string) map[string]string {
	out := make(map[string]string)
	for _, s := range states {
		out[s.String()] = fmt.Sprintf(format, s)
	}
	return out
}

// states are all that an alert can be in.
var states = []schemas.AlertState{schemas.AlertOpen, schemas.AlertUpdated, schemas.AlertResolved,
	schemas.AlertAcknowledged, schemas.AlertEscalated, schemas.AlertReopened}

// count is how many requests make a notification.
func (m *member) count() int { return max(m.requests, 1) }

// taken answers r as a receiver does that takes everything.
func (m *member) taken(w http.ResponseWriter, r *http.Request) {
	if m.aside == nil || !m.aside(w, r) {
		m.accept(w, r)
	}
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
	d, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{ErrorUnused: true, Result: into,
		DecodeHook: mapstructure.StringToTimeDurationHookFunc()})
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
