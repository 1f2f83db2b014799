package scan

import (
	"fmt"

	"github.com/gatehound/gatehound/detectors/evidence"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// The catalogues' entries that the rules name (MITRE ATT&CK v17, MITRE ATLAS
// 5.6.0, OWASP API Security Top 10 2023).
var (
	probing    = schemas.Technique{Framework: "MITRE ATT&CK", ID: "T1595.002", Name: "Active Scanning: Vulnerability Scanning"}
	wordlist   = schemas.Technique{Framework: "MITRE ATT&CK", ID: "T1595.003", Name: "Active Scanning: Wordlist Scanning"}
	accounts   = schemas.Technique{Framework: "MITRE ATT&CK", ID: "T1087", Name: "Account Discovery"}
	stores     = schemas.Technique{Framework: "MITRE ATT&CK", ID: "T1213", Name: "Data from Information Repositories"}
	disguise   = schemas.Technique{Framework: "MITRE ATT&CK", ID: "T1036", Name: "Masquerading"}
	aiScanning = schemas.Technique{Framework: "MITRE ATLAS", ID: "AML.T0006", Name: "Active Scanning"}
	objectAuth = schemas.Technique{Framework: "OWASP API 2023", ID: "API1:2023", Name: "Broken Object Level Authorization"}
	flows      = schemas.Technique{Framework: "OWASP API 2023", ID: "API6:2023", Name: "Unrestricted Access to Sensitive Business Flows"}
	misconfig  = schemas.Technique{Framework: "OWASP API 2023", ID: "API8:2023", Name: "Security Misconfiguration"}
	inventory  = schemas.Technique{Framework: "OWASP API 2023", ID: "API9:2023", Name: "Improper Inventory Management"}
)

// who names the caller at the beginning of a sentence.
func (d *watch) who() string {
	if d.kind == schemas.EntityPrincipal {
		return "One principal"
	}
	return "One address"
}

// behind lists what a set of kinds stands for.
func behind(set uint16) string {
	var names []string
	for k := secrets; k < kinds && len(names) < 3; k++ {
		if set&(1<<k) != 0 {
			names = append(names, kindNames[k])
		}
	}
	return words.List(names...)
}

// pathsSeverity is that of refused paths: whoever has a key and asks for secrets
// is no passing scanner.
func (d *watch) pathsSeverity(s *state) schemas.Severity {
	if d.kind == schemas.EntityPrincipal && s.Sensitive.Count() >= float64(d.c.Sensitive) {
		return schemas.SeverityMedium
	}
	return schemas.SeverityLow
}

// servedSeverity is that of a sensitive path that was answered.
func servedSeverity(k kind) schemas.Severity {
	if k.grave() {
		return schemas.SeverityHigh
	}
	return schemas.SeverityMedium
}

// modelsSeverity is that of n refused models.
func (d *watch) modelsSeverity(n float64) schemas.Severity {
	if n >= manyModels*float64(d.c.Models) {
		return schemas.SeverityMedium
	}
	return schemas.SeverityLow
}

// pathsFinding tells of refused paths; all tells that they are many, otherwise
// it is about the sensitive ones.
func (d *watch) pathsFinding(s *state, w *window, all bool) *schemas.Finding {
	n, bad := s.Paths.count(), s.Sensitive.Count()
	took := words.Duration(s.Paths.Run.lasted())
	f := &schemas.Finding{Severity: d.pathsSeverity(s), Events: int64(w.Refused)}
	if !all {
		f.Detector, f.Techniques = "scan.sensitive", []schemas.Technique{probing, aiScanning, misconfig}
		f.Confidence = evidence.Confidence(bad, float64(d.c.Sensitive), 0.8, 0.99)
		f.Title = fmt.Sprintf("Scan: %s refused in %s", words.Count(bad, "sensitive path"), took)
		f.Summary = fmt.Sprintf("%s asked for %s that no client needs (%s) in %s, and got none of them. Up to %d pass as mistakes.",
			d.who(), words.Count(bad, "path"), behind(s.Kinds), took, d.c.Sensitive-1)
	} else {
		f.Detector, f.Techniques = "scan.paths", []schemas.Technique{wordlist, aiScanning, inventory}
		f.Confidence = evidence.Confidence(n, float64(d.c.Paths), 0.8, 0.99)
		f.Title = fmt.Sprintf("Path enumeration: %s refused in %s", words.Count(n, "different path"), took)
		among := ""
		if bad > 0 {
			among = fmt.Sprintf(", %s of them sensitive (%s)", words.Number(bad), behind(s.Kinds))
		}
		f.Summary = fmt.Sprintf("%s asked for %s in %s and was refused%s. Up to %d pass as mistakes of programs and links that are out of date.",
			d.who(), words.Count(n, "different path"), took, among, d.c.Paths-1)
	}
	f.Features = evidence.Beyond(
		schemas.Feature{Name: "distinct_refused_paths", Observed: n, Expected: float64(d.c.Paths), Unit: "paths", Weight: 0.6,
			Text: fmt.Sprintf("%s refused; fewer than %d are mistakes.", words.Count(n, "different path"), d.c.Paths)},
		schemas.Feature{Name: "distinct_sensitive_paths", Observed: bad, Expected: float64(d.c.Sensitive), Unit: "paths", Weight: 0.4,
			Text: fmt.Sprintf("%s refused; fewer than %d are chance.", words.Count(bad, "sensitive path"), d.c.Sensitive)},
	)
	return f
}

// servedFinding tells that something sensitive was answered where n others were
// refused, to this caller or to all.
func (d *watch) servedFinding(s *state, w *window, k kind, n float64) *schemas.Finding {
	f := &schemas.Finding{
		Detector: "scan.sensitive", Severity: servedSeverity(k), Confidence: 0.8, Events: int64(w.Events),
		Techniques: []schemas.Technique{probing, aiScanning, misconfig},
	}
	if k.grave() {
		f.Confidence = 0.85
	}
	own := s.Sensitive.Count()
	f.Title = fmt.Sprintf("Exposed: 1 sensitive path answered with success (%s)", kindNames[k])
	refusals := words.Count(own, "other sensitive path")
	if own < enough {
		refusals = words.Count(n, "such request") + " of others lately"
	} else {
		n = own
	}
	f.Summary = fmt.Sprintf("%s asked for a path that stands for %s and got an answer. The gateway refused %s, so this answer is not one that everybody gets; look at what was sent.",
		d.who(), kindNames[k], refusals)
	f.Features = []schemas.Feature{
		{Name: "answered", Observed: 1, Expected: 0, Unit: "paths", Weight: 0.6, Text: "A sensitive path was answered with success; none should be."},
		{Name: "refused", Observed: n, Expected: enough, Unit: "paths", Weight: 0.4,
			Text: fmt.Sprintf("Refused were %s.", refusals)},
	}
	return f
}

// modelsFinding tells of refused models.
func (d *watch) modelsFinding(s *state, w *window, n float64) *schemas.Finding {
	took, severity := words.Duration(s.Models.lasted()), d.modelsSeverity(n)
	return &schemas.Finding{
		Detector: "scan.models", Severity: severity, Confidence: evidence.Confidence(n, float64(d.c.Models), 0.6, 0.99), Events: int64(w.Refused),
		Techniques: []schemas.Technique{aiScanning, accounts, inventory},
		Title:      fmt.Sprintf("Model enumeration: %s refused in %s", words.Count(n, "different model"), took),
		Summary: fmt.Sprintf("%s asked for %s in %s, about %s each, and was refused. Fewer than %d are mistakes; whoever tries out a stolen key asks for one after another, and so does an evaluation whose models are not all enabled.",
			d.who(), words.Count(n, "different model"), took, words.Count(max(float64(s.Models.Events)/max(n, 1), 1), "time"), d.c.Models),
		Features: []schemas.Feature{{Name: "distinct_refused_models", Observed: n, Expected: float64(d.c.Models), Unit: "models", Weight: 1,
			Text: fmt.Sprintf("%s refused; fewer than %d are mistakes.", words.Count(n, "different model"), d.c.Models)}},
	}
}

// idsFinding tells of a walk over the ids of one route.
func (d *watch) idsFinding(t *walk, w *window, ordered bool, severity schemas.Severity) *schemas.Finding {
	good, bad, all := t.figures()
	took, share := words.Duration(t.Run.lasted()), bad/max(all, 1)
	order, features := "", []schemas.Feature{
		{Name: "distinct_ids", Observed: all, Expected: float64(d.c.IDs), Unit: "ids", Weight: 0.3,
			Text: fmt.Sprintf("%s asked for on one route; fewer than %d tell nothing.", words.Count(all, "different id"), d.c.IDs)},
		{Name: "refused_share", Observed: share, Expected: d.c.IDShare, Unit: "share", Weight: 0.4,
			Text: fmt.Sprintf("%s of them were refused; of a list of one's own hardly any is.", words.Percent(share))},
	}
	if ordered {
		order = " one after another"
		step := float64(t.Near) / float64(max(t.Steps, 1))
		features = append(features, schemas.Feature{Name: "near_steps", Observed: step, Expected: 0, Unit: "share", Weight: 0.3,
			Text: fmt.Sprintf("The ids are numbers in order: of their steps, %s went to a neighbour.", words.Percent(step))})
	}
	got := "got none"
	if good > 0 {
		got = "got " + words.Number(good)
	}
	return &schemas.Finding{
		Detector: "scan.ids", Severity: severity, Confidence: evidence.Confidence(all, float64(d.c.IDs), 0.65, 0.99), Events: int64(w.Events),
		Techniques: []schemas.Technique{objectAuth, stores, accounts},
		Title:      fmt.Sprintf("Id enumeration: %s asked for, %s refused", words.Count(all, "id"), words.Percent(share)),
		Summary: fmt.Sprintf("%s asked for %s of one route%s in %s, %s and was refused the rest (%s). Who reads a list of his own is refused less than %s; a job that follows ids that were deleted looks the same.",
			d.who(), words.Count(all, "different id"), order, took, got, words.Number(bad), words.Percent(d.c.IDShare)),
		Features: evidence.Beyond(features...),
	}
}

// scrapeFinding tells of one address that reads everything.
func (d *watch) scrapeFinding(s *state, w *window) *schemas.Finding {
	n, took := s.Pages.count(), words.Duration(s.Pages.Run.lasted())
	self := ""
	switch s.SelfNamed {
	case schemas.ClientCrawler, schemas.ClientAICrawler:
		self = " It calls itself a crawler."
	case schemas.ClientBrowser:
		self = " It calls itself a browser."
	}
	return &schemas.Finding{
		Detector: "scan.scrape", Severity: schemas.SeverityLow, Confidence: evidence.Confidence(n, float64(d.c.Pages), 0.6, 0.99), Events: int64(w.Events),
		Techniques: []schemas.Technique{stores, flows},
		Title:      fmt.Sprintf("Scraping: %s read by one address in %s", words.Count(n, "different resource"), took),
		Summary: fmt.Sprintf("One address without a known principal read %s in %s. Fewer than %d at less than one in %s pass as reading by people.%s",
			words.Count(n, "different resource"), took, d.c.Pages, words.Duration(pageLeak), self),
		Features: []schemas.Feature{{Name: "distinct_resources", Observed: n, Expected: float64(d.c.Pages), Unit: "resources", Weight: 1,
			Text: fmt.Sprintf("%s read; people read fewer than %d.", words.Count(n, "different resource"), d.c.Pages)}},
	}
}

// posingFinding tells of a scanner that calls itself an SDK.
func (d *watch) posingFinding(s *state, w *window, n float64) *schemas.Finding {
	among := ""
	if s.Sensitive != 0 {
		among = fmt.Sprintf(", among them %s", behind(s.Kinds))
	}
	return &schemas.Finding{
		Detector: "scan.bot", Severity: schemas.SeverityLow, Confidence: evidence.Confidence(n, posing, 0.8, 0.99), Events: int64(w.Refused),
		Techniques: []schemas.Technique{disguise, probing, aiScanning},
		Title:      fmt.Sprintf("Posing as an SDK: %s that no SDK asks for", words.Count(n, "path")),
		Summary: fmt.Sprintf("%s called itself a provider's SDK and asked for %s that are for browsers or for nobody%s. An SDK asks for none of them, so it is a scanner that wants to look like a client.",
			d.who(), words.Count(n, "path"), among),
		Features: []schemas.Feature{{Name: "posing_paths", Observed: n, Expected: posing, Unit: "paths", Weight: 1,
			Text: fmt.Sprintf("%s refused to what calls itself an SDK; SDKs ask for none.", words.Count(n, "such path"))}},
	}
}

// strangerFinding tells of model calls by what calls itself a scanner or crawler.
func (d *watch) strangerFinding(s *state, w *window) *schemas.Finding {
	n, name := float64(w.Calls), "a crawler"
	if s.SelfNamed == schemas.ClientScanner {
		name = "a security scanner"
	}
	return &schemas.Finding{
		Detector: "scan.bot", Severity: schemas.SeverityLow, Confidence: 0.6, Events: int64(w.Events),
		Techniques: []schemas.Technique{aiScanning, flows},
		Title:      fmt.Sprintf("Odd client: %s answered to %s with a credential", words.Count(n, "model call"), name),
		Summary: fmt.Sprintf("%s called itself %s and got %s answered with a valid credential. Such clients do not call models; a test by your own security team does, and so do browsers that are driven by tests.",
			d.who(), name, words.Count(n, "model call")),
		Features: []schemas.Feature{{Name: "model_calls", Observed: n, Expected: float64(d.c.Calls), Unit: "calls", Weight: 1,
			Text: fmt.Sprintf("%s by a client that calls itself %s; fewer than %d are chance.", words.Count(n, "model call"), name, d.c.Calls)}},
	}
}

// digest tells that many addresses scan on one day.
func (d *watch) digest(c *crowd) *schemas.Finding {
	n := float64(c.Told + c.Scanners)
	return &schemas.Finding{
		Detector: "scan.crowd", Severity: schemas.SeverityLow, Confidence: 0.9, Events: int64(max(c.Scanners, 1)),
		Techniques: []schemas.Technique{probing, wordlist, aiScanning},
		Title:      fmt.Sprintf("Scanners: %s today, told as one from here on", words.Count(n, "address")),
		Summary: fmt.Sprintf("%s scanned since midnight UTC and got nothing, as happens to everything on the internet. Until midnight more of them are told only if they ask for %s paths or more, or get something.",
			words.Count(n, "address"), words.Number(strong*float64(d.c.Paths))),
		Features: []schemas.Feature{{Name: "scanners", Observed: n, Expected: float64(d.c.Digest), Unit: "addresses", Weight: 1,
			Text: fmt.Sprintf("%s scanned today; the first %d are told one by one.", words.Count(n, "address"), d.c.Digest)}},
	}
}
