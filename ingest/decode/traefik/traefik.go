// Package traefik decodes the access logs of Traefik Proxy, versions 1 to 3: as
// JSON, and as lines of its extended common log format.
package traefik

import (
	"net/netip"
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// Format is Traefik's access log. Its users can drop any field, so that a few
// of the names are enough to tell it.
var Format = decode.Format{
	Name: "traefik",
	Rules: []decode.Rule{
		{All: []string{"DownstreamStatus", "RequestMethod"}, Any: []string{"Duration", "RouterName", "RequestPath", "ClientAddr", "ClientHost"}},
		{All: []string{"RequestMethod", "RequestPath"}, Any: []string{"ClientAddr", "ClientHost", "RouterName", "entryPointName"}},
	},
	JSON:      decodeJSON,
	Text:      decodeText,
	TextFirst: true,
}

// noRouter is what version 1 logs as the name of the frontend and of the
// router, if none matched.
const noRouter = "backend not found"

// entry holds what the fields of a record are derived from together.
type entry struct {
	startUTC, startLocal, logged string
	addr, host                   string
	originStatus, server         string
	router, requestAddr, line    string
}

func decodeJSON(o field.Value, r *decode.Record) bool {
	var e entry
	for it := o.Members(); it.Next(); {
		name, v := it.Key(), it.Value()
		if header, ok := strings.CutPrefix(name, "request_"); ok {
			r.ReadRequestHeader(header, v)
			if r.Presented == decode.PresentedNone { // other headers may have been dropped
				r.Presented = decode.PresentedUnknown
			}
			continue
		}
		if header, ok := strings.CutPrefix(name, "downstream_"); ok {
			r.ReadResponseHeader(header, v)
			continue
		}
		e.member(name, v, r)
	}
	e.derive(r)
	return r.Path != "" || r.Known&schemas.HasStatus != 0
}

// member takes one field. Durations are in nanoseconds.
func (e *entry) member(name string, v field.Value, r *decode.Record) {
	switch name {
	case "StartUTC":
		e.startUTC = v.Text()
	case "StartLocal":
		e.startLocal = v.Text()
	case "time":
		e.logged = v.Text()
	case "ClientAddr":
		e.addr = v.Text()
	case "ClientHost":
		e.host = v.Text()
	case "ClientUsername":
		setUser(v.Text(), r)
	case "RequestMethod":
		r.Method = v.Text()
	case "RequestPath":
		r.SetTarget(v.Text())
	case "RequestLine":
		e.line = v.Text()
	case "RequestHost":
		if s := v.Text(); s != "" {
			r.Host = s
		}
	case "RequestAddr":
		e.requestAddr = v.Text()
	case "RouterName", "FrontendName":
		e.router = v.Text()
	case "ServiceAddr", "BackendAddr":
		e.server = v.Text()
	case "DownstreamStatus":
		r.SetStatus(v.Text())
	case "OriginStatus":
		e.originStatus = v.Text()
	case "Duration":
		r.Duration(schemas.HasLatency, &r.LatencyNS, v.Text(), field.Nanoseconds)
	case "OriginDuration":
		r.Duration(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, v.Text(), field.Nanoseconds)
	case "RequestContentSize":
		r.Count(schemas.HasRequestBytes, &r.RequestBytes, v.Text())
	case "DownstreamContentSize":
		r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
	case "TLSVersion":
		r.SetTLS(v.Text())
	}
}

func (e *entry) derive(r *decode.Record) {
	for _, s := range [...]string{e.logged, e.startLocal, e.startUTC} { // the last one that is there counts
		r.SetTime(s)
	}
	if r.Host == "" {
		r.Host = e.requestAddr
	}
	if r.Path == "" && e.line != "" {
		r.SetRequestLine(e.line)
	}
	setClient(e.addr, e.host, r)
	setRouter(e.router, r)
	setResponder(e.originStatus, e.server, r)
}

// setResponder tells who answered. There is a server's address if a service
// was asked; what a middleware refuses, and Traefik's own services (the 404 of
// version 1, ping@internal) answer, has none. The origin's status alone does
// not tell: until Traefik 3 it was that of any answer, and later it is 0 or
// missing if no service was asked, but sometimes also if one was.
func setResponder(status, server string, r *decode.Record) {
	if server == "" {
		r.Responder = schemas.ResponderGateway
		r.UpstreamLatencyNS, r.Known = 0, r.Known&^schemas.HasUpstreamLatency
		return
	}
	if r.SetUpstreamStatus(status); r.Known&schemas.HasUpstreamStatus != 0 {
		r.Responder = schemas.ResponderUpstream
	}
}

// setClient takes the socket's peer and Traefik's ClientHost, which is the
// peer's address unless there is an X-Forwarded-For of a trusted proxy: then it
// is that header. Without the peer the header's last address stands in for it,
// because it is the one that the trusted proxy saw.
func setClient(addr, host string, r *decode.Record) {
	r.Peer = addr
	if host == "" || addr != "" && sameHost(addr, host) {
		return
	}
	if addr == "" {
		last := strings.LastIndexByte(host, ',')
		r.Peer = strings.TrimSpace(host[last+1:])
		host = host[:max(last, 0)]
	}
	if r.Forwarded == "" {
		r.Forwarded = host
	}
}

// sameHost reports whether addr, with a port, has the given host.
func sameHost(addr, host string) bool {
	a, err := netip.ParseAddrPort(addr)
	if err != nil {
		return addr == host
	}
	h, err := netip.ParseAddr(host)
	return err == nil && h == a.Addr()
}

// setUser takes the user of the URL or of basic authentication, which Traefik
// logs also if the password was wrong.
func setUser(user string, r *decode.Record) {
	if user != "" && user != "-" {
		r.Principal = user
		r.Presented = decode.PresentedSome
	}
}

func setRouter(name string, r *decode.Record) {
	if name != noRouter && name != "-" {
		r.Route = name
	}
}
