package silence

import (
	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// caller returns a hash of who calls a route: the principal, or else the
// address.
func caller(x *detectors.Context, ev *schemas.Event) uint64 {
	if !detectors.Named(ev) {
		return x.Key.Addr(detectors.Client(ev))
	}
	return x.Key.String(detectors.Caller(ev))
}

// alone tells that one caller makes clearly more than half of n requests.
func alone(m *sketch.Majority[uint16], n float64) bool { return float64(m.Votes) > 0.1*n }
