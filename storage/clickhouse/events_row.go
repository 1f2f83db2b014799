package clickhouse

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// eventRow takes one row of events. Its destinations are the fields of an event,
// so that a row is read without reflection; what is NULL is told by one number,
// Known, that the server makes.
type eventRow struct {
	ev     schemas.Event
	time   int64
	known  uint64
	client netip.Addr
	counts string

	names string
	dest  []any
}

func newEventRow() *eventRow {
	r := &eventRow{}
	e := &r.ev
	var names, known []string
	add := func(expression string, dest any) {
		names, r.dest = append(names, expression), append(r.dest, dest)
	}
	plain := func(name string, dest any) { add("`"+name+"`", dest) }
	// A number or an enumeration travels as a plain number.
	enum := func(name string, dest *uint8) { add("toUInt8(`"+name+"`)", dest) }
	stated := func(name string, bit schemas.FieldSet, zero string, dest any) {
		add("ifNull(`"+name+"`, "+zero+")", dest)
		known = append(known, "if(isNull(`"+name+"`), 0, "+strconv.Itoa(int(bit))+")")
	}

	add("toUnixTimestamp64Nano(`time`)", &r.time)
	plain("topic", &e.Position.Topic)
	plain("partition", &e.Position.Partition)
	plain("message_offset", &e.Position.Offset)
	plain("record_index", &e.Position.Index)
	plain("format", &e.Format)
	plain("gateway", &e.Gateway)
	plain("tenant", &e.Tenant)
	plain("request_id", &e.RequestID)
	plain("delivery", &e.Delivery)
	plain("key_id", &e.KeyID)
	plain("method", &e.Method)
	plain("host", &e.Host)
	plain("route", &e.Route)
	plain("path", &e.Path)
	plain("query", &e.Query)
	stated("status", schemas.HasStatus, "0", &e.Status)
	stated("upstream_status", schemas.HasUpstreamStatus, "0", &e.UpstreamStatus)
	enum("responder", (*uint8)(&e.Responder))
	enum("auth", (*uint8)(&e.Auth))
	enum("auth_reason", (*uint8)(&e.AuthReason))

	plain("principal", &e.Principal)
	plain("end_user", &e.EndUser)
	plain("credential", &e.Credential)
	plain("client", &r.client)
	plain("asn", &e.ASN)
	plain("country", &e.Country)
	enum("network", (*uint8)(&e.Network))
	plain("tls", &e.TLS)
	enum("endpoint", (*uint8)(&e.Endpoint))
	plain("user_agent", &e.UserAgent)
	enum("client_class", (*uint8)(&e.ClientClass))

	stated("latency", schemas.HasLatency, "0", (*int64)(&e.Latency))
	stated("upstream_latency", schemas.HasUpstreamLatency, "0", (*int64)(&e.UpstreamLatency))
	stated("request_bytes", schemas.HasRequestBytes, "0", &e.RequestBytes)
	stated("response_bytes", schemas.HasResponseBytes, "0", &e.ResponseBytes)

	plain("provider", &e.Provider)
	plain("model", &e.Model)
	enum("model_listing", (*uint8)(&e.ModelListing))
	plain("operation", &e.Operation)
	plain("tool", &e.Tool)
	stated("input_tokens", schemas.HasInputTokens, "0", &e.InputTokens)
	stated("output_tokens", schemas.HasOutputTokens, "0", &e.OutputTokens)
	stated("cached_tokens", schemas.HasCachedTokens, "0", &e.CachedTokens)
	stated("reasoning_tokens", schemas.HasReasoningTokens, "0", &e.ReasoningTokens)
	stated("cost", schemas.HasCost, "0", &e.Cost)
	plain("cost_estimated", &e.CostEstimated)
	stated("stream", schemas.HasStream, "false", &e.Stream)
	stated("temperature", schemas.HasTemperature, "toFloat32(0)", &e.Temperature)
	stated("max_tokens", schemas.HasMaxTokens, "0", &e.MaxTokens)
	stated("choices", schemas.HasChoices, "0", &e.Choices)
	stated("logprobs", schemas.HasLogprobs, "false", &e.Logprobs)
	stated("top_logprobs", schemas.HasTopLogprobs, "0", &e.TopLogprobs)
	stated("logit_bias", schemas.HasLogitBias, "0", &e.LogitBias)
	stated("tools", schemas.HasTools, "0", &e.Tools)
	stated("messages", schemas.HasMessages, "0", &e.Messages)
	plain("finish_reason", &e.FinishReason)
	enum("guardrail", (*uint8)(&e.Guardrail))
	stated("prompt_length", schemas.HasPrompt, "0", &e.PromptLength)
	plain("prompt_fingerprint", &e.PromptFingerprint)
	plain("template_fingerprint", &e.TemplateFingerprint)
	plain("prompt_simhash", &e.PromptSimHash)
	for i := range e.PromptMinHash {
		add("`prompt_minhash`["+strconv.Itoa(i+1)+"]", &e.PromptMinHash[i])
	}
	enum("prompt_script", (*uint8)(&e.PromptScript))
	plain("prompt_language", &e.PromptLanguage)
	plain("prompt_hidden", &e.PromptHidden)
	plain("prompt_signals", (*uint16)(&e.PromptSignals))
	plain("redacted_counts", &r.counts)
	add("toUInt64("+strings.Join(known, " + ")+")", &r.known)
	r.names = strings.Join(names, ", ")
	return r
}

// event moves what was read into ev.
func (r *eventRow) event(ev *schemas.Event) {
	*ev = r.ev
	ev.Time, ev.Known = r.time, schemas.FieldSet(r.known)
	if r.client != netip.IPv6Unspecified() {
		ev.Client = r.client.Unmap()
	}
	copy(ev.Redacted[:], r.counts)
}
