package authfail

import (
	"fmt"
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// crowd is what all addresses did in one window, and below it what is usual.
type crowd struct {
	// Failures counts wrong and unexplained refusals, a credential at most
	// three times at one address, Failing the addresses
	// that had any; Quiet are those with a few guesses only, and Tries their
	// guesses on Targets with Credentials.
	Failures, Failing, Quiet, Tries uint64
	Targets, Credentials            sketch.Bitmap256

	// UsualQuiet and UsualFailures are the baselines, of the logarithms;
	// Drift sees a rise that lasts.
	UsualQuiet, UsualFailures sketch.EWMA
	Drift                     sketch.CUSUM
}

const (
	// quiet is the most guesses of an address that takes part in a spray:
	// more is found at the address itself.
	quiet = 5
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
	learn(&c.UsualQuiet, c.Quiet)
	learn(&c.UsualFailures, c.Failures)
}

// learn folds a window into a baseline. Of a remarkable one it takes a small
// step only: a level twenty times as high takes some days to become the usual.
func learn(e *sketch.EWMA, n uint64) {
	v := math.Log1p(float64(n))
	if e.N >= warm && e.Score(v, unsteady) >= farOver/2 {
		v = e.Mean + unsteady
	}
	e.Add(v, slow)
}

// spray looks for many addresses that guess a little each, and reports whether
// it found them.
func (d *addresses) spray(x *detectors.Context, c *crowd, cold float64) bool {
	quiets, bound := float64(c.Quiet), cold*float64(d.c.SprayAddresses)
	targets, credentials := different(&c.Targets), different(&c.Credentials)
	usual := math.Expm1(c.UsualQuiet.Mean)
	if quiets < bound || max(targets, credentials) < float64(d.c.SprayAddresses) || quiets < times*usual ||
		c.UsualQuiet.Score(math.Log1p(quiets), unsteady) < farOver && cold == 1 {
		return false
	}
	x.Emit(&schemas.Finding{
		Detector: "authfail.spraying", Severity: severityOf(quiets, bound, schemas.SeverityHigh), Confidence: confidenceOf(quiets, bound, 0.75),
		Title: fmt.Sprintf("Distributed guessing: %d addresses tried a few credentials each", c.Quiet),
		Summary: fmt.Sprintf("%d addresses were refused at most %d times each, together %d times with about %.0f credentials on about %.0f accounts; usual are %.0f such addresses in a window. No single address stands out.",
			c.Quiet, quiet, c.Tries, credentials, targets, usual),
		Events: int64(c.Tries), Techniques: []schemas.Technique{spraying, stuffing, brokenAuth},
		Features: []schemas.Feature{
			feature("quiet_addresses", quiets, max(bound, times*usual), "addresses", 0.5, "%.0f addresses guessed a little each; from %.0f on it is out of the ordinary"),
			feature("distinct_credentials", credentials, float64(d.c.SprayAddresses), "credentials", 0.25, "%.0f different credentials were refused, against a bound of %.0f"),
			feature("distinct_principals", targets, float64(d.c.SprayAddresses), "accounts", 0.25, "%.0f accounts were tried, against a bound of %.0f"),
		},
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
	x.Emit(&schemas.Finding{
		Detector: "authfail.failure_spike", Severity: schemas.SeverityMedium, Confidence: confidenceOf(n, expected, 0.6),
		Title: fmt.Sprintf("Authentication failures are up: %d in the window, usual are %.0f", c.Failures, usual),
		Summary: fmt.Sprintf("%d requests of %d addresses were refused with wrong or unnamed credentials; usual are %.0f. An attack, or a change of keys or of the identity provider that went wrong.",
			c.Failures, c.Failing, usual),
		Events: int64(c.Failures), Techniques: []schemas.Technique{guessing, brokenAuth},
		Features: []schemas.Feature{
			feature("failures", n, expected, "requests", 0.8, "%.0f requests were refused; from %.0f on it is out of the ordinary"),
			feature("failing_addresses", float64(c.Failing), 1, "addresses", 0.2, "%.0f addresses were refused (an attack from one has %.0f)"),
		},
	})
}
