package cfaigateway_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
	"github.com/gatehound/gatehound/schemas"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) {
	decodetest.Conformance(t, "cfaigateway", "provider", "model", "Provider", "Model", "status_code", "StatusCode")
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "cfaigateway") }

// TestResponder tells answers from the cache and refusals of the gateway from
// answers of the provider.
func TestResponder(t *testing.T) {
	const head = `{"created_at":"2026-11-22T05:40:00Z","provider":"openai","model":"gpt-4o-mini","tokens_in":1,"tokens_out":1,`
	tests := []struct {
		name, tail string
		responder  schemas.Responder
		status     uint16
		upstream   uint16
	}{
		{"provider", `"cached":false,"success":true,"status_code":200`, schemas.ResponderUpstream, 200, 200},
		{"cache", `"cached":true,"success":true,"status_code":200`, schemas.ResponderGateway, 200, 0},
		{"no status", `"cached":false,"success":true`, schemas.ResponderUpstream, 200, 200},
		{"failure", `"cached":false,"success":false,"status_code":500`, schemas.ResponderUnknown, 500, 0},
		{"failure without a status", `"cached":false,"success":false`, schemas.ResponderUnknown, 0, 0},
		{"limit", `"cached":false,"success":false,"RateLimited":true`, schemas.ResponderGateway, 429, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(head+test.tail+"}"))[0].Record
			if got.Responder != test.responder || got.Status != test.status || got.UpstreamStatus != test.upstream {
				t.Errorf("%d by %v, upstream %d", got.Status, got.Responder, got.UpstreamStatus)
			}
		})
	}
}

// TestEncrypted shows that what cannot be read is counted and left alone.
func TestEncrypted(t *testing.T) {
	const line = `{"Datetime":"2026-11-22T05:40:00Z","Gateway":"g","Provider":"openai","Model":"gpt-4o","StatusCode":200,` +
		`"Metadata":{"key":"a2V5","iv":"aXY=","data":"c2VjcmV0"},"RequestBody":{"key":"a2V5","iv":"aXY=","data":"c2VjcmV0"},"ResponseBody":{"key":"a2V5","iv":"aXY=","data":"c2VjcmV0"}}`
	got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(line))[0].Record
	if got.Dropped != 3 || len(got.Prompt) > 0 || got.EndUser != "" {
		t.Errorf("%d dropped, prompt %q, end user %q", got.Dropped, got.Prompt, got.EndUser)
	}
}

// TestNoAllocations holds the usual record to what decoding is to cost.
func TestNoAllocations(t *testing.T) {
	text, err := os.ReadFile("testdata/list_logs/input.log")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if n := decodetest.Allocations(t, line); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
