package keyabuse

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

const (
	victim = "h1:k1:victim"
	start  = 3*oneDay + 3*hour60 + 17 // when an attack begins, on a Thursday
)

// owner is a machine that makes a call every two minutes.
var owner = user{name: victim, net: 1, host: 7, much: every(0.5)}

// thief makes n calls a minute for half an hour, from another network.
func thief(n float64, change func(ev *schemas.Event)) user {
	return user{name: victim, net: 77, host: 9, much: between(start, start+30, n), change: func(_ *rand.Rand, _ int, ev *schemas.Event) { change(ev) }}
}

func strong(ev *schemas.Event) { ev.Model, ev.UserAgent = "claude-opus-4", "Go-http-client/2.0" }

func TestJacking(t *testing.T) {
	run := func(users ...user) []schemas.Finding { return play(t, 1, start+2*hour60, users...) }
	// Hit: new network, new model, new client, burst. First told by the signs,
	// then by the burst.
	found := run(owner, thief(40, strong))
	want(t, found, "keyabuse.jacking", "keyabuse.jacking")
	if found[0].Severity != schemas.SeverityMedium || found[1].Severity != schemas.SeverityCritical {
		t.Errorf("severities %v and %v", found[0].Severity, found[1].Severity)
	}
	// Hit: all but the client is new.
	found = want(t, run(owner, thief(40, func(ev *schemas.Event) { ev.Model = "claude-opus-4" })), "keyabuse.jacking")
	if found[0].Severity != schemas.SeverityHigh {
		t.Errorf("severity %v", found[0].Severity)
	}
	// Hit: no burst, but a new client and an anonymous network.
	found = want(t, run(owner, thief(1, func(ev *schemas.Event) { strong(ev); ev.Network = schemas.NetworkTor })), "keyabuse.jacking")
	if found[0].Severity != schemas.SeverityMedium {
		t.Errorf("severity %v", found[0].Severity)
	}
	// Hit: few calls with many tokens.
	want(t, run(owner, thief(2, func(ev *schemas.Event) { ev.Model = "claude-opus-4"; ev.InputTokens = 20_000 })), "keyabuse.jacking")
	// Near misses: each with one sign less.
	want(t, run(owner, thief(40, func(ev *schemas.Event) { ev.UserAgent = "Go-http-client/2.0" })))
	want(t, run(owner, thief(1, strong)))
	home := thief(40, strong)
	home.net = 1
	want(t, run(owner, home))
	// A key that knows the model already.
	both := owner
	both.change = func(r *rand.Rand, _ int, ev *schemas.Event) {
		if r.IntN(5) == 0 {
			ev.Model = "claude-opus-4"
		}
	}
	want(t, run(both, thief(40, func(ev *schemas.Event) { ev.Model = "claude-opus-4" })))
	// Benign: a key of its first hours, and a load test from where the owner is.
	want(t, run(user{name: "h1:k1:new", net: 1, much: between(start-5*hour60, start+hour60, 0.5)}, user{name: "h1:k1:new", net: 3, much: between(start, start+20, 40), change: func(_ *rand.Rand, _ int, ev *schemas.Event) { strong(ev) }}))
	want(t, run(owner, user{name: victim, net: 1, host: 9, much: between(start, start+30, 100), change: func(_ *rand.Rand, _ int, ev *schemas.Event) { ev.UserAgent = "k6/0.49" }}))
	// Benign: a failover to another model, and to another region.
	want(t, run(owner, user{name: victim, net: 1, host: 7, much: between(start, start+60, 30), change: func(_ *rand.Rand, _ int, ev *schemas.Event) { ev.Model = "gpt-4o" }}))
	want(t, run(owner, user{name: victim, net: 2, host: 7, much: between(start, start+60, 2)}))
}

