package rate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// traffic generates the requests of a fleet minute by minute: customers with
// heavy-tailed volumes, office hours, machines, sessions and scheduled jobs,
// some of them behind shared addresses; what else happens is planted.
type traffic struct {
	r       *rand.Rand
	clients []client
	mood    []float64
	plants  []plant
	offset  int64
	events  int
}

type client struct {
	perMinute float64
	office    bool // active in working hours only, weekends hardly
	zone      int  // hours from UTC
	cron      int  // minutes between bursts, 0 for none
	address   int
	route     int
}

// plant adds to or changes the events of a minute.
type plant struct {
	from, until int // minutes since the start
	add         func(r *rand.Rand, minute int) []schemas.Event
	change      func(r *rand.Rand, ev *schemas.Event) bool
}

const routes = 7

func newTraffic(seed uint64, clients int, perMinute float64) *traffic {
	t := &traffic{r: rand.New(rand.NewPCG(seed, 99))}
	total := 0.0
	for i := range clients {
		total += 1 / math.Pow(float64(i+1), 1.1)
	}
	for i := range clients {
		c := client{
			perMinute: perMinute / math.Pow(float64(i+1), 1.1) / total,
			office:    t.r.IntN(2) == 0, zone: t.r.IntN(10) - 5, address: 100 + i, route: t.r.IntN(routes),
		}
		if t.r.IntN(6) == 0 {
			c.address = t.r.IntN(6)
		}
		if t.r.IntN(12) == 0 {
			c.cron = []int{5, 15, 30, 60, 1440}[t.r.IntN(5)]
		}
		t.clients = append(t.clients, c)
	}
	t.mood = make([]float64, clients)
	return t
}

func (t *traffic) poisson(mean float64) int {
	if mean > 50 {
		return max(0, int(mean+math.Sqrt(mean)*t.r.NormFloat64()+0.5))
	}
	n, p := 0, math.Exp(-mean)
	for u := t.r.Float64(); u > p; n++ {
		u *= t.r.Float64()
	}
	return n
}

// mean returns what a client makes of a minute.
func (t *traffic) mean(i, minute int) float64 {
	c := &t.clients[i]
	// The mood is an autoregressive noise: sessions and quiet times.
	t.mood[i] = 0.9*t.mood[i] + 0.25*t.r.NormFloat64()
	mean := c.perMinute * math.Exp(t.mood[i])
	if c.office {
		hour := math.Mod(float64(minute)/60+float64(c.zone)+48, 24)
		day := (minute/60 + c.zone + 48) / 24 % 7
		work := math.Exp(-math.Pow((hour-14)/4, 4))
		mean *= 0.02 + 2.2*work
		if day >= 5 {
			mean *= 0.1
		}
	}
	if c.cron > 0 {
		mean *= 0.05
		if minute%c.cron < 2 {
			mean += c.perMinute * min(float64(c.cron), 120)
		}
	}
	return mean
}

// minute returns the events of a minute.
func (t *traffic) minute(minute int) []schemas.Event {
	var out []schemas.Event
	for i := range t.clients {
		for range t.poisson(t.mean(i, minute)) {
			out = append(out, t.event(i, minute))
		}
	}
	for _, p := range t.plants {
		if minute < p.from || minute >= p.until {
			continue
		}
		if p.add != nil {
			out = append(out, p.add(t.r, minute)...)
		}
		if p.change != nil {
			kept := out[:0]
			for i := range out {
				if p.change(t.r, &out[i]) {
					kept = append(kept, out[i])
				}
			}
			out = kept
		}
	}
	return out
}

func (t *traffic) event(i, minute int) schemas.Event {
	c := &t.clients[i]
	ev := request(t.r, minute, fmt.Sprintf("h1:k1:customer%06d", i), c.address, c.route)
	if t.r.IntN(250) == 0 {
		ev.Status = 503
	}
	return ev
}

// request returns a successful request at some time of the minute.
func request(r *rand.Rand, minute int, principal string, address, route int) schemas.Event {
	at := time.Duration(minute)*time.Minute + time.Duration(r.Int64N(int64(time.Minute)))
	return detectortest.Event(at, func(ev *schemas.Event) {
		ev.Principal, ev.Route = principal, fmt.Sprintf("/v1/route%d", route)
		ev.ClientAddr = detectortest.Address(address)
		ev.Client = ev.ClientAddr
	})
}

// burst returns a plant of perMinute requests of one principal and address.
func burst(from, minutes, perMinute int, principal string, address, route int) plant {
	return plant{from: from, until: from + minutes, add: func(r *rand.Rand, minute int) []schemas.Event {
		var out []schemas.Event
		for range perMinute {
			out = append(out, request(r, minute, principal, address, route))
		}
		return out
	}}
}

// answer returns a plant that gives a share of a route's requests a status;
// status 0 takes them away. Route -1 is all.
func answer(from, minutes, route int, share float64, status uint16) plant {
	name := fmt.Sprintf("/v1/route%d", route)
	return plant{from: from, until: from + minutes, change: func(r *rand.Rand, ev *schemas.Event) bool {
		if route < 0 || ev.Route == name {
			if r.Float64() < share {
				ev.Status = status
				return status != 0
			}
		}
		return true
	}}
}

// run feeds the minutes from..until to the engine, in batches as the service does.
func (t *traffic) run(tb testing.TB, from, until int) []schemas.Finding {
	tb.Helper()
	// Off by default on routes, of which the detector errors tells.
	c := DefaultConfig()
	c.Route.ThrottledFloor, c.Route.ErrorsFloor = 20, 20
	watchers, err := Watchers(c)
	if err != nil {
		tb.Fatal(err)
	}
	e := detectortest.New(tb, detectortest.Settings(), watchers...)
	defer e.Close()
	var found []schemas.Finding
	for m := from; m < until; m++ {
		b := detectortest.Batch(t.offset, t.minute(m))
		t.offset += int64(b.Len())
		t.events += b.Len()
		f, err := e.Observe(b, nil)
		if err != nil {
			tb.Fatal(err)
		}
		found = append(found, f...)
	}
	return append(found, e.Flush()...)
}

// at returns the findings of windows that start in the minutes.
func at(found []schemas.Finding, from, until int) []schemas.Finding {
	var out []schemas.Finding
	for _, f := range found {
		m := int(f.WindowStart.Sub(detectortest.Start) / time.Minute)
		if m >= from && m < until {
			out = append(out, f)
		}
	}
	return out
}

func tell(tb testing.TB, found []schemas.Finding) {
	for _, f := range found {
		tb.Logf("%s %s %s %s %s: %s", f.WindowStart.Format("02 15:04"), f.Detector, f.Severity, f.Entity.Kind, f.Entity.Name, f.Summary)
	}
}

// again makes every client send three times as much as usual.
func (t *traffic) again(_ *rand.Rand, minute int) []schemas.Event {
	var out []schemas.Event
	for i := range t.clients {
		for range t.poisson(3 * t.mean(i, minute)) {
			out = append(out, t.event(i, minute))
		}
	}
	return out
}
