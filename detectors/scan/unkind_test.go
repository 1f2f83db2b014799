package scan

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

var seed = flag.Uint64("seed", 41, "seed of the honest traffic; also the next is run")

// days is how many days of honest traffic are made.
const days = 4

// crowdOf makes days of honest callers who look like scanners, and of scanners
// that are told at a low severity.
type crowdOf struct {
	r   *rand.Rand
	out []schemas.Event
}

// every makes a request at about the given distance during the hours of a day.
func (c *crowdOf) every(step time.Duration, from, until int, make func(i int) []change) {
	i := 0
	for d := range days {
		at, end := time.Duration(24*d+from)*time.Hour, time.Duration(24*d+until)*time.Hour
		for at += time.Duration(c.r.Int64N(int64(step))); at < end; at += time.Duration(c.r.ExpFloat64() * float64(step)) {
			c.out = append(c.out, detectortest.Event(at, make(i)...))
			i++
		}
	}
}

func honest(seed uint64) []schemas.Event {
	c := &crowdOf{r: rand.New(rand.NewPCG(seed, 3))}
	r := c.r
	pick := func(share float64, status uint16) uint16 {
		if r.Float64() < share {
			return status
		}
		return 200
	}
	for i := range 30 {
		name := fmt.Sprintf("h1:k1:customer%d", i)
		c.every(4*time.Minute, i%12, 12+i%12, func(int) []change {
			return []change{call("gpt-4o", pick(0.03, 404)), by(name)}
		})
		c.every(6*time.Minute, i%12, 12+i%12, func(j int) []change {
			return []change{get(100+i, fmt.Sprintf("/v1/files/file-%d", r.IntN(4000)), "/v1/files/{id}", pick(0.02, 404)), by(name)}
		})
	}
	// An office without principals: people, tools, links that are out of date.
	c.every(5*time.Second, 8, 18, func(int) []change {
		class := []schemas.ClientClass{schemas.ClientBrowser, schemas.ClientSDK, schemas.ClientHTTP}[r.IntN(3)]
		return []change{get(10, fmt.Sprintf("/v1/files/file-%d", r.IntN(4000)), "/v1/files/{id}", pick(0.02, 404)), func(ev *schemas.Event) { ev.ClientClass = class }}
	})
	c.every(20*time.Minute, 8, 18, func(int) []change {
		return []change{get(10, "/docs/"+letters(r.IntN(3000)), other, 404), class(schemas.ClientBrowser)}
	})
	// Nightly jobs that walk over ids of their own, of which some are gone.
	for i, gone := range []float64{0, 0.04, 0.12} {
		n := 0
		c.every(500*time.Millisecond, 1, 2, func(int) []change {
			n++
			return []change{get(20+i, fmt.Sprintf("/api/invoices/%d", 1000+n%3000), "/api/invoices/{id}", pick(gone, 404)), by(fmt.Sprintf("h1:k1:sync%d", i))}
		})
	}
	// Clean-up of drawn ids, most of which are gone already.
	c.every(time.Second, 3, 4, func(int) []change {
		return []change{get(24, fmt.Sprintf("/v1/files/file-%x", r.Uint32()), "/v1/files/{id}", pick(0.8, 404)), by("h1:k1:cleanup")}
	})
	// An evaluation over many models, of which some are not enabled.
	c.every(3*time.Second, 2, 3, func(i int) []change {
		m := i % 12
		return []change{call(fmt.Sprintf("model-%d", m), map[bool]uint16{true: 403, false: 200}[m < 4]), by("h1:k1:evaluation")}
	})
	// A client whose base URL is wrong, an agent that guesses a few endpoints,
	// discovery by an SDK, a page without its parts.
	c.every(10*time.Second, 0, 24, func(int) []change {
		return []change{get(30, "/v1/v1/chat/completions", other, 404), class(schemas.ClientSDK)}
	})
	c.every(2*time.Minute, 9, 17, func(i int) []change {
		return []change{get(31, "/api/guess/"+letters(i%12), other, 404), by("h1:k1:agent")}
	})
	c.every(30*time.Second, 9, 17, func(i int) []change {
		p := []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration", "/mcp", "/register"}[i%4]
		return []change{get(32, p, other, 404), class(schemas.ClientSDK)}
	})
	c.every(time.Second, 9, 10, func(i int) []change {
		return []change{get(33, "/assets/"+letters(i%200)+".js", other, 404), class(schemas.ClientBrowser)}
	})
	// Monitors, a crawler that takes its time, jobs that are asked for until
	// they are done, a program that copies its files fast.
	c.every(15*time.Second, 0, 24, func(i int) []change {
		p := []string{"/metrics", "/actuator/health", "/healthz", "/status"}[i%4]
		return []change{get(34, p, p, 200)}
	})
	c.every(20*time.Second, 0, 24, func(i int) []change {
		return []change{get(35, fmt.Sprintf("/docs/page-%d", r.IntN(5000)), "/docs/{id}", 200), class(schemas.ClientCrawler)}
	})
	c.every(time.Second, 11, 12, func(i int) []change {
		return []change{get(36, fmt.Sprintf("/api/jobs/%d", i/5), "/api/jobs/{id}", map[bool]uint16{true: 200, false: 404}[i%5 == 4]), by("h1:k1:jobs")}
	})
	c.every(100*time.Millisecond, 0, 1, func(i int) []change {
		return []change{get(37, fmt.Sprintf("/v1/files/file-%x/content", r.Uint32()), "/v1/files/{id}/content", 200)}
	})
	// The noise of the internet.
	for i := range 20 {
		from := time.Duration(r.Int64N(int64(days * 24 * time.Hour)))
		c.out = append(c.out, series(5+r.IntN(60), from, time.Second, func(j int) []change {
			return []change{get(900+i, sensitivePaths[j%9]+letters(j/9), other, 404)}
		})...)
	}
	return c.out
}

// TestUnkind wants no finding above low in days of look-alikes, and none at
// all but of the scanners.
func TestUnkind(t *testing.T) {
	for s := *seed; s < *seed+2; s++ {
		events := honest(s)
		found := detectortest.Run(t, events, watchers(t)...)
		t.Logf("seed %d: %d events, %d findings", s, len(events), len(found))
		for _, f := range found {
			scanner := strings.HasPrefix(f.Entity.Name, detectortest.Address(900).String()[:len(detectortest.Address(900).String())-3])
			if f.Severity > schemas.SeverityLow || !scanner {
				t.Errorf("%s %s %s: %s", f.Detector, f.Severity, f.Entity.Name, f.Summary)
			}
		}
	}
}
