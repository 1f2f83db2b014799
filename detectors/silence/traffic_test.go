package silence

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

const (
	hour    = 60
	oneDay  = 24 * hour
	oneWeek = 7 * oneDay
)

// speaker makes requests: how many in a minute since the start, a Monday.
type speaker struct {
	name, route string
	address     int
	// users is how many end users are behind it; 0 states none.
	users int
	much  func(r *rand.Rand, minute int) int
}

// every makes n requests a minute, as a Poisson process.
func every(n float64) func(*rand.Rand, int) int {
	return func(r *rand.Rand, _ int) int { return poisson(r, n) }
}

// job makes n requests at the minutes that begin tells.
func job(n int, begin func(minute int) bool) func(*rand.Rand, int) int {
	return func(_ *rand.Rand, minute int) int {
		if begin(minute) {
			return n
		}
		return 0
	}
}

// but silences a speaker from one minute until another.
func but(much func(*rand.Rand, int) int, from, until int) func(*rand.Rand, int) int {
	return func(r *rand.Rand, minute int) int {
		if minute >= from && minute < until {
			return 0
		}
		return much(r, minute)
	}
}

// office scales by a working day from 9 to 18 of Monday to Friday.
func office(n float64) func(*rand.Rand, int) int {
	return func(r *rand.Rand, minute int) int {
		if minute/oneDay%7 >= 5 {
			return 0
		}
		at := float64(minute%oneDay) / hour
		return poisson(r, n*math.Exp(-math.Pow((at-13.5)/4.5, 8)))
	}
}

func poisson(r *rand.Rand, mean float64) int {
	n, p := 0, math.Exp(-mean)
	for u := r.Float64(); u > p; n++ {
		u *= r.Float64()
	}
	return n
}

// play lets the speakers speak until a minute, with one that hums all the time,
// in batches of an hour, and returns the findings.
func play(t testing.TB, seed uint64, minutes int, speakers ...speaker) []schemas.Finding {
	t.Helper()
	w, err := Watchers(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	e := detectortest.New(t, detectortest.Settings(), w...)
	defer e.Close()
	var found []schemas.Finding
	offset := int64(0)
	r := rand.New(rand.NewPCG(seed, 3))
	speakers = append(speakers, speaker{name: "h1:k1:hum", route: "/v1/hum", address: 1, much: func(*rand.Rand, int) int { return 2 }})
	for m := 0; m < minutes; m += hour {
		events := talk(r, m, min(m+hour, minutes), speakers)
		b := detectortest.Batch(offset, events)
		offset += int64(len(events))
		f, err := e.Observe(b, nil)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, f...)
	}
	found = append(found, e.Flush()...)
	detectortest.Readable(t, found)
	t.Logf("%d events", offset)
	return found
}

// talk returns what the speakers say in the minutes.
func talk(r *rand.Rand, from, until int, speakers []speaker) []schemas.Event {
	var events []schemas.Event
	for m := from; m < until; m++ {
		for i := range speakers {
			s := &speakers[i]
			for range s.much(r, m) {
				at := time.Duration(m)*time.Minute + time.Duration(r.Int64N(int64(time.Minute)))
				events = append(events, detectortest.Event(at, func(ev *schemas.Event) {
					ev.Principal, ev.Route = s.name, s.route
					ev.ClientAddr = detectortest.Address(s.address)
					ev.Client = ev.ClientAddr
					if s.users > 0 {
						ev.EndUser = fmt.Sprintf("h1:k1:user%d", r.IntN(s.users))
					}
				}))
			}
		}
	}
	return events
}

// crowd returns n speakers on one route, each like the others.
func crowd(n int, route string, much func(*rand.Rand, int) int) []speaker {
	var out []speaker
	for i := range n {
		out = append(out, speaker{name: "h1:k1:" + route[4:] + fmt.Sprint(i), route: route, address: 100 + i, much: much})
	}
	return out
}

// want checks that the findings are of the rule, one for each kind, and none
// else; it returns them.
func want(t *testing.T, found []schemas.Finding, rule string, kinds ...schemas.EntityKind) []schemas.Finding {
	t.Helper()
	bad := len(found) != len(kinds)
	for i := range found {
		bad = bad || found[i].Detector != rule || found[i].Entity.Kind != kinds[i]
	}
	if bad {
		tell(t, found)
		t.Fatalf("%d findings, want %d of %q on %v", len(found), len(kinds), rule, kinds)
	}
	return found
}

func tell(t testing.TB, found []schemas.Finding) {
	for _, f := range found {
		t.Logf("%s %s %s %s: %s | %s", f.Detected.Format("Mon 02 15:04"), f.Detector, f.Severity, f.Entity.Name, f.Title, f.Summary)
	}
}

// minuteOf returns the minute since the start at which a finding was made.
func minuteOf(f *schemas.Finding) int { return int(f.Detected.Sub(detectortest.Start).Minutes()) }
