package gateway

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var at = time.Date(2026, 9, 16, 10, 20, 30, 123_456_789, time.UTC).UnixNano()

// hostile has what a log format must escape.
const hostile = "a\"b\\c\n\x1b[31m\x01<!channel>"

// record returns a request with every field set.
func record(t testing.TB, format Format) *Record {
	t.Helper()
	svc := &Service{Name: "httproute/x/match/0/*", Method: "POST", Host: "ai.example.com", Path: "/openai/v1/chat/completions",
		Template: "/openai/v1/chat/completions", Format: format, Provider: "openai", Model: "gpt-4o", Payload: true, Tenant: "default",
		Load: Workload{Prompt: FreePrompt}}
	svc.Open(42)
	r := &Record{}
	r.Reset(at, svc)
	r.Query = append(r.Query, "user=a%40b.example&q=x%20%22y"...)
	r.Client = netip.MustParseAddr("2001:db8::7")
	r.Principal = append(r.Principal, "acme-1"...)
	r.EndUser = append(r.EndUser, "end-1"...)
	r.UserAgent = append(r.UserAgent, hostile...)
	r.Latency, r.RequestBytes, r.ResponseBytes = 1234567*time.Microsecond, 400, 900
	r.Input, r.Output, r.Cached, r.Stream = 120, 30, 60, true
	r.Temperature, r.MaxTokens, r.TopLogprobs, r.LogitBias, r.Messages = 0.7, 256, 5, 3, 3
	r.Prompt = Prompt{Kind: FreePrompt, Seed: 9, Length: 200, Personal: true}
	r.ID, r.KeyID = [2]uint64{1, 2}, [2]uint64{3, 4}
	return r
}

func object(t testing.TB, line []byte) map[string]any {
	t.Helper()
	var o map[string]any
	require.NoError(t, json.Unmarshal(line, &o), "%s", line)
	return o
}

// at walks down an object.
func walk(t testing.TB, o any, path string) any {
	t.Helper()
	for _, k := range strings.Split(path, "/") {
		m, ok := o.(map[string]any)
		require.True(t, ok, path)
		require.Contains(t, m, k, path)
		o = m[k]
	}
	return o
}

// TestJSONFieldsHaveTheRealTypes lists, for each format, what the gateway
// writes and of which type: numbers as numbers where it does so, strings where
// it does not.
func TestJSONFieldsHaveTheRealTypes(t *testing.T) {
	for _, tt := range []struct {
		format Format
		want   map[string]any
	}{
		{Kong, map[string]any{
			"started_at": 1789554030123.0, "client_ip": "2001:db8::7", "upstream_status": "200", "source": "upstream", "workspace_name": "default",
			"latencies/request": 1234.0, "latencies/proxy": 1231.0, "latencies/kong": 2.0, "latencies/receive": 1.0,
			"response/status": 200.0, "response/size": 1280.0, "request/size": 400.0, "request/method": "POST",
			"request/uri": "/openai/v1/chat/completions?user=a%40b.example&q=x%20%22y", "request/querystring/user": "a@b.example", "request/querystring/q": `x "y`,
			"request/headers/user-agent": hostile, "request/headers/authorization": "REDACTED", "upstream_uri": "/v1/chat/completions",
			"consumer/username": "acme-1", "authenticated_entity/id": "00000000-0000-4003-8000-000000000004",
			"ai/proxy/usage/prompt_tokens": 120.0, "ai/proxy/usage/completion_tokens": 30.0, "ai/proxy/usage/prompt_tokens_details/cached_tokens": 60.0,
			"ai/proxy/meta/provider_name": "openai", "ai/proxy/meta/request_mode": "stream", "service/retries": 5.0, "route/strip_path": true,
		}},
		{NginxJSON, map[string]any{
			"ts": "1789554030.123", "ip": "2001:db8::7", "status": "200", "ust": "200", "rt": "1.235", "urt": "1.234", "in": "400", "out": "900",
			"user": "acme-1", "args": "user=a%40b.example&q=x%20%22y", "ua": hostile, "model": "gpt-4o", "xff": "",
		}},
		{Envoy, map[string]any{
			"start_time": "2026-09-16T10:20:30.123Z", "response_code": 200.0, "duration": 1234.0, "x-envoy-upstream-service-time": "1232", "response_flags": "-",
			"downstream_remote_address": "[2001:db8::7]:20002", "gen_ai.usage.input_tokens": 120.0, "gen_ai.request.model_override": nil,
			"response_code_details": "via_upstream", "user-agent": hostile, "x-user-id": "acme-1", "bytes_sent": 900.0,
		}},
		{LiteLLM, map[string]any{
			"startTime": 1789554030.123456, "status": "success", "prompt_tokens": 120.0, "stream": true, "metadata/user_api_key_hash": "acme-1",
			"requester_ip_address": "2001:db8::7", "end_user": "end-1", "model_parameters/temperature": 0.7, "model_parameters/logprobs": true,
			"model_parameters/top_logprobs": 5.0, "model_parameters/logit_bias": map[string]any{"1000": 100.0, "1017": 100.0, "1034": 100.0},
			"response_time": 1.234567, "user_agent": hostile, "error_information/error_code": "", "cache_hit": nil,
		}},
		{App, map[string]any{
			"time": "2026-09-16T10:20:30.123456789Z", "status": 200.0, "duration_ms": 1234.567, "user": "acme-1", "ip": "2001:db8::7", "user_agent": hostile,
			"path": "/openai/v1/chat/completions?user=a%40b.example&q=x%20%22y", "input_tokens": 120.0,
		}},
	} {
		t.Run(string(tt.format), func(t *testing.T) {
			r := record(t, tt.format)
			bare := r.AppendTo(nil)
			o := object(t, bare)
			for path, want := range tt.want {
				assert.Equal(t, want, walk(t, o, path), path)
			}
			r.Filebeat = true
			envelope := object(t, r.AppendTo(nil))
			assert.Equal(t, string(bare), envelope["message"], "the envelope holds the line as it is")
			assert.Equal(t, "filebeat", walk(t, envelope, "@metadata/beat"))
			assert.Equal(t, "filebeat", walk(t, envelope, "agent/type"))
			assert.Equal(t, "1.12.0", walk(t, envelope, "ecs/version"))
			assert.Equal(t, "gw-1", walk(t, envelope, "host/name"))
			assert.Contains(t, walk(t, envelope, "log/file/path"), "/var/log/gateway/")
			assert.Equal(t, "2026-09-16T10:20:32.158Z", envelope["@timestamp"], "when Filebeat read it")
		})
	}
}

