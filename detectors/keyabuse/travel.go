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
	took time.Duration
	far  float32
	// calls is how many came from away, returns how often the key came back,
	// there whether it is away.
	calls      uint32
	returns    uint8
	home, away uint8
	there      bool
	// client tells that the client was new there as well.
	client bool
}

const (
	// awayCalls is the fewest calls from away that are no slip of a database.
	awayCalls = 3
	// awayReturns is how often a key comes back before it is in two places: who
	// turns a VPN on and off comes back once.
	awayReturns = 3
)

// fixed tells that an address tells where its user is: those of hosts, proxies
// and Tor do not.
func fixed(ev *schemas.Event) bool {
	return ev.Network == schemas.NetworkUnknown
}

// travel follows a key over countries; it returns whether it was in two of them
// faster than anybody travels. client tells that the client is new to the key.
func (d *watch) travel(s *State, g *guest, client bool) bool {
	j, ev, country := &s.journey, g.ev, g.country
	if !g.abroad {
		back := j.back(d, country, ev.Time)
		j.home, j.homeAt = country, max(j.homeAt, ev.Time)
		return back
	}
	if j.home == 0 || s.countries.newcomers >= 1 || s.countries.settledCount(g.now, &g.age) > 3 {
		return false
	}
	if j.away != country {
		took := ev.Time - j.homeAt
		if !d.impossible(j.home, country, took) {
			return false
		}
		*j = journey{
			home: j.home, homeAt: j.homeAt, away: country, client: client,
			took: time.Duration(max(took, 0)), far: float32(apart(j.home, country)),
		}
	}
	j.calls++
	j.there, j.awayAt = true, max(j.awayAt, ev.Time)
	// Who turned on a VPN has the client that he had.
	return j.client && j.calls == awayCalls
}

// back notes a call from a known country; it tells that the key has come back
// from away too often and too fast.
func (j *journey) back(d *watch, country uint8, at int64) bool {
	took := at - j.awayAt
	switch {
	case j.away == 0:
		return false
	case took > int64(time.Hour):
		j.away = 0
		return false
	case !j.there || !d.impossible(j.away, country, took):
		return false
	}
	j.there, j.took = false, min(j.took, time.Duration(max(took, 0)))
	if j.returns < 255 {
		j.returns++
	}
	return j.returns == awayReturns && j.calls >= awayCalls
}

// impossible tells that nobody gets from one country to the other in that time.
func (d *watch) impossible(a, b uint8, took int64) bool {
	far := apart(a, b)
	return far >= leastJourney && far > d.config.Speed*time.Duration(max(took, 0)).Hours()
}
