package spelling

import (
	"strings"
	"testing"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"status", "status", 0}, {"statuz", "status", 1}, {"stats", "status", 1}, {"", "abc", 3},
		{"kitten", "sitting", 3}, {strings.Repeat("x", 1000), "status", 1000},
	} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("from %.20q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
