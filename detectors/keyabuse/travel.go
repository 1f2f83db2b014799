package keyabuse

import (
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// leastJourney is how many kilometres two countries are apart before anybody
// travels: databases of countries are off at borders, and circles are rough.
const leastJourney = 1000

// journey is where a key was last, and where it seems to have been since, 48
// bytes.
type journey struct {
	// homeAt is the last time in a country that is known of the key, awayAt in
	// one that is not.
	homeAt, awayAt int64
	// took is the least time between the two, far how many kilometres are.
	took       time.Duration
	far        float32
	calls      uint32
	home, away uint8
	// client tells that the client was new there as well.
	client bool
}

// fixed tells that an address tells where its user is: those of hosts, proxies
// and Tor do not.
func fixed(ev *schemas.Event) bool {
	return ev.Network == schemas.NetworkUnknown
}

// travel follows a key over countries; it returns whether it was in two of them
// faster than anybody travels.
func (d *watch) travel(s *State, ev *schemas.Event, country uint8, now uint16, a *age, client bool) bool {
	m := s.countries.see(uint64(country)<<32, now, a)
	j := &s.journey
	if a.settled(m, now) {
		took := ev.Time - j.awayAt
		back := j.away != 0 && j.calls >= 3 && d.impossible(j.away, country, took)
		j.home, j.homeAt = country, max(j.homeAt, ev.Time)
		if back {
			j.took = min(j.took, time.Duration(max(took, 0)))
		}
		if back || took > int64(24*time.Hour) {
			j.away = 0
		}
		return back
	}
	if j.home == 0 || s.countries.newcomers >= 1 || s.countries.settledCount(now, a) > 3 {
		return false
	}
	if j.away != country {
		took := ev.Time - j.homeAt
		if !d.impossible(j.home, country, took) {
			return false
		}
		j.away, j.calls, j.client = country, 0, client
		j.took, j.far = time.Duration(max(took, 0)), float32(apart(j.home, country))
	}
	j.calls++
	j.awayAt = max(j.awayAt, ev.Time)
	// Who does not come back may have turned on a VPN, but then with the client
	// that he had.
	return j.client && j.calls == 3
}

// impossible tells that nobody gets from one country to the other in that time.
func (d *watch) impossible(a, b uint8, took int64) bool {
	far := apart(a, b)
	return far >= leastJourney && far > d.config.Speed*time.Duration(max(took, 0)).Hours()
}
