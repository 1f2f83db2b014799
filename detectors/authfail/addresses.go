package authfail

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// addresses watches each client address, and by its cohort all of them.
type addresses struct{ c Config }

var _ detectors.Detector[address, crowd] = (*addresses)(nil)

// tally is what one address did in one window.
type tally struct {
	Guesses, Missing, Blind uint32
	// Answered counts the requests that were let in on routes that refused
	// some (Refusing), as those of a client that negotiates are.
	Answered uint32
	Refusing uint64
	// Told is which form of guessing was reported, and how severe, plus one.
	Told struct{ Form, Severity uint8 }
	// Events counts all events that say something about authentication.
	Events uint32
	// Credentials and Targets are the different credentials and principals
	// that failed, Welcome the principals (or else credentials) that succeeded,
	// Routes the routes that were asked for without a credential.
	Credentials, Targets, Welcome, Routes sketch.Bitmap256
}

// address is what is kept of an address.
type address struct {
	Tally [2]tally
	// Known has the credentials that were good here: if one fails later it was
	// revoked or has expired, and nobody is guessing.
	Known sketch.Bloom256
	// Attacked is when a rule for an attack last spoke, Last when the address
	// last did anything, both in event time; Attack is the attack's evidence.
	Attacked, Last int64
	Attack         float64
	// Mild tells that the attack may well be a program with an old password.
	Mild bool
	// Streak is when the failures with one credential began, Reported when
	// the client was last reported as broken.
	Streak, Reported int64
	Retries          uint32
	// Same is of the credential that fails again and again; 0 if the log has
	// none.
	Same uint32
	// Day finds guesses that are too slow for a window.
	Day trickle
}

// How long an address is remembered after its last event, and how long a
// broken client that goes on is not reported again.
const (
	memory = 24 * time.Hour
	again  = 24 * time.Hour
)

// brokenFor is how long a client fails before it is called broken: a rotation
// of keys that takes a minute is over by then.
const brokenFor = 2 * time.Minute

func (d *addresses) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "authfail.address", Entity: schemas.EntityAddress, Window: d.c.Window,
		MinEvents: 1, Share: 3, Techniques: []schemas.Technique{guessing, brokenAuth}, Among: "(auth = 'failure' OR status = 401)",
		Signs: signs,
		Span:  span,
	}
}

// Observe counts the event and judges at once, so that an alert does not wait
// for the end of the window.
func (d *addresses) Observe(x *detectors.Context, s *address, ev *schemas.Event) {
	o := outcomeOf(ev)
	if o == silent {
		return
	}
	if x.Now-s.Last > int64(pause) && s.Same == 0 {
		s.Retries = 0
	}
	s.Last = max(s.Last, x.Now)
	t := &s.Tally[x.Slot]
	t.Events++
	var credential, principal uint64
	if ev.Credential != "" {
		credential = x.Hash(ev.Credential)
	}
	if ev.Principal != "" {
		principal = x.Hash(detectors.Caller(ev))
	}
	if o == guess && credential != 0 && s.Known.Has(credential) {
		o = stale
	}
	switch o {
	case success:
		t.answer(x, ev)
		d.welcome(x, s, t, credential, principal)
	case passed:
		if t.answer(x, ev) && s.Same == 0 {
			s.Retries = 0
		}
	case missing:
		t.Missing++
		if t.Routes.Add(x.Hash(ev.Route)) {
			d.scan(x, t)
		}
	case blind:
		t.Blind++
		t.Refusing |= routeBit(x, ev)
		d.follow(x, s, 0)
		if int(t.Blind)%d.c.Failures == 0 || d.fast(x, s) {
			d.refused(x, s, t)
		}
	case guess:
		t.Guesses++
		d.follow(x, s, credential)
		news := int(t.Guesses)%d.c.Failures == 0 || credential == 0 && (int(s.Retries)%d.c.Failures == 0 || d.fast(x, s))
		if credential != 0 && t.Credentials.Add(credential) {
			news = true
		}
		if principal != 0 && t.Targets.Add(principal) {
			news = true
		}
		if news {
			d.guessing(x, s, t)
		}
		s.Day.at(x.Now)
		if s.Day.Guesses.Add(x.Key.Words(credential, principal)) {
			d.slow(x, s, t)
		}
		d.broken(x, s, t, credential)
	case stale:
		d.follow(x, s, credential)
		d.broken(x, s, t, credential)
	case silent:
	}
}

