package silence

import (
	"math"

	"github.com/gatehound/gatehound/detectors"
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

// majority finds the caller that makes more than half of the requests, if one
// does: major is its hash, votes by how much (Boyer, Moore: MJRTY, a fast
// majority vote algorithm, 1981).
type majority struct{ major, votes uint16 }

func (m *majority) vote(caller uint16) {
	switch {
	case m.votes == 0:
		m.major, m.votes = caller, 1
	case m.major != caller:
		m.votes--
	case m.votes < math.MaxUint16:
		m.votes++
	}
}

// alone tells that one caller makes clearly more than half of n requests.
func (m *majority) alone(n float64) bool { return float64(m.votes) > 0.1*n }
