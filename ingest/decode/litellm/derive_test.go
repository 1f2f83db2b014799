package litellm

import "testing"

func TestOperations(t *testing.T) {
	for callType, want := range map[string][2]string{
		"acompletion": {"chat", "/v1/chat/completions"}, "completion": {"chat", "/v1/chat/completions"},
		"anthropic_messages": {"chat", "/v1/messages"}, "aresponses": {"chat", "/v1/responses"},
		"text_completion": {"text_completion", "/v1/completions"}, "aembedding": {"embeddings", "/v1/embeddings"},
		"agenerate_content": {"generate_content", ""}, "aimage_generation": {"image_generation", "/v1/images/generations"},
		"transcription": {"transcription", "/v1/audio/transcriptions"}, "aspeech": {"speech", "/v1/audio/speech"},
		"moderation": {"moderation", "/v1/moderations"}, "arerank": {"rerank", "/v1/rerank"},
		"call_mcp_tool": {"execute_tool", ""}, "health_check": {"", ""}, "": {"", ""},
	} {
		if op, route := operationOf(callType); [2]string{op, route} != want {
			t.Errorf("%s is %s on %s, want %s", callType, op, route, want)
		}
	}
}
