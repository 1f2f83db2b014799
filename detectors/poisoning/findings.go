package poisoning

import (
	"fmt"
	"strings"

	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

var (
	training  = schemas.Technique{Framework: "MITRE ATLAS", ID: "AML.T0020", Name: "Poison Training Data"}
	retrieval = schemas.Technique{Framework: "MITRE ATLAS", ID: "AML.T0070", Name: "RAG Poisoning"}
	datasets  = schemas.Technique{Framework: "MITRE ATLAS", ID: "AML.T0059", Name: "Erode Dataset Integrity"}
	integrity = schemas.Technique{Framework: "MITRE ATLAS", ID: "AML.T0031", Name: "Erode AI Model Integrity"}
	llm04     = schemas.Technique{Framework: "OWASP LLM 2025", ID: "LLM04:2025", Name: "Data and Model Poisoning"}
	llm08     = schemas.Technique{Framework: "OWASP LLM 2025", ID: "LLM08:2025", Name: "Vector and Embedding Weaknesses"}
)

// techniques are what the catalogues call the poisoning of each kind.
var techniques = [kinds][]schemas.Technique{
	nothing:  {training, retrieval, llm04},
	feedback: {integrity, datasets, llm04},
	tuning:   {training, integrity, llm04},
	file:     {training, retrieval, llm04},
	vector:   {retrieval, llm08, llm04},
	batch:    {training, datasets, llm04},
	memory:   {retrieval, llm08, llm04},
}

// bytes writes a size.
func bytes(n float64) string {
	switch {
	case n >= 1<<30:
		return words.Number(n/(1<<30)) + " GiB"
	case n >= 1<<20:
		return words.Number(n/(1<<20)) + " MiB"
	case n >= 1<<10:
		return words.Number(n/(1<<10)) + " KiB"
	}
	return words.Count(max(n, 1), "byte")
}

// finding completes what a rule has to say: own is its feature, then come those
// of the second signs.
func (f *facts) finding(h *hour, rule string, severity schemas.Severity, title, summary, innocent string, own schemas.Feature) *schemas.Finding {
	list := []schemas.Feature{own}
	if f.away {
		list = append(list, schemas.Feature{
			Name: "new_network", Observed: float64(h.strange) / float64(h.writes), Expected: 0.5, Unit: "share of writes",
			Text: share(h.strange, h.writes, "of the writes came from networks that it has not used before."),
		})
	}
	if f.alien {
		list = append(list, schemas.Feature{
			Name: "new_client", Observed: float64(h.alien) / float64(h.writes), Expected: 0.5, Unit: "share of writes",
			Text: share(h.alien, h.writes, "of the writes were made by a kind of client that it has not used before."),
		})
	}
	for i := range list {
		list[i].Weight = 1 / float64(len(list))
	}
	if severity == schemas.SeverityInfo {
		summary += " Most likely innocent explanation: " + innocent + "."
	}
	return &schemas.Finding{
		Detector: "poisoning." + rule, Severity: severity, Confidence: min(0.9, 0.35+0.15*float64(len(list))), Events: int64(h.writes),
		Title: title, Summary: summary, Features: list, Techniques: techniques[f.kind],
	}
}

// share writes a sentence that begins with a share.
func share(part, whole uint16, of string) string {
	s := words.Percent(float64(part)/float64(whole)) + " " + of
	return strings.ToUpper(s[:1]) + s[1:]
}

// written is the feature of a number of writes.
func (f *facts) written(expected float64, text string) schemas.Feature {
	return schemas.Feature{
		Name: "writes", Observed: f.count, Expected: expected, Unit: "writes/h",
		Text: fmt.Sprintf("%s in this hour; %s.", words.Count(f.count, nouns[f.kind]), text),
	}
}

func (d *watch) writerFinding(s *State, h *hour, c *Cohort, f *facts) *schemas.Finding {
	severity := f.grade()
	if severity == schemas.SeverityMedium && f.signs() < 2 {
		// A reader who writes once from elsewhere is at another desk.
		severity = schemas.SeverityInfo
	}
	n := words.Count(f.count, nouns[f.kind])
	own := f.written(0, "it has made none before")
	if f.big {
		own.Text = fmt.Sprintf("%s of up to %s; 99 of 100 others stay below %s.", n, bytes(float64(h.largest[f.kind])), bytes(float64(c.bigger[f.kind])))
	}
	return f.finding(h, "new_writer", severity,
		fmt.Sprintf("New writer: %s by one that only read", n),
		fmt.Sprintf("One principal that was there for %s and more without it made %s. Who only read is not expected to write from elsewhere, by another client, or in bulk.",
			words.Count(float64(d.config.HistoryHours), "hour"), n),
		"a first import of its own documents", own)
}

func (d *watch) tuningFinding(h *hour, f *facts) *schemas.Finding {
	n := words.Count(f.count, nouns[f.kind])
	// It is rare, is told once, and has effects that last.
	return f.finding(h, "new_tuning", max(f.grade(), schemas.SeverityLow),
		fmt.Sprintf("First fine-tuning: %s by one that never did", n),
		fmt.Sprintf("One principal that was there for %s and more created %s. It had created none before, and a tuned model answers for all who use it.",
			words.Count(float64(d.config.HistoryHours), "hour"), n),
		"", f.written(0, "it has created none before"))
}

func (d *watch) burstFinding(s *State, h *hour, c *Cohort, f *facts) *schemas.Finding {
	n, usual, top := words.Count(f.count, nouns[f.kind]), max(float64(s.usual[f.kind]), 1), max(float64(s.top[f.kind]), 1)
	return f.finding(h, "burst", f.grade(),
		fmt.Sprintf("Burst of writes: %s in an hour by one principal", n),
		fmt.Sprintf("One principal made %s in this hour. An hour in which it writes usually has %s, the highest had %s, and up to %s times pass.",
			n, words.Number(usual), words.Number(top), words.Number(d.config.Factor)),
		"an import or a migration", f.written(usual, "usual is "+words.Number(usual)))
}

func (d *watch) sizeFinding(s *State, h *hour, c *Cohort, f *facts) *schemas.Finding {
	size, own, peers := float64(h.largest[f.kind]), float64(s.largest[f.kind]), float64(c.bigger[f.kind])
	return f.finding(h, "oversize", f.grade(),
		fmt.Sprintf("Outsized %s: %s by one principal", nouns[f.kind], bytes(size)),
		fmt.Sprintf("One principal sent a %s of %s. Its largest so far had %s, and 99 of 100 others stay below %s.",
			nouns[f.kind], bytes(size), bytes(own), bytes(peers)),
		"a larger document or data set", schemas.Feature{
			Name: "size", Observed: size, Expected: max(own, peers), Unit: "bytes",
			Text: fmt.Sprintf("%s in one %s; the largest so far had %s.", bytes(size), nouns[f.kind], bytes(own)),
		})
}

func (d *watch) sidedFinding(s *State, h *hour, f *facts, usual float64, own bool) *schemas.Finding {
	severity, of := schemas.SeverityMedium, "Of its ratings"
	if !own {
		severity, of = schemas.SeverityInfo, "Of others' ratings"
	}
	severity = max(severity, f.grade())
	alike := h.alike()
	return f.finding(h, "one_sided", severity,
		fmt.Sprintf("One-sided feedback: %s of one size in an hour", words.Count(float64(h.equal), "rating")),
		fmt.Sprintf("One principal sent %s in this hour, and %s of them have exactly one size, as thumbs of one direction do. %s usually %s have one size.",
			words.Count(f.count, "rating"), words.Percent(alike), of, words.Percent(usual)),
		"a backend that passes on what an application collected", schemas.Feature{
			Name: "same_size", Observed: alike, Expected: usual, Unit: "share of ratings",
			Text: fmt.Sprintf("%s of one size of %s; usual is %s.", words.Count(float64(h.equal), "rating"), words.Number(f.count), words.Percent(usual)),
		})
}

func (d *watch) crowdFinding(g *group) *schemas.Finding {
	n, each := float64(g.members), float64(g.writes)/float64(g.members)
	f := &schemas.Finding{
		Detector: "poisoning.coordinated", Severity: g.severity(), Confidence: 0.6, Events: int64(g.writes), Techniques: techniques[g.kind],
		Title: fmt.Sprintf("In concert: %s of one size by %s", words.Count(float64(g.writes), nouns[g.kind]), words.Count(n, "principal")),
		Summary: fmt.Sprintf("%s made %s of exactly one size in an hour, %s each, %s. Nobody wrote this size before, and independent writers differ in size.",
			words.Count(n, "principal"), words.Count(float64(g.writes), nouns[g.kind]), words.Number(each), novices(g)),
		Features: []schemas.Feature{{
			Name: "principals", Observed: n, Expected: float64(d.config.Accounts), Unit: "principals", Weight: 0.6,
			Text: fmt.Sprintf("%s with one size; fewer than %d are chance.", words.Count(n, "principal"), d.config.Accounts),
		}, {
			Name: "writes_each", Observed: each, Expected: 1, Unit: "writes/principal", Weight: 0.4,
			Text: fmt.Sprintf("%s of one and the same size by each.", words.Number(each)),
		}},
	}
	if f.Severity == schemas.SeverityInfo {
		f.Confidence = 0.4
		f.Summary += " Most likely innocent explanation: a class or a team that hands in the same file."
	}
	return f
}

// novices says how many of a group wrote for the first time.
func novices(g *group) string {
	switch g.novices {
	case 0:
		return "and all had written before"
	case g.members:
		return "and all for the first time"
	}
	return words.Number(float64(g.novices)) + " of them for the first time"
}
