// Package envoy decodes JSON access logs of Envoy, in the names that Envoy AI
// Gateway's and Istio's documentation use.
package envoy

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// Format is an access log with flat names, dots and all; null or "-" is what
// Envoy does not know.
var Format = decode.Format{
	Name: "envoy",
	Rules: []decode.Rule{
		{All: []string{"response_code", "start_time"}, Any: []string{
			"x-envoy-origin-path", "downstream_remote_address", "upstream_cluster", "response_flags",
			"response_code_details", "route_name", "upstream_host"}},
		{All: []string{"response_code"}, Any: []string{"x-envoy-origin-path", "upstream_cluster", "response_flags"}},
	},
	JSON: decodeJSON,
}

func decodeJSON(o field.Value, r *decode.Record) bool {
	var flags, details, upstreamHost, answered string
	for it := o.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "start_time":
			r.SetTime(v.Text())
		case "response_code":
			r.SetStatus(v.Text())
		case "response_code_details":
			details = v.Text()
		case "response_flags":
			flags = v.Text()
		case "upstream_host":
			upstreamHost = v.Text()
		case "method", ":method":
			r.Method = v.Text()
		case "x-envoy-origin-path", "x-envoy-original-path":
			r.SetTarget(v.Text())
		case "path", ":path", "request.path":
			// The origin path is the one before rewrites.
			if r.Path == "" {
				r.SetTarget(v.Text())
			}
		case ":authority", "authority", "host":
			r.Host = v.Text()
		case "route_name":
			r.Route = v.Text()
		case "x-request-id", "request_id":
			r.RequestID = v.Text()
		case "downstream_remote_address", "downstream_direct_remote_address":
			r.Peer = v.Text()
		case "x-forwarded-for", "x_forwarded_for":
			r.Forwarded = v.List()
		case "user-agent", "user_agent":
			r.UserAgent = v.Text()
		case "duration":
			r.Duration(schemas.HasLatency, &r.LatencyNS, v.Text(), field.Milliseconds)
		case "x-envoy-upstream-service-time", "upstream_service_time":
			r.Duration(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, v.Text(), field.Milliseconds)
		case "bytes_received":
			r.Count(schemas.HasRequestBytes, &r.RequestBytes, v.Text())
		case "bytes_sent":
			r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
		case "x-user-id", "x_user_id", "user_id", "user.id", "enduser.id", "sub", "jwt_sub", "x-jwt-sub", "client_id", "x-client-id", "x-consumer":
			if s := v.Text(); s != "" {
				r.Principal = s
			}
		case "tenant", "tenant_id", "x-tenant-id", "x-team-id", "x-org-id":
			r.Tenant = v.Text()
		case "gen_ai.response.model", "response_model":
			answered = v.Text()
		default:
			readModel(it.Key(), v, r)
		}
	}
	if answered != "" {
		r.Model = answered
	}
	readResponder(details, flags, upstreamHost, r)
	return r.Known&schemas.HasStatus != 0 || r.Path != "" || flags != "" || details != ""
}

// readModel reads what Envoy AI Gateway adds, under OpenTelemetry's names or
// those of its dynamic metadata.
func readModel(name string, v field.Value, r *decode.Record) {
	switch name {
	case "gen_ai.request.model", "model_name", "model":
		if r.Model == "" {
			r.Model = v.Text()
		}
	case "gen_ai.request.model_override", "model_name_override":
		if s := v.Text(); s != "" {
			r.Model = s
		}
	case "gen_ai.provider.name", "gen_ai.system":
		// Envoy AI Gateway puts the path of its backend here.
		if s := v.Text(); !strings.Contains(s, "/") {
			r.Provider = decode.ProviderOf(s)
		}
	case "gen_ai.operation.name":
		r.Operation = v.Text()
	case "gen_ai.usage.input_tokens", "llm_input_token", "input_tokens":
		r.Count(schemas.HasInputTokens, &r.InputTokens, v.Text())
	case "gen_ai.usage.output_tokens", "llm_output_token", "output_tokens":
		r.Count(schemas.HasOutputTokens, &r.OutputTokens, v.Text())
	case "gen_ai.usage.cached_input_tokens", "gen_ai.usage.cache_read.input_tokens", "llm_cached_input_token":
		r.Count(schemas.HasCachedTokens, &r.CachedTokens, v.Text())
	case "gen_ai.usage.reasoning_tokens", "gen_ai.usage.reasoning.output_tokens", "llm_reasoning_token":
		r.Count(schemas.HasReasoningTokens, &r.ReasoningTokens, v.Text())
	case "gen_ai.request.stream":
		r.Flag(schemas.HasStream, &r.Stream, v)
	case "gen_ai.request.temperature":
		r.SetTemperature(v.Text())
	case "gen_ai.request.max_tokens":
		r.Small(schemas.HasMaxTokens, &r.MaxTokens, v.Text())
	case "gen_ai.request.choice.count":
		r.Small(schemas.HasChoices, &r.Choices, v.Text())
	case "gen_ai.response.finish_reasons":
		r.FinishReason = v.Text()
	case "mcp_method", "mcp.method.name":
		if v.Text() == "tools/call" {
			r.Operation = "execute_tool"
		}
	case "response_content_type", "content-type":
		r.SetContentType(v.Text())
	}
}

// readResponder tells who answered from the response's details, else from its
// flags, of which each one says that Envoy answered or gave up, else from
// there being an upstream host.
func readResponder(details, flags, upstreamHost string, r *decode.Record) {
	switch {
	case details == "via_upstream":
		r.Responder = schemas.ResponderUpstream
	case details != "":
		r.Responder = schemas.ResponderGateway
	case flags != "":
		r.Responder = schemas.ResponderGateway
	case upstreamHost != "":
		r.Responder = schemas.ResponderUpstream
	}
	if r.Responder == schemas.ResponderUpstream && r.Known&schemas.HasStatus != 0 {
		r.UpstreamStatus = r.Status
		r.Known |= schemas.HasUpstreamStatus
	}
	if r.Responder == schemas.ResponderGateway && details != "" {
		r.AuthReason = reasonOf(details)
	}
}

// reasonOf reads why a filter refused a request. The words are those of
// Envoy's jwt_authn, api_key_auth, basic_auth and rbac filters, among them
// Envoy's own misspelling "unkonwn_api_key".
func reasonOf(details string) schemas.AuthReason {
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(details, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("missing", "no_credential"):
		return schemas.ReasonMissing
	case has("expired", "not_yet_valid"):
		return schemas.ReasonExpired
	case has("rbac_access_denied", "not_allowed"):
		return schemas.ReasonForbidden
	case has("jwt_authn_access_denied", "api_key", "invalid", "basic_auth"):
		return schemas.ReasonInvalid
	}
	return schemas.ReasonNone
}
