package apisix_test

import (
	"fmt"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

// read decodes a default record with further members.
func read(t *testing.T, members string) *decode.Record {
	t.Helper()
	line := `{"request":{"method":"POST","uri":"/v1/chat/completions","headers":{}},"response":{"status":200},"start_time":1795326000123,"latency":100,` + members + `}`
	got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(line))
	if len(got) != 1 || got[0].Record == nil || got[0].Record.Format != "apisix" {
		t.Fatalf("%s: got %+v", line, got)
	}
	return got[0].Record
}

// TestTokens checks counts as numbers and strings, the defaults of variables
// that were never set, and the two ways to count what is cached.
func TestTokens(t *testing.T) {
	for summary, want := range map[string]string{
		`"prompt_tokens":11,"completion_tokens":22,"cache_read_input_tokens":5,"reasoning_tokens":7`:                 "11 22 5 7 upstream",
		`"prompt_tokens":"11","completion_tokens":"22","cache_read_input_tokens":"5","reasoning_tokens":"7"`:         "11 22 5 7 upstream",
		`"prompt_tokens":"0","completion_tokens":"0","cache_read_input_tokens":"0","reasoning_tokens":"0"`:           "0 0 0 0 gateway",
		`"prompt_tokens":"","completion_tokens":null`:                                                                "0 0 0 0 gateway",
		`"prompt_tokens":26,"completion_tokens":5,"cache_read_input_tokens":48854,"cache_creation_input_tokens":"0"`: "48880 5 48854 0 upstream",
		`"prompt_tokens":26,"completion_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":100`:     "129 5 3 0 upstream",
		`"cache_creation_input_tokens":100,"cache_read_input_tokens":3,"completion_tokens":5,"prompt_tokens":26`:     "129 5 3 0 upstream",
		`"prompt_tokens":9007199254740992,"completion_tokens":1,"cache_creation_input_tokens":9007199254740992`:      "9007199254740992 1 0 0 upstream",
		`"prompt_tokens":9007199254740993,"completion_tokens":-1`:                                                    "0 0 0 0 gateway",
	} {
		r := read(t, `"route_id":"a","llm_summary":{"model":"m",`+summary+`}`)
		if got := fmt.Sprintf("%d %d %d %d %v", r.InputTokens, r.OutputTokens, r.CachedTokens, r.ReasoningTokens, r.Responder); got != want {
			t.Errorf("%s: got %s, want %s", summary, got, want)
		}
	}
}

// TestRoutes checks that no route is known where none matched: service_id is
// the host then.
func TestRoutes(t *testing.T) {
	for members, want := range map[string]string{
		`"route_id":"1","service_id":""`:                    "1",
		`"route_id":"1","route_name":"chat","upstream":"x"`: "chat",
		`"route_name":"chat","route_id":"1","upstream":"x"`: "chat",
		`"service_id":"llm.example.com"`:                    "",
	} {
		if r := read(t, members); r.Route != want {
			t.Errorf("%s: route is %q, want %q", members, r.Route, want)
		}
	}
}

// TestPrompts checks that a prompt that is logged twice, in the body and by
// ai-proxy, is taken once, and that answers are left out.
func TestPrompts(t *testing.T) {
	const body = `"request":{"uri":"/a","body":"{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}],\"temperature\":0.5}"},"response":{"status":200}`
	const payload = `"llm_request":{"messages":[{"role":"user","content":"hello"}],"stream":true},"llm_response_text":{"content":"x"}`
	for members, want := range map[string]string{
		body + `,"route_id":"a"`:                                        "[hello] 1 0.5 0 false",
		body + `,"route_id":"a",` + payload:                             "[hello] 1 0.5 1 true",
		`"route_id":"a",` + payload:                                     "[hello] 1 0 1 true",
		`"route_id":"a","llm_request":{"messages":["hello"]}`:           "[hello] 1 0 0 false",
		`"route_id":"a","request":{"uri":"/a","body":"no JSON at all"}`: "[] 0 0 1 false",
	} {
		r := read(t, members)
		if got := fmt.Sprint(r.Prompt, r.Messages, r.Temperature, r.Dropped, r.Stream); got != want {
			t.Errorf("%s: got %s, want %s", members, got, want)
		}
	}
}
