package envoy

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// maxMetadata is how deep dynamic metadata is read: the namespace of a filter
// in an object of all of them, and a token's payload in it.
const maxMetadata = 3

// models are the names of the model: what was asked for, what the gateway made
// of it, and what answered; and the client of a token that has no subject.
type models struct{ asked, override, answered, client string }

// model returns the name that is nearest to the model.
func (m *models) model() string {
	switch {
	case m.answered != "":
		return m.answered
	case m.override != "":
		return m.override
	}
	return m.asked
}

func set(to *string, v field.Value) {
	if s := v.Text(); s != "" {
		*to = s
	}
}

// readMetadata reads dynamic metadata that is logged as an object.
func readMetadata(o field.Value, r *decode.Record, depth int, m *models) {
	for it := o.Members(); it.Next(); {
		v := it.Value()
		if v.Kind() == field.Object {
			if depth < maxMetadata {
				readMetadata(v, r, depth+1, m)
			}
			continue
		}
		switch it.Key() {
		case "sub": // of a token that was verified
			if r.Principal == "" {
				r.Principal = v.Text()
			}
		case "client_id", "azp":
			set(&m.client, v)
		default:
			readModel(it.Key(), v, r, m)
		}
	}
}

// readModel reads what Envoy AI Gateway adds, under OpenTelemetry's names,
// those of its documentation or those of its dynamic metadata.
func readModel(name string, v field.Value, r *decode.Record, m *models) {
	switch name {
	case "gen_ai.request.model", "genai_model_name", "model_name", "model", "gen_ai.original.model", "original_model":
		set(&m.asked, v)
	case "gen_ai.request.model_override", "genai_model_name_override", "model_name_override":
		set(&m.override, v)
	case "gen_ai.response.model", "genai_response_model", "response_model":
		set(&m.answered, v)
	case "gen_ai.provider.name", "gen_ai.system", "genai_backend_name", "backend_name":
		// Envoy AI Gateway puts the path of its backend here.
		if s := v.Text(); s != "" && !strings.Contains(s, "/") {
			r.Provider = decode.ProviderOf(s)
		}
	case "gen_ai.operation.name":
		if r.Operation != toolCall { // which says more, wherever it stands
			r.Operation = v.Text()
		}
	case "gen_ai.usage.input_tokens", "genai_tokens_input", "llm_input_token", "input_tokens":
		r.Count(schemas.HasInputTokens, &r.InputTokens, v.Text())
	case "gen_ai.usage.output_tokens", "genai_tokens_output", "llm_output_token", "output_tokens":
		r.Count(schemas.HasOutputTokens, &r.OutputTokens, v.Text())
	case "gen_ai.usage.cached_input_tokens", "gen_ai.usage.cache_read.input_tokens", "genai_tokens_cached_input", "llm_cached_input_token":
		r.Count(schemas.HasCachedTokens, &r.CachedTokens, v.Text())
	case "gen_ai.usage.reasoning_tokens", "gen_ai.usage.reasoning.output_tokens", "genai_tokens_reasoning", "llm_reasoning_token":
		r.Count(schemas.HasReasoningTokens, &r.ReasoningTokens, v.Text())
	case "gen_ai.request.stream":
		r.Flag(schemas.HasStream, &r.Stream, v)
	case "gen_ai.request.temperature":
		r.SetTemperature(v.Text())
	case "gen_ai.request.max_tokens":
		r.Small(schemas.HasMaxTokens, &r.MaxTokens, v.Text())
	case "gen_ai.request.choice.count":
		r.Small(schemas.HasChoices, &r.Choices, v.Text())
	case "gen_ai.response.finish_reasons":
		r.FinishReason = v.Text()
	case "mcp_method", "mcp.method", "mcp.method.name":
		if v.Text() == "tools/call" {
			r.Operation = toolCall
		}
	case "mcp_tool_name", "mcp_tool", "mcp.tool.name", "mcp.request.tool.name", "gen_ai.tool.name":
		r.Tool = v.Text()
	case "response_content_type", "content-type":
		r.SetContentType(v.Text())
	}
}

// toolCall is the operation of a call of an MCP tool.
const toolCall = "execute_tool"
