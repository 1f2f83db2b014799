package traefik_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) {
	decodetest.Conformance(t, "traefik", "RequestPath", "DownstreamStatus", "RequestLine")
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "traefik") }

// TestTextIsOnlyTraefiks checks that lines of other formats, and lines that
// merely end like Traefik's, are left to others.
func TestTextIsOnlyTraefiks(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	const head = `203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] "GET / HTTP/1.1" 200 2 "-" "x"`
	for line, want := range map[string]string{
		head + ` 27 "llm@file" "http://10.1.0.2:80" 3ms`: "traefik",
		head + ` - "llm@file" "-" 3ms`:                   "traefik",
		`203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] "HEAD / HTTP/1.1" - - - "curl/7.54.0" 9 "Host-1" - 0ms`: "traefik",
		head:                        "nginx",
		head + ` rt=0.003 took 3ms`: "nginx",
		head + ` 27 "llm@file" "http://10.1.0.2:80" 3s`:   "nginx",
		head + ` 27 "llm@file" "http://10.1.0.2:80" -3ms`: "nginx",
		head + ` x "llm@file" "http://10.1.0.2:80" 3ms`:   "nginx",
		head + ` "llm@file" 3ms`:                          "nginx",
	} {
		got := decodetest.Decode(t, d, []byte(line))
		if len(got) != 1 || got[0].Record == nil || got[0].Record.Format != want {
			t.Errorf("%s: got %+v, want %s", line, got, want)
		}
	}
}

// TestUnits checks the nanoseconds: a mistake is one of a factor of a million.
func TestUnits(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	line := `{"RequestMethod":"GET","DownstreamStatus":200,"StartUTC":"2026-11-22T05:40:00Z","Duration":59518533,"OriginDuration":59428568,"OriginStatus":200,"ServiceAddr":"10.1.0.2:80"}`
	r := decodetest.Decode(t, d, []byte(line))[0].Record
	if got := time.Duration(r.LatencyNS); got != 59518533*time.Nanosecond {
		t.Errorf("latency is %v", got)
	}
	if got := time.Duration(r.UpstreamLatencyNS); got != 59428568*time.Nanosecond {
		t.Errorf("upstream latency is %v", got)
	}
}

// TestWhoAnswered checks the responder, and with it whether a 401 is a failed
// login: Traefik's own 401 has no server, whatever its OriginStatus says.
func TestWhoAnswered(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	for fields, want := range map[string]string{
		`"OriginStatus":401,"ServiceAddr":"10.1.0.2:80"`: "upstream unknown 401",
		`"OriginStatus":0,"ServiceAddr":"10.1.0.2:80"`:   "unknown failure 0",
		`"OriginStatus":401`:                             "gateway failure 0",
		`"OriginStatus":0`:                               "gateway failure 0",
		`"OriginStatus":401,"BackendAddr":""`:            "gateway failure 0",
		`"OriginStatus":401,"BackendAddr":"10.1.0.2:80"`: "upstream unknown 401",
		`"RouterName":"llm@file"`:                        "gateway failure 0",
	} {
		line := `{"RequestMethod":"GET","RequestPath":"/v1/models","DownstreamStatus":401,"StartUTC":"2026-11-22T05:40:00Z",` + fields + `}`
		r := decodetest.Decode(t, d, []byte(line))[0].Record
		if got := fmt.Sprintf("%v %v %d", r.Responder, r.Auth, r.UpstreamStatus); got != want {
			t.Errorf("%s: got %s, want %s", fields, got, want)
		}
	}
	for tail, want := range map[string]string{
		`401 17 "-" "x" 9 "llm@file" "http://10.1.0.2:80" 3ms`: "upstream unknown 401",
		`401 17 "-" "x" 9 "llm@file" "-" 3ms`:                  "gateway failure 0",
		`- - "-" "x" 9 "llm@file" "-" 3ms`:                     "gateway unknown 0",
	} {
		line := `203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] "GET / HTTP/1.1" ` + tail
		r := decodetest.Decode(t, d, []byte(line))[0].Record
		if got := fmt.Sprintf("%v %v %d", r.Responder, r.Auth, r.UpstreamStatus); got != want {
			t.Errorf("%s: got %s, want %s", tail, got, want)
		}
	}
}

// TestClients checks peer and forwarded chain: ClientHost is the whole header
// of a trusted proxy.
func TestClients(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	for fields, want := range map[string]string{
		`"ClientAddr":"203.0.113.9:1","ClientHost":"203.0.113.9"`:                                           "203.0.113.9:1 ",
		`"ClientAddr":"[2001:db8::1]:1","ClientHost":"2001:db8::1"`:                                         "[2001:db8::1]:1 ",
		`"ClientAddr":"10.0.0.3:1","ClientHost":"203.0.113.9"`:                                              "10.0.0.3:1 203.0.113.9",
		`"ClientAddr":"10.0.0.3:1","ClientHost":"198.51.100.4, 203.0.113.9"`:                                "10.0.0.3:1 198.51.100.4, 203.0.113.9",
		`"ClientHost":"198.51.100.4, 203.0.113.9"`:                                                          "203.0.113.9 198.51.100.4",
		`"ClientHost":"203.0.113.9"`:                                                                        "203.0.113.9 ",
		`"ClientAddr":"10.0.0.3:1","ClientHost":"203.0.113.9","request_X-Forwarded-For":"1.1.1.1, 2.2.2.2"`: "10.0.0.3:1 1.1.1.1, 2.2.2.2",
		`"ClientAddr":"-","ClientHost":"-"`:                                                                 " ",
	} {
		line := `{"RequestMethod":"GET","RequestPath":"/v1/models","DownstreamStatus":200,"StartUTC":"2026-11-22T05:40:00Z",` + fields + `}`
		r := decodetest.Decode(t, d, []byte(line))[0].Record
		if got := r.Peer + " " + r.Forwarded; got != want {
			t.Errorf("%s: got %q, want %q", fields, got, want)
		}
	}
}
