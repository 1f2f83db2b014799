// Package pagerduty sends alerts to PagerDuty's Events API v2. An alert is one
// PagerDuty alert by its dedup_key, the alert's id: PagerDuty drops nothing of
// what is sent twice, but it opens nothing twice either.
package pagerduty

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/schemas"
)

// Sink sends to one integration.
type Sink struct {
	name   string
	url    string
	key    string
	source string
	client *http.Client
}

var _ alerting.Sink = (*Sink)(nil)

// New reads the key of cfg and returns a sink that has sent nothing yet.
func New(name string, cfg *Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	key, err := cfg.key().Read("routing_key")
	if err != nil {
		return nil, err
	}
	if !keyForm.MatchString(key) {
		return nil, errKey
	}
	client, err := cfg.HTTP.Client()
	if err != nil {
		return nil, err
	}
	return &Sink{name: name, url: cfg.url(), key: key, source: cfg.Source, client: client}, nil
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// Check asks for the headers of the URL; any answer will do. Whether the key is
// known shows with an event only.
func (s *Sink) Check(ctx context.Context) error { return outbound.Reach(ctx, s.client, s.url) }

// permanent has the statuses that a later attempt does not change: PagerDuty
// retries after 429 and 5xx alone. See
// https://developer.pagerduty.com/docs/events-api-v2/overview/.
func permanent(status int) bool {
	return status >= 400 && status <= 499 && status != http.StatusRequestTimeout &&
		status != http.StatusTooEarly && status != http.StatusTooManyRequests
}

// Notify sends a once. Its dedup_key needs no Ref.
func (s *Sink) Notify(ctx context.Context, a *schemas.Alert, key string, _ alerting.Ref) (alerting.Ref, error) {
	body, err := s.encode(a, key)
	if err != nil {
		return "", alerting.Permanent(errors.New("the alert cannot be encoded"))
	}
	answer, err := outbound.Post(ctx, s.client, outbound.Request{URL: s.url, Body: body,
		Header: map[string]string{"Content-Type": "application/json"}})
	if err != nil {
		return "", outbound.Classify(err, permanent)
	}
	// A page that nobody gets is the worst that can happen: the yes has to be
	// PagerDuty's own, not that of something on the way.
	var said struct{ Status string }
	if json.Unmarshal(answer, &said) != nil || said.Status != "success" {
		return "", errors.New("the answer is not that of PagerDuty")
	}
	return "", nil
}

// encode returns the body. The bounds of its texts and lists keep it below
// maxBody.
func (s *Sink) encode(a *schemas.Alert, key string) ([]byte, error) {
	e := event(a, key, s.source)
	e.RoutingKey = s.key
	doc, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return neutral.JSON(doc), nil
}
