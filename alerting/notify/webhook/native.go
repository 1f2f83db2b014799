package webhook

import (
	"encoding/json"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// envelope is the native body. Type is "gatehound.alert.open", ".updated" or
// ".resolved"; Data is an alert as in schemas/json/alert.v1.schema.json.
type envelope struct {
	Type          string         `json:"type"`
	Timestamp     time.Time      `json:"timestamp"`
	SchemaVersion int            `json:"schema_version"`
	Key           string         `json:"key"`
	Data          *schemas.Alert `json:"data"`
}

// native encodes a; Timestamp is when it was last seen, so that a retry has
// the same body.
func native(a *schemas.Alert, key string) ([]byte, error) {
	doc, err := json.Marshal(envelope{
		Type: "gatehound.alert." + a.State.String(), Timestamp: a.LastSeen.UTC(),
		SchemaVersion: schemas.Version, Key: key, Data: a,
	})
	if err != nil {
		return nil, err
	}
	return neutral.JSON(doc), nil
}