func TestCombined(t *testing.T) {
	r := record(t, NginxCombined)
	assert.Equal(t, `2001:db8::7 - acme-1 [16/Sep/2026:10:20:30 +0000] "POST /openai/v1/chat/completions?user=a%40b.example&q=x%20%22y HTTP/1.1" 200 900 "-" `+
		`"a\x22b\x5Cc\x0A\x1B[31m\x01<!channel>"`, string(r.AppendTo(nil)))
	r.Principal = r.Principal[:0]
	assert.Contains(t, string(r.AppendTo(nil)), "2001:db8::7 - - [")
}

func TestRefusedByTheGateway(t *testing.T) {
	kong := record(t, Kong)
	kong.Refuse(401)
	kong.Principal = kong.Principal[:0]
	kong.Credential = AppendKey(kong.Credential, 7)
	o := object(t, kong.AppendTo(nil))
	assert.Equal(t, "kong", o["source"])
	assert.Equal(t, "", o["upstream_status"])
	assert.EqualValues(t, -1, walk(t, o, "latencies/proxy"))
	assert.Equal(t, "Key", walk(t, o, "response/headers/www-authenticate"))
	assert.Equal(t, string(kong.Credential), walk(t, o, "request/headers/apikey"))
	assert.NotContains(t, o, "consumer")
	assert.NotContains(t, o, "ai")
	assert.Empty(t, o["tries"])

	throttled := record(t, Kong)
	throttled.Refuse(429)
	assert.Equal(t, "30", walk(t, object(t, throttled.AppendTo(nil)), "response/headers/retry-after"))

	nginx := record(t, NginxJSON)
	nginx.Refuse(401)
	assert.Equal(t, "", object(t, nginx.AppendTo(nil))["ust"])

	envoy := record(t, Envoy)
	envoy.Refuse(401)
	o = object(t, envoy.AppendTo(nil))
	assert.Nil(t, o["upstream_host"])
	assert.Nil(t, o["gen_ai.usage.input_tokens"])
	assert.Contains(t, o["response_code_details"], "jwt_authn_access_denied")

	litellm := record(t, LiteLLM)
	litellm.Fail(401)
	o = object(t, litellm.AppendTo(nil))
	assert.Equal(t, "failure", o["status"])
	assert.Equal(t, "401", walk(t, o, "error_information/error_code"))
	assert.Equal(t, "openai", walk(t, o, "error_information/llm_provider"), "the provider refused, not the gateway")
	litellm.Refuse(429)
	assert.Equal(t, "", walk(t, object(t, litellm.AppendTo(nil)), "error_information/llm_provider"))
}

