package authfail

import (
	"fmt"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/evidence"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// principals watches each principal that logs name, for attacks on it from
// many addresses.
type principals struct{ c Config }

var _ detectors.Detector[principal, nothing] = (*principals)(nil)

// nothing is a cohort that is not needed.
type nothing struct{}

// siege is what was tried on one principal in one window.
type siege struct {
	Guesses, Events uint32
	// Told is how severe the report of the window was, plus one.
	Told                   uint8
	Addresses, Credentials sketch.Bitmap256
}

// principal is what is kept of a principal.
type principal struct {
	Siege [2]siege
	// Places and Keys are the addresses and credentials that were good.
	Places, Keys sketch.Bloom256
	// Attacked is when the rule last spoke, Attack how many guesses there
	// were, Last when there last was an event.
	Attacked, Last int64
	Attack         float64
}

func (d *principals) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "authfail.principal", Entity: schemas.EntityPrincipal, Window: d.c.Window,
		MinEvents: 2, Share: 2, Techniques: []schemas.Technique{guessing, brokenAuth}, Signs: signs, Span: span,
	}
}

func (d *principals) Observe(x *detectors.Context, s *principal, ev *schemas.Event) {
	o := outcomeOf(ev)
	if o != success && o != guess {
		return
	}
	s.Last = max(s.Last, x.Now)
	t := &s.Siege[x.Slot]
	t.Events++
	place, placed := x.Address(ev)
	key := uint64(0)
	if ev.Credential != "" {
		key = x.Hash(ev.Credential)
	}
	if o == success {
		d.welcome(x, s, t, place, key)
		return
	}
	if key != 0 && s.Keys.Has(key) {
		return // a key that was good and is revoked: its holders are no attackers
	}
	t.Guesses++
	news := int(t.Guesses)%d.c.Failures == 0
	if placed && t.Addresses.Add(place) {
		news = true
	}
	if key != 0 && t.Credentials.Add(key) {
		news = true
	}
	if news {
		d.besieged(x, s, t)
	}
}

// welcome judges a success, and learns where from and what with it came.
func (d *principals) welcome(x *detectors.Context, s *principal, t *siege, place, key uint64) {
	familiar := place == 0 || s.Places.Has(place)
	if !familiar && s.Attacked != 0 && x.Now-s.Attacked <= 2*int64(x.Window) && (key == 0 || !s.Keys.Has(key)) {
		out := d.taken(s.Attack)
		out.Events = int64(t.Events)
		x.Emit(out)
		return
	}
	if place != 0 {
		s.Places.Add(place)
	}
	if key != 0 {
		s.Keys.Add(key)
	}
}

// besieged reports guesses at one principal from many addresses. Many clients
// of one principal that all fail with its one old key are no attack.
func (d *principals) besieged(x *detectors.Context, s *principal, t *siege) {
	if int(t.Guesses) < min(d.c.Addresses, d.c.Guesses) {
		return
	}
	from, keys := different(&t.Addresses), different(&t.Credentials)
	bound := float64(d.c.Addresses)
	if from < bound || keys < float64(d.c.Guesses) && (keys > 0 || int(t.Guesses) < d.c.Failures) {
		return
	}
	s.Attacked, s.Attack = x.Now, float64(t.Guesses)
	severity := severityOf(from, bound, schemas.SeverityMedium)
	if t.Told > uint8(severity) {
		return
	}
	t.Told = uint8(severity) + 1
	out := d.attacked(float64(t.Guesses), from, keys)
	out.Severity, out.Events = severity, int64(t.Events)
	x.Emit(out)
}

// attacked words an attack on one account from many addresses.
func (d *principals) attacked(tries, from, keys float64) *schemas.Finding {
	addresses, with := words.Count(from, "address"), ""
	if keys > 0 {
		with = " with " + varied(keys, "credential")
	}
	return &schemas.Finding{
		Detector: "authfail.besieged_account", Confidence: evidence.Confidence(from, float64(d.c.Addresses), 0.8, 0.99),
		Title: fmt.Sprintf("Distributed brute force: %s attack one account", addresses),
		Summary: fmt.Sprintf("%s on one account were refused within %s, from %s%s. Fewer than %d addresses pass as the account's own clients.",
			words.Count(tries, "attempt"), words.Duration(d.c.Window), addresses, with, d.c.Addresses),
		Techniques: []schemas.Technique{guessing, brokenAuth},
		Features: evidence.Beyond(
			evidence.Feature("distinct_addresses", from, float64(d.c.Addresses), "addresses", 0.5,
				fmt.Sprintf("%s refused; fewer than %d are the account's own clients.", addresses, d.c.Addresses)),
			evidence.Feature("distinct_credentials", keys, float64(d.c.Guesses), "credentials", 0.3,
				fmt.Sprintf("%s tried; fewer than %d are mistakes.", varied(keys, "credential"), d.c.Guesses)),
			evidence.Feature("refused", tries, float64(d.c.Failures), "attempts", 0.2,
				fmt.Sprintf("%s refused; fewer than %d are mistakes.", words.Count(tries, "attempt"), d.c.Failures)),
		),
	}
}

// taken words a success on an account under attack.
func (d *principals) taken(tries float64) *schemas.Finding {
	refused := words.Count(tries, "refused attempt")
	return &schemas.Finding{
		Detector: taken, Severity: schemas.SeverityCritical, Confidence: 0.85,
		Title: "Break-in: an account under attack was entered after " + refused,
		Summary: fmt.Sprintf("After %s from many addresses, this account was entered from an address and with a credential that were never good for it before. Its own clients would have one of the two: revoke the credential, and look at what it did since.",
			refused),
		Techniques: []schemas.Technique{valid, guessing, brokenAuth},
		Features: []schemas.Feature{evidence.Feature("failures_before", tries, float64(min(d.c.Guesses, d.c.Addresses)), "attempts", 1,
			fmt.Sprintf("%s came before the success; a user who mistypes has fewer than %d.", refused, d.c.Guesses))},
	}
}

func (d *principals) Gather(*detectors.Context, *principal, *nothing) {}

func (d *principals) Merge(_, _ *nothing) {}

func (d *principals) Conclude(*detectors.Context, *nothing, *nothing) {}

// Close empties the window, and forgets who did nothing for a day.
func (d *principals) Close(x *detectors.Context, s *principal, _ *nothing) bool {
	s.Siege[x.Slot] = siege{}
	return x.Now-s.Last <= int64(memory)
}
