package demo

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"plain text":             "plain text",
		"tab\tand\nline\r":       "tab and line ",
		"é 標題 ✓":                 "é 標題 ✓",
		"\x1b[31mred\x1b[0m":     "·[31mred·[0m",
		"\u009b31m":              "·31m",
		"a\u202eb\u2069c\u200fd": "a·b·c·d",
		"zero\u200bwidth\ufeff":  "zero·width·",
		"bad\xff\xfeutf":         "bad··utf",
		"del\x7f\x00":            "del··",
		"line\u2028para\u2029":   "line·para·",
		"e\u0301":                "e\u0301",
		"z\u0301\u0302\u0303":    "z\u0301\u0302",
		"tag\U000e0041":          "tag·",
	} {
		assert.Equal(t, want, clean(in), "%q", in)
	}
	assert.LessOrEqual(t, len(clean(strings.Repeat("x", 1<<20))), shown)
}

func TestColumnsAndFit(t *testing.T) {
	assert.Equal(t, 3, columns("abc"))
	assert.Equal(t, 4, columns("標題"))
	assert.Equal(t, 1, columns("e\u0301"))
	assert.Equal(t, "abc", fit("abc", 3))
	assert.Equal(t, "ab…", fit("abcd", 3))
	assert.Equal(t, "標…", fit("標題題", 4))
	assert.Equal(t, "…", fit("標題題", 2))
	assert.Equal(t, "ab   ", pad("ab", 5))
	assert.Equal(t, "標題…", pad("標題題", 5))
	assert.Equal(t, "標… ", pad("標題題", 4), "a wide character does not fit into one column")
}

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		in   string
		n    int
		want []string
	}{
		{"", 10, nil},
		{"   ", 10, nil},
		{"one two three", 10, []string{"one two", "three"}},
		{"one two three", 100, []string{"one two three"}},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"a abcdefghij b", 4, []string{"a", "abcd", "efgh", "ij b"}},
		{"標題標題", 4, []string{"標題", "標題"}},
	} {
		assert.Equal(t, tt.want, wrap(tt.in, tt.n), "%q at %d", tt.in, tt.n)
	}
}

func TestNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1: "-1", -100: "-100", -1234: "-1,234", math.MinInt64: "-9,223,372,036,854,775,808"} {
		assert.Equal(t, want, count(n))
	}
	for x, want := range map[float64]string{0: "0", 5: "5", 12.54: "12.5", 246: "246", 0.021: "0.021", 0.5: "0.5", 12345.6: "12,346", 1e18: "1e+18", -3.25: "-3.3", math.Inf(1): "?"} {
		assert.Equal(t, want, figure(x))
	}
	assert.Equal(t, "?", figure(math.NaN()))
	for n, want := range map[int64]string{0: "0", 9999: "9,999", 53225: "53.2k", 1234567: "1.23M", 123456789: "123.5M"} {
		assert.Equal(t, want, short(n))
	}
	for d, want := range map[time.Duration]string{0: "0.0 s", 4200 * time.Millisecond: "4.2 s", 61 * time.Second: "61 s", 5 * time.Minute: "5 min", 99 * time.Minute: "99 min", 115 * time.Minute: "1.9 h", 26 * time.Hour: "26 h"} {
		assert.Equal(t, want, span(d))
	}
}

func TestTableThatIsSqueezed(t *testing.T) {
	var b strings.Builder
	s := New(Options{Width: fixed(40)})
	wide := Table{Columns: []string{"a", "bb", "ccc", "dddd", "eeeee", "ffffff"}, Rows: [][]string{{}, {"1"}}}
	for range 15 {
		wide.Rows = append(wide.Rows, strings.Split(strings.Repeat(strings.Repeat("v", 50)+" ", 9), " ")) // more cells than columns
	}
	s.table(&b, wide)
	for line := range strings.Lines(b.String()) {
		assert.LessOrEqual(t, columns(strings.TrimSuffix(line, "\n")), 40)
	}
	assert.Contains(t, b.String(), "(the first 10 rows)")
	assert.Contains(t, b.String(), "(1 further columns)")
	assert.Equal(t, 8, strings.Count(b.String(), "\n  vvvvv…  vvvvv…"), "the other two of ten rows are short")
}

func TestTableOfManyColumnsShowsThoseThatTell(t *testing.T) {
	var b strings.Builder
	s := New(Options{Width: fixed(80)})
	many := Table{
		Columns: []string{"ingested", "topic", "offset", "status", "principal", "path", "client", "stream", "tools", "time", "asn"},
		Rows: [][]string{
			{"x1", "gateway-logs", "1", "401", "", strings.Repeat("/p", 40), "71.4.9.12", "false", "0", "2026-09-16 12:00:07", ""},
			{"x2", "gateway-logs", "2", "401", "", "/q", "71.4.9.12", "false", "0", "2026-09-16 12:00:08", ""},
		},
	}
	s.table(&b, many)
	assert.Equal(t, `  time                 client     status  path
  2026-09-16 12:00:07  71.4.9.12  401     /p/p/p/p/p/p/p/p/p/p/p/p/p/p/…
  2026-09-16 12:00:08  71.4.9.12  401     /q
  (7 further columns)
`, b.String())
}

func FuzzText(f *testing.F) {
	f.Add(hostile, 40)
	f.Add("標題 e\u0301", 3)
	f.Fuzz(func(t *testing.T, s string, n int) {
		n = max(n%200, 3)
		c := clean(s)
		require.True(t, utf8.ValidString(c))
		if len(c) <= shown { // a "·" is longer than what it stands for
			require.Equal(t, c, clean(c))
		}
		require.LessOrEqual(t, columns(fit(c, n)), n)
		require.Equal(t, n, columns(pad(c, n)))
		for _, line := range wrap(c, n) {
			require.LessOrEqual(t, columns(line), n)
		}
	})
}
