// Package appjson decodes JSON lines of applications and of gateways that have
// no format of their own here, by the names that such logs usually use.
package appjson

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// Format is the fallback: it is asked for objects that are of no other format,
// and recognises a record by a path, a status or a model.
var Format = decode.Format{
	Name: "appjson",
	Rules: []decode.Rule{
		{Any: []string{"path", "url", "uri", "endpoint", "originalUrl", "request_path", "http_path", "req",
			"status", "statusCode", "status_code", "http.response.status_code", "url.path", "http", "requested_uri", "requested_url"}},
	},
	Fallback: true,
	JSON:     decodeJSON,
}

// maxDepth is how deep members are looked for: "http.request.headers" is 3.
const maxDepth = 3

// reader is one pass over an object: members are named by their path, folded
// and joined with dots, so that "req": {"url": …}, "req.url" and "reqUrl" with
// its like in another style are looked up in one table.
type reader struct {
	r         *decode.Record
	principal int // rank of the principal so far
	time      int // rank of the time so far
	peer      int // rank of the client so far
	answered  bool
	logger    logger
	// wrapped tells that there are objects which are wrappers.
	wrapped bool
}

func decodeJSON(o field.Value, r *decode.Record) bool {
	in := reader{r: r}
	var name [maxName]byte
	in.object(o, name[:0], 1)
	if in.wrapped && !in.isRequest() {
		in.wrappers(o, name[:0])
	}
	in.finish()
	return in.isRequest()
}

// maxName bounds a folded path; no name in the table is longer.
const maxName = 64

func (in *reader) object(o field.Value, prefix []byte, depth int) {
	for it := o.Members(); it.Next(); {
		key := it.Key()
		if len(prefix)+len(key) >= maxName {
			continue
		}
		name := field.Fold(prefix, key)
		v := it.Value()
		if v.Kind() == field.Object {
			switch {
			case depth == 1 && isWrapper(field.View(name)):
				in.wrapped = true
			case !in.container(field.View(name), v) && depth < maxDepth:
				in.object(v, append(name, '.'), depth+1)
			}
			continue
		}
		in.member(field.View(name), v)
	}
}

// wrappers reads the objects that hold what other loggers have at the top. They
// are read only if the top is no request by itself: what is called metadata or
// data may also be what a client sent, and must not change who asked for what.
func (in *reader) wrappers(o field.Value, prefix []byte) {
	for it := o.Members(); it.Next(); {
		key := it.Key()
		if v := it.Value(); v.Kind() == field.Object && len(key) < maxName && isWrapper(field.View(field.Fold(prefix, key))) {
			in.object(v, prefix, 2)
		}
	}
}

// container takes objects that are read as a whole.
func (in *reader) container(name string, v field.Value) bool {
	switch name {
	case "headers", "req.headers", "request.headers", "requestheaders", "reqheaders", "http.request.headers":
		in.r.ReadRequestHeaders(v)
	case "res.headers", "response.headers", "responseheaders", "resheaders", "respheaders", "http.response.headers":
		in.r.ReadResponseHeaders(v)
	case "usage", "response.usage", "tokens":
		in.r.ReadUsage(v)
	case "body", "req.body", "request.body", "requestbody", "params", "parameters", "modelparameters", "payload":
		in.r.ReadRequestBody(v)
	case "res.body", "response.body", "responsebody":
		in.r.Dropped++
	default:
		return false
	}
	return true
}

// member takes one value. The tables are split by what they are about.
func (in *reader) member(name string, v field.Value) {
	if !in.request(name, v) && !in.outcome(name, v) && !in.caller(name, v) && !in.line(name, v) && !in.model(name, v) {
		in.elapsed(name, v)
	}
}

func (in *reader) request(name string, v field.Value) bool {
	r := in.r
	switch name {
	case "ts":
		in.logger.ts = v.Kind() == field.Number
		in.setTime(3, v.Text())
	case "time", "timestamp", "date", "datetime", "eventtime", "starttime", "startedat", "asctime", "localtime", "@t",
		"createdat", "timestampstart":
		in.setTime(2, v.Text())
	case "@timestamp":
		in.setTime(1, v.Text())
	case "path", "url", "uri", "endpoint", "originalurl", "requestpath", "requesturi", "requesturl", "httppath",
		"req.url", "req.path", "req.originalurl", "request.url", "request.path", "request.uri",
		"http.url", "http.target", "http.path", "url.path", "url.original", "url.full", "requesteduri", "httprequest.requesturl":
		if s := v.Text(); s != "" {
			r.SetTarget(s)
		}
	case "target":
		if s := v.Text(); strings.HasPrefix(s, "/") || strings.HasPrefix(s, "http") { // Rust's name of a module
			r.SetTarget(s)
		}
	case "query", "querystring", "url.query", "request.query", "args":
		if r.Query == "" && v.Kind() == field.String {
			r.Query = strings.TrimPrefix(v.Text(), "?")
		}
	case "method", "verb", "httpmethod", "requestmethod", "req.method", "request.method", "http.method", "http.request.method",
		"httprequest.requestmethod":
		r.Method = v.Text()
	case "request", "requestline", "requestedurl":
		s := v.Text()
		if strings.HasPrefix(s, "/") { // Apache's name of a path
			if r.Path == "" {
				r.Path, _, _ = strings.Cut(s, "?")
			}
			break
		}
		if path, query := r.Path, r.Query; s != "" && query == "" {
			if r.SetRequestLine(s); path != "" {
				r.Path = path // the line adds the query, wherever it stands
			}
		}
	case "route", "routename", "http.route", "resourcepath", "req.route", "url.template":
		r.Route = v.Text()
	case "host", "httphost", "servername", "req.host", "request.host", "url.domain", "server.address", "domain":
		r.Host = v.Text()
	case "hostname", "service", "servicename", "service.name", "gateway", "app", "host.name":
		r.Gateway = v.Text()
	case "requestid", "reqid", "req.id", "request.id", "http.request.id", "xrequestid", "correlationid":
		r.RequestID = v.Text()
	case "id", "traceid", "trace.id":
		if r.RequestID == "" {
			r.RequestID = v.Text()
		}
	case "requestsize", "requestbytes", "requestlength", "bytesreceived", "bytesin", "bytesread", "http.request.body.bytes", "http.request.bytes",
		"httprequest.requestsize":
		r.Count(schemas.HasRequestBytes, &r.RequestBytes, v.Text())
	default:
		return false
	}
	return true
}

