package extraction

import (
	"fmt"

	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// techniques are the catalogues' names of model extraction.
var techniques = []schemas.Technique{
	{Framework: "MITRE ATLAS", ID: "AML.T0024.002", Name: "Extract AI Model"},
	{Framework: "MITRE ATLAS", ID: "AML.T0040", Name: "AI Model Inference API Access"},
	{Framework: "OWASP LLM 2025", ID: "LLM10:2025", Name: "Unbounded Consumption"},
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

// madeCalls begins a summary: the calls of a time, and how many are usual.
func madeCalls(n float64, time string, usual float64) string {
	return fmt.Sprintf("One principal made %s in %s, where up to %s pass; ", words.Count(n, "model call"), time, words.Number(usual))
}
