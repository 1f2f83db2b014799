// Package native is the body that Gatehound's own receivers read: an envelope
// around the alert, in JSON, the same over HTTP, Kafka, syslog and the standard
// output.
package native

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// envelope is the body. Type is "gatehound.alert." and the alert's state; Data
// is an alert as in schemas/json/alert.v1.schema.json.
type envelope struct {
	Type          string    `json:"type"`
	Timestamp     time.Time `json:"timestamp"`
	SchemaVersion int       `json:"schema_version"`
	Key           string    `json:"key"`
	// Shortened tells that texts and lists were cut for a limit.
	Shortened bool           `json:"shortened,omitempty"`
	Data      *schemas.Alert `json:"data"`
}

func wrap(a *schemas.Alert, key string) envelope {
	return envelope{
		Type: "gatehound.alert." + a.State.String(), Timestamp: a.LastSeen.UTC(),
		SchemaVersion: schemas.Version, Key: key, Data: neutral.Marked(a),
	}
}

// Encode returns the body for a under its idempotency key, as one line without
// anything that a terminal would act upon. Its timestamp is when the alert was
// last seen, so that a retry has the same body.
func Encode(a *schemas.Alert, key string) ([]byte, error) {
	doc, err := json.Marshal(wrap(a, key))
	if err != nil {
		return nil, err
	}
	return neutral.JSON(doc), nil
}

// Least is the least limit that Within keeps whatever an alert has in it.
const Least = 4096

// Within is like Encode, but texts and lists of an alert whose body would be
// longer than limit bytes, at least Least, are cut until it is not; and if that
// is not enough, only what it is about is left. Data is valid by the schema all
// the same.
func Within(a *schemas.Alert, key string, limit int) ([]byte, error) {
	doc, err := Encode(a, key)
	if err != nil || len(doc) <= limit {
		return doc, err
	}
	e := wrap(a, neutral.Text(key, limitName))
	e.Shortened = true
	if doc, err = neutral.Within(e, limit); !errors.Is(err, neutral.ErrTooLarge) {
		return doc, err
	}
	e.Data = core(e.Data)
	return neutral.Within(e, limit)
}

// The bounds of what core leaves, in code points: each is at most 12 bytes of
// JSON.
const (
	limitName = 40
	limitText = 24
)

// core returns what a is about: ids, who, what and when.
func core(a *schemas.Alert) *schemas.Alert {
	name := func(s string) string { return neutral.Text(s, limitName) }
	text := func(s string) string { return neutral.Text(s, limitText) }
	who := schemas.Entity{Kind: a.Entity.Kind, Name: text(a.Entity.Name)}
	c := *a
	c.ID, c.Fingerprint, c.MergedInto, c.Detector = name(a.ID), name(a.Fingerprint), name(a.MergedInto), text(a.Detector)
	c.Title, c.Summary, c.Tenant, c.Entity = text(a.Title), text(a.Summary), text(a.Tenant), who
	c.Outcome, c.URL, c.Muted, c.Acknowledged, c.Resolution, c.Parts, c.History = "", "", "", nil, nil, nil, nil
	f := a.Finding
	c.Finding = schemas.Finding{
		ID: name(f.ID), Detector: c.Detector, Entity: who, Severity: f.Severity, Confidence: f.Confidence,
		WindowStart: f.WindowStart, WindowEnd: f.WindowEnd, Detected: f.Detected, Events: f.Events,
	}
	return &c
}
