package custom

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// target is a field of an event that a mapping can fill.
type target struct {
	name string
	// want is what its values are, for messages.
	want string
	// set fills it from a text, or from v, if whole is set. It leaves the record
	// as it is if it cannot believe it.
	set func(r *decode.Record, s *step, text string, v field.Value)
	// whole tells that arrays and objects are values, too.
	whole bool
	kind  kind
}

// kind tells which settings a field takes.
type kind uint8

const (
	plain kind = iota
	duration
	instant
)

// text makes a field that is a text as it stands.
func text(name string, of func(*decode.Record) *string) target {
	return target{name: name, want: "a text", set: func(r *decode.Record, _ *step, s string, _ field.Value) { *of(r) = s }}
}

// count makes a field that is a number from 0 to 2^53.
func count(name string, bit schemas.FieldSet, of func(*decode.Record) *int64) target {
	return target{name: name, want: "a whole number from 0", set: func(r *decode.Record, _ *step, s string, _ field.Value) { r.Count(bit, of(r), s) }}
}

// small makes a field that is a number from 0 to 2^31-1.
func small(name string, bit schemas.FieldSet, of func(*decode.Record) *int32) target {
	return target{name: name, want: "a whole number from 0", set: func(r *decode.Record, _ *step, s string, _ field.Value) { r.Small(bit, of(r), s) }}
}

// length makes a field that is a number, or the length of an array or object.
func length(name string, bit schemas.FieldSet, of func(*decode.Record) *int32) target {
	return target{name: name, want: "a whole number from 0, or what is counted", whole: true, set: func(r *decode.Record, _ *step, s string, v field.Value) {
		if k := v.Kind(); k == field.Array || k == field.Object {
			*of(r) = int32(v.Len())
			r.Known |= bit
			return
		}
		r.Small(bit, of(r), s)
	}}
}

// flag makes a field that is a truth.
func flag(name string, bit schemas.FieldSet, of func(*decode.Record) *bool) target {
	return target{name: name, want: "true or false", set: func(r *decode.Record, _ *step, s string, _ field.Value) {
		switch s {
		case "true", "True", "1":
			*of(r) = true
		case "false", "False", "0":
			*of(r) = false
		default:
			return
		}
		r.Known |= bit
	}}
}

// took makes a field that is a duration.
func took(name string, bit schemas.FieldSet, of func(*decode.Record) *int64) target {
	return target{name: name, want: "a duration", kind: duration, set: func(r *decode.Record, s *step, text string, _ field.Value) {
		if n, ok := field.TextDuration(text, s.unit); ok {
			*of(r) = n
			r.Known |= bit
		}
	}}
}

func target1(name, want string, set func(*decode.Record, string)) target {
	return target{name: name, want: want, set: func(r *decode.Record, _ *step, s string, _ field.Value) { set(r, s) }}
}

