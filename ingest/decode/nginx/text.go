package nginx

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// clfTime is the length of 25/Oct/2016:14:49:34 +0200.
const clfTime = 26

// decodeText reads a line of the combined format or one of its relatives:
//
//	[vhost ]addr - user [time] "request" status bytes[ "referer" "agent"[ more]]
//
// nginx and Apache escape quotes in what clients send, but not brackets or
// spaces, and a user name may have both: so the end of the time, which a quote
// follows, is what the line is taken apart at.
func decodeText(line string, buf *field.Buffer, r *decode.Record) bool {
	quote := strings.Index(line, `] "`)
	start := quote - clfTime
	if start < 1 || line[start-1] != '[' {
		return false
	}
	t, ok := field.Time(line[start:quote])
	if !ok || !readClient(line[:start-1], buf, r) {
		return false
	}
	r.Time = t
	request, rest, ok := quoted(line[quote+2:])
	if !ok {
		return false
	}
	r.SetRequestLine(unescape(request, buf))
	status, rest := word(rest)
	bytes, rest := word(rest)
	r.SetStatus(status)
	r.Count(schemas.HasResponseBytes, &r.ResponseBytes, bytes)
	if r.Known&schemas.HasStatus == 0 {
		return false
	}
	if _, rest, ok = quoted(rest); !ok { // the referer
		return true
	}
	agent, rest, ok := quoted(rest)
	if !ok {
		return true
	}
	r.UserAgent = unescape(agent, buf)
	readMore(rest, buf, r)
	return true
}

// readClient reads what stands before the time.
func readClient(s string, buf *field.Buffer, r *decode.Record) bool {
	client, user, found := strings.Cut(s, " - ")
	if !found { // Apache, with an ident and a user
		if client, user, found = strings.Cut(s, " "); !found {
			return false
		}
		_, user = word(user)
	}
	if left, right, found := strings.Cut(client, " "); found {
		if client = left; isAddresses(right) {
			r.Host, client = left, right
		} // else right is Apache's ident
	}
	if client == "" {
		return false
	}
	if client != "unix:" && client != "-" { // a socket of the file system has no address
		r.Peer = client
	}
	if user = strings.TrimSpace(user); user != "" && user != "-" {
		r.Principal = unescape(user, buf)
		r.Presented = decode.PresentedSome
	}
	return true
}

// readMore reads what often follows the combined format: X-Forwarded-For in
// quotes (the "main" format of nginx's packages), and name=value pairs.
func readMore(rest string, buf *field.Buffer, r *decode.Record) {
	if forwarded, tail, ok := quoted(rest); ok {
		if forwarded != "-" && isAddresses(forwarded) {
			r.Forwarded = forwarded
		}
		rest = tail
	}
	for rest != "" {
		var name, value string
		if name, value, rest = pair(rest); name == "" {
			continue
		}
		switch name {
		case "rt", "request_time":
			r.Duration(schemas.HasLatency, &r.LatencyNS, value, field.Seconds)
		case "urt", "upstream_response_time":
			r.Attempts(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, value, field.Seconds)
		case "us", "upstream_status":
			r.Responder = schemas.ResponderGateway
			r.SetUpstreamStatus(value)
			if r.Known&schemas.HasUpstreamStatus != 0 {
				r.Responder = schemas.ResponderUpstream
			}
		case "id", "request_id":
			r.RequestID = unescape(value, buf)
		}
	}
}

// pair returns the name and the value of the name=value that s starts with,
// where quotes keep the spaces of a value; no name if s starts with something
// else.
func pair(s string) (name, value, rest string) {
	head, tail := word(s)
	name, value, found := strings.Cut(head, "=")
	if !found {
		return "", "", tail
	}
	if strings.HasPrefix(value, `"`) {
		after := s[strings.IndexByte(s, '=')+1:]
		if text, rest, ok := quoted(after); ok {
			return name, text, rest
		}
	}
	return name, value, tail
}

// isAddresses reports whether s has only what lists of addresses have.
func isAddresses(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if (s[i] < '0' || s[i] > '9') && (c < 'a' || c > 'f') && !strings.ContainsRune(".:, []%", rune(s[i])) {
			return false
		}
	}
	return s != ""
}

// quoted returns the text in the quotes that s starts with, after spaces, and
// what follows them. A quote after a backslash is in the text.
func quoted(s string) (text, rest string, ok bool) {
	s = strings.TrimLeft(s, " ")
	if s == "" || s[0] != '"' {
		return "", s, false
	}
	for i := 1; i < len(s); {
		n := strings.IndexByte(s[i:], '"')
		if n < 0 {
			break
		}
		i += n
		back := i
		for back > 1 && s[back-1] == '\\' {
			back--
		}
		if (i-back)%2 == 0 {
			return s[1:i], s[i+1:], true
		}
		i++
	}
	return "", s, false
}

// word returns the text up to the next space, and what follows.
func word(s string) (text, rest string) {
	s = strings.TrimLeft(s, " ")
	text, rest, _ = strings.Cut(s, " ")
	return text, rest
}

// unescape undoes nginx's \xNN and Apache's \n; "-" is nothing.
func unescape(s string, buf *field.Buffer) string {
	if s == "-" {
		return ""
	}
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return buf.UnescapeString(s)
}
