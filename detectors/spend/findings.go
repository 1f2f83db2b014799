package spend

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/spend/internal/chain"
	"github.com/gatehound/gatehound/detectors/spend/internal/plan"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// resources are what the catalogues call spending other people's money.
var resources = []schemas.Technique{
	{Framework: "MITRE ATLAS", ID: "AML.T0034", Name: "Cost Harvesting"},
	{Framework: "MITRE ATLAS", ID: "AML.T0034.000", Name: "Excessive Queries"},
	{Framework: "OWASP LLM 2025", ID: "LLM10:2025", Name: "Unbounded Consumption"},
	{Framework: "OWASP API 2023", ID: "API4:2023", Name: "Unrestricted Resource Consumption"},
}

// intensive are the same for few calls that cost much, agentic for agents.
var (
	intensive = []schemas.Technique{
		{Framework: "MITRE ATLAS", ID: "AML.T0034.001", Name: "Resource-Intensive Queries"},
		{Framework: "MITRE ATLAS", ID: "AML.T0029", Name: "Denial of AI Service"},
		{Framework: "OWASP LLM 2025", ID: "LLM10:2025", Name: "Unbounded Consumption"},
		{Framework: "OWASP API 2023", ID: "API4:2023", Name: "Unrestricted Resource Consumption"},
	}
	agentic = []schemas.Technique{
		{Framework: "MITRE ATLAS", ID: "AML.T0034.002", Name: "Agentic Resource Consumption"},
		{Framework: "OWASP LLM 2025", ID: "LLM10:2025", Name: "Unbounded Consumption"},
		{Framework: "OWASP LLM 2025", ID: "LLM06:2025", Name: "Excessive Agency"},
	}
)

// sum writes dollars or tokens: "$1,234.50", "12.4 million tokens".
func sum(unit int, v float64) string {
	switch {
	case unit == usd && v < 0.01:
		return "less than $0.01"
	case unit == usd && v >= 1000:
		return "$" + words.Number(v)
	case unit == usd:
		return "$" + strconv.FormatFloat(v, 'f', 2, 64)
	case v >= 1e9:
		return words.Number(v/1e6) + " million tokens"
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'f', 1, 64) + " million tokens"
	}
	return words.Count(max(v, 1), "token")
}

var unitNames = [units]string{"USD", "tokens"}

// times writes how many times as much a is as b.
func times(a, b float64) string {
	if b <= 0 || a/b >= 1000 {
		return "more than 1,000 times"
	}
	return words.Number(a/b) + " times"
}

// share writes a sentence that begins with a share.
func share(v float64, of string) string {
	s := words.Percent(v) + " " + of
	return strings.ToUpper(s[:1]) + s[1:]
}

// features gives the figures weights that sum to 1: the first counts half, or
// all if it is alone.
func features(list ...schemas.Feature) []schemas.Feature {
	for i := range list {
		list[i].Weight = 0.5
		if len(list) == 1 {
			list[i].Weight = 1
		} else if i > 0 {
			list[i].Weight = 0.5 / float64(len(list)-1)
		}
	}
	return list
}

// signs returns the features that speak for it besides the rule's own.
func (d *watch) signs(s *State, h *hour, f *facts, list ...schemas.Feature) []schemas.Feature {
	if f.away {
		list = append(list, schemas.Feature{
			Name: "new_network", Observed: f.strange, Expected: 0.5, Unit: "share of tokens",
			Text: share(f.strange, "of the tokens were asked for from networks that it has not called from before."),
		})
	}
	if f.fresh >= 0.5 {
		list = append(list, schemas.Feature{
			Name: "new_model", Observed: f.fresh, Expected: 0.5, Unit: "share of tokens",
			Text: share(f.fresh, "of the tokens went to models that it has not used before."),
		})
	}
	if f.more {
		list = append(list, schemas.Feature{
			Name: "calls", Observed: f.pace, Expected: float64(s.past.calls), Unit: "calls/h",
			Text: fmt.Sprintf("%s in %s; usual are about %s in an hour.", words.Count(float64(h.calls), "call"), words.Duration(f.span), words.Number(max(float64(s.past.calls), 1))),
		})
	}
	return features(list...)
}

// elapsed says how much of the window is over.
func elapsed(x *detectors.Context) string {
	if d := time.Duration(x.Now - x.WindowStart); d < x.Window {
		return words.Duration(max(d, time.Minute))
	}
	return "an hour"
}

