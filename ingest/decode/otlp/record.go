package otlp

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// entry holds what the fields of a record are derived from together.
type entry struct {
	server          bool // its server.* attributes are of the gateway
	start, end      int64
	trace, id       string
	client, socket  string
	user, userID    string
	asked, answered string
	errorType       string
	written         int64
	target          string // what a guardrail looked at
	verdict         string
	event           string
}

// decodeRecord reads a span, with the calls of models that are joined to it, or
// a log record.
func decodeRecord(o field.Value, r *decode.Record) bool {
	t := traitsOf(o)
	e := entry{server: t.server || t.request && !t.call}
	e.read(o, r)
	if r.Time = e.start; r.Time == 0 {
		r.Time = timeOf(o)
	}
	if e.end > e.start && e.start > 0 && e.end-e.start <= maxRequest {
		r.LatencyNS = e.end - e.start
		r.Known |= schemas.HasLatency
	}
	e.tenant(r)
	e.derive(r)
	if t.call && !t.server { // a client's span: what answered is the provider
		r.Responder = schemas.ResponderUpstream
		if r.Known&schemas.HasStatus != 0 {
			r.UpstreamStatus = r.Status
			r.Known |= schemas.HasUpstreamStatus
		}
	}
	return true
}

// maxRequest is 30 days: a longer span is a broken clock.
const maxRequest = 30 * 24 * 3600 * 1_000_000_000

// read takes the members of a span or a log record.
func (e *entry) read(o field.Value, r *decode.Record) {
	for it := o.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "traceId":
			e.trace = v.Text()
		case "spanId":
			e.id = v.Text()
		case "startTimeUnixNano":
			e.start = nanos(v)
		case "endTimeUnixNano":
			e.end = nanos(v)
		case "attributes":
			for a := v.Members(); a.Next(); {
				e.attribute(a.Value(), r)
			}
		case "events": // older instrumentations put messages there
			for events := v.Members(); events.Next(); {
				e.event = events.Value().Get("name").Text()
				for a := events.Value().Get("attributes").Members(); a.Next(); {
					name, v := attribute(a.Value())
					e.message(name, v, a.Value(), r)
				}
			}
			e.event = ""
		}
	}
}

// attribute takes one attribute. The tables are split by what they are about.
func (e *entry) attribute(item field.Value, r *decode.Record) {
	name, v := attribute(item)
	switch {
	case strings.HasPrefix(name, "gen_ai.") || strings.HasPrefix(name, "llm."):
		if !e.message(name, v, item, r) {
			e.model(name, v, item, r)
		}
	case strings.HasPrefix(name, "http.") || strings.HasPrefix(name, "url."):
		e.http(name, v, item, r)
	default:
		e.other(name, v, r)
	}
}

// http takes the attributes of HTTP, by their names of today and before 1.20.
func (e *entry) http(name string, v, item field.Value, r *decode.Record) {
	switch name {
	case "http.request.method", "http.method":
		if s := v.Text(); s != "_OTHER" {
			r.Method = s
		}
	case "http.request.method_original":
		r.Method = v.Text()
	case "url.path":
		r.Path = v.Text()
	case "url.query":
		r.Query = strings.TrimPrefix(v.Text(), "?")
	case "url.full", "http.url", "http.target":
		if s := v.Text(); s != "" && e.server {
			r.SetTarget(s)
		}
	case "http.route":
		r.Route = v.Text()
	case "http.response.status_code", "http.status_code":
		r.SetStatus(v.Text())
	case "http.host", "http.server_name":
		if e.server && r.Host == "" {
			r.Host = v.Text()
		}
	case "http.client_ip":
		e.client = v.Text()
	case "http.user_agent":
		r.UserAgent = v.Text()
	case "http.request.body.size", "http.request.size", "http.request_content_length":
		r.Count(schemas.HasRequestBytes, &r.RequestBytes, v.Text())
	case "http.response.body.size", "http.response.size", "http.response_content_length":
		r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
	case "http.server.request.duration":
		r.Duration(schemas.HasLatency, &r.LatencyNS, v.Text(), field.Seconds)
	default:
		if !e.server {
			return
		}
		if header, ok := strings.CutPrefix(name, "http.request.header."); ok {
			r.ReadRequestHeader(header, last(item, v))
			if r.Presented == decode.PresentedNone { // only the chosen ones are captured
				r.Presented = decode.PresentedUnknown
			}
		} else if header, ok := strings.CutPrefix(name, "http.response.header."); ok {
			r.ReadResponseHeader(header, v)
		}
	}
}

// last returns the last value of an attribute that is an array, such as a
// header that was sent twice: the one that the nearest proxy wrote.
func last(item, v field.Value) field.Value {
	for it := item.Get("value").Get("arrayValue").Get("values").Members(); it.Next(); {
		v = scalar(it.Value())
	}
	return v
}

