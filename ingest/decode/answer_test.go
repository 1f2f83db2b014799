package decode_test

import (
	"fmt"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

func TestAnswers(t *testing.T) {
	for body, want := range map[string]string{
		`{"model":"gpt-35-turbo","choices":[{"finish_reason":"stop","message":{"content":"x"},"content_filter_results":{"hate":{"filtered":false}}}],"usage":{"prompt_tokens":14,"completion_tokens":8}}`: "gpt-35-turbo stop passed 14 8 0 dropped 1",
		`{"choices":[{"finish_reason":"content_filter","content_filter_results":{"hate":{"filtered":true}}}]}`:                                                                                            " content_filter output_blocked 0 0 0 dropped 0",
		`{"choices":[{"finish_reason":"stop"}],"prompt_filter_results":[{"content_filter_results":{"jailbreak":{"detected":true,"filtered":true}}}]}`:                                                     " stop input_blocked 0 0 0 dropped 0",
		`{"error":{"code":"content_filter","message":"x"}}`: "  input_blocked 0 0 0 dropped 1",
		`{"error":{"code":"429"}}`:                          "  unknown 0 0 0 dropped 1",
		`{"type":"message","model":"claude","content":[{"text":"x"}],"stop_reason":"end_turn","usage":{"input_tokens":26,"cache_read_input_tokens":48854,"output_tokens":5}}`:  "claude end_turn unknown 48880 5 48854 dropped 1",
		`{"modelVersion":"gemini","candidates":[{"finishReason":"STOP","content":{}}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"thoughtsTokenCount":5}}`: "gemini STOP unknown 3 9 0 dropped 1",
		`{"output":[{}],"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":4},"output_tokens":2}}`:                                                              "  unknown 9 2 4 dropped 1",
		`{"choices":7,"usage":"x","error":"y","prompt_filter_results":[[[[[[[{"filtered":true}]]]]]]]}`:                                                                        "  passed 0 0 0 dropped 1",
		`{"choices":[{"content_filter_results":{"custom_blocklists":{"details":[{"filtered":true,"id":"b"}]}}}]}`:                                                              "  output_blocked 0 0 0 dropped 0",
	} {
		r := one(t, `{"fake":`+body+`}`, func(o field.Value, r *decode.Record) { r.ReadResponseBody(o.Get("fake")) })
		got := fmt.Sprintf("%s %s %v %d %d %d dropped %d", r.Model, r.FinishReason, r.Guardrail, r.InputTokens, r.OutputTokens, r.CachedTokens, r.Dropped)
		if got != want {
			t.Errorf("%s\ngot  %s\nwant %s", body, got, want)
		}
	}
}

func TestGuardKeepsTheWeightiest(t *testing.T) {
	const passed, masked, in, out = schemas.GuardrailPassed, schemas.GuardrailMasked, schemas.GuardrailInputBlocked, schemas.GuardrailOutputBlocked
	for _, c := range []struct{ first, second, want schemas.Guardrail }{
		{passed, masked, masked}, {masked, passed, masked}, {masked, in, in}, {in, passed, in}, {out, in, out}, {0, passed, passed},
	} {
		r := decode.Record{Guardrail: c.first}
		if r.Guard(c.second); r.Guardrail != c.want {
			t.Errorf("%v, then %v: %v, want %v", c.first, c.second, r.Guardrail, c.want)
		}
	}
}
