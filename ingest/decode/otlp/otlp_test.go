package otlp_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) {
	decodetest.Conformance(t, "otlp", "resourceLogs", "resourceSpans")
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "otlp") }

func spans(list ...string) string {
	return `{"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"spans":[` + strings.Join(list, ",") + `]}]}]}`
}

func logs(list ...string) string {
	return `{"resourceLogs":[{"scopeLogs":[{"logRecords":[` + strings.Join(list, ",") + `]}]}]}`
}

const (
	server = `{"traceId":"%s","spanId":"1","kind":2,"startTimeUnixNano":"1795326000123456789","endTimeUnixNano":"1795326000935456789","attributes":[{"key":"http.request.method","value":{"stringValue":"POST"}},{"key":"http.response.status_code","value":{"intValue":"200"}}]}`
	call   = `{"traceId":"%s","spanId":"2","parentSpanId":"1","kind":3,"startTimeUnixNano":"1795326000123456789","endTimeUnixNano":"1795326000935456789","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.request.model","value":{"stringValue":"m"}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":"10"}}]}`
)

// TestRequestsAreCountedOnce checks the rule: the server's span is the request
// and takes the tokens of the calls in its trace; calls without one stand for
// themselves; other spans are counted as skipped.
func TestRequestsAreCountedOnce(t *testing.T) {
	const (
		between = `{"traceId":"a","spanId":"5","parentSpanId":"1","kind":1}`
		ring    = `{"traceId":"a","spanId":"7","parentSpanId":"7","kind":1}`
	)
	second := strings.NewReplacer(`"spanId":"1"`, `"spanId":"11"`, `"spanId":"2"`, `"spanId":"12"`, `"parentSpanId":"1"`, `"parentSpanId":"11"`).Replace
	const inner = `{"traceId":"a","kind":1,"startTimeUnixNano":"1795326000123456789","attributes":[]}`
	for _, c := range []struct {
		name            string
		spans           []string
		records, tokens int64
		skipped         int64
	}{
		{"server and its call", []string{fmt.Sprintf(server, "a"), fmt.Sprintf(call, "a")}, 1, 10, 1},
		{"call before server", []string{fmt.Sprintf(call, "a"), fmt.Sprintf(server, "a")}, 1, 10, 1},
		{"two calls", []string{fmt.Sprintf(server, "a"), fmt.Sprintf(call, "a"), fmt.Sprintf(call, "a")}, 1, 20, 2},
		{"other trace", []string{fmt.Sprintf(server, "a"), fmt.Sprintf(call, "b")}, 2, 10, 0},
		{"no trace", []string{fmt.Sprintf(server, ""), fmt.Sprintf(call, "")}, 2, 10, 0},
		{"call alone", []string{fmt.Sprintf(call, "a"), inner}, 1, 10, 1},
		{"nothing", []string{inner, inner}, 0, 0, 2},
		{"calls of calls", []string{fmt.Sprintf(server, "a"), between, strings.Replace(fmt.Sprintf(call, "a"), `"parentSpanId":"1"`, `"parentSpanId":"5"`, 1)}, 1, 10, 2},
		{"two requests of a trace", []string{fmt.Sprintf(server, "a"), fmt.Sprintf(call, "a"), second(fmt.Sprintf(server, "a")), second(fmt.Sprintf(call, "a"))}, 2, 20, 2},
		{"a ring of parents", []string{ring, strings.Replace(fmt.Sprintf(call, "a"), `"parentSpanId":"1"`, `"parentSpanId":"7"`, 1)}, 1, 10, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := decodetest.New(t, decode.Auto)
			var records, tokens int64
			for _, r := range decodetest.Decode(t, d, []byte(spans(c.spans...))) {
				if r.Record == nil {
					t.Fatalf("rejected: %+v", r.Reject)
				}
				records++
				tokens += r.Record.InputTokens
			}
			if records != c.records || tokens != c.tokens || d.Skipped() != c.skipped {
				t.Errorf("%d records, %d tokens, %d skipped; want %d, %d, %d", records, tokens, d.Skipped(), c.records, c.tokens, c.skipped)
			}
		})
	}
}

// TestManySpans checks that the search for calls is bounded: beyond the bound
// the spans stand for themselves, and time does not grow with their square.
func TestManySpans(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	for n, want := range map[int]int{256: 256, 257: 514, 20_000: 40_000} {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(server, fmt.Sprint(i)), fmt.Sprintf(call, fmt.Sprint(i)))
		}
		start := time.Now()
		got := decodetest.Decode(t, d, []byte(spans(list...)))
		if len(got) != want || got[0].Record == nil {
			t.Errorf("%d requests gave %d results, want %d", n, len(got), want)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%d requests took %v", n, took)
		}
	}
}

