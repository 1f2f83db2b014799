package bedrock

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// errors are Bedrock's error codes, without "Exception", and the status that
// its API answers with: docs.aws.amazon.com/bedrock/latest/APIReference,
// API_runtime_InvokeModel.html and CommonErrors.html. model tells that the
// model failed, or who runs it; the others are the service's answers.
var errors = [...]struct {
	code   string
	status string
	model  bool
	reason schemas.AuthReason
}{
	{"Throttling", "429", false, 0},
	{"Validation", "400", false, 0},
	{"AccessDenied", "403", false, schemas.ReasonForbidden},
	{"ModelTimeout", "408", true, 0},
	{"ModelError", "424", true, 0},
	{"ModelStreamError", "424", true, 0},
	{"ModelNotReady", "429", true, 0},
	{"ServiceUnavailable", "503", false, 0},
	{"InternalServer", "500", false, 0},
	{"InternalFailure", "500", false, 0},
	{"ResourceNotFound", "404", false, 0},
	{"ServiceQuotaExceeded", "400", false, 0},
	{"Conflict", "400", false, 0},
	{"UnrecognizedClient", "403", false, schemas.ReasonInvalid},
	{"InvalidClientTokenId", "403", false, schemas.ReasonInvalid},
	{"InvalidSignature", "403", false, schemas.ReasonInvalid},
	{"IncompleteSignature", "403", false, schemas.ReasonInvalid},
	{"ExpiredToken", "403", false, schemas.ReasonExpired},
	{"RequestExpired", "400", false, 0},
	{"MissingAuthenticationToken", "403", false, schemas.ReasonMissing},
	{"NotAuthorized", "403", false, schemas.ReasonForbidden},
}

// setStatus derives the status from the error code: the log has none of HTTP.
// A call without an error got 200; an unknown error leaves the status unknown.
func setStatus(code string, r *decode.Record) {
	if code == "" {
		r.Status, r.Known = 200, r.Known|schemas.HasStatus
		r.Responder = schemas.ResponderUpstream
		return
	}
	if _, ok := field.Status(code); ok {
		r.SetStatus(code)
		return
	}
	code = strings.TrimSuffix(strings.TrimSuffix(code, "Exception"), "Error")
	for i := range errors {
		e := &errors[i]
		if !strings.EqualFold(strings.TrimSuffix(e.code, "Error"), code) {
			continue
		}
		r.SetStatus(e.status)
		if e.model {
			r.Responder = schemas.ResponderUpstream
			r.SetUpstreamStatus(e.status)
			return
		}
		r.Responder = schemas.ResponderGateway
		if e.reason != schemas.ReasonNone {
			r.Auth, r.AuthReason = schemas.AuthFailure, e.reason
		}
		return
	}
}
