package envoy

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// readResponder tells who answered from the response's details, else from its
// flags, of which each one says that Envoy answered or gave up, else from
// there being an upstream host.
func readResponder(details, flags, upstreamHost string, r *decode.Record) {
	switch {
	case details == "via_upstream":
		r.Responder = schemas.ResponderUpstream
	case details != "":
		r.Responder = schemas.ResponderGateway
		r.AuthReason = reasonOf(details)
		r.NotAuth = isOther(details)
	case flags != "":
		r.Responder = schemas.ResponderGateway
		r.NotAuth = hasFlag(flags, "RL") || hasFlag(flags, "RLSE")
	case upstreamHost != "":
		r.Responder = schemas.ResponderUpstream
	}
	if r.Responder == schemas.ResponderUpstream && r.Known&schemas.HasStatus != 0 {
		r.UpstreamStatus = r.Status
		r.Known |= schemas.HasUpstreamStatus
	}
}

// reasonOf reads why a filter refused a request. The words are those of
// Envoy's jwt_authn, api_key_auth, basic_auth, oauth2 and rbac filters, among
// them Envoy's own misspelling "unkonwn_api_key"; they are parted by "_", or by
// spaces in old versions.
func reasonOf(details string) schemas.AuthReason {
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(details, w) {
				return true
			}
		}
		return false
	}
	switch {
	case strings.HasPrefix(details, "rbac_access_denied"): // and the name of a policy
		return schemas.ReasonForbidden
	case has("missing", "no_credential"):
		return schemas.ReasonMissing
	case has("expired", "not_yet_valid", "not yet valid"):
		return schemas.ReasonExpired
	case has("not_allowed", "not allowed"): // audiences, clients of an API key
		return schemas.ReasonForbidden
	case has("jwt_authn_access_denied", "api_key", "invalid", "basic_auth"):
		return schemas.ReasonInvalid
	}
	return schemas.ReasonNone
}

// isOther reports whether a response, whatever its status, was no matter of the
// client's authentication: limits, fixed answers, and services that Envoy could
// not ask.
func isOther(details string) bool {
	for _, prefix := range [...]string{
		"local_rate_limited", "request_rate_limited", "direct_response", "ext_authz_error", "ext_proc", "csrf_origin_mismatch",
		"jwt_authn_access_denied{Jwks_remote_fetch", "jwt_authn_access_denied{Jwks remote fetch",
	} {
		if strings.HasPrefix(details, prefix) {
			return true
		}
	}
	return false
}

// hasFlag reports whether a comma-separated list of response flags has one.
func hasFlag(flags, flag string) bool {
	for rest := flags; rest != ""; {
		var f string
		if f, rest, _ = strings.Cut(rest, ","); f == flag {
			return true
		}
	}
	return false
}

// tlsParts are what a log says of the connection's TLS.
type tlsParts struct {
	version, cipher, ja3, ja4 string
	subject                   string // of the client's certificate
	server                    string // the name that was asked for
}

func (p *tlsParts) member(name string, v field.Value) bool {
	switch name {
	case "downstream_tls_version", "tls_version":
		p.version = v.Text()
	case "downstream_tls_cipher", "tls_cipher":
		p.cipher = v.Text()
	case "tls_ja3_fingerprint", "ja3_fingerprint", "downstream_ja3", "ja3":
		p.ja3 = v.Text()
	case "tls_ja4_fingerprint", "ja4_fingerprint", "downstream_ja4", "ja4":
		p.ja4 = v.Text()
	case "downstream_peer_uri_san":
		p.subject = v.Text()
	case "downstream_peer_subject":
		if p.subject == "" {
			p.subject = v.Text()
		}
	case "requested_server_name":
		p.server = v.Text()
	default:
		return false
	}
	return true
}

// text returns the client's fingerprint, else version and cipher; o lends the
// memory.
func (p *tlsParts) text(o field.Value) string {
	switch {
	case p.ja4 != "":
		return p.ja4
	case p.ja3 != "":
		return p.ja3
	case p.version != "" && p.cipher != "":
		return o.Concat(p.version, "/", p.cipher)
	}
	return p.version
}
