package splunk

import (
	"encoding/json"
	"strconv"

	"github.com/gatehound/gatehound/alerting/notify/native"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// maxEvent bounds the alert within an event, in bytes.
const maxEvent = 60 << 10

// envelope is an event as
// https://help.splunk.com/en/splunk-enterprise/get-data-in/collect-http-event-data/format-events-for-http-event-collector
// has it. Time is in seconds; Fields are indexed.
type envelope struct {
	Time       json.Number       `json:"time"`
	Host       string            `json:"host,omitempty"`
	Source     string            `json:"source,omitempty"`
	SourceType string            `json:"sourcetype,omitempty"`
	Index      string            `json:"index,omitempty"`
	Event      json.RawMessage   `json:"event"`
	Fields     map[string]string `json:"fields"`
}

// event encodes a; its event is the native body.
func event(a *schemas.Alert, key string, cfg *Config) ([]byte, error) {
	a = neutral.Marked(a)
	doc, err := native.Within(a, key, maxEvent)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(envelope{
		Time: seconds(neutral.Moment(a).UnixMilli()), Host: cfg.Host, Source: cfg.Source, SourceType: cfg.SourceType,
		Index: cfg.Index, Event: doc, Fields: fields(a, key),
	})
	if err != nil {
		return nil, err
	}
	return neutral.JSON(raw), nil
}

// seconds writes milliseconds as seconds without an exponent, which Splunk does
// not read.
func seconds(ms int64) json.Number {
	return json.Number(strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64))
}

// fields are what searches look for without reading events. Splunk takes texts
// only, and none that is empty.
func fields(a *schemas.Alert, key string) map[string]string {
	out := map[string]string{
		"alert_id": a.ID, "alert_key": key, "state": a.State.String(), "severity": a.Severity.String(),
		"detector": a.Detector, "tenant": a.Tenant, "sequence": strconv.Itoa(a.Sequence),
	}
	if a.Test {
		out["test"] = "true"
	}
	for name, value := range out {
		if out[name] = neutral.Text(value, 200); out[name] == "" {
			delete(out, name)
		}
	}
	return out
}