// newTargets returns all fields, in the order of the README.
func newTargets() []target {
	return []target{
		{name: "time", want: "a time", kind: instant, set: func(r *decode.Record, s *step, text string, _ field.Value) {
			if t, ok := s.clock.read(text); ok {
				r.Time = t
			}
		}},
		text("gateway", func(r *decode.Record) *string { return &r.Gateway }),
		text("tenant", func(r *decode.Record) *string { return &r.Tenant }),
		text("request_id", func(r *decode.Record) *string { return &r.RequestID }),
		text("method", func(r *decode.Record) *string { return &r.Method }),
		text("host", func(r *decode.Record) *string { return &r.Host }),
		text("route", func(r *decode.Record) *string { return &r.Route }),
		target1("path", "a path", (*decode.Record).SetTarget),
		target1("query", "a query", func(r *decode.Record, s string) { r.Query = strings.TrimPrefix(s, "?") }),
		target1("target", "a path with its query, or a URL", (*decode.Record).SetTarget),
		target1("request_line", "a request line, such as GET /path HTTP/1.1", (*decode.Record).SetRequestLine),
		target1("status", "a number from 100 to 599", (*decode.Record).SetStatus),
		target1("upstream_status", "a number from 100 to 599", func(r *decode.Record, s string) {
			r.SetUpstreamStatus(s)
			if r.Known&schemas.HasUpstreamStatus != 0 && r.Responder == schemas.ResponderUnknown {
				r.Responder = schemas.ResponderUpstream
			}
		}),
		target1("responder", "gateway or upstream", setResponder),
		target1("auth", "success or failure", setAuth),
		target1("auth_reason", "missing, invalid, expired, forbidden or unstated", setReason),
		target1("principal", "a text", func(r *decode.Record, s string) { r.Principal = s }),
		text("end_user", func(r *decode.Record) *string { return &r.EndUser }),
		target1("credential", "a text", (*decode.Record).SetCredential),
		text("client", func(r *decode.Record) *string { return &r.Peer }),
		text("forwarded", func(r *decode.Record) *string { return &r.Forwarded }),
		text("user_agent", func(r *decode.Record) *string { return &r.UserAgent }),
		text("tls", func(r *decode.Record) *string { return &r.TLS }),
		took("latency", schemas.HasLatency, func(r *decode.Record) *int64 { return &r.LatencyNS }),
		took("upstream_latency", schemas.HasUpstreamLatency, func(r *decode.Record) *int64 { return &r.UpstreamLatencyNS }),
		count("request_bytes", schemas.HasRequestBytes, func(r *decode.Record) *int64 { return &r.RequestBytes }),
		count("response_bytes", schemas.HasResponseBytes, func(r *decode.Record) *int64 { return &r.ResponseBytes }),
		target1("provider", "a text", func(r *decode.Record, s string) { r.Provider = decode.ProviderOf(s) }),
		text("model", func(r *decode.Record) *string { return &r.Model }),
		text("operation", func(r *decode.Record) *string { return &r.Operation }),
		text("tool", func(r *decode.Record) *string { return &r.Tool }),
		count("input_tokens", schemas.HasInputTokens, func(r *decode.Record) *int64 { return &r.InputTokens }),
		count("output_tokens", schemas.HasOutputTokens, func(r *decode.Record) *int64 { return &r.OutputTokens }),
		count("cached_tokens", schemas.HasCachedTokens, func(r *decode.Record) *int64 { return &r.CachedTokens }),
		count("reasoning_tokens", schemas.HasReasoningTokens, func(r *decode.Record) *int64 { return &r.ReasoningTokens }),
		target1("cost", "US dollars", (*decode.Record).SetCost),
		flag("stream", schemas.HasStream, func(r *decode.Record) *bool { return &r.Stream }),
		target1("temperature", "a number from 0", (*decode.Record).SetTemperature),
		small("max_tokens", schemas.HasMaxTokens, func(r *decode.Record) *int32 { return &r.MaxTokens }),
		small("choices", schemas.HasChoices, func(r *decode.Record) *int32 { return &r.Choices }),
		flag("logprobs", schemas.HasLogprobs, func(r *decode.Record) *bool { return &r.Logprobs }),
		small("top_logprobs", schemas.HasTopLogprobs, func(r *decode.Record) *int32 { return &r.TopLogprobs }),
		length("logit_bias", schemas.HasLogitBias, func(r *decode.Record) *int32 { return &r.LogitBias }),
		length("tools", schemas.HasTools, func(r *decode.Record) *int32 { return &r.Tools }),
		{name: "messages", want: "messages, or their number", whole: true, set: setMessages},
		text("finish_reason", func(r *decode.Record) *string { return &r.FinishReason }),
		target1("guardrail", "passed, input_blocked, output_blocked or masked", setGuardrail),
		{name: "prompt", want: "a text, or several", whole: true, set: setPrompt},
	}
}

func setResponder(r *decode.Record, s string) {
	for who := schemas.ResponderGateway; who <= schemas.ResponderUpstream; who++ {
		if who.String() == s {
			r.Responder = who
		}
	}
}

func setAuth(r *decode.Record, s string) {
	switch s {
	case "success", "true":
		r.Auth = schemas.AuthSuccess
	case "failure", "false":
		r.Auth = schemas.AuthFailure
	}
}

// setReason takes why authentication failed; that it did follows from it.
func setReason(r *decode.Record, s string) {
	for why := schemas.ReasonMissing; why <= schemas.ReasonUnstated; why++ {
		if why.String() == s {
			r.AuthReason, r.Auth = why, schemas.AuthFailure
		}
	}
}

func setGuardrail(r *decode.Record, s string) {
	for verdict := schemas.GuardrailPassed; verdict <= schemas.GuardrailMasked; verdict++ {
		if verdict.String() == s {
			r.Guardrail = verdict
		}
	}
}

// setMessages takes the messages themselves, as JSON or as a text that holds
// it, or their number.
func setMessages(r *decode.Record, _ *step, s string, v field.Value) {
	if v.Kind() == field.Array {
		r.ReadMessages(v)
		return
	}
	if inner := v.Unwrap(); inner.Kind() == field.Array {
		r.ReadMessages(inner)
		return
	}
	r.Small(schemas.HasMessages, &r.Messages, s)
}

// setPrompt takes texts that were sent to the model, and counts no messages.
func setPrompt(r *decode.Record, _ *step, s string, v field.Value) {
	if k := v.Kind(); k != field.Array && k != field.Object {
		if s != "" {
			r.Prompt = append(r.Prompt, s)
		}
		return
	}
	known, messages := r.Known, r.Messages
	r.ReadMessages(v)
	r.Known, r.Messages = known, messages
}
