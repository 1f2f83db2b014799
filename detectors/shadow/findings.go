package shadow

import (
	"fmt"

	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// inventory is what the catalogues call endpoints that nobody knows of, probed
// the search for them.
var (
	inventory = []schemas.Technique{
		{Framework: "OWASP API 2023", ID: "API9:2023", Name: "Improper Inventory Management"},
	}
	probed = append([]schemas.Technique{
		{Framework: "MITRE ATT&CK", ID: "T1595", Name: "Active Scanning"},
		{Framework: "MITRE ATT&CK", ID: "T1190", Name: "Exploit Public-Facing Application"},
	}, inventory...)
)

// noun is what the detector watches.
func (d *watch) noun() string {
	if d.kind == schemas.EntityRoute {
		return "endpoint"
	}
	return d.kind.String()
}

// by says who made the successes.
func (w *counts) by() string {
	switch n := sketch.Distinct64(w.callers); {
	case n < 0.5:
		return "by callers without a name"
	case n < 1.5:
		return "by one caller"
	default:
		return "by about " + words.Count(n, "caller")
	}
}

// features weighs the successes and the second signs.
func (w *counts) features(c *Cohort, expected string) []schemas.Feature {
	list := []schemas.Feature{{
		Name: "successes", Observed: float64(w.calls), Expected: 0, Unit: "requests", Weight: 1,
		Text: fmt.Sprintf("%s %s; %s.", words.Count(float64(w.calls), "successful request"), w.by(), expected),
	}}
	if w.exposed(c) {
		list[0].Weight = 0.5
		list = append(list, schemas.Feature{
			Name: "without_credential", Observed: float64(w.open), Expected: 0, Unit: "requests", Weight: 0.5,
			Text: fmt.Sprintf("%s changed something without a credential, where most callers have one.", words.Count(float64(w.open), "request")),
		})
	}
	return list
}

// exposure ends a summary where nobody had to say who they are.
func (w *counts) exposure(c *Cohort, otherwise string) string {
	if w.exposed(c) {
		return fmt.Sprintf(" Of these, %s no credential.", haveHad(float64(w.open)))
	}
	return otherwise
}

func haveHad(n float64) string {
	if n == 1 {
		return "1 had"
	}
	return words.Number(n) + " had"
}

// graded raises low to medium if anybody can do it.
func (w *counts) graded(c *Cohort, f *schemas.Finding) *schemas.Finding {
	f.Events, f.Techniques = int64(w.calls), inventory
	if w.exposed(c) {
		f.Severity, f.Techniques = max(f.Severity, schemas.SeverityMedium), probed
	}
	return f
}

func (d *watch) unlistedFinding(s *State, w *counts, c *Cohort) *schemas.Finding {
	return w.graded(c, &schemas.Finding{
		Detector: "shadow.unlisted", Severity: schemas.SeverityLow, Confidence: 0.8,
		Title: fmt.Sprintf("Unlisted %s answers: %s in 10 minutes", d.noun(), words.Count(float64(w.calls), "successful request")),
		Summary: fmt.Sprintf("%s to one %s that is not in the inventory succeeded %s. What is offered is expected to be listed.%s",
			words.Count(float64(w.calls), "request"), d.noun(), w.by(),
			w.exposure(c, " Most likely innocent explanation: a deployment that the inventory does not have yet.")),
		Features: w.features(c, "what is not listed is expected to have none"),
	})
}

func (d *watch) internalFinding(w *counts, c *Cohort) *schemas.Finding {
	f := &schemas.Finding{
		Detector: "shadow.internal", Severity: schemas.SeverityLow, Confidence: 0.5, Events: int64(w.calls), Techniques: probed,
		Title: fmt.Sprintf("Internal %s reached from outside: %s", d.noun(), words.Count(float64(w.breached), "successful request")),
		Features: []schemas.Feature{{
			Name: "outside", Observed: float64(w.breached), Expected: 0, Unit: "requests", Weight: 1,
			Text: fmt.Sprintf("%s from outside %s; the inventory allows none.", words.Count(float64(w.breached), "successful request"), w.by()),
		}},
	}
	from := "public addresses"
	switch {
	case w.hosted > 0:
		from = "clouds, proxies or Tor"
		f.Severity, f.Confidence = schemas.SeverityHigh, 0.85
	case c.networked:
		from = "addresses that are in none of the own networks"
		f.Severity, f.Confidence = schemas.SeverityHigh, 0.8
	}
	f.Summary = fmt.Sprintf("%s to one %s that the inventory has as internal succeeded from %s. Clients from outside are expected to be refused.",
		words.Count(float64(w.breached), "request"), d.noun(), from)
	if f.Severity == schemas.SeverityLow {
		f.Summary += " The own networks are not configured, so this may be an office behind a public address."
	}
	return f
}

// quiet says for how long something was not used.
func (d *watch) quiet(fresh bool) string {
	if fresh {
		return "was never used since the watch began"
	}
	return fmt.Sprintf("was not used for %s and more", words.Count(float64(d.config.QuietDays), "day"))
}

func (d *watch) deprecatedFinding(s *State, w *counts, c *Cohort, fresh bool) *schemas.Finding {
	return w.graded(c, &schemas.Finding{
		Detector: "shadow.deprecated", Severity: schemas.SeverityLow, Confidence: 0.7,
		Title: fmt.Sprintf("Deprecated %s is back: %s in 10 minutes", d.noun(), words.Count(float64(w.calls), "successful request")),
		Summary: fmt.Sprintf("%s to one %s that the inventory has as deprecated succeeded %s. It %s.%s",
			words.Count(float64(w.calls), "request"), d.noun(), w.by(), d.quiet(fresh),
			w.exposure(c, " Most likely innocent explanation: a monthly job that was not moved.")),
		Features: w.features(c, "what is deprecated and quiet is expected to stay so"),
	})
}

func (d *watch) oldFinding(s *State, w *counts, c *Cohort, m *member, fresh bool) *schemas.Finding {
	return w.graded(c, &schemas.Finding{
		Detector: "shadow.old_version", Severity: schemas.SeverityLow, Confidence: 0.6,
		Title: fmt.Sprintf("Old version answers: %s, while a newer one is in use", words.Count(float64(w.calls), "successful request")),
		Summary: fmt.Sprintf("%s to an old version of an endpoint succeeded %s. It %s, and a newer version of it had %s.%s",
			words.Count(float64(w.calls), "request"), w.by(), d.quiet(fresh), words.Count(float64(m.uses), "successful request"),
			w.exposure(c, "")),
		Features: w.features(c, "the newer version is what is usually used"),
	})
}

func (d *watch) firstFinding(s *State, w *counts, c *Cohort) *schemas.Finding {
	f := w.graded(c, &schemas.Finding{
		Detector: "shadow.first_seen", Severity: schemas.SeverityInfo, Confidence: 0.5,
		Title: fmt.Sprintf("New %s: %s so far", d.noun(), words.Count(float64(s.total), "successful request")),
		Summary: fmt.Sprintf("%s to one %s succeeded, in the last 10 minutes %s. It was not seen before, in %s and more.%s",
			words.Count(float64(s.total), "request"), d.noun(), w.by(), words.Count(float64(d.config.LearningDays), "day"),
			w.exposure(c, " Most likely innocent explanation: a deployment.")),
		Features: w.features(c, "all others are known for longer"),
	})
	f.Severity = min(f.Severity, schemas.SeverityLow)
	return f
}

func (d *watch) crowdFinding(c *Cohort, rule int) *schemas.Finding {
	n := float64(c.news[rule])
	f := &schemas.Finding{
		Detector: "shadow.first_seen", Severity: schemas.SeverityInfo, Confidence: 0.5, Events: int64(n), Techniques: inventory,
		Title: fmt.Sprintf("New %s in 10 minutes, %s today", words.Count(n, d.noun()), words.Number(float64(c.today[rule]))),
		Summary: fmt.Sprintf("%s succeeded that were not seen before, for %s. So many at once are a deployment, or names that nobody can count, and are told together once a day.",
			words.Count(n, d.noun()), by(c.callers)),
	}
	expected := "known ones are expected"
	if rule == unlisted {
		f.Detector, f.Severity, f.Confidence = "shadow.unlisted", schemas.SeverityLow, 0.6
		f.Title = fmt.Sprintf("The inventory misses %s that answer, %s today", words.Count(n, d.noun()), words.Number(float64(c.today[rule])))
		f.Summary = fmt.Sprintf("%s that are not in the inventory succeeded in 10 minutes, for %s. So many at once are a deployment or an old inventory, and are told together once a day.",
			words.Count(n, d.noun()), by(c.callers))
		expected = "listed ones are expected"
	}
	f.Features = []schemas.Feature{{
		Name: "new", Observed: n, Expected: 0, Unit: d.noun() + "s", Weight: 1,
		Text: fmt.Sprintf("%s at once; %s.", words.Count(n, d.noun()), expected),
	}}
	return f
}

// by says how many callers a bitmap has.
func by(callers uint64) string {
	if callers == 0 {
		return "callers without a name"
	}
	return "about " + words.Count(max(sketch.Distinct64(callers), 1), "caller")
}
