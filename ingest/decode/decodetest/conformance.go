package decodetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/ingest/decode"
)

// Conformance runs the suite on the cases in testdata. vital are the top-level
// members without which an object is no record of the format: a wrong type
// elsewhere must not cost the record.
func Conformance(t *testing.T, format string, vital ...string) {
	t.Helper()
	all := someMessages(t)
	d := New(t, decode.Auto)
	given := New(t, format)
	var want []string
	for _, m := range all {
		want = append(want, render(t, Decode(t, d, m)))
	}
	t.Run("truncated at every byte", func(t *testing.T) {
		for _, m := range all {
			m = compact(m)
			for i := range m {
				truncated(t, d, m, i)
			}
		}
	})
	t.Run("every byte replaced", func(t *testing.T) {
		for _, m := range all {
			m = compact(m)
			for i := 0; i < len(m); i += 1 + len(m)/1500 {
				for _, c := range []byte("\xff\x00\"\\{[ -") {
					m := bytes.Clone(m)
					m[i] = c
					Decode(t, d, m)
				}
			}
		}
	})
	t.Run("wrong types", func(t *testing.T) { wrongTypes(t, given, all, vital) })
	t.Run("hostile values", func(t *testing.T) {
		for _, m := range all {
			for _, h := range hostile(compact(m)) {
				Decode(t, d, h)
				Decode(t, given, h)
			}
		}
	})
	t.Run("any order", func(t *testing.T) { anyOrder(t, d, all) })
	t.Run("repeated members", func(t *testing.T) { repeated(t, d, all) })
	t.Run("decodes as before", func(t *testing.T) {
		for i, m := range all {
			if got := render(t, Decode(t, d, m)); got != want[i] {
				t.Errorf("got\n%s\nwant\n%s", got, want[i])
			}
		}
	})
}

// compact takes the white space out of a JSON message.
func compact(m []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, m) != nil {
		return m
	}
	return b.Bytes()
}

// truncated decodes the first n bytes of m. A JSON message that is cut off
// gives no record, unless it has several.
func truncated(t *testing.T, d *decode.Decoder, m []byte, n int) {
	t.Helper()
	results := Decode(t, d, m[:n:n])
	if m[0] != '{' || !json.Valid(m) || bytes.HasPrefix(m, []byte(`{"records"`)) {
		return
	}
	for _, r := range results {
		if r.Record != nil {
			t.Fatalf("%d of %d bytes gave a record", n, len(m))
		}
	}
}

// replacements are what every value of a golden record is replaced with.
var replacements = []any{
	nil, "", "-", true, false, map[string]any{}, []any{}, []any{nil, map[string]any{"a": []any{1}}},
	json.Number("-1"), json.Number("99999"), json.Number("1e300"), json.Number("1e-300"), json.Number("0.5"),
	json.Number("123456789012345678901234567890"), "NaN", "Infinity", "1e999", "9007199254740993",
	"\x00\ufffd", strings.Repeat("x", 5000),
}

// wrongTypes replaces every value of every JSON message with every replacement.
func wrongTypes(t *testing.T, d *decode.Decoder, all [][]byte, vital []string) {
	t.Helper()
	for _, m := range all {
		dec := json.NewDecoder(bytes.NewReader(m))
		dec.UseNumber()
		var root any
		if dec.Decode(&root) != nil {
			continue // a line of text
		}
		if r := Decode(t, d, m); len(r) != 1 || r[0].Record == nil {
			continue
		}
		walk(root, "", func(top string, set func(any)) {
			for _, v := range replacements {
				set(v)
				text, err := json.Marshal(root)
				if err != nil {
					t.Fatal(err)
				}
				got := Decode(t, d, text)
				if len(got) != 1 {
					continue
				}
				if r := got[0].Reject; r != nil && r.Reason != decode.NoTime && r.Reason != decode.TimeOutOfRange && !slices.Contains(vital, top) {
					t.Fatalf("%q replaced by %.50v is rejected: %s", top, v, r.Reason)
				}
			}
		})
	}
}

// repeated makes objects of which one member, at any depth, is repeated until
// it fills 200 KiB. What looks a member up for every member takes minutes.
func repeated(t *testing.T, d *decode.Decoder, all [][]byte) {
	t.Helper()
	start := time.Now()
	for _, m := range all {
		var root any
		if json.Unmarshal(m, &root) != nil {
			continue
		}
		objects(root, func(object map[string]any) {
			for k, v := range object {
				member, err := json.Marshal(map[string]any{k: v})
				if err != nil {
					t.Fatal(err)
				}
				member = append(member[1:len(member)-1], ',')
				object[k] = "@"
				text, err := json.Marshal(root)
				object[k] = v
				if err != nil {
					t.Fatal(err)
				}
				head, tail, found := bytes.Cut(text, fmt.Appendf(nil, `%q:"@"`, k))
				if !found {
					continue
				}
				many := bytes.Repeat(member, 1+200<<10/len(member))
				Decode(t, d, slices.Concat(head, many, member[:len(member)-1], tail))
			}
		})
		if took := time.Since(start); took > time.Minute {
			t.Fatalf("%v so far", took)
		}
	}
}

// objects calls f for every object in v.
func objects(v any, f func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(v)
		for _, member := range v {
			objects(member, f)
		}
	case []any:
		for _, member := range v {
			objects(member, f)
		}
	}
}

// walk calls f for every value below v, with a function that replaces it; the
// value is put back afterwards. top is the top-level member it is in.
func walk(v any, top string, f func(top string, set func(any))) {
	switch v := v.(type) {
	case map[string]any:
		for k, old := range v {
			name := top
			if name == "" {
				name = k
			}
			f(name, func(n any) { v[k] = n })
			v[k] = old
			walk(old, name, f)
		}
	case []any:
		for i, old := range v {
			f(top, func(n any) { v[i] = n })
			v[i] = old
			walk(old, top, f)
		}
	}
}

// hostile returns variations of a message that have broken decoders before.
func hostile(m []byte) [][]byte {
	deep := func(open, shut string, n int) []byte {
		return []byte(strings.Repeat(open, n) + strings.Repeat(shut, n))
	}
	out := [][]byte{
		nil, []byte(" \n\t "), []byte("\xef\xbb\xbf"), []byte("\x1f\x8b"), []byte("\x1f\x8b\x08\x00garbage"),
		deep("[", "]", 1000), deep(`{"a":`, "}", 1000), []byte(strings.Repeat("[", 100_000)), []byte(strings.Repeat(`{"a":[`, 1000)),
		append([]byte("\xef\xbb\xbf"), m...),
		append(append([]byte("["), m...), ']'),
		append(append(append([]byte("["), m...), ','), append(m, ']')...),
		append(append(bytes.Clone(m), "\r\n"...), m...),
		append(append([]byte(`{"records":[`), m...), `]}`...),
	}
	if m[0] == '{' {
		body := m[1:]
		out = append(out,
			append(append([]byte("{"), bytes.TrimSuffix(body, []byte("}"))...), append([]byte(","), body...)...), // every key twice
			append([]byte(`{"deep":`+string(deep("[", "]", 1000))+","), body...),
			append([]byte("{\"\xff\xfe\":\"\xc3\x28\",\"\\ud800\":\"\\udfff\\u12\",\"\\x41\":\"\\xff\","), body...),
			append([]byte(`{"big":"`+strings.Repeat("y", 2<<20)+`",`), body...),
		)
	}
	return out
}