func (d *watch) surgeFinding(x *detectors.Context, s *State, h *hour, f *facts, severity schemas.Severity) *schemas.Finding {
	_, confidence := d.surgeGrade(s, f)
	out := &schemas.Finding{
		Detector: "spend.surge", Severity: severity, Confidence: confidence, Events: int64(h.calls),
		Title: fmt.Sprintf("Spending surge: %s in %s by one %s", sum(f.unit, f.amount), elapsed(x), d.kind),
	}
	usual := float64(s.past.usual[f.unit])
	spent := schemas.Feature{Name: "spent", Observed: f.amount, Expected: f.bound, Unit: unitNames[f.unit] + "/h"}
	if f.known {
		spent.Expected = usual
		spent.Text = fmt.Sprintf("%s in %s; a usual active hour costs %s, the highest so far %s.",
			sum(f.unit, f.amount), elapsed(x), sum(f.unit, usual), sum(f.unit, float64(s.past.top[f.unit])))
		out.Summary = fmt.Sprintf("One %s spent %s with %s in %s. That is %s its usual hour of %s and %s its highest, where up to %s times pass.",
			d.kind, sum(f.unit, f.amount), words.Count(float64(h.calls), "call"), elapsed(x), times(f.amount, usual), sum(f.unit, usual),
			times(f.amount, float64(s.past.top[f.unit])), words.Number(d.config.Factor))
	} else {
		spent.Text = fmt.Sprintf("%s in %s; of a new %s less than %s passes.", sum(f.unit, f.amount), elapsed(x), d.kind, sum(f.unit, f.bound))
		out.Summary = fmt.Sprintf("One %s with hardly a past spent %s with %s in %s. Of others that are new, less than %s passes.",
			d.kind, sum(f.unit, f.amount), words.Count(float64(h.calls), "call"), elapsed(x), sum(f.unit, f.bound))
	}
	if !f.away {
		out.Summary += " Most likely innocent explanation: a batch, an evaluation or an import."
	}
	list := []schemas.Feature{spent}
	if f.known && f.dear >= 4 {
		list = append(list, schemas.Feature{
			Name: "price", Observed: f.dear, Expected: 1, Unit: "times usual",
			Text: fmt.Sprintf("A call costs %s times what it usually does.", words.Number(min(f.dear, 1e6))),
		})
	}
	out.Features = d.signs(s, h, f, list...)
	return out
}

func (d *watch) dayFinding(s *State, h *hour, f *facts, today float64, severity schemas.Severity) *schemas.Finding {
	median, highest := s.past.median(f.unit), s.past.highest(f.unit)
	return &schemas.Finding{
		Detector: "spend.surge", Severity: severity, Confidence: 0.5, Events: int64(h.calls),
		Title: fmt.Sprintf("Spending surge: %s since midnight by one %s", sum(f.unit, today), d.kind),
		Summary: fmt.Sprintf("One %s has spent %s since midnight UTC, %s the median of its last active days. That median is %s, and the highest of these days %s.",
			d.kind, sum(f.unit, today), times(today, median), sum(f.unit, median), sum(f.unit, highest)),
		Features: d.signs(s, h, f, schemas.Feature{
			Name: "spent_today", Observed: today, Expected: median, Unit: unitNames[f.unit] + "/day",
			Text: fmt.Sprintf("%s since midnight; the median day costs %s.", sum(f.unit, today), sum(f.unit, median)),
		}),
	}
}

// changed makes a finding about calls that are unlike those before.
func (d *watch) changed(s *State, h *hour, f *facts, rule, title, summary, innocent string, own schemas.Feature) *schemas.Finding {
	severity := f.grade()
	if severity == schemas.SeverityInfo {
		summary += " Most likely innocent explanation: " + innocent + "."
	}
	return &schemas.Finding{
		Detector: "spend." + rule, Severity: severity, Confidence: 0.5 + 0.15*float64(severity)/float64(schemas.SeverityMedium),
		Events: int64(h.calls), Title: title, Summary: summary, Features: d.signs(s, h, f, own), Techniques: intensive,
	}
}

