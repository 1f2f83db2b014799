// Package nginx decodes the access logs of nginx and of what is built on it:
// the combined format and its variants, and JSON written by a log_format.
package nginx

import (
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// Format is nginx's access log. A JSON log_format has the names that its
// author gave it: the rules know that of README.md, and the names of nginx's
// own variables.
var Format = decode.Format{
	Name: "nginx",
	Rules: []decode.Rule{
		{All: []string{"ip", "uri", "rt", "status"}},
		{All: []string{"remote_addr"}, Any: []string{"request_time", "request_uri", "body_bytes_sent", "time_local", "time_iso8601", "remote_user"}},
		{All: []string{"status"}, Any: []string{"request_time", "upstream_response_time", "body_bytes_sent", "http_user_agent"}},
		{All: []string{"time_local"}, Any: []string{"request", "status"}},
		{All: []string{"msec"}, Any: []string{"request", "request_uri", "status"}},
		{All: []string{"upstreamtime"}, Any: []string{"responsetime", "upstreamhost"}},
		{All: []string{"@nginx_fields"}},
	},
	JSON: decodeJSON,
	Text: decodeText,
}

// upstream is what the log says of the upstream's status.
type upstream uint8

const (
	unstated upstream = iota // it is not in the log
	absent                   // it is empty: nginx answered
	present
)

// reader is one pass over an object: what is derived from several members.
type reader struct {
	r                     *decode.Record
	args, raw, peer, host string
	version, cipher       string
	up                    upstream
}

func decodeJSON(o field.Value, r *decode.Record) bool {
	in := reader{r: r}
	in.object(o)
	if r.Peer == "" {
		r.Peer = in.peer
	}
	if in.host != "" {
		r.Host = in.host
	}
	if r.Query == "" {
		r.Query = in.args
	}
	switch {
	case r.TLS != "": // a fingerprint
	case in.version != "" && in.cipher != "":
		r.TLS = o.Concat(in.version, "/", in.cipher)
	default:
		r.TLS = in.version
	}
	switch in.up {
	case present:
		r.Responder = schemas.ResponderUpstream
	case absent:
		r.Responder = schemas.ResponderGateway
	}
	return r.Path != "" || r.Known&schemas.HasStatus != 0
}

func (in *reader) object(o field.Value) {
	r := in.r
	for it := o.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "ts", "msec", "time", "timestamp", "time_local", "time_iso8601", "event_datetime", "datetime":
			r.SetTime(v.Text())
		case "@timestamp":
			if r.Time == 0 {
				r.SetTime(v.Text())
			}
		case "id", "request_id", "req_id":
			r.RequestID = v.Text()
		case "ip", "remote_addr", "client_ip", "clientip", "remote_ip", "client":
			if s := v.Text(); s != "" && s != "unix:" {
				r.Peer = s
			}
		case "peer", "realip_remote_addr":
			in.peer = v.Text()
		case "xff", "http_x_forwarded_for", "x_forwarded_for", "x-forwarded-for", "x_forward_for", "x-forward-for":
			r.Forwarded = v.List()
		case "user", "remote_user":
			if s := v.Text(); s != "" {
				r.Principal = s
			}
		case "method", "request_method":
			r.Method = v.Text()
		case "uri", "path", "url", "document_uri":
			if in.raw == "" {
				r.SetTarget(v.Text())
			}
		case "request_uri":
			// It is as the client sent it; "uri" is decoded and normalised.
			if in.raw = v.Text(); in.raw != "" {
				r.SetTarget(in.raw)
			}
		case "request":
			if s := v.Text(); s != "" && in.raw == "" {
				r.SetRequestLine(s)
			}
		case "args", "query_string", "query", "request_query":
			in.args = v.Text()
		case "http_host", "domain":
			if s := v.Text(); s != "" {
				in.host = s
			}
		case "host":
			if s := v.Text(); s != "" {
				r.Host = s
			}
		case "server_name", "vhost":
			if r.Host == "" {
				r.Host = v.Text()
			}
		case "status", "response_status", "status_code", "response_code":
			r.SetStatus(v.Text())
		case "ust", "upstream_status":
			in.up = absent
			r.SetUpstreamStatus(v.List())
			if r.Known&schemas.HasUpstreamStatus != 0 {
				in.up = present
			}
		case "@nginx_fields":
			in.object(v)
		default:
			if !in.measure(it.Key(), v) {
				in.more(it.Key(), v)
			}
		}
	}
}

// measure reads sizes, and times in seconds.
func (in *reader) measure(name string, v field.Value) bool {
	r := in.r
	switch name {
	case "rt", "request_time", "responsetime":
		r.Duration(schemas.HasLatency, &r.LatencyNS, v.Text(), field.Seconds)
	case "urt", "upstream_response_time", "upstream_time", "upstreamtime":
		r.Attempts(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, v.List(), field.Seconds)
	case "in", "request_length":
		r.Count(schemas.HasRequestBytes, &r.RequestBytes, v.Text())
	case "out", "bytes_sent", "bytes":
		r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
	case "body_bytes_sent", "size":
		if r.Known&schemas.HasResponseBytes == 0 {
			r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
		}
	default:
		return false
	}
	return true
}

// more reads what else may be logged.
func (in *reader) more(name string, v field.Value) {
	r := in.r
	switch name {
	case "ua", "http_user_agent", "user_agent", "user-agent", "agent":
		// A shipper's "agent" beside it is an object.
		if s := v.Text(); s != "" {
			r.UserAgent = s
		}
	case "ct", "sent_http_content_type":
		r.SetContentType(v.Text())
	case "model", "http_x_model", "sent_http_x_model":
		if s := v.Text(); s != "" {
			r.Model = s
		}
	case "http_authorization", "http_x_api_key", "http_apikey", "http_api_key":
		r.SetCredential(v.Text())
	case "api_client_name", "jwt_claim_sub", "ssl_client_s_dn":
		if r.Principal == "" {
			r.Principal = v.Text()
		}
	case "tls", "ssl_protocol", "tls_version", "ssl_version":
		in.version = v.Text()
	case "cipher", "ssl_cipher", "tls_cipher":
		in.cipher = v.Text()
	case "ssl_ja4", "ja4", "http_ssl_ja3_hash", "ssl_ja3_hash", "ja3":
		if s := v.Text(); s != "" && (r.TLS == "" || name == "ja4" || name == "ssl_ja4") {
			r.TLS = s
		}
	case "proxy_upstream_name", "ingress_name":
		if s := v.Text(); s != "" {
			r.Route = s
		}
	case "gateway", "hostname":
		r.Gateway = v.Text()
	case "tenant":
		r.Tenant = v.Text()
	}
}
