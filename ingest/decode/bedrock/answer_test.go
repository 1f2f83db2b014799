package bedrock_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// TestCounts goes through the ways in which the families of models count, as a
// whole answer and as chunks of a stream.
func TestCounts(t *testing.T) {
	tests := []struct {
		family, answer        string
		input, cached, output int64
		finish                string
	}{
		{"anthropic", `{"stop_reason":"end_turn","usage":{"input_tokens":5,"cache_read_input_tokens":100,"cache_creation_input_tokens":20,"output_tokens":7}}`, 125, 100, 7, "end_turn"},
		{"anthropic, stream", `[{"type":"message_start","message":{"usage":{"input_tokens":5,"cache_read_input_tokens":100,"output_tokens":1}}},{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":7}},{"type":"message_stop"}]`, 105, 100, 7, "max_tokens"},
		{"converse", `{"stopReason":"tool_use","usage":{"inputTokens":5,"outputTokens":7,"totalTokens":12}}`, 5, 0, 7, "tool_use"},
		{"nova, stream", `[{"messageStart":{"role":"assistant"}},{"messageStop":{"stopReason":"end_turn"}},{"metadata":{"usage":{"inputTokens":5,"outputTokens":7,"cacheReadInputTokenCount":100}}}]`, 105, 100, 7, "end_turn"},
		{"openai", `{"choices":[{"finish_reason":"length"}],"usage":{"prompt_tokens":105,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":100}}}`, 105, 100, 7, "length"},
		{"llama", `{"generation":"x","prompt_token_count":5,"generation_token_count":7,"stop_reason":"stop"}`, 5, 0, 7, "stop"},
		{"titan, stream", `[{"outputText":"a","completionReason":null,"totalOutputTextTokenCount":null,"inputTextTokenCount":5},{"outputText":"b","completionReason":"FINISH","totalOutputTextTokenCount":7,"inputTextTokenCount":null}]`, 5, 0, 7, "FINISH"},
		{"mistral", `{"outputs":[{"text":"x","stop_reason":"length"}]}`, 3, 0, 2, "length"},
		{"cohere", `{"generations":[{"finish_reason":"COMPLETE","text":"x"}]}`, 3, 0, 2, "COMPLETE"},
		{"nothing", `{}`, 3, 0, 2, ""},
		{"a string", `"{\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":5,\"output_tokens\":7}}"`, 5, 0, 7, "end_turn"},
		{"damaged", `"{\"stop_reason\":"`, 3, 0, 2, ""},
	}
	for _, test := range tests {
		t.Run(test.family, func(t *testing.T) {
			got := decodeLine(t, fmt.Sprintf(`"operation":"InvokeModel","modelId":"m","input":{"inputTokenCount":3},"output":{"outputTokenCount":2,"outputBodyJson":%s}`, test.answer))
			if got.InputTokens != test.input || got.CachedTokens != test.cached || got.OutputTokens != test.output || got.FinishReason != test.finish {
				t.Errorf("%d tokens, %d cached, gave %d, %q", got.InputTokens, got.CachedTokens, got.OutputTokens, got.FinishReason)
			}
		})
	}
}

// TestLatency takes milliseconds, wherever they stand.
func TestLatency(t *testing.T) {
	for _, answer := range []string{
		`{"metrics":{"latencyMs":1134}}`,
		`{"metrics":{"latencyMs":"1134"}}`,
		`[{"type":"message_stop","amazon-bedrock-invocationMetrics":{"invocationLatency":1134,"firstByteLatency":512}}]`,
	} {
		got := decodeLine(t, `"operation":"ConverseStream","modelId":"m","output":{"outputBodyJson":`+answer+`}`)
		if got.LatencyNS != 1_134_000_000 {
			t.Errorf("%s took %d ns", answer, got.LatencyNS)
		}
	}
	got := decodeLine(t, `"operation":"Converse","modelId":"m","output":{"outputBodyJson":{"metrics":{"latencyMs":-1}}}`)
	if got.Known&schemas.HasLatency != 0 {
		t.Errorf("-1 ms is %d ns", got.LatencyNS)
	}
}

// TestOperations tells the operations of the API, which of them stream, and
// what they ask the model for.
func TestOperations(t *testing.T) {
	tests := []struct {
		operation, body, route, want string
		stream                       bool
	}{
		{"InvokeModel", `{"messages":[]}`, "/model/{id}/invoke", "chat", false},
		{"InvokeModel", `{"prompt":"x"}`, "/model/{id}/invoke", "text_completion", false},
		{"InvokeModel", `null`, "/model/{id}/invoke", "chat", false},
		{"InvokeModelWithResponseStream", `{"inputText":"x"}`, "/model/{id}/invoke-with-response-stream", "text_completion", true},
		{"Converse", `{"messages":[]}`, "/model/{id}/converse", "chat", false},
		{"ConverseStream", `{"messages":[]}`, "/model/{id}/converse-stream", "chat", true},
		{"InvokeModelWithBidirectionalStream", `null`, "/model/{id}/invoke-with-bidirectional-stream", "chat", true},
		{"SomethingNew", `{"messages":[]}`, "", "", false},
	}
	for _, test := range tests {
		t.Run(test.operation+" "+test.body, func(t *testing.T) {
			got := decodeLine(t, fmt.Sprintf(`"operation":%q,"modelId":"m","input":{"inputBodyJson":%s}`, test.operation, test.body))
			if got.Route != test.route || got.Operation != test.want || got.Stream != test.stream {
				t.Errorf("%q of %q, stream %v", got.Operation, got.Route, got.Stream)
			}
			if known := got.Known&schemas.HasStream != 0; known != (test.route != "") {
				t.Errorf("whether it streams is known: %v", known)
			}
		})
	}
}

// TestManyChunks reads a long stream.
func TestManyChunks(t *testing.T) {
	const n = 5000
	chunks := strings.Repeat(`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"word "}},`, n)
	got := decodeLine(t, `"operation":"InvokeModelWithResponseStream","modelId":"m","output":{"outputBodyJson":[`+chunks+
		`{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5000}}]}`)
	if got.OutputTokens != n || got.Dropped != 1 || len(got.Prompt) > 0 {
		t.Errorf("%d tokens, %d dropped, prompt %.50q", got.OutputTokens, got.Dropped, got.Prompt)
	}
}
