package decodetest

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
)

// anyOrder decodes every JSON message with its members in the order of their
// names, and in the reverse: gateways written in Go and Lua log them in an order
// that changes from record to record.
func anyOrder(t *testing.T, d *decode.Decoder, all [][]byte) {
	t.Helper()
	for _, m := range all {
		dec := json.NewDecoder(bytes.NewReader(m))
		dec.UseNumber()
		var root any
		if dec.Decode(&root) != nil || dec.More() {
			continue // lines of text, or several values
		}
		rising := render(t, Decode(t, d, ordered(t, nil, root, false)))
		falling := render(t, Decode(t, d, ordered(t, nil, root, true)))
		if rising != falling {
			t.Errorf("%.300s\nby rising names\n%s\nby falling names\n%s", m, rising, falling)
		}
	}
}

// ordered appends v as JSON with the members of objects by their names.
func ordered(t *testing.T, b []byte, v any, falling bool) []byte {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		names := make([]string, 0, len(v))
		for k := range v {
			names = append(names, k)
		}
		slices.Sort(names)
		if falling {
			slices.Reverse(names)
		}
		b = append(b, '{')
		for i, k := range names {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(ordered(t, b, k, falling), ':')
			b = ordered(t, b, v[k], falling)
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = ordered(t, b, e, falling)
		}
		return append(b, ']')
	default:
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return append(b, text...)
	}
}
