// Package envoy decodes access logs of Envoy: JSON in the names that Envoy AI
// Gateway's and Istio's documentation use, and the default texts of both.
package envoy

import (
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
	JSON:      decodeJSON,
	Text:      decodeText,
	TextFirst: true,
}

func decodeJSON(o field.Value, r *decode.Record) bool {
	var flags, details, upstreamHost, direct string
	var tls tlsParts
	var m models
	for it := o.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "start_time":
			r.SetTime(v.Text())
		case "@timestamp": // Contour's start time; a shipper's stands in for one
			if r.Time == 0 {
				r.SetTime(v.Text())
			}
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
		case "downstream_remote_address":
			r.Peer = v.Text()
		case "downstream_direct_remote_address":
			direct = v.Text()
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
		default:
			if v.Kind() == field.Object {
				readMetadata(v, r, 1, &m)
			} else if !tls.member(it.Key(), v) {
				readModel(it.Key(), v, r, &m)
			}
		}
	}
	if direct != "" { // the other may be taken from X-Forwarded-For
		r.Peer = direct
	}
	for _, s := range [...]string{m.client, tls.subject} {
		if r.Principal == "" {
			r.Principal = s
		}
	}
	if r.Host == "" {
		r.Host = tls.server
	}
	r.TLS = tls.text(o)
	r.Model = m.model()
	readResponder(details, flags, upstreamHost, r)
	return r.Known&schemas.HasStatus != 0 || r.Path != "" || flags != "" || details != ""
}
