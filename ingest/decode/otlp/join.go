package otlp

import (
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
)

// maxJoined is how many spans one resource may have in a batch for calls to be
// joined with their requests: the default of OpenTelemetry's batch processors.
// It bounds the search, in which every call looks through the spans.
const maxJoined = 512

// maxAncestors bounds how far up a call's request is searched for.
const maxAncestors = 16

// family holds the spans of one resource and which of them belong together. It
// is used again for every resource of a batch.
type family struct {
	spans []relative
	// format decodes the span that is in hand, with its calls.
	format decode.Format
	at     int
}

type relative struct {
	span       field.Value
	traits     traits
	id, parent uint64 // hashes of trace and span; 0 if it has none
	owner      int    // of a call: its request, or -1
}

func newFamily() *family {
	f := &family{}
	f.format = decode.Format{Name: "otlp", JSON: f.decode}
	return f
}

// read takes the n spans of a resource.
func (f *family) read(resource field.Value, n int) {
	if cap(f.spans) < n {
		f.spans = make([]relative, 0, n)
	}
	f.spans = f.spans[:0]
	for c := newCursor(resource); c.next(); {
		f.spans = append(f.spans, relativeOf(c.item))
	}
	for i := range f.spans {
		if t := f.spans[i].traits; t.call && !t.server {
			f.spans[i].owner = f.request(f.spans[i].parent)
		}
	}
}

func relativeOf(span field.Value) relative {
	var trace, id, parent []byte
	for it := span.Members(); it.Next(); {
		switch it.Key() {
		case "traceId":
			trace = it.Value().Raw()
		case "spanId":
			id = it.Value().Raw()
		case "parentSpanId":
			parent = it.Value().Raw()
		}
	}
	return relative{span: span, traits: traitsOf(span), id: hash(trace, id), parent: hash(trace, parent), owner: -1}
}

// hash returns FNV-1a of a trace's and a span's id. Who makes two of them equal
// gains nothing: clients choose the ids of traces anyway.
func hash(trace, span []byte) uint64 {
	if len(trace) == 0 || len(span) == 0 {
		return 0
	}
	h := uint64(14695981039346656037)
	for _, c := range trace {
		h = (h ^ uint64(c)) * 1099511628211
	}
	for _, c := range span {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// request returns the nearest request among the ancestors, the first of which
// is given, or -1.
func (f *family) request(ancestor uint64) int {
	for hops := 0; ancestor != 0 && hops < maxAncestors; hops++ {
		i := f.find(ancestor)
		if i < 0 {
			return -1
		}
		if f.spans[i].traits.isRequest() {
			return i
		}
		ancestor = f.spans[i].parent
	}
	return -1
}

func (f *family) find(id uint64) int {
	for i := range f.spans {
		if f.spans[i].id == id {
			return i
		}
	}
	return -1
}

// decode decodes the span that is in hand, and adds its calls.
func (f *family) decode(o field.Value, r *decode.Record) bool {
	ok := decodeRecord(o, r)
	for i := range f.spans {
		if f.spans[i].owner == f.at {
			addCall(f.spans[i].span, r)
		}
	}
	return ok
}
