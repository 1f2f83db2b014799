package keyabuse

import (
	"encoding/binary"
	"math"
	"net/netip"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// Watchers returns the detector keyabuse.principal.
func Watchers(c Config) ([]detectors.Watcher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return []detectors.Watcher{detectors.Watch(newWatch(c))}, nil
}

// watch is the detector; history and settle are those of the settings, in hours.
type watch struct {
	config          Config
	history, settle uint16
}

func newWatch(c Config) *watch {
	return &watch{c, uint16(c.History / time.Hour), uint16(c.Settle / time.Hour)}
}

var _ detectors.Detector[State, Cohort] = (*watch)(nil)

// Spec implements detectors.Detector. Keys that hardly speak have no past to
// stray from.
func (d *watch) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "keyabuse.principal", Entity: schemas.EntityPrincipal, Window: time.Hour,
		MinEvents: 50, Share: 3, Wants: accepted, Techniques: techniques,
		Span: func(string) time.Duration { return -1 }, // the owner goes on
	}
}

// accepted tells that the caller is who he says: a refused login names a key
// without having it, but who may not do a thing is known.
func accepted(ev *schemas.Event) bool {
	switch ev.Auth {
	case schemas.AuthSuccess:
		return true
	case schemas.AuthFailure:
		return ev.AuthReason == schemas.ReasonForbidden
	default:
		return ev.Status != 401
	}
}

// Observe implements detectors.Detector.
func (d *watch) Observe(x *detectors.Context, s *State, ev *schemas.Event) {
	w := &s.open[x.Slot]
	now := hourOf(ev.Time)
	if s.first == 0 {
		s.first, s.last = ev.Time, ev.Time
		s.day, s.fortnight = uint16(ev.Time/int64(24*time.Hour)), uint16(ev.Time/int64(24*time.Hour)/14)
	}
	if ev.Time > s.last {
		s.turnDay(ev.Time)
		s.last = ev.Time
	}
	if s.count < math.MaxUint32 {
		s.count++
	}
	a := d.age(s)
	// What is new cannot be told before the key has a past.
	grown := a.grown(now) && int64(s.count) > int64(d.config.Events)
	g := guest{ev: ev, now: now, age: a}
	g.look(x, s, grown)
	if grown {
		d.judge(x, s, w, &g)
	}
	if !g.strange {
		n := slot(ev.Time)
		s.active[0][n/64] |= 1 << (n % 64)
	}
	d.count(x, w, &g)
}

// age returns the key's age.
func (d *watch) age(s *State) age {
	return age{hourOf(s.first), d.history, d.settle}
}

// guest is a request as it looks beside the past of its key.
type guest struct {
	ev  *schemas.Event
	age age
	now uint16
	// network, model, client and credential are hashes, 0 if not known.
	network, model, client, credential uint64
	country                            uint8
	// strange tells that the network, or the country, is new to the key, abroad
	// that the country is, call that it is a call of a model that was answered,
	// numbered that the network has a number.
	strange, abroad, call, numbered bool
	signs                           signs
}

// look finds out what is new about a request, and notes what there is.
func (g *guest) look(x *detectors.Context, s *State, grown bool) {
	ev := g.ev
	if g.network, g.numbered = network(ev); g.network != 0 {
		m := s.networks.see(g.network, g.now, &g.age)
		g.strange = !g.age.settled(m, g.now) && s.networks.steady()
	}
	if g.country = numberOf(ev.Country); g.country != 0 && fixed(ev) {
		m := s.countries.see(uint64(g.country)<<32, g.now, &g.age)
		if g.abroad = !g.age.settled(m, g.now); g.abroad && s.countries.steady() {
			// Who is on the move is still in a country or two.
			g.strange, g.signs = g.strange || g.network != 0, g.signs|newCountry
		}
	}
	g.strange = g.strange && grown
	if ev.UserAgent != "" {
		g.client = x.Key.String(product(ev.UserAgent))
		if m := s.clients.see(g.client, g.now, &g.age); !g.age.settled(m, g.now) && s.clients.steady() {
			g.signs |= newClient
		}
	}
	if ev.Credential != "" {
		g.credential = fingerprint(x, ev.Credential)
		s.credentials.see(g.credential, g.now, &g.age)
	}
	if ev.Model == "" {
		return
	}
	g.model = x.Key.String(ev.Model)
	g.call = ev.Status < 400
	if !g.call {
		return
	}
	if m := s.models.see(g.model, g.now, &g.age); !g.age.settled(m, g.now) && s.models.steady() {
		g.signs |= newModel
	}
}

