package nginx

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// tail reads what operators append to the combined format.
type tail struct {
	r               *decode.Record
	buf             *field.Buffer
	times           int
	version, cipher string
}

// readMore reads what follows the user agent:
//
//   - the default of ingress-nginx,
//     length time [upstream][ [alternative]] addr length time status id;
//   - X-Forwarded-For in quotes, if it comes first (the "main" format of nginx's packages);
//   - name=value pairs, with or without quotes;
//   - bare values that tell what they are: times with three decimals, of which
//     the first is $request_time and the second $upstream_response_time, a
//     version and a cipher of TLS, a request id of 32 hexadecimal digits.
//
// The client writes into quotes alone, and nginx escapes those.
func readMore(rest string, buf *field.Buffer, r *decode.Record) {
	if rest == "" || readIngress(rest, r) {
		return
	}
	t := tail{r: r, buf: buf}
	rest = strings.TrimLeft(rest, " ")
	for first := true; rest != ""; rest, first = strings.TrimLeft(rest, " "), false {
		if text, after, ok := quoted(rest); ok {
			// Later ones may be of the upstream.
			if t.bare(text); first && r.Forwarded == "" && !isSeconds(text) && isAddresses(text) {
				r.Forwarded = text
			}
			rest = after
			continue
		}
		name, value, after := pair(rest)
		if rest = after; name == "" {
			t.bare(value)
			continue
		}
		t.pair(name, value)
	}
	switch {
	case t.version != "" && t.cipher != "":
		r.TLS = buf.Concat(t.version, "/", t.cipher)
	default:
		r.TLS = t.version
	}
}

// bare reads a value without a name.
func (t *tail) bare(s string) {
	r := t.r
	switch {
	case isSeconds(s):
		if t.times++; t.times == 1 {
			r.Duration(schemas.HasLatency, &r.LatencyNS, s, field.Seconds)
		} else if t.times == 2 && r.Known&schemas.HasUpstreamLatency == 0 {
			r.Attempts(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, s, field.Seconds)
		}
	case strings.HasPrefix(s, "TLSv1") || s == "SSLv3":
		t.version = s
	case t.version != "" && t.cipher == "" && (strings.HasPrefix(s, "TLS_") || strings.Count(s, "-") > 1):
		t.cipher = s
	case len(s) == 32 && r.RequestID == "" && isHex(s):
		r.RequestID = s
	}
}

func (t *tail) pair(name, value string) {
	r := t.r
	switch name {
	case "rt", "request_time":
		r.Duration(schemas.HasLatency, &r.LatencyNS, value, field.Seconds)
	case "urt", "upstream_response_time":
		r.Attempts(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, value, field.Seconds)
	case "us", "ust", "upstream_status":
		readUpstream(value, r)
	case "rl", "request_length":
		r.Count(schemas.HasRequestBytes, &r.RequestBytes, value)
	case "id", "rid", "req_id", "request_id":
		r.RequestID = unescape(value, t.buf)
	case "xff", "x_forwarded_for", "http_x_forwarded_for":
		if value != "-" {
			r.Forwarded = unescape(value, t.buf)
		}
	case "host", "http_host", "vhost":
		if r.Host == "" {
			r.Host = unescape(value, t.buf)
		}
	case "model":
		r.Model = unescape(value, t.buf)
	case "tls", "ssl_protocol":
		t.version = unescape(value, t.buf)
	case "cipher", "ssl_cipher":
		t.cipher = unescape(value, t.buf)
	}
}

// readIngress reads the tail of ingress-nginx's default, and reports whether it
// is one.
func readIngress(s string, r *decode.Record) bool {
	length, s := word(s)
	if length == "" || length[0]-'0' > 9 || strings.Contains(length, ".") {
		return false
	}
	seconds, s := word(s)
	if !isSeconds(seconds) || !strings.HasPrefix(s, "[") {
		return false
	}
	route, s, _ := strings.Cut(s[1:], "] ")
	if strings.HasPrefix(s, "[") {
		_, s, _ = strings.Cut(s, "] ")
	}
	var values [4]string // address, length, time, status
	for i := range values {
		values[i], s = list(s)
	}
	if values[3] == "" {
		return false
	}
	if route != "-" {
		r.Route = route
	}
	r.Count(schemas.HasRequestBytes, &r.RequestBytes, length)
	r.Duration(schemas.HasLatency, &r.LatencyNS, seconds, field.Seconds)
	r.Attempts(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, values[2], field.Seconds)
	readUpstream(values[3], r)
	r.RequestID, _ = word(s)
	return true
}

// readUpstream reads $upstream_status: "-" says that nginx answered.
func readUpstream(status string, r *decode.Record) {
	if r.SetUpstreamStatus(status); r.Known&schemas.HasUpstreamStatus != 0 {
		r.Responder = schemas.ResponderUpstream
	} else if status == "-" || status == "" {
		r.Responder = schemas.ResponderGateway
	}
}

// list returns the value that s starts with, up to the next space that is not
// within a list of attempts: "0.001, 0.050 : 0.2".
func list(s string) (value, rest string) {
	s = strings.TrimLeft(s, " ")
	for i := 0; ; i++ {
		n := strings.IndexByte(s[i:], ' ')
		if n < 0 {
			return s, ""
		}
		i += n
		if i > 0 && s[i-1] != ',' && s[i-1] != ':' && !strings.HasPrefix(s[i+1:], ": ") {
			return s[:i], s[i+1:]
		}
	}
}

// pair returns the name and the value of the name=value that s starts with,
// where quotes keep the spaces of a value; no name, and the word as the value,
// if s starts with something else.
func pair(s string) (name, value, rest string) {
	head, tail := list(s)
	name, value, found := strings.Cut(head, "=")
	if !found {
		return "", head, tail
	}
	if strings.HasPrefix(value, `"`) {
		after := s[strings.IndexByte(s, '=')+1:]
		if text, rest, ok := quoted(after); ok {
			return name, text, rest
		}
	}
	return name, value, tail
}

// isSeconds reports whether s is a time as nginx writes it, "0.640", or begins
// like a list of them.
func isSeconds(s string) bool {
	i := 0
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	if i == 0 || i+4 > len(s) || s[i] != '.' {
		return false
	}
	for _, c := range []byte(s[i+1 : i+4]) {
		if c-'0' > 9 {
			return false
		}
	}
	return len(s) == i+4 || s[i+4] == ',' || s[i+4] == ' '
}

func isHex(s string) bool {
	for _, c := range []byte(s) {
		if c-'0' > 9 && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}
