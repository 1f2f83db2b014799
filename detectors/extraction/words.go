package extraction

import (
	"math"
	"strconv"
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// techniques are the catalogues' names of model extraction.
var techniques = []schemas.Technique{
	{Framework: "MITRE ATLAS", ID: "AML.T0024.002", Name: "Extract AI Model"},
	{Framework: "MITRE ATLAS", ID: "AML.T0040", Name: "AI Model Inference API Access"},
	{Framework: "OWASP LLM 2025", ID: "LLM10:2025", Name: "Unbounded Consumption"},
}

// strongest joins the two strongest features besides the volume into a clause.
func (s *sum) strongest() string {
	var texts []string
	for _, f := range s.features() {
		if f.Name != "calls" && len(texts) < 2 && f.Weight > 0 {
			text := strings.TrimSuffix(f.Text, ".")
			texts = append(texts, strings.ToLower(text[:1])+text[1:])
		}
	}
	return strings.Join(texts, "; ")
}

// innocent names the most likely honest explanation.
func innocent(p *profile, total float64) string {
	const begin = "Most likely innocent explanation: "
	switch {
	case p.repeated >= 0.3:
		return begin + "an evaluation that runs the same prompts again."
	case p.distinct >= 0 && p.distinct < 0.6:
		return begin + "a load test with few prompts."
	case p.logprobs >= 0.3 || p.multiple >= 0.3:
		return begin + "an evaluation or research run that compares answers."
	case p.minutes < 40 && total < 8:
		return begin + "an evaluation run."
	case p.template >= 0.7 && p.output < p.input:
		return begin + "bulk enrichment or retrieval with one template."
	default:
		return begin + "a team of your own that generates content or training data in bulk."
	}
}

// number writes a figure as people read it: "12,400", "310", "2.4".
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
