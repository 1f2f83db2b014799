package formats_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

// TestEnvelopesWithin puts a record into three envelopes: two are opened, and
// the third is not taken for a record of what is in it.
func TestEnvelopesWithin(t *testing.T) {
	const line = `203.0.113.9 - - [22/Nov/2026:05:40:01 +0000] "GET /v1/models HTTP/1.1" 401 12 "-" "-"`
	d := decodetest.New(t, decode.Auto)
	all := envelopes("%s")
	for outer := range all {
		for middle := range all {
			for inner := range all {
				text, wrapped := line, 0
				for _, name := range []string{inner, middle, outer} {
					text = string(envelopes(quote([]byte(text)))[name])
					got := decodetest.Decode(t, d, []byte(text))
					if wrapped++; wrapped == 3 {
						for _, r := range got {
							if r.Record != nil && (r.Record.Status != 401 || r.Record.Peer != "203.0.113.9") {
								t.Errorf("%s, %s, %s gave %+v", inner, middle, outer, r.Record)
							}
						}
					} else if len(got) != 1 || got[0].Record == nil || got[0].Record.Status != 401 {
						t.Errorf("%s in %s gave %+v", inner, middle, got)
					}
				}
			}
		}
	}
}

// TestLargeBatches decodes what makes the readers of batches work for nothing.
func TestLargeBatches(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	many := func(s string, n int) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }
	start := time.Now()
	for name, text := range map[string]string{
		"attributes of a resource": `{"resourceSpans":[{"resource":{"attributes":[` + many(`{}`, 100_000) + `]},"scopeSpans":[{"spans":[` + many(`{"kind":2}`, 500) + `]}]}]}`,
		"attributes of a span":     `{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":2,"attributes":[` + many(`{"key":"a"}`, 100_000) + `]}]}]}]}`,
		"attributes of a log":      `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[` + many(`{"key":"response_code","value":{}}`, 30_000) + `]}]}]}]}`,
		"calls without end":        `{"resourceSpans":[{"scopeSpans":[{"spans":[` + many(`{"traceId":"a","spanId":"b","parentSpanId":"b","attributes":[{"key":"gen_ai.system","value":{"stringValue":"x"}}]}`, 512) + `]}]}]}`,
		"resources":                `{"resourceSpans":[` + many(`{"resource":{"attributes":[]}}`, 30_000) + `]}`,
		"lists of spans":           `{"resourceSpans":[{` + many(`"scopeSpans":[{"spans":[]}]`, 30_000) + `}]}`,
		"events":                   `{"messageType":"DATA_MESSAGE","logGroup":"g","logStream":"s","logEvents":[` + many(`{"id":"1","message":""}`, 40_000) + `]}`,
		"arrays":                   `{"messageType":["a"],"logGroup":[],"logStream":{},"logEvents":{"a":[[]]}}`,
	} {
		decodetest.Decode(t, d, []byte(text))
		if took := time.Since(start); took > 10*time.Second {
			t.Fatalf("%s: %v so far", name, took)
		}
	}
}

// TestLargeTexts has a megabyte in one member of a record after the other.
func TestLargeTexts(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	large := strings.Repeat("\x00\xff] \" - [{", 100_000)
	start := time.Now()
	for _, line := range []string{
		`{"started_at":1795326000123,"client_ip":"a","latencies":{"request":12},"request":{"method":"GET","uri":"/","headers":{"host":"h"}},"response":{"status":401},"source":"kong"}`,
		`{"msec":"1795326000.123","remote_addr":"a","request":"GET / HTTP/1.1","status":"401","upstream_status":"502, 200"}`,
		`{"start_time":"2026-11-22T05:40:00Z","response_code":401,"response_flags":"UAEX","method":"GET","path":"/","x-forwarded-for":"a"}`,
		`{"time":"2026-11-22T05:40:00Z","path":"/","status":401,"user":"u","message":"m","query":"q"}`,
	} {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		for k, v := range o {
			o[k] = large[:900_000]
			text, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			o[k] = v
			decodetest.Decode(t, d, text)
			raw := fmt.Sprintf(`{"large":"%s",`, strings.ReplaceAll(large[:900_000], `"`, "'")) + line[1:]
			if got := decodetest.Decode(t, d, []byte(raw)); len(got) != 1 || got[0].Record == nil || got[0].Record.Status != 401 {
				t.Fatalf("beside %s: %+v", k, got)
			}
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Fatalf("%v so far", took)
		}
	}
}
