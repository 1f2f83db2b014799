package otlp

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// model takes the attributes of a call of a model, of the conventions of today
// and before 1.37.
func (e *entry) model(name string, v, item field.Value, r *decode.Record) {
	if usage, ok := strings.CutPrefix(name, "gen_ai.usage."); ok {
		e.usage(usage, v, r)
		return
	}
	switch name {
	case "gen_ai.operation.name":
		r.Operation = v.Text()
	case "gen_ai.provider.name", "gen_ai.system":
		if s := v.Text(); s != "" {
			r.Provider = providerOf(s)
		}
	case "gen_ai.request.model":
		e.asked = v.Text()
	case "gen_ai.response.model":
		e.answered = v.Text()
	case "gen_ai.request.stream", "llm.is_streaming":
		r.Flag(schemas.HasStream, &r.Stream, v)
	case "gen_ai.request.temperature":
		r.SetTemperature(v.Text())
	case "gen_ai.request.max_tokens":
		r.Small(schemas.HasMaxTokens, &r.MaxTokens, v.Text())
	case "gen_ai.request.choice.count":
		r.Small(schemas.HasChoices, &r.Choices, v.Text())
	case "gen_ai.response.finish_reasons":
		if s := v.Text(); s != "" {
			r.FinishReason = s
		}
	case "gen_ai.tool.name":
		r.Tool = v.Text()
	case "gen_ai.tool.definitions":
		if list := v.Unwrap(); list.Kind() == field.Array {
			r.Tools = int32(list.Len())
			r.Known |= schemas.HasTools
		} else if list := item.Get("value").Get("arrayValue").Get("values"); list.Kind() == field.Array {
			r.Tools = int32(list.Len())
			r.Known |= schemas.HasTools
		}
	case "gen_ai.request.user", "gen_ai.user.id":
		r.EndUser = v.Text()
	case "gen_ai.guardrail.target.type", "gen_ai.security.target.type":
		e.target = v.Text()
	case "gen_ai.guardrail.verdict.type", "gen_ai.security.verdict.type", "gen_ai.security.decision.type":
		if e.verdict == "" {
			e.verdict = v.Text()
		}
	case "gen_ai.guardrail.action.type", "gen_ai.guardrail.action", "gen_ai.security.action.type":
		if s := v.Text(); s != "" { // what was done says more than what was found
			e.verdict = s
		}
	default:
		e.inference(name, v, r)
	}
}

// inference takes the attributes of OpenInference, which other instrumentations
// use in place of the conventions.
func (e *entry) inference(name string, v field.Value, r *decode.Record) {
	switch name {
	case "llm.model_name":
		if e.asked == "" {
			e.asked = v.Text()
		}
	case "llm.provider", "llm.system":
		if r.Provider == "" {
			r.Provider = providerOf(v.Text())
		}
	case "llm.token_count.prompt":
		r.Count(schemas.HasInputTokens, &r.InputTokens, v.Text())
	case "llm.token_count.completion":
		r.Count(schemas.HasOutputTokens, &r.OutputTokens, v.Text())
	case "llm.token_count.prompt_details.cache_read":
		r.Count(schemas.HasCachedTokens, &r.CachedTokens, v.Text())
	case "llm.token_count.completion_details.reasoning":
		r.Count(schemas.HasReasoningTokens, &r.ReasoningTokens, v.Text())
	case "llm.cost.total":
		r.SetCost(v.Text())
	case "llm.invocation_parameters":
		r.ReadRequestBody(v.Unwrap())
	}
}

// usage takes counts of tokens; name is without its prefix.
func (e *entry) usage(name string, v field.Value, r *decode.Record) {
	switch name {
	case "input_tokens", "prompt_tokens":
		r.Count(schemas.HasInputTokens, &r.InputTokens, v.Text())
	case "output_tokens", "completion_tokens":
		r.Count(schemas.HasOutputTokens, &r.OutputTokens, v.Text())
	case "cache_read.input_tokens", "cache_read_input_tokens", "cached_tokens", "input_cached_tokens", "cached_input_tokens":
		r.Count(schemas.HasCachedTokens, &r.CachedTokens, v.Text())
	case "cache_creation.input_tokens", "cache_creation_input_tokens", "cache_write.input_tokens":
		r.Count(0, &e.written, v.Text())
	case "reasoning.output_tokens", "reasoning_tokens":
		r.Count(schemas.HasReasoningTokens, &r.ReasoningTokens, v.Text())
	case "cost":
		r.SetCost(v.Text())
	}
}

