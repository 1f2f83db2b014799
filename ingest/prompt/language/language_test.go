package language

import (
	"strings"
	"testing"
	"unicode"

	"github.com/gatehound/gatehound/ingest/prompt/glyph"
)

func count(text string) *Counter {
	var c Counter
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
		hash := Seed
		for _, r := range w {
			hash = Step(hash, r)
			c.Letter(r)
		}
		c.Word(hash)
	}
	return &c
}

func TestOf(t *testing.T) {
	for _, c := range []struct {
		text   string
		script glyph.Script
		want   string
	}{
		{"what is the plan", glyph.Latin, "en"},
		{"was ist der Plan", glyph.Latin, "de"},
		{"что это такое", glyph.Cyrillic, "ru"},
		{"що це таке", glyph.Cyrillic, "uk"},
		{"ما هذا", glyph.Arabic, "ar"},
		{"این چه است", glyph.Arabic, "fa"},
		{"anything", glyph.Greek, "el"},
		{"anything", glyph.Unnamed, ""},
		{"qwrt zxcv bnmp", glyph.Latin, ""},
		{"", glyph.Latin, ""},
	} {
		if got, _ := count(c.text).Of(c.script); got != c.want {
			t.Errorf("%q is %q, want %q", c.text, got, c.want)
		}
	}
}

func TestShares(t *testing.T) {
	if _, percent := count("der die das xyzzy").Of(glyph.Latin); percent < 30 || percent > 80 {
		t.Errorf("three words of four are %d %%", percent)
	}
	if percent := count("const func elif xyzzy").Code(); percent != 75 {
		t.Errorf("three words of code are %d %%", percent)
	}
	if percent := new(Counter).Code(); percent != 0 {
		t.Errorf("of no words %d %%", percent)
	}
}

func TestTable(t *testing.T) {
	used := 0
	for _, e := range table {
		if e.languages != 0 {
			used++
		}
	}
	if used < 1500 || used*3 > len(table)*2 {
		t.Errorf("%d of %d places are taken", used, len(table))
	}
	for i, list := range lists {
		if n := len(strings.Fields(list)); n < 60 || codes[i] == "" {
			t.Errorf("%s has %d words", codes[i], n)
		}
	}
	for i, list := range letters {
		for _, r := range list {
			if r >= alphabet || special[r]&(1<<i) == 0 {
				t.Errorf("%c of %s is not counted", r, codes[i])
			}
		}
	}
}