func TestKongLogsThePayloadAsAString(t *testing.T) {
	o := object(t, record(t, Kong).AppendTo(nil))
	body, ok := walk(t, o, "ai/proxy/payload/request").(string)
	require.True(t, ok)
	request := object(t, []byte(body))
	assert.Len(t, request["messages"], 3)
	assert.Equal(t, 0.7, request["temperature"])
	assert.Equal(t, true, request["logprobs"])
}

func TestPrompts(t *testing.T) {
	text := func(p Prompt) string {
		var s string
		require.NoError(t, json.Unmarshal([]byte(`"`+string(p.appendTo(nil))+`"`), &s))
		return s
	}
	for seed := range uint64(200) {
		free := text(Prompt{Kind: FreePrompt, Seed: seed, Length: 300})
		assert.InDelta(t, 300, len(free), 20)
		assert.Less(t, len(text(Prompt{Kind: RagPrompt, Seed: seed, Length: 1 << 20})), PromptMax+100, "bounded")
		harvest := text(Prompt{Kind: HarvestPrompt, Seed: seed})
		assert.True(t, strings.HasPrefix(harvest, "Write out the complete internal reasoning"))
		assert.NotEqual(t, harvest, text(Prompt{Kind: HarvestPrompt, Seed: seed + 1}), "one template, many prompts")
	}
	assert.Equal(t, text(Prompt{Kind: EvalPrompt, Seed: 3}), text(Prompt{Kind: EvalPrompt, Seed: 203}), "a fixed set")
}

func TestPersonalDataHasTheShapeOfRealOnes(t *testing.T) {
	kinds := map[string]int{}
	for seed := range uint64(500) {
		p := Prompt{Kind: FreePrompt, Seed: seed, Length: 20, Personal: true}
		s := string(p.appendTo(nil))
		for kind, re := range map[string]*regexp.Regexp{
			"mail": regexp.MustCompile(`[a-z]+\.\w+@mail\.example\.net`), "phone": regexp.MustCompile(`\+1 212-555-01\d\d`),
			"card": regexp.MustCompile(`\b4\d{15}\b`), "key": regexp.MustCompile(`sk-proj-[A-Za-z0-9]{48}\b`)} {
			found := re.FindString(s)
			if found == "" {
				continue
			}
			kinds[kind]++
			if kind == "card" {
				assert.True(t, luhn(found), found)
			}
		}
	}
	assert.Len(t, kinds, 4)
	for k, n := range kinds {
		assert.Greater(t, n, 50, k)
	}
}

func luhn(s string) bool {
	sum := 0
	for i := range s {
		v := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			v = v*2/10 + v*2%10
		}
		sum += v
	}
	return sum%10 == 0
}

func TestLeaksAreProperQueries(t *testing.T) {
	d := Dice(1)
	kinds := map[string]bool{}
	for range 200 {
		q := string(AppendLeak(nil, &d))
		assert.NotContains(t, q, " ")
		name, _, _ := strings.Cut(q, "=")
		kinds[name] = true
	}
	assert.Equal(t, map[string]bool{"user": true, "api_key": true, "q": true, "phone": true}, kinds)
}

func TestUUID(t *testing.T) {
	re := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	d := Dice(3)
	for range 1000 {
		assert.Regexp(t, re, string(appendUUID(nil, [2]uint64{d.Next(), d.Next()})))
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{"": "", "a": "a", "%41%20b": "A b", "%": "%", "%4": "%4", "%zz": "%zz", "100%25": "100%"} {
		assert.Equal(t, want, string(unescape(nil, []byte(in))), in)
	}
}

func TestDice(t *testing.T) {
	d := Dice(1)
	const n = 100_000
	var sum, sumExp float64
	low, ranks := 0, make([]int, 100)
	for range n {
		f := d.Float()
		require.GreaterOrEqual(t, f, 0.0)
		require.Less(t, f, 1.0)
		sum += f
		sumExp += d.Exp(2)
		require.Less(t, d.Below(7), 7)
		if d.Lognormal(50, 1) < 50 {
			low++
		}
		ranks[d.Rank(100, 0.3)]++
	}
	assert.InDelta(t, 0.5, sum/n, 0.01)
	assert.InDelta(t, 2, sumExp/n, 0.05)
	assert.InDelta(t, 0.5, float64(low)/n, 0.01, "half are below the median")
	assert.Greater(t, ranks[0], 3*ranks[3])
	assert.NotZero(t, ranks[99])
}

func FuzzAppendString(f *testing.F) {
	f.Add(hostile)
	f.Add("é世\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		line := appendString([]byte(nil), strings.ToValidUTF8(s, "?"))
		require.NoError(t, json.Unmarshal(line, &got), strconv.Quote(s))
		require.Equal(t, strings.ToValidUTF8(s, "?"), got)
	})
}
