package authfail

import (
	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/evidence"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// The forms of guessing at one address, and none of them.
const (
	formSpraying = iota
	formStuffing
	formKeys
	formBrute
	formBlindBrute
	formless
)

// figures are the counts of one address in one window that its form follows
// from.
type figures struct {
	tries, credentials, principals, welcome float64
	// returned are the principals that failed and also succeeded, fast tells
	// that the failures came fast, one after another.
	returned float64
	fast     bool
}

// figures counts a window.
func (t *tally) figures() figures {
	both := t.Targets
	both.Merge(&t.Welcome)
	f := figures{tries: float64(t.Guesses), credentials: different(&t.Credentials), principals: different(&t.Targets), welcome: different(&t.Welcome)}
	f.returned = max(f.principals+f.welcome-different(&both), 0)
	// Estimates of what differs are a few percent off, and a refusal has one
	// credential and one account at most.
	f.credentials, f.principals = min(f.credentials, f.tries), min(f.principals, f.tries)
	return f
}

// shared tells that the failures are mistakes of many users behind one
// address: at least half as many others succeed there. Where there are so many
// failures that it takes a large office to make them, it has to be twice as
// many, or half of those who failed: that costs an attacker more good accounts
// than he will have. What is done to few accounts is excused only if those
// succeed, and not if it is very much.
func (d *addresses) shared(form int, f *figures) bool {
	bound := float64(min(d.c.Guesses, d.c.Targets))
	returned := f.principals > 0 && f.returned >= f.principals/2
	many := max(f.credentials, f.principals)
	switch {
	case form == formBlindBrute:
		return returned && f.tries < 5*float64(d.c.Failures)
	case form != formBrute && returned || f.welcome >= 2*many:
		return true
	}
	return many < 5*bound && f.welcome >= many/2
}

// formOf tells apart the forms of guessing at one address by how many
// credentials and principals there are: many on few is brute force, about one
// or a few each is stuffing, few on many is spraying, and many without a
// principal is guessing of keys.
func (d *addresses) formOf(f *figures) (form int, severity schemas.Severity, confidence float64) {
	guesses, targets, failures := float64(d.c.Guesses), float64(d.c.Targets), float64(d.c.Failures)
	observed, bound, low := f.principals, targets, 0.8
	switch {
	case f.principals >= targets && f.credentials > 0 && f.credentials*3 <= f.principals:
		form = formSpraying
	case f.principals == 0 && f.credentials >= guesses:
		form, observed, bound = formKeys, f.credentials, guesses
	case f.credentials >= guesses && (f.principals < targets || f.credentials >= 3*f.principals):
		form, observed, bound = formBrute, f.credentials, guesses
	case f.principals >= targets:
		form = formStuffing
	case f.principals > 0 && f.credentials == 0 && f.tries >= failures:
		// Without fingerprints a program with an old password looks the same,
		// so it takes more of them, and the confidence begins lower.
		form, observed, bound, low = formBlindBrute, f.tries, failures, 0.6
	case f.principals > 0 && f.credentials == 0 && f.fast:
		return formBlindBrute, schemas.SeverityLow, 0.5
	default:
		return formless, 0, 0
	}
	return form, severityOf(observed, bound, schemas.SeverityMedium), evidence.Confidence(observed, bound, low, 0.99)
}

// guessing judges an address that failed with something new.
func (d *addresses) guessing(x *detectors.Context, s *address, t *tally) {
	if int(t.Guesses) < min(d.c.Guesses, d.c.Targets) {
		return
	}
	f := t.figures()
	if f.credentials == 0 {
		f.tries, f.fast = max(f.tries, float64(s.Retries)), d.fast(x, s)
	}
	form, severity, confidence := d.formOf(&f)
	if form == formless || d.shared(form, &f) {
		return
	}
	s.Attacked, s.Attack, s.Mild = x.Now, f.tries, severity == schemas.SeverityLow
	if t.Told.Form == uint8(form)+1 && t.Told.Severity >= uint8(severity) {
		return
	}
	t.Told.Form, t.Told.Severity = uint8(form)+1, uint8(severity)
	out := d.guessed(form, &f)
	out.Severity, out.Confidence, out.Events = severity, confidence, int64(t.Events)
	x.Emit(out)
}

// The slow watch on an address looks at a day, and starts at slowTimes the
// bound of a window: fifty different guesses a day are no mistakes of one user
// either, and the users of an office succeed at least twice as often.
const (
	slowly    = int64(memory)
	slowTimes = 5
)

// trickle is what an address did in a day: different guesses and different
// credentials that were good.
type trickle struct {
	Since            int64
	Guesses, Welcome sketch.Bitmap256
	Told             bool
}

// at starts a new day if one is over.
func (r *trickle) at(now int64) {
	if now-r.Since > slowly {
		*r = trickle{Since: now}
	}
}

// slow judges an address by its day, if none of its windows told anything.
func (d *addresses) slow(x *detectors.Context, s *address, t *tally) {
	n, bound := different(&s.Day.Guesses), float64(slowTimes*d.c.Guesses)
	if s.Day.Told || n < bound || 2*different(&s.Day.Welcome) >= n {
		return
	}
	s.Day.Told = true
	if s.Attacked != 0 && x.Now-s.Attacked <= slowly {
		return
	}
	s.Attacked, s.Attack, s.Mild = x.Now, n, false
	x.Emit(d.trickled(n, bound, x.Now-s.Day.Since, int64(t.Events)))
}

// few is how many targets tell one of them: a stranger is taken for one in at
// most 8 of 256.
const few = 8

// succeeded reports a new credential that succeeds where guesses failed.
func (d *addresses) succeeded(x *detectors.Context, s *address, t *tally, principal uint64) {
	// A bitmap that is nearly empty tells a member from others, and brute force
	// has few targets; of one who tries many accounts it is not said which.
	attacked := false
	for i := range s.Tally {
		targets := s.Tally[i].Targets
		attacked = attacked || principal != 0 && targets.Count() <= few && !targets.Add(principal)
	}
	out := d.entered(s.Attack, attacked)
	if s.Mild {
		// A program whose password was put right looks the same.
		out.Severity, out.Confidence = schemas.SeverityMedium, 0.5
	}
	out.Events = int64(t.Events)
	x.Emit(out)
}

// refused judges refusals of which the log says neither with what nor for whom.
func (d *addresses) refused(x *detectors.Context, s *address, t *tally) {
	n, bound := float64(t.Blind), float64(d.c.Failures)
	if n < bound && !d.fast(x, s) || t.negotiates() {
		return
	}
	s.Attacked, s.Attack, s.Mild = x.Now, n, n < bound
	out := d.unnamed(n, float64(t.Answered))
	out.Events = int64(t.Events)
	x.Emit(out)
}

// scan reports who asks for many routes without any credential.
func (d *addresses) scan(x *detectors.Context, t *tally) {
	if int(t.Missing) < d.c.ScanPaths {
		return
	}
	routes := different(&t.Routes)
	if routes < float64(d.c.ScanPaths) {
		return
	}
	out := d.scanned(routes, float64(t.Missing))
	out.Events = int64(t.Events)
	x.Emit(out)
}
