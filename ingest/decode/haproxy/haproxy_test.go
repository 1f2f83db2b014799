package haproxy_test

import (
	"testing"

	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) { decodetest.Conformance(t, "haproxy") }

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "haproxy") }

// TestOtherText checks that lines which begin alike are not taken for HAProxy's.
func TestOtherText(t *testing.T) {
	d := decodetest.New(t, "haproxy")
	for _, line := range []string{
		`203.0.113.9:1 [22/Nov/2026:05:40:00.655]`,
		`203.0.113.9:1 [22/Nov/2026:05:40:00.655] fe be/s1 10/0/30 200 5 - - ----`, // TCP
		`203.0.113.9:1 [22/Nov/2026:05:40:00.655] fe be 10/0/30/69/109 200 5 - - ---- 0/0/0/0/0 0/0 "GET / HTTP/1.1"`,
		`203.0.113.9 [22/Nov/2026:05:40:00.655] fe be/s1 10/0/30/69/109 200 5 - - ---- 0/0/0/0/0 0/0 "GET / HTTP/1.1"`,
		`203.0.113.9: [22/Nov/2026:05:40:00.655] fe be/s1 10/0/30/69/109 200 5 - - ---- 0/0/0/0/0 0/0 "GET / HTTP/1.1"`,
		`203.0.113.9:1 [22/Nov/2026:05:40:00.655] fe be/s1 10/0/30/69/109 200 5 - - --`,
		`203.0.113.9:1 [22/Xxx/2026:05:40:00.655] fe be/s1 10/0/30/69/109 200 5 - - ---- 0/0/0/0/0 0/0 "GET / HTTP/1.1"`,
		`203.0.113.9:1 [22/Nov/2026:05:40:00.abc] fe be/s1 10/0/30/69/109 200 5 - - ---- 0/0/0/0/0 0/0 "GET / HTTP/1.1"`,
		` [`, ` [[`, `x`,
	} {
		if got := decodetest.Decode(t, d, []byte(line)); got[0].Reject == nil {
			t.Errorf("%s gave %+v", line, got[0].Record)
		}
	}
}
