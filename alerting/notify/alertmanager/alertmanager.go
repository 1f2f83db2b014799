// Package alertmanager posts alerts to Prometheus Alertmanager's API v2.
//
// Alertmanager knows an alert by its labels and takes it for firing until its
// endsAt. Prometheus posts every alert again and again; a sink is told only of
// what is new, so it states an endsAt that is far enough away, and one that is
// over when the alert is resolved.
package alertmanager

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/schemas"
)

// How long what nobody resolves, or late, is held.
const (
	// campaignHold is added to Config.Hold: a campaign is told of once a week.
	campaignHold = 8 * 24 * time.Hour
	// digestHold and testHold are those of a digest and of a test alert, which
	// are never resolved: an hour is more than any group_wait.
	digestHold = time.Hour
	testHold   = 5 * time.Minute
)

// Sink posts to one Alertmanager.
type Sink struct {
	name   string
	url    string
	auth   string
	hold   time.Duration
	labels map[string]string
	client *http.Client
	now    func() time.Time
}

var _ alerting.Sink = (*Sink)(nil)

// New reads the secrets of cfg and returns a sink that has sent nothing yet.
func New(name string, cfg *Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Sink{name: name, hold: cfg.Hold, now: time.Now}
	password, err := cfg.password().Read("password")
	if err != nil {
		return nil, err
	}
	token, err := cfg.token().Read("token")
	if err != nil {
		return nil, err
	}
	switch {
	case token != "":
		s.auth = "Bearer " + token
	case password != "":
		s.auth = "Basic " + base64.StdEncoding.EncodeToString([]byte(cfg.Username+":"+password))
	}
	if s.labels, err = cfg.labels(); err != nil {
		return nil, err
	}
	if s.url, err = endpoint(cfg.URL); err != nil {
		return nil, err
	}
	if s.client, err = cfg.HTTP.Client(); err != nil {
		return nil, err
	}
	return s, nil
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// Check posts an empty list of alerts, which proves who we are and changes
// nothing.
func (s *Sink) Check(ctx context.Context) error { return s.post(ctx, []byte("[]")) }

// permanent has the statuses that a later attempt does not change. Alertmanager
// answers 400 to alerts that it does not take; the rest are of a proxy.
func permanent(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusUnauthorized || status == http.StatusForbidden ||
		status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusGone ||
		status == http.StatusRequestEntityTooLarge || status == http.StatusUnprocessableEntity
}

// Notify posts a once. The Ref has the labels that Alertmanager knows a by.
func (s *Sink) Notify(ctx context.Context, a *schemas.Alert, key string, prev alerting.Ref) (alerting.Ref, error) {
	list, ref := s.alerts(a, key, prev)
	doc, err := json.Marshal(list)
	if err != nil {
		return "", alerting.Permanent(errors.New("the alert cannot be encoded"))
	}
	if err := s.post(ctx, neutral.JSON(doc)); err != nil {
		return "", err
	}
	return ref, nil
}

func (s *Sink) post(ctx context.Context, body []byte) error {
	header := map[string]string{"Content-Type": "application/json"}
	if s.auth != "" {
		header["Authorization"] = s.auth
	}
	return outbound.Classify(outbound.Tell(ctx, s.client, outbound.Request{URL: s.url, Body: body, Header: header}), permanent)
}

// alerts returns what to post about a. An alert keeps the labels that it began
// with until its severity changes. Then Alertmanager is to route it anew: the
// one with the old labels ends and one with new ones begins, in the same
// request.
func (s *Sink) alerts(a *schemas.Alert, key string, prev alerting.Ref) ([]alert, alerting.Ref) {
	now := s.now().UTC()
	over := now.Add(-time.Second)
	until := now.Add(s.holdFor(a))
	if a.State == schemas.AlertResolved {
		until = over
	}
	is := identityOf(a)
	was, known := parseRef(prev)
	moved := known && was.Level != is.Level
	if known && (!moved || a.State == schemas.AlertResolved) {
		is, moved = was, false
	}
	var list []alert
	if moved {
		list = append(list, s.alert(a, key, was, over))
	}
	return append(list, s.alert(a, key, is, until)), is.ref()
}

func (s *Sink) alert(a *schemas.Alert, key string, i identity, until time.Time) alert {
	out := alert{Labels: i.labels(a, s.labels), Annotations: annotations(a, key), StartsAt: a.FirstSeen.UTC(), EndsAt: until}
	if neutral.IsLink(a.URL, limitText) {
		out.GeneratorURL = a.URL
	}
	// Alertmanager refuses what ends before it starts; logs may be ahead.
	if out.StartsAt.IsZero() || !out.StartsAt.Before(until) {
		out.StartsAt = until.Add(-time.Second)
	}
	return out
}

// holdFor returns how long a is firing if nothing more is heard of it.
func (s *Sink) holdFor(a *schemas.Alert) time.Duration {
	switch {
	case a.Test:
		return testHold
	case a.Detector == schemas.DigestDetector:
		return digestHold
	case a.Finding.Campaign != nil:
		return s.hold + campaignHold
	}
	return s.hold
}
