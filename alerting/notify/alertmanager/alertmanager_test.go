package alertmanager

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"maps"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

func sample(state schemas.AlertState) schemas.Alert {
	at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	a := schemas.Alert{
		ID: "fedcba9876543210fedcba9876543210", State: state, Sequence: 1, Severity: schemas.SeverityHigh, Confidence: 0.87,
		Title: "Model extraction", Summary: "One caller asks like a machine.", Detector: "extraction.harvest",
		Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:q83vEjRWeJA"}, Tenant: "acme",
		FirstSeen: at, LastSeen: at.Add(time.Hour), Findings: 3, Events: 12000, URL: "https://gatehound.example/cases/1",
	}
	a.Finding = schemas.Finding{Detector: a.Detector, Entity: a.Entity, Query: "SELECT 1\nFROM events"}
	return a
}

func sinkTo(t *testing.T, cfg Config) *Sink {
	t.Helper()
	s, err := New("am", &cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// selfSigned returns a certificate for 127.0.0.1, for server and client, and its
// key.
func selfSigned(t *testing.T) (cert, key []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	if cert, err = x509.CreateCertificate(rand.Reader, tmpl, tmpl, k.Public(), k); err != nil {
		t.Fatal(err)
	}
	if key, err = x509.MarshalPKCS8PrivateKey(k); err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// local returns a sink that sends nothing, at a constant time.
func local(t *testing.T) (*Sink, time.Time) {
	t.Helper()
	s := sinkTo(t, Config{URL: "https://am.example.com", Hold: 24 * time.Hour})
	now := time.Now().UTC()
	s.now = func() time.Time { return now }
	return s, now
}

func TestLabelsHoldUntilTheSeverityChanges(t *testing.T) {
	s, now := local(t)
	a := sample(schemas.AlertOpen)
	first, ref := s.alerts(&a, "k", "")
	a.State, a.Detector, a.Tenant, a.Entity.Name = schemas.AlertUpdated, "rate.spike", "other", "else"
	second, again := s.alerts(&a, "k", ref)
	if len(first) != 1 || len(second) != 1 || !maps.Equal(first[0].Labels, second[0].Labels) || ref != again {
		t.Errorf("the labels were %v and are %v", first[0].Labels, second[0].Labels)
	}
	a.Severity = schemas.SeverityCritical
	third, next := s.alerts(&a, "k", again)
	if len(third) != 2 || !maps.Equal(third[0].Labels, first[0].Labels) || !third[0].EndsAt.Before(now) ||
		third[1].Labels["level"] != "critical" || third[1].Labels["detector"] != "rate.spike" || !third[1].EndsAt.Equal(now.Add(24*time.Hour)) {
		t.Errorf("after a change of severity there are %+v", third)
	}
	a.State, a.Severity = schemas.AlertResolved, schemas.SeverityLow
	last, _ := s.alerts(&a, "k", next)
	if len(last) != 1 || !maps.Equal(last[0].Labels, third[1].Labels) || !last[0].EndsAt.Before(now) {
		t.Errorf("at the end there are %+v", last)
	}
}

func TestHold(t *testing.T) {
	s, now := local(t)
	plain, campaign, digest, trial := sample(schemas.AlertOpen), sample(schemas.AlertOpen), sample(schemas.AlertOpen), sample(schemas.AlertOpen)
	campaign.Finding.Campaign = &schemas.Campaign{ID: "c-1"}
	digest.Detector = schemas.DigestDetector
	trial.Test = true
	for name, c := range map[string]struct {
		a    schemas.Alert
		want time.Duration
	}{
		"plain": {plain, 24 * time.Hour}, "campaign": {campaign, 9 * 24 * time.Hour}, "digest": {digest, time.Hour}, "test": {trial, 5 * time.Minute},
	} {
		if list, _ := s.alerts(&c.a, "k", ""); !list[0].EndsAt.Equal(now.Add(c.want)) {
			t.Errorf("%s: it ends in %v, want %v", name, list[0].EndsAt.Sub(now), c.want)
		}
	}
	if list, _ := s.alerts(&trial, "k", ""); list[0].Labels["alertname"] != "GatehoundTest" || list[0].Labels["test"] != "true" {
		t.Errorf("a test has the labels %v", list[0].Labels)
	}
	// Logs may be ahead of the clock, or have no time.
	for _, at := range []time.Time{{}, now.Add(48 * time.Hour), now} {
		for _, state := range []schemas.AlertState{schemas.AlertOpen, schemas.AlertResolved} {
			a := sample(state)
			a.FirstSeen = at
			if list, _ := s.alerts(&a, "k", ""); list[0].StartsAt.IsZero() || !list[0].StartsAt.Before(list[0].EndsAt) {
				t.Errorf("%v %s: from %v to %v", at, state, list[0].StartsAt, list[0].EndsAt)
			}
		}
	}
}

func TestRefFits(t *testing.T) {
	for _, text := range []string{`"`, `\`, "<", "é", "𝒳", "a\u0300\u0301\u0302", "\xff", "x"} {
		a := sample(schemas.AlertOpen)
		long := strings.Repeat(text, 1000)
		a.Detector, a.Entity.Name, a.Tenant, a.Severity = long, long, long, schemas.SeverityCritical
		a.Entity.Kind = schemas.EntityCampaign
		i := identityOf(&a)
		ref := i.ref()
		if got, ok := parseRef(ref); !ok || got != i || len(ref) > alerting.MaxRef {
			t.Errorf("%q: %d bytes, %+v, want %+v", text, len(ref), got, i)
		}
	}
	for _, ref := range []alerting.Ref{"", "x", "[]", `["high"]`, `["","","","",""]`, `["worse","a","b","c","d"]`, `{"a":1}`, `[1,2,3,4,5]`, "null"} {
		if got, ok := parseRef(ref); ok {
			t.Errorf("%q means %+v", ref, got)
		}
	}
}

func TestAnnotations(t *testing.T) {
	a := sample(schemas.AlertResolved)
	a.Resolution, a.Outcome, a.MergedInto = &schemas.Mark{At: a.LastSeen, By: "ana.k", Comment: "rotated the key"}, "It is over.", "0123"
	a.Acknowledged, a.Escalated, a.Reopened = &schemas.Mark{At: a.LastSeen}, 2, 1
	a.Parts = []schemas.AlertPart{{Detector: "rate.spike", Entity: a.Entity, Title: "Many requests"}}
	a.Finding.Features = []schemas.Feature{{Text: "requests", Observed: 5021, Expected: 240, Unit: "requests/h"}}
	n := annotations(&a, "k-1")
	for name, want := range map[string]string{
		"title": "Model extraction", "state": "resolved", "outcome": "It is over.", "merged_into": "0123", "notification": "k-1",
		"escalated": "2", "reopened": "1", "case_url": a.URL, "query": "SELECT 1\nFROM events", "confidence": "87 %",
		"observed": "requests: 5021 against 240 requests/h", "parts": "info principal h1:k1:q83vEjRWeJA: Many requests",
	} {
		if n[name] != want {
			t.Errorf("%s is %q, want %q", name, n[name], want)
		}
	}
	if !strings.HasPrefix(n["resolution"], "ana.k at ") || !strings.HasPrefix(n["acknowledged"], "Gatehound at ") {
		t.Errorf("got %q and %q", n["resolution"], n["acknowledged"])
	}
	a.URL = "javascript:alert(1)"
	if n := annotations(&a, "k"); n["case_url"] != "" {
		t.Errorf("there is a link to %q", n["case_url"])
	}
	if doc, err := json.Marshal(n); err != nil || len(doc) > 60_000 {
		t.Errorf("%d bytes, %v", len(doc), err)
	}
}

func TestConfig(t *testing.T) {
	good := func() Config {
		c := DefaultConfig()
		c.URL = "https://am.example.com/prefix/"
		return c
	}
	c := good()
	if s := sinkTo(t, c); s.url != "https://am.example.com/prefix/api/v2/alerts" || s.Name() != "am" {
		t.Errorf("the URL is %s", s.url)
	}
	for want, change := range map[string]func(*Config){
		"url is not set":                  func(c *Config) { c.URL = "" },
		"url is http":                     func(c *Config) { c.URL = "http://am.example.com" },
		"url has a query":                 func(c *Config) { c.URL += "?x=y" },
		"url has a private":               func(c *Config) { c.URL = "https://10.0.0.1:9093" },
		"hold is 1m0s: want 10m to 720h":  func(c *Config) { c.Hold = time.Minute },
		"password and token: want one":    func(c *Config) { c.Username, c.Password, c.Token = "u", "p", "t" },
		"username and password: want":     func(c *Config) { c.Username = "u" },
		"token, token_file and token_env": func(c *Config) { c.Token, c.TokenEnv = "t", "T" },
		"labels[0]: want name=value":      func(c *Config) { c.Labels = []string{"a b=c"} },
		"labels[1]: the label severity":   func(c *Config) { c.Labels = []string{"a=b", "severity=page"} },
		"labels[0]: the label __x":        func(c *Config) { c.Labels = []string{"__x=b"} },
		"labels has 21 entries":           func(c *Config) { c.Labels = slices.Repeat([]string{"a=b"}, 21) },
		"tls.cert_file and tls.key_file":  func(c *Config) { c.HTTP.TLS.CertFile = "x" },
	} {
		c := good()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	for want, change := range map[string]func(*Config){
		"password is empty":  func(c *Config) { c.Username, c.PasswordEnv = "u", "ALERTMANAGER_TEST_ABSENT" },
		"read token_file":    func(c *Config) { c.TokenFile = "/absent" },
		"read tls.ca_file":   func(c *Config) { c.HTTP.TLS.CAFile = "/absent" },
		"hold is 0s: want 1": func(c *Config) { c.Hold = 0 },
	} {
		c := good()
		change(&c)
		if _, err := New("am", &c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
