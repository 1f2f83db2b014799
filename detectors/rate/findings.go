package rate

import (
	"fmt"
	"math"
	"strconv"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/score"
	"github.com/gatehound/gatehound/schemas"
)

// techniques are what floods of an AI API are called by the catalogues.
var techniques = []schemas.Technique{
	{Framework: "MITRE ATLAS", ID: "AML.T0029", Name: "Denial of AI Service"},
	{Framework: "MITRE ATLAS", ID: "AML.T0034", Name: "Cost Harvesting"},
	{Framework: "OWASP LLM 2025", ID: "LLM10:2025", Name: "Unbounded Consumption"},
	{Framework: "OWASP API 2023", ID: "API4:2023", Name: "Unrestricted Resource Consumption"},
}

// silenced is what the end of a log can be besides an outage.
var silenced = []schemas.Technique{
	{Framework: "MITRE ATT&CK", ID: "T1562.008", Name: "Impair Defenses: Disable or Modify Cloud Logs"},
}

// spikeFinding tells of a spike; p999 is 0 if the minute is not over.
func (d *watch) spikeFinding(x *detectors.Context, w *counts, v *score.Verdict, p999 float64) *schemas.Finding {
	n := float64(w.requests)
	f := &schemas.Finding{
		Detector: "rate.spike", Severity: schemas.SeverityMedium, Events: int64(w.requests),
		Title: fmt.Sprintf("%s requests in a minute from one %s", number(n), d.kind),
	}
	if d.kind == schemas.EntityRoute {
		f.Title = fmt.Sprintf("%s requests in a minute on one route", number(n))
	}
	usual := v.Expected
	if v.Values >= minHistory {
		f.Summary = fmt.Sprintf("%s; %s.", d.observed(x, n), usually(v))
		f.Confidence = confidence(n / max(d.limits.Factor*v.High, d.limits.Floor))
	} else {
		usual = p999
		f.Summary = d.observed(x, n) + ", and it was not seen before."
		if p999 > 0 {
			f.Summary = fmt.Sprintf("%s, and it was not seen before; 999 of 1,000 others stay below %s in a minute.", d.observed(x, n), number(p999))
		}
		f.Confidence = confidence(n / max(d.config.ColdFactor*p999, 2*d.limits.Floor))
	}
	if f.Confidence >= 0.9 {
		f.Severity = schemas.SeverityHigh
	}
	f.Summary += " " + d.callers(w)
	if refused := float64(w.throttled); refused > 0 {
		f.Summary += fmt.Sprintf(" %s of them were answered 429.", number(refused))
	}
	f.Features = []schemas.Feature{{
		Name: "requests", Observed: n, Expected: usual, Unit: "requests/min", Weight: 1, Text: f.Summary,
	}}
	return f
}

// observed begins a summary.
func (d *watch) observed(x *detectors.Context, n float64) string {
	if elapsed := (x.Now - x.WindowStart) / 1e9; elapsed < int64(x.Window.Seconds()) {
		return fmt.Sprintf("%s requests in the first %d seconds of this minute", number(n), elapsed+1)
	}
	return number(n) + " requests in this minute"
}

// usually says what is usual.
func usually(v *score.Verdict) string {
	return fmt.Sprintf("usual is %s (between %s and %s)", number(v.Expected), number(v.Low), number(v.High))
}

// callers says how many were on the other side.
func (d *watch) callers(w *counts) string {
	other := "principals"
	if d.kind == schemas.EntityPrincipal {
		other = "addresses"
	}
	n := distinct(w.callers)
	if n > 80 {
		return fmt.Sprintf("They came from more than 80 %s.", other)
	}
	if n < 1.5 {
		return fmt.Sprintf("They came from one of the %s.", other)
	}
	return fmt.Sprintf("They came from about %.0f %s.", n, other)
}

// confidence grows with how far a count is beyond its bound: a half at the
// bound, 0.9 at ten times that.
func confidence(beyond float64) float64 {
	return min(0.99, 0.5+0.4*math.Log10(max(beyond, 1)))
}

