package chars

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestView(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "a%40b": "a@b", "a%2540b": "a@b", "a%252525252540b": "a@b", `a\u0040b`: "a@b", `a\x40b`: "a@b", `a\\u0040b`: "a@b", `a\\\\\\\u0040b`: "a@b", `a\\x40b`: "a@b", `a\\nb`: `a\ b`,
		"a\x1b[31mb": "a b", "a\x1b[0m\x1b[1;32mb": "a  b", `a\u001b[mb`: "a b", `a\033[38;2;255;1;20mb`: `a\033 b`, "a#033[0mb": "a#033 b", "%5[4155mb": "%5[4155mb", "%[1;x;2mb": "%[1;x;2mb", "a&#64;b": "a@b",
		"a&#x40;b": "a@b", "%5Cu0040": "@", "a%4": "a%4", "a%4gb": "a%4gb", `a\nb`: "a b", "a\u200bb": "ab", "a\x00b": "ab", "a%00b": "ab",
		"\uff21\uff20": "A@", "a\xffb": "ab", "é": "é", "%c3%a9": "%c3%a9", "&#;": "&#;", "&#999999;": "&#999999;", "a\tb\nc": "a\tb\nc", "": "",
	} {
		var v View
		v.Build(in)
		if string(v.Text) != want {
			t.Errorf("view of %q is %q, want %q", in, v.Text, want)
		}
		if len(v.From) != len(v.Text)+1 || int(v.From[len(v.Text)]) != len(in) {
			t.Errorf("view of %q: positions %v", in, v.From)
		}
		if string(v.Text) != in && !Viewed(Union(in)) {
			t.Errorf("%q needs a view, and its classes do not say so", in)
		}
	}
}

// FuzzView holds that positions rise and stay within the source, and that the
// view of a view is itself unless it holds backslashes or bytes that are no text.
func FuzzView(f *testing.F) {
	f.Add(`a%2540b\u0040\n&#64;` + "\uff20\u200b\xff")
	var v, w View
	f.Fuzz(func(t *testing.T, s string) {
		v.Build(s)
		last := int32(0)
		for _, at := range v.From {
			if at < last || int(at) > len(s) {
				t.Fatalf("positions %v of %q", v.From, s)
			}
			last = at
		}
		if len(v.Text) > len(s) || !utf8.Valid(v.Text) {
			t.Errorf("view %q of %q", v.Text, s)
		}
		w.Build(string(v.Text))
		if string(w.Text) != string(v.Text) {
			t.Errorf("the view of %q is %q", v.Text, w.Text)
		}
	})
}

func TestPlain(t *testing.T) {
	for _, s := range []string{"", "/v1/chat/completions", "chat", "gpt-4o", "curl/8.6.0", "the basics of bread", "POST", "team-a", "a.b.c"} {
		if !Plain(s) {
			t.Errorf("%q needs the detailed scan", s)
		}
	}
	for _, s := range []string{"a@b", "a%40", "k=v", "a: b", "8.8.8.8", "1234567", "Bearer x", "a basic y", strings.Repeat("a", 16),
		"sk-1", "a~b", "&#64", "a\\b", "é", "\x00", "aaaa/bbbb+cccc/dddd/eeee/ffff/gggg"} {
		if Plain(s) {
			t.Errorf("%q was taken for plain", s)
		}
	}
}

func TestScheme(t *testing.T) {
	for s, want := range map[string]int{"Bearer": 6, "a basic": 5, "(Digest": 6, "apikey": 6, "Token": 5, "forbearer": 0, "bear": 0, "": 0, "xbasic": 0} {
		if got := Scheme(s); got != want {
			t.Errorf("Scheme(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestPredicates(t *testing.T) {
	if !EqualFold("AbC", "abc") || EqualFold("ab", "abc") || EqualFold("[", "{") {
		t.Error("EqualFold")
	}
	if !Only("12", Digit) || Only("1a", Digit) || !Only("", Digit) || !Has("1a", Lower) || Has("1", Lower) {
		t.Error("Only, Has")
	}
	if TokenLength("ab-c_1.x") != 6 || TokenLength(".") != 0 {
		t.Error("TokenLength")
	}
	for r, want := range map[rune]bool{'a': false, 'é': false, 0x202e: true, 0x200b: true, 0xfeff: true, 0xe0041: true, 0x1b: true, '日': false} {
		if Invisible(r) != want {
			t.Errorf("Invisible(%U) = %v", r, !want)
		}
	}
}
