package vertex_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
	"github.com/gatehound/gatehound/schemas"
)

// decodeRow returns the record of a row with the given request and answer.
func decodeRow(t *testing.T, request, response string) *decode.Record {
	t.Helper()
	row := fmt.Sprintf(`{"logging_time":"2026-05-06T05:52:10Z","request_id":"1","model":"publishers/google/models/m","api_method":"GenerateContent","full_request":%s,"full_response":%s}`, request, response)
	got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(row))
	if len(got) != 1 || got[0].Record == nil || got[0].Record.Format != "vertex" {
		t.Fatalf("%s is %+v", row, got)
	}
	return got[0].Record
}

// TestSpellings shows that a row of BigQuery and what Elastic makes of it give
// the same, as do columns of JSON and of text.
func TestSpellings(t *testing.T) {
	const (
		camel = `{"contents":[{"parts":[{"text":"hi"}]}],"systemInstruction":{"parts":[{"text":"be brief"}]},"generationConfig":{"maxOutputTokens":64,"temperature":0.5,"candidateCount":2,"responseLogprobs":true}}`
		snake = `{"contents":[{"parts":[{"text":"hi"}]}],"system_instruction":{"parts":[{"text":"be brief"}]},"generation_config":{"max_output_tokens":64,"temperature":0.5,"candidate_count":2,"response_logprobs":true}}`

		camelAnswer = `{"candidates":[{"finishReason":"STOP"}],"modelVersion":"m-002","usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"thoughtsTokenCount":5,"cachedContentTokenCount":1}}`
		snakeAnswer = `{"candidates":[{"finish_reason":"STOP"}],"model_version":"m-002","usage_metadata":{"prompt_token_count":3,"candidates_token_count":4,"thoughts_token_count":5,"cached_content_token_count":1}}`
	)
	for _, pair := range [][2]string{
		{camel, camelAnswer}, {snake, snakeAnswer}, {strconv.Quote(camel), strconv.Quote(camelAnswer)}, {camel, "[" + camelAnswer + "]"},
	} {
		r := decodeRow(t, pair[0], pair[1])
		if len(r.Prompt) != 2 || r.MaxTokens != 64 || r.Temperature != 0.5 || r.Choices != 2 || !r.Logprobs {
			t.Errorf("%s is prompt %q, parameters %d %v %d %v", pair[0], r.Prompt, r.MaxTokens, r.Temperature, r.Choices, r.Logprobs)
		}
		if r.Model != "m-002" || r.FinishReason != "STOP" || r.Status != 200 ||
			r.InputTokens != 3 || r.OutputTokens != 9 || r.ReasoningTokens != 5 || r.CachedTokens != 1 {
			t.Errorf("%s is %q of %q, %d: %d, %d, %d, %d", pair[1], r.FinishReason, r.Model, r.Status, r.InputTokens, r.OutputTokens, r.ReasoningTokens, r.CachedTokens)
		}
	}
}

// TestResources takes project, location and model out of the names of resources.
func TestResources(t *testing.T) {
	tests := []struct{ name, project, location, model string }{
		{"projects/p/locations/us-central1/publishers/google/models/gemini-2.5-pro", "p", "us-central1", "gemini-2.5-pro"},
		{"projects/p/locations/us-central1/endpoints/123", "p", "us-central1", ""},
		{"projects/p/locations/us-central1/datasets/models", "p", "us-central1", ""},
		{"publishers/anthropic/models/claude-sonnet-4-5@20250929", "", "", "claude-sonnet-4-5@20250929"},
		{"projects/", "", "", ""},
		{"projects//locations//models/", "", "", ""},
		{"models/m/models/n", "", "", "m"},
		{"", "", "", ""},
	}
	for _, test := range tests {
		entry := fmt.Sprintf(`{"protoPayload":{"serviceName":"aiplatform.googleapis.com","methodName":"x.GenerateContent","resourceName":%q},"insertId":"i","timestamp":"2026-05-06T05:52:00Z","logName":"l"}`, test.name)
		got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(entry))[0].Record
		if got.Tenant != test.project || got.Gateway != test.location || got.Model != test.model {
			t.Errorf("%q is %q, %q, %q", test.name, got.Tenant, got.Gateway, got.Model)
		}
	}
}

// TestVerdicts goes through what Google's filters say.
func TestVerdicts(t *testing.T) {
	tests := []struct {
		answer string
		want   schemas.Guardrail
	}{
		{`{"candidates":[{"finishReason":"STOP"}]}`, schemas.GuardrailUnknown},
		{`{"candidates":[{"finishReason":"SAFETY"}]}`, schemas.GuardrailOutputBlocked},
		{`{"candidates":[{"finishReason":"STOP"},{"finish_reason":"RECITATION"}]}`, schemas.GuardrailOutputBlocked},
		{`{"promptFeedback":{"blockReason":"SAFETY"}}`, schemas.GuardrailInputBlocked},
		{`{"prompt_feedback":{"block_reason":"OTHER"}}`, schemas.GuardrailInputBlocked},
		{`{"promptFeedback":{}}`, schemas.GuardrailUnknown},
	}
	for _, test := range tests {
		if got := decodeRow(t, `{}`, test.answer); got.Guardrail != test.want || got.Status != 200 {
			t.Errorf("%s is %v, %d", test.answer, got.Guardrail, got.Status)
		}
	}
}

// TestClients shows what is taken for an address and for a user agent.
func TestClients(t *testing.T) {
	tests := []struct{ ip, agent, peer, userAgent string }{
		{"203.0.113.9", "curl/8.5.0,gzip(gfe)", "203.0.113.9", "curl/8.5.0"},
		{"2001:db8::7", "a,gzip(gfe),gzip(gfe)", "2001:db8::7", "a"},
		{"private", "", "", ""},
		{"gce-internal-ip", "gzip(gfe)", "", "gzip(gfe)"},
	}
	for _, test := range tests {
		entry := fmt.Sprintf(`{"protoPayload":{"serviceName":"aiplatform.googleapis.com","methodName":"x.GenerateContent","requestMetadata":{"callerIp":%q,"callerSuppliedUserAgent":%q}},"insertId":"i","timestamp":"2026-05-06T05:52:00Z","logName":"l"}`, test.ip, test.agent)
		got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(entry))[0].Record
		if got.Peer != test.peer || got.UserAgent != test.userAgent {
			t.Errorf("%q, %q is %q, %q", test.ip, test.agent, got.Peer, got.UserAgent)
		}
	}
}