// other takes who called, from where, and what went wrong.
func (e *entry) other(name string, v field.Value, r *decode.Record) {
	switch name {
	case "client.address":
		e.client = v.Text()
	case "network.peer.address", "net.sock.peer.addr", "net.peer.ip", "peer.address":
		e.socket = v.Text()
	case "server.address", "net.host.name":
		if e.server {
			r.Host = v.Text()
		}
	case "user_agent.original", "user_agent":
		r.UserAgent = v.Text()
	case "request_size": // Envoy's names, here and below
		r.Count(schemas.HasRequestBytes, &r.RequestBytes, v.Text())
	case "response_size":
		r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
	case "enduser.id":
		e.user = v.Text()
	case "user.id":
		e.userID = v.Text()
	case "tls.protocol.version":
		r.SetTLS(v.Text())
	case "error.type":
		e.errorType = v.Text()
	case "rpc.method", "rpc.service":
		if r.Route == "" {
			r.Route = v.Text()
		}
	case "mcp.method.name":
		if v.Text() == "tools/call" {
			r.Operation = "execute_tool"
		}
	case "metadata.user_api_key_hash": // LiteLLM's virtual key
		e.user = v.Text()
	case "metadata.user_api_key_team_id":
		r.Tenant = v.Text()
	case "request.id", "request_id", "x-request-id", "guid:x-request-id":
		r.RequestID = v.Text()
	case "tenant.id", "tenant_id", "tenant":
		r.Tenant = v.Text()
	case "microsoft.security.decision.type":
		e.verdict = v.Text()
	case "microsoft.security.target.type":
		e.target = v.Text()
	}
}

// tenant takes the tenant from the resource.
func (e *entry) tenant(r *decode.Record) {
	if r.Tenant != "" {
		return
	}
	for it := r.Context.Get("resource").Get("attributes").Members(); it.Next(); {
		switch name, v := attribute(it.Value()); name {
		case "tenant.id", "tenant_id", "tenant":
			r.Tenant = v.Text()
		}
	}
}

func (e *entry) derive(r *decode.Record) {
	if r.RequestID == "" {
		if r.RequestID = e.id; r.RequestID == "" { // a trace can have many requests
			r.RequestID = e.trace
		}
	}
	// client.address is what the instrumentation took from X-Forwarded-For or
	// Forwarded, whoever wrote that; the socket's peer is sure.
	switch {
	case e.socket == "":
		r.Peer = e.client
	default:
		r.Peer = e.socket
		if r.Forwarded == "" && e.client != e.socket {
			r.Forwarded = e.client
		}
	}
	if r.Principal = e.user; r.Principal == "" {
		r.Principal = e.userID
	}
	if r.Known&schemas.HasStatus == 0 { // error.type is the status, if there is no better word
		r.SetStatus(e.errorType)
	}
	e.deriveModel(r)
}

// addCall adds a call to the record of the request that made it. A request can
// make several: their tokens are added up, and the last one's model counts.
func addCall(call field.Value, r *decode.Record) {
	before := *r
	r.Responder = schemas.ResponderUpstream
	r.InputTokens, r.OutputTokens, r.CachedTokens, r.ReasoningTokens, r.Cost = 0, 0, 0, 0, 0
	r.Model, r.Operation, r.Status = "", "", 0
	r.Known &^= schemas.HasStatus | schemas.HasUpstreamStatus
	var e entry
	e.read(call, r)
	e.deriveModel(r)
	if r.Model == "" {
		r.Model = before.Model
	}
	if r.Operation == "" {
		r.Operation = before.Operation
	}
	r.InputTokens = min(r.InputTokens+before.InputTokens, field.MaxCount)
	r.OutputTokens = min(r.OutputTokens+before.OutputTokens, field.MaxCount)
	r.CachedTokens = min(r.CachedTokens+before.CachedTokens, field.MaxCount)
	r.ReasoningTokens = min(r.ReasoningTokens+before.ReasoningTokens, field.MaxCount)
	r.Cost += before.Cost
	// The call's own HTTP is that of the provider.
	r.UpstreamStatus = r.Status
	if r.Known&schemas.HasStatus != 0 {
		r.Known |= schemas.HasUpstreamStatus
	}
	r.Method, r.Path, r.Query, r.Host, r.Route = before.Method, before.Path, before.Query, before.Host, before.Route
	r.UserAgent, r.TLS, r.RequestID = before.UserAgent, before.TLS, before.RequestID
	if before.Tenant != "" {
		r.Tenant = before.Tenant
	}
	if r.Principal == "" {
		r.Principal = e.user
	}
	r.Status = before.Status
	r.Known = r.Known&^schemas.HasStatus | before.Known&schemas.HasStatus
	r.RequestBytes, r.ResponseBytes, r.LatencyNS = before.RequestBytes, before.ResponseBytes, before.LatencyNS
	const own = schemas.HasRequestBytes | schemas.HasResponseBytes | schemas.HasLatency
	r.Known = r.Known&^own | before.Known&own
	if e.start > 0 && e.end > e.start && e.end-e.start <= maxRequest {
		r.UpstreamLatencyNS = min(before.UpstreamLatencyNS+e.end-e.start, maxRequest)
		r.Known |= schemas.HasUpstreamLatency
	}
}
