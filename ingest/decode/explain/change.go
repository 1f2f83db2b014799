package explain

import "bytes"

// changes returns the message with other values in the value's place: of the
// same kind and form, so that what reads it reads another.
func (n *node) changes() [][]byte {
	raw := n.raw()
	var out [][]byte
	put := func(text []byte) {
		if n.kind == "text" {
			text = append(append([]byte{'"'}, text...), '"')
		}
		out = append(out, n.with(text))
	}
	switch n.kind {
	case "object", "array", "null":
		return nil
	case "truth":
		if raw[0] == 't' {
			return [][]byte{n.with([]byte("false"))}
		}
		return [][]byte{n.with([]byte("true"))}
	}
	switch string(raw) {
	case "", "-":
		put([]byte("x1"))
		return out
	case "true":
		put([]byte("false"))
		return out
	case "false":
		put([]byte("true"))
		return out
	}
	if raw[0] == '-' && len(raw) > 1 && raw[1]-'0' <= 9 {
		put(raw[1:])
	}
	if len(raw) == 3 && raw[0] >= '1' && raw[0] <= '5' && raw[1]-'0' <= 9 && raw[2]-'0' <= 9 {
		if raw[0] >= '4' { // it may be a status: one that turned out otherwise
			put([]byte("200"))
		} else {
			put([]byte("401"))
		}
	}
	if at := bytes.LastIndexAny(raw, "0123456789"); at >= 0 {
		put(replaced(raw, at, raw[at]^1)) // 0 and 1, … 8 and 9
	}
	if at := lastLetter(raw); at >= 0 && n.kind != "number" {
		put(replaced(raw, at, otherLetter(raw[at])))
		if first := firstLetter(raw); first < at { // what cuts a value in two reads its beginning
			put(replaced(raw, first, otherLetter(raw[first])))
		}
	}
	if n.kind != "number" {
		for _, before := range []byte("/?") { // a path or a query in the middle
			if at := bytes.IndexByte(raw, before) + 1; at > 0 && at < len(raw) && isLetter(raw[at]) {
				put(replaced(raw, at, otherLetter(raw[at])))
			}
		}
	}
	return out
}

// another returns the message with a text in the value's place.
func (n *node) another(text string) []byte {
	if n.kind == "text" {
		text = `"` + text + `"`
	}
	return n.with([]byte(text))
}

func replaced(raw []byte, at int, c byte) []byte {
	out := bytes.Clone(raw)
	out[at] = c
	return out
}

func otherLetter(c byte) byte {
	if c|0x20 == 'z' {
		return c - 1
	}
	return c + 1
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func lastLetter(s []byte) int {
	for i := len(s) - 1; i >= 0; i-- {
		if isLetter(s[i]) && (i == 0 || s[i-1] != '\\') {
			return i
		}
	}
	return -1
}

func firstLetter(s []byte) int {
	for i := range s {
		if isLetter(s[i]) && (i == 0 || s[i-1] != '\\') {
			return i
		}
	}
	return -1
}
