package decode

import "github.com/gatehound/gatehound/schemas"

// Presented says whether a request carried a credential.
type Presented uint8

// What a log can tell of credentials.
const (
	PresentedUnknown Presented = iota // the log has no headers
	PresentedNone                     // it has them, and there is no credential
	PresentedSome
)

// judge derives the outcome of authentication, unless the format stated it.
//
// A 401, 403 or 407 that the gateway gave is a failure of the client. One that
// came from the upstream is not: it is the provider that refused the gateway's
// own key. Nor is one that the gateway gave for another reason (NotAuth).
// Where the log does not say who responded, it was the gateway. An
// answer below 400 to a known principal is a success.
//
// The reason, where the gateway states none: 403 to a known principal is
// forbidden, no credential is missing, a credential is invalid.
func (r *Record) judge() {
	if r.Auth == schemas.AuthUnknown && r.Known&schemas.HasStatus != 0 {
		switch {
		case r.Status == 401 || r.Status == 403 || r.Status == 407:
			if r.Responder != schemas.ResponderUpstream && !r.NotAuth {
				r.Auth = schemas.AuthFailure
			}
		case r.Status < 400 && r.Principal != "":
			r.Auth = schemas.AuthSuccess
		}
	}
	switch {
	case r.Auth != schemas.AuthFailure:
		r.AuthReason = schemas.ReasonNone
	case r.AuthReason != schemas.ReasonNone:
	case r.Status == 403 && r.Principal != "":
		r.AuthReason = schemas.ReasonForbidden
	case r.Presented == PresentedNone:
		r.AuthReason = schemas.ReasonMissing
	case r.Presented == PresentedSome:
		r.AuthReason = schemas.ReasonInvalid
	default:
		r.AuthReason = schemas.ReasonUnstated
	}
}
