package ecs

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// derive sets what follows from several members. o lends the memory for texts.
func (in *reader) derive(o field.Value) {
	r := in.r
	in.target()
	in.addresses()
	if s := in.user.text; s != "" {
		r.Principal = s
	}
	if s := in.requestID.text; s != "" {
		r.RequestID = s
	}
	if r.Gateway == "" {
		r.Gateway = in.observer
	}
	if r.Gateway == "" {
		// Whatever host it was: a gateway of this kind.
		r.Gateway, _, _ = strings.Cut(in.dataset, ".")
	}
	switch {
	case in.hello != "":
		r.TLS = in.hello
	case in.version != "" && in.cipher != "":
		r.TLS = o.Concat(tlsPrefix(in.version), in.version, "/", in.cipher)
	case in.version != "":
		r.TLS = o.Concat(tlsPrefix(in.version), in.version)
	}
	switch {
	case in.noUpstream || in.denied:
		r.Responder = schemas.ResponderGateway
	case in.upstream:
		r.Responder = schemas.ResponderUpstream
	}
	// The outcome of a request says no more than its status does; that of an
	// event of authentication is what it is about.
	if in.login {
		switch in.outcome {
		case "failure":
			r.Auth = schemas.AuthFailure
		case "success":
			r.Auth = schemas.AuthSuccess
		}
	}
}

// tlsPrefix returns what ECS leaves out of a version: it writes "1.3".
func tlsPrefix(version string) string {
	if version[0] >= '0' && version[0] <= '9' {
		return "TLSv"
	}
	return ""
}

// target sets host, path and query. The original is as the client sent it.
func (in *reader) target() {
	r := in.r
	header := r.Host
	r.Host = ""
	switch {
	case in.original != "":
		r.SetTarget(in.original)
	case in.path != "":
		r.SetTarget(in.path)
	case in.full != "":
		r.SetTarget(in.full)
	}
	if r.Query == "" {
		r.Query = in.query
	}
	for _, s := range [...]string{in.domain, header, in.destination} {
		if r.Host == "" {
			r.Host = s
		}
	}
}

// addresses sets the peer, and what proxies said of those before it.
//
// Where a module has a list of addresses, "source" is the first public one of
// them, which whoever sends X-Forwarded-For chooses: the peer is the last one,
// and the list is for those who trust the peer. Without a list, a client that
// is not the source is one that a proxy spoke of.
func (in *reader) addresses() {
	r := in.r
	if r.Forwarded == "" {
		r.Forwarded = in.forwarded
	}
	if strings.HasPrefix(in.dataset, "envoyproxy") {
		// Its source is X-Forwarded-For; the default format has no peer.
		r.Forwarded = in.source
		return
	}
	last := in.forwarded
	if i := strings.LastIndexByte(last, ','); i >= 0 {
		r.Peer = strings.TrimSpace(last[i+1:])
		return
	}
	r.Peer = in.source
	switch {
	case r.Peer == "":
		r.Peer = in.client
	case r.Forwarded == "" && in.client != "" && in.client != r.Peer:
		r.Forwarded = in.client
	}
	if r.Forwarded == r.Peer {
		r.Forwarded = ""
	}
	if strings.HasPrefix(r.Peer, "unix:") {
		r.Peer = ""
	}
}
