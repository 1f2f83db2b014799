// Package detectors has what every detector shares: the contract between a
// detector and the engine. The detectors are the folders below it; the engine
// that runs them is detectors/engine.
package detectors

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"time"

	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// Spec describes what a detector watches. It is constant.
type Spec struct {
	// ID is the detector's id, "family.watch", for example "rate.principal".
	// The findings' Detector is the family and the rule ("rate.spike").
	ID string
	// Entity is the kind of entity that has a state of its own.
	Entity schemas.EntityKind
	// Window is the length of the tumbling window in event time; windows start
	// at multiples of it since the Unix epoch.
	Window time.Duration
	// MinEvents is how many events an entity shows before it gets a state, wanted
	// or not, each day of silence halving what was shown; 1 gives every entity one
	// at once. The events before are not
	// observed. With many entities the states are what memory and time go to, so
	// a detector asks for as many as it can.
	MinEvents int
	// Wants tells whether the detector observes an event at all; nil wants all.
	// It is called for every event, so it looks at a field or two. An entity
	// without a wanted event never gets a state.
	Wants func(ev *schemas.Event) bool
	// Share is the part of the engine's memory that the detector's table may
	// take, relative to the other detectors' shares.
	Share int
	// Techniques are the public catalogues' entries that a finding carries.
	Techniques []schemas.Technique
	// Among is the condition, in ClickHouse's SQL, on the events that the query of
	// a finding about all traffic shows, for example "status >= 400"; "" is none.
	// It is a constant: nothing of an event may stand in it.
	Among string
	// Absence tells that what is found is what does not come. That events of the
	// entity end is no end of such a finding's cause then.
	Absence bool
	// Signs tells whether an event that the detector wants is a sign that what a rule
	// of it found goes on: of guessing a refusal and not a success. nil takes every
	// wanted event for one, and it is never said that something goes on, for what is
	// usual would look the same. It is called for entities of which something was told.
	Signs func(rule string, ev *schemas.Event) bool
	// Span is how long the events of a rule's findings took, if that is not Window; nil
	// or 0 is Window. Less tells that no event shows the end of what the rule found, of
	// a break-in, say.
	Span func(rule string) time.Duration
}

var specID = regexp.MustCompile(`^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$`)

// Validate returns an error that names what is out of bounds.
func (s *Spec) Validate() error {
	switch {
	case !specID.MatchString(s.ID):
		return errors.New("id is not of the form family.watch")
	case s.Entity == schemas.EntityNone || s.Entity == schemas.EntitySource || s.Entity > schemas.EntityHost:
		return fmt.Errorf("%s: no kind of entity", s.ID)
	case s.Window < time.Second || s.Window > 31*24*time.Hour:
		return fmt.Errorf("%s: window is out of bounds: want 1s to 744h", s.ID)
	case s.MinEvents < 0 || s.MinEvents > 200:
		return fmt.Errorf("%s: events before a state are out of bounds: want 0 to 200", s.ID)
	case s.Share < 1 || s.Share > 1000:
		return fmt.Errorf("%s: share of memory is out of bounds: want 1 to 1000", s.ID)
	}
	return nil
}

// Detector folds the events of each entity into a state S of its own and, when
// a window closes, holds each state against the cohort C of all entities.
//
// S and C are fixed-size values without pointers, slices, maps or strings:
// they live in tables of bounded memory, are snapshotted as they are, and
// their zero value is the empty state. A detector does no I/O, reads no clock,
// takes no lock and keeps nothing outside S and C, so that the same events
// give the same findings in a live run, after a restart, and in a replay.
//
// Two windows can be open at once, because partitions are not in step: S keeps
// what belongs to a window in arrays of two, and Context.Slot says which one is
// meant. All else in S (baselines, last times) is the detector's own matter.
//
// For each window, in this order: Observe for its events, as they arrive;
// Gather for every entity; Merge over the shards; Conclude once; Close for
// every entity. Observe, Gather and Close of one entity never run at the same
// time; those of entities of different shards do.
type Detector[S, C any] interface {
	// Spec is called once.
	Spec() Spec
	// Observe folds one event into the window Context.Slot of s. It may emit.
	Observe(x *Context, s *S, ev *schemas.Event)
	// Gather adds the entity's closing window to the cohort.
	Gather(x *Context, s *S, c *C)
	// Merge adds src to dst. It is commutative and associative.
	Merge(dst, src *C)
	// Conclude sees the merged cohort c of the window, once, and the cohort
	// prev that the last Conclude left (zero at first): what is to live on,
	// such as a baseline, it carries from prev into c. It may emit findings on
	// schemas.EntityGlobal.
	Conclude(x *Context, prev, c *C)
	// Close judges the entity's window against the cohort, empties the slot
	// and says whether the state is worth keeping; an entity that has events
	// after the window is kept in any case.
	Close(x *Context, s *S, c *C) bool
}

