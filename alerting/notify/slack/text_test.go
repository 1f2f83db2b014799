package slack

import (
	"strings"
	"testing"
	"unicode/utf16"
)

func TestEscape(t *testing.T) {
	for _, c := range []struct {
		in    string
		limit int
		want  string
	}{
		{"", 10, ""},
		{"a<b>&c", 100, "a&lt;b&gt;&amp;c"},
		{"&lt;", 100, "&amp;lt;"},
		{"12345", 5, "12345"},
		{"123456", 5, "1234…"},
		{"<<<<", 10, "&lt;&lt;…"},
		{"😀😀", 4, "😀😀"},
		{"😀😀😀", 4, "😀…"},
	} {
		got := escape(c.in, c.limit)
		if got != c.want {
			t.Errorf("escape(%q, %d) = %q, want %q", c.in, c.limit, got, c.want)
		}
		if n := len(utf16.Encode([]rune(got))); n > c.limit {
			t.Errorf("escape(%q, %d) has %d units", c.in, c.limit, n)
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"<!channel>", "a\u202eb", "```", "@here", "\xff", strings.Repeat("<", 500)} {
		f.Add(s, 100)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 10 + limit&0x3ff
		for name, got := range map[string]string{"plain": plain(s, limit), "inert": inert(s, limit), "code": code(s, limit)} {
			if n := len(utf16.Encode([]rune(got))); n > limit {
				t.Errorf("%s has %d units, limit %d", name, n, limit)
			}
			bare := strings.NewReplacer("&lt;", "", "&gt;", "", "&amp;", "").Replace(got)
			if strings.ContainsAny(bare, "<>&") {
				t.Errorf("%s is not escaped: %q", name, got)
			}
			if name != "code" && (strings.ContainsAny(got, "@\n\r") || strings.Contains(got, "://")) {
				t.Errorf("%s has a mention, a link or a line: %q", name, got)
			}
			if name != "plain" && strings.Contains(got, "`") {
				t.Errorf("%s has a backtick: %q", name, got)
			}
		}
	})
}
