package decode

import (
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// ReadResponseBody takes what the body of a model's answer tells, in the shapes
// of OpenAI, Azure OpenAI, Anthropic and Google: the model that answered, its
// token counts, why it stopped, and the verdict of a content filter. The
// answer's texts, and those of an error, are left out and counted.
func (r *Record) ReadResponseBody(body field.Value) {
	for it := body.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "model", "modelVersion":
			if s := v.Text(); s != "" {
				r.Model = s
			}
		case "usage":
			r.ReadCacheApart(v)
		case "usageMetadata":
			r.ReadGeminiUsage(v)
		case "choices", "candidates":
			for c := v.Members(); c.Next(); {
				r.readChoice(c.Value())
			}
		case "stop_reason", "stopReason":
			r.setFinish(v)
		case "content", "output":
			r.Dropped++
		case "prompt_filter_results", "prompt_annotations":
			r.readFilter(v, schemas.GuardrailInputBlocked)
		case "error":
			r.Dropped++
			if v.Get("code").Text() == "content_filter" {
				r.Guard(schemas.GuardrailInputBlocked)
			}
		}
	}
}

func (r *Record) readChoice(choice field.Value) {
	for it := choice.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "finish_reason", "finishReason":
			r.setFinish(v)
		case "message", "text", "content":
			r.Dropped++
		case "content_filter_results":
			r.readFilter(v, schemas.GuardrailOutputBlocked)
		}
	}
}

// setFinish takes why a model stopped: of several answers the last one counts.
func (r *Record) setFinish(v field.Value) {
	s := v.Text()
	if s == "" {
		return
	}
	r.FinishReason = s
	if s == "content_filter" {
		r.Guard(schemas.GuardrailOutputBlocked)
	}
}

// readFilter reads the results of Azure's content filter: if none of its
// categories says that it filtered, the text has passed.
func (r *Record) readFilter(results field.Value, blocked schemas.Guardrail) {
	switch {
	case filtered(results, 0):
		r.Guard(blocked)
	case results.Len() > 0:
		r.Guard(schemas.GuardrailPassed)
	}
}

// filterDepth is how deep "filtered" is looked for: below a prompt's results,
// a category, its list of blocklists, and one of them.
const filterDepth = 5

func filtered(v field.Value, depth int) bool {
	if depth > filterDepth {
		return false
	}
	for it := v.Members(); it.Next(); {
		if it.Key() == "filtered" {
			if yes, _ := it.Value().Bool(); yes {
				return true
			}
		}
		if filtered(it.Value(), depth+1) {
			return true
		}
	}
	return false
}

// Guard keeps the verdict that weighs most: a block, then a mask, then a pass.
func (r *Record) Guard(verdict schemas.Guardrail) {
	switch {
	case r.Guardrail == schemas.GuardrailInputBlocked || r.Guardrail == schemas.GuardrailOutputBlocked:
	case r.Guardrail == schemas.GuardrailMasked && verdict == schemas.GuardrailPassed:
	default:
		r.Guardrail = verdict
	}
}
