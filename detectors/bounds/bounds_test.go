package bounds

import (
	"math"
	"testing"
	"time"
)

func TestBounds(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"least":      {Within("n", 1, 1, 3), ""},
		"most":       {Within("n", 3, 1, 3), ""},
		"too few":    {Within("n", 0, 1, 3), "n is 0, want 1 to 3"},
		"too many":   {Within("n", 4, 1, 3), "n is 4, want 1 to 3"},
		"no number":  {Within("x", math.NaN(), 0, 1), "x is NaN, want 0 to 1"},
		"too long":   {Within("t", 2*time.Hour, time.Minute, time.Hour), "t is 2h0m0s, want 1m0s to 1h0m0s"},
		"off":        {OrOff("n", 0, 5, 9), ""},
		"on":         {OrOff("n", 5, 5, 9), ""},
		"neither":    {OrOff("n", 4, 5, 9), "n is 4, want 0 (off) or 5 to 9"},
		"off or NaN": {OrOff("x", math.NaN(), 5, 9), "x is NaN, want 0 (off) or 5 to 9"},
	} {
		got := ""
		if c.err != nil {
			got = c.err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
