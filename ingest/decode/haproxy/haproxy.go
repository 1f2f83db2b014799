// Package haproxy decodes HAProxy's text logs of HTTP: "option httplog" and
// "option httpslog", with or without the syslog header in front.
package haproxy

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// Format is a line of the form
//
//	[header ]client:port [time] frontend backend/server TR/Tw/Tc/Tr/Ta status
//	  bytes - - state 1/1/0/0/0 0/0[ {captured}…] "request"[ errors sni/TLS/cipher]
var Format = decode.Format{Name: "haproxy", Text: decodeText}

// timeLength is the length of 22/Nov/2026:05:40:00.655.
const timeLength = 24

func decodeText(line string, _ *field.Buffer, r *decode.Record) bool {
	if !isOurs(line) {
		return false
	}
	before, rest, ok := cutTime(line, r)
	if !ok || !readClient(before, r) {
		return false
	}
	_, rest = word(rest) // the frontend
	server, rest := word(rest)
	backend, server, ok := strings.Cut(server, "/")
	if !ok {
		return false
	}
	timers, rest := word(rest)
	for range maxOwn { // some add words of their own, such as the host
		if isTimers(timers) {
			break
		}
		timers, rest = word(rest)
	}
	if !isTimers(timers) { // of TCP there are two
		return false
	}
	status, rest := word(rest)
	bytes, rest := word(rest)
	_, rest = word(rest) // cookies
	_, rest = word(rest)
	state, rest := word(rest)
	if len(state) != 4 {
		return false
	}
	if backend != "<NOSRV>" {
		r.Route = backend
	}
	r.SetStatus(status) // -1 is none
	r.Count(schemas.HasResponseBytes, &r.ResponseBytes, strings.TrimPrefix(bytes, "+"))
	readTimers(timers, r)
	readResponder(server, state, r)
	readRequest(rest, r)
	return true
}

// isOurs reports whether a line has no other quotes than those of the request:
// HAProxy encodes what clients send. In the lines of other servers, whose quotes
// are around more, a user or an agent may be written like a line of HAProxy.
func isOurs(line string) bool {
	first := strings.IndexByte(line, '"')
	if first < 0 {
		return true
	}
	if first > 0 && strings.HasSuffix(line[:first], "] ") {
		return false // the request after the time
	}
	rest := line[first+1:]
	second := strings.IndexByte(rest, '"')
	return second < 0 || strings.IndexByte(rest[second+1:], '"') < 0
}

// maxOwn bounds the words that a format has between the server and the timers.
const maxOwn = 3

// isTimers reports whether s has five figures with slashes between, or -1.
func isTimers(s string) bool {
	return strings.Count(s, "/") == 4 && strings.Trim(s, "0123456789/-+") == ""
}

// cutTime finds the time, which is the accept date of HAProxy's own zone, and
// sets it as UTC.
func cutTime(line string, r *decode.Record) (before, rest string, ok bool) {
	for from := 0; ; {
		i := strings.Index(line[from:], " [")
		if i < 0 {
			return "", "", false
		}
		i += from + 2
		from = i
		if end := i + timeLength; end < len(line) && line[end] == ']' && line[i+20] == '.' {
			t, ok := field.Time(line[i : i+20])
			ms, known := field.Duration(line[i+21:end], field.Milliseconds)
			if ok && known {
				r.Time = t + ms
				return line[:i-2], line[end+1:], true
			}
		}
	}
}

// readClient reads the last word before the time, and from a syslog header the
// name of the host.
func readClient(before string, r *decode.Record) bool {
	at := strings.LastIndexByte(before, ' ') + 1
	client := before[at:]
	if i := strings.LastIndexByte(client, ':'); i < 1 || i == len(client)-1 {
		return false
	}
	if address := client[:strings.LastIndexByte(client, ':')]; address != "unix" && address != "-" {
		r.Peer = address // without brackets, a port would be the last of IPv6
	}
	header := strings.TrimRight(before[:at], " ")
	if i := strings.LastIndexByte(header, ' '); i > 0 && strings.HasSuffix(header, ":") {
		host := header[:i]
		r.Gateway = host[strings.LastIndexByte(host, ' ')+1:]
	}
	return true
}

// readTimers reads milliseconds: the fourth is how long the server took to
// answer, the fifth the whole request; -1 is none, and a "+" that it went on.
func readTimers(s string, r *decode.Record) {
	last := strings.LastIndexByte(s, '/')
	r.Duration(schemas.HasLatency, &r.LatencyNS, strings.TrimPrefix(s[last+1:], "+"), field.Milliseconds)
	s = s[:last]
	r.Duration(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, s[strings.LastIndexByte(s, '/')+1:], field.Milliseconds)
}

// readResponder tells who answered, from how the session ended: the first letter
// of the state says by whom (P, L, R: the proxy; S, s: the server; C, c: the
// client), the second in which phase, of which D and L are after the answer's
// head.
func readResponder(server, state string, r *decode.Record) {
	answered := state[1] == 'D' || state[1] == 'L'
	switch {
	case r.Known&schemas.HasStatus == 0:
	case server == "<NOSRV>" || strings.IndexByte("PLR", state[0]) >= 0 || strings.IndexByte("Ss", state[0]) >= 0 && !answered:
		r.Responder = schemas.ResponderGateway
	case server != "" && (state[0] == '-' || answered):
		r.Responder = schemas.ResponderUpstream
		r.UpstreamStatus = r.Status
		r.Known |= schemas.HasUpstreamStatus
	}
}

// readRequest reads the request line and what httpslog has behind it. HAProxy
// writes quotes of clients as "#22", so the last ones are its own.
func readRequest(s string, r *decode.Record) {
	end := strings.LastIndexByte(s, '"')
	start := strings.LastIndexByte(s[:max(end, 0)], '"')
	if start < 0 {
		return
	}
	if request := s[start+1 : end]; request != "<BADREQ>" {
		r.SetRequestLine(request)
	}
	_, rest := word(s[end+1:])
	tls, _ := word(rest)
	sni, tls, found := strings.Cut(tls, "/")
	if !found || strings.HasPrefix(tls, "-") {
		return
	}
	r.TLS = tls
	if r.Host == "" && sni != "-" {
		r.Host = sni
	}
}

// word returns the text up to the next space, and what follows.
func word(s string) (text, rest string) {
	s = strings.TrimLeft(s, " ")
	text, rest, _ = strings.Cut(s, " ")
	return text, rest
}
