package authfail

import (
	"fmt"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// The forms of guessing at one address.
const (
	formSpraying = iota
	formStuffing
	formKeys
	formBrute
	formless
)

// forms says how they are reported; a title has the numbers of credentials and
// of accounts.
var forms = [...]struct {
	rule, title string
	technique   schemas.Technique
}{
	formSpraying: {"authfail.spraying_address", "Password spraying: %.0[2]f accounts tried with %.0[1]f credentials", spraying},
	formStuffing: {"authfail.stuffing", "Credential stuffing: %.0[2]f accounts tried with %.0[1]f credentials from one address", stuffing},
	formKeys:     {"authfail.key_guessing", "API key guessing: %.0f different keys refused from one address, for %.0f known accounts", guessing},
	formBrute:    {"authfail.brute_force", "Brute force: %.0[1]f different credentials tried on %.0[2]f accounts", guessing},
}

// guessing tells apart the forms of guessing at one address by how many
// credentials and principals there are: many on few is brute force, about one
// each is stuffing, few on many is spraying, and many without a principal is
// guessing of keys.
func (d *addresses) guessing(x *detectors.Context, s *address, t *tally) {
	tries := float64(t.Guesses)
	guesses, targets := float64(d.c.Guesses), float64(d.c.Targets)
	if tries < min(guesses, targets) {
		return
	}
	credentials, principals, welcome := different(&t.Credentials), different(&t.Targets), different(&t.Welcome)
	// Behind a shared address users mistype, but more of them succeed.
	if many := max(credentials, principals); welcome >= many/2 {
		return
	}
	form, severity, confidence := formless, schemas.SeverityLow, 0.5
	switch {
	case principals >= targets && credentials > 0 && credentials*3 <= principals:
		form, severity, confidence = formSpraying, severityOf(principals, targets, schemas.SeverityMedium), confidenceOf(principals, targets, 0.8)
	case principals >= targets && tries <= 3*principals:
		form, severity, confidence = formStuffing, severityOf(principals, targets, schemas.SeverityMedium), confidenceOf(principals, targets, 0.8)
	case principals == 0 && credentials >= guesses:
		form, severity, confidence = formKeys, severityOf(credentials, guesses, schemas.SeverityMedium), confidenceOf(credentials, guesses, 0.8)
	case principals > 0 && credentials >= guesses && credentials >= 3*principals:
		form, severity, confidence = formBrute, severityOf(credentials, guesses, schemas.SeverityMedium), confidenceOf(credentials, guesses, 0.8)
	case principals > 0 && credentials == 0 && tries >= float64(d.c.Failures):
		// Without fingerprints a wrong password in a script looks the same.
		form, severity = formBrute, severityOf(tries, float64(d.c.Failures), schemas.SeverityLow)
	default:
		return
	}
	s.Attacked, s.Attack = x.Now, tries
	if t.Told.Form == uint8(form)+1 && t.Told.Severity >= uint8(severity) {
		return
	}
	t.Told.Form, t.Told.Severity = uint8(form)+1, uint8(severity)
	f := &schemas.Finding{
		Detector: forms[form].rule, Severity: severity, Confidence: confidence, Events: int64(t.Events),
		Title:      fmt.Sprintf(forms[form].title, credentials, principals),
		Techniques: []schemas.Technique{forms[form].technique, brokenAuth},
	}
	f.Summary = fmt.Sprintf("One client address was refused %d times in the window, with about %.0f different credentials and on about %.0f accounts; about %.0f others succeeded. Up to %d credentials or %d accounts are taken for mistakes.",
		t.Guesses, credentials, principals, welcome, d.c.Guesses, d.c.Targets)
	f.Features = []schemas.Feature{
		feature("distinct_credentials", credentials, guesses, "credentials", 0.4, "%.0f different credentials were refused; from %.0f on it is not a mistake"),
		feature("distinct_principals", principals, targets, "accounts", 0.4, "%.0f accounts were tried; from %.0f on it is not a mistake"),
		feature("refused", tries, guesses, "attempts", 0.1, "%.0f attempts were refused, against a bound of %.0f"),
		feature("welcome", welcome, max(credentials, principals)/2, "credentials", 0.1, "%.0f credentials succeeded; a shared address would have %.0f or more"),
	}
	x.Emit(f)
}

// succeeded reports a new credential that succeeds where guesses failed.
func (d *addresses) succeeded(x *detectors.Context, s *address, t *tally, principal uint64) {
	// A bitmap does not tell one member for sure, but a target's bit is set.
	target := t.Targets
	f := &schemas.Finding{
		Detector: "authfail.success_after_failures", Severity: schemas.SeverityHigh, Confidence: 0.85,
		Title:      fmt.Sprintf("A guess succeeded: access after %.0f refused attempts", s.Attack),
		Techniques: []schemas.Technique{valid, guessing, brokenAuth}, Events: int64(t.Events),
	}
	if principal != 0 && !target.Add(principal) {
		f.Severity, f.Confidence = schemas.SeverityCritical, 0.9
	}
	f.Summary = fmt.Sprintf("An address that was refused %.0f times while it was guessing credentials now got in with one that was never good there before. Revoke that credential and look at what it did since.", s.Attack)
	f.Features = []schemas.Feature{
		feature("failures_before", s.Attack, float64(d.c.Guesses), "attempts", 1, "%.0f refused attempts came before the success; %.0f or more make an attack"),
	}
	x.Emit(f)
}

// refused judges refusals of which the log says neither with what nor for whom.
// Clients that negotiate are refused once before each success.
func (d *addresses) refused(x *detectors.Context, s *address, t *tally) {
	n, bound := float64(t.Blind), float64(d.c.Failures)
	if n < bound || 4*t.Good > t.Blind {
		return
	}
	s.Attacked, s.Attack = x.Now, n
	x.Emit(&schemas.Finding{
		Detector: "authfail.repeated_failures", Severity: severityOf(n, bound, schemas.SeverityLow), Confidence: 0.5,
		Title: fmt.Sprintf("%d refused requests from one address", t.Blind),
		Summary: fmt.Sprintf("One client address was refused (401) %d times and let in %d times in the window. The log names neither credential nor account, so guessing and a broken client look the same.",
			t.Blind, t.Good),
		Events: int64(t.Events), Techniques: []schemas.Technique{guessing, brokenAuth},
		Features: []schemas.Feature{
			feature("refused", n, bound, "requests", 0.8, "%.0f requests were refused, against a bound of %.0f"),
			feature("let_in", float64(t.Good), n/4, "requests", 0.2, "%.0f requests were let in; a client that negotiates would have %.0f or more"),
		},
	})
}

// scan reports who asks for many routes without any credential.
func (d *addresses) scan(x *detectors.Context, t *tally) {
	if int(t.Missing) < d.c.ScanPaths {
		return
	}
	routes, bound := different(&t.Routes), float64(d.c.ScanPaths)
	if routes < bound {
		return
	}
	x.Emit(&schemas.Finding{
		Detector: "authfail.scan", Severity: schemas.SeverityLow, Confidence: confidenceOf(routes, bound, 0.6),
		Title: fmt.Sprintf("Scan without a credential: %.0f routes tried", routes),
		Summary: fmt.Sprintf("One client address asked for about %.0f different routes without sending a credential, %d requests in the window. Nobody got in.",
			routes, t.Missing),
		Events: int64(t.Events), Techniques: []schemas.Technique{scanning, brokenAuth},
		Features: []schemas.Feature{
			feature("distinct_routes", routes, bound, "routes", 0.7, "%.0f different routes were asked for; from %.0f on it is a scan"),
			feature("missing", float64(t.Missing), bound, "requests", 0.3, "%.0f requests came without a credential, against a bound of %.0f"),
		},
	})
}

// reportBroken reports a client that fails with one credential all the time.
func (d *addresses) reportBroken(x *detectors.Context, s *address, t *tally) {
	minutes := float64(x.Now-s.Streak) / 60e9
	x.Emit(&schemas.Finding{
		Detector: "authfail.broken_client", Severity: schemas.SeverityLow, Confidence: 0.9,
		Title: "Broken client: the same credential is refused again and again",
		Summary: fmt.Sprintf("One client sent the same credential %d times in %.0f minutes and was refused each time. That is a client with an expired or wrong key rather than an attack; it is not reported again for a day.",
			s.Retries, minutes),
		Events: int64(t.Events), Techniques: []schemas.Technique{brokenAuth},
		Features: []schemas.Feature{
			feature("retries", float64(s.Retries), float64(d.c.Retries), "attempts", 1, "%.0f attempts with one credential were refused; from %.0f on the client is broken"),
		},
	})
}

// feature makes a feature whose text has the observed and the expected figure.
func feature(name string, observed, expected float64, unit string, weight float64, text string) schemas.Feature {
	return schemas.Feature{
		Name: name, Observed: observed, Expected: expected, Unit: unit, Weight: weight,
		Text: fmt.Sprintf(text, observed, expected),
	}
}
