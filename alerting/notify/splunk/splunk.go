// Package splunk sends alerts to the HTTP Event Collector of Splunk, and if it
// is told so waits until they are indexed.
//
// The collector has no idempotency key: an attempt whose answer is lost is
// there twice, with the same indexed field alert_key.
package splunk

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/schemas"
)

// Sink sends to one collector.
type Sink struct {
	name   string
	cfg    Config
	url    string // of the collector, without the endpoint
	header map[string]string
	client *http.Client

	// mu lets a trial alert be sent beside the worker of the sink.
	mu sync.Mutex
	// waiting is the notification that Splunk has taken and not yet indexed.
	waiting struct {
		key string
		id  int64
	}
}

var _ alerting.Sink = (*Sink)(nil)

// New reads the secrets of cfg and returns a sink that has sent nothing yet.
func New(name string, cfg *Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	u, err := cfg.endpoint()
	if err != nil {
		return nil, err
	}
	client, token, err := cfg.client()
	if err != nil {
		return nil, err
	}
	return &Sink{name: name, cfg: *cfg, url: u.String(), client: client, header: map[string]string{
		"Authorization":            "Splunk " + token,
		"Content-Type":             "application/json",
		"X-Splunk-Request-Channel": channel(),
	}}, nil
}

// channel returns a random UUID. Acknowledgements belong to a channel; this one
// lasts as long as the process.
func channel() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// Check posts nothing, which Splunk answers by "no data" if it knows the token.
func (s *Sink) Check(ctx context.Context) error {
	_, err := outbound.Post(ctx, s.client, outbound.Request{URL: s.url + "/event", Header: s.header})
	var status *outbound.StatusError
	if errors.As(err, &status) {
		if code, ok := codeOf(status.Body); ok && code == codeNoData {
			return nil
		}
	}
	return classify(err)
}

// Notify sends a once. With Ack it counts once it is indexed: a retry asks for
// the first attempt before it sends a again.
func (s *Sink) Notify(ctx context.Context, a *schemas.Alert, key string, _ alerting.Ref) (alerting.Ref, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cfg.Ack && s.waiting.key == key {
		if done, err := s.indexed(ctx, s.waiting.id); done || err != nil {
			return "", err
		}
	}
	body, err := event(a, key, &s.cfg)
	if err != nil {
		return "", alerting.Permanent(errors.New("the alert cannot be encoded"))
	}
	raw, err := outbound.Post(ctx, s.client, outbound.Request{URL: s.url + "/event", Body: body, Header: s.header, Gzip: s.cfg.Gzip})
	if err != nil {
		return "", classify(err)
	}
	var answer struct {
		Code  *int   `json:"code"`
		AckID *int64 `json:"ackId"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.Code == nil {
		return "", errors.New("the answer is not of a collector")
	}
	switch {
	case !taken(*answer.Code):
		return "", verdict(*answer.Code)
	case !s.cfg.Ack:
		return "", nil
	case answer.AckID == nil:
		return "", alerting.Permanent(errors.New("no acknowledgement is offered: enable it for the token"))
	}
	s.waiting.key, s.waiting.id = key, *answer.AckID
	return "", s.await(ctx, *answer.AckID)
}

// How long to wait between questions whether an event is indexed.
const (
	firstPoll = 200 * time.Millisecond
	lastPoll  = 5 * time.Second
)

// await asks until the event is indexed or ctx is done.
func (s *Sink) await(ctx context.Context, id int64) error {
	for wait := firstPoll; ; wait = min(2*wait, lastPoll) {
		if done, err := s.indexed(ctx, id); done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.New("taken, and not acknowledged in time")
		case <-time.After(wait):
		}
	}
}

// indexed asks once.
func (s *Sink) indexed(ctx context.Context, id int64) (bool, error) {
	question := fmt.Appendf(nil, `{"acks":[%d]}`, id)
	raw, err := outbound.Post(ctx, s.client, outbound.Request{URL: s.url + "/ack", Body: question, Header: s.header})
	if err != nil {
		return false, classify(err)
	}
	var answer struct {
		Acks map[string]bool `json:"acks"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || answer.Acks == nil {
		return false, errors.New("the answer is not of a collector")
	}
	done := answer.Acks[fmt.Sprint(id)]
	if done {
		s.waiting.key = ""
	}
	return done, nil
}
