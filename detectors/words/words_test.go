package words

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1: "1", 2.44: "2.4", 9.96: "10", 9.99: "10", 0.02: "0", 12400: "12,400", 999.6: "1,000", 1234567: "1,234,567",
		-3: "-3", -1234: "-1,234", math.Inf(1): "?",
	} {
		if got := Number(v); got != want {
			t.Errorf("Number(%v) is %q, want %q", v, got, want)
		}
	}
	if got := Number(math.NaN()); got != "?" {
		t.Errorf("Number(NaN) is %q", got)
	}
}

func TestCount(t *testing.T) {
	for _, c := range []struct {
		n          float64
		noun, want string
	}{
		{0, "account", "no accounts"}, {1, "account", "1 account"}, {1.2, "address", "1 address"}, {2, "address", "2 addresses"},
		{12400, "request", "12,400 requests"}, {3, "key", "3 keys"}, {3, "try", "3 tries"}, {20, "different way", "20 different ways"}, {2, "route without a key", "2 routes without a key"},
	} {
		if got := Count(c.n, c.noun); got != c.want {
			t.Errorf("Count(%v, %q) is %q, want %q", c.n, c.noun, got, c.want)
		}
	}
}

func TestPercent(t *testing.T) {
	for v, want := range map[float64]string{
		0: "none", 1: "all", 0.85: "85 %", 0.004: "0.4 %", 0.00001: "less than 0.1 %", 0.997: "more than 99 %", 0.01: "1 %",
	} {
		if got := Percent(v); got != want {
			t.Errorf("Percent(%v) is %q, want %q", v, got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "less than a second", 499 * time.Millisecond: "less than a second", 600 * time.Millisecond: "1 second",
		40 * time.Second: "40 seconds", time.Minute: "1 minute", 90 * time.Second: "90 seconds", 5 * time.Minute: "5 minutes",
		time.Hour: "1 hour", 90 * time.Minute: "90 minutes", 26 * time.Hour: "26 hours",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%v) is %q, want %q", d, got, want)
		}
	}
}

func TestList(t *testing.T) {
	for want, parts := range map[string][]string{
		"": {"", ""}, "a": {"", "a"}, "a and b": {"a", "", "b"}, "a, b and c": {"a", "b", "c"},
	} {
		if got := List(parts...); got != want {
			t.Errorf("List(%q) is %q, want %q", parts, got, want)
		}
	}
}

func FuzzLiteral(f *testing.F) {
	f.Add(`a'b\`)
	f.Fuzz(func(t *testing.T, s string) {
		q := Literal(s)
		if inner := q[1 : len(q)-1]; strings.ContainsAny(inner, "'\n\r\x00;\"`") || q[0] != '\'' || q[len(q)-1] != '\'' {
			t.Errorf("%q is quoted as %s", s, q)
		}
	})
}
