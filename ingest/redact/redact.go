// Package redact makes events out of raw records: it is the one place where text
// that a client or a gateway wrote passes into the rest of the program, and it
// passes redacted.
//
// A Redactor belongs to one worker and has no lock. It fails closed: what it
// cannot prove clean is replaced and counted as unproven. It does no I/O; only
// LoadKeys touches a file. What is recognised is in the package scan.
//
// The order of ingest is: enrich.Event sets the client's address, the route and
// the provider on the raw record and the event, then Redactor.Event writes the
// event's other fields.
package redact

import (
	"fmt"
	"math"
	"net/netip"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/redact/scan"
	"github.com/gatehound/gatehound/schemas"
)

// The bounds of the fields of an event in bytes. Text is cut to them after it
// was redacted, never before: half a secret is not recognised.
const (
	maxPrincipal = 40
	maxName      = 128 // gateway, tenant, host, model, …
	maxID        = 128
	maxRoute     = 256
	maxAgent     = 512
	maxPath      = 2048
	maxQuery     = 2048
)

// The sizes of the caches, in entries: powers of two.
const (
	nameEntries      = 1024
	pathEntries      = 1024
	agentEntries     = 512
	principalEntries = 8192
)

// Redactor turns raw records into events, and raw text into text that can be
// shown. It is not safe for concurrent use: every worker has its own.
type Redactor struct {
	policies *policies
	// policy is that of the record at hand.
	policy  *policy
	scanner scan.Scanner
	// names, paths and agents map raw text to clean text; principals, subjects
	// and credentials map identities to pseudonyms.
	names, paths, agents, principals, subjects, credentials *textCache

	addresses *addressCache
	text      tagger
	delivery  deliveryKey
	keyID     string

	keys        *Keys
	overlapping []int // older keys, in the ring
	shared      *identities
	separate    bool
	tenants     map[string]*identities
	// joined has the hashes of the identities whose pseudonyms were joined, and
	// aliases what Aliases is to return.
	joined  []uint64
	aliases []schemas.Alias

	// buf, scoped and counts are scratch of the field at hand.
	buf, scoped []byte
	counts      schemas.RedactionCounts
}

// New returns a Redactor for one worker. Whether keys overlap is decided now.
func New(cfg Config, keys *Keys) (*Redactor, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if keys == nil {
		return nil, fmt.Errorf("redaction needs a key ring")
	}
	key := keys.ring[keys.current]
	r := &Redactor{
		policies: newPolicies(&cfg), names: newTextCache(nameEntries), paths: newTextCache(pathEntries),
		agents: newTextCache(agentEntries), principals: newTextCache(principalEntries),
		credentials: newTextCache(principalEntries),
		addresses:   newAddressCache(newPan(key.Secret)),
		delivery:    keys.delivery(), keyID: key.ID,
		keys: keys, overlapping: keys.overlapping(time.Now(), cfg.Overlap),
		separate: cfg.Tenants == Separate, tenants: map[string]*identities{},
	}
	r.policy = r.policies.base
	r.text.init(pseudonym, key, domainText)
	r.shared = newIdentities(keys, r.overlapping, "")
	if len(r.overlapping) > 0 {
		r.joined = make([]uint64, joinedEntries)
	}
	if r.shared.subject != nil {
		r.subjects = newTextCache(principalEntries)
	}
	return r, nil
}

