// Package cfaigateway decodes the logs of Cloudflare AI Gateway: the objects
// that its API lists, and the lines that Logpush writes.
package cfaigateway

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// Format is either of the two; they have the same fields, of which the API
// writes the names in lower case with underscores and Logpush in title case.
var Format = decode.Format{
	Name: "cfaigateway",
	Rules: []decode.Rule{
		{All: []string{"provider", "model", "tokens_in", "tokens_out", "cached"}},
		{All: []string{"provider", "model", "cached", "success"}, Any: []string{"created_at", "status_code", "duration"}},
		{All: []string{"Gateway", "Provider", "Model"}, Any: []string{"StatusCode", "Endpoint", "Cached", "RateLimited", "Metadata"}},
		{All: []string{"Metadata", "RequestBody", "ResponseBody"}},
	},
	JSON: decodeJSON,
}

// maxName bounds the names that are compared.
const maxName = 24

// call holds what the fields of a record are derived from together.
type call struct {
	request, response          field.Value
	succeeded, cached, limited bool
}

func decodeJSON(o field.Value, r *decode.Record) bool {
	var c call
	for it := o.Members(); it.Next(); {
		var lower [maxName]byte
		if name := it.Key(); len(name) <= len(lower) {
			c.member(string(field.Fold(lower[:0], name)), it.Value(), r)
		}
	}
	c.readBodies(r)
	c.derive(r)
	return r.Model != "" || r.Provider != "" || r.Known&schemas.HasStatus != 0
}

func (c *call) member(name string, v field.Value, r *decode.Record) {
	switch name {
	case "id", "logid", "eventid":
		r.RequestID = v.Text()
	case "createdat", "datetime", "timestamp", "eventtimestamp":
		r.SetTime(v.Text())
	case "gateway", "gatewayid":
		r.Gateway = v.Text()
	case "accounttag", "accountid":
		if r.Tenant == "" {
			r.Tenant = v.Text()
		}
	case "provider":
		r.Provider = decode.ProviderOf(v.Text())
	case "model":
		r.Model = v.Text()
	case "path", "endpoint":
		setPath(v, r)
	case "statuscode":
		r.SetStatus(v.Text())
	case "success":
		c.succeeded, _ = v.Bool()
	case "cached":
		c.cached, _ = v.Bool()
	case "ratelimited":
		c.limited, _ = v.Bool()
	case "duration":
		r.Duration(schemas.HasLatency, &r.LatencyNS, v.Text(), field.Milliseconds)
	case "tokensin":
		r.Count(schemas.HasInputTokens, &r.InputTokens, v.Text())
	case "tokensout":
		r.Count(schemas.HasOutputTokens, &r.OutputTokens, v.Text())
	case "cost":
		r.SetCost(v.Text())
	case "responsecontenttype":
		r.SetContentType(v.Text())
	case "metadata":
		readMetadata(v, r)
	case "requestbody", "requesthead", "request":
		c.request = v
	case "responsebody", "responsehead", "response":
		c.response = v
	}
}

// setPath takes the path below the provider's name, which is logged without its
// slash.
func setPath(v field.Value, r *decode.Record) {
	s := v.Text()
	if s != "" && s[0] != '/' && !strings.Contains(s, "://") {
		s = v.Concat("/", s)
	}
	if s != "" {
		r.SetTarget(s)
	}
}

// readBodies takes what the bodies tell, if they are legible: without the
// private key that they are encrypted for they are {key, iv, data}. Of the
// answer the counts are taken, which tell more than those beside it.
func (c *call) readBodies(r *decode.Record) {
	if body := c.request.Unwrap(); legible(body) {
		model := r.Model
		if r.ReadRequestBody(body); model != "" {
			r.Model = model
		}
	} else if present(c.request) {
		r.Dropped++
	}
	body := c.response.Unwrap()
	if legible(body) {
		r.ReadResponseBody(body)
	} else if present(c.response) {
		r.Dropped++
	}
}

// legible reports whether v is an object that is not encrypted.
func legible(v field.Value) bool { return v.Kind() == field.Object && !encrypted(v) }

func encrypted(v field.Value) bool {
	return v.Get("key").Kind() == field.String && v.Get("iv").Kind() == field.String && v.Get("data").Kind() == field.String
}

func present(v field.Value) bool {
	return v.Kind() == field.Object && v.Len() > 0 || v.Text() != ""
}

// derive sets what the record does not state as such: who answered, and the
// status of a call that is only said to have succeeded or to be one too many.
func (c *call) derive(r *decode.Record) {
	if r.Known&schemas.HasStatus == 0 {
		switch {
		case c.limited:
			r.SetStatus("429")
		case c.succeeded:
			r.SetStatus("200")
		}
	}
	switch {
	case c.cached || c.limited:
		r.Responder = schemas.ResponderGateway
	case c.succeeded || r.Known&schemas.HasStatus != 0 && r.Status < 400:
		r.Responder = schemas.ResponderUpstream
		if r.Known&schemas.HasStatus != 0 {
			r.UpstreamStatus = r.Status
			r.Known |= schemas.HasUpstreamStatus
		}
	}
}

// readMetadata takes who called from what the caller noted in the header
// cf-aig-metadata: up to five names of its own choice, as JSON in a string.
func readMetadata(v field.Value, r *decode.Record) {
	m := v.Unwrap()
	if !legible(m) {
		if present(v) {
			r.Dropped++
		}
		return
	}
	for it := m.Members(); it.Next(); {
		s := it.Value().Text()
		if name := it.Key(); s != "" && len(name) <= maxName {
			var lower [maxName]byte
			switch string(field.Fold(lower[:0], name)) {
			case "user", "userid", "username", "useremail", "email", "enduser", "enduserid", "customer", "customerid":
				r.EndUser = s
			case "tenant", "tenantid", "team", "teamid", "org", "orgid", "organization", "organizationid", "workspace", "workspaceid", "project", "projectid":
				r.Tenant = s
			case "apikeyid", "keyid", "clientid", "consumer", "app", "appid", "application", "service", "servicename":
				r.Principal = s
			}
		}
	}
}