// count adds a request to its hour.
func (d *watch) count(x *detectors.Context, w *hour, g *guest) {
	if w.calls < math.MaxUint32 {
		w.calls++
	}
	tokens := saturate(saturate(0, g.ev.InputTokens), g.ev.OutputTokens)
	w.tokens += tokens
	// Addresses of hosts change with every job; those of users tell.
	if g.network != 0 && g.ev.Network != schemas.NetworkHosting {
		w.networks |= bit(g.network)
		w.numbered = w.numbered || g.numbered
	}
	if g.country != 0 && fixed(g.ev) {
		w.countries |= 1 << (g.country % 64)
	}
	if g.ev.EndUser != "" {
		w.users |= bit(x.Key.String(g.ev.EndUser))
	}
}

// network returns a hash of the network of an event's client, and whether it is
// that of its autonomous system; else it is that of the /16 of an IPv4 address or
// the /32 of an IPv6 address. 0 is not known.
func network(ev *schemas.Event) (hash uint64, numbered bool) {
	if ev.Network == schemas.NetworkInternal {
		return 1 << 32, false
	}
	if ev.ASN != 0 {
		return sketch.Mix(1<<40 | uint64(ev.ASN)), true
	}
	a := detectors.Client(ev)
	if !a.IsValid() {
		return 0, false
	}
	return sketch.Mix(uint64(prefix(a))), false
}

// prefix returns what stands for the network of an address whose system is not
// known. The networks of a house are one.
func prefix(a netip.Addr) uint32 {
	if a = a.Unmap(); a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return 1
	}
	b := a.As16()
	if a.Is4() {
		return 1<<24 | uint32(b[12])<<8 | uint32(b[13])
	}
	return binary.BigEndian.Uint32(b[:4])
}

// fingerprint returns a hash of a credential, which is a keyed hash already: its
// end is as good as another.
func fingerprint(x *detectors.Context, credential string) uint64 {
	n := len(credential)
	if n < 16 {
		return x.Key.String(credential)
	}
	tail := credential[n-8:]
	return sketch.Mix(uint64(tail[0]) | uint64(tail[1])<<8 | uint64(tail[2])<<16 | uint64(tail[3])<<24 |
		uint64(tail[4])<<32 | uint64(tail[5])<<40 | uint64(tail[6])<<48 | uint64(tail[7])<<56)
}

// product returns what a user agent calls itself, without its version.
func product(agent string) string {
	for i := range len(agent) {
		if c := agent[i]; i > 0 && (c == '/' || c == ' ' || c == '(') {
			return agent[:i]
		}
	}
	return agent
}

// Close implements detectors.Detector. A state is kept for a month after the
// last request.
func (d *watch) Close(x *detectors.Context, s *State, c *Cohort) bool {
	w := s.open[x.Slot]
	s.open[x.Slot] = hour{}
	if w.calls == 0 {
		return x.Now-s.last < int64(30*24*time.Hour)
	}
	if j := d.shared(s, &w, c, x.WindowStart); !c.together {
		d.tellShared(x, s, &w, &j)
	}
	if c.moved && w.strange > 0 {
		// The gateway or its tables have changed, not the callers.
		a := d.age(s)
		s.networks.settle(&a)
		s.countries.settle(&a)
	}
	if w.strange == 0 {
		f := w.figures()
		s.most.calls = max(s.most.calls, f.calls)
		s.most.tokens = max(s.most.tokens, f.tokens)
		s.most.networks = max(s.most.networks, f.networks)
		s.most.users = max(s.most.users, f.users)
	} else {
		// What strangers do is not the key's, unless they are let be.
		s.most.calls = max(s.most.calls, float32(w.calls-w.strange))
		s.most.tokens = max(s.most.tokens, float32(w.tokens-w.strangeTokens))
	}
	return true
}

// figures returns what is compared with other hours.
func (w *hour) figures() figures {
	return figures{
		calls: float32(w.calls), tokens: float32(w.tokens),
		networks: float32(sketch.Distinct64(w.networks)), users: float32(sketch.Distinct64(w.users)),
	}
}