func (d *watch) stuffingFinding(s *State, h *hour, f *facts) *schemas.Finding {
	mean, usual := float64(h.bigInput)/float64(h.big), float64(s.past.input)
	calls := words.Count(float64(h.big), "call")
	return d.changed(s, h, f, "stuffing",
		fmt.Sprintf("Stuffed context: %s with %s of input each", calls, sum(tokens, mean)),
		fmt.Sprintf("One principal sent %s of %s with an input of %s on average. Its calls usually have %s, and up to %d times that passes.",
			words.Number(float64(h.big)), words.Count(float64(h.calls), "call"), sum(tokens, mean), sum(tokens, usual), stuffed),
		"a new use with long documents",
		schemas.Feature{
			Name: "input", Observed: mean, Expected: usual, Unit: "tokens/call",
			Text: fmt.Sprintf("%s with %s of input on average; usual is %s.", calls, sum(tokens, mean), sum(tokens, usual)),
		})
}

func (d *watch) bustingFinding(s *State, h *hour, f *facts) *schemas.Finding {
	now, usual := float64(h.cached)/float64(h.cachable), float64(s.past.cached)
	text := "None"
	if now > 0 {
		text = words.Percent(now)
	}
	return d.changed(s, h, f, "cache_busting",
		fmt.Sprintf("Cache not used: %s of input at full price", sum(tokens, float64(h.cachable-h.cached))),
		fmt.Sprintf("%s of the input of %s by one principal came from the cache. Usual is %s, with calls of the same length.",
			text, words.Count(float64(h.calls), "call"), words.Percent(usual)),
		"a change of the prompt's beginning, or caching turned off",
		schemas.Feature{
			Name: "cached", Observed: now, Expected: usual, Unit: "share of input",
			Text: fmt.Sprintf("%s of the input was cached; usual is %s.", text, words.Percent(usual)),
		})
}

func (d *watch) reasoningFinding(s *State, h *hour, f *facts, each float64) *schemas.Finding {
	usual := max(float64(s.past.thought), 1)
	return d.changed(s, h, f, "reasoning",
		fmt.Sprintf("Excessive reasoning: %s a call, %s as much as usual", sum(tokens, each), times(each, usual)),
		fmt.Sprintf("%s by one principal made the model reason for %s each. With the same models, usual is %s, and up to %s times that passes.",
			words.Count(float64(h.thinking), "call"), sum(tokens, each), sum(tokens, usual), words.Number(d.config.ReasoningFactor)),
		"a higher setting of the reasoning effort",
		schemas.Feature{
			Name: "reasoning", Observed: each, Expected: usual, Unit: "tokens/call",
			Text: fmt.Sprintf("%s of reasoning in a call; usual is %s.", sum(tokens, each), sum(tokens, usual)),
		})
}

func (d *watch) abortedFinding(s *State, h *hour, f *facts) *schemas.Finding {
	part, usual := float64(h.aborted)/float64(h.calls), float64(s.past.cut)
	return d.changed(s, h, f, "aborted",
		fmt.Sprintf("Billed and cut: %s ended by the client (status 499)", words.Count(float64(h.aborted), "call")),
		fmt.Sprintf("One principal cut %s after %s were billed, %s of all its calls. Usual is %s, and slow clients would cut after a fixed time.",
			words.Count(float64(h.aborted), "call"), sum(tokens, float64(h.wasted)), words.Percent(part), words.Percent(max(usual, 1e-4))),
		"users who leave, or a front end that was changed",
		schemas.Feature{
			Name: "aborted", Observed: part, Expected: usual, Unit: "share of calls",
			Text: fmt.Sprintf("%s cut by the client after %s.", words.Count(float64(h.aborted), "call"), sum(tokens, float64(h.wasted))),
		})
}

func (d *watch) loopFinding(x *detectors.Context, c *chain.Chain, severity schemas.Severity) *schemas.Finding {
	took := words.Duration(max(time.Duration(x.Now)-time.Duration(c.First)*time.Second, time.Second))
	f := &schemas.Finding{
		Detector: "spend.loop", Severity: severity, Confidence: 0.5, Events: int64(c.Steps) + 1, Techniques: agentic,
		Title: fmt.Sprintf("Agent loop: %s in a row, each %s longer", words.Count(float64(c.Steps), "call"), sum(tokens, float64(c.Step))),
		Summary: fmt.Sprintf("One principal made %s within %s whose input grew by about %s each time, to %s. Honest agents vary, and frameworks stop them after 10 to 25 steps; up to %d pass.",
			words.Count(float64(c.Steps)+1, "call"), took, sum(tokens, float64(c.Step)), sum(tokens, float64(c.Last)), d.config.LoopSteps),
		Features: features(
			schemas.Feature{
				Name: "steps", Observed: float64(c.Steps), Expected: float64(d.config.LoopSteps), Unit: "calls",
				Text: fmt.Sprintf("%s in a row grew by about %s.", words.Count(float64(c.Steps), "call"), sum(tokens, float64(c.Step))),
			},
			schemas.Feature{
				Name: "tokens", Observed: float64(c.Spent), Expected: float64(d.config.LoopSteps) * float64(c.Step), Unit: "tokens",
				Text: fmt.Sprintf("Together they took %s.", sum(tokens, float64(c.Spent))),
			}),
	}
	if severity == schemas.SeverityInfo {
		f.Summary += " The log does not show tools or a growing number of messages, so it may be a benchmark of lengths."
		return f
	}
	f.Confidence = 0.8
	return f
}