// message takes texts: the prompt, which is JSON in a string or structured, or
// spread over numbered attributes; answers are left out and counted. It reports
// whether the attribute is one of them.
func (e *entry) message(name string, v, item field.Value, r *decode.Record) bool {
	switch name {
	case "gen_ai.input.messages", "gen_ai.prompt":
		e.messages(v, item, r)
	case "gen_ai.system_instructions":
		messages, known := r.Messages, r.Known&schemas.HasMessages
		e.messages(v, item, r)
		r.Messages = messages
		r.Known = r.Known&^schemas.HasMessages | known
	case "gen_ai.output.messages", "gen_ai.completion":
		r.Dropped++
	case "content", "gen_ai.event.content":
		switch e.event { // a message's own event
		case "gen_ai.system.message", "gen_ai.user.message", "gen_ai.assistant.message", "gen_ai.tool.message":
			e.messages(v, item, r)
			e.count(r)
		case "gen_ai.choice":
			r.Dropped++
		}
	default:
		return e.numbered(name, v, r)
	}
	return true
}

// numbered takes the attributes gen_ai.prompt.0.content,
// llm.input_messages.0.message.content and their like.
func (e *entry) numbered(name string, v field.Value, r *decode.Record) bool {
	switch {
	case strings.HasPrefix(name, "gen_ai.prompt."), strings.HasPrefix(name, "llm.input_messages."):
		if strings.HasSuffix(name, ".content") && v.Text() != "" {
			r.Prompt = append(r.Prompt, v.Text())
			e.count(r)
		}
	case strings.HasPrefix(name, "gen_ai.completion."), strings.HasPrefix(name, "llm.output_messages."):
		if strings.HasSuffix(name, ".content") {
			r.Dropped++
		}
		if strings.HasSuffix(name, ".finish_reason") && v.Text() != "" {
			r.FinishReason = v.Text()
		}
	default:
		return false
	}
	return true
}

// count counts one message.
func (e *entry) count(r *decode.Record) {
	r.Messages++
	r.Known |= schemas.HasMessages
}

func (e *entry) messages(v, item field.Value, r *decode.Record) {
	if v.Kind() == field.String {
		if list := v.Unwrap(); list.Kind() == field.Array {
			r.ReadMessages(list)
		} else if list.Get("messages").Kind() != field.None {
			r.ReadRequestBody(list)
		} else if list.Kind() == field.Object {
			r.ReadMessages(list)
		} else {
			r.ReadMessages(v)
		}
		return
	}
	if list := item.Get("value").Get("arrayValue").Get("values"); list.Kind() == field.Array {
		r.Messages = int32(list.Len())
		r.Known |= schemas.HasMessages
		texts(list, r, 0)
	}
}

// maxTexts bounds how deep texts are looked for: an AnyValue takes three levels
// of JSON for one of its own.
const maxTexts = 24

// texts takes the texts of messages that are AnyValues: those named "content"
// or "text".
func texts(v field.Value, r *decode.Record, depth int) {
	if depth > maxTexts {
		return
	}
	for it := v.Members(); it.Next(); {
		member := it.Value()
		key := member.Get("key").Text()
		if value := member.Get("value").Get("stringValue"); value.Kind() == field.String {
			if s := value.Text(); s != "" && (key == "content" || key == "text") {
				r.Prompt = append(r.Prompt, s)
			}
			continue
		}
		texts(member, r, depth+1)
	}
}

// deriveModel sets what a call's attributes give together.
func (e *entry) deriveModel(r *decode.Record) {
	switch {
	case e.answered != "":
		r.Model = e.answered
	case e.asked != "":
		r.Model = e.asked
	}
	// The conventions count what was read from the cache among the input; what
	// passes Anthropic's figures on does not.
	if r.Known&schemas.HasInputTokens != 0 && r.CachedTokens > r.InputTokens {
		r.InputTokens = min(r.InputTokens+r.CachedTokens+e.written, field.MaxCount)
	}
	// What answers in tokens is a chat, unless its path says otherwise.
	if r.Operation == "" && r.Model != "" && r.OutputTokens > 0 {
		if r.Operation = decode.OperationOf(r.Path); r.Operation == "" {
			r.Operation = "chat"
		}
	}
	if e.verdict != "" {
		e.guard(r)
	}
}

// guard reads a verdict. The conventions for it are a draft, and its words are
// the guards' own; what is none of these says nothing.
func (e *entry) guard(r *decode.Record) {
	switch strings.ToLower(e.verdict) {
	case "allow", "allowed", "pass", "passed", "none", "benign", "safe", "audit", "warn", "log":
		r.Guard(schemas.GuardrailPassed)
	case "modify", "modified", "mask", "masked", "redact", "redacted", "sanitize", "sanitized":
		r.Guard(schemas.GuardrailMasked)
	case "deny", "denied", "block", "blocked", "reject", "rejected", "intervened":
		if strings.Contains(e.target, "output") || strings.Contains(e.target, "response") {
			r.Guard(schemas.GuardrailOutputBlocked)
		} else {
			r.Guard(schemas.GuardrailInputBlocked)
		}
	}
}

// providerOf returns today's name of a provider.
func providerOf(name string) string {
	switch name {
	case "az.ai.openai":
		return "azure.ai.openai"
	case "az.ai.inference":
		return "azure.ai.inference"
	}
	return decode.ProviderOf(name)
}
