package gateway

import (
	"net/netip"
	"time"
)

// Record is one request as its gateway saw it. It belongs to the Fleet and is
// overwritten by the next call of Next.
type Record struct {
	// Time of the request in Unix nanoseconds.
	Time int64
	// Truth is the index in Fleet.Truths of the plant that the record belongs
	// to, -1 if it belongs to none.
	Truth int
	// Format is the format that AppendTo renders, Filebeat tells whether in an
	// envelope.
	Format   Format
	Filebeat bool

	Method string
	Path   []byte
	// Query is percent-encoded, without "?".
	Query []byte
	// Status is what the client got, Upstream what the upstream answered; 0
	// if the gateway answered by itself.
	Status, Upstream int
	// Client is the client's address.
	Client netip.Addr
	// Principal is who called, as the gateway logs it; empty if it cannot tell.
	Principal []byte
	// EndUser is the user behind a shared key, or empty.
	EndUser []byte
	// Credential is the credential in clear, where the gateway logs it.
	Credential []byte
	UserAgent  []byte

	Latency       time.Duration
	RequestBytes  int64
	ResponseBytes int64
	// Input, Output and Cached are tokens; all 0 if no model answered.
	Input, Output, Cached int64
	Stream                bool
	// The request's parameters; only LiteLLM and logged payloads have them.
	Temperature float64
	MaxTokens   int
	TopLogprobs int
	LogitBias   int
	Messages    int
	Tools       int
	// Choices is how many answers are asked for, if not 0, and Offered how many
	// tools the request has. Unset has the parameters that the client left out.
	// LiteLLM and logged payloads have them.
	Choices, Offered int
	Unset            Parameters
	// Withheld tells that the gateway logs no prompts.
	Withheld bool
	// Team is the tenant, if it is not the service's; LiteLLM logs it.
	Team string

	Service *Service
	Prompt  Prompt
	// Asked is the model that was asked for, if it is not the service's, and
	// Host the host, if it is not the service's.
	Asked, Host string
	// Reasoning is the part of Output that nobody sees. Finish is why the model
	// stopped, if not as usual; Blocked is what a guardrail blocked.
	Reasoning int64
	Finish    string
	Blocked   Block
	// Unrouted tells that the gateway knows no route for the path.
	Unrouted bool
	// KeyID is the id of the credential in the gateway, ID of the request.
	KeyID, ID [2]uint64
	scratch   []byte
	inner     []byte
}

// When returns Time as a time.Time in UTC.
func (r *Record) When() time.Time { return time.Unix(0, r.Time).UTC() }

// Route returns the service's method and path template, "POST /v1/embeddings".
func (r *Record) Route() string { return r.Service.Method + " " + r.Service.Template }

// Parameters is a set of parameters of a request.
type Parameters uint8

// The parameters that a client may leave out.
const (
	Temperature Parameters = 1 << iota
	MaxTokens
	Stream
)

// tenant returns the tenant that called.
func (r *Record) tenant() string {
	if r.Team != "" {
		return r.Team
	}
	return r.Service.Tenant
}

// Block is what a guardrail blocked.
type Block uint8

// The blocks. LiteLLM logs them, and Kong where it logs the payload.
const (
	NotBlocked Block = iota
	InputBlocked
	OutputBlocked
)

// Model returns the model that was asked, empty if there is none.
func (r *Record) Model() string {
	if r.Asked != "" {
		return r.Asked
	}
	return r.Service.Model
}

// host returns the host that was asked for.
func (r *Record) host() string {
	if r.Host != "" {
		return r.Host
	}
	return r.Service.Host
}

// SetAgent sets the user agent.
func (r *Record) SetAgent(ua string) { r.UserAgent = append(r.UserAgent[:0], ua...) }

// SetPath sets method and path.
func (r *Record) SetPath(method, path string) {
	r.Method, r.Path, r.Query = method, append(r.Path[:0], path...), r.Query[:0]
}

// Reset empties r and keeps its memory.
func (r *Record) Reset(at int64, svc *Service) {
	*r = Record{
		Time: at, Truth: -1, Format: svc.Format, Method: svc.Method, Service: svc,
		Path: append(r.Path[:0], svc.Path...), Query: r.Query[:0],
		Principal: r.Principal[:0], EndUser: r.EndUser[:0], Credential: r.Credential[:0],
		UserAgent: r.UserAgent[:0], scratch: r.scratch, inner: r.inner,
		Status: 200, Upstream: 200,
	}
}

// Refuse makes the record one that the gateway answered by itself.
func (r *Record) Refuse(status int) {
	r.Status, r.Upstream = status, 0
	r.Input, r.Output, r.Cached, r.Reasoning = 0, 0, 0, 0
	r.ResponseBytes = 80
	r.Latency = 2 * time.Millisecond
}

// Fail makes the record one that the upstream answered with an error.
func (r *Record) Fail(status int) {
	r.Refuse(status)
	r.Upstream = status
	r.Latency = 40 * time.Millisecond
}

// AppendTo appends the line that the gateway would have written, without a
// line feed. It allocates only while its buffers grow.
func (r *Record) AppendTo(buf []byte) []byte {
	if !r.Filebeat {
		return r.appendInner(buf)
	}
	r.inner = r.appendInner(r.inner[:0])
	return r.appendEnvelope(buf, r.inner)
}

func (r *Record) appendInner(buf []byte) []byte {
	switch r.Format {
	case Kong:
		return r.appendKong(buf)
	case NginxCombined:
		return r.appendCombined(buf)
	case NginxJSON:
		return r.appendNginxJSON(buf)
	case Envoy:
		return r.appendEnvoy(buf)
	case LiteLLM:
		return r.appendLiteLLM(buf)
	default:
		return r.appendApp(buf)
	}
}
