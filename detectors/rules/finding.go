package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors/rules/internal/correlate"
	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// emit makes the finding of a rule, or with a hit of a correlation.
func (m *Monitor) emit(r *rule, who schemas.Entity, at int64, hit *correlate.Hit, sample string, ev *schemas.Event) {
	f := m.finding(r, who, at)
	if ev != nil {
		f.Tenant, f.Provider, f.Model = strings.Clone(ev.Tenant), strings.Clone(ev.Provider), strings.Clone(ev.Model)
	}
	if sample != "" {
		f.Samples = []string{sample}
	}
	if hit != nil {
		f.Events = max(1, hit.Events)
		f.Query = evidence(m.settings.Table, who, hit.Start, hit.End+1)
		describeHit(&f, r, hit)
	} else {
		f.Events = 1
		describeMatch(&f, r, m.held(r, ev))
	}
	m.send(f, ev)
}

// finding returns a finding without words, in the window of Config.Repeat that
// the time is in.
func (m *Monitor) finding(r *rule, who schemas.Entity, at int64) schemas.Finding {
	repeat := int64(m.settings.Config.Repeat)
	start := at - at%repeat
	f := schemas.Finding{
		Detector: r.detector, Entity: who, Severity: r.severity, Confidence: r.confidence, Techniques: r.techniques,
		WindowStart: time.Unix(0, start).UTC(), WindowEnd: time.Unix(0, start+repeat).UTC(), Detected: time.Unix(0, at).UTC(),
		Query: evidence(m.settings.Table, who, start, start+repeat),
	}
	f.ID = schemas.FindingID(f.Detector, f.Entity, f.WindowStart)
	return f
}

func (m *Monitor) send(f schemas.Finding, ev *schemas.Event) {
	if m.settings.Exception != nil {
		f.Exception = m.settings.Exception(&f, ev)
	}
	m.metrics.findings.Inc()
	m.findings = append(m.findings, f)
}

// The bounds of a finding's words, in bytes.
const (
	titleRoom   = 60
	textRoom    = 240
	featureRoom = 100
	maxFeatures = 8
)

// held returns the fields and values of a rule that held for an event.
func (m *Monitor) held(r *rule, ev *schemas.Event) []schemas.Feature {
	var out []schemas.Feature
	m.set.scratch.Held(ev, r.number, func(item *sigma.Item, shown string) {
		name, how, _ := strings.Cut(item.Name, "|")
		f := schemas.Feature{Name: featureName(item.Name), Observed: 1, Unit: "events",
			Text: fmt.Sprintf("%s: the rule looks for %s%s", cmp.Or(shorten(name, 60), "keywords"), sought(how), quoted(shown))}
		if len(out) < maxFeatures && !slices.ContainsFunc(out, func(o schemas.Feature) bool { return o.Name == f.Name }) {
			out = append(out, f)
		}
	})
	if len(out) == 0 {
		out = []schemas.Feature{{Name: "rule", Observed: 1, Unit: "events", Text: "the event has nothing that the rule leaves out"}}
	}
	for i := range out {
		out[i].Weight = 1 / float64(len(out))
	}
	return out
}

// sought says in words how a value is compared.
func sought(modifiers string) string {
	in := map[string]string{"contains": "what contains", "startswith": "what begins with", "endswith": "what ends with", "re": "what matches", "cidr": "what is in",
		"lt": "less than", "lte": "at most", "gt": "more than", "gte": "at least", "exists": "whether it is there:", "fieldref": "the same as in", "cased": "in this case:"}
	var out []string
	for m := range strings.SplitSeq(modifiers, "|") {
		if w := in[m]; w != "" {
			out = append(out, w+" ")
		}
	}
	return strings.Join(out, "")
}

func quoted(s string) string { return "\"" + shorten(s, featureRoom) + "\"" }

// featureName makes a stable identifier of a field's name.
func featureName(name string) string {
	name = strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		}
		return '_'
	}, name)
	return cmp.Or(shorten(strings.Trim(name, "_"), 60), "keywords")
}

// shorten cuts a text that is too long, between characters.
func shorten(s string, room int) string {
	if len(s) <= room {
		return s
	}
	cut := room - len("…")
	for cut > 0 && s[cut]&0xc0 == 0x80 {
		cut--
	}
	return strings.TrimRight(s[:cut], " ") + "…"
}

// sentence makes one sentence of the first one of a text.
func sentence(s string) string {
	s, _, _ = strings.Cut(s, ". ")
	s = strings.TrimRight(shorten(s, textRoom), ". ")
	if s == "" {
		return ""
	}
	return s + "."
}

// describe puts the words around what was found.
func describe(f *schemas.Finding, r *rule, figure, happened string) {
	f.Title = shorten(strings.TrimRight(r.Title, ". "), titleRoom) + ": " + figure
	f.Summary = happened + " " + cmp.Or(sentence(r.Description), "The rule expects that nobody does that.")
	if len(r.FalsePositives) > 0 && !strings.EqualFold(r.FalsePositives[0], "unknown") {
		known := strings.ReplaceAll(strings.Join(r.FalsePositives[:min(3, len(r.FalsePositives))], "; "), ". ", ", ")
		f.Summary += " Known to be harmless: " + sentence(known)
	}
}

