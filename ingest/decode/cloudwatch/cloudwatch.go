// Package cloudwatch opens what CloudWatch Logs delivers to a subscription:
// the events of one log stream, each of which is a line of some other format.
package cloudwatch

import (
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
)

// Format is the batch that a subscription filter sends to Kinesis, Firehose or
// Lambda, and what they pass on to Kafka.
var Format = decode.Format{
	Name: "cloudwatch",
	Rules: []decode.Rule{
		{All: []string{"messageType", "logEvents"}},
		{All: []string{"messageType", "logGroup", "logStream"}},
		{All: []string{"logGroup", "logStream", "logEvents"}},
	},
	Skip:  isControl,
	Split: split,
}

// isControl reports whether o is one of the messages by which CloudWatch Logs
// checks that the destination is there. Their one event is no log line.
func isControl(o field.Value) bool { return o.Get("messageType").Text() == "CONTROL_MESSAGE" }

func split(o field.Value, yield func(decode.Envelope) bool) {
	var group, owner string
	var events field.Value
	for it := o.Members(); it.Next(); {
		switch it.Key() {
		case "owner":
			owner = it.Value().Text()
		case "logGroup":
			group = it.Value().Text()
		case "logEvents":
			events = it.Value()
		}
	}
	if group == "" {
		group = owner
	}
	for it := events.Members(); it.Next(); {
		if !yield(open(it.Value(), group)) {
			return
		}
	}
}

// open returns what one event holds. Its id is the same however often the event
// is delivered, so it is the origin, in place of a line's in a file.
func open(event field.Value, group string) decode.Envelope {
	e := decode.Envelope{Gateway: group, Inner: event}
	if event.Kind() != field.Object {
		return e
	}
	var message, extracted field.Value
	for it := event.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "id":
			if id := v.Text(); id != "" && group != "" {
				e.Origin = decode.Origin{Agent: group, File: id, Single: true}
			}
		case "timestamp":
			if t, ok := field.Time(v.Text()); ok {
				e.Time = t
			}
		case "message":
			message = v
		case "extractedFields":
			extracted = v
		}
	}
	// A filter pattern may name fields; what it takes out of the message stands
	// beside it. The message has it all.
	if message.Kind() <= field.Null && extracted.Kind() == field.Object {
		message = extracted
	}
	e.Inner = message
	return e
}
