package ecs

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// module takes what modules keep beside ECS, each in units of its own, and the
// names that they had before ECS (Filebeat 6).
func (in *reader) module(name string, v field.Value) {
	r := in.r
	switch name {
	case "nginx.access.remote_ip_list", "nginx.ingress_controller.remote_ip_list", "apache.access.remote_addresses":
		in.forwarded = v.List()
	case "nginx.ingress_controller.http.request.id", "envoyproxy.request_id":
		in.requestID.set(4, v.Text())
	case "nginx.ingress_controller.http.request.length":
		r.Count(schemas.HasRequestBytes, &r.RequestBytes, v.Text())
	case "nginx.ingress_controller.http.request.time":
		r.Duration(schemas.HasLatency, &r.LatencyNS, v.Text(), field.Seconds)
	case "nginx.ingress_controller.upstream.response.time":
		r.Duration(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, v.Text(), field.Seconds)
	case "nginx.ingress_controller.upstream.response.status_code":
		r.SetUpstreamStatus(v.Text())
		in.upstream = r.Known&schemas.HasUpstreamStatus != 0
	case "nginx.ingress_controller.upstream.name":
		// A route's name, empty where no upstream was asked.
		r.Route = v.Text()
		in.noUpstream = r.Route == ""
	case "apache.access.response_time":
		r.Duration(schemas.HasLatency, &r.LatencyNS, v.Text(), field.Microseconds)
	case "apache.access.ssl.protocol":
		in.version = v.Text()
	case "apache.access.ssl.cipher":
		in.cipher = v.Text()
	case "traefik.access.frontend_name", "haproxy.backend_name":
		r.Route = v.Text()
	case "haproxy.server_name":
		s := v.Text()
		in.noUpstream = s == "<NOSRV>"
		in.upstream = s != "" && !in.noUpstream
	case "haproxy.total_time_ms":
		r.Duration(schemas.HasLatency, &r.LatencyNS, v.Text(), field.Milliseconds)
	case "envoyproxy.upstream_service_time":
		r.Duration(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, v.Text(), field.Nanoseconds)
		in.upstream = in.upstream || r.Known&schemas.HasUpstreamLatency != 0
	case "envoyproxy.response_flags":
		in.noUpstream = v.Text() != ""
	case "envoyproxy.authority":
		in.domain = v.Text()
	default:
		if _, old, found := strings.Cut(name, ".access."); found {
			in.old(old, v)
		}
	}
}

// old takes names of before ECS, which nginx, apache2, traefik and iis shared.
func (in *reader) old(name string, v field.Value) {
	r := in.r
	switch name {
	case "method":
		r.Method = v.Text()
	case "url":
		in.original = v.Text()
	case "response_code":
		r.SetStatus(v.Text())
	case "body_sent.bytes":
		r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
	case "remote_ip":
		in.source = v.Text()
	case "remote_ip_list":
		in.forwarded = v.List()
	case "user_name":
		in.user.set(3, v.Text())
	case "agent", "user_agent.original":
		r.UserAgent = v.Text()
	}
}

// model takes what ECS has of a call to a model: OpenTelemetry's names, and
// those of Elastic's integration for Bedrock.
func (in *reader) model(name string, v field.Value) {
	r := in.r
	switch name {
	case "gen_ai.request.model", "gen_ai.request.model.id", "gen_ai.request.model.name":
		if !in.answered {
			r.Model = v.Text()
		}
	case "gen_ai.response.model":
		if s := v.Text(); s != "" {
			r.Model, in.answered = s, true
		}
	case "gen_ai.system", "gen_ai.provider.name":
		r.Provider = decode.ProviderOf(v.Text())
	case "gen_ai.operation.name":
		r.Operation = v.Text()
	case "gen_ai.tool.name":
		r.Tool = v.Text()
	case "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens":
		r.Count(schemas.HasInputTokens, &r.InputTokens, v.Text())
	case "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens":
		r.Count(schemas.HasOutputTokens, &r.OutputTokens, v.Text())
	case "gen_ai.usage.cache_read.input_tokens":
		r.Count(schemas.HasCachedTokens, &r.CachedTokens, v.Text())
	case "gen_ai.usage.reasoning.output_tokens":
		r.Count(schemas.HasReasoningTokens, &r.ReasoningTokens, v.Text())
	case "gen_ai.request.temperature":
		r.SetTemperature(v.Text())
	case "gen_ai.request.max_tokens":
		r.Small(schemas.HasMaxTokens, &r.MaxTokens, v.Text())
	case "gen_ai.request.choice.count":
		r.Small(schemas.HasChoices, &r.Choices, v.Text())
	case "gen_ai.request.stream":
		r.Flag(schemas.HasStream, &r.Stream, v)
	case "gen_ai.response.finish_reasons":
		r.FinishReason = v.Text()
	case "gen_ai.request.id", "gen_ai.response.id":
		in.requestID.set(2, v.Text())
	case "gen_ai.user.id":
		in.user.set(2, v.Text())
	case "gen_ai.prompt", "gen_ai.input.messages":
		if m := v.Unwrap(); m.Kind() == field.Array {
			v = m
		}
		r.ReadMessages(v)
	case "gen_ai.completion", "gen_ai.output.messages":
		r.Dropped++
	}
}
