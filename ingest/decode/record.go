package decode

import (
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// Record is one gateway record before redaction: everything that the log said
// and that an Event may be made of. It is the only type that holds raw text,
// and only ingest may import this package.
//
// Its strings alias the message or the decoder's scratch: they are valid until
// the sink's method returns. A Record is reused; Reset empties it.
type Record struct {
	// Format, Gateway, Tenant, RequestID, Method, Host as in schemas.Event,
	// but raw. Method may be in any case, Host may carry a port.
	Format    string
	Gateway   string
	Tenant    string
	RequestID string
	Method    string
	Host      string
	// Route is the gateway's name or template of the route, if it logged one.
	Route string
	// Path is the path without the query, Query the query without "?"; both
	// as the client sent them.
	Path  string
	Query string

	// Origin is where a shipper read the record.
	Origin Origin
	// Context is what an envelope says beside the record, such as the resource
	// of an OTLP record, for the format's own use.
	Context field.Value `json:"-"`

	// Time is in Unix nanoseconds; 0 if neither record nor envelope states it.
	Time int64
	// Known has the bits of the numbers below that the log stated.
	Known schemas.FieldSet

	Status         uint16
	UpstreamStatus uint16
	Responder      schemas.Responder
	Auth           schemas.AuthOutcome
	AuthReason     schemas.AuthReason
	// NotAuth tells that a 401 or 403 was no matter of authentication: the
	// gateway says that a quota or a filter refused the request, or that it has
	// no such route.
	NotAuth bool
	// Presented says whether the request carried a credential. It decides
	// AuthReason where the gateway gives none.
	Presented Presented

	// Principal is who called: key id, consumer, user, subject.
	Principal string
	// EndUser is the user behind a shared key.
	EndUser string
	// Credential is the credential itself, if the log has it. It leaves ingest
	// as a keyed fingerprint only.
	Credential string
	// Peer is the address of the socket's other end, with or without a port;
	// Forwarded is the X-Forwarded-For header as one comma-separated list.
	Peer      string
	Forwarded string
	UserAgent string
	// TLS is version and cipher ("TLSv1.3/TLS_AES_128_GCM_SHA256"), or a
	// fingerprint of the client's hello.
	TLS string

	// LatencyNS and UpstreamLatencyNS are in nanoseconds.
	LatencyNS         int64
	UpstreamLatencyNS int64
	RequestBytes      int64
	ResponseBytes     int64

	Provider        string
	Model           string
	Operation       string
	Tool            string
	InputTokens     int64
	OutputTokens    int64
	CachedTokens    int64
	ReasoningTokens int64
	Cost            float64
	Stream          bool
	Temperature     float32
	MaxTokens       int32
	Choices         int32
	Logprobs        bool
	TopLogprobs     int32
	LogitBias       int32
	Tools           int32
	Messages        int32
	FinishReason    string
	Guardrail       schemas.Guardrail

	// Prompt has the texts of the request's messages, in order, if they were
	// logged. They are measured and fingerprinted, then dropped.
	Prompt []string
	// Dropped counts further texts that were seen and left out: answers,
	// faulty prompts, error texts with input in them.
	Dropped int32
}

// Origin is the place in a file that a shipper read a record from. The same
// agent, file and offset are the same record, delivered again.
type Origin struct {
	// Agent is the shipper's own id; empty if there is no origin.
	Agent string
	// File is the file's fingerprint, inode or path, whichever tells most.
	File   string
	Offset int64
	// Single tells that the origin names this record alone: it is the same
	// wherever the record stands in a message.
	Single bool `json:"-"`
}

// Reset empties r and keeps the memory of Prompt.
func (r *Record) Reset() { *r = Record{Prompt: r.Prompt[:0]} }

// String hides the content: a Record is never printed.
func (r *Record) String() string { return "[raw record]" }

// GoString hides the content also from %#v.
func (r *Record) GoString() string { return "[raw record]" }

// Sink takes what a message decodes to. Its methods are called in the order of
// the records, on the caller's goroutine.
type Sink interface {
	// Record takes one record; r and its strings are valid until it returns.
	// index counts the records of the message from 0.
	Record(index int32, r *Record)
	// Reject takes what could not be decoded. raw is the record's bytes, valid
	// until it returns; reason never quotes them.
	Reject(index int32, stage, reason, format string, raw []byte)
}
