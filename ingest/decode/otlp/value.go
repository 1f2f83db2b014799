package otlp

import (
	"bytes"

	"github.com/gatehound/gatehound/ingest/decode/field"
)

// attribute returns name and value of a {"key": …, "value": {…}}.
func attribute(item field.Value) (name string, v field.Value) {
	for it := item.Members(); it.Next(); {
		switch it.Key() {
		case "key":
			name = it.Value().Text()
		case "value":
			v = scalar(it.Value())
		}
	}
	return name, v
}

// scalar returns the value in an AnyValue: {"stringValue": …}, {"intValue": …}
// as a string or as a number, {"boolValue": …}, {"doubleValue": …}; of an
// {"arrayValue": …} it is the first one, of a {"kvlistValue": …} none.
func scalar(v field.Value) field.Value {
	for it := v.Members(); it.Next(); {
		switch it.Key() {
		case "stringValue", "intValue", "boolValue", "doubleValue":
			return it.Value()
		case "arrayValue":
			if first := it.Value().Get("values").Members(); first.Next() {
				return scalar(first.Value())
			}
		}
	}
	return field.Value{}
}

// timeOf returns the time of a log record in Unix nanoseconds; 0 is how OTLP
// writes "not known".
func timeOf(rec field.Value) int64 {
	var observed int64
	for it := rec.Members(); it.Next(); {
		switch it.Key() {
		case "timeUnixNano", "startTimeUnixNano":
			if t := nanos(it.Value()); t != 0 {
				return t
			}
		case "observedTimeUnixNano":
			observed = nanos(it.Value())
		}
	}
	return observed
}

func nanos(v field.Value) int64 {
	if s := v.Text(); s != "" && s != "0" {
		if t, ok := field.Time(s); ok {
			return t
		}
	}
	return 0
}

func looksLikeJSON(v field.Value) bool {
	if v.Kind() != field.String {
		return false
	}
	text := bytes.TrimLeft(v.Raw(), " ")
	return len(text) > 0 && text[0] == '{'
}

func blank(s []byte) bool { return len(bytes.TrimSpace(s)) == 0 }

// converter writes lists of attributes as the objects that they were, and reads
// those. It is used again for every record of a batch.
type converter struct {
	text []byte
	doc  *field.Doc
}

// maxConverted bounds the nesting of what is converted.
const maxConverted = 32

func newConverter() *converter {
	return &converter{doc: field.NewDoc(maxConverted+1, &field.Buffer{})}
}

// object returns a list of attributes as an object, valid until the next call.
func (c *converter) object(list field.Value) (field.Value, bool) {
	c.text = c.appendObject(c.text[:0], list, 0)
	v, _, err := c.doc.Parse(c.text)
	return v, err == nil && v.Kind() == field.Object
}

// appendObject appends a list of attributes. Texts are copied as they stand:
// they are JSON texts already.
func (c *converter) appendObject(to []byte, list field.Value, depth int) []byte {
	to = append(to, '{')
	n := 0
	for it := list.Members(); it.Next(); {
		key, value := it.Value().Get("key"), it.Value().Get("value")
		if key.Kind() != field.String {
			continue
		}
		if n++; n > 1 {
			to = append(to, ',')
		}
		to = append(append(append(to, '"'), key.Raw()...), '"', ':')
		to = c.appendValue(to, value, depth+1)
	}
	return append(to, '}')
}

func (c *converter) appendValue(to []byte, v field.Value, depth int) []byte {
	it := v.Members()
	if depth >= maxConverted || !it.Next() {
		return append(to, "null"...)
	}
	switch inner := it.Value(); it.Key() {
	case "kvlistValue":
		return c.appendObject(to, inner.Get("values"), depth)
	case "arrayValue":
		to = append(to, '[')
		n := 0
		for e := inner.Get("values").Members(); e.Next(); n++ {
			if n > 0 {
				to = append(to, ',')
			}
			to = c.appendValue(to, e.Value(), depth+1)
		}
		return append(to, ']')
	case "stringValue", "intValue", "boolValue", "doubleValue", "bytesValue":
		switch inner.Kind() {
		case field.String: // an intValue in quotes stays so: numbers are read either way
			return append(append(append(to, '"'), inner.Raw()...), '"')
		case field.Number, field.True, field.False:
			return append(to, inner.Raw()...)
		}
	}
	return append(to, "null"...)
}
