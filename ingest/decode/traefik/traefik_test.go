package traefik_test

import (
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
		head + ` 27 "llm@file" "http://10.1.0.2:80" 3ms`:  "traefik",
		head + ` - "llm@file" "-" 3ms`:                    "traefik",
		head:                                              "nginx",
		head + ` rt=0.003 took 3ms`:                       "nginx",
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
