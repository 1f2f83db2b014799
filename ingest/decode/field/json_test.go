package field

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func newDoc() *Doc { return NewDoc(64, &Buffer{}) }

func parse(t *testing.T, text string) Value {
	t.Helper()
	v, n, err := newDoc().Parse([]byte(text))
	if err != nil || n != len(text) {
		t.Fatalf("%q: %v after %d bytes", text, err, n)
	}
	return v
}

// plain turns v into what encoding/json makes of the same text, with numbers
// as they are written.
func plain(v Value) any {
	switch v.Kind() {
	case Object:
		m := map[string]any{}
		for it := v.Members(); it.Next(); {
			m[it.Key()] = plain(it.Value())
		}
		return m
	case Array:
		a := []any{}
		for it := v.Members(); it.Next(); {
			a = append(a, plain(it.Value()))
		}
		return a
	case String:
		return v.str()
	case Number:
		return json.Number(v.Raw())
	case True, False:
		return v.Kind() == True
	}
	return nil
}

// agrees checks that text reads as encoding/json reads it. Where Doc takes
// more than JSON, text is left out of the comparison: escapes and control
// characters in strings, NaN and Infinity, and values that are not there.
func agrees(t *testing.T, text []byte) {
	t.Helper()
	d := NewDoc(1000, &Buffer{})
	v, n, err := d.Parse(text)
	ours := err == nil && len(bytes.TrimRight(text[n:], " \t\r\n")) == 0
	theirs := json.Valid(text)
	if errors.Is(err, ErrDepth) {
		return
	}
	if theirs && !ours {
		t.Fatalf("%q is JSON: %v", text, err)
	}
	if ours && !theirs {
		dense := bytes.ReplaceAll(text, []byte(" "), nil)
		lenient := bytes.ContainsAny(text, "\\NI-") || bytes.Contains(dense, []byte(":,")) || bytes.Contains(dense, []byte(":}")) || bytes.ContainsFunc(text, func(r rune) bool { return r < ' ' })
		if !lenient {
			t.Fatalf("%q is not JSON", text)
		}
		return
	}
	if !ours {
		return
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var want any
	if err := dec.Decode(&want); err != nil {
		t.Fatal(err)
	}
	if got := plain(v); !reflect.DeepEqual(got, want) {
		t.Fatalf("%q read as %#v, want %#v", text, got, want)
	}
}

var texts = []string{
	``, ` `, `null`, `true`, `false`, `tru`, `nul`, `falsy`, `0`, `-0`, `01`, `-`, `+1`, `1.`, `.5`, `1.5e3`, `1e`, `1e+`, `1E-2`, `1e5x`,
	`""`, `"a"`, `"`, `"a`, `"\"`, `"\\"`, `"\u0041\ud83d\ude00\ud800x\u12"`, `"\n\t\/\b\f\r"`, `"12345678"`, `"1234567\""`, `"é12345678"`, `"1234567é"`,
	`[]`, `[ ]`, `[1]`, `[1,]`, `[,1]`, `[1 2]`, `[1,2`, `[[],[[]]]`, `]`,
	`{}`, `{ }`, `{"a":1}`, `{"a":1,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":1,"a":2}`, `{"":{"":[]}}`, `{"a\u0062":1}`, `}`,
	" {\t\"a\" :\r\n[ 1 , \"x\" , { } ] } ", `{"a":"\u0000"}`, `[1,2,3]`, `{"a":[{"b":[{"c":null}]}]}`, `nullx`, `[nullx]`, `{"a":1}}`,
}

func TestAgreesWithEncodingJSON(t *testing.T) {
	for _, s := range texts {
		t.Run(s, func(t *testing.T) {
			agrees(t, []byte(s))
			for i := range s {
				agrees(t, []byte(s[:i]))
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range texts {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		agrees(t, text)
		if n := Skip(text); n > len(text) {
			t.Fatalf("skips %d of %d bytes", n, len(text))
		}
		v, _, err := newDoc().Parse(text)
		if err != nil {
			return
		}
		if s := v.Text(); !utf8.ValidString(s) {
			t.Fatalf("%q is not UTF-8", s)
		}
		if s := v.List(); !utf8.ValidString(s) {
			t.Fatalf("%q is not UTF-8", s)
		}
		plain(v.Unwrap())
	})
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		text string
		want error
	}{
		{``, ErrTruncated},
		{`{"a":`, ErrTruncated},
		{`{"a":1`, ErrTruncated},
		{`"abc`, ErrTruncated},
		{`[1`, ErrTruncated},
		{`-`, ErrTruncated},
		{`tr`, ErrTruncated},
		{`x`, ErrSyntax},
		{`{"a" 1}`, ErrSyntax},
		{`[1 2]`, ErrSyntax},
		{`trie`, ErrSyntax},
		{strings.Repeat("[", 65), ErrDepth},
		{strings.Repeat(`{"a":`, 65), ErrDepth},
		{strings.Repeat("[", 1_000_000), ErrDepth},
	} {
		v, n, err := newDoc().Parse([]byte(c.text))
		if !errors.Is(err, c.want) || n != 0 || v.Kind() != None {
			t.Errorf("%.20q: %v, want %v", c.text, err, c.want)
		}
	}
	if _, _, err := newDoc().Parse([]byte(strings.Repeat("[", 64) + strings.Repeat("]", 64))); err != nil {
		t.Errorf("64 deep: %v", err)
	}
}

// TestTooDeepIsLeftOut checks that a record is read around what a client nested
// too deeply, and that what is 64 deep is still there.
func TestTooDeepIsLeftOut(t *testing.T) {
	for _, c := range []struct{ open, shut string }{{"[", "]"}, {`{"x":`, "}"}, {`[{"y":`, `}]`}} {
		for _, n := range []int{31, 32, 63, 64, 100, 5000} {
			v := parse(t, `{"a":`+strings.Repeat(c.open, n)+`"}]"`+strings.Repeat(c.shut, n)+`,"status":200}`)
			if v.Get("status").Text() != "200" {
				t.Errorf("%d of %s: no status", n, c.open)
			}
			depth := 0
			for at := v.Get("a"); at.Kind() == Array || at.Kind() == Object; depth++ {
				it := at.Members()
				it.Next()
				at = it.Value()
			}
			if want := min(n*(strings.Count(c.open, "[")+strings.Count(c.open, "{")), 63); depth != want {
				t.Errorf("%d of %s: %d deep, want %d", n, c.open, depth, want)
			}
		}
	}
}

// TestLeniency pins what gateways write in place of JSON.
func TestLeniency(t *testing.T) {
	v := parse(t, "{\"a\":NaN,\"b\":-Infinity,\"c\":Infinity,\"d\":\"\\xD0\\xBF\\x2\\q\x01\",\"e\":\"\xff\",\"f\":\"\\xff\"}")
	for key, want := range map[string]string{"a": "", "b": "", "c": "", "d": "п\\x2\\q\x01", "e": "\ufffd", "f": "\ufffd"} {
		if got := v.Get(key).Text(); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

// TestAbsent pins that a value which is not there does not cost the record:
// variables of nginx without quotes.
func TestAbsent(t *testing.T) {
	v := parse(t, `{"a":,"b":-,"c":- ,"d":[-],"e": ,"status":401,"f":}`)
	for _, key := range []string{"a", "b", "c", "e", "f"} {
		if v.Get(key).Kind() != Null {
			t.Errorf("%s is of kind %d", key, v.Get(key).Kind())
		}
	}
	if v.Get("status").Text() != "401" {
		t.Error("no status")
	}
	for _, text := range []string{`{"a":,,"b":1}`, `[,]`, `{,}`, `-,`, `,`, `}`, `{"a":--}`, `{"a":]`} {
		if _, _, err := newDoc().Parse([]byte(text)); err == nil {
			t.Errorf("%s is read", text)
		}
	}
}

func TestScanString(t *testing.T) {
	for n := range 40 {
		for _, c := range []struct {
			mark  string
			flags uint8
		}{{"", 0}, {"é", highBit}, {`\"`, escaped}, {`\\`, escaped}, {"\xff", highBit}} {
			for at := range n + 1 {
				s := strings.Repeat("a", at) + c.mark + strings.Repeat("b", n-at)
				end, flags := scanString([]byte(s+`"é\`), 0)
				if end != len(s) || flags != c.flags {
					t.Fatalf("%q ends at %d with %b, want %d with %b", s, end, flags, len(s), c.flags)
				}
				if end, _ := scanString([]byte(s), 0); end != -1 {
					t.Fatalf("%q ends at %d", s, end)
				}
			}
		}
	}
}

func TestSkip(t *testing.T) {
	for _, c := range []struct {
		text string
		want int
	}{
		{`{"a":tru},1`, 9}, {`[1,[2,"]"],x] `, 13}, {`"a\"b"c`, 6}, {`abc,`, 3}, {`abc`, -1}, {`{"a":[}`, -1}, {`{"a":"`, -1}, {``, -1}, {`]`, 0},
	} {
		if got := Skip([]byte(c.text)); got != c.want {
			t.Errorf("%q: %d, want %d", c.text, got, c.want)
		}
	}
}

// TestMemoryIsBounded feeds the value with the most nodes a byte, and then
// checks that a small one lets go of what that took.
func TestMemoryIsBounded(t *testing.T) {
	d := newDoc()
	text := []byte("[" + strings.Repeat("0,", 1<<19) + "0]")
	if _, _, err := d.Parse(text); err != nil {
		t.Fatal(err)
	}
	if perByte := float64(cap(d.nodes)) * 24 / float64(len(text)); perByte > 20 {
		t.Errorf("%.0f bytes of nodes a byte", perByte)
	}
	d.Release()
	if d.nodes != nil || d.src != nil {
		t.Errorf("keeps %d nodes", cap(d.nodes))
	}
}

func BenchmarkParse(b *testing.B) {
	var sb strings.Builder
	sb.WriteByte('{')
	for i := range 22 {
		fmt.Fprintf(&sb, `"member_%d":"value %d",`, i, i*i)
	}
	sb.WriteString(`"status":200}`)
	text := []byte(sb.String())
	d := newDoc()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := d.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTheTapeOfTinyValuesLeavesLittleBehind(t *testing.T) {
	doc := []byte("[" + strings.Repeat("1,", 1<<19) + "1]")
	allocated := testing.Benchmark(func(b *testing.B) {
		for range b.N {
			d := NewDoc(64, &Buffer{})
			if _, _, err := d.Parse(doc); err != nil {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if least := int64(len(doc)) * 12; allocated > 4*least {
		t.Errorf("%d bytes of JSON took %d bytes, want at most %d", len(doc), allocated, 4*least)
	}
}
