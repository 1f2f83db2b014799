// Package awsapigw decodes the access logs of Amazon API Gateway: REST, HTTP
// and WebSocket APIs, in JSON of the operator's own making and in the presets.
package awsapigw

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
)

// Format is an access log line. Operators choose the names; those of AWS'
// console and documentation are the names of the $context variables, with or
// without the object that they are in.
var Format = decode.Format{
	Name: "awsapigw",
	Rules: []decode.Rule{
		{All: []string{"requestId", "httpMethod", "status"}, Any: []string{"resourcePath", "routeKey"}},
		{All: []string{"requestId", "httpMethod"}, Any: []string{"resourcePath", "routeKey", "requestTimeEpoch", "responseLatency", "integrationLatency", "integrationStatus", "apiId"}},
		{All: []string{"requestId", "routeKey"}, Any: []string{"eventType", "connectionId", "status", "stage"}},
		{All: []string{"requestId", "resourcePath", "status"}},
		{All: []string{"requestId", "requestTime", "status"}, Where: hasTime},
		{All: []string{"requestId", "identity"}, Any: []string{"httpMethod", "routeKey", "resourcePath"}},
		{All: []string{"context.requestId"}},
		{All: []string{"$context.requestId"}},
		{All: []string{"context"}, Where: hasContext},
	},
	JSON: decodeJSON,
	Text: decodeText,
	// A web server's line can begin like one of the presets.
	TextFirst: true,
}

// hasTime reports whether requestTime is a time as AWS writes it; elsewhere it is
// a duration.
func hasTime(o field.Value) bool { return len(o.Get("requestTime").Text()) == clfTime }

// hasContext reports whether o holds the variables in an object "context".
func hasContext(o field.Value) bool {
	c := o.Get("context")
	return c.Get("requestId").Kind() == field.String &&
		(c.Get("httpMethod").Kind() == field.String || c.Get("routeKey").Kind() == field.String)
}

// maxName bounds the folded name of a variable, and maxDepth how deep it may
// be: context.authorizer.claims.sub is 4.
const (
	maxName  = 64
	maxDepth = 4
)

// line is what the fields of a record are derived from together.
type line struct {
	r *decode.Record

	timeRank, idRank int
	resource, route  string
	routed           bool // resource or route are in the log, even if empty

	keyID      string
	caller     string
	callerRank int
	keyLogged  bool // the raw key is in the log, even if empty

	responseType, message, authorizer string
	authorized                        bool // an authorizer was asked
	filtered                          bool // the web application firewall blocked
	integration                       integration
}

// integration is what the log says of the backend.
type integration uint8

const (
	unstated integration = iota // it is not in the log
	absent                      // it is empty: API Gateway answered
	reached
	answered // its own status is known
)

func decodeJSON(o field.Value, r *decode.Record) bool {
	in := line{r: r}
	var name [maxName]byte
	in.object(o, name[:0], 1)
	return in.finish()
}

func (in *line) object(o field.Value, prefix []byte, depth int) {
	for it := o.Members(); it.Next(); {
		key := it.Key()
		if len(prefix)+len(key) >= maxName {
			continue
		}
		name := field.Fold(prefix, key)
		v := it.Value()
		if v.Kind() != field.Object {
			in.member(strings.TrimPrefix(strings.TrimPrefix(field.View(name), "$"), "context."), v.Text())
		} else if depth < maxDepth {
			in.object(v, append(name, '.'), depth+1)
		}
	}
}

// member takes one variable; "-" has become "". The tables are split by what
// they are about.
func (in *line) member(name, s string) {
	if !in.request(name, s) && !in.outcome(name, s) {
		in.who(name, s)
	}
}

func (in *line) request(name, s string) bool {
	r := in.r
	switch name {
	case "requestid":
		in.setID(1, s)
	case "extendedrequestid":
		// Clients can choose the request id, and not this one.
		in.setID(2, s)
	case "requesttimeepoch":
		in.setTime(3, s)
	case "requesttime":
		in.setTime(2, s)
	case "time", "timestamp", "@timestamp":
		in.setTime(1, s)
	case "httpmethod", "method":
		r.Method = s
	case "resourcepath":
		in.resource, in.routed = s, true
	case "routekey":
		in.route, in.routed = s, true
	case "path":
		if s != "" {
			r.SetTarget(s)
		}
	case "domainname", "host":
		r.Host = s
	case "apiid":
		r.Gateway = s
	case "accountid":
		r.Tenant = s
	case "tlsversion":
		r.TLS = s
	default:
		return false
	}
	return true
}

func (in *line) setID(rank int, s string) {
	if s != "" && rank > in.idRank {
		in.r.RequestID, in.idRank = s, rank
	}
}

func (in *line) setTime(rank int, s string) {
	if t, ok := field.Time(s); ok && rank > in.timeRank {
		in.r.Time, in.timeRank = t, rank
	}
}

// who takes who called. The ranks say which of several names a caller.
func (in *line) who(name, s string) {
	switch name {
	case "ip", "sourceip", "identity.sourceip", "clientip":
		in.r.Peer = s
	case "useragent", "identity.useragent":
		in.r.UserAgent = s
	case "apikey", "identity.apikey":
		in.keyLogged = true
		in.r.SetCredential(s)
	case "apikeyid", "identity.apikeyid":
		in.keyID = s
	case "principalid", "authorizer.principalid":
		in.setCaller(7, s)
	case "authorizer.claims.sub", "authorizer.jwt.claims.sub", "claims.sub", "sub":
		in.setCaller(6, s)
	case "authorizer.claims.username", "authorizer.claims.cognito:username", "authorizer.claims.clientid":
		in.setCaller(5, s)
	case "caller", "identity.caller":
		in.setCaller(4, s)
	case "userarn", "identity.userarn":
		in.setCaller(3, s)
	case "user", "identity.user":
		in.setCaller(2, s)
	case "cognitoidentityid", "identity.cognitoidentityid", "identity.clientcert.subjectdn", "clientcertsubjectdn":
		in.setCaller(1, s)
	}
}

func (in *line) setCaller(rank int, s string) {
	if s != "" && rank > in.callerRank {
		in.caller, in.callerRank = s, rank
	}
}

// finish derives what several variables say together, and reports whether the
// line is a record.
func (in *line) finish() bool {
	r := in.r
	// Many users can share the API key that a usage plan counts by.
	if r.Principal = in.caller; in.keyID != "" {
		r.Principal, r.EndUser = in.keyID, in.caller
	}
	template := in.resource
	if template == "" && in.route != "" {
		template = in.route // "GET /pets/{id}", "$default", "$connect"
		if method, path, found := strings.Cut(in.route, " "); found {
			template = path
			if r.Method == "" && method != "ANY" {
				r.Method = method
			}
		}
	}
	r.Route = template
	if r.Path == "" && strings.HasPrefix(template, "/") && strings.IndexByte(template, '{') < 0 {
		r.Path = template
	}
	if r.Path == "" {
		r.Operation = decode.OperationOf(template)
	}
	in.judge(template != "")
	return r.RequestID != "" || template != "" || r.Status != 0
}
