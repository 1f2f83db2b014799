package apisix_test

import (
	"testing"
	"time"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) {
	decodetest.Conformance(t, "apisix", "request", "status", "uri", "client_ip", "llm_summary")
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "apisix") }

// TestUpstreamTime checks the trap of the units: a mistake is one of a factor
// of a thousand.
func TestUpstreamTime(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	for _, c := range []struct {
		latency, summary string
		want             time.Duration
	}{
		{`2860`, `2858`, 2858 * time.Millisecond},
		{`2860`, `"2858"`, 2858 * time.Millisecond},
		{`2860`, `"2.858"`, 2858 * time.Millisecond},
		{`2860`, `2.858`, 2858 * time.Millisecond},
		{`12`, `1.5`, 1500 * time.Microsecond},
		{`12`, `"0"`, -1},
		{`12`, `"-"`, -1},
		{`12`, `5765`, -1},
		{`12`, `57.65`, -1},
		{`null`, `"2.858"`, 2858 * time.Millisecond},
		{`null`, `5765`, 5765 * time.Millisecond},
		{`3005`, `"1.002, 2.000"`, 3002 * time.Millisecond},
	} {
		line := `{"request":{"uri":"/a"},"response":{"status":200},"upstream":"10.1.0.2:443","route_id":"a","start_time":1795326000123,"latency":` +
			c.latency + `,"llm_summary":{"upstream_response_time":` + c.summary + `}}`
		got := decodetest.Decode(t, d, []byte(line))
		if len(got) != 1 || got[0].Record == nil {
			t.Fatalf("%s: %+v", line, got)
		}
		took := time.Duration(got[0].Record.UpstreamLatencyNS)
		if c.want < 0 {
			c.want = 0
		}
		if took != c.want {
			t.Errorf("latency %s, upstream %s: %v, want %v", c.latency, c.summary, took, c.want)
		}
	}
}

// TestTextIsOnlyApisixs checks that nginx's formats are left to it.
func TestTextIsOnlyApisixs(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	for line, want := range map[string]string{
		`1.1.1.1 - - [22/Nov/2026:05:40:00 +0000] h "GET / HTTP/1.1" 200 2 0.001 "-" "x" - - - "://"`: "apisix",
		`1.1.1.1 - - [22/Nov/2026:05:40:00 +0000] h "GET / HTTP/1.1" 200 2 0.001 "-" "x"`:             "apisix",
		`1.1.1.1 - - [22/Nov/2026:05:40:00 +0000] "GET / HTTP/1.1" 200 2 "-" "x"`:                     "nginx",
		`h 1.1.1.1 - - [22/Nov/2026:05:40:00 +0000] "GET / HTTP/1.1" 200 2 "-" "x"`:                   "nginx",
		`1.1.1.1 - - [22/Nov/2026:05:40:00 +0000] h "GET / HTTP/1.1" 200 2 "-" "x"`:                   "",
		`1.1.1.1 - - [22/Nov/2026:05:40:00 +0000] h`:                                                  "",
		`1.1.1.1 - - [22/Nov/2026:05:40:00 +0000] h "GET / HTTP/1.1" 200 2 0.001 "-`:                  "",
	} {
		got := decodetest.Decode(t, d, []byte(line))
		name := ""
		if len(got) == 1 && got[0].Record != nil {
			name = got[0].Record.Format
		}
		if name != want {
			t.Errorf("%s is %q, want %q", line, name, want)
		}
	}
}
