package decode

import "github.com/gatehound/gatehound/ingest/decode/field"

// Format is one log format. It decodes JSON objects, lines of text or both, or
// it is an envelope around other formats. Its functions keep nothing of what
// they are given: one Format serves all decoders at once.
type Format struct {
	// Name is what users call the format; it is Record.Format.
	Name string
	// Rules say which JSON objects are of this format. The format with the
	// longest matching rule wins.
	Rules []Rule
	// First formats win over those without it, whatever the lengths of their
	// rules: the user's own.
	First bool
	// Fallback formats are asked for objects that no rule matches.
	Fallback bool
	// JSON fills r from an object, and reports whether the object is a record
	// of a request at all. Fields of the wrong type or out of range stay
	// unknown. r has been reset.
	JSON func(o field.Value, r *Record) bool
	// Skip reports whether an object of this format is understood and no
	// request: a control message, a continuation. It becomes neither a record
	// nor a reject; Decoder.Skipped counts it.
	Skip func(o field.Value) bool
	// Text fills r from a line without its end, and reports whether the line
	// is of this format. What must be unescaped goes into buf.
	Text func(line string, buf *field.Buffer, r *Record) bool
	// TextFirst formats are asked for a line before those without it, which
	// would take it for one of theirs: many formats begin like the common log.
	TextFirst bool
	// Open returns what an envelope says and holds. A format with Open has
	// neither JSON nor Text.
	Open func(o field.Value) Envelope
	// Split gives yield what an envelope of many records holds, in order,
	// until yield returns false. A format with Split has no Open; it may have
	// JSON and Skip, for the records that it yields As itself. Skip is asked
	// for the envelope, too.
	Split func(o field.Value, yield func(Envelope) bool)
}

// envelope reports whether f is an envelope.
func (f *Format) envelope() bool { return f.Open != nil || f.Split != nil }

// Rule is a set of names of members that tell a format: all of All and, unless
// it is empty, one of Any.
type Rule struct {
	All []string
	Any []string
	// Where, if set, looks at values, once the names fit: cheap checks such as
	// that of a member "category".
	Where func(o field.Value) bool
}

// Envelope is what a log shipper wraps around a record.
type Envelope struct {
	// Time is when the shipper read the record, in Unix nanoseconds. It stands
	// in for the time of a record that has none.
	Time int64
	// Gateway is the host that the shipper runs on.
	Gateway string
	// Origin is where the shipper read the record, if it says so.
	Origin Origin
	// Context is handed to the format as Record.Context.
	Context field.Value
	// As is the format of Inner, if the envelope knows it; nil to find it.
	As *Format
	// Optional tells that Inner may well be no record of a request, such as a
	// line of an application's own log: if it is of no format it is skipped, not
	// rejected.
	Optional bool
	// Inner is the record: an object, an array, or a string that holds JSON or
	// a line of text. It is None if the record's members were lifted into the
	// envelope itself.
	Inner field.Value
}
