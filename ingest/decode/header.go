package decode

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// ReadRequestHeaders takes what the headers of a request tell; a header that
// was sent twice may be an array. If there are headers and no credential is
// among them, none was presented.
func (r *Record) ReadRequestHeaders(headers field.Value) {
	if headers.Kind() != field.Object {
		return
	}
	if r.Presented == PresentedUnknown {
		r.Presented = PresentedNone
	}
	for it := headers.Members(); it.Next(); {
		var lower [32]byte
		name := it.Key()
		if len(name) > len(lower) {
			continue
		}
		v := it.Value()
		switch string(field.Fold(lower[:0], name)) {
		case "useragent":
			r.UserAgent = v.Text()
		case "host", ":authority":
			r.Host = v.Text()
		case "xforwardedfor":
			r.Forwarded = v.List()
		case "xrequestid":
			if r.RequestID == "" {
				r.RequestID = v.Text()
			}
		case "authorization", "proxyauthorization":
			// A key in a header of its own says more than a scheme does.
			if r.Credential == "" {
				r.SetCredential(v.Text())
			}
		case "apikey", "xapikey", "xgoogapikey", "ocpapimsubscriptionkey":
			r.SetCredential(v.Text())
		}
	}
}

// ReadResponseHeaders takes what the headers of a response tell.
func (r *Record) ReadResponseHeaders(headers field.Value) {
	for it := headers.Members(); it.Next(); {
		var lower [32]byte
		name := it.Key()
		if len(name) > len(lower) {
			continue
		}
		switch string(field.Fold(lower[:0], name)) {
		case "contenttype":
			r.SetContentType(it.Value().Text())
		case "wwwauthenticate":
			r.AuthReason = challengeReason(it.Value().List())
		}
	}
}

// SetContentType takes the response's type: server-sent events are a stream.
func (r *Record) SetContentType(s string) {
	if s == "" {
		return
	}
	if strings.HasPrefix(s, "text/event-stream") || strings.HasPrefix(s, "application/vnd.amazon.eventstream") {
		r.Stream = true
		r.Known |= schemas.HasStream
	}
}

// challengeReason reads the error of a Bearer challenge (RFC 6750, section 3.1).
func challengeReason(s string) schemas.AuthReason {
	switch {
	case strings.Contains(s, "expired"):
		return schemas.ReasonExpired
	case strings.Contains(s, "insufficient_scope"):
		return schemas.ReasonForbidden
	case strings.Contains(s, "invalid_token"):
		return schemas.ReasonInvalid
	}
	return schemas.ReasonNone
}
