// Package elasticsearch writes alerts into Elasticsearch or OpenSearch, as
// documents of the Elastic Common Schema.
//
// Every notification is a document of its own, whose id is the idempotency key:
// one that is there already is a success. It goes through the bulk API, which
// is the way into a data stream for which one permission ("create_doc") is
// enough.
package elasticsearch

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/schemas"
)

// Sink writes to one data stream or index.
type Sink struct {
	name   string
	index  string
	base   *url.URL
	gzip   bool
	header map[string]string
	client *http.Client
}

var _ alerting.Sink = (*Sink)(nil)

// New reads the secrets of cfg and returns a sink that has sent nothing yet.
func New(name string, cfg *Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	base, err := cfg.base()
	if err != nil {
		return nil, err
	}
	client, auth, err := cfg.client()
	if err != nil {
		return nil, err
	}
	s := &Sink{name: name, index: cfg.Index, base: base, gzip: cfg.Gzip, client: client,
		header: map[string]string{"Content-Type": "application/x-ndjson", "Accept": "application/json"}}
	if auth != "" {
		s.header["Authorization"] = auth
	}
	return s, nil
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// Check asks the cluster who it is. To be known and not allowed to ask is
// enough: writing needs another permission.
func (s *Sink) Check(ctx context.Context) error {
	err := outbound.Tell(ctx, s.client, outbound.Request{Method: http.MethodGet, URL: s.base.JoinPath("/").String(), Header: s.header})
	var status *outbound.StatusError
	if errors.As(err, &status) && status.Code == http.StatusForbidden {
		return nil
	}
	return outbound.Classify(err, permanent)
}

// filter leaves out of the answer what is not looked at: the reason of a
// failure, which quotes the document.
const filter = "errors,items.*.status,items.*.error.type"

// Notify writes a once.
func (s *Sink) Notify(ctx context.Context, a *schemas.Alert, key string, _ alerting.Ref) (alerting.Ref, error) {
	body, err := bulk(a, key, s.index)
	if err != nil {
		return "", alerting.Permanent(errors.New("the alert cannot be encoded"))
	}
	to := s.base.JoinPath("_bulk")
	to.RawQuery = url.Values{"filter_path": {filter}}.Encode()
	raw, err := outbound.Post(ctx, s.client, outbound.Request{URL: to.String(), Body: body, Header: s.header, Gzip: s.gzip})
	if err != nil {
		return "", outbound.Classify(err, permanent)
	}
	return "", verdict(raw)
}

// permanent has the statuses of a whole request that a later attempt does not
// change.
func permanent(status int) bool {
	switch status {
	case 400, 401, 403, 404, 405, 406, 413:
		return true
	}
	return false
}
