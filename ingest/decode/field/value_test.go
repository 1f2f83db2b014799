package field

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	v := parse(t, `{"s":"text","dash":"-","n":1.50,"t":true,"null":null,"o":{"a":1},"list":["", "first","second"],"mixed":[null,{},7],"none":[]}`)
	for key, want := range map[string]string{
		"s": "text", "dash": "", "n": "1.50", "t": "", "null": "", "o": "", "list": "", "mixed": "7", "none": "", "missing": "",
	} {
		if got := v.Get(key).Text(); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if got := v.Get("list").List(); got != "first,second" {
		t.Errorf("list is %q", got)
	}
	if got := v.Get("s").List(); got != "text" {
		t.Errorf("text as a list is %q", got)
	}
}

// TestListIsBounded keeps the end of a list: what is far from the server was
// written by the client.
func TestListIsBounded(t *testing.T) {
	var parts []string
	for i := range 50_000 {
		parts = append(parts, fmt.Sprintf(`"\u00%02d"`, 30+i%10))
	}
	d := newDoc()
	v, _, err := d.Parse([]byte("[" + strings.Join(parts, ",") + "]"))
	if err != nil {
		t.Fatal(err)
	}
	got := v.List()
	if n := strings.Count(got, ",") + 1; n != maxListed || !strings.HasSuffix(got, "8,9") {
		t.Errorf("%d values: %q", n, got)
	}
	if n := len(d.buf.b); n > 1000 {
		t.Errorf("%d bytes of buffer", n)
	}
}

func TestBool(t *testing.T) {
	v := parse(t, `{"a":true,"b":false,"c":"true","d":"False","e":1,"f":0,"g":"yes","h":null,"i":2,"j":[true]}`)
	want := map[string][2]bool{
		"a": {true, true}, "b": {false, true}, "c": {true, true}, "d": {false, true}, "e": {true, true}, "f": {false, true},
		"g": {}, "h": {}, "i": {}, "j": {}, "missing": {},
	}
	for key, w := range want {
		if b, ok := v.Get(key).Bool(); b != w[0] || ok != w[1] {
			t.Errorf("%s is %v, %v", key, b, ok)
		}
	}
}

func TestLastOfDuplicateMembersWins(t *testing.T) {
	if got := parse(t, `{"a":1,"b":2,"a":3}`).Get("a").Text(); got != "3" {
		t.Errorf("a is %s", got)
	}
}

func TestPath(t *testing.T) {
	for _, text := range []string{`{"host":{"name":"x"}}`, `{"host.name":"x"}`, `{"host":"y","host.name":"x"}`} {
		if got := parse(t, text).Path("host.name", "host", "name").Text(); got != "x" {
			t.Errorf("%s: %q", text, got)
		}
	}
}

func TestUnwrap(t *testing.T) {
	v := parse(t, `{"json":"{\"a\":\"b\\\"c\"}","plain":"text","two":"1 2","object":{"a":1},"space":" [1] "}`)
	inner := v.Get("json").Unwrap()
	text := inner.Get("a").Text()
	if text != `b"c` {
		t.Errorf("a is %q", text)
	}
	if k := v.Get("space").Unwrap().Kind(); k != Array {
		t.Errorf("array with spaces is %d", k)
	}
	if text != `b"c` { // it must outlive the inner document
		t.Errorf("a became %q", text)
	}
	for _, key := range []string{"plain", "two", "missing"} {
		if k := v.Get(key).Unwrap().Kind(); k != None {
			t.Errorf("%s is %d", key, k)
		}
	}
	if v.Get("object").Unwrap().Get("a").Text() != "1" {
		t.Error("an object is not itself")
	}
}

func TestUnwrapIsBounded(t *testing.T) {
	text := `1`
	for range 4 {
		text = fmt.Sprintf("%q", text)
	}
	v := parse(t, text)
	for range maxNesting - 1 {
		inner, err := v.Open()
		if err != nil {
			t.Fatal(err)
		}
		v = inner
	}
	if _, err := v.Open(); !errors.Is(err, ErrDepth) {
		t.Errorf("opened %d deep: %v", maxNesting+1, err)
	}
}

func TestZeroValue(t *testing.T) {
	var v Value
	if v.Kind() != None || v.Text() != "" || v.List() != "" || v.Len() != 0 || v.Raw() != nil || v.Get("a").Kind() != None || v.Unwrap().Kind() != None {
		t.Error("the zero value is something")
	}
	if it := v.Members(); it.Next() {
		t.Error("the zero value has members")
	}
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{"X-API-Key": "xapikey", "request_Path": "requestpath", "gen_ai.usage": "genai.usage", "": "", "É": "É"} {
		if got := string(Fold(nil, in)); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestBuffer(t *testing.T) {
	var b Buffer
	first := b.UnescapeString(`a\x22b`)
	for i := range 1000 {
		b.Valid([]byte(strings.Repeat("\xff", i)))
	}
	if first != `a"b` {
		t.Errorf("the first text became %q", first)
	}
	b.Reset()
	if cap(b.b) > keptBytes {
		t.Errorf("keeps %d bytes", cap(b.b))
	}
	if got := b.Join([]string{"a", "b", "c"}); got != "a,b,c" {
		t.Errorf("joined to %q", got)
	}
	if b.Join(nil) != "" || b.Join([]string{"x"}) != "x" {
		t.Error("joins none or one wrongly")
	}
}

// TestConcat checks that texts are joined without changing those before.
func TestConcat(t *testing.T) {
	var b Buffer
	d := NewDoc(8, &b)
	v, _, err := d.Parse([]byte(`{"a":"x\ny"}`))
	if err != nil {
		t.Fatal(err)
	}
	escaped := v.Get("a").Text()
	if got := v.Concat("66306", ":", escaped); got != "66306:x\ny" || escaped != "x\ny" {
		t.Errorf("got %q and %q", got, escaped)
	}
	if got := (Value{}).Concat("a"); got != "" {
		t.Errorf("a value that is not there gave %q", got)
	}
}
