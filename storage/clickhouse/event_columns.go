package clickhouse

import (
	"net/netip"
	"slices"
	"time"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// eventColumns are the columns of events that are written: every field of
// schemas.Event but ClientAddr and Subject, which stay in memory.
func eventColumns() []columns.Column[schemas.Event] {
	type E = schemas.Event
	text := func(name string, get func(*E) string) columns.Column[E] { return columns.Plain(name, "String", get) }
	i64 := func(name string, bit schemas.FieldSet, get func(*E) int64) columns.Column[E] {
		return stated(name, "Int64", bit, get)
	}
	i32 := func(name string, bit schemas.FieldSet, get func(*E) int32) columns.Column[E] {
		return stated(name, "Int32", bit, get)
	}
	return []columns.Column[E]{
		columns.Plain("time", "DateTime64(9, 'UTC')", func(e *E) time.Time { return time.Unix(0, e.Time) }),
		text("topic", func(e *E) string { return e.Position.Topic }),
		columns.Plain("partition", "Int32", func(e *E) int32 { return e.Position.Partition }),
		columns.Plain("message_offset", "Int64", func(e *E) int64 { return e.Position.Offset }),
		columns.Plain("record_index", "Int32", func(e *E) int32 { return e.Position.Index }),

		text("format", func(e *E) string { return e.Format }),
		text("gateway", func(e *E) string { return e.Gateway }),
		text("tenant", func(e *E) string { return e.Tenant }),
		text("request_id", func(e *E) string { return e.RequestID }),
		columns.Plain("delivery", "UInt64", func(e *E) uint64 { return e.Delivery }),
		text("key_id", func(e *E) string { return e.KeyID }),
		text("method", func(e *E) string { return e.Method }),
		text("host", func(e *E) string { return e.Host }),
		text("route", func(e *E) string { return e.Route }),
		text("path", func(e *E) string { return e.Path }),
		text("query", func(e *E) string { return e.Query }),
		stated("status", "UInt16", schemas.HasStatus, func(e *E) uint16 { return e.Status }),
		stated("upstream_status", "UInt16", schemas.HasUpstreamStatus, func(e *E) uint16 { return e.UpstreamStatus }),
		enum("responder", uint8(schemas.ResponderUpstream), func(e *E) uint8 { return uint8(e.Responder) }),
		enum("auth", uint8(schemas.AuthFailure), func(e *E) uint8 { return uint8(e.Auth) }),
		enum("auth_reason", uint8(schemas.ReasonUnstated), func(e *E) uint8 { return uint8(e.AuthReason) }),

		text("principal", func(e *E) string { return e.Principal }),
		text("end_user", func(e *E) string { return e.EndUser }),
		text("credential", func(e *E) string { return e.Credential }),
		columns.Plain("client", "IPv6", func(e *E) netip.Addr { return e.Client }),
		columns.Plain("asn", "UInt32", func(e *E) uint32 { return e.ASN }),
		text("country", func(e *E) string { return e.Country }),
		enum("network", uint8(schemas.NetworkInternal), func(e *E) uint8 { return uint8(e.Network) }),
		text("tls", func(e *E) string { return e.TLS }),
		enum("endpoint", uint8(schemas.ListingUnlisted), func(e *E) uint8 { return uint8(e.Endpoint) }),
		text("user_agent", func(e *E) string { return e.UserAgent }),
		enum("client_class", uint8(schemas.ClientEmpty), func(e *E) uint8 { return uint8(e.ClientClass) }),

		i64("latency", schemas.HasLatency, func(e *E) int64 { return int64(e.Latency) }),
		i64("upstream_latency", schemas.HasUpstreamLatency, func(e *E) int64 { return int64(e.UpstreamLatency) }),
		i64("request_bytes", schemas.HasRequestBytes, func(e *E) int64 { return e.RequestBytes }),
		i64("response_bytes", schemas.HasResponseBytes, func(e *E) int64 { return e.ResponseBytes }),

		text("provider", func(e *E) string { return e.Provider }),
		text("model", func(e *E) string { return e.Model }),
		enum("model_listing", uint8(schemas.ListingUnlisted), func(e *E) uint8 { return uint8(e.ModelListing) }),
		text("operation", func(e *E) string { return e.Operation }),
		text("tool", func(e *E) string { return e.Tool }),
		i64("input_tokens", schemas.HasInputTokens, func(e *E) int64 { return e.InputTokens }),
		i64("output_tokens", schemas.HasOutputTokens, func(e *E) int64 { return e.OutputTokens }),
		i64("cached_tokens", schemas.HasCachedTokens, func(e *E) int64 { return e.CachedTokens }),
		i64("reasoning_tokens", schemas.HasReasoningTokens, func(e *E) int64 { return e.ReasoningTokens }),
		stated("cost", "Float64", schemas.HasCost, func(e *E) float64 { return e.Cost }),
		columns.Plain("cost_estimated", "Bool", func(e *E) bool { return e.CostEstimated }),
		stated("stream", "Bool", schemas.HasStream, func(e *E) bool { return e.Stream }),
		stated("temperature", "Float32", schemas.HasTemperature, func(e *E) float32 { return e.Temperature }),
		i32("max_tokens", schemas.HasMaxTokens, func(e *E) int32 { return e.MaxTokens }),
		i32("choices", schemas.HasChoices, func(e *E) int32 { return e.Choices }),
		stated("logprobs", "Bool", schemas.HasLogprobs, func(e *E) bool { return e.Logprobs }),
		i32("top_logprobs", schemas.HasTopLogprobs, func(e *E) int32 { return e.TopLogprobs }),
		i32("logit_bias", schemas.HasLogitBias, func(e *E) int32 { return e.LogitBias }),
		i32("tools", schemas.HasTools, func(e *E) int32 { return e.Tools }),
		i32("messages", schemas.HasMessages, func(e *E) int32 { return e.Messages }),
		text("finish_reason", func(e *E) string { return e.FinishReason }),
		enum("guardrail", uint8(schemas.GuardrailMasked), func(e *E) uint8 { return uint8(e.Guardrail) }),
		i32("prompt_length", schemas.HasPrompt, func(e *E) int32 { return e.PromptLength }),
		columns.Plain("prompt_fingerprint", "UInt64", func(e *E) uint64 { return e.PromptFingerprint }),
		columns.Plain("template_fingerprint", "UInt64", func(e *E) uint64 { return e.TemplateFingerprint }),
		columns.Plain("prompt_simhash", "UInt64", func(e *E) uint64 { return e.PromptSimHash }),
		columns.Plain("prompt_minhash", "Array(UInt32)", minHash),
		enum("prompt_script", uint8(schemas.ScriptMixed), func(e *E) uint8 { return uint8(e.PromptScript) }),
		text("prompt_language", func(e *E) string { return e.PromptLanguage }),
		columns.Plain("prompt_hidden", "UInt8", func(e *E) uint8 { return e.PromptHidden }),
		columns.Plain("prompt_signals", "UInt16", func(e *E) uint16 { return uint16(e.PromptSignals) }),
		text("redacted_counts", func(e *E) string { return countsText(&e.Redacted) }),
	}
}

// stated is a column that is NULL where the log did not state the field. A
// value other than zero is stated, whatever Known says.
func stated[V comparable](name, wire string, bit schemas.FieldSet, get func(*schemas.Event) V) columns.Column[schemas.Event] {
	var zero V
	has := func(e *schemas.Event) bool { return e.Known&bit != 0 || get(e) != zero }
	return columns.Nullable(name, wire, has, get)
}

// minHash is the sketch of a prompt, empty if there is none.
func minHash(e *schemas.Event) []uint32 {
	if e.PromptMinHash == [4]uint32{} {
		return nil
	}
	return slices.Clone(e.PromptMinHash[:]) // the batch may be gone when the block is sent
}

// enum travels as the number. One beyond last becomes 0, "unknown": ClickHouse
// would store it and then fail to read it.
func enum(name string, last uint8, get func(*schemas.Event) uint8) columns.Column[schemas.Event] {
	return columns.Plain(name, "Int8", func(e *schemas.Event) int8 {
		if v := get(e); v <= last {
			return int8(v)
		}
		return 0
	})
}

// countsText packs the counts, a byte a kind, without the zeros at the end. Most
// events have none, and cost nothing.
func countsText(c *schemas.RedactionCounts) string {
	n := len(c)
	for n > 0 && c[n-1] == 0 {
		n--
	}
	return string(c[:n])
}
