package keyabuse

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

const (
	hour60  = 60
	oneDay  = 24 * hour60
	oneWeek = 7 * oneDay
)

// user makes calls: how many in a minute since the start, a Monday, and what
// they are like.
type user struct {
	name string
	// net is the second byte of the address, host the last two.
	net, host int
	much      func(r *rand.Rand, minute int) int
	// change is applied to each call.
	change func(r *rand.Rand, minute int, ev *schemas.Event)
}

// at returns an address of a network.
func at(net, host int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(20 + net>>8), byte(net), byte(host >> 8), byte(host)})
}

// event returns a call of a model by the user at some time of the minute.
func (u *user) event(r *rand.Rand, m int) schemas.Event {
	when := time.Duration(m)*time.Minute + time.Duration(r.Int64N(int64(time.Minute)))
	return detectortest.Event(when, func(ev *schemas.Event) {
		ev.Principal, ev.Credential = u.name, u.name
		ev.ClientAddr = at(u.net, u.host)
		ev.Client = ev.ClientAddr
		ev.UserAgent, ev.ClientClass = "OpenAI/Python 1.40.2", schemas.ClientSDK
		ev.Operation, ev.Provider, ev.Model = "chat", "openai", "gpt-4o-mini"
		ev.InputTokens, ev.OutputTokens = 200+int64(r.IntN(600)), 50+int64(r.IntN(400))
		ev.Known |= schemas.HasInputTokens | schemas.HasOutputTokens
		ev.RequestID = fmt.Sprintf("%016x", r.Uint64())
		if u.change != nil {
			u.change(r, m, ev)
		}
	})
}

// every makes n calls a minute, as a Poisson process.
func every(n float64) func(*rand.Rand, int) int {
	return func(r *rand.Rand, _ int) int { return poisson(r, n) }
}

// between makes n calls a minute from one minute until another.
func between(from, until int, n float64) func(*rand.Rand, int) int {
	return func(r *rand.Rand, m int) int {
		if m < from || m >= until {
			return 0
		}
		return poisson(r, n)
	}
}

// office makes calls on working days from 9 to 18.
func office(n float64) func(*rand.Rand, int) int {
	return func(r *rand.Rand, m int) int {
		if m/oneDay%7 >= 5 || m%oneDay < 9*hour60 || m%oneDay >= 18*hour60 {
			return 0
		}
		return poisson(r, n)
	}
}

func poisson(r *rand.Rand, mean float64) int {
	if mean > 30 {
		return max(0, int(mean+math.Sqrt(mean)*r.NormFloat64()+0.5))
	}
	n, p := 0, math.Exp(-mean)
	for u := r.Float64(); u > p; n++ {
		u *= r.Float64()
	}
	return n
}

// play lets the users call until a minute, in batches of an hour, beside one
// that is always there, and returns the findings.
func play(t testing.TB, seed uint64, minutes int, users ...user) []schemas.Finding {
	t.Helper()
	w, err := Watchers(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	e := detectortest.New(t, detectortest.Settings(), w...)
	defer e.Close()
	r := rand.New(rand.NewPCG(seed, 3))
	users = append(users, user{name: "h1:k1:hum", net: 250, much: every(0.5)})
	var found []schemas.Finding
	offset := int64(0)
	for m := 0; m < minutes; m += hour60 {
		events := talk(r, m, min(m+hour60, minutes), users)
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

// talk returns the calls of the users in the minutes.
func talk(r *rand.Rand, from, until int, users []user) []schemas.Event {
	var events []schemas.Event
	for m := from; m < until; m++ {
		for i := range users {
			for range users[i].much(r, m) {
				events = append(events, users[i].event(r, m))
			}
		}
	}
	return events
}

// want checks that there is one finding of each of the rules in their order, and
// no other; it returns them.
func want(t *testing.T, found []schemas.Finding, rules ...string) []schemas.Finding {
	t.Helper()
	bad := len(found) != len(rules)
	for i := range found {
		bad = bad || found[i].Detector != rules[i]
	}
	if bad {
		tell(t, found)
		t.Fatalf("%d findings, want %v", len(found), rules)
	}
	return found
}

func tell(t testing.TB, found []schemas.Finding) {
	for _, f := range found {
		t.Logf("%s %s %s %.2f %s: %s | %s", f.Detected.Format("Mon 02 15:04:05"), f.Detector, f.Severity, f.Confidence, f.Entity.Name, f.Title, f.Summary)
	}
}
