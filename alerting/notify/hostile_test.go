package notify_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// hostile are texts that an attacker could get into an alert.
var hostile = map[string]string{
	"mentions":      "<!channel> <!here> <!everyone> <@U012AB3CD> <#C0123> @here @channel @everyone <!subteam^S012>",
	"links":         "<https://evil.example/x|your bank> https://evil.example http://evil.example/ [click](https://evil.example) mailto:a@evil.example",
	"markup":        "*bold* _italic_ ~gone~ `code` ``` end of block ``` > quote\n# head :skull: &lt;b&gt; &amp;amp;",
	"bidi":          "user\u202egnp.exe \u2066\u2067\u2068\u2069 \u200e\u200f \u061c",
	"invisible":     "a\u200b\u200c\u200d\u2060\ufeff\u00ad\u3164\u115f\U000e0041\U000e0042b\ufe0f\u034f",
	"controls":      "a\x00\x07\x08\x1b[31mred\x1b[0m\x7f\u0085\u009b31m\r\nINJECTED: line\t\v\f\u2028\u2029",
	"invalid utf-8": "a\xff\xfe\xc0\xaf\xed\xa0\x80 b",
	"zalgo":         "z" + strings.Repeat("\u0300\u0301\u0336", 200),
	"json":          `","admin":true,"x":"\u0000 </script><script>alert(1)</script> ${jndi:ldap://evil.example/x} {{7*7}}`,
	"astral":        strings.Repeat("𝒳😀", 3000),
	"long":          strings.Repeat("<&>", 7_000),
	"empty":         "",
}

// fill sets every string that can be reached from v.
func fill(v any, text string) { fillValue(reflect.ValueOf(v).Elem(), text) }

func fillValue(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fillValue(v.Elem(), text)
	case reflect.Slice:
		for i := range v.Len() {
			fillValue(v.Index(i), text)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fillValue(v.Field(i), text)
			}
		}
	}
}

// visible checks that text has nothing that acts on a viewer or is not shown.
func visible(t *testing.T, where, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is no valid UTF-8", where)
	}
	marks := 0
	for _, c := range text {
		if unicode.Is(unicode.M, c) {
			marks++
		} else {
			marks = 0
		}
		if c != '\n' && c != '\t' && (unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)) || marks > 3 {
			t.Errorf("%s has %U", where, c)
			return
		}
	}
}

// harmlessJSON: the document is one line of valid JSON that a terminal can
// show.
func harmlessJSON(t *testing.T, r request) {
	t.Helper()
	doc := strings.TrimSuffix(string(r.body), "\n")
	visible(t, "the document", strings.Map(func(c rune) rune {
		if unicode.Is(unicode.M, c) { // JSON keeps marks, within strings
			return -1
		}
		return c
	}, doc))
	if strings.ContainsAny(doc, "\n\r<>") || !json.Valid([]byte(doc)) {
		t.Errorf("the document is not one line of valid JSON: %.200s", doc)
	}
}
