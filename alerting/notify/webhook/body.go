package webhook

import (
	"encoding/json"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/native"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// encoder makes the body of a notification. It makes the same body of the same
// alert and key, so that a retry can be known by its signature's content too.
type encoder func(a *schemas.Alert, key string) ([]byte, error)

// encoder returns the encoder of cfg.Body, and its content type.
func (c *Config) encoder() (encoder, string, error) {
	switch c.Body {
	case BodyCloudEvents:
		return c.cloudEvent, "application/cloudevents+json; charset=utf-8", nil
	case BodyOCSF:
		return func(a *schemas.Alert, key string) ([]byte, error) {
			return neutral.Within(ocsf(neutral.Marked(a), key), c.MaxBytes)
		}, "application/json", nil
	case BodyTemplate:
		t, err := c.template()
		if err != nil {
			return nil, "", err
		}
		return t.encode, "application/json", nil
	}
	return func(a *schemas.Alert, key string) ([]byte, error) {
		return native.Within(neutral.Marked(a), key, c.MaxBytes)
	}, "application/json", nil
}

// eventType is the type of a CloudEvent; its data is an alert as in
// schemas/json/alert.v1.schema.json.
const eventType = "dev.gatehound.alert.v1"

// cloudEvent is a structured CloudEvent 1.0
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md). State,
// Severity and Sequence are extensions, for filters that do not look into data.
type cloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`
	Source          string          `json:"source"`
	Type            string          `json:"type"`
	Subject         string          `json:"subject"`
	Time            time.Time       `json:"time"`
	DataContentType string          `json:"datacontenttype"`
	State           string          `json:"alertstate"`
	Severity        string          `json:"alertseverity"`
	Sequence        int             `json:"alertsequence"`
	Data            json.RawMessage `json:"data"`
}

// envelopeBytes is more than a CloudEvent without its data has.
const envelopeBytes = 1 << 10

// cloudEvent encodes a; the data is that of the native body.
func (c *Config) cloudEvent(a *schemas.Alert, key string) ([]byte, error) {
	doc, err := native.Within(neutral.Marked(a), key, c.MaxBytes-envelopeBytes)
	if err != nil {
		return nil, err
	}
	var inner struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(doc, &inner); err != nil {
		return nil, err
	}
	out, err := json.Marshal(cloudEvent{
		SpecVersion: "1.0", ID: key, Source: c.Source, Type: eventType, Subject: a.ID, Time: neutral.Moment(a),
		DataContentType: "application/json", State: a.State.String(), Severity: a.Severity.String(), Sequence: a.Sequence,
		Data: inner.Data,
	})
	if err != nil {
		return nil, err
	}
	return neutral.JSON(out), nil
}
