package decode_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// fake is a format whose records are what a function makes of them.
func fake(fill func(o field.Value, r *decode.Record)) []*decode.Format {
	return []*decode.Format{{
		Name:  "fake",
		Rules: []decode.Rule{{All: []string{"fake"}}},
		JSON: func(o field.Value, r *decode.Record) bool {
			r.SetTime("2026-11-22T05:40:00Z")
			fill(o, r)
			return true
		},
	}}
}

func one(t *testing.T, text string, fill func(o field.Value, r *decode.Record)) *decode.Record {
	t.Helper()
	d, err := decode.New(decode.Options{Now: func() time.Time { return decodetest.Now }}, fake(fill))
	if err != nil {
		t.Fatal(err)
	}
	got := decodetest.Decode(t, d, []byte(text))
	if len(got) != 1 || got[0].Record == nil {
		t.Fatalf("got %+v", got)
	}
	return got[0].Record
}

func TestAuthentication(t *testing.T) {
	const (
		gateway  = schemas.ResponderGateway
		upstream = schemas.ResponderUpstream
		unknown  = schemas.ResponderUnknown
		none     = decode.PresentedNone
		some     = decode.PresentedSome
	)
	for _, c := range []struct {
		status    string
		responder schemas.Responder
		presented decode.Presented
		principal string
		stated    schemas.AuthReason
		want      string
	}{
		{"401", gateway, 0, "", 0, "failure unstated"},
		{"401", gateway, none, "", 0, "failure missing"},
		{"401", gateway, some, "", 0, "failure invalid"},
		{"401", gateway, none, "", schemas.ReasonExpired, "failure expired"},
		{"401", unknown, some, "", 0, "failure invalid"},
		{"403", gateway, some, "p", 0, "failure forbidden"},
		{"403", gateway, some, "", 0, "failure invalid"},
		{"403", gateway, 0, "", 0, "failure unstated"},
		{"407", gateway, none, "", 0, "failure missing"},
		{"401", upstream, some, "p", schemas.ReasonInvalid, "unknown "},
		{"403", upstream, some, "p", 0, "unknown "},
		{"200", upstream, some, "p", 0, "success "},
		{"200", unknown, 0, "p", 0, "success "},
		{"302", gateway, 0, "p", 0, "success "},
		{"200", upstream, some, "", 0, "unknown "},
		{"404", upstream, some, "p", 0, "unknown "},
		{"429", gateway, some, "p", schemas.ReasonInvalid, "unknown "},
		{"", gateway, none, "p", schemas.ReasonInvalid, "unknown "},
		{"99999", gateway, none, "p", 0, "unknown "},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			r := one(t, `{"fake":1}`, func(_ field.Value, r *decode.Record) {
				r.SetStatus(c.status)
				r.Responder, r.Presented, r.Principal, r.AuthReason = c.responder, c.presented, c.principal, c.stated
			})
			if got := r.Auth.String() + " " + r.AuthReason.String(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	for in, want := range map[string]string{
		"Bearer sk-1": "sk-1", "bearer  sk-1": "sk-1", "Basic dTpw": "dTpw", "ApiKey x": "x", "sk-1": "sk-1", "two words": "two words",
		"REDACTED": "", "Bearer [redacted]": "", "***": "", "Bearer ****": "",
	} {
		var r decode.Record
		if r.SetCredential(in); r.Credential != want || r.Presented != decode.PresentedSome {
			t.Errorf("%q: %q, presented %d", in, r.Credential, r.Presented)
		}
	}
	for query, want := range map[string]string{
		"apikey=k1": "k1", "a=b&api_key=k2": "k2", "API-KEY=k3&x": "k3", "access_token=k4": "k4", "key=AIzaSyA123456789012": "AIzaSyA123456789012",
		"key=name": "", "token=next-page": "", "apikey=": "", "xapikeyx=1": "", "apikey": "", "&&=&": "", strings.Repeat("k", 100) + "=v": "",
	} {
		r := one(t, `{"fake":1}`, func(_ field.Value, r *decode.Record) { r.Query = query })
		if r.Credential != want {
			t.Errorf("%.30q: %q, want %q", query, r.Credential, want)
		}
	}
}

func TestTargets(t *testing.T) {
	for in, want := range map[string][3]string{
		"/a/b?c=d?e":                    {"", "/a/b", "c=d?e"},
		"/a?":                           {"", "/a", ""},
		"http://h.example:8080/a?b":     {"h.example:8080", "/a", "b"},
		"https://u:p@h.example":         {"h.example", "/", ""},
		"https://h.example?x=1":         {"h.example", "/", "x=1"},
		"/redirect?to=http://x.example": {"", "/redirect", "to=http://x.example"},
		"/path/http://x.example":        {"", "/path/http://x.example", ""},
		"*":                             {"", "*", ""},
		"h.example:443":                 {"", "h.example:443", ""},
		"":                              {"", "", ""},
	} {
		var r decode.Record
		if r.SetTarget(in); [3]string{r.Host, r.Path, r.Query} != want {
			t.Errorf("%q: %q %q %q, want %q", in, r.Host, r.Path, r.Query, want)
		}
	}
	for in, want := range map[string][2]string{
		"GET /a HTTP/1.1":         {"GET", "/a"},
		"GET /a b HTTP/1.1":       {"GET", "/a b"},
		"GET /a":                  {"GET", "/a"},
		"PRI * HTTP/2.0":          {"PRI", "*"},
		"\x16\x03\x01 x HTTP/1.1": {"", ""},
		"GET":                     {"", ""},
		"":                        {"", ""},
	} {
		var r decode.Record
		if r.SetRequestLine(in); [2]string{r.Method, r.Path} != want {
			t.Errorf("%q: %q %q, want %q", in, r.Method, r.Path, want)
		}
	}
}

func TestOperations(t *testing.T) {
	for path, want := range map[string]string{
		"/v1/chat/completions":                                         "chat",
		"/openai/deployments/gpt-4o/chat/completions/":                 "chat",
		"/v1/completions":                                              "text_completion",
		"/v1/embeddings":                                               "embeddings",
		"/v1/messages":                                                 "chat",
		"/v1/threads/t1/messages":                                      "",
		"/v1/responses":                                                "chat",
		"/v1beta/models/gemini-2.5-pro:generateContent":                "generate_content",
		"/v1beta/models/gemini-2.5-pro:streamGenerateContent":          "generate_content",
		"/v1beta/models/text-embedding-004:embedContent":               "embeddings",
		"/v1/projects/p/locations/l/publishers/anthropic/m:rawPredict": "chat",
		"/model/anthropic.claude/converse":                             "chat",
		"/api/chat":                                                    "chat",
		"/api/generate":                                                "text_completion",
		"/v1/images/generations":                                       "image_generation",
		"/v1/audio/transcriptions":                                     "transcription",
		"/v1/moderations":                                              "moderation",
		"/v1/rerank":                                                   "rerank",
		"/v1/models":                                                   "",
		"/":                                                            "",
		"":                                                             "",
		"completions":                                                  "",
	} {
		if got := decode.OperationOf(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	for name, want := range map[string]string{"azure": "azure.ai.openai", "Bedrock": "aws.bedrock", "openai": "openai", "my-own": "my-own", "": ""} {
		if got := decode.ProviderOf(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestRequestBodies(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{`{"model":"m","messages":[{"role":"user","content":"a"},{"content":[{"type":"text","text":"b"},{"type":"image_url"}]}],"n":3}`,
			"m messages 2 n 3 prompt [a b]"},
		{`{"prompt":["a","b"],"logprobs":5,"max_tokens":1}`, "logprobs 5 max 1 prompt [a b]"},
		{`{"contents":[{"role":"user","parts":[{"text":"a"}]}],"generationConfig":{"temperature":0.5,"candidateCount":2,"maxOutputTokens":9,"responseLogprobs":true}}`,
			"messages 1 n 2 max 9 temperature 0.5 logprobs 0 prompt [a]"},
		{`{"system":"s","messages":[{"content":"a"}],"tools":[{},{}],"stream":true,"max_tokens":7}`, "messages 1 max 7 tools 2 stream true prompt [s a]"},
		{`{"input":[{"role":"user","content":[{"type":"input_text","text":"a"}]}],"max_output_tokens":4,"instructions":"i"}`, "max 4 prompt [i a]"},
		{`{"logprobs":false,"top_logprobs":0,"logit_bias":{"1":1,"2":2}}`, "logprobs 0 bias 2"},
		{`{"temperature":"hot","n":-1,"max_tokens":1e300,"logprobs":"x","logit_bias":7,"tools":{},"stream":"maybe","messages":5,"model":[]}`, ""},
		{`{"temperature":101,"temperature":-1,"top_logprobs":99999999999}`, ""},
		{`{"prompt":[[[[[[[[[["deep"]]]]]]]]]]}`, ""},
		{`{"messages":[{"role":"user","content":"redacted-by-litellm"}]}`, ""},
		{`{"messages":[{"content":"redacted-by-litellm"},{"content":"a"}]}`, "messages 2 prompt [a]"},
	} {
		t.Run(c.body, func(t *testing.T) {
			r := one(t, `{"fake":`+c.body+`}`, func(o field.Value, r *decode.Record) { r.ReadRequestBody(o.Get("fake")) })
			var got []string
			add := func(known schemas.FieldSet, format string, args ...any) {
				if r.Known&known == known {
					got = append(got, fmt.Sprintf(format, args...))
				}
			}
			if r.Model != "" {
				got = append(got, r.Model)
			}
			add(schemas.HasMessages, "messages %d", r.Messages)
			add(schemas.HasChoices, "n %d", r.Choices)
			add(schemas.HasMaxTokens, "max %d", r.MaxTokens)
			add(schemas.HasTemperature, "temperature %v", r.Temperature)
			add(schemas.HasTools, "tools %d", r.Tools)
			add(schemas.HasLogprobs, "logprobs %d", r.TopLogprobs)
			add(schemas.HasLogitBias, "bias %d", r.LogitBias)
			add(schemas.HasStream, "stream %v", r.Stream)
			add(schemas.HasPrompt, "prompt %v", r.Prompt)
			if joined := strings.Join(got, " "); !sameWords(joined, c.want) {
				t.Errorf("got %s, want %s", joined, c.want)
			}
		})
	}
}

// sameWords compares without order.
func sameWords(a, b string) bool {
	count := map[string]int{}
	for _, w := range strings.Fields(a) {
		count[w]++
	}
	for _, w := range strings.Fields(b) {
		count[w]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestHeaders(t *testing.T) {
	read := func(text string) *decode.Record {
		return one(t, `{"fake":`+text+`}`, func(o field.Value, r *decode.Record) { r.ReadRequestHeaders(o.Get("fake")) })
	}
	r := read(`{"User-Agent":"x","HOST":"h","X-Forwarded-For":["1.1.1.1","2.2.2.2"],"Authorization":"Bearer t","X-Api-Key":"k","x-request-id":"id"}`)
	if r.UserAgent != "x" || r.Host != "h" || r.Forwarded != "1.1.1.1,2.2.2.2" || r.Credential != "k" || r.RequestID != "id" {
		t.Errorf("got %#v", *r)
	}
	if r := read(`{"x-api-key":"k","authorization":"Bearer t"}`); r.Credential != "k" {
		t.Errorf("credential is %q", r.Credential)
	}
	if r := read(`{"` + strings.Repeat("x", 1000) + `":"y"}`); r.Presented != decode.PresentedNone {
		t.Errorf("presented is %d", r.Presented)
	}
	if r := read(`"x-api-key: k"`); r.Presented != decode.PresentedUnknown {
		t.Errorf("presented is %d", r.Presented)
	}
}

func TestRecordHidesItsContent(t *testing.T) {
	r := &decode.Record{Path: "/secret", Prompt: []string{"secret"}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if s := fmt.Sprintf(verb, r); strings.Contains(s, "secret") {
			t.Errorf("%s prints %s", verb, s)
		}
	}
}

func TestTooManyRuleNames(t *testing.T) {
	var rule decode.Rule
	for i := range 300 {
		rule.All = append(rule.All, fmt.Sprint("key", i))
	}
	if _, err := decode.New(decode.Options{}, []*decode.Format{{Name: "x", Rules: []decode.Rule{rule}}}); err == nil {
		t.Error("300 names are taken")
	}
}

// TestRules checks that the longest rule wins, whatever the order.
func TestRules(t *testing.T) {
	format := func(name string, rules ...decode.Rule) *decode.Format {
		return &decode.Format{Name: name, Rules: rules, JSON: func(_ field.Value, r *decode.Record) bool {
			r.SetTime("2026-11-22T05:40:00Z")
			return true
		}}
	}
	short := format("short", decode.Rule{Any: []string{"a", "b"}})
	long := format("long", decode.Rule{All: []string{"a", "c"}}, decode.Rule{All: []string{"d"}, Any: []string{"e", "f"}})
	for _, formats := range [][]*decode.Format{{short, long}, {long, short}} {
		d, err := decode.New(decode.Options{Now: func() time.Time { return decodetest.Now }}, formats)
		if err != nil {
			t.Fatal(err)
		}
		for text, want := range map[string]string{
			`{"a":1}`: "short", `{"b":1,"c":1}`: "short", `{"c":1,"a":1}`: "long", `{"d":1,"f":1,"a":1}`: "long", `{"d":1}`: "", `{"ab":1,"":2}`: "", `{"\u0061":1}`: "short",
		} {
			got := ""
			if r := decodetest.Decode(t, d, []byte(text))[0].Record; r != nil {
				got = r.Format
			}
			if got != want {
				t.Errorf("%s is %q, want %q", text, got, want)
			}
		}
	}
}