// Context is what a detector knows besides state and event.
type Context struct {
	// Slot (0 or 1) is the window that is meant in S.
	Slot int
	// WindowStart is the start of that window, Now the time of the event or
	// the end of the window that closes; Unix nanoseconds.
	WindowStart int64
	Now         int64
	// Entity is who is meant; in Gather, Observe and Close never EntityGlobal
	// unless Spec.Entity is.
	Entity EntityRef
	// Window is Spec.Window.
	Window time.Duration

	// Callers is about how many principals got in from behind the entity in the last
	// six to twelve hours, if it is an address, else 0: an office, a carrier or a
	// proxy has many. Names alone do not count, because anybody can send many. It
	// is off by some 12 % and stops at 100. At the end of a window it is as of the
	// last event that the detector observed.
	Callers float64

	// Key hashes what clients choose; it is the engine's, the same on every
	// shard and after a restart.
	Key sketch.Key

	emit func(*Context, *schemas.Finding)
}

// Hash returns the keyed hash of text, for the summaries of package sketch.
func (x *Context) Hash(text string) uint64 { return x.Key.String(text) }

// Address returns the keyed hash of the event's client, an IPv6 address by its
// /64, and whether the address is known. If events come from the store, what is
// stored of the address stands for it.
func (x *Context) Address(ev *schemas.Event) (uint64, bool) {
	a := Client(ev)
	if !a.IsValid() {
		return 0, false
	}
	return x.Key.Addr(Network(a)), true
}

// Caller returns the name by which the event's principal is known over rotations
// of the key ring: of two events of one caller it is the same, also if the key of
// their pseudonyms is not.
func Caller(ev *schemas.Event) string {
	if ev.Subject != "" {
		return ev.Subject
	}
	return ev.Principal
}

// Named tells that the event has a principal and that its sender is not known to
// be somebody else: that authentication did not fail, or failed only because of
// what the caller may not do. Whoever sends a wrong credential can name anybody,
// so what such a request does is its address's doing: it counts neither for the
// principal nor for what is usual for it.
func Named(ev *schemas.Event) bool {
	return ev.Principal != "" && (ev.Auth != schemas.AuthFailure || ev.AuthReason == schemas.ReasonForbidden)
}

// Client returns the client's true address, or what is stored of it if the true
// one is not at hand.
func Client(ev *schemas.Event) netip.Addr {
	if ev.ClientAddr.IsValid() {
		return ev.ClientAddr
	}
	return ev.Client
}

// Network returns what counts as one client: an IPv4 address, or the /64 of an
// IPv6 address, which one subscriber commonly holds whole (RFC 6177).
func Network(a netip.Addr) netip.Addr {
	a = a.Unmap()
	if a.Is4() {
		return a
	}
	p, err := a.WithZone("").Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}

// Emit reports a finding. The detector fills Detector, Severity, Confidence,
// Title, Summary, Events and Features; the engine fills the rest (ID, Entity,
// the window, Detected, Techniques unless set, Query unless set, Exception).
// A finding that was already emitted for the same detector, entity and window
// is dropped unless its severity is higher.
func (x *Context) Emit(f *schemas.Finding) { x.emit(x, f) }

// EntityRef refers to an entity. Its name is not at hand in state tables: the
// engine adds it when a finding is emitted.
type EntityRef struct {
	Kind schemas.EntityKind
	// ID is a keyed hash, the same on every shard and after a restart.
	ID uint64
}

// NewContext returns a context whose Emit calls emit. The engine makes one a
// shard, and tests of detectors make their own.
func NewContext(emit func(*Context, *schemas.Finding)) *Context { return &Context{emit: emit} }
