package pattern

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		glob     string
		is, isNo []string
	}{
		{"abc", []string{"abc"}, []string{"", "abcd", "xabc", "ABC"}},
		{"a*", []string{"a", "abc"}, []string{"", "ba"}},
		{"*c", []string{"c", "abc"}, []string{"", "cb"}},
		{"*b*", []string{"b", "abc"}, []string{"", "ac"}},
		{"*", []string{"", "abc"}, nil},
		{"a?c", []string{"abc", "a€c", "a\xffc"}, []string{"ac", "abbc"}},
		{"?", []string{"a", "é"}, []string{"", "ab"}},
		{"a*b*c", []string{"abc", "axxbxxc", "abcbc"}, []string{"ab", "acb"}},
		{"ab*ba", []string{"abba", "abxba"}, []string{"aba"}},
		{"*?b", []string{"ab", "xab"}, []string{"b"}},
		{`a\*`, []string{"a*"}, []string{"ab"}},
		{`a\?`, []string{"a?"}, []string{"ab"}},
		{`a\\*`, []string{`a\`, `a\b`}, []string{"a", "ab"}},
		{`a\\\*`, []string{`a\*`}, []string{`a\b`}},
		{`C:\Windows\x`, []string{`C:\Windows\x`}, nil},
		{`a\\b`, []string{`a\b`}, []string{`a\\b`}},
		{`a\\\\b`, []string{`a\\b`}, nil},
		{"", []string{""}, []string{"a"}},
	} {
		g := Parse(c.glob)
		for _, s := range c.is {
			require.True(t, g.Match(s), "%s of %s", s, c.glob)
		}
		for _, s := range c.isNo {
			require.False(t, g.Match(s), "%s of %s", s, c.glob)
		}
	}
}

// TestFoldingIsThatOfRegularExpressions holds every character against those that
// (?i) takes for it.
func TestFoldingIsThatOfRegularExpressions(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			require.Equal(t, FoldRune(r), FoldRune(f))
		}
	}
	require.Equal(t, "kelvin-s", string(AppendFolded(nil, "\u212aELVIN-ſ")))
	require.Equal(t, "a\xffb", string(AppendFolded(nil, "A\xffB")), "what is no text stays")
	require.True(t, regexp.MustCompile("(?i)k").MatchString("\u212a"))
}

func TestBase64OffsetsAreInEveryPosition(t *testing.T) {
	for _, s := range []string{"http://evil", "a1", "whoami && id", "xyz"} {
		offsets := Encode("base64offset", s)
		require.NotEmpty(t, offsets)
		for shift := range 6 {
			text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("#", shift) + s + "tail"))
			found := false
			for _, o := range offsets {
				found = found || strings.Contains(text, o)
			}
			require.True(t, found, "%s behind %d bytes", s, shift)
		}
	}
}

func TestEncodings(t *testing.T) {
	require.Equal(t, []string{"Y21k"}, Encode("base64", "cmd"))
	require.Equal(t, []string{"c\x00m\x00"}, Encode("wide", "cm"))
	require.Equal(t, []string{"\x00c\x00m"}, Encode("utf16be", "cm"))
	require.Equal(t, []string{"\xff\xfec\x00"}, Encode("utf16", "c"))
	require.ElementsMatch(t, []string{"-enc x", "/enc x", "–enc x", "—enc x", "―enc x"}, Windash("-enc x"))
	require.Equal(t, []string{"a-b"}, Windash("a-b"), "no flag")
	require.Nil(t, Windash("-a -b -c -d -e"))
}

func TestUnfitExpressionsSayWhy(t *testing.T) {
	for text, why := range map[string]string{
		`(?=a)b`: "look-around", `a(?!b)`: "look-around", `(?<=a)b`: "look-around", `(a)\1`: "back-reference", `a++`: "possessive", `(?>a)`: "atomic",
		`(`: "missing closing", `[z-a]`: "invalid character class range", `(((a{100}){100}){100})`: "repeat",
		strings.Repeat("[a-z]{30}x", 80): "too large",
	} {
		reason, _ := Unfit(text, text)
		require.Contains(t, reason, why, text)
	}
	reason, size := Unfit(`(?i)^/v\d+/.*\.(php|jsp)$`, "")
	require.Empty(t, reason)
	require.Positive(t, size)
}
