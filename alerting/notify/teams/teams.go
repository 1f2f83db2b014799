// Package teams posts alerts to a channel of Microsoft Teams as Adaptive Cards, by
// a workflow of Power Automate that is called over HTTP.
//
// A workflow cannot edit what it has posted and answers with no id: every
// notification is a card of its own. It has no idempotency key either; an attempt
// whose answer is lost shows twice, with the same key at its foot.
package teams

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/alerting/notify/words"
	"github.com/gatehound/gatehound/schemas"
)

// Sink posts to one workflow.
type Sink struct {
	name   string
	url    string
	alone  bool // the card without a message around it
	client *http.Client
}

var _ alerting.Sink = (*Sink)(nil)

// New reads the secret of cfg and returns a sink that has sent nothing yet.
func New(name string, cfg *Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	raw, err := cfg.source().Read("webhook_url")
	if err != nil {
		return nil, err
	}
	if _, err := cfg.address(raw); err != nil {
		return nil, err
	}
	client, err := cfg.HTTP.Client()
	if err != nil {
		return nil, err
	}
	return &Sink{name: name, url: raw, alone: cfg.Body == BodyCard, client: client}, nil
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// Check asks the workflow's host for headers: whether it takes the signature is
// not known before something is posted.
func (s *Sink) Check(ctx context.Context) error { return outbound.Reach(ctx, s.client, s.url) }

// Notify posts a card about a. It returns no Ref.
func (s *Sink) Notify(ctx context.Context, a *schemas.Alert, key string, _ alerting.Ref) (alerting.Ref, error) {
	m := words.Of(a, key)
	body, err := encode(card(a, &m), s.alone)
	if err != nil {
		return "", alerting.Permanent(err)
	}
	err = outbound.Tell(ctx, s.client, outbound.Request{URL: s.url, Body: body, Header: map[string]string{"Content-Type": "application/json"}})
	return "", outbound.Classify(err, permanent)
}

// permanent are the statuses that another attempt cannot cure: a signature that is
// wrong or a workflow that is gone (401, 403, 404, 410), and a card that it does
// not take (400, 413).
func permanent(status int) bool {
	switch status {
	case 400, 401, 403, 404, 410, 413:
		return true
	}
	return false
}

// envelope is a message to a Teams webhook
// (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using).
type envelope struct {
	Type        string       `json:"type"`
	Attachments []attachment `json:"attachments"`
}

type attachment struct {
	ContentType string  `json:"contentType"`
	ContentURL  *string `json:"contentUrl"`
	Content     *Card   `json:"content"`
}

// maxMessage is the size of a message, in bytes as weight counts them: Teams takes 28
// KB. A workflow answers 202 before it finds out, so that a card which is too large
// would be lost without a word.
const maxMessage = 25 << 10

// weight is the size that a body has once it was put into another document as a
// string, which workflows do: one of 24,453 bytes was refused for having 28,897
// (https://github.com/MicrosoftDocs/msteams-docs/issues/11274).
func weight(body []byte) int {
	return len(body) + bytes.Count(body, []byte{'"'}) + bytes.Count(body, []byte{'\\'})
}

// encode writes the card, and leaves out its last parts that can be spared for as
// long as it is too large.
func encode(c *Card, alone bool) ([]byte, error) {
	for {
		var v any = c
		if !alone {
			v = envelope{Type: "message", Attachments: []attachment{{"application/vnd.microsoft.card.adaptive", nil, c}}}
		}
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false) // six bytes for each < would count
		if err := enc.Encode(v); err != nil {
			return nil, errors.New("the card cannot be encoded")
		}
		if weight(out.Bytes()) <= maxMessage {
			return bytes.TrimRight(out.Bytes(), "\n"), nil
		}
		if !c.shrink() {
			return nil, errors.New("the card is too large")
		}
	}
}
