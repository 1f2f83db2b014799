// Package filebeat opens the envelope that Filebeat and its kin (other Beats,
// Elastic Agent) put around a log line.
package filebeat

import (
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
)

// Format is the envelope of Filebeat's JSON codec.
var Format = decode.Format{
	Name: "filebeat",
	Rules: []decode.Rule{
		{All: []string{"@timestamp"}, Any: []string{"@metadata", "@version", "agent", "ecs", "beat", "input", "agent.type", "ecs.version", "log.file.path"}},
	},
	Open: open,
}

// open finds the record in one of the places where Filebeat puts it: parsed
// under "json" (ndjson with a target), as a line in "message", or lifted into
// the envelope, which has no inner value. An "error" of type "json" beside it
// is Filebeat's remark, not the record's.
func open(o field.Value) decode.Envelope {
	var e decode.Envelope
	if t, ok := field.Time(o.Get("@timestamp").Text()); ok {
		e.Time = t
	}
	for _, v := range [...]field.Value{
		o.Path("host.name", "host", "name"),
		o.Path("agent.name", "agent", "name"),
		o.Path("agent.hostname", "agent", "hostname"),
		o.Path("beat.hostname", "beat", "hostname"),
	} {
		if e.Gateway = v.Text(); e.Gateway != "" {
			break
		}
	}
	if parsed := o.Get("json"); isRecord(parsed) {
		e.Inner = parsed
	} else if line := o.Get("message"); line.Kind() == field.String {
		e.Inner = line
	}
	return e
}

// isRecord reports whether v has more than the remark that it is none.
func isRecord(v field.Value) bool {
	for it := v.Members(); it.Next(); {
		if it.Key() != "error" {
			return v.Kind() == field.Object
		}
	}
	return false
}
