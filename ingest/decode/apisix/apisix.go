// Package apisix decodes the records of Apache APISIX's loggers (kafka-logger,
// file-logger, http-logger and their kin), with what its ai-proxy plug-ins add,
// and the lines of its access log.
package apisix

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// Format is the default record of the loggers, one with a log_format of the
// user's that has APISIX's own names, and the access log.
var Format = decode.Format{
	Name: "apisix",
	Rules: []decode.Rule{
		{All: []string{"start_time", "request", "response"}, Any: []string{"apisix_latency", "server", "route_id", "service_id", "upstream", "llm_summary"}},
		{All: []string{"route_id"}, Any: []string{"service_id", "llm_model", "request_llm_model", "llm_prompt_tokens", "llm_summary", "apisix_request_id", "consumer_name"}},
		{All: []string{"status"}, Any: []string{"llm_summary", "request_llm_model", "llm_prompt_tokens"}},
		{Any: []string{"llm_summary", "request_llm_model", "llm_prompt_tokens"}},
	},
	JSON:      decodeJSON,
	Text:      decodeText,
	TextFirst: true,
}

// entry holds what the fields of a record are derived from together.
type entry struct {
	full     bool   // it is the default record, which has "request"
	servers  bool   // the log says which servers were tried, or that none was
	upstream string // the addresses of the servers that were tried
	// answered tells that a model answered; ai-proxy asks it by itself, so that
	// there may be no address of a server.
	answered   bool
	risk       string
	took       field.Value // the upstream's time, in milliseconds or seconds
	body       field.Value // the request's, a string
	answer     field.Value // the response's, a string
	llmRequest field.Value
}

func decodeJSON(o field.Value, r *decode.Record) bool {
	var e entry
	for it := o.Members(); it.Next(); {
		name, v := it.Key(), it.Value()
		switch name {
		case "start_time":
			r.SetTime(v.Text())
		case "request":
			e.full = e.full || v.Kind() == field.Object
			e.servers = e.servers || e.full
			e.request(v, r)
		case "response":
			e.response(v, r)
		case "server":
			r.Gateway = v.Get("hostname").Text()
		case "upstream":
			e.upstream = v.List()
		case "route_id":
			if r.Route == "" {
				r.Route = v.Text()
			}
		case "route_name":
			if s := v.Text(); s != "" {
				r.Route = s
			}
		case "consumer":
			setPrincipal(v.Get("username").Text(), r)
		case "client_ip":
			r.Peer = v.Text()
		case "latency":
			r.Duration(schemas.HasLatency, &r.LatencyNS, v.Text(), field.Milliseconds)
		case "upstream_latency":
			r.Duration(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, v.Text(), field.Milliseconds)
		case "llm_summary":
			e.summary(v, r)
		case "llm_request":
			e.llmRequest = v
		case "llm_response_text":
			if v.Get("content").Text() != "" {
				e.answered = true
				r.Dropped++
			}
		default:
			e.custom(name, v, r)
		}
	}
	e.bodies(r)
	e.derive(r)
	return e.full || r.Peer != "" || r.Path != "" || r.Model != "" || r.Known&schemas.HasStatus != 0
}

func (e *entry) request(v field.Value, r *decode.Record) {
	for it := v.Members(); it.Next(); {
		m := it.Value()
		switch it.Key() {
		case "method":
			r.Method = m.Text()
		case "uri":
			r.SetTarget(m.Text())
		case "url":
			// The URI is as the client sent it; the URL has APISIX's port in it.
			if r.Path == "" {
				r.SetTarget(m.Text())
			}
		case "size":
			r.Count(schemas.HasRequestBytes, &r.RequestBytes, m.Text())
		case "headers":
			r.ReadRequestHeaders(m)
		case "body":
			e.body = m
		}
	}
}

func (e *entry) response(v field.Value, r *decode.Record) {
	for it := v.Members(); it.Next(); {
		m := it.Value()
		switch it.Key() {
		case "status":
			r.SetStatus(m.Text())
		case "size":
			r.Count(schemas.HasResponseBytes, &r.ResponseBytes, m.Text())
		case "headers":
			r.ReadResponseHeaders(m)
			r.SetUpstreamStatus(m.Get("x-apisix-upstream-status").List())
		case "body":
			e.answer = m
		}
	}
}

// bodies reads what include_req_body and include_resp_body log. The request's
// body has the parameters; the messages alone are in llm_request.
func (e *entry) bodies(r *decode.Record) {
	model := r.Model
	if e.body.Kind() == field.String {
		if body := e.body.Unwrap(); body.Kind() == field.Object {
			r.ReadRequestBody(body)
		} else {
			r.Dropped++
		}
	}
	if len(r.Prompt) == 0 {
		r.ReadRequestBody(e.llmRequest)
	} else if r.Known&schemas.HasStream == 0 {
		r.Flag(schemas.HasStream, &r.Stream, e.llmRequest.Get("stream"))
	}
	if e.answer.Kind() == field.String {
		if body := e.answer.Unwrap(); body.Kind() == field.Object {
			counted := r.Known&schemas.HasInputTokens != 0
			input, output, cached := r.InputTokens, r.OutputTokens, r.CachedTokens
			r.ReadResponseBody(body)
			if counted { // the summary has counted, also what was streamed
				r.InputTokens, r.OutputTokens, r.CachedTokens = input, output, cached
			}
			readRefusal(body.Get("message").Text(), r)
		} else {
			r.Dropped++
		}
	}
	if model != "" {
		r.Model = model
	}
}

// readRefusal reads the reason from the body of a refusal by APISIX's key-auth,
// jwt-auth, basic-auth and consumer-restriction.
func readRefusal(message string, r *decode.Record) {
	switch {
	case message == "" || r.AuthReason != schemas.ReasonNone:
	case strings.HasPrefix(message, "Missing "):
		r.AuthReason = schemas.ReasonMissing
	case strings.Contains(message, "expired"):
		r.AuthReason = schemas.ReasonExpired
	case strings.HasPrefix(message, "Invalid "), strings.Contains(message, "failed to verify"):
		r.AuthReason = schemas.ReasonInvalid
	case strings.Contains(message, "is forbidden"):
		r.AuthReason = schemas.ReasonForbidden
	}
}

func (e *entry) derive(r *decode.Record) {
	e.upstreamTime(r)
	switch {
	case e.upstream != "" || e.answered:
		r.Responder = schemas.ResponderUpstream
	case e.servers:
		r.Responder = schemas.ResponderGateway
		r.UpstreamStatus, r.UpstreamLatencyNS = 0, 0
		r.Known &^= schemas.HasUpstreamStatus | schemas.HasUpstreamLatency
	}
	switch e.risk {
	case "none":
		r.Guard(schemas.GuardrailPassed)
	case "high", "max":
		if r.Responder == schemas.ResponderGateway { // it was not let through
			r.Guard(schemas.GuardrailInputBlocked)
		}
	}
	if r.Operation == "" && r.Model != "" && r.OutputTokens > 0 {
		if r.Operation = decode.OperationOf(r.Path); r.Operation == "" {
			r.Operation = "chat"
		}
	}
}

func setPrincipal(s string, r *decode.Record) {
	if s != "" {
		r.Principal = s
	}
}
