package vertex

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// service is the name of Vertex AI in audit logs.
const service = "aiplatform.googleapis.com"

func isAudit(o field.Value) bool {
	return o.Get("protoPayload").Get("serviceName").Text() == service
}

// isEnd reports whether o is the entry that ends an operation whose beginning
// was an entry of its own: the two are one request.
func isEnd(o field.Value) bool {
	operation := o.Get("operation")
	if operation.Kind() != field.Object || !isAudit(o) {
		return false
	}
	begins, _ := operation.Get("first").Bool()
	ends, _ := operation.Get("last").Bool()
	return ends && !begins
}

// decodeAudit reads an entry of Cloud Audit Logs: who called which method of
// which resource, and how it ended. Entries of methods that ask no model are
// calls of the API all the same.
func decodeAudit(o, payload field.Value, r *decode.Record) bool {
	for it := o.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "timestamp":
			r.SetTime(v.Text())
		case "insertId":
			r.RequestID = v.Text()
		case "resource":
			r.Tenant = v.Get("labels").Get("project_id").Text()
		}
	}
	var method string
	var name resource
	var status, request field.Value
	for it := payload.Members(); it.Next(); {
		v := it.Value()
		switch it.Key() {
		case "serviceName":
			r.Host = v.Text()
		case "methodName":
			method = v.Text()
		case "resourceName":
			if s := v.Text(); strings.IndexByte(s, '/') >= 0 {
				name.read(s)
			}
		case "authenticationInfo":
			readCaller(v, r)
		case "requestMetadata":
			readClient(v, r)
		case "status":
			status = v
		case "request":
			request = v
		case "response":
			if v.Len() > 1 { // more than its type
				r.Dropped++
			}
			r.ReadGeminiUsage(v.Get("usageMetadata"))
		}
	}
	r.Model, r.Gateway, r.Route = name.model, name.location, method
	if r.Tenant == "" {
		r.Tenant = name.project
	}
	if setMethod(method, r) {
		r.ReadRequestBody(request)
	}
	if strings.IndexByte(r.Model, '/') >= 0 { // the request's, a resource too
		name.model = ""
		name.read(r.Model)
		r.Model = name.model
	}
	setStatus(status, r)
	return method != ""
}

// readCaller takes the caller, and of a service account the name of the key
// that it used, which stands in for the key.
func readCaller(info field.Value, r *decode.Record) {
	r.Principal = first(info.Get("principalEmail"), info.Get("principalSubject"))
	r.SetCredential(info.Get("serviceAccountKeyName").Text())
}

// readClient takes the address, for which Google has words of its own if it is
// none ("private", "gce-internal-ip"), and the user agent, to which Google's
// front end adds that it can do gzip.
func readClient(m field.Value, r *decode.Record) {
	if s := m.Get("callerIp").Text(); strings.ContainsAny(s, ".:") {
		r.Peer = s
	}
	agent := m.Get("callerSuppliedUserAgent").Text()
	for strings.HasSuffix(agent, ",gzip(gfe)") {
		agent = strings.TrimSuffix(agent, ",gzip(gfe)")
	}
	r.UserAgent = agent
}

// statuses are the statuses of HTTP of gRPC's codes, from 0 on, as Google's
// APIs map them: github.com/googleapis/googleapis, google/rpc/code.proto.
var statuses = [...]uint16{200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401}

// gRPC's codes of a refusal.
const (
	permissionDenied = 7
	unauthenticated  = 16
)

// setStatus takes how the call ended; a status that is not there is a success.
// The message may hold what was asked.
func setStatus(status field.Value, r *decode.Record) {
	message := status.Get("message").Text()
	if message != "" {
		r.Dropped++
	}
	code := int64(0)
	if c := status.Get("code"); c.Kind() != field.None {
		n, ok := field.Int(c.Text(), int64(len(statuses)-1))
		if !ok {
			return
		}
		code = n
	}
	r.Status = statuses[code]
	r.Known |= schemas.HasStatus
	switch code {
	case permissionDenied:
		r.Responder = schemas.ResponderGateway
	case unauthenticated:
		r.Responder = schemas.ResponderGateway
		r.Auth, r.AuthReason = schemas.AuthFailure, reasonOf(message)
	}
}

// reasonOf reads Google's own texts for credentials that it refuses.
func reasonOf(message string) schemas.AuthReason {
	switch {
	case strings.Contains(message, "is missing required authentication credential"):
		return schemas.ReasonMissing
	case strings.Contains(message, "expired"):
		return schemas.ReasonExpired
	case strings.Contains(message, "invalid authentication credentials"):
		return schemas.ReasonInvalid
	}
	return schemas.ReasonUnstated
}
