package nginx_test

import (
	"testing"

	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) {
	decodetest.Conformance(t, "nginx", "status", "uri", "path", "request", "request_uri", "@nginx_fields", "url")
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "nginx") }

// TestListsOfAttempts checks where a list ends that may have spaces.
func TestListsOfAttempts(t *testing.T) {
	const head = `203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] "GET / HTTP/1.1" 200 5 "-" "x" `
	d := decodetest.New(t, "nginx")
	for tail, want := range map[string]int64{
		"urt=0.001":                       1e6,
		"urt=0.001, 0.002":                3e6,
		"urt=0.001, 0.002 : 0.004":        7e6,
		"urt=0.001 : 0.004 us=200":        5e6,
		"urt=-, 0.002 us=502, 200":        2e6,
		`urt="0.001, 0.002" 0.400 0.900`:  3e6,
		"urt=0.001, ":                     1e6,
		"urt=0.001,":                      1e6,
		"urt=0.001 :":                     1e6,
		"0.500 0.001, 0.002 : 0.004 0.09": 7e6,
	} {
		got := decodetest.Decode(t, d, []byte(head+tail))
		if r := got[0].Record; r == nil || r.UpstreamLatencyNS != want || r.UserAgent != "x" {
			t.Errorf("%s gave %+v", tail, got[0])
		}
	}
}
