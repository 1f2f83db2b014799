package decode_test

import (
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

const (
	counted = schemas.HasInputTokens | schemas.HasOutputTokens
	cached  = counted | schemas.HasCachedTokens
)

// TestUsage goes through the conventions of the providers: what of the cached
// prompt, and of the thoughts, is in which count.
func TestUsage(t *testing.T) {
	apart, gemini := (*decode.Record).ReadCacheApart, (*decode.Record).ReadGeminiUsage
	tests := []struct {
		name, usage string
		read        func(*decode.Record, field.Value)
		known       schemas.FieldSet
		want        [4]int64 // input, cached, output, reasoning
	}{
		{"Anthropic", `{"input_tokens":5,"cache_read_input_tokens":100,"cache_creation_input_tokens":20,"output_tokens":7}`, apart, cached, [4]int64{125, 100, 7, 0}},
		{"Anthropic, no cache", `{"input_tokens":5,"output_tokens":7}`, apart, counted, [4]int64{5, 0, 7, 0}},
		{"Anthropic, the end of a stream", `{"output_tokens":7}`, apart, schemas.HasOutputTokens, [4]int64{0, 0, 7, 0}},
		{"Converse", `{"inputTokens":5,"outputTokens":7,"totalTokens":112,"cacheReadInputTokens":100,"cacheWriteInputTokens":0}`, apart, cached, [4]int64{105, 100, 7, 0}},
		{"invocation log", `{"inputTokenCount":5,"cacheReadInputTokenCount":100,"cacheWriteInputTokenCount":3}`, apart, schemas.HasInputTokens | schemas.HasCachedTokens, [4]int64{108, 100, 0, 0}},
		{"OpenAI", `{"prompt_tokens":105,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":100}}`, apart, cached, [4]int64{105, 100, 7, 0}},
		{"OpenAI, responses", `{"input_tokens":105,"input_tokens_details":{"cached_tokens":100},"output_tokens":7}`, apart, cached, [4]int64{105, 100, 7, 0}},
		{"the sum is out of range", `{"input_tokens":9007199254740992,"cache_read_input_tokens":9007199254740992}`, apart, schemas.HasInputTokens | schemas.HasCachedTokens, [4]int64{1 << 53, 1 << 53, 0, 0}},
		{"wrong types", `{"input_tokens":"x","cache_read_input_tokens":[],"cache_creation_input_tokens":-1,"output_tokens":{}}`, apart, 0, [4]int64{}},
		{"Gemini", `{"promptTokenCount":3,"candidatesTokenCount":29,"thoughtsTokenCount":901,"totalTokenCount":933}`, gemini, counted | schemas.HasReasoningTokens, [4]int64{3, 0, 930, 901}},
		{"Gemini, in its other spelling", `{"prompt_token_count":3,"candidates_token_count":29,"thoughts_token_count":901,"cached_content_token_count":2}`, gemini, cached | schemas.HasReasoningTokens, [4]int64{3, 2, 930, 901}},
		{"Gemini, with a tool", `{"promptTokenCount":3,"toolUsePromptTokenCount":50,"candidatesTokenCount":29}`, gemini, counted, [4]int64{53, 0, 29, 0}},
		{"Gemini, only thoughts", `{"promptTokenCount":3,"thoughtsTokenCount":9}`, gemini, counted | schemas.HasReasoningTokens, [4]int64{3, 0, 9, 9}},
		{"Gemini, wrong types", `{"promptTokenCount":-3,"thoughtsTokenCount":"many"}`, gemini, 0, [4]int64{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v, _, err := field.NewDoc(8, &field.Buffer{}).Parse([]byte(test.usage))
			if err != nil {
				t.Fatal(err)
			}
			var r decode.Record
			for range 2 { // the chunks of a stream say it again
				test.read(&r, v)
				got := [4]int64{r.InputTokens, r.CachedTokens, r.OutputTokens, r.ReasoningTokens}
				if got != test.want || r.Known != test.known {
					t.Errorf("counts are %v, known %b; want %v, %b", got, r.Known, test.want, test.known)
				}
			}
		})
	}
}
