// Package authfail detects attacks on the authentication of a gateway's
// clients: guessing of keys and passwords, credential stuffing, spraying,
// attacks on one principal from many addresses, success after failures,
// scanning without a credential, and spikes of failures over all clients.
//
// What a provider answers to the gateway is no failure of a client and is not
// counted. Failing again and again with the same credential is no guessing: it
// is a broken client, and is reported once, at a low severity.
package authfail

import (
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// Watchers returns the family's watchers. The settings must be valid.
func Watchers(c Config) ([]detectors.Watcher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return []detectors.Watcher{
		detectors.Watch(&addresses{c}),
		detectors.Watch(&principals{c}),
	}, nil
}

// outcome is what an event says about the client's authentication.
type outcome uint8

const (
	silent  outcome = iota // nothing
	success                // the gateway knows the client
	passed                 // the log does not say, but it was not refused
	guess                  // a credential that is wrong
	stale                  // a credential that was good and is not any more
	missing                // no credential
	blind                  // refused, and the log does not say with what
)

// outcomeOf reads an event. That a caller may not do a thing (forbidden) is no
// failure to authenticate, and what the upstream answers is not the client's.
func outcomeOf(ev *schemas.Event) outcome {
	switch ev.Auth {
	case schemas.AuthSuccess:
		return success
	case schemas.AuthFailure:
		if ev.Responder == schemas.ResponderUpstream {
			return silent
		}
	default:
		switch {
		case ev.Responder == schemas.ResponderUpstream || ev.UpstreamStatus != 0 || !ev.Has(schemas.HasStatus):
			return silent
		case ev.Status == 401:
			return blind
		case ev.Status >= 200 && ev.Status < 400:
			return passed
		}
		return silent
	}
	switch ev.AuthReason {
	case schemas.ReasonMissing:
		return missing
	case schemas.ReasonExpired:
		return stale
	case schemas.ReasonForbidden:
		return silent
	default:
		if ev.Credential == "" && ev.Principal == "" {
			return blind
		}
		return guess
	}
}

// signs tells whether an event shows that what a rule found goes on: a refusal.
func signs(_ string, ev *schemas.Event) bool {
	switch outcomeOf(ev) {
	case guess, stale, missing, blind:
		return true
	default:
		return false
	}
}

// span is a day for what is slow. That no more is refused is no end of a break-in.
func span(rule string) time.Duration {
	switch rule {
	case breakIn, taken:
		return -1
	case slowGuessing:
		return 24 * time.Hour
	default:
		return 0
	}
}

// Rules that differ from the others: breakIn and taken tell of an attacker who got
// in, slowGuessing of a day.
const (
	breakIn      = "authfail.success_after_failures"
	taken        = "authfail.account_taken"
	slowGuessing = "authfail.slow_guessing"
)

// The catalogues' entries that the rules name (MITRE ATT&CK v17, OWASP API
// Security Top 10 2023).
var (
	guessing   = schemas.Technique{Framework: "MITRE ATT&CK", ID: "T1110.001", Name: "Brute Force: Password Guessing"}
	spraying   = schemas.Technique{Framework: "MITRE ATT&CK", ID: "T1110.003", Name: "Brute Force: Password Spraying"}
	stuffing   = schemas.Technique{Framework: "MITRE ATT&CK", ID: "T1110.004", Name: "Brute Force: Credential Stuffing"}
	valid      = schemas.Technique{Framework: "MITRE ATT&CK", ID: "T1078", Name: "Valid Accounts"}
	scanning   = schemas.Technique{Framework: "MITRE ATT&CK", ID: "T1595", Name: "Active Scanning"}
	brokenAuth = schemas.Technique{Framework: "OWASP API 2023", ID: "API2:2023", Name: "Broken Authentication"}
)

// severityOf is at, or High if observed is five times the bound: that many
// are neither mistakes nor an attempt that a lockout would have stopped.
func severityOf(observed, bound float64, at schemas.Severity) schemas.Severity {
	if observed >= 5*bound {
		return max(at, schemas.SeverityHigh)
	}
	return at
}
