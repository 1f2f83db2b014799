package awsapigw

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// outcome takes the response: who gave it, how long it took, what went wrong.
func (in *line) outcome(name, s string) bool {
	r := in.r
	switch name {
	case "status":
		r.SetStatus(s)
	case "responselength":
		r.Count(schemas.HasResponseBytes, &r.ResponseBytes, s)
	case "responselatency", "latency":
		r.Duration(schemas.HasLatency, &r.LatencyNS, s, field.Milliseconds)
	case "integrationlatency", "integration.latency":
		r.Duration(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, s, field.Milliseconds)
		in.reach(s)
	case "integration.status":
		if in.reach(s); s != "" {
			r.SetUpstreamStatus(s)
			in.integration = answered
		}
	case "integrationstatus", "integration.integrationstatus":
		// Of a Lambda function this is what the service said, not the function.
		if in.reach(s); in.integration != answered {
			r.SetUpstreamStatus(s)
		}
	case "integrationerror", "integration.error", "integrationerrormessage",
		"error.validationerrorstring", "validationerrorstring":
		if s != "" {
			r.Dropped++ // it may quote the request
		}
	case "error.responsetype", "errorresponsetype", "responsetype":
		in.responseType = s
	case "error.message", "errormessage", "error.messagestring", "errormessagestring":
		in.message = s
	case "authorizererror", "authorizer.error", "authorizeerror", "authorize.error", "authenticateerror", "authenticate.error":
		if s != "" {
			in.authorizer = s
			r.Dropped++
		}
	case "authorizerstatus", "authorizer.status", "authorizerlatency", "authorizer.latency",
		"authorizer.integrationstatus", "authorizer.integrationlatency", "authorizerintegrationstatus", "authorizerintegrationlatency",
		"authorize.status", "authorizestatus", "authorize.latency", "authenticate.status", "authenticatestatus", "authenticate.latency":
		in.authorized = in.authorized || s != ""
	case "wafresponsecode":
		in.filtered = in.filtered || s == "WAF_BLOCK"
	case "waf.status", "wafstatus":
		in.filtered = in.filtered || s == "403"
	default:
		return false
	}
	return true
}

// reach notes that a variable of the backend is in the log.
func (in *line) reach(s string) {
	switch {
	case s != "":
		in.integration = max(in.integration, reached)
	case in.integration == unstated:
		in.integration = absent
	}
}

// judge derives who answered, and what the answer says of the caller. AWS has
// the types at docs.aws.amazon.com/apigateway/latest/developerguide,
// supported-gateway-response-types.html.
func (in *line) judge(known bool) {
	r := in.r
	switch {
	case in.responseType != "" || in.message != "" || in.filtered || in.integration == absent:
		r.Responder = schemas.ResponderGateway
	case in.integration >= reached:
		r.Responder = schemas.ResponderUpstream
	}
	kind := in.responseType
	if kind == "" {
		kind = typeOf(in.message)
	}
	switch kind {
	case "MISSING_AUTHENTICATION_TOKEN":
		// It is also what a path gets that the API does not have.
		if known {
			in.fail(schemas.ReasonMissing)
		} else {
			in.unknownRoute()
		}
	case "INVALID_API_KEY":
		if in.keyLogged && r.Credential == "" {
			in.fail(schemas.ReasonMissing)
		} else {
			in.fail(schemas.ReasonInvalid)
		}
	case "INVALID_SIGNATURE":
		in.fail(schemas.ReasonInvalid)
	case "EXPIRED_TOKEN":
		in.fail(schemas.ReasonExpired)
	case "UNAUTHORIZED":
		switch {
		case strings.Contains(in.authorizer, "expired"):
			in.fail(schemas.ReasonExpired)
		case in.authorized || in.authorizer != "":
			in.fail(schemas.ReasonInvalid)
		default:
			// A missing token and a wrong one get the same answer.
			in.fail(schemas.ReasonUnstated)
		}
	case "ACCESS_DENIED":
		in.fail(schemas.ReasonForbidden)
	case "AUTHORIZER_FAILURE", "AUTHORIZER_CONFIGURATION_ERROR", "WAF_FILTERED":
		r.NotAuth = true
	case "THROTTLED", "QUOTA_EXCEEDED":
		r.NotAuth = true // the answer may have been given another status
		if r.Status == 0 {
			r.SetStatus("429")
		}
	case "":
		if in.filtered {
			r.NotAuth = true
		} else if in.routed && !known && (r.Status == 401 || r.Status == 403 || r.Status == 404) {
			in.unknownRoute()
		}
	}
}

// fail sets a failed authentication, of which a response of 2xx cannot tell:
// then the type is some other field of the operator's.
func (in *line) fail(reason schemas.AuthReason) {
	if s := in.r.Status; s == 0 || s >= 400 {
		in.r.Auth, in.r.AuthReason = schemas.AuthFailure, reason
	}
}

// unknownRoute sets a request for what the API does not have: a probe, which
// says nothing of credentials. Without its path it is of no route's traffic.
func (in *line) unknownRoute() {
	in.r.NotAuth = true
	if in.r.Path == "" {
		in.r.Route = "{other}"
	}
}

// typeOf returns the type of a message, for logs that have only the message.
func typeOf(message string) string {
	message = strings.Trim(message, `"`)
	switch {
	case message == "":
		return ""
	case message == "Missing Authentication Token":
		return "MISSING_AUTHENTICATION_TOKEN"
	case message == "Unauthorized":
		return "UNAUTHORIZED"
	case message == "Too Many Requests" || message == "Rate exceeded":
		return "THROTTLED"
	case message == "Limit Exceeded":
		return "QUOTA_EXCEEDED"
	case message == "Invalid API Key identifier specified":
		return "INVALID_API_KEY"
	case strings.HasPrefix(message, "The security token included in the request is expired"):
		return "EXPIRED_TOKEN"
	case strings.HasPrefix(message, "The request signature we calculated does not match"):
		return "INVALID_SIGNATURE"
	case strings.HasPrefix(message, "User is not authorized to access this resource"):
		return "ACCESS_DENIED"
	}
	return ""
}
