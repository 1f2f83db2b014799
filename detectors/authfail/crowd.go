package authfail

import (
	"fmt"
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/evidence"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// crowd is what all addresses did in one window, and below it what is usual.
type crowd struct {
	// Failures counts wrong and unexplained refusals, a credential at most
	// three times at one address, Failing the addresses that had any; Quiet are
	// those of which nothing is told by itself, and Tries their guesses on
	// Targets with Credentials.
	Failures, Failing, Quiet, Tries uint64
	Targets, Credentials            sketch.Bitmap256
	// OwnTargets and OwnCredentials have one of those of each quiet address.
	OwnTargets, OwnCredentials sketch.Bitmap256

	// UsualQuiet and UsualFailures are the baselines, of the logarithms;
	// Drift sees a rise that lasts.
	UsualQuiet, UsualFailures sketch.EWMA
	Drift                     sketch.CUSUM
}

const (
	// warm is how many windows make a baseline; before, bounds are five times
	// as high.
	warm = 6
	// slow is the weight of a window in the baselines: about four hours of
	// windows of five minutes.
	slow = 0.02
	// farOver is how many deviations over the usual is remarkable, drifted
	// the sum of a drift (Page 1954 with a slack of half a deviation; a value
	// of 8 comes up about once in three thousand windows by chance, and has to
	// meet with twice the usual failures).
	farOver, drifted = 6, 8
	// unsteady is the least deviation of a logarithm: counts that differ by a
	// third are no news.
	unsteady = 0.3
	// times is how far over the usual a spike is.
	times = 5
)

func (d *addresses) Merge(dst, src *crowd) {
	dst.Failures += src.Failures
	dst.Failing += src.Failing
	dst.Quiet += src.Quiet
	dst.Tries += src.Tries
	dst.Targets.Merge(&src.Targets)
	dst.Credentials.Merge(&src.Credentials)
	dst.OwnTargets.Merge(&src.OwnTargets)
	dst.OwnCredentials.Merge(&src.OwnCredentials)
}

// Conclude holds the window against the usual, then learns from it.
func (d *addresses) Conclude(x *detectors.Context, prev, c *crowd) {
	c.UsualQuiet, c.UsualFailures, c.Drift = prev.UsualQuiet, prev.UsualFailures, prev.Drift
	cold := 1.0
	if c.UsualFailures.N < warm {
		cold = times
	}
	if !d.spray(x, c, cold) {
		d.spike(x, c, cold)
	}
	learn(&c.UsualQuiet, c.spread())
	learn(&c.UsualFailures, float64(c.Failures))
}

// learn folds a window into a baseline. Of a remarkable one it takes a small
// step only: a level twenty times as high takes some days to become the usual.
func learn(e *sketch.EWMA, n float64) {
	v := math.Log1p(n)
	if e.N >= warm && e.Score(v, unsteady) >= farOver/2 {
		v = e.Mean + unsteady
	}
	e.Add(v, slow)
}

// spread is how many addresses guess a little each, but not more than there are
// different accounts or credentials among their guesses, of which each address
// brings one: a fleet that fails with its one old key is no crowd of attackers,
// and does not become one by the many users of an office who mistype meanwhile.
// Beyond 1,000 the summaries cannot tell.
func (c *crowd) spread() float64 {
	things := max(different(&c.OwnTargets), different(&c.OwnCredentials))
	if things >= 1000 {
		return float64(c.Quiet)
	}
	return min(float64(c.Quiet), things)
}

// usually says what is usual, "usual are 3 such addresses".
func usually(n float64, noun string) string {
	if n < 0.5 {
		return "usually there are none"
	}
	return "usual are " + words.Count(max(n, 2), noun)
}

// spray looks for many addresses that guess a little each, and reports whether
// it found them.
func (d *addresses) spray(x *detectors.Context, c *crowd, cold float64) bool {
	n, bound := c.spread(), cold*float64(d.c.SprayAddresses)
	usual := math.Expm1(c.UsualQuiet.Mean)
	if n < bound || n < times*usual || c.UsualQuiet.Score(math.Log1p(n), unsteady) < farOver && cold == 1 {
		return false
	}
	// A refusal has one credential and one account at most.
	targets, credentials := min(different(&c.Targets), float64(c.Tries)), min(different(&c.Credentials), float64(c.Tries))
	expected, with, on := max(bound, times*usual), "", ""
	if credentials > 0 {
		with = "with " + varied(credentials, "credential")
	}
	if targets > 0 {
		on = "on " + words.Count(targets, "account")
	}
	addresses := words.Count(float64(c.Quiet), "address")
	x.Emit(&schemas.Finding{
		Detector: "authfail.spraying", Severity: schemas.SeverityHigh, Confidence: evidence.Confidence(n, bound, 0.75, 0.99),
		Title: fmt.Sprintf("Distributed guessing: %s with a few guesses each", addresses),
		Summary: fmt.Sprintf("%s were refused %s %s, %s, and none of them stands out by itself. From %s on it is no chance; %s.",
			addresses, words.Count(float64(c.Tries), "time"), d.within(), words.List(with, on), words.Number(expected), usually(usual, "such address")),
		Events: int64(c.Tries), Techniques: []schemas.Technique{spraying, stuffing, brokenAuth},
		Features: evidence.Beyond(
			evidence.Feature("quiet_addresses", float64(c.Quiet), expected, "addresses", 0.5,
				fmt.Sprintf("%s with a few guesses each; %s.", addresses, usually(usual, "such address"))),
			evidence.Feature("distinct_credentials", credentials, float64(d.c.SprayAddresses), "credentials", 0.25,
				fmt.Sprintf("%s refused; fewer than %d are chance.", varied(credentials, "credential"), d.c.SprayAddresses)),
			evidence.Feature("distinct_principals", targets, float64(d.c.SprayAddresses), "accounts", 0.25,
				fmt.Sprintf("%s tried; fewer than %d are chance.", words.Count(targets, "account"), d.c.SprayAddresses)),
		),
	})
	return true
}

// spike looks at the failures of all clients together.
func (d *addresses) spike(x *detectors.Context, c *crowd, cold float64) {
	n, bound := float64(c.Failures), cold*float64(d.c.SpikeFailures)
	usual := math.Expm1(c.UsualFailures.Mean)
	score := c.UsualFailures.Score(math.Log1p(n), unsteady)
	if c.UsualFailures.N >= warm {
		c.Drift.Add(score, 0.5)
	}
	sudden := n >= times*usual && (score >= farOver || cold > 1)
	lasting := n >= 2*usual && c.Drift.High >= drifted
	if n < bound || !sudden && !lasting {
		return
	}
	expected := max(bound, 2*usual)
	if sudden {
		expected = max(bound, times*usual)
	}
	failures, as := words.Count(n, "refusal"), usually(usual, "refusal")
	x.Emit(&schemas.Finding{
		Detector: "authfail.failure_spike", Severity: schemas.SeverityMedium, Confidence: evidence.Confidence(n, expected, 0.6, 0.99),
		Title: fmt.Sprintf("Authentication failures are up: %s %s", failures, d.within()),
		Summary: fmt.Sprintf("%s of wrong or unnamed credentials came from %s %s; %s. It is an attack, or a change of keys or of the identity provider that went wrong.",
			failures, words.Count(float64(c.Failing), "address"), d.within(), as),
		Events: int64(c.Failures), Techniques: []schemas.Technique{guessing, brokenAuth},
		Features: []schemas.Feature{evidence.Feature("failures", n, expected, "requests", 1,
			fmt.Sprintf("%s %s, from %s on it is out of the ordinary; %s.", failures, d.within(), words.Number(expected), as))},
	})
}
