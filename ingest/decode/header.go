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
		r.ReadRequestHeader(it.Key(), it.Value())
	}
}

// ReadRequestHeader takes one header of a request, for logs that have headers
// among their members.
func (r *Record) ReadRequestHeader(name string, v field.Value) {
	var lower [32]byte
	if len(name) > len(lower) {
		return
	}
	switch string(field.Fold(lower[:0], name)) {
	case "useragent":
		r.UserAgent = v.Text()
	case "host", ":authority":
		if len(name) == len("host") || name[0] == ':' { // not "ho-st", which is a client's
			r.Host = v.Text()
		}
	case "xforwardedfor":
		// Proxies append to the header of this name alone. One that a client spelt
		// otherwise stands in for it in logs that spell all of them so.
		if r.Forwarded == "" || strings.EqualFold(name, "X-Forwarded-For") {
			r.Forwarded = v.List()
		}
	case "xrequestid":
		if r.RequestID == "" {
			r.RequestID = v.Text()
		}
	case "authorization", "proxyauthorization":
		// A key in a header of its own says more than a scheme does.
		if r.Credential == "" && (len(name) == len("authorization") || len(name) == len("proxy-authorization")) {
			r.SetCredential(v.Text())
		}
	case "apikey", "xapikey", "xgoogapikey", "ocpapimsubscriptionkey":
		r.SetCredential(v.Text())
	}
}

// ReadResponseHeaders takes what the headers of a response tell.
func (r *Record) ReadResponseHeaders(headers field.Value) {
	for it := headers.Members(); it.Next(); {
		r.ReadResponseHeader(it.Key(), it.Value())
	}
}

// ReadResponseHeader takes one header of a response.
func (r *Record) ReadResponseHeader(name string, v field.Value) {
	var lower [32]byte
	if len(name) > len(lower) {
		return
	}
	switch string(field.Fold(lower[:0], name)) {
	case "contenttype":
		r.SetContentType(v.Text())
	case "wwwauthenticate":
		r.AuthReason = challengeReason(v.List())
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

// SetTLS takes the version of the client's connection, which some gateways log
// as a bare number.
func (r *Record) SetTLS(version string) {
	switch version {
	case "1.0":
		version = "TLSv1.0"
	case "1.1":
		version = "TLSv1.1"
	case "1.2":
		version = "TLSv1.2"
	case "1.3":
		version = "TLSv1.3"
	}
	r.TLS = version
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
