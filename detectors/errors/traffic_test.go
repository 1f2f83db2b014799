package errors

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// lane is the traffic of one route: so many requests a minute of so many
// callers to some models.
type lane struct {
	route     string
	models    []string
	perMinute float64
	callers   int
	// skew is how much more the first callers make than the last.
	skew float64
	// office tells that nearly nothing happens at night.
	office bool
	// fails is the usual share of 5xx.
	fails float64
	// median is the usual time of an answer, or of a token if tokens is set.
	median time.Duration
	tokens bool
	// noRoute leaves the route out, as logs of model providers do.
	noRoute bool
}

// plant changes the events of some minutes.
type plant struct {
	from, until int
	change      func(r *rand.Rand, ev *schemas.Event)
}

// failing gives a share of a route's events a status ("" is all routes).
func failing(from, until int, route string, share float64, status uint16, by schemas.Responder) plant {
	return plant{from, until, func(r *rand.Rand, ev *schemas.Event) {
		if (route == "" || ev.Route == route) && r.Float64() < share {
			fail(ev, status, by)
		}
	}}
}

func fail(ev *schemas.Event, status uint16, by schemas.Responder) {
	ev.Status, ev.Responder, ev.UpstreamStatus = status, by, 0
	if by == schemas.ResponderUpstream {
		ev.UpstreamStatus = status
	}
}

// slower makes the answers of a route take so many times as long.
func slower(from, until int, route string, factor float64) plant {
	return plant{from, until, func(_ *rand.Rand, ev *schemas.Event) {
		if route == "" || ev.Route == route {
			ev.Latency = time.Duration(float64(ev.Latency) * factor)
		}
	}}
}

func poisson(r *rand.Rand, mean float64) int {
	if mean > 50 {
		return max(0, int(mean+math.Sqrt(mean)*r.NormFloat64()+0.5))
	}
	n, p := 0, math.Exp(-mean)
	for u := r.Float64(); u > p; n++ {
		u *= r.Float64()
	}
	return n
}

// minute returns the events of a minute of the lane.
func (l *lane) minute(r *rand.Rand, m int) []schemas.Event {
	mean := l.perMinute
	if l.office {
		hour := float64(m%1440) / 60
		mean *= 0.05 + 1.5*math.Exp(-math.Pow((hour-14)/4, 4))
	}
	var out []schemas.Event
	for range poisson(r, mean) {
		who := int(math.Pow(r.Float64(), 1+l.skew) * float64(l.callers))
		at := time.Duration(m)*time.Minute + time.Duration(r.Int64N(int64(time.Minute)))
		out = append(out, detectortest.Event(at, func(ev *schemas.Event) {
			ev.Route, ev.Principal = l.route, fmt.Sprintf("h1:k1:%s-%d", l.route, who)
			if l.noRoute {
				ev.Route = ""
			}
			if len(l.models) > 0 {
				ev.Model, ev.Provider = l.models[r.IntN(len(l.models))], "openai"
			}
			ev.Known |= schemas.HasLatency
			ev.Latency = time.Duration(float64(l.median) * math.Exp(0.6*r.NormFloat64()))
			if l.tokens {
				ev.Known |= schemas.HasOutputTokens
				ev.OutputTokens = int64(200 * math.Exp(0.9*r.NormFloat64()))
				ev.Latency = time.Duration(float64(ev.OutputTokens)*float64(l.median)*math.Exp(0.2*r.NormFloat64())) + 300*time.Millisecond
			}
			if r.Float64() < l.fails {
				fail(ev, 503, schemas.ResponderUpstream)
			}
		}))
	}
	return out
}

// traffic makes the minutes of the lanes with the plants.
func traffic(seed uint64, from, until int, lanes []lane, plants ...plant) []schemas.Event {
	r := rand.New(rand.NewPCG(seed, 17))
	var out []schemas.Event
	for m := from; m < until; m++ {
		for i := range lanes {
			events := lanes[i].minute(r, m)
			for j := range events {
				for _, p := range plants {
					if m >= p.from && m < p.until {
						p.change(r, &events[j])
					}
				}
			}
			out = append(out, events...)
		}
	}
	return out
}

func watchers(t testing.TB) []detectors.Watcher {
	return detectortest.Fresh(t, Watchers, DefaultConfig())()
}

// run feeds the events hour by hour, so that days of them need no memory.
func run(t testing.TB, hours int, make func(hour int) []schemas.Event) (found []schemas.Finding, events int) {
	e := detectortest.New(t, detectortest.Settings(), watchers(t)...)
	defer e.Close()
	for h := range hours {
		part := make(h)
		f, err := e.Observe(detectortest.Batch(int64(events), part), nil)
		if err != nil {
			t.Fatal(err)
		}
		events += len(part)
		found = append(found, f...)
	}
	return append(found, e.Flush()...), events
}
