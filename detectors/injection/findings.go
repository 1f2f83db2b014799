package injection

import (
	"fmt"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/evidence"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// The catalogues' entries that the rules name (MITRE ATLAS 5.6.0, OWASP Top 10
// for LLM Applications 2025).
var (
	direct         = schemas.Technique{Framework: "MITRE ATLAS", ID: "AML.T0051.000", Name: "LLM Prompt Injection: Direct"}
	indirect       = schemas.Technique{Framework: "MITRE ATLAS", ID: "AML.T0051.001", Name: "LLM Prompt Injection: Indirect"}
	jailbreak      = schemas.Technique{Framework: "MITRE ATLAS", ID: "AML.T0054", Name: "LLM Jailbreak"}
	extraction     = schemas.Technique{Framework: "MITRE ATLAS", ID: "AML.T0056", Name: "Extract LLM System Prompt"}
	obfuscation    = schemas.Technique{Framework: "MITRE ATLAS", ID: "AML.T0068", Name: "LLM Prompt Obfuscation"}
	owaspInjection = schemas.Technique{Framework: "OWASP LLM 2025", ID: "LLM01:2025", Name: "Prompt Injection"}
	owaspLeak      = schemas.Technique{Framework: "OWASP LLM 2025", ID: "LLM07:2025", Name: "System Prompt Leakage"}
)

// report emits what a rule has to say.
func (d *watch) report(x *detectors.Context, s *state, w *window, j *judgement, rule int) {
	var f *schemas.Finding
	switch rule {
	case ruleSignatures:
		f = d.signatureFinding(s, j)
	case ruleBlocked:
		f = d.blockedFinding(s, j)
	case ruleHidden:
		f = d.hiddenFinding(s, j)
	case ruleVariants:
		f = d.variantFinding(s, j)
	case ruleRefusals:
		f = d.refusalFinding(s, j)
	}
	f.Events = int64(w.Events)
	x.Emit(f)
}

// who names the caller at the beginning of a sentence.
func (d *watch) who() string {
	if d.kind == schemas.EntityPrincipal {
		return "One principal"
	}
	return "One address"
}

// lasted says how long the run took.
func (r *run) lasted() string {
	return words.Duration(time.Duration(max(r.Last-r.Since, int64(time.Second))))
}

// of says that one end user made most of it, if that is known.
func (j *judgement) of() string {
	if j.user == 0 {
		return ""
	}
	return fmt.Sprintf(", at least %s of them by one end user", words.Number(j.user))
}

// usually says what share is usual for the caller.
func (s *state) usually(share float32, verb string) string {
	switch {
	case s.Known < learned:
		return "not known yet for this caller"
	case share < 0.001:
		return "that hardly any of its prompts " + verb
	}
	return "that " + words.Percent(float64(share)) + " of its prompts " + verb
}

func (d *watch) signatureFinding(s *state, j *judgement) *schemas.Finding {
	f := &schemas.Finding{
		Detector: "injection.signatures", Severity: d.severityOf(s, j),
		Confidence: evidence.Confidence(j.hits, j.hitBound, 0.6, 0.95), Techniques: []schemas.Technique{direct, jailbreak, owaspInjection},
	}
	what := "talk a model out of its instructions or rules"
	head := "Prompt injection"
	if j.leaks >= 0.6*j.hits {
		f.Detector, head, what = "injection.prompt_leak", "Prompt leak", "ask for the system prompt"
		f.Techniques = []schemas.Technique{extraction, owaspLeak, owaspInjection}
	}
	prompts := words.Count(j.hits, "different prompt")
	f.Title = fmt.Sprintf("%s: %s of %s hit signatures in %s", head, prompts, words.Number(max(j.prompts, j.hits)), s.Run.lasted())
	f.Summary = fmt.Sprintf("%s sent %s that %s, among %s in %s%s. By mistake up to %s would; usual is %s.",
		d.who(), prompts, what, words.Count(max(j.prompts, j.hits), "prompt"), s.Run.lasted(), j.of(), words.Number(j.hitBound), s.usually(s.Hits, "do"))
	f.Features = evidence.Beyond(
		schemas.Feature{Name: "signature_prompts", Observed: j.hits, Expected: min(j.hitBound, j.hits), Unit: "prompts", Weight: 0.6,
			Text: fmt.Sprintf("%s hit a signature of an attack; up to %s are mistakes of the signatures.", prompts, words.Number(j.hitBound))},
		schemas.Feature{Name: "one_end_user", Observed: j.user, Expected: float64(d.c.Signatures), Unit: "prompts", Weight: 0.2,
			Text: fmt.Sprintf("At least %s of them came from one end user; users of an application make a few.", words.Number(j.user))},
		schemas.Feature{Name: "blocked_prompts", Observed: j.blocks, Expected: 3, Unit: "prompts", Weight: 0.2,
			Text: fmt.Sprintf("A guardrail blocked %s, too.", words.Count(j.blocks, "prompt"))},
		schemas.Feature{Name: "hidden_prompts", Observed: j.hidden, Expected: 2, Unit: "prompts", Weight: 0.2,
			Text: fmt.Sprintf("Of them, %s had it in hidden or disguised text.", words.Number(j.hidden))},
	)
	return f
}

func (d *watch) blockedFinding(s *state, j *judgement) *schemas.Finding {
	prompts := words.Count(j.blocks, "different prompt")
	share := min(j.blocks/max(j.prompts, 1), 1)
	return &schemas.Finding{
		Detector: "injection.blocked", Severity: d.severityOf(s, j), Confidence: evidence.Confidence(j.blocks, j.blockBound, 0.65, 0.95),
		Techniques: []schemas.Technique{direct, jailbreak, owaspInjection},
		Title:      fmt.Sprintf("Guardrail: %s of %s blocked in %s", prompts, words.Number(max(j.prompts, j.blocks)), s.Run.lasted()),
		Summary: fmt.Sprintf("A guardrail blocked %s of one caller, or the answers to them, among %s in %s%s. By mistake up to %s would be; usual is %s.",
			prompts, words.Count(max(j.prompts, j.blocks), "prompt"), s.Run.lasted(), j.of(), words.Number(j.blockBound), s.usually(s.Blocks, "are")),
		Features: evidence.Beyond(
			schemas.Feature{Name: "blocked_prompts", Observed: j.blocks, Expected: min(j.blockBound, j.blocks), Unit: "prompts", Weight: 0.6,
				Text: fmt.Sprintf("%s blocked, %s of all; up to %s are mistakes of the guardrail.", prompts, words.Percent(share), words.Number(j.blockBound))},
			schemas.Feature{Name: "one_end_user", Observed: j.user, Expected: 2 * float64(d.c.Blocks), Unit: "prompts", Weight: 0.2,
				Text: fmt.Sprintf("At least %s of them came from one end user; users of an application meet a few.", words.Number(j.user))},
			schemas.Feature{Name: "signature_prompts", Observed: j.hits, Expected: 3, Unit: "prompts", Weight: 0.2,
				Text: fmt.Sprintf("%s hit a signature of an attack, too.", words.Count(j.hits, "prompt"))},
		),
	}
}

func (d *watch) hiddenFinding(s *state, j *judgement) *schemas.Finding {
	prompts := words.Count(j.hidden, "different prompt")
	return &schemas.Finding{
		Detector: "injection.hidden", Severity: d.severityOf(s, j), Confidence: evidence.Confidence(j.hidden, float64(d.c.Hidden), 0.75, 0.95),
		Techniques: []schemas.Technique{obfuscation, direct, indirect, owaspInjection},
		Title:      fmt.Sprintf("Hidden instructions: %s with an attack in disguised text", prompts),
		Summary: fmt.Sprintf("%s sent %s that have signatures of attacks and invisible, encoded or look-alike characters, among %s in %s%s. Honest texts have the one or the other; if the prompts hold web pages or documents, the attack is in those.",
			d.who(), prompts, words.Count(max(j.prompts, j.hidden), "prompt"), s.Run.lasted(), j.of()),
		Features: evidence.Beyond(
			schemas.Feature{Name: "hidden_prompts", Observed: j.hidden, Expected: float64(d.c.Hidden), Unit: "prompts", Weight: 0.7,
				Text: fmt.Sprintf("%s had both; fewer than %d are chance.", prompts, d.c.Hidden)},
			schemas.Feature{Name: "signature_prompts", Observed: j.hits, Expected: 1, Unit: "prompts", Weight: 0.3,
				Text: fmt.Sprintf("%s hit a signature of an attack in all.", words.Count(j.hits, "prompt"))},
		),
	}
}

func (d *watch) variantFinding(s *state, j *judgement) *schemas.Finding {
	c := &s.Run.Variants
	prompts, near := words.Count(j.variants, "near duplicate"), float64(max(c.Near, 1))
	f := &schemas.Finding{
		Detector: "injection.variants", Techniques: []schemas.Technique{jailbreak, direct, obfuscation, owaspInjection},
		Title: fmt.Sprintf("One prompt in many spellings: %s in %s", prompts, s.Run.lasted()),
	}
	bad := max(float64(c.Bad), float64(c.Blocked)) / near
	if bad < 0.3 {
		f.Severity, f.Confidence = schemas.SeverityLow, evidence.Confidence(j.variants, float64(max(d.c.Spellings, 1)), 0.5, 0.95)
		f.Summary = fmt.Sprintf("%s sent %s of a prompt at a high temperature, among %s in %s. Who tries one prompt until an answer slips through does so; an evaluation commonly has a low temperature, and a job that makes data looks the same.",
			d.who(), prompts, words.Count(max(j.prompts, near), "prompt"), s.Run.lasted())
		f.Features = []schemas.Feature{{Name: "near_duplicates", Observed: j.variants, Expected: float64(d.c.Spellings), Unit: "prompts", Weight: 1,
			Text: fmt.Sprintf("%s at a high temperature; fewer than %d tell nothing.", prompts, d.c.Spellings)}}
		return f
	}
	f.Severity, f.Confidence = d.severityOf(s, j), evidence.Confidence(j.variants, float64(d.c.Variants), 0.7, 0.95)
	f.Summary = fmt.Sprintf("%s sent %s of a prompt in %s, of which %s hit a signature of an attack or were blocked. Evaluations and templates repeat themselves too, but they are hardly ever blocked.",
		d.who(), prompts, s.Run.lasted(), words.Percent(min(bad, 1)))
	f.Features = evidence.Beyond(
		schemas.Feature{Name: "near_duplicates", Observed: j.variants, Expected: float64(d.c.Variants), Unit: "prompts", Weight: 0.5,
			Text: fmt.Sprintf("%s; fewer than %d tell nothing.", prompts, d.c.Variants)},
		schemas.Feature{Name: "attack_share", Observed: min(bad, 1), Expected: 0.3, Unit: "share", Weight: 0.5,
			Text: fmt.Sprintf("Of them %s hit a signature or were blocked.", words.Percent(min(bad, 1)))},
	)
	return f
}

func (d *watch) refusalFinding(s *state, j *judgement) *schemas.Finding {
	c := &s.Chain
	n, usual := float64(c.Length), c.usual()
	return &schemas.Finding{
		Detector: "injection.refusals", Severity: d.severityOf(s, j), Confidence: evidence.Confidence(n, float64(d.c.Refusals), 0.4, 0.95),
		Techniques: []schemas.Technique{jailbreak, direct, owaspInjection},
		Title:      fmt.Sprintf("Refusals: %s of about %d tokens in a row", words.Count(n, "answer"), c.Out),
		Summary: fmt.Sprintf("One caller got %s of about %d tokens in a row, to prompts of about one length. Usual for it are answers of %s tokens; a model that refuses answers so, and so does one that puts things into classes.",
			words.Count(n, "answer"), c.Out, words.Number(usual)),
		Features: []schemas.Feature{
			{Name: "answers_in_a_row", Observed: n, Expected: float64(d.c.Refusals), Unit: "answers", Weight: 0.6,
				Text: fmt.Sprintf("%s of one short length in a row; fewer than %d are chance.", words.Count(n, "answer"), d.c.Refusals)},
			{Name: "answer_length", Observed: float64(c.Out), Expected: usual, Unit: "tokens", Weight: 0.4,
				Text: fmt.Sprintf("They have about %d tokens; usual are %s.", c.Out, words.Number(usual))},
		},
	}
}

func (d *watch) crowdFinding(c *cohort) *schemas.Finding {
	n, share := float64(c.Blocked), float64(c.Blocks)/float64(max(c.Prompts, 1))
	callers := words.Count(n, "caller")
	return &schemas.Finding{
		Detector: "injection.blocked", Severity: schemas.SeverityLow, Confidence: 0.7, Events: int64(c.Prompts),
		Techniques: []schemas.Technique{direct, owaspInjection},
		Title:      fmt.Sprintf("Guardrail: %s blocked at once, %s of all prompts", callers, words.Percent(share)),
		Summary: fmt.Sprintf("A guardrail blocks %s more often than before, all in the same 10 minutes. That many do not begin to attack at once; most likely a guardrail or an application was changed, and none of them is told by itself.",
			callers),
		Features: []schemas.Feature{{Name: "blocked_callers", Observed: n, Expected: float64(d.c.Crowd), Unit: "callers", Weight: 1,
			Text: fmt.Sprintf("%s over their bounds at once; fewer than %d are told one by one.", callers, d.c.Crowd)}},
	}
}
