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

func decodeJSON(o field.Value, r *decode.Record) bool {
	var args, raw, peer string
	up := unstated
	for it := o.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "ts", "msec", "time", "timestamp", "time_local", "time_iso8601":
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
			peer = v.Text()
		case "xff", "http_x_forwarded_for", "x_forwarded_for":
			r.Forwarded = v.List()
		case "user", "remote_user":
			r.Principal = v.Text()
		case "method", "request_method":
			r.Method = v.Text()
		case "uri", "path", "url", "document_uri":
			if raw == "" {
				r.SetTarget(v.Text())
			}
		case "request_uri":
			// It is as the client sent it; "uri" is decoded and normalised.
			if raw = v.Text(); raw != "" {
				r.SetTarget(raw)
			}
		case "request":
			if s := v.Text(); s != "" && raw == "" {
				r.SetRequestLine(s)
			}
		case "args", "query_string", "query":
			args = v.Text()
		case "host", "http_host":
			if s := v.Text(); s != "" {
				r.Host = s
			}
		case "server_name", "vhost":
			if r.Host == "" {
				r.Host = v.Text()
			}
		case "status":
			r.SetStatus(v.Text())
		case "ust", "upstream_status":
			up = absent
			r.SetUpstreamStatus(v.List())
			if r.Known&schemas.HasUpstreamStatus != 0 {
				up = present
			}
		default:
			readMeasure(it.Key(), v, r)
		}
	}
	if r.Peer == "" {
		r.Peer = peer
	}
	if r.Query == "" {
		r.Query = args
	}
	switch up {
	case present:
		r.Responder = schemas.ResponderUpstream
	case absent:
		r.Responder = schemas.ResponderGateway
	}
	return r.Path != "" || r.Known&schemas.HasStatus != 0
}

// readMeasure reads sizes, times in seconds, and what else may be logged.
func readMeasure(name string, v field.Value, r *decode.Record) {
	switch name {
	case "rt", "request_time":
		r.Duration(schemas.HasLatency, &r.LatencyNS, v.Text(), field.Seconds)
	case "urt", "upstream_response_time", "upstream_time":
		r.Attempts(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, v.List(), field.Seconds)
	case "in", "request_length":
		r.Count(schemas.HasRequestBytes, &r.RequestBytes, v.Text())
	case "out", "bytes_sent", "bytes":
		r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
	case "body_bytes_sent":
		if r.Known&schemas.HasResponseBytes == 0 {
			r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
		}
	case "ua", "http_user_agent", "user_agent":
		r.UserAgent = v.Text()
	case "ct", "sent_http_content_type":
		r.SetContentType(v.Text())
	case "model", "http_x_model", "sent_http_x_model":
		if s := v.Text(); s != "" {
			r.Model = s
		}
	case "http_authorization", "http_x_api_key", "http_apikey", "http_api_key":
		r.SetCredential(v.Text())
	case "gateway", "hostname":
		r.Gateway = v.Text()
	case "tenant":
		r.Tenant = v.Text()
	}
}
