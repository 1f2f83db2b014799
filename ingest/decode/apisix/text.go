package apisix

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// clfTime is the length of 25/Oct/2016:14:49:34 +0200.
const clfTime = 26

// decodeText reads a line of APISIX's access log, which is nginx's with a
// log_format of its own:
//
//	addr - user [time] host "request" status bytes seconds "referer" "agent"
//	addresses statuses times "upstream" ["id" ["type" "ttft" "model" "asked" "prompt" "completion"]]
//
// It is told from nginx's formats by the host between the time and the request,
// and the request's time after the bytes.
func decodeText(line string, buf *field.Buffer, r *decode.Record) bool {
	// A user may have brackets and spaces, a host neither, and nobody quotes: so
	// the time is what ends before the last word before the first quote.
	quote := strings.Index(line, ` "`)
	if quote < 0 {
		return false
	}
	end := strings.LastIndexByte(line[:quote], ' ') - 1
	start := end - clfTime
	if start < 1 || line[end] != ']' || line[start-1] != '[' {
		return false
	}
	t, ok := field.Time(line[start:end])
	if !ok {
		return false
	}
	addr, user, ok := strings.Cut(strings.TrimSuffix(line[:start-1], " "), " - ")
	if !ok {
		return false
	}
	host, rest := line[end+2:quote], line[quote+2:]
	if host == "" {
		return false
	}
	request, rest, ok := quoted(rest)
	if !ok {
		return false
	}
	status, rest := word(rest)
	size, rest := word(rest)
	took, rest := word(rest)
	_, rest, ok = nextQuoted(rest) // the referer
	if !ok {
		return false
	}
	agent, rest, ok := nextQuoted(rest)
	if !ok {
		return false
	}
	r.Time = t
	r.SetStatus(status)
	r.Duration(schemas.HasLatency, &r.LatencyNS, took, field.Seconds)
	if r.Known&(schemas.HasStatus|schemas.HasLatency) != schemas.HasStatus|schemas.HasLatency {
		return false
	}
	if addr != "-" && addr != "unix:" {
		r.Peer = addr
	}
	if user = stated(user, buf); user != "" {
		r.Principal, r.Presented = user, decode.PresentedSome
	}
	r.Host = stated(host, buf)
	r.SetRequestLine(stated(request, buf))
	r.Count(schemas.HasResponseBytes, &r.ResponseBytes, size)
	r.UserAgent = stated(agent, buf)
	readUpstream(rest, buf, r)
	return true
}

// readUpstream reads what follows the user agent. Each of the three lists has
// spaces after its commas; a dash is an empty one.
func readUpstream(s string, buf *field.Buffer, r *decode.Record) {
	lists, rest, _ := strings.Cut(s, `"`)
	addrs, lists := list(lists)
	statuses, lists := list(lists)
	times := "-"
	for lists != "" { // some formats have both times: the last one counts
		var next string
		if next, lists = list(lists); next != "" && next != "-" {
			times = next
		}
	}
	answered := readModel(rest, buf, r)
	switch {
	case addrs != "" && addrs != "-":
		r.SetUpstreamStatus(statuses)
		r.Responder = schemas.ResponderUpstream
		if r.Known&schemas.HasUpstreamStatus == 0 { // it was tried and did not answer
			r.Responder = schemas.ResponderGateway
		}
		setUpstreamTime(times, r)
	case answered: // ai-proxy asks the model by itself
		r.Responder = schemas.ResponderUpstream
		setUpstreamTime(times, r)
	case addrs == "-":
		r.Responder = schemas.ResponderGateway
	}
}

// readModel reads the quoted values at the end: the upstream's URL, of which s
// is without its first quote, the request's id, and what ai-proxy knows. It
// reports whether a model answered.
func readModel(s string, buf *field.Buffer, r *decode.Record) bool {
	var values [8]string
	_, rest, ok := quoted(s)
	for i := 1; ok && i < len(values); i++ {
		values[i], rest, ok = nextQuoted(rest)
	}
	r.RequestID = stated(values[1], buf)
	setType(values[2], r)
	r.Model = stated(values[4], buf)
	if r.Model == "" {
		r.Model = stated(values[5], buf)
	}
	if values[6] != "0" {
		r.Count(schemas.HasInputTokens, &r.InputTokens, values[6])
	}
	if values[7] != "0" {
		r.Count(schemas.HasOutputTokens, &r.OutputTokens, values[7])
	}
	answered := r.InputTokens > 0 || r.OutputTokens > 0
	if answered && r.Model != "" {
		if r.Operation = decode.OperationOf(r.Path); r.Operation == "" {
			r.Operation = "chat"
		}
	}
	return answered
}

// list takes a list off s: words, of which all but the last end with a comma
// or are followed by a colon.
func list(s string) (text, rest string) {
	s = strings.TrimLeft(s, " ")
	i := 0
	for {
		n := strings.IndexByte(s[i:], ' ')
		if n < 0 {
			return s, ""
		}
		i += n
		if s[i-1] == ',' || s[i-1] == ':' || strings.HasPrefix(s[i:], " : ") {
			i++
			continue
		}
		return s[:i], s[i:]
	}
}

// nextQuoted returns the text in the quotes that s starts with, after spaces.
func nextQuoted(s string) (text, rest string, ok bool) {
	s, ok = strings.CutPrefix(strings.TrimLeft(s, " "), `"`)
	if !ok {
		return "", s, false
	}
	return quoted(s)
}

// quoted returns the text up to the next quote, and what follows it: nginx
// writes quotes in values as \x22, or after a backslash.
func quoted(s string) (text, rest string, ok bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return s[:i], s[i+1:], true
		}
	}
	return "", s, false
}

// word returns the text up to the next space, and what follows.
func word(s string) (text, rest string) {
	text, rest, _ = strings.Cut(strings.TrimLeft(s, " "), " ")
	return text, rest
}

// stated returns s without nginx's escapes; "-" is nothing.
func stated(s string, buf *field.Buffer) string {
	if s == "-" {
		return ""
	}
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return buf.UnescapeString(s)
}