// TestLearnsNothingFromThieves wants the second day of a thief to be as strange
// as the first, and the third to be usual.
func TestLearnsNothingFromThieves(t *testing.T) {
	daily := func(r *rand.Rand, m int) int {
		if m >= start && (m-start)%oneDay < 30 {
			return poisson(r, 40)
		}
		return 0
	}
	t2 := thief(0, strong)
	t2.much = daily
	found := play(t, 2, start+5*oneDay, owner, t2)
	if len(found) < 2 || len(found) > 4 {
		tell(t, found)
		t.Errorf("%d findings in five days, want the first days told", len(found))
	}
}

func TestTravel(t *testing.T) {
	in := func(country string) func(*rand.Rand, int, *schemas.Event) {
		return func(_ *rand.Rand, _ int, ev *schemas.Event) { ev.Country = country }
	}
	home := owner
	home.change = in("US")
	away := func(country string, change ...func(*schemas.Event)) user {
		return user{name: victim, net: 77, much: between(start, start+20, 1), change: func(_ *rand.Rand, _ int, ev *schemas.Event) {
			ev.Country = country
			for _, c := range change {
				c(ev)
			}
		}}
	}
	run := func(users ...user) []schemas.Finding { return play(t, 3, start+2*hour60, users...) }
	found := want(t, run(home, away("VN")), "keyabuse.travel")
	if f := found[0].Features[0]; f.Observed < 5000 || found[0].Severity != schemas.SeverityMedium {
		t.Errorf("%v: %+v", found[0].Severity, f)
	}
	// Another client too, which needs no way back.
	other := func(ev *schemas.Event) { ev.UserAgent = "curl/8.1" }
	found = want(t, run(home, away("VN", other)), "keyabuse.travel")
	if found[0].Severity != schemas.SeverityHigh {
		t.Errorf("severity %v", found[0].Severity)
	}
	// Near misses: a neighbour; a host, a proxy; two calls; one way with the same
	// client.
	want(t, run(home, away("CA")))
	want(t, run(home, away("VN", func(ev *schemas.Event) { ev.Network = schemas.NetworkHosting })))
	want(t, run(home, away("VN", func(ev *schemas.Event) { ev.Network = schemas.NetworkProxy })))
	few := away("VN")
	few.much = func(_ *rand.Rand, m int) int {
		if m == start {
			return 2
		}
		return 0
	}
	want(t, run(home, few))
	gone := home
	gone.much = between(0, start, 0.5)
	want(t, run(gone, away("VN")))
	// Benign: a traveller, who takes a day; a service in three regions.
	flown := away("VN")
	flown.much = between(start+16*hour60, start+40*hour60, 0.5)
	want(t, play(t, 3, start+2*oneDay, gone, flown))
	service := home
	service.change = func(r *rand.Rand, _ int, ev *schemas.Event) { ev.Country = []string{"US", "DE", "SG"}[r.IntN(3)] }
	want(t, run(service))
}

func TestEnumeration(t *testing.T) {
	tries := func(models int, net int, change func(ev *schemas.Event)) user {
		n := 0
		return user{name: victim, net: net, much: func(_ *rand.Rand, m int) int {
			if m == start {
				return models + 1
			}
			return 0
		}, change: func(_ *rand.Rand, _ int, ev *schemas.Event) {
			ev.Time -= ev.Time % 6e10
			ev.Time += int64(n) * 1e9
			if n < models {
				ev.Status, ev.Model = 403, fmt.Sprintf("claude-%d", n)
			}
			change(ev)
			n++
		}}
	}
	same := func(*schemas.Event) {}
	run := func(users ...user) []schemas.Finding { return play(t, 4, start+2*hour60, users...) }
	want(t, run(owner, tries(3, 77, same)), "keyabuse.enumeration")
	// With the trick of invalid requests the network may be known.
	want(t, run(owner, tries(4, 1, func(ev *schemas.Event) {
		if ev.Status == 403 {
			ev.Status, ev.Known = 400, ev.Known|schemas.HasMaxTokens
			ev.MaxTokens = -1
		}
	})), "keyabuse.enumeration")
	// Near misses: two models; one model three times; no success.
	want(t, run(owner, tries(2, 77, same)))
	want(t, run(owner, tries(3, 77, func(ev *schemas.Event) {
		if ev.Status == 403 {
			ev.Model = "claude-0"
		}
	})))
	want(t, run(owner, tries(3, 77, func(ev *schemas.Event) { ev.Status = 403 })))
	// Benign: a developer mistypes; a fallback is throttled; a model of the key
	// was retired.
	want(t, run(owner, tries(4, 1, same)))
	want(t, run(owner, tries(4, 77, func(ev *schemas.Event) {
		if ev.Status == 403 {
			ev.Status = 429
		}
	})))
	router := owner
	router.change = func(r *rand.Rand, m int, ev *schemas.Event) {
		ev.Model = fmt.Sprintf("claude-%d", r.IntN(4))
		if m > start-5 {
			ev.Status, ev.Model = 404, fmt.Sprintf("claude-%d", r.IntN(3))
		}
	}
	want(t, run(router, user{name: victim, net: 3, much: between(start, start+60, 1)}))
}

