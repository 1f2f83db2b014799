package keyabuse

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// unkind returns a population that does every honest thing that looks like
// theft or sharing.
func unkind(seed uint64) []user {
	r := rand.New(rand.NewPCG(seed, 9))
	var all []user
	add := func(name string, net int, much func(*rand.Rand, int) int, change func(*rand.Rand, int, *schemas.Event)) {
		all = append(all, user{name: "h1:k1:" + name, net: net, host: len(all), much: much, change: change})
	}
	countries := []string{"DE", "US", "FR", "IN", "JP", "BR"}
	agents := []string{"OpenAI/Python 1.40.2", "OpenAI/JS 4.1", "python-requests/2.31", "Mozilla/5.0 (X11)"}
	models := []string{"gpt-4o-mini", "gpt-4o", "o3-mini", "claude-sonnet-4", "gemini-2.5-pro", "mistral-large"}
	// People at home, in the office and on the telephone, who try things, and of
	// whom some travel for days or use a VPN that is known as one.
	for i := range 30 {
		home, carrier, agent, land := 100+i, 60+i%3*4, agents[i%4], countries[i%6]
		trip := r.IntN(30) * oneDay
		days, work := uint64(r.Uint32()), office(0.1+0.5*r.Float64())
		much := func(r *rand.Rand, m int) int {
			if at := m - trip; at >= 0 && at < 14*hour60 || at >= 3*oneDay && at < 3*oneDay+14*hour60 {
				return 0 // on the aeroplane
			}
			return work(r, m)
		}
		add(fmt.Sprintf("person%d", i), home, much, func(r *rand.Rand, m int, ev *schemas.Event) {
			ev.UserAgent, ev.Country, ev.Model = agent, land, models[i%2]
			today := rand.New(rand.NewPCG(days, uint64(m/oneDay)))
			switch {
			case m >= trip && m < trip+3*oneDay:
				ev.ClientAddr, ev.Country = at(180+i, 5), countries[(i+2)%6]
			case i%5 == 0 && m/60%7 == 3:
				ev.ClientAddr, ev.Country, ev.Network = at(240, 9), "NL", schemas.NetworkProxy
			case today.IntN(2) == 0:
				ev.ClientAddr = at(10+i%6, 1) // the office
			case r.IntN(8) == 0:
				ev.ClientAddr = at(carrier+r.IntN(4), r.IntN(9999))
			}
			if today.IntN(4) == 0 && r.IntN(3) == 0 {
				ev.Model = models[today.IntN(len(models))]
			}
			if i%3 == 0 && today.IntN(3) == 0 {
				ev.UserAgent = agents[today.IntN(4)]
			}
			if r.IntN(40) == 0 {
				ev.Status, ev.Model = 404, fmt.Sprintf("gtp-%d", r.IntN(5))
			}
		})
	}
	// Machines: failover of models and of regions, a move to another cloud, a
	// new model there, a load test from elsewhere, a batch at midnight.
	for i := range 8 {
		name, when := fmt.Sprintf("machine%d", i), (3+r.IntN(6))*oneDay+r.IntN(oneDay)
		add(name, 40+i, every(0.3+r.Float64()), func(r *rand.Rand, m int, ev *schemas.Event) {
			switch {
			case i == 0 && m > when && m < when+90:
				ev.Model = "gpt-4o"
			case i == 1 && m > when && m < when+90:
				ev.ClientAddr = at(200, 1)
			case i == 2 && m > when:
				ev.ClientAddr = at(201, 1)
			case i == 3 && m > when:
				ev.ClientAddr, ev.Model = at(202, 1), "gpt-4.1"
			case i == 6 && m > when:
				ev.UserAgent = "OpenAI/Python 2.0.0"
			case i == 7 && m > when:
				ev.Credential = "c1:k1:rotated"
			}
		})
		switch i {
		case 4:
			add(name, 203, between(when, when+40, 60), func(_ *rand.Rand, _ int, ev *schemas.Event) { ev.UserAgent = "k6/0.49" })
		case 5:
			add(name, 45, func(r *rand.Rand, m int) int {
				if m%oneDay < 30 {
					return 30
				}
				return 0
			}, func(_ *rand.Rand, _ int, ev *schemas.Event) { ev.Model = "text-embedding-3" })
		}
	}
	// Fleets: continuous integration, functions whose address always changes, an
	// app with the addresses of its users, one that starts with a few hosts.
	for i, spread := range []int{60, 200, 200} {
		add(fmt.Sprintf("fleet%d", i), 0, every(0.8), func(r *rand.Rand, m int, ev *schemas.Event) {
			n := r.IntN(spread)
			ev.ClientAddr, ev.Country = at(300+n, r.IntN(9999)), countries[n%6]
			if i == 2 {
				ev.EndUser = fmt.Sprintf("h1:k1:user%d", n)
			}
			if i == 1 && r.IntN(4) == 0 {
				ev.ASN = uint32(64500 + n%3)
			}
		})
	}
	ci := (4 + r.IntN(4)) * oneDay
	add("ci", 70, every(0.3), func(r *rand.Rand, m int, ev *schemas.Event) {
		if m > ci && m/60%3 == 0 {
			ev.ClientAddr = at(400+r.IntN(15), r.IntN(9999))
		}
	})
	// A portal, and a product that is launched.
	add("portal", 71, office(2), func(r *rand.Rand, _ int, ev *schemas.Event) { ev.EndUser = fmt.Sprintf("h1:k1:user%d", r.IntN(500)) })
	add("launch", 72, every(0.5), func(r *rand.Rand, m int, ev *schemas.Event) {
		ev.EndUser = fmt.Sprintf("h1:k1:user%d", r.IntN(3+m/oneDay*m/oneDay))
	})
	// An evaluation over models that are partly not enabled, from where it is.
	add("evaluation", 73, func(r *rand.Rand, m int) int {
		if m%oneDay >= 2*hour60 && m%oneDay < 3*hour60 {
			return 5
		}
		return 0
	}, func(r *rand.Rand, _ int, ev *schemas.Event) {
		n := r.IntN(12)
		if ev.Model = fmt.Sprintf("model-%d", n); n%2 == 0 {
			ev.Status = 404
		}
	})
	// Sessions with tokens of an hour, on a computer and a telephone.
	for i := range 4 {
		add(fmt.Sprintf("session%d", i), 80+i, office(0.5), func(r *rand.Rand, m int, ev *schemas.Event) {
			device := r.IntN(2)
			ev.Credential = fmt.Sprintf("c1:k1:%d-%d", m/60, device)
			if device == 1 {
				ev.ClientAddr, ev.UserAgent = at(60+r.IntN(4), r.IntN(999)), "OpenAI/iOS 3"
			}
		})
	}
	// Agents that send a trace's id as every call's, from two services.
	add("agents", 90, every(0.5), func(r *rand.Rand, m int, ev *schemas.Event) {
		if ev.RequestID = fmt.Sprint("trace", m/10); r.IntN(2) == 0 {
			ev.ClientAddr, ev.UserAgent = at(91, 3), "go-service/1"
		}
	})
	// New customers with much traffic, and one in the night before a deadline.
	for i := range 10 {
		begin := r.IntN(9) * oneDay
		add(fmt.Sprintf("new%d", i), 500+i, between(begin, 1e9, 0.2+2*r.Float64()), func(r *rand.Rand, m int, ev *schemas.Event) {
			ev.Model = models[min((m-begin)/oneDay, 2)]
		})
	}
	add("deadline", 92, office(0.3), nil)
	add("deadline", 93, between(8*oneDay+22*hour60, 9*oneDay+4*hour60, 1), nil)
	for i := range all {
		of := all[i].change
		all[i].change = func(r *rand.Rand, m int, ev *schemas.Event) {
			if of != nil {
				of(r, m, ev)
			}
			ev.Client = ev.ClientAddr
		}
	}
	return all
}

var from = flag.Uint64("seeds", 611, "first of the seeds of the honest population")

// TestUnkind wants no finding in ten honest days. No bound was set by these
// seeds.
func TestUnkind(t *testing.T) {
	for seed := *from; seed < *from+3; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			want(t, play(t, seed, 10*oneDay, unkind(seed)...))
		})
	}
}
