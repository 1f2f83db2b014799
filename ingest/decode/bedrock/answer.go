package bedrock

import (
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// output takes the answer: an object, or of a stream of InvokeModel an array of
// its chunks. Counts of the body win over those beside it, which do not say
// what came from a cache.
func (c *call) output(output field.Value) {
	r := c.r
	r.Count(schemas.HasOutputTokens, &r.OutputTokens, output.Get("outputTokenCount").Text())
	body := output.Get("outputBodyJson").Unwrap()
	switch body.Kind() {
	case field.Object:
		c.answer(body, 0)
		r.Dropped++
	case field.Array:
		for it := body.Members(); it.Next(); {
			c.answer(it.Value(), 0)
		}
		r.Dropped++
	}
}

// answerDepth is how deep an answer is read: the usage of a chunk of Anthropic
// is in its message, that of Nova in its metadata.
const answerDepth = 2

// answer takes an answer, one of its chunks, or a part that has figures.
func (c *call) answer(v field.Value, depth int) {
	r := c.r
	c.r.ReadCacheApart(v.Get("usage"))
	for it := v.Members(); it.Next(); {
		m := it.Value()
		switch it.Key() {
		case "stop_reason", "stopReason", "completionReason", "finish_reason", "finishReason":
			if s := m.Text(); s != "" {
				r.FinishReason = s
				c.intervened = c.intervened || s == "guardrail_intervened"
			}
		case "model":
			if s := m.Text(); s != "" {
				c.answered = s
			}
		case "metrics": // Converse
			r.Duration(schemas.HasLatency, &r.LatencyNS, m.Get("latencyMs").Text(), field.Milliseconds)
		case "amazon-bedrock-invocationMetrics":
			r.Duration(schemas.HasLatency, &r.LatencyNS, m.Get("invocationLatency").Text(), field.Milliseconds)
		case "inputTextTokenCount", "prompt_token_count": // Titan, Llama
			r.Count(schemas.HasInputTokens, &r.InputTokens, m.Text())
		case "generation_token_count", "totalOutputTextTokenCount": // Llama, Titan
			r.Count(schemas.HasOutputTokens, &r.OutputTokens, m.Text())
		case "amazon-bedrock-guardrailAction":
			c.asked = true
			c.intervened = c.intervened || m.Text() == "INTERVENED"
		case "amazon-bedrock-trace", "trace":
			c.trace(m.Get("guardrail"))
			if s := m.Path("promptRouter", "promptRouter", "invokedModelId").Text(); s != "" {
				c.answered, _ = modelOf(s)
			}
		case "message", "delta", "messageStop", "metadata":
			if depth < answerDepth {
				c.answer(m, depth+1)
			}
		case "choices", "results", "outputs", "generations", "completions":
			if depth < answerDepth && m.Kind() == field.Array {
				for part := m.Members(); part.Next(); {
					c.answer(part.Value(), depth+1)
				}
			}
		}
	}
}

// guardrail is what the log says of Bedrock's guardrail.
type guardrail struct {
	asked, intervened bool
	in, out           action
}

// action is the gravest of what a guardrail did to the input, or the output.
type action uint8

const (
	none action = iota
	masked
	blocked
)

// trace takes the assessments, which are "input" and "outputs" in the answers
// of InvokeModel, "inputAssessment" and "outputAssessments" in those of Converse.
func (c *call) trace(guardrail field.Value) {
	for it := guardrail.Members(); it.Next(); {
		c.asked = true
		switch it.Key() {
		case "input", "inputAssessment":
			c.in = max(c.in, actionIn(it.Value(), 0))
		case "outputs", "outputAssessments":
			c.out = max(c.out, actionIn(it.Value(), 0))
		}
	}
}

// actionDepth is how deep actions are: in a list, of a policy, of a guardrail's
// assessment, of which there may be a list of lists.
const actionDepth = 7

func actionIn(v field.Value, depth int) (gravest action) {
	if depth > actionDepth {
		return none
	}
	for it := v.Members(); it.Next(); {
		if it.Key() == "action" {
			switch it.Value().Text() {
			case "BLOCKED":
				gravest = blocked
			case "ANONYMIZED":
				gravest = max(gravest, masked)
			}
			continue
		}
		gravest = max(gravest, actionIn(it.Value(), depth+1))
	}
	return gravest
}

// verdict sets what the guardrail did. Without a trace, an intervention before
// the model was asked shows by the tokens that it did not make.
func (c *call) verdict() {
	r := c.r
	switch {
	case c.in == blocked:
		r.Guardrail = schemas.GuardrailInputBlocked
	case c.out == blocked:
		r.Guardrail = schemas.GuardrailOutputBlocked
	case c.in == masked || c.out == masked:
		r.Guardrail = schemas.GuardrailMasked
	case c.intervened && r.OutputTokens == 0:
		r.Guardrail = schemas.GuardrailInputBlocked
	case c.intervened:
		r.Guardrail = schemas.GuardrailOutputBlocked
	case c.asked:
		r.Guardrail = schemas.GuardrailPassed
	}
}
