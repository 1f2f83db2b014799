package rate

import (
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// TestSwamp wants a new caller, and one that is known, to be told where they make
// more than three times what all make, and not where that is little beside the
// others or in itself.
func TestSwamp(t *testing.T) {
	few := func(perMinute int) []plant {
		return append(append(steady(0, 112, perMinute, 1), steady(0, 112, perMinute, 2)...), burst(5, 112, 80, "h1:k1:big", 8, 1))
	}
	both := []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityAddress}
	for name, c := range map[string]struct {
		perMinute int
		caller    string
		address   int
		told      bool
	}{
		"by a new key":         {900, "h1:k1:new", 9, true},
		"little":               {500, "h1:k1:new", 9, false},
		"by a known one":       {700, "h1:k1:big", 8, true},
		"by a known one, less": {400, "h1:k1:big", 8, false},
	} {
		t.Run(name, func(t *testing.T) {
			found := play(t, 112, append(few(8), burst(98, 3, c.perMinute, c.caller, c.address, 1))...)
			if c.told {
				want(t, found, "rate.spike", both...)
				return
			}
			want(t, found, "")
		})
	}
	// Beside 600 a minute the same is one of many.
	want(t, play(t, 112, append(few(50), burst(98, 3, 900, "h1:k1:new", 9, 1))...), "")
}