func (in *reader) outcome(name string, v field.Value) bool {
	r := in.r
	switch name {
	case "status", "statuscode", "responsecode", "httpstatus", "httpstatuscode", "responsestatus", "responsestatuscode", "res.statuscode", "res.status",
		"downstreamstatus", "response.status", "response.statuscode", "http.statuscode", "http.status", "http.response.statuscode",
		"httprequest.status":
		r.SetStatus(v.Text())
	case "upstreamstatus", "upstreamstatuscode", "backendstatus", "originstatus":
		r.SetUpstreamStatus(v.List())
		if r.Known&schemas.HasUpstreamStatus != 0 {
			r.Responder = schemas.ResponderUpstream
		}
	case "responsetime", "duration", "elapsed", "elapsedtime", "latency", "took", "httprequest.latency":
		if in.logger.latency = v.Text(); name == "responsetime" || name == "elapsedtime" {
			in.logger.milliseconds = true // pino, morgan, logback
		}
	case "latencyhuman":
		in.logger.human = v.Text()
	case "requesttime":
		// nginx's is seconds, with a point; Tyk's whole milliseconds; AWS and others
		// write a time of day under it.
		switch s := v.Text(); {
		case strings.ContainsAny(s, ":/"):
			in.setTime(2, s)
		case strings.IndexByte(s, '.') >= 0:
			in.setLatency(s, field.Seconds)
		default:
			in.setLatency(s, field.Milliseconds)
		}
	case "latency.total", "latencytotal":
		in.setLatency(v.Text(), field.Milliseconds)
	case "latency.upstream", "upstreamlatencyms":
		r.Duration(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, v.Text(), field.Milliseconds)
	case "event.duration":
		in.setLatency(v.Text(), field.Nanoseconds)
	case "bytes", "bytessent", "bytesout", "responsesize", "responsebytes", "responselength", "contentlength", "bodybytessent",
		"size", "res.bytes", "http.response.body.bytes", "http.response.bytes", "res.contentlength",
		"httprequest.responsesize":
		r.Count(schemas.HasResponseBytes, &r.ResponseBytes, v.Text())
	case "auth", "authresult", "authoutcome", "authstatus", "authenticated":
		in.setAuth(v)
	case "response", "answer", "completion", "output", "responsebody", "res.body", "response.body":
		if v.Text() != "" {
			r.Dropped++
		}
	default:
		return false
	}
	return true
}

// The ranks of names for the principal: a key says more than a name does.
const (
	rankName = 1 + iota
	rankUser
	rankKey
)

// noKey is what Tyk logs as the key of a request without one.
const noKey = "00000000"

func (in *reader) caller(name string, v field.Value) bool {
	r := in.r
	switch name {
	case "apikeyid", "keyid", "apikeyhash", "consumerid", "consumer", "clientid", "principal", "principalid":
		in.setPrincipal(rankKey, v.Text())
	case "userid", "sub", "uid", "accountid", "user.id", "req.user.id", "usersub":
		in.setPrincipal(rankUser, v.Text())
	case "user", "username", "account", "user.name", "user.email", "email", "remoteuser":
		in.setPrincipal(rankName, v.Text())
	case "caller":
		if s := v.Text(); !isSource(s) {
			in.setPrincipal(rankName, s)
		}
	case "enduser", "enduserid", "enduser.id":
		r.EndUser = v.Text()
	case "apikey", "xapikey", "authorization", "accesstoken", "token", "credential":
		if s := v.Text(); s == noKey {
			r.Presented = decode.PresentedNone
		} else {
			r.SetCredential(s)
		}
	case "tenant", "tenantid", "org", "orgid", "organization", "organizationid", "workspace", "team", "teamid":
		r.Tenant = v.Text()
	case "remoteaddress", "remoteaddr", "remoteip", "remotehost", "peer", "req.remoteaddress", "request.remoteip", "request.remoteaddress":
		in.setPeer(1, v.Text())
	case "ip", "ipaddress", "clientip", "clientaddr", "clientaddress", "sourceip", "req.ip", "request.ip", "request.clientip",
		"client.ip", "client.address", "source.ip", "source.address", "client", "httprequest.remoteip":
		in.setPeer(2, v.Text())
	case "xforwardedfor", "forwardedfor", "xff", "httpxforwardedfor":
		r.Forwarded = v.List()
	case "useragent", "ua", "agent", "httpuseragent", "useragent.original", "req.useragent", "request.useragent",
		"httprequest.useragent":
		r.UserAgent = v.Text()
	default:
		return false
	}
	return true
}