func TestReplayedRequests(t *testing.T) {
	ids := func(n int, net int) []user {
		id := func(r *rand.Rand, m int, ev *schemas.Event) {
			if m >= start && m < start+n {
				ev.RequestID = fmt.Sprintf("captured-%d", m)
			}
		}
		own := user{name: victim, net: 1, much: func(_ *rand.Rand, m int) int { return min(m%2+m/start, 1) }, change: id}
		copied := user{name: victim, net: net, much: func(_ *rand.Rand, m int) int {
			if m >= start+5 && m < start+5+n {
				return 1
			}
			return 0
		}, change: func(r *rand.Rand, m int, ev *schemas.Event) { id(r, m-5, ev) }}
		return []user{own, copied}
	}
	want(t, play(t, 5, start+hour60, ids(6, 77)...), "keyabuse.replay")
	want(t, play(t, 5, start+hour60, ids(2, 77)...))
	// Benign: clients try again from where they are.
	want(t, play(t, 5, start+hour60, ids(6, 1)...))
}

func TestReplayedToken(t *testing.T) {
	// A session's token lasts for an hour.
	session := func(ev *schemas.Event, m int) { ev.Credential = fmt.Sprintf("c1:k1:session%d", m/hour60) }
	own := owner
	own.change = func(_ *rand.Rand, m int, ev *schemas.Event) { session(ev, m) }
	other := func(net int, agent string) user {
		return user{name: victim, net: net, much: between(start, start+20, 0.5), change: func(_ *rand.Rand, m int, ev *schemas.Event) {
			session(ev, m)
			ev.UserAgent = agent
		}}
	}
	run := func(users ...user) []schemas.Finding { return play(t, 6, start+2*hour60, users...) }
	found := want(t, run(own, other(77, "curl/8.1")), "keyabuse.replay")
	if found[0].Severity != schemas.SeverityHigh {
		t.Errorf("severity %v", found[0].Severity)
	}
	// Near misses: another client at home, the same client on a telephone.
	want(t, run(own, other(1, "curl/8.1")))
	want(t, run(own, other(77, "OpenAI/Python 1.41")))
	// Benign: an API key is shared by programs.
	want(t, run(owner, user{name: victim, net: 77, much: between(start, start+20, 0.5), change: func(_ *rand.Rand, _ int, ev *schemas.Event) { ev.UserAgent = "curl/8.1" }}))
	// Benign: a session is handed on once.
	moved := other(77, "curl/8.1")
	moved.much = between(start+60-start%60, start+90, 0.5)
	gone := own
	gone.much = between(0, start+60-start%60, 0.5)
	want(t, run(gone, moved))
}

