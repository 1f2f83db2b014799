package explain

import (
	"strconv"
	"strings"
	"time"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

// fieldOf is a field of a record: what it says, as a text to compare, "" if it
// is not known; and what the redacted event shows of it. show is nil where raw
// says nothing that could be personal.
type fieldOf struct {
	name string
	raw  func(*decode.Record) string
	show func(*schemas.Event) string
}

// worked are the fields that follow from others if the log does not state them.
var worked = [...]string{"auth", "auth_reason", "operation", "responder", "stream", "credential", "presented"}

// bases are the fields that others are worked out from.
var bases = [...]string{"status", "upstream_status", "principal", "path", "query"}

func text(name string, raw func(*decode.Record) string, show func(*schemas.Event) string) fieldOf {
	return fieldOf{name, raw, show}
}

func number(name string, bit schemas.FieldSet, raw func(*decode.Record) int64, show func(*schemas.Event) int64) fieldOf {
	return fieldOf{name, func(r *decode.Record) string {
		if r.Known&bit == 0 {
			return ""
		}
		return strconv.FormatInt(raw(r), 10)
	}, func(e *schemas.Event) string {
		if e.Known&bit == 0 {
			return ""
		}
		return strconv.FormatInt(show(e), 10)
	}}
}

func took(name string, bit schemas.FieldSet, raw func(*decode.Record) int64, show func(*schemas.Event) time.Duration) fieldOf {
	f := number(name, bit, raw, func(*schemas.Event) int64 { return 0 })
	f.show = func(e *schemas.Event) string {
		if e.Known&bit == 0 {
			return ""
		}
		return show(e).String()
	}
	return f
}

func flag(name string, bit schemas.FieldSet, raw func(*decode.Record) bool, show func(*schemas.Event) bool) fieldOf {
	return fieldOf{name, func(r *decode.Record) string {
		if r.Known&bit == 0 {
			return ""
		}
		return strconv.FormatBool(raw(r))
	}, func(e *schemas.Event) string {
		if e.Known&bit == 0 {
			return ""
		}
		return strconv.FormatBool(show(e))
	}}
}

func fraction(name string, bit schemas.FieldSet, raw func(*decode.Record) float64, show func(*schemas.Event) float64) fieldOf {
	return fieldOf{name, func(r *decode.Record) string {
		if r.Known&bit == 0 {
			return ""
		}
		return strconv.FormatFloat(raw(r), 'g', -1, 64)
	}, func(e *schemas.Event) string {
		if e.Known&bit == 0 {
			return ""
		}
		return strconv.FormatFloat(show(e), 'g', -1, 32)
	}}
}

// known returns s, unless it names what is not known.
func known(s string) string {
	if s == "unknown" {
		return ""
	}
	return s
}

// kept tells that a field has a value which the event does not carry.
func kept(what string) func(*schemas.Event) string {
	return func(*schemas.Event) string { return what }
}

// newFields returns all fields, in the order in which they are shown.
func newFields() []fieldOf {
	type r = decode.Record
	type e = schemas.Event
	return []fieldOf{
		text("time", func(r *r) string { return strconv.FormatInt(r.Time, 10) }, func(e *e) string { return e.When().Format(time.RFC3339Nano) }),
		text("gateway", func(r *r) string { return r.Gateway }, func(e *e) string { return e.Gateway }),
		text("tenant", func(r *r) string { return r.Tenant }, func(e *e) string { return e.Tenant }),
		text("request_id", func(r *r) string { return r.RequestID }, func(e *e) string { return e.RequestID }),
		text("method", func(r *r) string { return r.Method }, func(e *e) string { return e.Method }),
		text("host", func(r *r) string { return r.Host }, func(e *e) string { return e.Host }),
		text("route", func(r *r) string { return r.Route }, func(e *e) string { return e.Route }),
		text("path", func(r *r) string { return r.Path }, func(e *e) string { return e.Path }),
		text("query", func(r *r) string { return r.Query }, func(e *e) string { return e.Query }),
		number("status", schemas.HasStatus, func(r *r) int64 { return int64(r.Status) }, func(e *e) int64 { return int64(e.Status) }),
		number("upstream_status", schemas.HasUpstreamStatus, func(r *r) int64 { return int64(r.UpstreamStatus) }, func(e *e) int64 { return int64(e.UpstreamStatus) }),
		text("responder", func(r *r) string { return known(r.Responder.String()) }, func(e *e) string { return known(e.Responder.String()) }),
		text("auth", func(r *r) string { return known(r.Auth.String()) }, func(e *e) string { return known(e.Auth.String()) }),
		text("auth_reason", func(r *r) string { return r.AuthReason.String() }, func(e *e) string { return e.AuthReason.String() }),
		text("presented", presented, nil),
		text("principal", func(r *r) string { return r.Principal }, func(e *e) string { return e.Principal }),
		text("end_user", func(r *r) string { return r.EndUser }, func(e *e) string { return e.EndUser }),
		text("credential", func(r *r) string { return r.Credential }, func(e *e) string { return e.Credential }),
		text("client", func(r *r) string { return r.Peer }, client),
		text("forwarded", func(r *r) string { return r.Forwarded }, client),
		text("user_agent", func(r *r) string { return r.UserAgent }, func(e *e) string { return e.UserAgent }),
		text("tls", func(r *r) string { return r.TLS }, func(e *e) string { return e.TLS }),
		took("latency", schemas.HasLatency, func(r *r) int64 { return r.LatencyNS }, func(e *e) time.Duration { return e.Latency }),
		took("upstream_latency", schemas.HasUpstreamLatency, func(r *r) int64 { return r.UpstreamLatencyNS }, func(e *e) time.Duration { return e.UpstreamLatency }),
		number("request_bytes", schemas.HasRequestBytes, func(r *r) int64 { return r.RequestBytes }, func(e *e) int64 { return e.RequestBytes }),
		number("response_bytes", schemas.HasResponseBytes, func(r *r) int64 { return r.ResponseBytes }, func(e *e) int64 { return e.ResponseBytes }),
		text("provider", func(r *r) string { return r.Provider }, func(e *e) string { return e.Provider }),
		text("model", func(r *r) string { return r.Model }, func(e *e) string { return e.Model }),
		text("operation", func(r *r) string { return r.Operation }, func(e *e) string { return e.Operation }),
		text("tool", func(r *r) string { return r.Tool }, func(e *e) string { return e.Tool }),
		number("input_tokens", schemas.HasInputTokens, func(r *r) int64 { return r.InputTokens }, func(e *e) int64 { return e.InputTokens }),
		number("output_tokens", schemas.HasOutputTokens, func(r *r) int64 { return r.OutputTokens }, func(e *e) int64 { return e.OutputTokens }),
		number("cached_tokens", schemas.HasCachedTokens, func(r *r) int64 { return r.CachedTokens }, func(e *e) int64 { return e.CachedTokens }),
		number("reasoning_tokens", schemas.HasReasoningTokens, func(r *r) int64 { return r.ReasoningTokens }, func(e *e) int64 { return e.ReasoningTokens }),
		fraction("cost", schemas.HasCost, func(r *r) float64 { return r.Cost }, func(e *e) float64 { return e.Cost }),
		flag("stream", schemas.HasStream, func(r *r) bool { return r.Stream }, func(e *e) bool { return e.Stream }),
		fraction("temperature", schemas.HasTemperature, func(r *r) float64 { return float64(r.Temperature) }, func(e *e) float64 { return float64(e.Temperature) }),
		number("max_tokens", schemas.HasMaxTokens, func(r *r) int64 { return int64(r.MaxTokens) }, func(e *e) int64 { return int64(e.MaxTokens) }),
		number("choices", schemas.HasChoices, func(r *r) int64 { return int64(r.Choices) }, func(e *e) int64 { return int64(e.Choices) }),
		flag("logprobs", schemas.HasLogprobs, func(r *r) bool { return r.Logprobs }, func(e *e) bool { return e.Logprobs }),
		number("top_logprobs", schemas.HasTopLogprobs, func(r *r) int64 { return int64(r.TopLogprobs) }, func(e *e) int64 { return int64(e.TopLogprobs) }),
		number("logit_bias", schemas.HasLogitBias, func(r *r) int64 { return int64(r.LogitBias) }, func(e *e) int64 { return int64(e.LogitBias) }),
		number("tools", schemas.HasTools, func(r *r) int64 { return int64(r.Tools) }, func(e *e) int64 { return int64(e.Tools) }),
		number("messages", schemas.HasMessages, func(r *r) int64 { return int64(r.Messages) }, func(e *e) int64 { return int64(e.Messages) }),
		text("finish_reason", func(r *r) string { return r.FinishReason }, func(e *e) string { return e.FinishReason }),
		text("guardrail", func(r *r) string { return known(r.Guardrail.String()) }, func(e *e) string { return known(e.Guardrail.String()) }),
		text("prompt", func(r *r) string { return strings.Join(r.Prompt, "\x00") }, prompt),
		text("dropped", func(r *r) string { return strings.TrimPrefix(strconv.Itoa(int(r.Dropped)), "0") }, nil),
		text("origin", func(r *r) string { return origin(&r.Origin) }, kept("tells deliveries apart")),
	}
}

func presented(r *decode.Record) string {
	switch r.Presented {
	case decode.PresentedNone:
		return "none"
	case decode.PresentedSome:
		return "some"
	}
	return ""
}

func client(e *schemas.Event) string {
	if !e.Client.IsValid() {
		return ""
	}
	return e.Client.String()
}

func prompt(e *schemas.Event) string {
	return strconv.Itoa(int(e.PromptLength)) + " characters"
}

func origin(o *decode.Origin) string {
	if o.Agent == "" {
		return ""
	}
	return strings.Join([]string{o.Agent, o.File, strconv.FormatInt(o.Offset, 10)}, "\x00")
}