// shiftFinding tells of a level that changed and stayed.
func (d *watch) shiftFinding(w *counts, v *score.Verdict, side int) *schemas.Finding {
	n, way := float64(w.requests), "risen"
	if side < 0 {
		way = "fallen"
	}
	f := &schemas.Finding{
		Detector: "rate.shift", Severity: schemas.SeverityLow, Confidence: 0.6, Events: int64(w.requests),
		Title: fmt.Sprintf("Requests have %s to %s a minute and stayed there", way, number(n)),
		Summary: fmt.Sprintf("%s requests in this minute and as many in the 20 before; %s. From now on this is taken as usual.",
			number(n), usually(v)),
	}
	f.Features = []schemas.Feature{{
		Name: "requests", Observed: n, Expected: v.Expected, Unit: "requests/min", Weight: 1, Text: f.Summary,
	}}
	return f
}

// dropFinding tells of traffic that has ended.
func (d *watch) dropFinding(w *counts, v *score.Verdict, minutes int) *schemas.Finding {
	n := float64(w.requests)
	f := &schemas.Finding{
		Detector: "rate.drop", Severity: schemas.SeverityMedium, Confidence: 0.8, Events: int64(w.requests),
		Title: fmt.Sprintf("Requests have ended: %s in this minute", number(n)),
		Summary: fmt.Sprintf("%s requests in this minute, the last of %d such; %s. Either the traffic ended or its log did.",
			number(n), minutes, usually(v)),
		Techniques: silenced,
	}
	if d.kind != schemas.EntityRoute {
		f.Severity = schemas.SeverityLow
	}
	f.Features = []schemas.Feature{{
		Name: "requests", Observed: n, Expected: v.Expected, Unit: "requests/min", Weight: 1, Text: f.Summary,
	}}
	return f
}

// shareFinding tells of a surge of 429 or 5xx answers.
func (d *watch) shareFinding(x *detectors.Context, w *counts, rule string, count uint32, usual float32) *schemas.Finding {
	n, k, status, name := float64(w.requests), float64(count), "429 (too many requests)", "throttled_share"
	if rule == "errors" {
		status, name = "5xx (server error)", "error_share"
	}
	f := &schemas.Finding{
		Detector: "rate." + rule, Severity: schemas.SeverityMedium, Events: int64(count),
		Confidence: min(0.95, 0.6+0.4*k/n),
		Title:      fmt.Sprintf("%.0f %% of the requests were answered %s", 100*k/n, status),
		Summary: fmt.Sprintf("%s of %s requests in this minute were answered %s; usual is %.1f %%.",
			number(k), number(n), status, 100*float64(usual)),
	}
	if d.kind == schemas.EntityRoute {
		f.Summary += fmt.Sprintf(" About %.0f different callers met them.", distinct(w.troubled))
	} else {
		f.Severity = schemas.SeverityLow
	}
	f.Features = []schemas.Feature{
		{Name: name, Observed: k / n, Expected: float64(usual), Unit: "share", Weight: 0.7, Text: f.Title + "."},
		{Name: rule, Observed: k, Expected: float64(usual) * n, Unit: "requests/min", Weight: 0.3, Text: f.Summary},
	}
	return f
}

// crowdFinding tells that many entities meet a rule in the same window.
func (d *watch) crowdFinding(c *Cohort, r int) *schemas.Finding {
	hit, able := float64(c.hit[r]), float64(c.able[r])
	what := [rules]string{"have a request spike", "have fallen silent", "are answered 429", "are answered 5xx"}[r]
	name := [rules]string{"rate.spike", "rate.drop", "rate.throttled", "rate.errors"}[r]
	kinds := map[schemas.EntityKind]string{
		schemas.EntityPrincipal: "principals", schemas.EntityAddress: "addresses", schemas.EntityRoute: "routes",
	}[d.kind]
	f := &schemas.Finding{
		Detector: name, Severity: schemas.SeverityHigh, Confidence: 0.9, Events: int64(c.requests),
		Title: fmt.Sprintf("%s %s %s at the same time", number(hit), kinds, what),
		Summary: fmt.Sprintf("%s of the %s %s that could %s in this minute; usual is none. No finding is made for each of them.",
			number(hit), number(max(able, hit)), kinds, what),
	}
	if r == drop {
		f.Techniques = silenced
		f.Summary += " Either the traffic ended or its log did."
	}
	f.Features = []schemas.Feature{{
		Name: kinds, Observed: hit, Expected: 0, Unit: kinds, Weight: 1, Text: f.Summary,
	}}
	return f
}

// number writes a count as people read it: "12,400"; below 10 with a decimal
// if it has one.
func number(v float64) string {
	if v < 10 && v != math.Round(v) {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	digits := strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
