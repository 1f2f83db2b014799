package awsapigw

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
)

// decodeText reads a line of one of the presets that are no JSON: CLF, CSV, and
// that of the Serverless Framework. None of their variables is of the client's
// choice, but for the method and the request id.
func decodeText(s string, _ *field.Buffer, r *decode.Record) bool {
	in := line{r: r}
	if !in.pairs(s) && !in.clf(s) && !in.csv(s) {
		return false
	}
	return in.finish() && r.Time != 0 && r.Status != 0
}

// variable takes a variable of a preset, by its folded name.
func (in *line) variable(name, s string) {
	if s = strings.Trim(s, " "); s == "-" {
		s = ""
	}
	in.member(name, s)
}

// clfTime is the length of 25/Oct/2016:14:49:34 +0200.
const clfTime = 26

// clf reads
//
//	ip caller user [time]"GET /path HTTP/1.1" status length requestId[ extendedRequestId]
//
// in which nothing stands between the time and the request, or a space. A line
// with a space is ours only if it ends like ours: common logs of web servers
// have no id there.
func (in *line) clf(s string) bool {
	bracket := strings.IndexByte(s, '[')
	if bracket < 0 || len(s) < bracket+clfTime+3 || s[bracket+clfTime+1] != ']' {
		return false
	}
	client, rest := s[:bracket], s[bracket+clfTime+2:]
	tight := rest[0] == '"'
	if !tight && s[len(s)-1] == '"' {
		return false // the referer or the agent of a web server's line
	}
	rest = strings.TrimLeft(rest, " ")
	if rest == "" || rest[0] != '"' {
		return false
	}
	end := strings.IndexByte(rest[1:], '"')
	if end < 0 {
		return false
	}
	request, tail := rest[1:end+1], rest[end+2:]
	status, tail := word(tail)
	length, tail := word(tail)
	id, tail := word(tail)
	extended, tail := word(tail)
	if tail != "" || strings.ContainsAny(id, `"=:`) && !strings.HasSuffix(id, "=") || !tight && !isID(id) {
		return false
	}
	ip, client := word(client)
	caller, client := word(client)
	in.variable("ip", ip)
	in.variable("caller", caller)
	in.variable("user", client)
	in.variable("requesttime", s[bracket+1:bracket+1+clfTime])
	in.variable("status", status)
	in.variable("responselength", length)
	in.variable("requestid", id)
	in.variable("extendedrequestid", extended)
	method, path := word(request)
	if i := strings.LastIndexByte(path, ' '); i > 0 {
		path = path[:i] // the protocol
	}
	in.variable("httpmethod", method)
	if strings.HasPrefix(path, "/") || path == "-" {
		in.variable("resourcepath", path)
	} else {
		in.variable("routekey", path) // "GET /pets", of an HTTP API
	}
	return true
}

// isID reports whether s is the id of a request: a UUID of REST APIs, base64
// of the others.
func isID(s string) bool {
	if len(s) == 36 {
		return s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-'
	}
	return len(s) == 16 && s[15] == '='
}

// columns are those of the preset CSV.
var columns = [...]string{"ip", "caller", "user", "requesttime", "httpmethod", "resourcepath", "protocol",
	"status", "responselength", "requestid", "extendedrequestid"}

// maxAddress is the length of the longest address.
const maxAddress = 45

// csv reads ip,caller,user,time,method,path,protocol,status,length,id[,extended].
func (in *line) csv(s string) bool {
	if strings.IndexByte(s[:min(len(s), maxAddress+1)], ',') < 0 {
		return false
	}
	if strings.IndexByte(s, '"') >= 0 { // a web server's, in which a client may have written columns
		return false
	}
	if n := strings.Count(s, ","); n != len(columns)-1 && n != len(columns)-2 {
		return false
	}
	rest := s
	for range 3 {
		_, rest, _ = strings.Cut(rest, ",")
	}
	time, _, _ := strings.Cut(rest, ",")
	if _, ok := field.Time(time); !ok || len(time) != clfTime {
		return false
	}
	for _, name := range columns {
		var value string
		value, s, _ = strings.Cut(s, ",")
		in.variable(name, value)
	}
	return true
}

// pairs reads "requestId: …, ip: …, status: …", the Serverless Framework's
// default. The name of a variable is folded as those of members are.
func (in *line) pairs(s string) bool {
	if !strings.HasPrefix(s, "requestId: ") || strings.IndexByte(s, '"') >= 0 {
		return false
	}
	for s != "" {
		var pair string
		pair, s, _ = strings.Cut(s, ", ")
		name, value, found := strings.Cut(pair, ": ")
		if !found || len(name) >= maxName {
			continue
		}
		var folded [maxName]byte
		in.variable(field.View(field.Fold(folded[:0], name)), strings.Trim(value, "[]"))
	}
	return true
}

// word returns the text up to the next space, and what follows.
func word(s string) (text, rest string) {
	s = strings.TrimLeft(s, " ")
	text, rest, _ = strings.Cut(s, " ")
	return text, strings.TrimLeft(rest, " ")
}
