package neutral

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

// ErrTooLarge tells that a document cannot be made as short as is wanted.
var ErrTooLarge = errors.New("the alert is larger than allowed")

// cuts are the bounds that Within tries in turn: code points of a text, and
// entries of a list.
var cuts = [...]struct{ text, list int }{{4096, 32}, {1024, 24}, {256, 12}, {128, 6}, {64, 3}, {16, 1}}

// maxWhole is the length of the longest id, time or name of a constant, in
// bytes: they are not cut, for half of one is of no use.
const maxWhole = 80

// Within returns v as one line of JSON, escaped as by JSON, of at most limit
// bytes: texts and lists of a document that is longer are cut until it is not.
func Within(v any, limit int) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if doc := JSON(raw); len(doc) <= limit {
		return doc, nil
	}
	for _, c := range cuts {
		var tree any
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&tree); err != nil {
			return nil, err
		}
		short, err := json.Marshal(cut(tree, c.text, c.list))
		if err != nil {
			return nil, err
		}
		if doc := JSON(short); len(doc) <= limit {
			return doc, nil
		}
	}
	return nil, ErrTooLarge
}

func cut(v any, text, list int) any {
	switch v := v.(type) {
	case string:
		if isWhole(v) {
			return v
		}
		return Text(v, text)
	case []any:
		v = v[:min(len(v), list)]
		for i := range v {
			v[i] = cut(v[i], text, list)
		}
		return v
	case map[string]any:
		for k := range v {
			v[k] = cut(v[k], text, list)
		}
	}
	return v
}

// isWhole tells ids, times and names of constants from texts.
func isWhole(s string) bool {
	if len(s) > maxWhole {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && !strings.ContainsRune("-_.:+/#", rune(c)) {
			return false
		}
	}
	return true
}