// Event fills ev from rec, redacted. Text is copied into arena, or shared with
// this Redactor's caches, so that nothing of rec is referenced afterwards. It
// leaves Position, ClientAddr, ClientClass, ASN and Country as they are; Client
// is made from ClientAddr.
func (r *Redactor) Event(rec *decode.Record, ev *schemas.Event, arena *schemas.Arena) error {
	n := &ev.Redacted
	*n = schemas.RedactionCounts{}
	ev.KeyID, ev.Delivery = r.keyID, r.delivery.of(rec, ev.Position.Index)

	ev.Time = rec.Time

	r.policy = r.policies.of(ev.Position.Topic, rec.Format)
	ru := r.policy
	ev.Format = r.field(r.names, rec.Format, ru.name, n, arena)
	ev.Gateway = r.field(r.names, rec.Gateway, ru.gateway, n, arena)
	ev.Tenant = r.field(r.names, rec.Tenant, ru.tenant, n, arena)
	ev.RequestID = r.requestID(rec.RequestID, n, arena)
	ev.Method = r.method(rec.Method, n, arena)
	ev.Host = r.host(rec.Host, n, arena)
	ev.Route = r.field(r.names, rec.Route, ru.route, n, arena)
	ev.Path = r.field(r.paths, rec.Path, ru.path, n, arena)
	ev.Query = r.field(r.paths, rec.Query, ru.query, n, arena)
	ev.Principal = r.identity(rec.Principal, ev.Tenant, ru.actions[fieldPrincipal], ev, arena)
	ev.Subject = r.subject(rec.Principal, ev.Tenant, ev.Principal, arena)
	ev.EndUser = r.identity(rec.EndUser, ev.Tenant, ru.actions[fieldEndUser], ev, arena)
	ev.Credential = r.fingerprint(rec.Credential, ev.Tenant, arena)
	ev.Client = r.client(ev.ClientAddr)
	ev.UserAgent = r.field(r.agents, rec.UserAgent, ru.agent, n, arena)
	ev.Provider = r.field(r.names, rec.Provider, ru.name, n, arena)
	ev.Model = r.field(r.names, rec.Model, ru.name, n, arena)
	ev.Operation = r.field(r.names, rec.Operation, ru.name, n, arena)
	ev.FinishReason = r.field(r.names, rec.FinishReason, ru.name, n, arena)
	ev.Tool = r.field(r.names, rec.Tool, ru.name, n, arena)
	ev.TLS = r.field(r.names, rec.TLS, ru.tls, n, arena)
	copyFigures(rec, ev)

	dropped := min(255, len(rec.Prompt)+int(max(0, rec.Dropped)))
	n[schemas.RedactedPrompt] = uint8(min(255, int(n[schemas.RedactedPrompt])+dropped))
	return nil
}

// copyFigures copies what is no text. A float that is no number is not known:
// JSON has no way to say it.
func copyFigures(rec *decode.Record, ev *schemas.Event) {
	ev.Known = rec.Known
	ev.Status, ev.UpstreamStatus = rec.Status, rec.UpstreamStatus
	ev.Responder, ev.Auth, ev.AuthReason = rec.Responder, rec.Auth, rec.AuthReason
	ev.Latency = nanoseconds(rec.LatencyNS)
	ev.UpstreamLatency = nanoseconds(rec.UpstreamLatencyNS)
	ev.RequestBytes, ev.ResponseBytes = rec.RequestBytes, rec.ResponseBytes
	ev.InputTokens, ev.OutputTokens = rec.InputTokens, rec.OutputTokens
	ev.CachedTokens, ev.ReasoningTokens = rec.CachedTokens, rec.ReasoningTokens
	ev.Cost, ev.Temperature = rec.Cost, rec.Temperature
	if math.IsNaN(ev.Cost) || math.IsInf(ev.Cost, 0) {
		ev.Cost = 0
		ev.Known &^= schemas.HasCost
	}
	if t := float64(ev.Temperature); math.IsNaN(t) || math.IsInf(t, 0) {
		ev.Temperature = 0
		ev.Known &^= schemas.HasTemperature
	}
	ev.Stream, ev.Logprobs = rec.Stream, rec.Logprobs
	ev.MaxTokens, ev.Choices, ev.TopLogprobs, ev.LogitBias = rec.MaxTokens, rec.Choices, rec.TopLogprobs, rec.LogitBias
	ev.Tools, ev.Messages = rec.Tools, rec.Messages
	ev.Guardrail = rec.Guardrail
}

// PromptFeatures tells whether policy lets the prompt of the last record be
// measured and fingerprinted.
func (r *Redactor) PromptFeatures() bool { return r.policy.actions[fieldPromptFeatures] == Keep }

// client returns the stored form of the client's address.
func (r *Redactor) client(a netip.Addr) netip.Addr {
	a = a.Unmap()
	if a.Is6() {
		a = a.WithZone("")
	}
	if !a.IsValid() {
		return a
	}
	switch r.policy.actions[fieldClientAddress] {
	case Keep:
		return a
	case Pseudonymize:
		return r.addresses.forward(a)
	case Mask:
		if a.Is4() {
			return masked(a, 24)
		}
		return masked(a, 64)
	}
	return netip.Addr{}
}

// view returns b as a string that is valid until b is written again.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
