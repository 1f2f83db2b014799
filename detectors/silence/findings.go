package silence

import (
	"fmt"
	"strings"

	"github.com/gatehound/gatehound/detectors/score"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// routeFinding tells that the steady traffic of a route has ended.
func (d *minutes) routeFinding(w *minute, v *score.Verdict, lasted int) *schemas.Finding {
	n := float64(w.requests)
	requests, last := words.Count(n, "request"), ""
	if lasted > 1 {
		last = fmt.Sprintf(", the last of %d such minutes", lasted)
	}
	return &schemas.Finding{
		Detector: "silence.route", Severity: schemas.SeverityMedium, Confidence: 0.8, Events: max(int64(w.requests), 1),
		Title: fmt.Sprintf("Silence: %s in this minute on one route", requests),
		Summary: fmt.Sprintf("One route got %s in this minute%s. For it, %s; either the traffic ended or its log did.",
			requests, last, usually(v)),
		Features: []schemas.Feature{{
			Name: "requests", Observed: n, Expected: v.Expected, Unit: "requests/min", Weight: 1,
			Text: fmt.Sprintf("%s in this minute; %s.", capital(requests), usually(v)),
		}},
	}
}

// usually says what is usual in a minute.
func usually(v *score.Verdict) string {
	if v.Low < 0.5 {
		return fmt.Sprintf("usual is %s a minute, at most %s", words.Number(v.Expected), words.Number(v.High))
	}
	return fmt.Sprintf("usual is %s a minute (between %s and %s)", words.Number(v.Expected), words.Number(v.Low), words.Number(v.High))
}

// everywhereFinding tells that the routes have ended together.
func (d *minutes) everywhereFinding(c *Together) *schemas.Finding {
	n, ended := float64(c.requests), float64(c.ended)
	f := &schemas.Finding{
		Detector: "silence.everywhere", Severity: schemas.SeverityHigh, Confidence: 0.9, Events: max(int64(c.requests), 1),
	}
	usual := c.usual
	if n > d.config.Share*usual {
		usual = c.expected
	}
	if n <= d.config.Share*usual || ended < crowdLeast {
		requests := words.Count(n, "request")
		f.Title = fmt.Sprintf("Silence everywhere: %s in this minute", requests)
		f.Summary = fmt.Sprintf("There were %s in this minute, on all routes together. Usual is %s a minute; either the traffic ended or its log did.",
			requests, words.Number(usual))
		f.Features = []schemas.Feature{{Name: "requests", Observed: n, Expected: usual, Unit: "requests/min", Weight: 1,
			Text: fmt.Sprintf("%s in this minute; usual is %s.", capital(requests), words.Number(usual))}}
		return f
	}
	who := words.Count(ended, "route")
	f.Title = fmt.Sprintf("Silence on many routes: %s ended in the same minute", who)
	f.Summary = fmt.Sprintf("In this minute %s had no traffic any more, of %s with enough to tell. Usually none ends; either the traffic did or its log did.",
		who, words.Number(max(float64(c.able), ended)))
	f.Features = []schemas.Feature{{Name: "routes", Observed: ended, Expected: 0, Unit: "routes", Weight: 1,
		Text: fmt.Sprintf("%s ended in the same minute; usually none does.", capital(who))}}
	return f
}

// capital writes the first letter large.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
