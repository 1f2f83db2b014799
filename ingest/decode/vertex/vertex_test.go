package vertex_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
	"github.com/gatehound/gatehound/schemas"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) {
	decodetest.Conformance(t, "vertex", "gcp", "protoPayload", "request_id")
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "vertex") }

const audit = `{"protoPayload":{"status":{"code":%d},"authenticationInfo":{"principalEmail":"a@example.com"},"serviceName":"aiplatform.googleapis.com",` +
	`"methodName":"google.cloud.aiplatform.v1.PredictionService.%s","resourceName":"projects/p/locations/l/publishers/x/models/%s"},"insertId":"i","timestamp":"2026-05-06T05:52:00Z","logName":"l"}`

// TestStatuses goes through gRPC's codes.
func TestStatuses(t *testing.T) {
	want := [...]uint16{200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401}
	d := decodetest.New(t, decode.Auto)
	for code, status := range want {
		got := decodetest.Decode(t, d, fmt.Appendf(nil, audit, code, "GenerateContent", "gemini-2.5-pro"))[0].Record
		if got.Status != status {
			t.Errorf("code %d is %d, want %d", code, got.Status, status)
		}
		if failed := got.Auth == schemas.AuthFailure; failed != (status == 401 || status == 403) {
			t.Errorf("code %d: authentication is %v", code, got.Auth)
		}
	}
	got := decodetest.Decode(t, d, fmt.Appendf(nil, audit, 17, "GenerateContent", "gemini-2.5-pro"))[0].Record
	if got.Known&schemas.HasStatus != 0 {
		t.Errorf("code 17, which there is not, is %d", got.Status)
	}
}

// TestMethods tells what the methods do, of which some depend on the model.
func TestMethods(t *testing.T) {
	tests := []struct {
		method, model, operation string
		stream                   bool
	}{
		{"GenerateContent", "gemini-2.5-pro", "generate_content", false},
		{"StreamGenerateContent", "gemini-2.5-pro", "generate_content", true},
		{"BidiGenerateContent", "gemini-live", "generate_content", true},
		{"RawPredict", "claude-sonnet-4-5", "chat", false},
		{"StreamRawPredict", "claude-sonnet-4-5", "chat", true},
		{"ChatCompletions", "llama-3", "chat", false},
		{"Predict", "text-embedding-005", "embeddings", false},
		{"Predict", "imagen-4.0-generate-001", "image_generation", false},
		{"Predict", "my-classifier", "", false},
		{"PredictLongRunning", "veo-3.0-generate-001", "video_generation", false},
		{"EmbedContent", "gemini-embedding-001", "embeddings", false},
		{"CountTokens", "gemini-2.5-pro", "", false},
	}
	d := decodetest.New(t, decode.Auto)
	for _, test := range tests {
		t.Run(test.method+" "+test.model, func(t *testing.T) {
			got := decodetest.Decode(t, d, fmt.Appendf(nil, audit, 0, test.method, test.model))[0].Record
			if got.Operation != test.operation || got.Stream != test.stream || got.Model != test.model {
				t.Errorf("%q of %q, stream %v", got.Operation, got.Model, got.Stream)
			}
		})
	}
}

// TestOneRequest shows that the entry that ends a stream is no second request.
func TestOneRequest(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	entry := fmt.Appendf(nil, audit, 0, "BidiGenerateContent", "gemini-live")
	entry = entry[:len(entry)-1]
	for _, test := range []struct {
		operation string
		records   int
	}{
		{`{"id":"1","first":true}`, 1}, {`{"id":"1","last":true}`, 0}, {`{"id":"1","first":true,"last":true}`, 1}, {`{"id":"1"}`, 1},
	} {
		got := decodetest.Decode(t, d, fmt.Appendf(nil, `%s,"operation":%s}`, entry, test.operation))
		if len(got) != test.records {
			t.Errorf("%s gave %d records, want %d", test.operation, len(got), test.records)
		}
	}
	if d.Skipped() != 1 {
		t.Errorf("%d were skipped, want 1", d.Skipped())
	}
}

// TestRequestTime shows that the time is that of the request, not of the row.
func TestRequestTime(t *testing.T) {
	const row = `{"logging_time":"2026-05-06T05:52:10Z","request_id":"1","model":"m","api_method":"GenerateContent","full_request":{},"full_response":{},"metadata":{"request_latency":2500.5}}`
	got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(row))[0].Record
	if got.LatencyNS != 2_500_500_000 || got.Time != 1778046730_000_000_000-got.LatencyNS {
		t.Errorf("at %d, for %d", got.Time, got.LatencyNS)
	}
}

// TestNoAllocations holds the usual records to what decoding is to cost.
func TestNoAllocations(t *testing.T) {
	for _, name := range []string{"bigquery", "audit"} {
		text, err := os.ReadFile("testdata/" + name + "/input.log")
		if err != nil {
			t.Fatal(err)
		}
		line, _, _ := bytes.Cut(text, []byte("\n"))
		if n := decodetest.Allocations(t, line); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