// TestNumbers checks that 64-bit numbers are read to the last digit, in quotes
// and without, and that 0 is no time.
func TestNumbers(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	const attrs = `"attributes":[{"key":"http.method","value":{"stringValue":"GET"}},{"key":"http.status_code","value":{"intValue":%s}}]`
	for in, want := range map[string]int64{
		`"timeUnixNano":"1795326000123456789",` + fmt.Sprintf(attrs, `"200"`):                             1795326000123456789,
		`"timeUnixNano":1795326000123456789,` + fmt.Sprintf(attrs, `200`):                                 1795326000123456789,
		`"timeUnixNano":"0","observedTimeUnixNano":"1795326000123456788",` + fmt.Sprintf(attrs, `"200"`):  1795326000123456788,
		`"timeUnixNano":0,"observedTimeUnixNano":1795326000123456788,` + fmt.Sprintf(attrs, `200`):        1795326000123456788,
		`"observedTimeUnixNano":"1795326000123456787","timeUnixNano":null,` + fmt.Sprintf(attrs, `"200"`): 1795326000123456787,
	} {
		got := decodetest.Decode(t, d, []byte(logs("{"+in+"}")))
		if len(got) != 1 || got[0].Record == nil {
			t.Fatalf("%s: %+v", in, got)
		}
		if r := got[0].Record; r.Time != want || r.Status != 200 {
			t.Errorf("%s: time %d, status %d", in, r.Time, r.Status)
		}
	}
	got := decodetest.Decode(t, d, []byte(logs(`{"timeUnixNano":"0",`+fmt.Sprintf(attrs, `"200"`)+`}`)))
	if len(got) != 1 || got[0].Reject == nil || got[0].Reject.Reason != decode.NoTime {
		t.Errorf("no time: %+v", got)
	}
}

// TestPlainLogsDoNotFlood checks that application logs beside requests are
// counted and give neither records nor rejects.
func TestPlainLogsDoNotFlood(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	list := []string{`{"timeUnixNano":"1795326000123456789","body":{"stringValue":"{\"method\":\"GET\",\"path\":\"/v1/models\",\"status\":200}"}}`}
	for i := range 2000 {
		list = append(list,
			fmt.Sprintf(`{"timeUnixNano":"1795326000123456789","body":{"stringValue":"worker %d started"}}`, i),
			fmt.Sprintf(`{"timeUnixNano":"1795326000123456789","body":{"stringValue":"{\"msg\":\"worker %d started\"}"}}`, i),
			`{"timeUnixNano":"1795326000123456789","body":{"kvlistValue":{"values":[{"key":"msg","value":{"stringValue":"x"}}]}}}`)
	}
	got := decodetest.Decode(t, d, []byte(logs(list...)))
	if len(got) != 1 || got[0].Record == nil || d.Skipped() != 6000 {
		t.Errorf("%d results, %d skipped", len(got), d.Skipped())
	}
}

// TestShippersEnvelope checks a shipper's envelope around a batch around another
// gateway's record, each in a string.
func TestShippersEnvelope(t *testing.T) {
	kong := `{"started_at":1795326000123,"latencies":{"request":12},"request":{"method":"POST","uri":"/v1/messages"},"response":{"status":200},"client_ip":"203.0.113.7"}`
	quoted := func(s string) string {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	batch := logs(`{"timeUnixNano":"1795326000123456789","body":{"stringValue":` + quoted(kong) + `}}`)
	message := `{"@timestamp":"2026-11-22T05:40:00Z","@metadata":{"beat":"filebeat"},"agent":{"type":"filebeat"},"message":` + quoted(batch) + `}`
	got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(message))
	if len(got) != 1 || got[0].Record == nil || got[0].Record.Format != "kong" || got[0].Record.Path != "/v1/messages" {
		t.Errorf("got %+v", got)
	}
}

// TestLongBatch checks a batch that is longer than one record may be.
func TestLongBatch(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	var list []string
	for range 8000 {
		list = append(list, fmt.Sprintf(call, "a"))
	}
	batch := spans(list...)
	if len(batch) < 2<<20 {
		t.Fatalf("the batch has %d bytes", len(batch))
	}
	if got := decodetest.Decode(t, d, []byte(batch)); len(got) != 8000 || got[7999].Record == nil {
		t.Errorf("%d results", len(got))
	}
}

// TestStructuredBodies checks that lists of attributes become the objects that
// they were, whatever is in them.
func TestStructuredBodies(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	deep := strings.Repeat(`{"kvlistValue":{"values":[{"key":"d","value":`, 12) + `{"intValue":1}` + strings.Repeat(`}]}}`, 12)
	for value, want := range map[string]string{
		`{"stringValue":"a \"quoted\" \u0041"}`: `a "quoted" A`,
		`{"intValue":"12"}`:                     "12",
		`{"arrayValue":{"values":[{"stringValue":"first"},{"intValue":2},{}]}}`: "first",
		`{"boolValue":true}`:      "",
		`{"bytesValue":"aGk="}`:   "aGk=",
		`{"stringValue":{"x":1}}`: "",
		`{}`:                      "",
		`null`:                    "",
		deep:                      "",
	} {
		rec := `{"timeUnixNano":"1795326000123456789","body":{"kvlistValue":{"values":[{"key":"path","value":{"stringValue":"/a"}},{"key":"status","value":{"intValue":200}},{"key":"user_agent","value":` + value + `},{"value":{}},{"key":7},7]}}}`
		got := decodetest.Decode(t, d, []byte(logs(rec)))
		if len(got) != 1 || got[0].Record == nil || got[0].Record.Format != "appjson" {
			t.Errorf("%s: got %+v", value, got)
			continue
		}
		if ua := got[0].Record.UserAgent; ua != want {
			t.Errorf("%s is %q, want %q", value, ua, want)
		}
	}
}
