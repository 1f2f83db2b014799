package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) {
	if err := resolve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}

// Every kind of sink goes through the same suite. A kind without a member
// fails it.
func TestConformance(t *testing.T) {
	for _, kind := range notify.Builtin() {
		make := family[kind.Name]
		if make == nil {
			t.Errorf("the kind %s is not in the conformance suite", kind.Name)
			continue
		}
		for _, m := range make() {
			t.Run(kind.Name+"/"+m.name, func(t *testing.T) {
				t.Parallel() // most of the time is spent waiting
				conform(t, m)
			})
		}
	}
}

// conform runs the suite on one member: over HTTP all of it, else the member's
// own in place of what is about HTTP.
func conform(t *testing.T, m *member) {
	run := func(name string, f func(*testing.T, *member)) { t.Run(name, func(t *testing.T) { f(t, m) }) }
	run("text", conformText)
	run("keys", conformKeys)
	run("life", conformLife)
	run("campaign", conformCampaign)
	if m.suite != nil {
		run("receiver", m.suite)
	}
	if m.options == nil {
		return
	}
	run("statuses", conformStatuses)
	run("retry after", conformRetryAfter)
	run("answers", conformAnswers)
	run("broken answers", conformBroken)
	run("certificates", conformCertificates)
	run("check", conformCheck)
	run("redirects", conformRedirects)
	run("addresses", conformAddresses)
}

// receiver is a local server that records requests. answer nil is the
// member's proper answer.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	answer http.HandlerFunc
	seen   []request
}

func receive(t *testing.T, m *member, secure bool) *receiver {
	t.Helper()
	r := &receiver{}
	h := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		raw := readAll(t, req)
		again := func() { req.Body = io.NopCloser(bytes.NewReader(raw)) }
		again()
		if m.aside != nil && m.aside(w, req) {
			return
		}
		again()
		got := m.read(t, req)
		again()
		r.mu.Lock()
		answer := r.answer
		r.seen = append(r.seen, got)
		r.mu.Unlock()
		if answer == nil {
			answer = m.accept
		}
		answer(w, req)
	})
	if secure {
		r.Server = httptest.NewUnstartedServer(h)
		r.Config.ErrorLog = quietLog()
		r.StartTLS()
	} else {
		r.Server = httptest.NewServer(h)
	}
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) say(h http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = h
}

func (r *receiver) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]request(nil), r.seen...)
}

// body is in every answer of the receiver; no error may quote it.
const body = "RECEIVER-SAYS-xyzzy"

// try makes one attempt and checks what holds for every outcome.
func try(t *testing.T, m *member, s alerting.Sink, limit time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	start := time.Now()
	a := sample(schemas.AlertOpen)
	ref, err := s.Notify(ctx, &a, alerting.Key(&a), "")
	if d := time.Since(start); d > limit+2*time.Second {
		t.Errorf("the attempt took %v, its context %v", d, limit)
	}
	if err == nil {
		return nil
	}
	if ref != "" {
		t.Error("an error came with a ref")
	}
	text := err.Error() + fmt.Sprintf("%+v %#v", err, err)
	for _, never := range append(m.secrets, body, "127.0.0.1", "http://", "https://") {
		if strings.Contains(text, never) {
			t.Errorf("the error %q shows %q", text, never)
		}
	}
	if len(err.Error()) > 120 || strings.ContainsAny(err.Error(), "\r\n") {
		t.Errorf("the error is long or has lines: %q", err)
	}
	return err
}

func TestLookup(t *testing.T) {
	_, err := notify.Lookup("pigeon")
	if err == nil {
		t.Fatal("there is a pigeon")
	}
	for _, k := range notify.Builtin() {
		if !strings.Contains(err.Error(), k.Name) {
			t.Errorf("got %v, want an error that lists the kinds", err)
		}
		if _, err := k.New("x", wrongConfig{}); err == nil {
			t.Errorf("%s took the settings of another sink", k.Name)
		}
	}
}

type wrongConfig struct{}

func (wrongConfig) Validate() error { return errors.New("never right") }
