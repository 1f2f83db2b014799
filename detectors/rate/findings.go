package rate

import (
	"fmt"
	"math"
	"strings"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/score"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// techniques are what floods of an AI API are called by the catalogues.
var techniques = []schemas.Technique{
	{Framework: "MITRE ATLAS", ID: "AML.T0029", Name: "Denial of AI Service"},
	{Framework: "MITRE ATLAS", ID: "AML.T0034", Name: "Cost Harvesting"},
	{Framework: "OWASP LLM 2025", ID: "LLM10:2025", Name: "Unbounded Consumption"},
	{Framework: "OWASP API 2023", ID: "API4:2023", Name: "Unrestricted Resource Consumption"},
}

// spikeFinding tells of a spike; p999 is 0 if the minute is not over.
func (d *watch) spikeFinding(x *detectors.Context, w *counts, v *score.Verdict, p999 float64) *schemas.Finding {
	n, when := float64(w.requests), "a minute"
	if elapsed := (x.Now - x.WindowStart) / 1e9; elapsed < int64(x.Window.Seconds()) {
		when = words.Count(float64(elapsed+1), "second")
	}
	f := &schemas.Finding{Detector: "rate.spike", Severity: schemas.SeverityMedium, Events: int64(w.requests)}
	requests, expected, usual := words.Count(n, "request"), v.Expected, usually(v)
	if v.Values >= minHistory {
		f.Title = fmt.Sprintf("Spike: %s in %s %s", requests, when, d.place())
		f.Summary = fmt.Sprintf("%s %s in %s, %s. For it, %s.", d.had(), requests, when, d.callers(d.preposition(), w.callers), usual)
		f.Confidence = confidence(n / max(d.limits.Factor*v.High, d.floor(v)))
	} else {
		expected, usual = p999, fmt.Sprintf("999 of 1,000 stay below %s a minute", words.Number(p999))
		if p999 <= 0 {
			expected, usual = d.limits.Burst, fmt.Sprintf("any that is new may make up to %s a minute", words.Number(d.limits.Burst))
		}
		f.Title = fmt.Sprintf("Flood: %s in %s by a new %s", requests, when, d.kind)
		f.Summary = fmt.Sprintf("%s %s in %s, %s, and has hardly a past to compare with. Of its peers, %s.", d.had(), requests, when, d.callers(d.preposition(), w.callers), usual)
		f.Confidence = confidence(n / max(d.config.ColdFactor*p999, 2*d.limits.Floor))
	}
	if f.Confidence >= 0.9 {
		f.Severity = schemas.SeverityHigh
	}
	if w.throttled > 0 {
		f.Summary += fmt.Sprintf(" Of these, %s answered 429.", were(float64(w.throttled)))
	}
	f.Features = []schemas.Feature{{
		Name: "requests", Observed: n, Expected: expected, Unit: "requests/min", Weight: 1,
		Text: fmt.Sprintf("%s in %s; %s.", requests, when, usual),
	}}
	return f
}

// place says where requests are counted.
func (d *watch) place() string {
	if d.kind == schemas.EntityRoute {
		return "on one route"
	}
	return "from one " + d.kind.String()
}

// had says what an entity did or met.
func (d *watch) had() string {
	if d.kind == schemas.EntityRoute {
		return "One route got"
	}
	return "One " + d.kind.String() + " made"
}

// were writes "1 was", "30 were".
func were(n float64) string {
	if n == 1 {
		return "1 was"
	}
	return words.Number(n) + " were"
}

// usually says what is usual in a minute.
func usually(v *score.Verdict) string {
	switch {
	case v.Expected < 0.5:
		return fmt.Sprintf("usual is less than 1 a minute, at most %s", words.Number(max(v.High, 1)))
	case v.Low < 0.5:
		return fmt.Sprintf("usual is %s a minute, at most %s", words.Number(v.Expected), words.Number(v.High))
	}
	return fmt.Sprintf("usual is %s a minute (between %s and %s)", words.Number(v.Expected), words.Number(v.Low), words.Number(v.High))
}

// callers says how many were on the other side, by their bitmap.
func (d *watch) callers(of string, bitmap uint32) string {
	noun := "caller"
	if d.kind == schemas.EntityPrincipal {
		noun = "address"
	}
	switch n := sketch.Distinct32(bitmap); {
	case n > 80:
		return of + " more than " + words.Count(80, noun)
	case n < 1.5:
		return of + " one " + noun
	default:
		return of + " about " + words.Count(n, noun)
	}
}

// preposition is the word before the callers of an entity's requests.
func (d *watch) preposition() string {
	switch d.kind {
	case schemas.EntityPrincipal:
		return "from"
	case schemas.EntityAddress:
		return "as"
	}
	return "by"
}

// confidence grows with how far a count is beyond its bound: a half at the
// bound, 0.9 at ten times that.
func confidence(beyond float64) float64 {
	return min(0.99, 0.5+0.4*math.Log10(max(beyond, 1)))
}

// shiftFinding tells of a level that changed and stayed.
func (d *watch) shiftFinding(w *counts, v *score.Verdict, side int) *schemas.Finding {
	n, way := float64(w.requests), "rise"
	if side < 0 {
		way = "fall"
	}
	requests := words.Count(n, "request")
	return &schemas.Finding{
		Detector: "rate.shift", Severity: schemas.SeverityLow, Confidence: 0.6, Events: int64(w.requests),
		Title: fmt.Sprintf("Lasting %s: %s a minute %s", way, requests, d.place()),
		Summary: fmt.Sprintf("%s %s in this minute and about as many in each of the 20 before. Until then, %s; from now on the new level is usual.",
			d.had(), requests, usually(v)),
		Features: []schemas.Feature{{
			Name: "requests", Observed: n, Expected: v.Expected, Unit: "requests/min", Weight: 1,
			Text: fmt.Sprintf("%s in this minute; until then, %s.", requests, usually(v)),
		}},
	}
}

// rampFinding tells of a level that crept up.
func (d *watch) rampFinding(w *counts, v *score.Verdict) *schemas.Finding {
	n := float64(w.requests)
	was := v.Expected / v.Ramp
	return &schemas.Finding{
		Detector: "rate.shift", Severity: schemas.SeverityLow, Confidence: 0.6, Events: int64(w.requests),
		Title: fmt.Sprintf("Slow rise: %s times what was usual %s", words.Number(v.Ramp), d.place()),
		Summary: fmt.Sprintf("%s %s in this minute, and the average of a day has come to %s times the long-term level, by steps too small to be told. Honest growth stays below a tenth a day; from now on the new level is usual.",
			d.had(), words.Count(n, "request"), words.Number(v.Ramp)),
		Features: []schemas.Feature{{
			Name: "level", Observed: v.Expected, Expected: was, Unit: "requests/min", Weight: 1,
			Text: fmt.Sprintf("The level is about %s a minute now; at the old pace it would be about %s.", words.Number(v.Expected), words.Number(was)),
		}},
	}
}

// shareFinding tells of a surge of 429 or 5xx answers.
func (d *watch) shareFinding(w *counts, rule string, count uint32, usual float32) *schemas.Finding {
	n, k := float64(w.requests), float64(count)
	head, status, name, floor := "Throttling", "429 (too many requests)", "throttled_share", d.limits.ThrottledFloor
	if rule == "errors" {
		head, status, name, floor = "Errors", "5xx (server error)", "error_share", d.limits.ErrorsFloor
	}
	share, normal := words.Percent(k/n), "usual is "+words.Percent(float64(usual))
	f := &schemas.Finding{
		Detector: "rate." + rule, Severity: schemas.SeverityMedium, Events: int64(count),
		Confidence: min(0.95, 0.6+0.4*k/n),
		Title:      fmt.Sprintf("%s: %s of %s in a minute answered %.3s", head, share, words.Count(n, "request"), status),
		Summary: fmt.Sprintf("Of the %s of one %s in this minute, %s answered %s, %s. For it, %s.",
			words.Count(n, "request"), d.kind, were(k), status, d.callers("sent to", w.troubled), normal),
	}
	if d.kind != schemas.EntityRoute {
		f.Severity = schemas.SeverityLow
	}
	f.Features = []schemas.Feature{
		{Name: name, Observed: k / n, Expected: float64(usual), Unit: "share", Weight: 0.7,
			Text: fmt.Sprintf("%s of the requests were answered %s; %s.", capital(share), status, normal)},
		{Name: rule, Observed: k, Expected: floor, Unit: "requests/min", Weight: 0.3,
			Text: fmt.Sprintf("%s answered so in this minute; fewer than %s are no surge.", capital(were(k)), words.Number(floor))},
	}
	return f
}

// capital writes the first letter large.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// crowdFinding tells that many entities meet a rule in the same window.
func (d *watch) crowdFinding(c *Cohort, r int) *schemas.Finding {
	hit, able := float64(c.hit[r]), float64(c.able[r])
	did := [rules]string{"spiked", "met a surge of 429 (too many requests)", "met a surge of 5xx (server errors)"}[r]
	name := [rules]string{"rate.spike", "rate.throttled", "rate.errors"}[r]
	kinds := strings.TrimPrefix(words.Count(2, d.kind.String()), "2 ")
	who := words.Count(hit, d.kind.String())
	f := &schemas.Finding{
		Detector: name, Severity: schemas.SeverityHigh, Confidence: 0.9, Events: int64(c.requests),
		Title: fmt.Sprintf("All together: %s %s in the same minute", who, did),
		Summary: fmt.Sprintf("In this minute %s %s, of %s with enough traffic to tell. Usually none does; none of them is reported by itself.",
			who, did, words.Number(max(able, hit))),
		Features: []schemas.Feature{{
			Name: kinds, Observed: hit, Expected: 0, Unit: kinds, Weight: 1,
			Text: fmt.Sprintf("%s %s in the same minute; usually none does.", who, did),
		}},
	}
	return f
}
