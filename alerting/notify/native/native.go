// Package native is the body that Gatehound's own receivers read: an envelope
// around the alert, in JSON, the same over HTTP, Kafka and syslog.
package native

import (
	"bytes"
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
	// Shortened tells that texts were cut and lists left out for a limit.
	Shortened bool `json:"shortened,omitempty"`
	Data      any  `json:"data"`
}

// Encode returns the body for a under its idempotency key, as one line without
// anything that a terminal would act upon. Its timestamp is when the alert was
// last seen, so that a retry has the same body.
func Encode(a *schemas.Alert, key string) ([]byte, error) { return encode(a, key, a, false) }

// ErrTooLarge tells that an alert cannot be made as short as is wanted.
var ErrTooLarge = errors.New("the alert is larger than allowed")

// steps are the bounds that Within tries in turn: code points of a text, and
// entries of a list.
var steps = [...]struct{ text, list int }{{4096, 32}, {1024, 16}, {256, 8}, {128, 4}, {64, 2}, {16, 0}}

// Within is like Encode, but cuts texts and lists of an alert whose body is
// longer than limit bytes until it is not. What is left is valid by the schema.
func Within(a *schemas.Alert, key string, limit int) ([]byte, error) {
	doc, err := Encode(a, key)
	if err != nil || len(doc) <= limit {
		return doc, err
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		var data any
		if err := d.Decode(&data); err != nil {
			return nil, err
		}
		doc, err := encode(a, neutral.Text(key, 200), cut(data, s.text, s.list), true)
		if err != nil || len(doc) <= limit {
			return doc, err
		}
	}
	return nil, ErrTooLarge
}

func encode(a *schemas.Alert, key string, data any, shortened bool) ([]byte, error) {
	doc, err := json.Marshal(envelope{
		Type: "gatehound.alert." + a.State.String(), Timestamp: a.LastSeen.UTC(),
		SchemaVersion: schemas.Version, Key: key, Shortened: shortened, Data: data,
	})
	if err != nil {
		return nil, err
	}
	return neutral.JSON(doc), nil
}

// cut bounds the texts and lists of decoded JSON.
func cut(v any, text, list int) any {
	switch v := v.(type) {
	case string:
		if isName(v) {
			return v
		}
		return neutral.Text(v, text)
	case []any:
		v = v[:min(len(v), list)]
		for i := range v {
			v[i] = cut(v[i], text, list)
		}
		return v
	case map[string]any:
		for k := range v {
			v[k] = cut(v[k], text, list)
		}
	}
	return v
}

// isName tells ids, times and names of enumerations, which make no sense cut.
func isName(s string) bool {
	if len(s) > 40 {
		return false
	}
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ':' || c == '.' || c == '-' || c == '+' || c == '_') {
			return false
		}
	}
	return true
}
