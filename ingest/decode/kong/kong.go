// Package kong decodes the records of Kong Gateway's log serializer, as
// written by its file-log, http-log, tcp-log, udp-log and kafka-log plug-ins,
// with what the AI plug-ins add to them.
package kong

import (
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// Format is the record of kong.log.serialize.
var Format = decode.Format{
	Name: "kong",
	Rules: []decode.Rule{
		{All: []string{"started_at", "latencies"}, Any: []string{"request", "session"}},
		{All: []string{"started_at", "request", "response"}, Any: []string{"client_ip", "upstream_uri", "tries", "ai"}},
	},
	JSON: decodeJSON,
}

func decodeJSON(o field.Value, r *decode.Record) bool {
	known := false
	var upstream bool
	for it := o.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "started_at":
			r.SetTime(v.Text())
		case "request":
			known = v.Kind() == field.Object || known
			readRequest(v, r)
		case "session":
			known = v.Kind() == field.Object || known
			r.SetStatus(v.Get("status").Text())
			r.Count(schemas.HasRequestBytes, &r.RequestBytes, v.Get("received").Text())
			r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Get("sent").Text())
			readTLS(v.Get("tls"), r)
		case "response":
			r.SetStatus(v.Get("status").Text())
			r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Get("size").Text())
			r.ReadResponseHeaders(v.Get("headers"))
		case "client_ip":
			r.Peer = v.Text()
		case "latencies":
			readLatencies(v, r)
		case "upstream_status":
			r.SetUpstreamStatus(v.List())
			upstream = r.Known&schemas.HasUpstreamStatus != 0
		case "source":
			switch v.Text() {
			case "kong":
				r.Responder = schemas.ResponderGateway
			case "upstream":
				if r.Auth != schemas.AuthFailure { // an MCP audit has refused it
					r.Responder = schemas.ResponderUpstream
				}
			}
		case "route":
			r.Route = first(v.Get("name"), v.Get("paths"), v.Get("id"))
		case "workspace_name":
			r.Tenant = v.Text()
		case "workspace":
			if r.Tenant == "" {
				r.Tenant = v.Text()
			}
		case "ai":
			readAI(v, r)
		}
	}
	// Before 3.6 there is no source, and an upstream status tells.
	if r.Responder == schemas.ResponderUnknown && upstream {
		r.Responder = schemas.ResponderUpstream
	}
	// Azure Content Safety logs what it found, not that it blocked.
	if r.Guardrail == schemas.GuardrailPassed && r.Status == 400 && r.Responder == schemas.ResponderGateway &&
		o.Get("ai").Get("audit").Get("azure_content_safety").Len() > 0 {
		r.Guardrail = schemas.GuardrailInputBlocked
	}
	// The type of the AI route is not logged. What has a model and answers in
	// tokens is a chat, unless the path says otherwise.
	if r.Operation == "" && r.Model != "" && r.OutputTokens > 0 {
		if r.Operation = decode.OperationOf(r.Path); r.Operation == "" {
			r.Operation = "chat"
		}
	}
	readCaller(o, r)
	return known
}

func readRequest(v field.Value, r *decode.Record) {
	for it := v.Members(); it.Next(); {
		m := it.Value()
		switch it.Key() {
		case "id":
			r.RequestID = m.Text()
		case "method":
			r.Method = m.Text()
		case "uri":
			r.SetTarget(m.Text())
		case "url":
			// The URI is as the client sent it; the URL has Kong's port in it.
			if r.Path == "" {
				r.SetTarget(m.Text())
			}
		case "size":
			r.Count(schemas.HasRequestBytes, &r.RequestBytes, m.Text())
		case "headers":
			r.ReadRequestHeaders(m)
		case "tls":
			readTLS(m, r)
		}
	}
}

// readTLS reads "TLSv1.3" and "TLS_AES_256_GCM_SHA384".
func readTLS(tls field.Value, r *decode.Record) {
	version, cipher := tls.Get("version").Text(), tls.Get("cipher").Text()
	if r.TLS = version; version != "" && cipher != "" {
		r.TLS = tls.Concat(version, "/", cipher)
	}
}

// readLatencies reads milliseconds. "proxy" is -1 if Kong answered itself.
func readLatencies(v field.Value, r *decode.Record) {
	for it := v.Members(); it.Next(); {
		m := it.Value()
		switch it.Key() {
		case "request", "session":
			r.Duration(schemas.HasLatency, &r.LatencyNS, m.Text(), field.Milliseconds)
		case "proxy":
			r.Duration(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, m.Text(), field.Milliseconds)
			if m.Text() == "-1" && r.Responder == schemas.ResponderUnknown {
				r.Responder = schemas.ResponderGateway
			}
		}
	}
}

// readCaller takes the consumer for the principal. The id of the credential
// that was used stands in for the credential, where headers do not show it.
func readCaller(o field.Value, r *decode.Record) {
	consumer, entity := o.Get("consumer"), o.Get("authenticated_entity")
	audited := r.Principal
	if r.Principal = first(consumer.Get("username"), consumer.Get("custom_id"), consumer.Get("id"),
		entity.Get("consumer_id"), entity.Get("id")); r.Principal == "" {
		r.Principal = audited
	}
	if id := entity.Get("id").Text(); id != "" && r.Credential == "" {
		r.SetCredential(id)
	}
}

// first returns the first text that is not empty.
func first(vs ...field.Value) string {
	for _, v := range vs {
		if s := v.Text(); s != "" {
			return s
		}
	}
	return ""
}
