package neutral

import (
	"bytes"
	"encoding/json"
	"errors"
)

// ErrTooLarge tells that a document cannot be made as short as is wanted.
var ErrTooLarge = errors.New("the alert is larger than allowed")

// cuts are the bounds that Within tries in turn: code points of a text, and
// entries of a list. Ids, times and names are shorter than the least.
var cuts = [...]struct{ text, list int }{{4096, 32}, {1024, 24}, {256, 12}, {128, 6}, {64, 3}}

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