func (d *watch) crowdFinding(c *Cohort) *schemas.Finding {
	n := float64(c.surging)
	return &schemas.Finding{
		Detector: "spend.surge", Severity: schemas.SeverityInfo, Confidence: 0.5, Events: max(int64(c.active), int64(n)),
		Title: fmt.Sprintf("Spending surge of many: %s at once", words.Count(n, d.kind.String())),
		Summary: fmt.Sprintf("%s of %s spent far more in this hour than ever. Single ones surge independently of each other, so a new price table or a campaign is likelier.",
			words.Count(n, d.kind.String()), words.Number(float64(c.able))),
		Features: features(schemas.Feature{
			Name: "surging", Observed: n, Expected: float64(c.able) / 5, Unit: d.kind.String() + "s",
			Text: fmt.Sprintf("%s surge together; a fifth is too many for chance.", words.Count(n, d.kind.String())),
		}),
	}
}

func (d *watch) budgetFinding(x *detectors.Context, h *hour, p *plan.Plan, unit, kind, passed int, spent uint64) *schemas.Finding {
	severity, amount, total := schemas.SeverityInfo, float64(p.Amount), float64(spent)
	switch {
	case passed >= 200:
		severity = schemas.SeverityHigh
	case passed >= 100:
		severity = schemas.SeverityMedium
	case passed >= 75:
		severity = schemas.SeverityLow
	}
	if unit == usd {
		amount, total = amount/nano, total/nano
	}
	_, begin, _ := plan.PeriodOf(kind, x.WindowStart)
	return &schemas.Finding{
		Detector: "spend.budget", Severity: severity, Confidence: 0.99, Events: int64(h.calls),
		Title: fmt.Sprintf("Budget: %d %% of %s a %s are spent", passed, sum(unit, amount), plan.PeriodNames[kind]),
		Summary: fmt.Sprintf("One %s has spent %s since %s UTC. Its budget is %s a %s, of which %d %% were to be told.",
			d.kind, sum(unit, total), time.Unix(0, begin).UTC().Format("2 January"), sum(unit, amount), plan.PeriodNames[kind], passed),
		Features: features(schemas.Feature{
			Name: "spent", Observed: total, Expected: amount, Unit: unitNames[unit] + "/" + plan.PeriodNames[kind],
			Text: fmt.Sprintf("%s of %s are spent.", sum(unit, total), sum(unit, amount)),
		}),
	}
}

func (d *watch) forecastFinding(h *hour, p *plan.Plan, unit, kind int, spent uint64, pace float64, at int64) *schemas.Finding {
	amount, total := float64(p.Amount), float64(spent)
	if unit == usd {
		amount, total, pace = amount/nano, total/nano, pace/nano
	}
	when := time.Unix(0, at).UTC().Format("15:04 UTC")
	if kind != day {
		when = time.Unix(0, at).UTC().Format("2 January, 15:04 UTC")
	}
	return &schemas.Finding{
		Detector: "spend.forecast", Severity: schemas.SeverityLow, Confidence: 0.6, Events: int64(h.calls),
		Title: fmt.Sprintf("Budget forecast: %s a %s are spent by %s", sum(unit, amount), plan.PeriodNames[kind], when),
		Summary: fmt.Sprintf("One %s has spent %s of its budget of %s, and at this pace of %s an hour the rest is gone at %s. A budget is to last until the end of the %s.",
			d.kind, sum(unit, total), sum(unit, amount), sum(unit, pace), when, plan.PeriodNames[kind]),
		Features: features(schemas.Feature{
			Name: "pace", Observed: pace, Expected: amount / [periods]float64{24, 168, 730}[kind], Unit: unitNames[unit] + "/h",
			Text: fmt.Sprintf("It spends %s an hour; an even pace would be %s.", sum(unit, pace), sum(unit, amount/[periods]float64{24, 168, 730}[kind])),
		}),
	}
}