func TestNetworks(t *testing.T) {
	// Many callers, each in a network of his own.
	resold := func(n int, asn bool) user {
		return user{name: victim, much: between(start, start+30, 5), change: func(r *rand.Rand, _ int, ev *schemas.Event) {
			net := 30 + r.IntN(n)
			ev.ClientAddr = at(net, 1)
			if asn {
				ev.ASN, ev.Country = uint32(64500+net), []string{"DE", "FR", "IN", "BR", "US"}[net%5]
			}
		}}
	}
	run := func(users ...user) []schemas.Finding { return play(t, 7, start+2*hour60, users...) }
	want(t, run(owner, resold(50, false)), "keyabuse.networks")
	found := want(t, run(owner, resold(30, true)), "keyabuse.networks")
	if found[0].Severity != schemas.SeverityHigh {
		t.Errorf("severity %v", found[0].Severity)
	}
	// Near miss: eighteen /16 networks; hosts of a cloud.
	want(t, run(owner, resold(16, false)))
	cloud := resold(50, false)
	of := cloud.change
	cloud.change = func(r *rand.Rand, m int, ev *schemas.Event) { of(r, m, ev); ev.Network = schemas.NetworkHosting }
	want(t, run(owner, cloud))
	// Benign: a fleet or an app that always comes from many, and a gateway that
	// begins to see the addresses of users, for all keys at once.
	fleet := resold(50, false)
	fleet.much = every(0.7)
	want(t, run(fleet))
	var all []user
	for i := range 8 {
		u, after := owner, resold(60, false)
		u.name = fmt.Sprintf("h1:k1:key%d", i)
		u.much, after.name = between(0, start, 0.5), u.name
		all = append(all, u, after)
	}
	want(t, run(all...))
}

func TestFanout(t *testing.T) {
	own := owner
	own.change = func(r *rand.Rand, _ int, ev *schemas.Event) { ev.EndUser = fmt.Sprintf("h1:k1:user%d", r.IntN(3)) }
	many := func(n, net int) user {
		return user{name: victim, net: net, much: between(start, start+40, 8), change: func(r *rand.Rand, _ int, ev *schemas.Event) { ev.EndUser = fmt.Sprintf("h1:k1:guest%d", r.IntN(n)) }}
	}
	run := func(users ...user) []schemas.Finding { return play(t, 8, start+2*hour60, users...) }
	found := want(t, run(own, many(120, 1)), "keyabuse.fanout")
	if found[0].Severity != schemas.SeverityLow {
		t.Errorf("severity %v", found[0].Severity)
	}
	found = want(t, run(own, many(40, 77)), "keyabuse.fanout")
	if found[0].Severity != schemas.SeverityMedium {
		t.Errorf("severity %v", found[0].Severity)
	}
	// Near misses: forty at home, twelve elsewhere.
	want(t, run(own, many(30, 1)))
	want(t, run(own, many(10, 77)))
	// Benign: a portal that always has many, on its best day.
	portal := own
	portal.change = func(r *rand.Rand, _ int, ev *schemas.Event) { ev.EndUser = fmt.Sprintf("h1:k1:user%d", r.IntN(500)) }
	want(t, run(portal, many(200, 1)))
}

func TestHours(t *testing.T) {
	const night = 3*oneWeek + 2*oneDay + 3*hour60
	own := owner
	own.much = office(0.5)
	guest := func(at int, n float64, net int) user {
		return user{name: victim, net: net, much: between(at, at+30, n)}
	}
	want(t, play(t, 9, night+hour60, own, guest(night, 20, 77)), "keyabuse.hours")
	// Near misses: at home, slowly, by day, and when the hours are not known yet.
	want(t, play(t, 9, night+hour60, own, guest(night, 20, 1)))
	want(t, play(t, 9, night+hour60, own, guest(night, 2, 77)))
	want(t, play(t, 9, night+9*hour60, own, guest(night+8*hour60, 20, 77)))
	want(t, play(t, 9, 3*oneDay, own, guest(2*oneDay+3*hour60, 20, 77)))
	// Benign: a nightly job that is new, from where the key is.
	want(t, play(t, 9, night+hour60, own, guest(night, 100, 1)))
}
