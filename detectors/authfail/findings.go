package authfail

import (
	"fmt"
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors/evidence"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// within says how long a window is.
func (d *addresses) within() string { return "within " + words.Duration(d.c.Window) }

// minute says how long a fast run takes at most.
func (d *addresses) minute() string { return "within " + words.Duration(d.c.Window/5) }

// varied writes how many different credentials, keys or passwords there were.
func varied(n float64, noun string) string {
	if math.Round(n) > 1 {
		noun = "different " + noun
	}
	return words.Count(n, noun)
}

// mistakes says what passes as mistakes.
func mistakes(bound int, noun string) string {
	return fmt.Sprintf("Up to %s from one address pass as mistakes of users.", words.Count(float64(bound-1), noun))
}

// guessed words a form of guessing; the caller adds how bad and how sure it is.
func (d *addresses) guessed(form int, f *figures) *schemas.Finding {
	credentials, accounts := varied(f.credentials, "credential"), words.Count(f.principals, "account")
	out := &schemas.Finding{Techniques: []schemas.Technique{guessing, brokenAuth}}
	bound, within := float64(d.c.Failures), d.within()
	done, expected := "with "+credentials+" on "+accounts, ""
	switch form {
	case formSpraying:
		out.Detector, out.Techniques[0] = "authfail.spraying_address", spraying
		out.Title = fmt.Sprintf("Password spraying: %s tried with %s from one address", accounts, words.Count(f.credentials, "credential"))
		expected = mistakes(d.c.Targets, "account")
	case formStuffing:
		out.Detector, out.Techniques[0] = "authfail.stuffing", stuffing
		out.Title = fmt.Sprintf("Credential stuffing: %s tried from one address", accounts)
		expected = mistakes(d.c.Targets, "account")
	case formKeys:
		out.Detector = "authfail.key_guessing"
		out.Title = fmt.Sprintf("API key guessing: %s refused from one address", varied(f.credentials, "key"))
		done, expected = "with "+varied(f.credentials, "key")+" that no account has", mistakes(d.c.Guesses, "different key")
	case formBrute:
		out.Detector = "authfail.brute_force"
		out.Title = fmt.Sprintf("Brute force: %s tried on %s from one address", credentials, accounts)
		expected = mistakes(d.c.Guesses, "different credential")
	case formBlindBrute:
		out.Detector = "authfail.brute_force"
		out.Title = fmt.Sprintf("Brute force: %s on %s from one address", words.Count(f.tries, "refused attempt"), accounts)
		expected = fmt.Sprintf("Up to %s pass as mistakes; the log does not tell one credential from another, so a program with an old password looks the same.",
			words.Count(float64(d.c.Failures-1), "refusal"))
		if f.tries < float64(d.c.Failures) {
			bound, within = f.tries, d.minute()
			expected = "People do not type so fast and programs wait between retries; one with an old password that does not wait looks the same."
		}
	}
	if f.credentials == 0 {
		done = "on " + accounts
	}
	if f.welcome > 0 {
		done += ", and " + words.Count(f.welcome, "other credential") + " succeeded"
	}
	out.Summary = fmt.Sprintf("One address was refused %s %s, %s. %s", words.Count(f.tries, "time"), within, done, expected)
	features := []schemas.Feature{
		evidence.Feature("distinct_credentials", f.credentials, float64(d.c.Guesses), "credentials", 0.4,
			fmt.Sprintf("%s refused; fewer than %d are mistakes.", credentials, d.c.Guesses)),
		evidence.Feature("distinct_principals", f.principals, float64(d.c.Targets), "accounts", 0.4,
			fmt.Sprintf("%s tried; fewer than %d are mistakes.", accounts, d.c.Targets)),
		evidence.Feature("refused", f.tries, bound, "attempts", 0.2,
			fmt.Sprintf("%s refused %s; fewer than %s are mistakes.", words.Count(f.tries, "attempt"), within, words.Number(bound))),
	}
	out.Features = evidence.Beyond(features...)
	return out
}

// trickled words guessing that no window shows.
func (d *addresses) trickled(n, bound float64, lasted, events int64) *schemas.Finding {
	guesses := words.Count(n, "different wrong credential")
	hours := words.Duration(max(time.Duration(lasted).Round(time.Hour), time.Hour))
	return &schemas.Finding{
		Detector: slowGuessing, Severity: schemas.SeverityLow, Confidence: evidence.Confidence(n, bound, 0.7, 0.99), Events: events,
		Title: fmt.Sprintf("Slow guessing: %s from one address in %s", guesses, hours),
		Summary: fmt.Sprintf("One address was refused with %s in %s, too slowly to stand out in any window of %s. Fewer than %s a day pass as mistakes, and behind a shared address half as many others would succeed.",
			guesses, hours, words.Duration(d.c.Window), words.Number(bound)),
		Techniques: []schemas.Technique{guessing, brokenAuth},
		Features: []schemas.Feature{evidence.Feature("distinct_guesses", n, bound, "credentials", 1,
			fmt.Sprintf("%s refused in %s; fewer than %s a day are mistakes.", guesses, hours, words.Number(bound)))},
	}
}

// entered words a success after an attack; attacked tells that the account is
// one that was tried before.
func (d *addresses) entered(tries float64, attacked bool) *schemas.Finding {
	out := &schemas.Finding{
		Detector: breakIn, Severity: schemas.SeverityHigh, Confidence: 0.75,
		Techniques: []schemas.Technique{valid, guessing, brokenAuth},
	}
	who := "with a credential that was never good there before"
	if attacked {
		out.Severity, out.Confidence = schemas.SeverityCritical, 0.9
		who = "to an account that it had attacked"
	}
	refused := words.Count(tries, "refused attempt")
	out.Title = "Break-in: an attacking address got in after " + refused
	out.Summary = fmt.Sprintf("After %s that looked like guessing, the same address got in, %s. A user who mistypes has fewer than %d: revoke the credential, and look at what it did since.",
		refused, who, d.c.Guesses)
	out.Features = []schemas.Feature{evidence.Feature("failures_before", tries, float64(d.c.Guesses), "attempts", 1,
		fmt.Sprintf("%s came before the success; a user who mistypes has fewer than %d.", refused, d.c.Guesses))}
	return out
}

// unnamed words refusals of unknown credentials.
func (d *addresses) unnamed(n, answered float64) *schemas.Finding {
	bound, within := float64(d.c.Failures), d.within()
	if n < bound {
		bound, within = n, d.minute()
	}
	refused := words.Count(n, "request")
	severity := schemas.SeverityLow
	if n >= 5*float64(d.c.Failures) {
		severity = schemas.SeverityMedium
	}
	let := "none of what was refused was let in later"
	if answered > 0 {
		let = words.Count(answered, "request") + " to the same routes let in"
	}
	return &schemas.Finding{
		Detector: "authfail.repeated_failures", Severity: severity, Confidence: evidence.Confidence(n, bound, 0.5, 0.99),
		Title: fmt.Sprintf("Refused (401) from one address: %s %s", refused, within),
		Summary: fmt.Sprintf("One address had %s refused %s, and %s. Fewer than %s pass as mistakes; the log names neither credential nor account, so a broken client looks the same.",
			refused, within, let, words.Number(bound)),
		Techniques: []schemas.Technique{guessing, brokenAuth},
		Features: []schemas.Feature{evidence.Feature("refused", n, bound, "requests", 1,
			fmt.Sprintf("%s refused; fewer than %s are mistakes, and clients that negotiate get in after one or two.", refused, words.Number(bound)))},
	}
}

// scanned words a scan.
func (d *addresses) scanned(n, requests float64) *schemas.Finding {
	bound := float64(d.c.ScanPaths)
	routes := words.Count(n, "route")
	return &schemas.Finding{
		Detector: "authfail.scan", Severity: schemas.SeverityLow, Confidence: evidence.Confidence(n, bound, 0.6, 0.99),
		Title: fmt.Sprintf("Scan without a credential: %s asked for by one address", routes),
		Summary: fmt.Sprintf("One address asked for %s without a credential %s, in %s, and was refused each time. A client that forgot its key asks for fewer than %d.",
			routes, d.within(), words.Count(requests, "request"), d.c.ScanPaths),
		Techniques: []schemas.Technique{scanning, brokenAuth},
		Features: []schemas.Feature{evidence.Feature("distinct_routes", n, bound, "routes", 1,
			fmt.Sprintf("%s asked for; fewer than %d are no scan.", routes, d.c.ScanPaths))},
	}
}

// failing words a client that fails with one credential all the time.
func (d *addresses) failing(n float64, lasted int64) *schemas.Finding {
	bound := float64(d.c.Retries)
	times, span := words.Count(n, "time"), words.Duration(time.Duration(lasted))
	return &schemas.Finding{
		Detector: "authfail.broken_client", Severity: schemas.SeverityLow, Confidence: 0.9,
		Title: fmt.Sprintf("Broken client: one credential refused %s in %s", times, span),
		Summary: fmt.Sprintf("One client sent the same credential %s in %s and was refused each time. From %d on it is taken for a client with an old or wrong key rather than an attack, and is not reported again for a day.",
			times, span, d.c.Retries),
		Techniques: []schemas.Technique{brokenAuth},
		Features: []schemas.Feature{evidence.Feature("retries", n, bound, "attempts", 1,
			fmt.Sprintf("One credential was refused %s in a row; a client that is well stops before %d.", times, d.c.Retries))},
	}
}
