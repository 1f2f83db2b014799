package errors

import (
	"fmt"
	"math"
	"strings"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// report emits what a group's judgement says.
func (d *watch) report(x *detectors.Context, s *state, w *counts, j *judgement, g int) {
	switch g {
	case failures:
		x.Emit(d.failureFinding(s, w, j))
	case quota:
		x.Emit(d.quotaFinding(s, w, j))
	case latency:
		x.Emit(d.latencyFinding(s, w, j))
	}
}

// most returns what makes six in ten failures, and server if nothing does.
func most(s *shares) cause {
	k := s.of(failures)
	for _, c := range []cause{timeout, upstream} {
		if s.Failed[c] >= 0.6*k {
			return c
		}
	}
	return server
}

// at says where a window's figures are from.
func (d *watch) at() string {
	if d.kind == schemas.EntityModel {
		return "of one model"
	}
	return "of one route"
}

// span says which time the figures of a group are from.
func (j *judgement) span(g int) string {
	if j.slow[g] {
		return "the last minutes"
	}
	return "a minute"
}

// who says whose requests are counted.
func (d *watch) who(j *judgement, g int) string {
	if g == failures && j.model {
		return "to one model on one route"
	}
	return d.at()
}

// capital writes the first letter large.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// usually says what share is usual.
func usually(share float32) string {
	if share < 0.0005 {
		return "usually hardly any does"
	}
	return "usually " + words.Percent(float64(share)) + " do"
}

// part tells that only some of the models (of a route) failed, if they are known.
func (d *watch) part(w *counts) string {
	if d.kind == schemas.EntityRoute && w.Nameless == 0 && w.Broken != 0 && w.Well&^w.Broken != 0 {
		return " Other models on the same route answered, so it may be the model's rather than the route's."
	}
	return ""
}

// features are the share and the count of a group.
func (d *watch) features(j *judgement, g int, usual float32, did string) []schemas.Feature {
	k, n := float64(j.counts[g].of(g)), float64(j.counts[g].Total)
	return []schemas.Feature{
		{Name: "share", Observed: k / n, Expected: float64(usual), Unit: "share", Weight: 0.6,
			Text: fmt.Sprintf("%s of the answers in %s %s; %s.", capital(words.Percent(k/n)), j.span(g), did, usually(usual))},
		{Name: "callers", Observed: j.callers[g], Expected: float64(d.c.Callers), Unit: "callers", Weight: 0.4,
			Text: fmt.Sprintf("%s met it; what fewer than %d meet is theirs.", capital(words.Count(j.callers[g], "caller")), d.c.Callers)},
	}
}

// severityOf is medium, or high if nearly everything fails with many requests.
func severityOf(k, n, floor float64) schemas.Severity {
	if k >= 0.9*n && k >= 20*floor {
		return schemas.SeverityHigh
	}
	return schemas.SeverityMedium
}

// failureFinding tells of 5xx and timeouts.
func (d *watch) failureFinding(s *state, w *counts, j *judgement) *schemas.Finding {
	c := &j.counts[failures]
	k, n := math.Round(float64(c.of(failures))), math.Round(float64(c.Total))
	head, did, rule, likely := "Errors", "failed (5xx)", "rate", ""
	switch most(c) {
	case timeout:
		head, did, rule, likely = "Timeouts", "timed out", "timeouts", " Nobody answered them in time."
	case upstream:
		head, did, rule, likely = "Upstream failure", "failed upstream", "upstream", " They failed behind the gateway, not in it."
	}
	if p := d.part(w); p != "" {
		likely = p
	}
	return &schemas.Finding{
		Detector: "errors." + rule, Severity: severityOf(k, n, d.c.Floor), Confidence: min(0.95, 0.6+0.4*k/n), Events: int64(w.Total),
		Title: fmt.Sprintf("%s: %s of %s in %s %s", head, words.Percent(k/n), words.Count(n, "request"), j.span(failures), did),
		Summary: fmt.Sprintf("Of %s %s in %s, %s %s, those of about %s among them. Of its requests %s.%s",
			words.Count(n, "request"), d.who(j, failures), j.span(failures), words.Number(k), did, words.Count(j.callers[failures], "caller"), usually(s.Usual[failures]), likely),
		Features: d.features(j, failures, s.Usual[failures], did),
	}
}

// quotaFinding tells of 429, by whom.
func (d *watch) quotaFinding(s *state, w *counts, j *judgement) *schemas.Finding {
	c := &j.counts[quota]
	k, n := math.Round(float64(c.of(quota))), math.Round(float64(c.Total))
	by, severity := "the gateway", schemas.SeverityMedium
	likely := " Callers are above their limits, or the limits changed."
	if c.Failed[provider] > c.Failed[limiter] {
		by, likely = "the provider", " A quota of your own account is used up; somebody may be using up what is meant for all."
	}
	if k < n/2 {
		severity = schemas.SeverityLow
	}
	return &schemas.Finding{
		Detector: "errors.quota", Severity: severity, Confidence: min(0.95, 0.6+0.4*k/n), Events: int64(w.Total),
		Title: fmt.Sprintf("Quota: %s of %s in %s refused with 429 by %s", words.Percent(k/n), words.Count(n, "request"), j.span(quota), by),
		Summary: fmt.Sprintf("Of %s %s in %s, %s answered 429 (too many requests) by %s, to about %s. Of its requests %s.%s",
			words.Count(n, "request"), d.at(), j.span(quota), were(k), by, words.Count(j.callers[quota], "caller"), usually(s.Usual[quota]), likely),
		Features: d.features(j, quota, s.Usual[quota], "were refused with 429"),
	}
}

// were writes "1 was", "30 were".
func were(n float64) string {
	if n == 1 {
		return "1 was"
	}
	return words.Number(n) + " were"
}

// span of time in milliseconds, as people read it.
func millis(ms float64) string {
	switch {
	case ms < 1:
		return "less than 1 ms"
	case ms < 1000:
		return words.Number(ms) + " ms"
	}
	return words.Number(ms/1000) + " s"
}

// latencyFinding tells of answers that take longer.
func (d *watch) latencyFinding(s *state, w *counts, j *judgement) *schemas.Finding {
	typical, e := math.Exp(w.LogTime/float64(w.Timed)), &j.verdict
	usual, unit, was := millis(e.Expected), "an answer", millis(typical)
	observed, expected, scale := j.time, e.Expected, "ms"
	if s.PerToken == 2 {
		usual, unit, was = millis(e.Expected/1000), "a token", millis(j.time/1000)
		observed, expected, scale = j.time/1000, e.Expected/1000, "ms/token"
	}
	n := words.Count(float64(w.Timed), "answer")
	f := &schemas.Finding{
		Detector: "errors.latency", Severity: schemas.SeverityLow, Confidence: 0.7, Events: int64(w.Total),
		Title: fmt.Sprintf("Slow: %s took %s in a minute, usually %s", unit, was, usual),
		Summary: fmt.Sprintf("Of %s %s in a minute, and for the third minute in a row, %s took %s in the middle and the slowest one in twenty %s and more. Usual is %s, and %s for those.",
			n, d.at(), unit, was, millis(j.tail), usual, millis(float64(s.Slowest))),
		Features: []schemas.Feature{
			{Name: "time", Observed: observed, Expected: expected, Unit: scale, Weight: 0.7,
				Text: fmt.Sprintf("%s took %s in the middle; usual is %s.", capital(unit), was, usual)},
			{Name: "slowest", Observed: j.tail, Expected: float64(s.Slowest), Unit: "ms", Weight: 0.3,
				Text: fmt.Sprintf("One answer in twenty took %s or more; usual is %s.", millis(j.tail), millis(float64(s.Slowest)))},
		},
	}
	if observed >= 3*d.c.Slower*expected {
		f.Severity, f.Confidence = schemas.SeverityMedium, 0.8
	}
	return f
}

// crowdFinding tells that most entities meet the same at once.
func (d *watch) crowdFinding(c *cohort, g int) *schemas.Finding {
	hit, able := float64(c.hit[g]), float64(c.able[g])
	did := [groups]string{"failed (5xx or timeouts)", "answered 429 (too many requests)", "answered far more slowly"}[g]
	rule := [groups]string{"errors.rate", "errors.quota", "errors.latency"}[g]
	severity := schemas.SeverityHigh
	if g != failures {
		severity = schemas.SeverityMedium
	}
	who := words.Count(hit, d.kind.String())
	kinds := strings.TrimPrefix(words.Count(2, d.kind.String()), "2 ")
	return &schemas.Finding{
		Detector: rule, Severity: severity, Confidence: 0.9, Events: int64(c.events),
		Title: fmt.Sprintf("All together: %s %s in the same minute", who, did),
		Summary: fmt.Sprintf("In this minute %s %s, of %s with enough traffic to tell. Usually none does; none of them is reported by itself, and the cause is what they share.",
			who, did, words.Number(max(able, hit))),
		Features: []schemas.Feature{{
			Name: kinds, Observed: hit, Expected: 0, Unit: kinds, Weight: 1,
			Text: fmt.Sprintf("%s %s in the same minute; usually none does.", who, did),
		}},
	}
}
