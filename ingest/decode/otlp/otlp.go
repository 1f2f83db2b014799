// Package otlp opens batches of OpenTelemetry logs and spans in OTLP's JSON
// encoding, and decodes the records and spans that are requests or calls of
// models. What a log record holds of another gateway's log is left to that
// gateway's format.
package otlp

import (
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
)

// Format is the batch: an export request, as collectors write it to Kafka and
// to files.
var Format = decode.Format{
	Name: "otlp",
	Rules: []decode.Rule{
		{All: []string{"resourceSpans"}},
		{All: []string{"resourceLogs"}},
		{All: []string{"resourceMetrics"}},
	},
	Skip:  func(o field.Value) bool { return o.Get("resourceSpans").Len() == 0 && o.Get("resourceLogs").Len() == 0 },
	Split: split,
}

// The formats of what is in a batch.
var (
	record = decode.Format{Name: "otlp", JSON: decodeRecord}
	// ignored is what is no request: other spans, parts of a call.
	ignored = decode.Format{Name: "otlp", Skip: func(field.Value) bool { return true }}
)

// splitter goes through one batch.
type splitter struct {
	yield func(decode.Envelope) bool
	conv  *converter
	// resource is the element in hand, with its attributes and scopes, and
	// gateway and host what it says of where it is from.
	resource      field.Value
	gateway, host string
	// family has the spans of the resource, if there are several and not too
	// many.
	family *family
}

func split(o field.Value, yield func(decode.Envelope) bool) {
	s := splitter{yield: yield}
	for it := o.Members(); it.Next(); {
		switch it.Key() {
		case "resourceSpans":
			if !s.resources(it.Value(), true) {
				return
			}
		case "resourceLogs":
			if !s.resources(it.Value(), false) {
				return
			}
		}
	}
}

// resources goes through the spans or log records of all resources and scopes,
// and reports whether to go on.
func (s *splitter) resources(list field.Value, spans bool) bool {
	for it := list.Members(); it.Next(); {
		s.resource = it.Value()
		s.readResource()
		if spans {
			if !s.spans() {
				return false
			}
			continue
		}
		for c := newCursor(s.resource); c.next(); {
			if !s.log(c.item) {
				return false
			}
		}
	}
	return true
}

func (s *splitter) readResource() {
	s.gateway, s.host = "", ""
	for it := s.resource.Get("resource").Get("attributes").Members(); it.Next(); {
		switch name, v := attribute(it.Value()); name {
		case "service.name":
			s.gateway = v.Text()
		case "host.name":
			s.host = v.Text()
		}
	}
	if s.gateway == "" {
		s.gateway = s.host
	}
}

// spans goes through the spans of a resource.
func (s *splitter) spans() bool {
	n := 0
	for c := newCursor(s.resource); c.next() && n <= maxJoined; {
		n++
	}
	if n < 2 || n > maxJoined {
		for c := newCursor(s.resource); c.next(); {
			if !s.span(c.item, traitsOf(c.item), &record, -1) {
				return false
			}
		}
		return true
	}
	if s.family == nil {
		s.family = newFamily()
	}
	f := s.family
	f.read(s.resource, n)
	for i := range f.spans {
		f.at = i
		if !s.span(f.spans[i].span, f.spans[i].traits, &f.format, f.spans[i].owner) {
			return false
		}
	}
	return true
}

// envelope returns what is the same for all records of a resource.
func (s *splitter) envelope(inner field.Value, as *decode.Format) decode.Envelope {
	return decode.Envelope{Gateway: s.gateway, Context: s.resource, As: as, Inner: inner}
}

// span yields a span: as a request, in the given format, if it is one, else as
// ignored.
//
// A request is a span of kind SERVER that is of HTTP, RPC or MCP; and a call of
// a model, whatever its kind, unless it has an owner: then it is part of that
// request.
func (s *splitter) span(span field.Value, t traits, as *decode.Format, owner int) bool {
	if !t.isRequest() && (!t.call || owner >= 0) {
		as = &ignored
	}
	return s.yield(s.envelope(span, as))
}

// log yields a log record: the JSON that is its body; its attributes as an
// object, if they have another gateway's names; itself, if they are those of a
// request; else its body, which may be a line of another gateway's log.
func (s *splitter) log(rec field.Value) bool {
	t := traitsOf(rec)
	body := scalar(rec.Get("body"))
	structured := rec.Get("body").Get("kvlistValue").Get("values")
	switch {
	case t.part:
		return s.yield(s.envelope(rec, &ignored))
	case looksLikeJSON(body):
		return s.optional(rec, body)
	case t.foreign:
		return s.object(rec, rec.Get("attributes"))
	case t.request || t.call:
		return s.yield(s.envelope(rec, &record))
	case structured.Len() > 0:
		return s.object(rec, structured)
	case body.Kind() == field.String && !blank(body.Raw()):
		return s.optional(rec, body)
	}
	return s.yield(s.envelope(rec, &ignored))
}

// optional yields what may be a record of another format.
func (s *splitter) optional(rec, inner field.Value) bool {
	e := s.envelope(inner, nil)
	e.Optional = true
	e.Time = timeOf(rec)
	e.Origin = s.origin(rec)
	return s.yield(e)
}

// object yields a list of attributes as the object that it was.
func (s *splitter) object(rec, attrs field.Value) bool {
	if s.conv == nil {
		s.conv = newConverter()
	}
	o, ok := s.conv.object(attrs)
	if !ok {
		return s.yield(s.envelope(rec, &ignored))
	}
	return s.optional(rec, o)
}

// origin returns the place in a file that the collector's filelog receiver read
// a record from, if it was told to say so.
func (s *splitter) origin(rec field.Value) (o decode.Origin) {
	known := false
	for it := rec.Get("attributes").Members(); it.Next(); {
		switch name, v := attribute(it.Value()); name {
		case "log.file.path":
			o.File = v.Text()
		case "log.file.name":
			if o.File == "" {
				o.File = v.Text()
			}
		case "log.file.record_offset", "log.file.record_number":
			o.Offset, known = field.Int(v.Text(), 1<<62)
		}
	}
	if !known || o.File == "" || s.host == "" {
		return decode.Origin{}
	}
	o.Agent, o.Single = s.host, true
	return o
}

// cursor goes through the spans or records of one resource, scope by scope.
type cursor struct {
	lists, scopes, items field.Iter
	list, scope          bool
	item                 field.Value
}

func newCursor(resource field.Value) cursor { return cursor{lists: resource.Members()} }

func (c *cursor) next() bool {
	for {
		switch {
		case c.scope && c.items.Next():
			c.item = c.items.Value()
			return true
		case c.list && c.scopes.Next():
			c.scope = false
			for it := c.scopes.Value().Members(); it.Next(); {
				if k := it.Key(); k == "spans" || k == "logRecords" || k == "logs" {
					c.items, c.scope = it.Value().Members(), true
				}
			}
		case c.lists.Next():
			c.list, c.scope = false, false
			switch c.lists.Key() {
			case "scopeSpans", "scopeLogs", "instrumentationLibrarySpans", "instrumentationLibraryLogs":
				c.scopes, c.list = c.lists.Value().Members(), true
			}
		default:
			return false
		}
	}
}
