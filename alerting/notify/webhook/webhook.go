// Package webhook posts alerts as JSON, signed in the way of Standard Webhooks
// (https://www.standardwebhooks.com): the header webhook-id is the idempotency
// key, webhook-timestamp the time of the attempt, webhook-signature a keyed
// hash over both and the body.
package webhook

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/schemas"
)

// Sink posts to one URL.
type Sink struct {
	name   string
	url    string
	keys   [][]byte
	header map[string]string
	client *http.Client
	encode encoder
}

var _ alerting.Sink = (*Sink)(nil)

// New reads the secrets of cfg and returns a sink that has sent nothing yet.
func New(name string, cfg *Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	to, err := cfg.url().Read("url")
	if err != nil {
		return nil, err
	}
	if _, err := cfg.HTTP.URL("url", to); err != nil {
		return nil, err
	}
	client, err := cfg.HTTP.Client()
	if err != nil {
		return nil, err
	}
	encode, kind, err := cfg.encoder()
	if err != nil {
		return nil, err
	}
	s := &Sink{name: name, url: to, client: client, encode: encode, header: map[string]string{"Content-Type": kind}}
	for i := range cfg.Headers {
		value, err := cfg.Headers[i].read()
		if err != nil {
			return nil, fmt.Errorf("headers[%d].%w", i, err)
		}
		s.header[cfg.Headers[i].canonical()] = value
	}
	for i, source := range cfg.secrets() {
		text, err := source.Read("secret")
		if err != nil {
			return nil, fmt.Errorf("entry %d of secrets, secret_files and secret_envs: %w", i, err)
		}
		k, err := key(text)
		if err != nil {
			return nil, fmt.Errorf("entry %d of secrets, secret_files and secret_envs: %w", i, err)
		}
		s.keys = append(s.keys, k)
	}
	return s, nil
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// Check asks for the headers of the URL. Any answer will do: a receiver need
// not know more methods than POST.
func (s *Sink) Check(ctx context.Context) error { return outbound.Reach(ctx, s.client, s.url) }

// permanent has the statuses that a later attempt does not change: the
// receiver does not know us, or wants nothing any more (410).
func permanent(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden ||
		status == http.StatusNotFound || status == http.StatusGone
}

// Notify posts a once. A receiver needs no Ref: alert id and sequence are in
// the body.
func (s *Sink) Notify(ctx context.Context, a *schemas.Alert, key string, _ alerting.Ref) (alerting.Ref, error) {
	body, err := s.encode(a, key)
	switch {
	case errors.Is(err, errForm), errors.Is(err, errLong), errors.Is(err, errRun):
		return "", alerting.Permanent(err)
	case err != nil:
		return "", alerting.Permanent(errors.New("the alert cannot be encoded"))
	}
	now := time.Now()
	header := maps.Clone(s.header)
	header["Webhook-Id"] = key
	header["Webhook-Timestamp"] = strconv.FormatInt(now.Unix(), 10)
	header["Webhook-Signature"] = sign(s.keys, key, now, body)
	return "", outbound.Classify(outbound.Tell(ctx, s.client, outbound.Request{URL: s.url, Body: body, Header: header}), permanent)
}
