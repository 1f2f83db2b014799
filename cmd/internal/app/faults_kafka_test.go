package app

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFaultSmoke(t *testing.T) {
	w := newFaultWorld(t, 2)
	s := w.start(t, w.config(t), true)
	w.traffic(t, 1000)
	w.told(t, w.siem, w.attack(t, "203.0.113.7"), s)
	w.storedOnce(t, s)
	s.stop(t)
	require.Contains(t, s.log.String(), "gatehound stops")
}
