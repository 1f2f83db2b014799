// Package uvicorn decodes the access lines of uvicorn, the server of most
// Python applications, among them model servers such as vLLM, and of hypercorn.
package uvicorn

import (
	"net/netip"
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// Format is uvicorn's access line, with or without what a logging configuration
// puts in front of it:
//
//	[time ][level: ]client - "GET /path?query HTTP/1.1" 200[ OK]
var Format = decode.Format{Name: "uvicorn", Text: decodeText}

// beforeRequest stands between the client and the request line.
const beforeRequest = ` - "`

func decodeText(line string, _ *field.Buffer, r *decode.Record) bool {
	at := strings.Index(line, beforeRequest)
	if at < 0 {
		return false
	}
	if strings.IndexByte(line, '\x1b') >= 0 {
		line = uncoloured(line)
		if at = strings.Index(line, beforeRequest); at < 0 {
			return false
		}
	}
	rest := line[at+len(beforeRequest):]
	if path, found := strings.CutPrefix(rest, "WebSocket "); found {
		if !readWebSocket(path, r) {
			return false
		}
	} else if !readRequest(rest, r) {
		return false
	}
	readPrefix(line[:at], r)
	return true
}

// readRequest reads `GET /path HTTP/1.1" 200 OK`. Neither method nor target has
// a space: both were part of a request line that a server could read.
func readRequest(s string, r *decode.Record) bool {
	method := strings.IndexByte(s, ' ')
	if method < 0 {
		return false
	}
	target := strings.IndexByte(s[method+1:], ' ')
	if target < 0 {
		return false
	}
	protocol := s[method+1+target+1:]
	end := strings.IndexByte(protocol, '"')
	if end < 0 || !strings.HasPrefix(protocol, "HTTP/") {
		return false
	}
	readStatus(protocol[end+1:], r)
	r.SetRequestLine(s[:len(s)-len(protocol)+end])
	return r.Known&schemas.HasStatus != 0 && r.Method != ""
}

func readStatus(s string, r *decode.Record) {
	status, _, _ := strings.Cut(strings.TrimLeft(s, " "), " ")
	r.SetStatus(status)
}

// readWebSocket reads `/path" [accepted]` or `/path" 403`. The path is decoded:
// it may have anything in it, so its end is the last quote.
func readWebSocket(s string, r *decode.Record) bool {
	end := strings.LastIndexByte(s, '"')
	if end <= 0 || s[0] != '/' {
		return false
	}
	if outcome := strings.TrimSpace(s[end+1:]); outcome == "[accepted]" {
		r.SetStatus("101")
	} else {
		readStatus(outcome, r)
	}
	r.Method = "GET"
	r.SetTarget(s[:end])
	return r.Known&schemas.HasStatus != 0
}

// maxWords is how many words before the client are looked at for a time.
const maxWords = 6

// readPrefix reads the client, which is the last thing before the request, and
// the time, if there is one among the first words.
func readPrefix(s string, r *decode.Record) {
	if strings.HasSuffix(s, ")") { // a WebSocket's, ('127.0.0.1', 52422)
		if at := strings.LastIndex(s, "('"); at >= 0 {
			if host, _, found := strings.Cut(s[at+2:], "'"); found {
				r.Peer, s = host, s[:at]
			}
		}
	} else {
		at := strings.LastIndexByte(s, ' ') + 1
		if peer := client(s[at:]); peer != "" {
			r.Peer, s = peer, s[:at]
		}
	}
	for range maxWords {
		if s = strings.TrimLeft(s, " [("); s == "" {
			return
		}
		if s[0]-'0' <= 9 {
			if t, ok := leadingTime(s); ok {
				r.Time = t
				return
			}
		}
		_, s, _ = strings.Cut(s, " ")
	}
}

// client returns the address that s is. uvicorn puts a port after it, also
// after an IPv6 address, and no brackets around that.
func client(s string) string {
	host, port := s, ""
	if at := strings.LastIndexByte(s, ':'); at >= 0 {
		host, port = s[:at], s[at+1:]
	}
	if host == "" || port == "" && host != s { // a level, "INFO:"
		return ""
	}
	if strings.IndexByte(host, ':') < 0 {
		if _, err := netip.ParseAddr(host); err != nil {
			return ""
		}
		return s
	}
	if host[0] == '[' {
		return s
	}
	if _, err := netip.ParseAddr(host); err == nil && decimal(port) {
		return host
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return s
	}
	return ""
}

func decimal(s string) bool {
	for i := range len(s) {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return s != "" && len(s) <= 5
}

// leadingTime reads the time that s starts with: up to three words, the longest
// that is one.
func leadingTime(s string) (int64, bool) {
	s = s[:min(len(s), 40)]
	if end := strings.IndexAny(s, "])|"); end >= 0 {
		s = s[:end]
	}
	best, found := int64(0), false
	for end := 0; end < len(s); end++ {
		next := strings.IndexByte(s[end:], ' ')
		if next < 0 {
			next = len(s) - end
		}
		if end += next; end < 19 { // 2026-11-22T05:40:00
			continue
		}
		if t, ok := field.Time(s[:end]); ok {
			best, found = t, true
		}
	}
	return best, found
}

// uncoloured returns s without the escape sequences that colour a terminal.
func uncoloured(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		end := strings.IndexByte(rest, 'm')
		if end < 0 || strings.Trim(rest[:end], "0123456789;") != "" {
			end = -1
		}
		s = rest[end+1:]
	}
}
