// Package sentinel sends alerts to Microsoft Sentinel, as rows of a table of
// its Log Analytics workspace, through the Logs Ingestion API
// (https://learn.microsoft.com/azure/azure-monitor/logs/logs-ingestion-api-overview).
//
// The API has no idempotency key: an attempt whose answer is lost is there
// twice, with the same AlertKey.
package sentinel

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/schemas"
)

// apiVersion is the version of the API that this was written for.
const apiVersion = "2023-01-01"

// Sink sends to one stream.
type Sink struct {
	name   string
	url    string
	gzip   bool
	client *http.Client
	tokens *tokens
}

var _ alerting.Sink = (*Sink)(nil)

// New reads the secrets of cfg and returns a sink that has sent nothing yet.
func New(name string, cfg *Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	secret, err := cfg.secret().Read("client_secret")
	if err != nil {
		return nil, err
	}
	to, err := cfg.base("endpoint", cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	authority, err := cfg.base("authority", cfg.Authority)
	if err != nil {
		return nil, err
	}
	client, err := cfg.HTTP.Client()
	if err != nil {
		return nil, err
	}
	to = to.JoinPath("dataCollectionRules", cfg.RuleID, "streams", cfg.Stream)
	to.RawQuery = url.Values{"api-version": {apiVersion}}.Encode()
	return &Sink{name: name, url: to.String(), gzip: cfg.Gzip, client: client, tokens: &tokens{
		client: client, url: authority.JoinPath(cfg.TenantID, "oauth2", "v2.0", "token").String(),
		form: outbound.Secret(url.Values{"grant_type": {"client_credentials"}, "client_id": {cfg.ClientID},
			"client_secret": {secret}, "scope": {cfg.Scope}}.Encode()),
	}}, nil
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// Check gets a token, and reaches the endpoint.
func (s *Sink) Check(ctx context.Context) error {
	if _, err := s.tokens.get(ctx); err != nil {
		return err
	}
	return outbound.Reach(ctx, s.client, s.url)
}

// Notify sends a once; if the token is refused, once more with a new one.
func (s *Sink) Notify(ctx context.Context, a *schemas.Alert, key string, _ alerting.Ref) (alerting.Ref, error) {
	body, err := rows(a, key)
	if err != nil {
		return "", alerting.Permanent(errors.New("the alert cannot be encoded"))
	}
	err = s.send(ctx, body)
	var status *outbound.StatusError
	if errors.As(err, &status) && status.Code == http.StatusUnauthorized {
		s.tokens.forget()
		err = s.send(ctx, body)
	}
	if errors.As(err, &status) {
		return "", outbound.Classify(err, permanent)
	}
	return "", err
}

// send returns a StatusError as it is, and other errors for the manager.
func (s *Sink) send(ctx context.Context, body []byte) error {
	token, err := s.tokens.get(ctx)
	if err != nil {
		return err
	}
	err = outbound.Tell(ctx, s.client, outbound.Request{URL: s.url, Body: body, Gzip: s.gzip, Header: map[string]string{
		"Authorization": "Bearer " + token,
		"Content-Type":  "application/json",
	}})
	var status *outbound.StatusError
	if errors.As(err, &status) {
		return status
	}
	return outbound.Classify(err, permanent)
}

// permanent has the statuses that a later attempt does not change. 403 is not
// one of them: a role takes up to half an hour to be known
// (https://learn.microsoft.com/azure/azure-monitor/logs/tutorial-logs-ingestion-portal#assign-permissions-to-the-dcr).
func permanent(status int) bool {
	return status == 400 || status == 401 || status == 404 || status == 405 || status == 413
}
