package schemas

import (
	"net/netip"
	"time"
)

// Position says where an event came from. Two events never share a Position.
type Position struct {
	// Topic is the Kafka topic, or the name of the file.
	Topic string `json:"topic"`
	// Partition is the Kafka partition; 0 for a file.
	Partition int32 `json:"partition"`
	// Offset is the Kafka offset, or the line number of a file from 0.
	Offset int64 `json:"offset"`
	// Index tells apart the records of one message, from 0.
	Index int32 `json:"index"`
}

// Event is one request that a gateway answered, normalised and redacted.
//
// Empty strings and zero numbers mean "not known" unless Known says otherwise:
// for the fields that have a bit in FieldSet, zero is a value when the bit is
// set. Strings share memory with the batch: who keeps one beyond the batch
// calls strings.Clone.
type Event struct {
	Position Position `json:"position"`
	// Time is the time of the request by the gateway's clock, in Unix
	// nanoseconds, UTC.
	Time int64 `json:"time"`
	// Known has the bits of the optional fields that the log did state.
	Known FieldSet `json:"known"`

	// Format is the log format that was decoded, for example "kong".
	Format string `json:"format"`
	// Gateway names the gateway instance, service or host that logged.
	Gateway string `json:"gateway,omitempty"`
	// Tenant is the workspace, team, account or subscription.
	Tenant string `json:"tenant,omitempty"`
	// RequestID is the gateway's own id of the request.
	RequestID string `json:"request_id,omitempty"`
	// Delivery is a keyed hash of what tells this record from every other: the
	// shipper's agent, file and offset, or the request's id and figures. A
	// record that is delivered twice has it twice; 0 if nothing tells.
	Delivery uint64 `json:"delivery,omitempty"`
	// KeyID names the key of the ring under which the pseudonyms were made.
	KeyID string `json:"key_id,omitempty"`

	// Method is the HTTP method in upper case.
	Method string `json:"method,omitempty"`
	// Host is the host that was asked for, without port, in lower case.
	Host string `json:"host,omitempty"`
	// Route is the template of the path, for example "/v1/files/{id}", or the
	// gateway's name of the route. It has few distinct values.
	Route string `json:"route,omitempty"`
	// Path is the redacted path, without the query.
	Path string `json:"path,omitempty"`
	// Query is the redacted query string, without "?".
	Query string `json:"query,omitempty"`
	// Status is the HTTP status that the client got.
	Status uint16 `json:"status,omitempty"`
	// UpstreamStatus is the last HTTP status of the upstream; 0 if the request
	// never reached it.
	UpstreamStatus uint16 `json:"upstream_status,omitempty"`
	// Responder says who produced the response.
	Responder Responder `json:"responder,omitempty"`
	// Auth is the outcome of the client's authentication at the gateway.
	Auth AuthOutcome `json:"auth,omitempty"`
	// AuthReason says why authentication failed.
	AuthReason AuthReason `json:"auth_reason,omitempty"`

	// Principal is the caller: a pseudonym ("h1:k1:…") unless policy keeps it.
	Principal string `json:"principal,omitempty"`
	// Subject is Principal under the oldest key of the ring while a rotation's
	// overlap lasts, else empty: what is kept of a caller goes on under it. It
	// stays in memory: it is never encoded, stored or sent.
	Subject string `json:"-"`
	// EndUser is the user behind a shared key, a pseudonym like Principal.
	EndUser string `json:"end_user,omitempty"`
	// Credential is the keyed fingerprint of the credential that was presented.
	Credential string `json:"credential,omitempty"`
	// ClientAddr is the client's true address. It stays in memory: it is never
	// encoded, stored, logged or sent.
	ClientAddr netip.Addr `json:"-"`
	// Client is the client's address as policy lets it be stored: by default a
	// prefix-preserving pseudonym of ClientAddr, of the same family.
	Client netip.Addr `json:"client,omitzero"`
	// ASN and Country are those of the true address, if a database is given.
	ASN     uint32 `json:"asn,omitempty"`
	Country string `json:"country,omitempty"`
	// Network is what kind of network the true address is in, by the lists
	// that are configured.
	Network NetworkClass `json:"network,omitempty"`
	// TLS is the version and cipher of the client's connection, or a
	// fingerprint of its hello, as the gateway logs it.
	TLS string `json:"tls,omitempty"`
	// Endpoint is the route's listing in the endpoint inventory.
	Endpoint Listing `json:"endpoint,omitempty"`
	// UserAgent is the redacted user agent.
	UserAgent string `json:"user_agent,omitempty"`
	// ClientClass is what the user agent says the client is.
	ClientClass ClientClass `json:"client_class,omitempty"`

	// Latency is the time from request to the end of the response.
	Latency time.Duration `json:"latency,omitempty"`
	// UpstreamLatency is the part that the upstream took.
	UpstreamLatency time.Duration `json:"upstream_latency,omitempty"`
	// RequestBytes and ResponseBytes are the sizes on the wire.
	RequestBytes  int64 `json:"request_bytes,omitempty"`
	ResponseBytes int64 `json:"response_bytes,omitempty"`

	// Provider is the model's provider in OpenTelemetry's spelling ("openai").
	Provider string `json:"provider,omitempty"`
	// Model is the model that answered, else the one that was asked for.
	Model string `json:"model,omitempty"`
	// ModelListing is the model's listing in the model inventory.
	ModelListing Listing `json:"model_listing,omitempty"`
	// Operation is OpenTelemetry's gen_ai.operation.name: "chat",
	// "embeddings", "text_completion", …; empty if this is no model call.
	Operation string `json:"operation,omitempty"`
	// Tool is the tool that was called (gen_ai.tool.name), of an MCP request.
	Tool string `json:"tool,omitempty"`
	// Tokens, by kind. InputTokens includes CachedTokens; OutputTokens
	// includes ReasoningTokens.
	InputTokens     int64 `json:"input_tokens,omitempty"`
	OutputTokens    int64 `json:"output_tokens,omitempty"`
	CachedTokens    int64 `json:"cached_tokens,omitempty"`
	ReasoningTokens int64 `json:"reasoning_tokens,omitempty"`
	// Cost in US dollars. CostEstimated tells that it was computed from the
	// price table, because the log has none.
	Cost          float64 `json:"cost,omitempty"`
	CostEstimated bool    `json:"cost_estimated,omitempty"`
	// Stream tells that the response was streamed.
	Stream bool `json:"stream,omitempty"`
	// Temperature, MaxTokens, Choices (n), TopLogprobs and Logprobs are the
	// request's parameters; LogitBias counts the biased tokens.
	Temperature float32 `json:"temperature,omitempty"`
	MaxTokens   int32   `json:"max_tokens,omitempty"`
	Choices     int32   `json:"choices,omitempty"`
	Logprobs    bool    `json:"logprobs,omitempty"`
	TopLogprobs int32   `json:"top_logprobs,omitempty"`
	LogitBias   int32   `json:"logit_bias,omitempty"`
	// Tools and Messages count the tools offered and the messages sent.
	Tools    int32 `json:"tools,omitempty"`
	Messages int32 `json:"messages,omitempty"`
	// FinishReason is why the model stopped ("stop", "length", …).
	FinishReason string `json:"finish_reason,omitempty"`
	// Guardrail is what a guardrail said, if there was one.
	Guardrail Guardrail `json:"guardrail,omitempty"`
	// PromptLength is the length of the prompt's text in Unicode code points.
	PromptLength int32 `json:"prompt_length,omitempty"`
	// PromptFingerprint is a keyed hash of the normalised prompt, and
	// TemplateFingerprint of the prompt with its slots (numbers, names, quoted
	// text, code) taken out; 0 if no prompt was logged.
	PromptFingerprint   uint64 `json:"prompt_fingerprint,omitempty"`
	TemplateFingerprint uint64 `json:"template_fingerprint,omitempty"`
	// PromptSimHash and PromptMinHash are keyed sketches of the prompt's
	// shingles: of near duplicates the first differ in few bits, and each
	// number of the second is equal with the probability of the shingles'
	// Jaccard similarity. Both are 0 if no prompt was logged.
	PromptSimHash uint64    `json:"prompt_simhash,omitempty"`
	PromptMinHash [4]uint32 `json:"prompt_minhash,omitzero"`
	// PromptScript is the prompt's script, PromptLanguage its language by ISO
	// 639-1 ("en"), or "code" or "data"; empty if it is not known.
	PromptScript   Script `json:"prompt_script,omitempty"`
	PromptLanguage string `json:"prompt_language,omitempty"`
	// PromptHidden is the share of zero-width, encoded and look-alike
	// characters in the prompt, in percent.
	PromptHidden uint8 `json:"prompt_hidden,omitempty"`
	// PromptSignals are the signatures that the prompt hit.
	PromptSignals PromptSignals `json:"prompt_signals,omitempty"`

	// Redacted counts what was taken out of this record, by kind.
	Redacted RedactionCounts `json:"redacted,omitzero"`
}

// When returns Time as a time.Time in UTC.
func (e *Event) When() time.Time { return time.Unix(0, e.Time).UTC() }

// Has reports whether the log stated every field of f.
func (e *Event) Has(f FieldSet) bool { return e.Known&f == f }

// FieldSet is a set of the optional fields of an Event.
type FieldSet uint32

// The optional fields whose zero is a value.
const (
	HasStatus FieldSet = 1 << iota
	HasUpstreamStatus
	HasLatency
	HasUpstreamLatency
	HasRequestBytes
	HasResponseBytes
	HasInputTokens
	HasOutputTokens
	HasCachedTokens
	HasReasoningTokens
	HasCost
	HasStream
	HasTemperature
	HasMaxTokens
	HasChoices
	HasLogprobs
	HasTopLogprobs
	HasLogitBias
	HasTools
	HasMessages
	HasPrompt
)
