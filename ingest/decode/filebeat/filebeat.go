// Package filebeat opens the envelope that Filebeat and its kin (other Beats,
// Elastic Agent, Logstash, Fluent Bit, Vector, the runtimes of containers) put
// around a log line.
package filebeat

import (
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
)

// Format is the envelope of Filebeat's JSON codec, and those of other shippers
// that differ from it in names.
var Format = decode.Format{
	Name: "filebeat",
	Rules: []decode.Rule{
		{All: []string{"@timestamp"}, Any: []string{"@metadata", "@version", "agent", "ecs", "beat", "input",
			"kubernetes", "agent.type", "agent.id", "ecs.version", "log.file.path", "log.offset"}},
		{All: []string{"log"}, Any: []string{"stream", "kubernetes", "container_id", "@timestamp", "date", "time"}, Where: hasLine},
		{All: []string{"message", "source_type"}, Where: hasLine},
		{All: []string{"message"}, Any: []string{"stream", "kubernetes"}, Where: isOutput},
	},
	Open: open,
}

// hasLine reports whether the line is a text: "log" and "message" may be
// objects of a record's own.
func hasLine(o field.Value) bool {
	return o.Get("log").Kind() == field.String || o.Get("message").Kind() == field.String
}

// isOutput reports whether o is a line of a container's output: applications
// have messages, and streams, too.
func isOutput(o field.Value) bool {
	if o.Get("message").Kind() != field.String {
		return false
	}
	switch o.Get("stream").Text() {
	case "stdout", "stderr":
		return true
	}
	return o.Get("kubernetes").Kind() == field.Object
}

// parts are what one pass over an envelope finds.
type parts struct {
	time, otherTime       string
	host, agent, node     string // the host by what calls it so
	hostText              field.Value
	origin                origin
	message, log, json    field.Value
	original, logOriginal field.Value
	target                field.Value
	targets               int
}

// open finds the record in one of the places where shippers put it: parsed
// under "json" (ndjson with a target), as a line in "message", "log" (Docker,
// Fluent Bit) or "event.original", parsed under a target of the user's own, or
// lifted into the envelope, which has no inner value. An "error" of type "json"
// beside it is Filebeat's remark, not the record's.
func open(o field.Value) decode.Envelope {
	var p parts
	for it := o.Members(); it.Next(); {
		p.member(it.Key(), it.Value())
	}
	e := decode.Envelope{Gateway: p.host, Origin: p.origin.place(o), Inner: p.inner()}
	if t, ok := field.Time(p.time); ok {
		e.Time = t
	} else if t, ok := field.Time(p.otherTime); ok {
		e.Time = t
	}
	if e.Gateway == "" {
		e.Gateway = p.agent
	}
	if e.Gateway == "" {
		e.Gateway = p.node
	}
	// Of a record that was lifted, "host" is the one that was asked for.
	if e.Gateway == "" && e.Inner.Kind() != field.None {
		e.Gateway = p.hostText.Text()
	}
	return e
}

func (p *parts) member(name string, v field.Value) {
	switch name {
	case "@timestamp":
		p.time = v.Text()
	case "timestamp", "time", "date":
		p.otherTime = v.Text()
	case "message":
		if v.Kind() == field.String {
			p.message = v
		}
	case "json":
		p.json = v
	case "log":
		p.readLog(v)
	case "event":
		p.original = v.Get("original")
	case "event.original":
		p.original = v
	case "host":
		if v.Kind() == field.Object {
			set(&p.host, v.Get("name"))
		} else {
			p.hostText = v
		}
	case "host.name":
		set(&p.host, v)
	case "agent":
		p.readAgent(v)
	case "agent.name", "agent.hostname":
		set(&p.agent, v)
	case "beat": // before 7
		set(&p.agent, v.Get("hostname"))
		set(&p.origin.beat, v.Get("hostname"))
	case "beat.hostname":
		set(&p.agent, v)
		set(&p.origin.beat, v)
	case "kubernetes":
		p.readKubernetes(v)
	default:
		if !p.origin.member(name, v) && v.Kind() == field.Object && !isBeats(name) {
			p.target = v
			p.targets++
		}
	}
}

// inner returns the record: what is parsed before what is not.
func (p *parts) inner() field.Value {
	if isRecord(p.json) {
		return p.json
	}
	for _, line := range [...]field.Value{p.message, p.log, p.original, p.logOriginal} {
		if line.Kind() == field.String {
			return line
		}
	}
	if p.targets == 1 {
		return p.target
	}
	return field.Value{}
}

// set sets a name that is not set yet.
func set(to *string, v field.Value) {
	if *to == "" {
		*to = v.Text()
	}
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

// isBeats reports whether an object is one that shippers or ECS have, and not
// the target of a parser.
func isBeats(name string) bool {
	switch name {
	case "@metadata", "ecs", "input", "fields", "fileset", "error", "service", "data_stream", "elastic_agent",
		"container", "docker", "cloud", "orchestrator", "process", "observer", "labels", "prospector", "user",
		"http", "url", "source", "client", "server", "destination", "user_agent", "network", "related", "tls", "trace", "transaction":
		return true
	}
	return false
}
