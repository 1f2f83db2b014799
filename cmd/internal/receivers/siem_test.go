package receivers

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// secret makes a signing secret that opens nothing.
func secret(word string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(word, 8)))
}

func siem(t *testing.T, o SIEMOptions) *SIEM {
	t.Helper()
	if o.Secrets == nil {
		o.Secrets = []string{secret("demo")}
	}
	s, err := NewSIEM(o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	return s
}

// delivery is a webhook to be sent.
type delivery struct {
	method, id, secret, body string
	at                       time.Time
	// spoil changes the body after it was signed.
	spoil string
}

func send(t *testing.T, c *http.Client, url string, d delivery) int {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(d.secret)
	require.NoError(t, err)
	signature, err := hook.Sign(d.id, d.at, []byte(d.body))
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), d.method, url, strings.NewReader(d.body+d.spoil))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(standardwebhooks.HeaderWebhookID, d.id)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(d.at.Unix(), 10))
	req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	resp, err := c.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func good(id string) delivery {
	return delivery{method: http.MethodPost, id: id, secret: secret("demo"), body: `{"type":"alert"}`, at: time.Now()}
}

func TestSIEMTakesSignedWebhooksOnce(t *testing.T) {
	var told []string
	s := siem(t, SIEMOptions{OnDelivery: func(d Delivery) { told = append(told, d.ID) }})
	c := client(t)
	began := time.Now()
	assert.Equal(t, http.StatusNoContent, send(t, c, s.URL(), good("a-1")))
	assert.Equal(t, http.StatusNoContent, send(t, c, s.URL(), good("a-2")))
	assert.Equal(t, http.StatusNoContent, send(t, c, s.URL(), good("a-1")), "a repeat is fine, and swallowed")

	ds := s.Deliveries()
	require.Len(t, ds, 2)
	assert.Equal(t, []string{"a-1", "a-2"}, told)
	assert.Equal(t, 1, s.Duplicates())
	assert.Equal(t, "a-1", ds[0].ID)
	assert.Equal(t, "/webhook", ds[0].Path)
	assert.Equal(t, "application/json", ds[0].ContentType)
	assert.JSONEq(t, `{"type":"alert"}`, string(ds[0].Body))
	assert.WithinRange(t, ds[0].Arrived, began, time.Now())
}

func TestSIEMRefuses(t *testing.T) {
	s := siem(t, SIEMOptions{})
	c := client(t)
	for _, tt := range []struct {
		name, reason string
		status       int
		change       func(d *delivery)
	}{
		{"GET", "method", http.StatusMethodNotAllowed, func(d *delivery) { d.method = http.MethodGet }},
		{"other secret", "signature", http.StatusUnauthorized, func(d *delivery) { d.secret = secret("else") }},
		{"changed body", "signature", http.StatusUnauthorized, func(d *delivery) { d.spoil = " " }},
		{"old", "signature", http.StatusUnauthorized, func(d *delivery) { d.at = time.Now().Add(-6 * time.Minute) }},
		{"from the future", "signature", http.StatusUnauthorized, func(d *delivery) { d.at = time.Now().Add(6 * time.Minute) }},
		{"no id", "signature", http.StatusUnauthorized, func(d *delivery) { d.id = "" }},
		{"no JSON", "json", http.StatusBadRequest, func(d *delivery) { d.body = "{" }},
		{"large", "body", http.StatusRequestEntityTooLarge, func(d *delivery) { d.body = strings.Repeat(" ", bodyLimit+1) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := s.Refused(tt.reason)
			d := good("x")
			tt.change(&d)
			assert.Equal(t, tt.status, send(t, c, s.URL(), d))
			assert.Equal(t, before+1, s.Refused(tt.reason))
		})
	}
	assert.Empty(t, s.Deliveries())
	assert.Equal(t, http.StatusNoContent, send(t, c, s.URL(), good("x")), "a refused id may come again")
}

func TestSIEMTakesBothSecretsWhileOneIsRotated(t *testing.T) {
	s := siem(t, SIEMOptions{Secrets: []string{secret("old"), secret("demo")}})
	c := client(t)
	d := good("1")
	d.secret = secret("old")
	assert.Equal(t, http.StatusNoContent, send(t, c, s.URL(), d))
	assert.Equal(t, http.StatusNoContent, send(t, c, s.URL(), good("2")))
}

func TestSIEMFaults(t *testing.T) {
	s := siem(t, SIEMOptions{})
	c := client(t)
	s.Inject(Fault{Status: http.StatusGone, Times: 1})
	assert.Equal(t, http.StatusGone, send(t, c, s.URL(), good("1")))
	s.Inject(Fault{Status: http.StatusServiceUnavailable, RetryAfter: time.Second, Times: 2})
	assert.Equal(t, http.StatusServiceUnavailable, send(t, c, s.URL(), good("1")))
	assert.Equal(t, http.StatusServiceUnavailable, send(t, c, s.URL(), good("1")))
	assert.Equal(t, http.StatusNoContent, send(t, c, s.URL(), good("1")))
	assert.Equal(t, 3, s.Met())
	assert.Len(t, s.Deliveries(), 1)
	assert.Zero(t, s.Duplicates())
}

func TestSIEMOverTLS(t *testing.T) {
	s := siem(t, SIEMOptions{TLS: true})
	require.True(t, strings.HasPrefix(s.URL(), "https://127.0.0.1:"))

	trusting := client(t)
	trusting.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: s.CertPool()}
	assert.Equal(t, http.StatusNoContent, send(t, trusting, s.URL(), good("1")))

	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL(), nil)
	require.NoError(t, err)
	_, err = client(t).Do(req) //nolint:bodyclose // there is no answer
	var unknown x509.UnknownAuthorityError
	assert.ErrorAs(t, err, &unknown, "nobody else trusts it")
}

func TestWait(t *testing.T) {
	s := siem(t, SIEMOptions{})
	c := client(t)
	done := make(chan []Delivery, 1)
	go func() {
		ds, err := s.Wait(context.WithoutCancel(t.Context()), 3)
		assert.NoError(t, err)
		done <- ds
	}()
	for _, id := range []string{"1", "2", "3"} {
		send(t, c, s.URL(), good(id))
	}
	assert.Len(t, <-done, 3)

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	ds, err := s.Wait(ctx, 4)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "wait for 4 arrivals, 3 came")
	assert.Len(t, ds, 3)
}

func TestInboxForgetsTheOldest(t *testing.T) {
	b := newInbox[int](nil)
	for i := range kept + 10 {
		b.add(i)
	}
	items, total, _ := b.all()
	assert.Equal(t, kept+10, total)
	assert.Equal(t, kept+9, items[len(items)-1])
	assert.Equal(t, kept/2, items[0])
	assert.LessOrEqual(t, len(items), kept)
}

func TestNewSIEMChecksItsSecrets(t *testing.T) {
	_, err := NewSIEM(SIEMOptions{})
	assert.ErrorContains(t, err, "no secret")
	_, err = NewSIEM(SIEMOptions{Secrets: []string{secret("a"), "whsec_%%%hush"}})
	assert.EqualError(t, err, "siem receiver: secret 1 is not base64")
}
