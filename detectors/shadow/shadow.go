package shadow

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// Watchers returns the detectors shadow.route, shadow.host and shadow.model.
func Watchers(c Config) ([]detectors.Watcher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	var out []detectors.Watcher
	for _, kind := range []schemas.EntityKind{schemas.EntityRoute, schemas.EntityHost, schemas.EntityModel} {
		out = append(out, detectors.Watch(&watch{kind, c}))
	}
	return out, nil
}

// watch is the detector for one kind of entity.
type watch struct {
	kind   schemas.EntityKind
	config Config
}

var _ detectors.Detector[State, Cohort] = (*watch)(nil)

// State is what is kept of a route, host or model, 168 bytes.
type State struct {
	open [2]counts
	// first and last are the times of the first and the last success, total
	// how many there were.
	first, last int64
	// family is the hash of what it is a version or variant of, 0 if it is of
	// none; version the rank among them.
	family  uint64
	total   uint32
	version uint16
	// fresh tells that it was not judged yet, back that it is used again after
	// a quiet time, listed that it is a model of the inventory.
	fresh, back, listed bool
	// said is the day, since the epoch, on which each rule spoke last.
	said   [rules]uint16
	severe [rules]schemas.Severity
}

// counts are those of the successes of an open window.
type counts struct {
	calls uint32
	// named had a principal or a credential, open had none and changed
	// something. inside came from the user's own networks. breached is
	// internal and was asked for from outside, hosted of these from a cloud, a
	// proxy or Tor.
	named, open, inside, breached, hosted uint32
	// listings counts them by how they stand in the inventory.
	listings [schemas.ListingUnlisted + 1]uint32
	// callers is a bitmap of their hashes.
	callers uint64
}

// The rules.
const (
	unlisted = iota
	internal
	deprecated
	oldVersion
	firstSeen
	rules
)

// Spec implements detectors.Detector.
func (d *watch) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "shadow." + d.kind.String(), Entity: d.kind, Window: 10 * time.Minute, MinEvents: 3, Share: 1,
		Wants: succeeded, Techniques: inventory,
	}
}

// succeeded tells that the upstream did what it was asked. A redirection is
// none: many upstreams send all that they do not know to a page.
func succeeded(ev *schemas.Event) bool {
	if ev.Status < 200 || ev.Status >= 300 && ev.Status != 304 || ev.Responder == schemas.ResponderGateway {
		return false
	}
	return ev.Auth != schemas.AuthFailure && (ev.UpstreamStatus == 0 || ev.UpstreamStatus < 400)
}

// Observe implements detectors.Detector.
func (d *watch) Observe(x *detectors.Context, s *State, ev *schemas.Event) {
	if s.total == 0 {
		d.begin(x, s, ev)
	}
	c := &s.open[x.Slot]
	c.calls++
	if s.total < math.MaxUint32 {
		s.total++
	}
	if ev.Time-s.last > int64(d.config.QuietDays)*day && s.last > 0 {
		s.back = true
	}
	s.last = max(s.last, ev.Time)
	listing := min(ev.Endpoint, schemas.ListingUnlisted)
	if d.kind == schemas.EntityModel {
		listing = min(ev.ModelListing, schemas.ListingUnlisted)
	}
	c.listings[listing]++
	s.listed = listing == schemas.ListingKnown
	switch {
	case ev.Principal != "":
		c.named++
		c.callers |= 1 << (x.Hash(detectors.Caller(ev)) >> 58)
	case ev.Credential != "" || ev.Auth == schemas.AuthSuccess:
		c.named++
	case ev.Method != "GET" && ev.Method != "HEAD" && ev.Method != "OPTIONS":
		c.open++
	}
	a := detectors.Client(ev)
	if ev.Network == schemas.NetworkInternal || a.IsPrivate() || a.IsLoopback() {
		c.inside++
	} else if listing == schemas.ListingInternal && a.IsValid() {
		c.breached++
		if ev.Network != schemas.NetworkUnknown {
			c.hosted++
		}
	}
}

// listing says how what succeeded in the window stands in the inventory: as most
// of it does. A host has no listing of its own, but one of which nothing is
// listed is not.
func (d *watch) listing(w *counts) schemas.Listing {
	if d.kind == schemas.EntityHost {
		if w.listings[schemas.ListingUnlisted] == w.calls {
			return schemas.ListingUnlisted
		}
		return schemas.ListingUnknown
	}
	for l, n := range w.listings {
		if 2*n > w.calls {
			return schemas.Listing(l)
		}
	}
	return schemas.ListingUnknown
}

// day is one in nanoseconds.
const day = int64(24 * time.Hour)

// begin notes what is known of an entity at its first success.
func (d *watch) begin(x *detectors.Context, s *State, ev *schemas.Event) {
	s.first, s.fresh = ev.Time, true
	switch d.kind {
	case schemas.EntityRoute:
		// A gateway's name of a route tells no version; what was asked for does.
		path := ev.Route
		if path == "" || path[0] != '/' {
			path = ev.Path
		}
		s.family, s.version = routeFamily(x, path)
	case schemas.EntityModel:
		s.family = x.Hash(modelFamily(ev.Model))
	}
}

// Close implements detectors.Detector. What succeeded once is remembered for 60
// days, so that it is known when it comes back.
func (d *watch) Close(x *detectors.Context, s *State, c *Cohort) bool {
	w := s.open[x.Slot]
	s.open[x.Slot] = counts{}
	if w.calls > 0 {
		d.judge(x, s, &w, c)
	}
	return x.Now-s.last < 60*day
}

// families knows which versions, or models, are in use: a table of fixed size
// by hash. Of two that fall together the one with the lower tag stays, whichever
// came first.
type families [2048]member

// member is a family: version is the highest one in use, uses its successes, or
// for models how many of the family are known; listed tells that one of them is
// in the inventory.
type member struct {
	tag, uses uint32
	version   uint16
	listed    bool
}

func (f *families) add(family uint64, m member) {
	m.tag = tagOf(family)
	f[family>>53].merge(&m)
}

// tagOf returns what families are told apart by; it is never 0.
func tagOf(family uint64) uint32 { return uint32(family) | 1 }

func (f *families) get(family uint64) (member, bool) {
	m := f[family>>53]
	return m, m.tag == tagOf(family)
}

// merge is commutative and associative: the lower tag, of it the higher
// version, of that the sum.
func (m *member) merge(o *member) {
	switch {
	case o.tag == 0 || m.tag != 0 && o.tag > m.tag:
	case m.tag != o.tag:
		*m = *o
	default:
		m.listed = m.listed || o.listed
		if o.version > m.version {
			m.version, m.uses = o.version, o.uses
		} else if o.version == m.version {
			m.uses = uint32(min(uint64(m.uses)+uint64(o.uses), math.MaxUint32))
		}
	}
}
