package traefik

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// clfTime is the length of 25/Oct/2016:14:49:34 +0200.
const clfTime = 26

// decodeText reads a line of Traefik's common log format:
//
//	host - user [time] "request" status size "referer" "agent" count "router" "server" 12ms
//
// It is told from the combined format by what follows the agent. Traefik does
// not escape quotes in what clients send, so the line is read from both ends,
// and what is left in the middle is the referer and the agent.
//
// A user or an agent may be written like the time and all that follows it. Of
// several such readings one counts that has a refusal, else the first: who
// writes lines into lines does not hide a login that failed.
func decodeText(line string, _ *field.Buffer, r *decode.Record) bool {
	line, router, server, took, ok := readTail(line)
	if !ok {
		return false
	}
	var best head
	found := false
	for from, n := 0, 0; n < maxReadings; {
		quote := strings.Index(line[from:], `] "`)
		if quote < 0 {
			break
		}
		quote += from
		from = quote + 1
		if h, ok := readHead(line, quote); ok {
			n++
			if !found || isRefusal(h.status) && !isRefusal(best.status) {
				best, found = h, true
			}
		}
	}
	if !found {
		return false
	}
	host, user, status := best.host, best.user, best.status
	r.Time = best.time
	if host != "-" {
		setClient("", host, r)
	}
	setUser(user, r)
	r.SetRequestLine(best.request)
	r.SetStatus(status)
	r.Count(schemas.HasResponseBytes, &r.ResponseBytes, best.size)
	r.UserAgent = readAgent(best.rest)
	setRouter(router, r)
	r.Duration(schemas.HasLatency, &r.LatencyNS, took, field.Milliseconds)
	if !strings.Contains(server, "://") { // "-", and the "/" of version 1
		server = ""
	}
	setResponder(status, server, r)
	return r.Method != "" || r.Known&schemas.HasStatus != 0
}

// maxReadings bounds how many times of a line are looked at.
const maxReadings = 8

// head is what stands before the referer.
type head struct {
	time                        int64
	host, user                  string
	request, status, size, rest string
}

// readHead reads a line whose time ends at quote.
func readHead(line string, quote int) (h head, ok bool) {
	start := quote - clfTime
	if start < 1 || line[start-1] != '[' {
		return h, false
	}
	if h.time, ok = field.Time(line[start:quote]); !ok {
		return h, false
	}
	if h.host, h.user, ok = strings.Cut(strings.TrimSuffix(line[:start-1], " "), " - "); !ok {
		return h, false
	}
	if h.request, h.rest, ok = strings.Cut(line[quote+3:], `" `); !ok {
		return h, false
	}
	h.status, h.rest, _ = strings.Cut(h.rest, " ")
	h.size, h.rest, _ = strings.Cut(h.rest, " ")
	return h, true
}

func isRefusal(status string) bool { return status == "401" || status == "403" || status == "407" }

// readTail takes the end off a line: count "router" "server" 12ms.
func readTail(line string) (head, router, server, took string, ok bool) {
	line, ok = strings.CutSuffix(line, "ms")
	if !ok {
		return
	}
	line, took, ok = cutLast(line)
	if !ok || !isNumber(took) {
		return "", "", "", "", false
	}
	quoted := strings.HasSuffix(line, `"`)
	if line, server, ok = cutQuoted(line); !ok {
		return
	}
	quoted = quoted || strings.HasSuffix(line, `"`)
	if line, router, ok = cutQuoted(line); !ok {
		return
	}
	head, count, ok := cutLast(line)
	// Dashes alone may be what a client sent, in a line of nginx.
	ok = ok && (count == "-" || isNumber(count)) && (quoted || strings.HasSuffix(head, `"`))
	return head, router, server, took, ok
}

// cutLast takes the last word off s.
func cutLast(s string) (head, word string, ok bool) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// cutQuoted takes the quoted text off that s ends with, or a bare dash.
func cutQuoted(s string) (head, text string, ok bool) {
	if head, ok = strings.CutSuffix(s, " -"); ok {
		return head, "-", true
	}
	s, ok = strings.CutSuffix(s, `"`)
	i := strings.LastIndex(s, ` "`)
	if !ok || i < 0 {
		return s, "", false
	}
	return s[:i], s[i+2:], true
}

// readAgent returns the agent of: "referer" "agent". Either may be a bare dash.
// Of an agent that has quotes in it, after a referer, the end is returned.
func readAgent(s string) string {
	agent, ok := strings.CutPrefix(s, `"-" "`)
	if ok {
		agent, ok = strings.CutSuffix(agent, `"`)
	} else {
		_, agent, ok = cutQuoted(s)
	}
	if !ok || agent == "-" {
		return ""
	}
	return agent
}

func isNumber(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i]-'0' > 9 {
			return false
		}
	}
	return s != ""
}
