package envoy

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// maxStart is the longest "[start time]" in bytes.
const maxStart = 48

// decodeText reads a line of Envoy's default format or of Istio's, which has
// four more fields after the flags and six more at the end:
//
//	[start] "METHOD path PROTOCOL" code flags
//	  [details termination "failure"] in out duration upstream-duration
//	  "xff" "agent" "request id" "authority" "upstream host"
//	  [cluster upstream-local downstream-local downstream-remote sni route]
//
// Envoy does not escape quotes in what clients send. The request line is safe:
// a path has no spaces. If there are more quotes after it than the format has,
// the client wrote some of them, and none of the quoted fields is believed; of
// Istio's line the peer is then taken from the end.
func decodeText(line string, _ *field.Buffer, r *decode.Record) bool {
	if len(line) < 24 || line[0] != '[' || line[5] != '-' {
		return false
	}
	end := strings.IndexByte(line[:min(len(line), maxStart)], ']')
	if end < 20 || !strings.HasPrefix(line[end+1:], ` "`) {
		return false
	}
	t, ok := field.Time(line[1:end])
	if !ok {
		return false
	}
	rest, ok := readRequestLine(line[end+3:], r)
	if !ok {
		return false
	}
	code, rest := word(rest)
	if n, ok := field.Int(code, 599); !ok || n > 0 && n < 100 {
		return false
	}
	first, _ := word(rest)
	if first != "" && first[0] >= '0' && first[0] <= '9' { // flags are no number
		return false
	}
	r.Time = t
	r.SetStatus(code) // 0: no answer was sent
	x := texts{r: r}
	if strings.Contains(first, "=") {
		x.pairs(rest)
	} else {
		x.fields(rest)
	}
	r.Model = x.m.model()
	readResponder(x.details, x.flags, x.upstream, r)
	return true
}

// readRequestLine reads what is between the quotes; s starts after the first.
func readRequestLine(s string, r *decode.Record) (rest string, ok bool) {
	method, s, ok := strings.Cut(s, " ")
	if !ok {
		return "", false
	}
	path, s, ok := strings.Cut(s, " ")
	if !ok {
		return "", false
	}
	if strings.HasSuffix(path, `"`) { // a format without the protocol
		path = path[:len(path)-1]
	} else if _, s, ok = strings.Cut(s, `" `); !ok {
		return "", false
	}
	if method != "-" { // of a TCP proxy
		r.Method = method
	}
	if path != "-" {
		r.SetTarget(path)
	}
	return s, true
}

// texts is what follows the status.
type texts struct {
	r                        *decode.Record
	m                        models
	flags, details, upstream string
}

func (t *texts) fields(s string) {
	r := t.r
	t.flags, s = known(s)
	next, rest := word(s)
	long := true
	switch {
	case next == "":
		return
	case next[0] == '"': // Istio before 1.9: the mixer's status, the failure
		_, s = quoted(s)
		_, s = quoted(s)
	case next[0] < '0' || next[0] > '9':
		if i := strings.IndexByte(rest, '}'); strings.Contains(next, "{") && !strings.Contains(next, "}") && i >= 0 {
			next, rest = s[:len(s)-len(rest)+i+1], rest[i+1:] // details with spaces
		}
		if next = strings.TrimSpace(next); next != "-" {
			t.details = next
		}
		_, s = word(rest)
		_, s = quoted(s)
	default:
		long = false
	}
	in, s := known(s)
	out, s := known(s)
	duration, s := known(s)
	service, s := known(s)
	r.Count(schemas.HasRequestBytes, &r.RequestBytes, in)
	r.Count(schemas.HasResponseBytes, &r.ResponseBytes, out)
	r.Duration(schemas.HasLatency, &r.LatencyNS, duration, field.Milliseconds)
	r.Duration(schemas.HasUpstreamLatency, &r.UpstreamLatencyNS, service, field.Milliseconds)
	if strings.Count(s, `"`) != 10 {
		if long {
			r.Peer = fromEnd(s, 3)
		}
		return
	}
	r.Forwarded, s = quoted(s)
	r.UserAgent, s = quoted(s)
	r.RequestID, s = quoted(s)
	r.Host, s = quoted(s)
	t.upstream, s = quoted(s)
	if s == "" {
		return
	}
	if first, _ := word(s); strings.Contains(first, "=") {
		t.pairs(s)
		return
	}
	_, s = known(s) // the cluster
	_, s = known(s)
	_, s = known(s)
	r.Peer, s = known(s)
	sni, s := known(s)
	if r.Host == "" {
		r.Host = sni
	}
	r.Route, _ = known(s)
}

// pairs reads name=value, as Envoy AI Gateway's examples append them, and a
// duration with its unit.
func (t *texts) pairs(s string) {
	r := t.r
	for s != "" {
		var token string
		token, s = word(s)
		name, value, found := strings.Cut(token, "=")
		if !found {
			if ms, ok := strings.CutSuffix(token, "ms"); ok && r.Known&schemas.HasLatency == 0 {
				r.Duration(schemas.HasLatency, &r.LatencyNS, ms, field.Milliseconds)
			}
			continue
		}
		if value == "-" {
			continue
		}
		switch name {
		case "model", "model_name":
			t.m.asked = value
		case "model_name_override":
			t.m.override = value
		case "response_model":
			t.m.answered = value
		case "llm_input_token":
			r.Count(schemas.HasInputTokens, &r.InputTokens, value)
		case "llm_output_token":
			r.Count(schemas.HasOutputTokens, &r.OutputTokens, value)
		case "llm_cached_input_token":
			r.Count(schemas.HasCachedTokens, &r.CachedTokens, value)
		case "mcp_method":
			if value == "tools/call" {
				r.Operation = "execute_tool"
			}
		case "mcp_tool_name":
			r.Tool = value
		case "flags", "response_flags":
			t.flags = value
		case "details", "response_code_details":
			t.details = value
		}
	}
}

// word returns the text up to the next space, and what follows it.
func word(s string) (text, rest string) {
	s = strings.TrimLeft(s, " ")
	text, rest, _ = strings.Cut(s, " ")
	return text, rest
}

// known is word, with "-" as nothing.
func known(s string) (text, rest string) {
	if text, rest = word(s); text == "-" {
		text = ""
	}
	return text, rest
}

// fromEnd returns the nth word from the end, "" for "-".
func fromEnd(s string, n int) string {
	for ; n > 1; n-- {
		s = s[:max(strings.LastIndexByte(s, ' '), 0)]
	}
	if s = s[strings.LastIndexByte(s, ' ')+1:]; s == "-" {
		return ""
	}
	return s
}

// quoted returns the text between the next two quotes, "-" as nothing, and what
// follows them.
func quoted(s string) (text, rest string) {
	_, s, _ = strings.Cut(s, `"`)
	if text, rest, _ = strings.Cut(s, `"`); text == "-" {
		text = ""
	}
	return text, rest
}