// welcome judges a success, and learns the credential.
func (d *addresses) welcome(x *detectors.Context, s *address, t *tally, credential, principal uint64) {
	s.Retries, s.Reported = 0, 0
	who := credential
	if who == 0 {
		who = principal
	}
	if who == 0 {
		return
	}
	if principal != 0 {
		t.Welcome.Add(principal)
	} else {
		t.Welcome.Add(who)
	}
	s.Day.at(x.Now)
	s.Day.Welcome.Add(who)
	if s.Known.Has(who) {
		return
	}
	if s.Attacked != 0 && x.Now-s.Attacked <= 2*int64(x.Window) {
		d.succeeded(x, s, t, principal)
		return // it stays unknown: an attacker's loot is not a good credential
	}
	s.Known.Add(who)
}

// follow counts the failures in a row with the same credential; without one,
// those within the length of a window, wherever windows begin.
func (d *addresses) follow(x *detectors.Context, s *address, credential uint64) {
	same := uint32(credential)
	if s.Retries == 0 || s.Same != same || x.Now < s.Streak || credential == 0 && x.Now-s.Streak > int64(x.Window) {
		s.Streak, s.Same, s.Retries = x.Now, same, 0
	}
	s.Retries++
}

// A run of failures without fingerprints is fast if there are 3/10 of Failures
// in a fifth of the window, 30 in a minute: people do not type so fast, and
// programs that retry wait. A pause ends it.
const pause = 20 * time.Second

// fast tells that the run has just become fast.
func (d *addresses) fast(x *detectors.Context, s *address) bool {
	return int(s.Retries) == max(3*d.c.Failures/10, 1) && x.Now-s.Streak <= int64(x.Window)/5
}

// broken reports a client that fails with the same credential again and again.
func (d *addresses) broken(x *detectors.Context, s *address, t *tally, credential uint64) {
	if credential == 0 || int(s.Retries) < d.c.Retries || x.Now-s.Streak < int64(brokenFor) ||
		s.Reported != 0 && x.Now-s.Reported < int64(again) {
		return
	}
	s.Reported = x.Now
	f := d.failing(float64(s.Retries), x.Now-s.Streak)
	f.Events = int64(t.Events)
	x.Emit(f)
}

// routeBit returns one of 64 bits that stands for the event's route.
func routeBit(x *detectors.Context, ev *schemas.Event) uint64 { return 1 << (x.Hash(ev.Route) >> 58) }

// answer counts a request that was let in, if its route refused some before:
// requests to routes that are open to all do not excuse refusals elsewhere.
func (t *tally) answer(x *detectors.Context, ev *schemas.Event) bool {
	if t.Blind == 0 || t.Refusing&routeBit(x, ev) == 0 {
		return false
	}
	t.Answered++
	return true
}

// negotiates tells that refusals are those of clients that are challenged
// first: once or twice before each success.
func (t *tally) negotiates() bool { return 4*uint64(t.Answered) > uint64(t.Blind) }

// Gather adds the address to what all addresses did.
func (d *addresses) Gather(x *detectors.Context, s *address, c *crowd) {
	t := &s.Tally[x.Slot]
	// One credential that is refused again and again is not many failures.
	failures := uint64(t.Guesses)
	if distinct := different(&t.Credentials); distinct > 0 {
		failures = min(failures, uint64(3*distinct))
	}
	if !t.negotiates() {
		failures += uint64(t.Blind)
	}
	if failures == 0 {
		return
	}
	c.Failures += failures
	c.Failing++
	if t.Guesses > 0 && t.Told.Form == 0 {
		c.Quiet++
		c.Tries += uint64(t.Guesses)
		c.Targets.Merge(&t.Targets)
		c.Credentials.Merge(&t.Credentials)
		if one, ok := t.Targets.Pick(x.Entity.ID); ok {
			c.OwnTargets.Add(one)
		}
		if one, ok := t.Credentials.Pick(x.Entity.ID); ok {
			c.OwnCredentials.Add(one)
		}
	}
}

// Close empties the window. An address that did nothing for a day is forgotten,
// and so is one of which there is nothing to remember.
func (d *addresses) Close(x *detectors.Context, s *address, _ *crowd) bool {
	s.Tally[x.Slot] = tally{}
	if x.Now-s.Last > int64(memory) {
		return false
	}
	return s.Tally[1-x.Slot].Events > 0 || s.Known != (sketch.Bloom256{}) || s.Retries > 0 || s.Attacked != 0
}

// different rounds an estimate of how many different things there were.
func different(b *sketch.Bitmap256) float64 { return math.Round(b.Count()) }
