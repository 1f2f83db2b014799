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

// ReadCacheApart takes token counts of APIs whose input leaves out what came
// from the prompt cache and what went into it: Anthropic's and Bedrock's.
// InputTokens is the sum of the three. Counts by other names are taken as
// ReadTokens takes them.
func (r *Record) ReadCacheApart(usage field.Value) {
	var input, read, written int64
	var hasInput, hasRead bool
	for it := usage.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "input_tokens", "inputTokens", "inputTokenCount":
			input, hasInput = field.Int(v.Text(), field.MaxCount)
		case "cache_read_input_tokens", "cacheReadInputTokens", "cacheReadInputTokenCount":
			read, hasRead = field.Int(v.Text(), field.MaxCount)
		case "cache_creation_input_tokens", "cacheWriteInputTokens", "cacheWriteInputTokenCount":
			if n, ok := field.Int(v.Text(), field.MaxCount); ok {
				written = n
			}
		case "outputTokenCount":
			r.Count(schemas.HasOutputTokens, &r.OutputTokens, v.Text())
		default:
			r.ReadTokens(it.Key(), v)
		}
	}
	if !hasInput {
		return
	}
	if !hasRead {
		read = 0
	}
	r.InputTokens = bounded(input + read + written)
	r.Known |= schemas.HasInputTokens
	if hasRead {
		r.CachedTokens = read
		r.Known |= schemas.HasCachedTokens
	}
}

// ReadGeminiUsage takes Google's counts, in either of its spellings: the
// candidates leave out the thoughts, the prompt what tools answered.
func (r *Record) ReadGeminiUsage(usage field.Value) {
	var prompt, tools, candidates, thoughts int64
	var input, output bool
	for it := usage.Members(); it.Next(); {
		v := it.Value()
		n, ok := field.Int(v.Text(), field.MaxCount)
		if !ok {
			continue
		}
		switch it.Key() {
		case "promptTokenCount", "prompt_token_count":
			prompt, input = n, true
		case "toolUsePromptTokenCount", "tool_use_prompt_token_count":
			tools = n
		case "candidatesTokenCount", "candidates_token_count":
			candidates, output = n, true
		case "thoughtsTokenCount", "thoughts_token_count":
			thoughts, output = n, true
			r.ReasoningTokens = n
			r.Known |= schemas.HasReasoningTokens
		case "cachedContentTokenCount", "cached_content_token_count":
			r.CachedTokens = n
			r.Known |= schemas.HasCachedTokens
		}
	}
	if input {
		r.InputTokens = bounded(prompt + tools)
		r.Known |= schemas.HasInputTokens
	}
	if output {
		r.OutputTokens = bounded(candidates + thoughts)
		r.Known |= schemas.HasOutputTokens
	}
}

func bounded(n int64) int64 { return min(n, field.MaxCount) }
