package gateway

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asked is a call whose model and host are not the service's.
func asked(format Format) *Record {
	svc := &Service{Name: "chat", Method: "POST", Host: "ai.example.com", Path: "/openai/v1/chat", Template: "/openai/v1/chat",
		Format: format, Provider: "openai", Model: "gpt-4o", Tenant: "t", Guarded: true}
	svc.Open(7)
	r := &Record{}
	r.Reset(1_790_000_000e9, svc)
	r.Asked, r.Host, r.Input, r.Output, r.Cached, r.Reasoning, r.Messages = "o1-pro", "other.example.com", 100, 50, 20, 30, 1
	return r
}

func rendered(t *testing.T, r *Record) map[string]any {
	t.Helper()
	line := r.AppendTo(nil)
	var out map[string]any
	require.NoError(t, json.Unmarshal(line, &out), "%s", line)
	return out
}

// dig follows keys and positions.
func dig(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func TestTheModelAndTheHostThatWereAskedFor(t *testing.T) {
	for _, f := range []Format{Kong, NginxJSON, LiteLLM, App, Envoy} {
		r := asked(f)
		if f == Envoy {
			r.Service.Name = "httproute/default/x/rule/0/match/0/*"
		}
		line := string(r.AppendTo(nil))
		assert.Contains(t, line, "o1-pro", f)
		assert.NotContains(t, line, "gpt-4o", f)
		if f != LiteLLM {
			assert.Contains(t, line, "other.example.com", f)
		}
	}
	assert.Equal(t, "o1-pro", asked(Kong).Model())
}

func TestTokensAndCost(t *testing.T) {
	r := asked(Kong)
	usage := dig(rendered(t, r), "ai", "proxy", "usage")
	assert.Equal(t, 30., dig(usage, "completion_tokens_details", "reasoning_tokens"))
	assert.Equal(t, 20., dig(usage, "prompt_tokens_details", "cached_tokens"))
	p := PriceOf("o1-pro")
	assert.InDelta(t, (80*p.Input+20*p.Input/2+50*p.Output)/1e6, dig(usage, "cost"), 1e-9)
	assert.Equal(t, Prices[0], PriceOf("of nobody"))
	usage = dig(rendered(t, asked(LiteLLM)), "response", "usage")
	assert.Equal(t, 30., dig(usage, "completion_tokens_details", "reasoning_tokens"))
}

func TestGuardrails(t *testing.T) {
	r := asked(LiteLLM)
	assert.Equal(t, "success", dig(rendered(t, r), "guardrail_information", 0, "guardrail_status"))
	r.Refuse(400)
	r.Blocked = InputBlocked
	got := rendered(t, r)
	assert.Equal(t, "guardrail_intervened", dig(got, "guardrail_information", 0, "guardrail_status"))
	assert.Equal(t, "pre_call", dig(got, "guardrail_information", 0, "guardrail_mode"))
	assert.Equal(t, "ContentPolicyViolationError", dig(got, "error_information", "error_class"))
	r.Blocked = OutputBlocked
	assert.Equal(t, "post_call", dig(rendered(t, r), "guardrail_information", 0, "guardrail_mode"))

	r = asked(Kong)
	assert.Equal(t, "", dig(rendered(t, r), "ai", "proxy", "lakera-guard", "input_block_reason"))
	r.Refuse(400)
	r.Blocked = InputBlocked
	assert.Equal(t, "prompt_attack", dig(rendered(t, r), "ai", "proxy", "lakera-guard", "input_block_reason"))
}

func TestFinishReasonAndErrors(t *testing.T) {
	r := asked(LiteLLM)
	r.Finish = "content_filter"
	assert.Equal(t, "content_filter", dig(rendered(t, r), "response", "choices", 0, "finish_reason"))
	for status, class := range map[int]string{400: "BadRequestError", 404: "NotFoundError", 429: "RateLimitError", 504: "Timeout", 503: "ServiceUnavailableError"} {
		r := asked(LiteLLM)
		r.Fail(status)
		assert.Equal(t, class, dig(rendered(t, r), "error_information", "error_class"))
	}
}

func TestKongKnowsNoRoute(t *testing.T) {
	r := asked(Kong)
	require.NotNil(t, dig(rendered(t, r), "route"))
	r.SetPath("GET", "/x")
	r.Refuse(404)
	r.Unrouted = true
	got := rendered(t, r)
	assert.Nil(t, got["route"])
	assert.Nil(t, got["service"])
	assert.Equal(t, "/x", dig(got, "request", "uri"))
	assert.Equal(t, "GET", dig(got, "request", "method"))
}

func TestPromptsOfAttacksAndCourses(t *testing.T) {
	text := func(p Prompt) string {
		var s string
		require.NoError(t, json.Unmarshal(append(p.appendTo([]byte{'"'}), '"'), &s))
		return s
	}
	a, b := text(Prompt{Kind: MutantPrompt, Seed: 1, Length: 3}), text(Prompt{Kind: MutantPrompt, Seed: 2, Length: 3})
	assert.Len(t, a, len(b))
	differ := 0
	for i := range a {
		if a[i] != b[i] {
			differ++
		}
	}
	assert.Greater(t, differ, 0)
	assert.LessOrEqual(t, differ, 14, "a few letters")
	assert.Contains(t, text(Prompt{Kind: CoursePrompt, Seed: 1}), "exercise 4")
	for seed := range uint64(20) {
		s := text(Prompt{Kind: InjectPrompt, Seed: seed})
		assert.True(t, slices.ContainsFunc(injections, func(i string) bool { return strings.Contains(s, i) }), s)
	}
}

func TestParametersThatTheClientLeftOutOrAdded(t *testing.T) {
	r := asked(LiteLLM)
	r.Unset = Temperature | MaxTokens | Stream
	assert.Equal(t, map[string]any{}, dig(rendered(t, r), "model_parameters"))
	assert.Equal(t, "stop", dig(rendered(t, r), "response", "choices", 0, "finish_reason"), "no limit, no cut")
	r.Choices, r.Offered, r.Unset = 4, 2, Stream
	parameters := dig(rendered(t, r), "model_parameters")
	assert.Equal(t, 4., dig(parameters, "n"))
	assert.Equal(t, "tool_1", dig(parameters, "tools", 1, "function", "name"))
	assert.Contains(t, parameters, "temperature")
	assert.NotContains(t, parameters, "stream")

	r = asked(Kong)
	r.Service.Payload, r.Choices, r.Unset = true, 4, Temperature|MaxTokens|Stream
	var body map[string]any
	require.NoError(t, json.Unmarshal([]byte(dig(rendered(t, r), "ai", "proxy", "payload", "request").(string)), &body))
	assert.Equal(t, 4., body["n"])
	assert.NotContains(t, body, "max_tokens")
	r.Choices = 0
	require.NoError(t, json.Unmarshal([]byte(dig(rendered(t, r), "ai", "proxy", "payload", "request").(string)), &body))
}

func TestWhatIsWithheldTheTenantAndTheRoute(t *testing.T) {
	r := asked(LiteLLM)
	r.Prompt = Prompt{Kind: ProbePrompt}
	require.Contains(t, string(r.AppendTo(nil)), "Say one word")
	r.Withheld, r.Team, r.Service.Routed = true, "org-1", true
	got := rendered(t, r)
	assert.Equal(t, "redacted-by-litellm", got["messages"])
	assert.Equal(t, "redacted-by-litellm", dig(got, "response", "choices", 0, "message", "content"))
	assert.Equal(t, "org-1", dig(got, "metadata", "user_api_key_team_alias"))
	assert.Equal(t, "org-1-key", dig(got, "metadata", "user_api_key_alias"))
	assert.Equal(t, "/openai/v1/chat", dig(got, "metadata", "user_api_key_request_route"))
	r = asked(Kong)
	r.Service.Payload, r.Withheld = true, true
	assert.Nil(t, dig(rendered(t, r), "ai", "proxy", "payload"))
}

func TestFilledPromptsShareTheirTemplate(t *testing.T) {
	text := func(template, seed uint64) string {
		var s string
		b := Prompt{Kind: FilledPrompt, Template: template, Seed: seed, Length: 400}.appendTo([]byte{'"'})
		require.NoError(t, json.Unmarshal(append(b, '"'), &s))
		return s
	}
	a, b, c := text(1, 1), text(1, 2), text(2, 1)
	instruction := func(s string) string { before, _, _ := strings.Cut(s, ":"); return before }
	assert.Equal(t, instruction(a), instruction(b))
	assert.NotEqual(t, a, b)
	assert.NotEqual(t, instruction(a), instruction(c))
	assert.InDelta(t, 400, len(a), 40)
}
