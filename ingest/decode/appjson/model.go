package appjson

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// model takes what is known of a call to a model, among it OpenTelemetry's
// attributes (folded: "gen_ai.usage.input_tokens" is "genai.usage.inputtokens").
func (in *reader) model(name string, v field.Value) bool {
	r := in.r
	switch name {
	case "model", "modelname", "modelid", "requestmodel", "aimodel", "llm.model", "genai.request.model":
		if !in.answered {
			r.Model = v.Text()
		}
	case "responsemodel", "genai.response.model":
		if s := v.Text(); s != "" {
			r.Model, in.answered = s, true
		}
	case "provider", "llmprovider", "aiorg", "aiprovider", "genai.system", "genai.provider.name", "llm.provider":
		r.Provider = decode.ProviderOf(v.Text())
	case "genai.operation.name":
		r.Operation = v.Text()
	case "operation", "operationname":
		// Other things are called operations, too.
		switch s := v.Text(); s {
		case "chat", "text_completion", "embeddings", "generate_content", "execute_tool":
			r.Operation = s
		}
	case "inputtokens", "prompttokens", "tokensin", "requnits", "genai.usage.inputtokens", "genai.usage.prompttokens", "llm.inputtokens":
		r.Count(schemas.HasInputTokens, &r.InputTokens, v.Text())
	case "outputtokens", "completiontokens", "tokensout", "resunits", "genai.usage.outputtokens", "genai.usage.completiontokens", "llm.outputtokens":
		r.Count(schemas.HasOutputTokens, &r.OutputTokens, v.Text())
	case "cachedtokens", "cachereadinputtokens", "genai.usage.cacheread.inputtokens":
		r.Count(schemas.HasCachedTokens, &r.CachedTokens, v.Text())
	case "reasoningtokens", "genai.usage.reasoningtokens", "genai.usage.reasoning.outputtokens":
		r.Count(schemas.HasReasoningTokens, &r.ReasoningTokens, v.Text())
	case "cost", "costusd", "totalcost", "spend":
		r.SetCost(v.Text())
	case "stream", "streaming", "isstream", "genai.request.stream":
		r.Flag(schemas.HasStream, &r.Stream, v)
	case "temperature", "genai.request.temperature":
		r.SetTemperature(v.Text())
	case "maxtokens", "genai.request.maxtokens":
		r.Small(schemas.HasMaxTokens, &r.MaxTokens, v.Text())
	case "n", "genai.request.choice.count":
		r.Small(schemas.HasChoices, &r.Choices, v.Text())
	case "logprobs":
		r.Flag(schemas.HasLogprobs, &r.Logprobs, v)
	case "toplogprobs":
		r.Small(schemas.HasTopLogprobs, &r.TopLogprobs, v.Text())
	case "finishreason", "stopreason", "genai.response.finishreasons":
		r.FinishReason = v.Text()
	case "messages", "request.messages", "prompt", "genai.input.messages", "input":
		if m := v.Unwrap(); m.Kind() == field.Array {
			v = m
		}
		r.ReadMessages(v)
	case "headers", "req.headers", "request.headers", "requestheaders":
		r.ReadRequestHeaders(v.Unwrap())
	case "body", "req.body", "request.body", "requestbody":
		if body := v.Unwrap(); body.Kind() == field.Object {
			r.ReadRequestBody(body)
		} else if v.Text() != "" {
			r.Dropped++
		}
	default:
		return false
	}
	return true
}

func (in *reader) setTime(rank int, s string) {
	if t, ok := field.Time(strings.Trim(s, "[]")); ok && rank >= in.time {
		in.r.Time, in.time = t, rank
	}
}

func (in *reader) setPrincipal(rank int, s string) {
	if s != "" && rank > in.principal {
		in.r.Principal, in.principal = s, rank
	}
}

// setPeer sets the client: who a proxy says it is goes before the socket's end.
func (in *reader) setPeer(rank int, s string) {
	if s != "" && rank >= in.peer {
		in.r.Peer, in.peer = s, rank
	}
}

// setAuth reads what the application says of authentication, in a word.
func (in *reader) setAuth(v field.Value) {
	r := in.r
	if ok, known := v.Bool(); known {
		r.Auth = schemas.AuthFailure
		if ok {
			r.Auth = schemas.AuthSuccess
			return
		}
		r.AuthReason = schemas.ReasonUnstated
		return
	}
	outcome, reason := schemas.AuthFailure, schemas.ReasonUnstated
	switch strings.ToLower(v.Text()) {
	case "success", "succeeded", "ok", "allow", "allowed":
		outcome, reason = schemas.AuthSuccess, schemas.ReasonNone
	case "failure", "failed", "fail", "deny", "denied":
	case "missing":
		reason = schemas.ReasonMissing
	case "invalid":
		reason = schemas.ReasonInvalid
	case "expired":
		reason = schemas.ReasonExpired
	case "forbidden":
		reason = schemas.ReasonForbidden
	default:
		return
	}
	r.Auth, r.AuthReason = outcome, reason
}
