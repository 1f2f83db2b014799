package decode

import (
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// ReadUsage takes token counts from an object, by the names that OpenAI,
// Anthropic, Google and the gateways give them.
func (r *Record) ReadUsage(usage field.Value) {
	for it := usage.Members(); it.Next(); {
		r.ReadTokens(it.Key(), it.Value())
	}
}

// ReadTokens takes one member of an object of token counts and reports whether
// it is one.
func (r *Record) ReadTokens(name string, v field.Value) bool {
	switch name {
	case "prompt_tokens", "input_tokens", "prompt_token", "inputTokens", "promptTokenCount", "prompt_token_count":
		r.Count(schemas.HasInputTokens, &r.InputTokens, v.Text())
	case "completion_tokens", "output_tokens", "completion_token", "outputTokens", "candidatesTokenCount", "candidates_token_count":
		r.Count(schemas.HasOutputTokens, &r.OutputTokens, v.Text())
	case "cached_tokens", "cache_read_input_tokens", "cachedContentTokenCount":
		r.Count(schemas.HasCachedTokens, &r.CachedTokens, v.Text())
	case "reasoning_tokens", "thoughtsTokenCount", "thoughts_token_count":
		r.Count(schemas.HasReasoningTokens, &r.ReasoningTokens, v.Text())
	case "prompt_tokens_details", "input_tokens_details":
		r.Count(schemas.HasCachedTokens, &r.CachedTokens, v.Get("cached_tokens").Text())
	case "completion_tokens_details", "output_tokens_details":
		r.Count(schemas.HasReasoningTokens, &r.ReasoningTokens, v.Get("reasoning_tokens").Text())
	default:
		return false
	}
	return true
}
