package neutral

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"", 5, ""},
		{"plain", 5, "plain"},
		{"plain!", 5, "plai…"},
		{"  a \t\r\n b  ", 10, "a b"},
		{"a\u202eb\u200bc\ufeffd\u00ade", 10, "abcde"},
		{"\x1b[31mred\x1b[0m", 20, "[31mred [0m"},
		{"a\u0085b\u2028c\u2029d\u3164e\u2800f", 20, "a b c de f"},
		{"tag\U000e0041\U000e007f", 10, "tag"},
		{"e\u0301\u0301\u0301\u0301\u0301", 10, "e\u0301\u0301\u0301"},
		{"a\xff\xfeb", 10, "a\ufffd\ufffdb"},
		{"日本語 текст 😀", 20, "日本語 текст 😀"},
		{"\ue000private", 10, "private"},
	} {
		if got := Text(c.in, c.limit); got != c.want {
			t.Errorf("Text(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
	}
	if got := Lines("SELECT 1\n\tFROM x\r\x07", 50); got != "SELECT 1\n\tFROM x" {
		t.Errorf("Lines = %q", got)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"a\u202eb", "\xff\xfe", strings.Repeat("\u0300", 50), "\U000e0041", "a\nb"} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 1 + limit&0xff
		got := Text(s, limit)
		if n := utf8.RuneCountInString(got); n > limit || !utf8.ValidString(got) {
			t.Errorf("%q has %d code points, limit %d", got, n, limit)
		}
		for _, c := range got {
			if unicode.IsControl(c) || unicode.In(c, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) {
				t.Errorf("%q has %U", got, c)
			}
		}
		if again := Text(got, limit); again != got {
			t.Errorf("%q becomes %q the second time", got, again)
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{"plain", "a\u202eb\u009b", "😀\U000e0041\U0010ffff", "\x7f", "\xff", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		got := JSON(doc)
		for _, c := range string(got) {
			if c != ' ' && !unicode.IsGraphic(c) {
				t.Errorf("%q has %U", got, c)
			}
		}
		var before, after string
		if err := json.Unmarshal(doc, &before); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(got, &after); err != nil || before != after {
			t.Errorf("%q means %q, want %q (%v)", got, after, before, err)
		}
	})
}