func describeMatch(f *schemas.Finding, r *rule, held []schemas.Feature) {
	f.Features = held
	var fields []string
	for i := range held {
		name, _, told := strings.Cut(held[i].Text, ": ")
		if told && len(fields) < 4 && !slices.Contains(fields, name) {
			fields = append(fields, name)
		}
	}
	by := ""
	if len(fields) > 0 {
		by = " by its " + words.List(fields...)
	}
	describe(f, r, "1 event", fmt.Sprintf("A request matches the rule \"%s\"%s.", ruleName(r), by))
}

func ruleName(r *rule) string {
	return strings.ReplaceAll(shorten(strings.TrimRight(r.Title, ". "), 120), ". ", ", ")
}

// describeHit says what a correlation counted.
func describeHit(f *schemas.Finding, r *rule, hit *correlate.Hit) {
	c := r.Correlation
	span := words.Duration(c.Timespan)
	observed, noun, unit := hit.Figure, "event", "events"
	switch c.Type {
	case sigma.ValueCount:
		noun, unit = "value", "values"
	case sigma.Temporal, sigma.TemporalOrdered:
		noun, unit = "rule", "rules"
	case sigma.ValueSum, sigma.ValueAvg, sigma.ValueMin, sigma.ValueMax:
		noun, unit = "", ""
	default:
	}
	figure := words.Number(observed)
	if noun != "" {
		figure = words.Count(observed, noun)
	}
	what := map[sigma.CorrelationType]string{
		sigma.EventCount: "that match", sigma.ValueCount: "of one field", sigma.ValueSum: "in sum", sigma.ValueAvg: "on average",
		sigma.ValueMin: "at least", sigma.ValueMax: "at most", sigma.Temporal: "held together", sigma.TemporalOrdered: "held in order",
	}[c.Type]
	expected, bound := 0.0, "all of its rules"
	if len(c.Bounds) > 0 {
		expected, bound = c.Bounds[0].Number, bounds(c.Bounds)
	} else if c.Expr == nil {
		expected = float64(len(c.Rules))
	}
	by := "all events together"
	if len(c.GroupBy) > 0 {
		names := make([]string, len(c.GroupBy))
		for i := range c.GroupBy {
			names[i] = shorten(c.GroupBy[i].Name, 40)
		}
		by = "one " + words.List(names...)
	}
	f.Features = []schemas.Feature{{Name: string(c.Type), Observed: observed, Expected: expected, Unit: unit, Weight: 1,
		Text: fmt.Sprintf("%s %s within %s; the rule waits for %s", figure, what, span, bound)}}
	describe(f, r, figure+" in "+span, fmt.Sprintf("The rule \"%s\" counted %s %s within %s for %s.", ruleName(r), figure, what, span, by))
}

// bounds says what a figure is held against.
func bounds(all []sigma.Bound) string {
	var out []string
	for _, b := range all {
		how := [...]string{"exactly", "less than", "at most", "more than", "at least"}[b.Cmp]
		if b.Not {
			how = "other than"
		}
		out = append(out, how+" "+words.Number(b.Number))
	}
	return words.List(out...)
}

// tooLong is the rule that tells of events that were not looked at whole.
var tooLong = &rule{
	Rule:     &sigma.Rule{Title: "Request too long to look at", Description: "It is full of what regular expressions wait for, which hides the rest or slows down who reads the log"},
	detector: "rules.overlong", severity: schemas.SeverityMedium, confidence: 0.6,
	techniques: []schemas.Technique{{Framework: "MITRE ATT&CK", ID: "T1562", Name: "Impair Defenses"}},
}

// overlong tells who sent an event that the regular expressions of the rules were
// not all held against, so that nobody hides behind that.
func (m *Monitor) overlong(ev *schemas.Event) {
	who := m.caller(ev)
	if !m.told.pass(m, tooLong, m.key.Words(uint64(who.kind), who.key), ev.Time) {
		return
	}
	f := m.finding(tooLong, who.entity(ev), ev.Time)
	f.Tenant, f.Events = strings.Clone(ev.Tenant), 1
	if id := sample(ev); id != "" {
		f.Samples = []string{id}
	}
	f.Features = []schemas.Feature{{Name: "cut_requests", Observed: 1, Unit: "requests", Weight: 1,
		Text: "a request for which the regular expressions of the rules would have taken too long; none is expected"}}
	describe(&f, tooLong, "1 request", "A request has so much that the regular expressions of the rules wait for that not all of them were held against it.")
	m.send(f, ev)
}

func describeCrowd(f *schemas.Finding, r *rule, limit int64, repeat time.Duration) {
	n := words.Number(float64(limit))
	f.Features = []schemas.Feature{{Name: "entities", Observed: float64(limit + 1), Expected: float64(limit), Unit: "entities", Weight: 1,
		Text: fmt.Sprintf("more than %s callers or groups within %s; further ones are not told one by one", n, words.Duration(repeat))}}
	describe(f, r, "more than "+n+" found", fmt.Sprintf("The rule \"%s\" found more than %s callers or groups within %s; the others are not told one by one.", ruleName(r), n, words.Duration(repeat)))
}
