package price

import (
	"math"
	"strings"
	"testing"
)

var table = []Price{
	{Provider: "openai", Model: "gpt-4o", Input: 2.5, Output: 10, Cached: 1.25},
	{Model: "GPT-4o-mini*", Input: 0.15, Output: 0.6},
	{Model: "gpt-*", Input: 30, Output: 60},
	{Provider: "azure.ai.openai", Model: "gpt-*", Input: 31, Output: 61},
	{Model: "text-embedding-3-small", Input: 0.02},
	{Model: "free"},
	{Provider: "openai", Model: "gpt-4o", Input: 99}, // the first counts
	{Model: "claude*", Input: 3, Output: 15},
}

func TestFind(t *testing.T) {
	tab, err := NewTable(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		provider, model string
		want            float64 // Input; -1 for none
	}{
		{"openai", "gpt-4o", 2.5}, {"openai", "GPT-4O", 2.5}, {"", "gpt-4o", 30}, {"azure.ai.openai", "gpt-4o", 31},
		{"openai", "gpt-4o-mini-2024-07-18", 0.15}, {"openai", "gpt-3.5", 30}, {"anthropic", "claude-sonnet-4", 3},
		{"aws.bedrock", "text-embedding-3-small", 0.02}, {"", "text-embedding-3-small-x", -1}, {"openai", "", -1},
		{"openai", "openai/gpt-4o", 2.5}, {"", "x/y/text-embedding-3-small", -1}, {"openai", "/", -1},
		{"openai", "llama", -1}, {"", strings.Repeat("g", 300), -1}, {"", "gpt-" + strings.Repeat("x", 252), 30},
	} {
		p := tab.Find(c.provider, c.model)
		if got := -1.0; p == nil && c.want != got || p != nil && p.Input != c.want {
			t.Errorf("Find(%q, %.20q) = %+v, want %v", c.provider, c.model, p, c.want)
		}
	}
	var none *Table
	if none.Find("openai", "gpt-4o") != nil {
		t.Error("a price from no table")
	}
	if n := testing.AllocsPerRun(100, func() { tab.Find("azure.ai.openai", "gpt-4o-2024-08-06") }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestCost(t *testing.T) {
	p := Price{Input: 2.5, Output: 10, Cached: 1.25}
	for _, c := range []struct {
		name string
		p    Price
		t    Tokens
		want float64
		ok   bool
	}{
		{"both", p, Tokens{Input: 1000, Output: 100, InputKnown: true, OutputKnown: true}, 0.0035, true},
		{"cached", p, Tokens{Input: 1000, Output: 100, Cached: 400, InputKnown: true, OutputKnown: true}, 0.003, true},
		{"cached at the price of input", Price{Input: 2, Output: 1}, Tokens{Input: 1000, Cached: 400, InputKnown: true, OutputKnown: true}, 0.002, true},
		{"more cached than there are", p, Tokens{Input: 1000, Cached: 5000, InputKnown: true, OutputKnown: true}, 0.00125, true},
		{"negative cached", p, Tokens{Input: 1000, Cached: -5, InputKnown: true, OutputKnown: true}, 0.0025, true},
		{"nothing known", p, Tokens{Input: 1000, Output: 100}, 0, false},
		{"no answer known", p, Tokens{Input: 1000, InputKnown: true}, 0, false},
		{"no prompt known", p, Tokens{Output: 10, OutputKnown: true}, 0, false},
		{"embeddings have no answer", Price{Input: 0.02}, Tokens{Input: 1_000_000, InputKnown: true}, 0.02, true},
		{"free", Price{}, Tokens{Input: 10, InputKnown: true}, 0, true},
		{"free, nothing known", Price{}, Tokens{}, 0, false},
		{"zero tokens", p, Tokens{InputKnown: true, OutputKnown: true}, 0, true},
		{"negative", p, Tokens{Input: -10, InputKnown: true, OutputKnown: true}, 0, false},
		{"huge", Price{Input: maxPerTokens, Output: maxPerTokens}, Tokens{Input: math.MaxInt64, Output: math.MaxInt64, InputKnown: true, OutputKnown: true}, 2 * float64(math.MaxInt64), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := c.p.Cost(c.t)
			if ok != c.ok || math.Abs(got-c.want) > 1e-9*math.Max(1, c.want) {
				t.Errorf("%v, %v, want %v, %v", got, ok, c.want, c.ok)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		p    Price
		want string
	}{
		{Price{Model: "a*", Input: 1e6}, ""}, {Price{}, "model is"}, {Price{Model: "a*b"}, "model is"}, {Price{Model: "a**"}, "model is"},
		{Price{Model: "a", Input: -1}, "input is"}, {Price{Model: "a", Output: math.NaN()}, "output is"},
		{Price{Model: "a", Cached: math.Inf(1)}, "cached is"}, {Price{Model: "a", Provider: strings.Repeat("p", 65)}, "provider has"},
	} {
		_, err := NewTable([]Price{c.p})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), "[0]."+c.want) {
			t.Errorf("%+v: %v, want %q", c.p, err, c.want)
		}
	}
	if _, err := NewTable(make([]Price, maxPrices+1)); err == nil {
		t.Error("no bound on prices")
	}
}

// litellm has the shapes that the real file has.
const litellm = `{
  "sample_spec": {"input_cost_per_token": 0.0, "litellm_provider": "one of https://docs.litellm.ai/docs/providers", "supported_regions": ["global"], "max_tokens": "text"},
  "1024-x-1024/dall-e-2": {"input_cost_per_pixel": 1.9e-08, "litellm_provider": "openai", "mode": "image_generation"},
  "gpt-4o": {"input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 1.25e-06, "litellm_provider": "openai", "mode": "chat"},
  "azure/gpt-4o": {"input_cost_per_token": 2.75e-06, "output_cost_per_token": 1.1e-05, "litellm_provider": "azure", "search_context_cost_per_query": {"search_context_size_low": 0.03}},
  "azure_ai/Llama-3": {"input_cost_per_token": 1e-06, "litellm_provider": "azure_ai"},
  "eu.amazon.nova-2-lite-v1:0": {"input_cost_per_token": "3.3e-07", "output_cost_per_token": 2.75e-06, "litellm_provider": "bedrock_converse"},
  "vertex_ai/claude-3-opus": {"input_cost_per_token": 1.5e-05, "output_cost_per_token": 7.5e-05, "litellm_provider": "vertex_ai-anthropic_models"},
  "mistral/mistral-large": {"input_cost_per_token": 2e-06, "output_cost_per_token": 6e-06, "litellm_provider": "mistral"},
  "text-embedding-3-small": {"input_cost_per_token": 2e-08, "output_cost_per_token": 0.0, "litellm_provider": "openai"},
  "odd": {"input_cost_per_token": null, "output_cost_per_token": -5, "litellm_provider": 7},
  "bedrock/*": {"input_cost_per_token": 1e-06}
}`

func TestParseLiteLLM(t *testing.T) {
	tab, err := ParseLiteLLM([]byte(litellm))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		provider, model       string
		input, output, cached float64
	}{
		{"openai", "gpt-4o", 2.5, 10, 1.25},
		{"", "gpt-4o", 2.5, 10, 1.25},
		{"azure.ai.openai", "gpt-4o", 2.75, 11, 0},
		{"openrouter", "azure/gpt-4o", 2.75, 11, 0},
		{"azure.ai.inference", "llama-3", 1, 0, 0},
		{"aws.bedrock", "eu.amazon.nova-2-lite-v1:0", 0.33, 2.75, 0},
		{"gcp.vertex_ai", "vertex_ai/claude-3-opus", 15, 75, 0},
		{"mistral_ai", "mistral-large", 2, 6, 0},
		{"openai", "text-embedding-3-small", 0.02, 0, 0},
	} {
		p := tab.Find(c.provider, c.model)
		near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
		if p == nil || !near(p.Input, c.input) || !near(p.Output, c.output) || !near(p.Cached, c.cached) {
			t.Errorf("%s of %s: %+v", c.model, c.provider, p)
		}
	}
	for _, m := range []string{"odd", "sample_spec", "bedrock/*", "1024-x-1024/dall-e-2"} {
		if p := tab.Find("", m); p != nil {
			t.Errorf("%s costs %+v", m, p)
		}
	}
	if tab.Len() != 7 {
		t.Errorf("%d prices", tab.Len())
	}
}

func TestParseLiteLLMRefuses(t *testing.T) {
	for _, text := range []string{"", "[]", "null", "{}", `{"a":`, `{"a":1}`, `{"a":{}}`, `{"gpt":{"input_cost_per_token":1e-6}`, "<html>"} {
		if _, err := ParseLiteLLM([]byte(text)); err == nil || strings.Contains(err.Error(), "gpt") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzParseLiteLLM(f *testing.F) {
	f.Add([]byte(litellm))
	f.Fuzz(func(t *testing.T, data []byte) {
		tab, err := ParseLiteLLM(data)
		if err != nil {
			return
		}
		for k, p := range tab.exact {
			if err := p.Validate(); err != nil || k.model == "" {
				t.Errorf("%+v: %v", p, err)
			}
		}
	})
}
