package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuantitiesReadAsInTheText(t *testing.T) {
	for _, c := range []struct {
		value      float64
		unit, want string
	}{
		{0.651, "share", "65.1 %"},
		{0.00394, "share", "0.394 %"},
		{0.5, "share of tokens", "50 % of tokens"},
		{6418, "requests/min", "6,418 requests/min"},
		{77.5, "requests/min", "77.5 requests/min"},
		{0, "requests/min", "0 requests/min"},
		{3, "shares held", "3 shares held"},
		{12, "", "12"},
	} {
		require.Equal(t, c.want, quantity(c.value, c.unit))
	}
}
