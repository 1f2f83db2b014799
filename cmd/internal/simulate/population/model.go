package population

import (
	"strings"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// service is one of the gateway's.
type service int

// The services. The first four answer chats.
const (
	openAI service = iota
	anthropic
	google
	mistral
	embeddings
	batches
	files
	services
)

// open makes the gateway's services.
func open(c *Config) [services]gateway.Service {
	s := [services]gateway.Service{
		{Name: "acompletion", Path: "/v1/chat/completions", Provider: "openai", Model: "gpt-4o"},
		{Name: "anthropic_messages", Path: "/v1/messages", Provider: "anthropic", Model: "claude-sonnet-4-5"},
		{Name: "acompletion", Path: "/v1/chat/completions", Provider: "gemini", Model: "gemini-2.5-pro"},
		{Name: "acompletion", Path: "/v1/chat/completions", Provider: "mistral", Model: "mistral-large-2411"},
		{Name: "aembedding", Path: "/v1/embeddings", Provider: "openai", Model: "text-embedding-3-small"},
		{Name: "acreate_batch", Path: "/v1/batches", Provider: "openai", Routed: true},
		{Name: "acreate_file", Path: "/v1/files", Provider: "openai", Routed: true},
	}
	for i := range s {
		if c.Format != gateway.LiteLLM {
			s[i].Path = "/" + s[i].Provider + s[i].Path
		}
		s[i].Method, s[i].Host, s[i].Template, s[i].Format = "POST", "llm.example.com", s[i].Path, c.Format
		s[i].Payload, s[i].Tenant, s[i].Weight = c.Prompts, "default", 1
		switch c.Format {
		case gateway.Kong:
			s[i].Name = strings.ReplaceAll(s[i].Path[1:], "/", "-")
		case gateway.Envoy:
			s[i].Name = "httproute/default" + s[i].Path + "/rule/0/match/0/*"
		}
		s[i].Open(gateway.Mix(c.Seed + uint64(i)*7919))
	}
	return s
}

// model is one that customers use, and how many of them do.
type model struct {
	name   string
	at     service
	weight float64
	large  bool
}

// models are those of chats: small ones make most calls.
var models = []model{
	{"gpt-4o-mini", openAI, 26, false},
	{"gpt-4.1-mini", openAI, 14, false},
	{"gemini-2.5-flash", google, 11, false},
	{"claude-haiku-4-5", anthropic, 7, false},
	{"gpt-4o", openAI, 14, true},
	{"claude-sonnet-4-5", anthropic, 13, true},
	{"gpt-4.1", openAI, 6, true},
	{"o4-mini", openAI, 3, true},
	{"gemini-2.5-pro", google, 3, true},
	{"mistral-large-2411", mistral, 2, true},
	{"claude-opus-4-1", anthropic, 1, true},
}

// released is the model that comes out while the world goes on.
var released = model{"gpt-6", openAI, 0, true}

var embedders = []model{{"text-embedding-3-small", embeddings, 3, false}, {"text-embedding-3-large", embeddings, 1, false}}

// choose returns a model; of all, or of the large ones.
func choose(d *gateway.Dice, of []model, large bool) model {
	var sum float64
	for _, m := range of {
		if m.large || !large {
			sum += m.weight
		}
	}
	x := d.Float() * sum
	for _, m := range of {
		if m.large || !large {
			if x -= m.weight; x < 0 {
				return m
			}
		}
	}
	return of[len(of)-1]
}

// agents are the clients by how many use them, the first most: a Zipf list.
var agents = [...]string{
	"OpenAI/Python 1.109.1", "OpenAI/Python 1.82.0", "OpenAI/JS 5.12.2", "AsyncOpenAI/Python 1.109.1", "python-requests/2.32.3", "axios/1.7.9",
	"LangChain/0.3.27 OpenAI/Python 1.99.9", "OpenAI/Python 1.54.4", "Anthropic/Python 0.64.0", "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
	"AsyncOpenAI/Python 1.82.0", "OpenAI/JS 4.104.0", "python-httpx/0.27.2", "litellm/1.74.3", "Go-http-client/2.0", "ai-sdk/openai/1.3.22 runtime/node.js/v20",
	"okhttp/4.12.0", "OpenAI/Python 1.35.13", "Anthropic/JS 0.60.0", "AsyncAnthropic/Python 0.64.0", "Java-http-client/21.0.4", "llama-index/0.12.52",
	"OpenAI/JS 4.67.3", "curl/8.5.0", "python-requests/2.28.1", "semantic-kernel/1.37.0 Python", "aiohttp/3.11.11", "OpenAI/Go 2.3.0", "PostmanRuntime/7.43.0",
	"Faraday v2.12.2", "GuzzleHttp/7", "reqwest/0.12.9", "OpenAI/Java 2.19.0", "undici", "Dart/3.5 (dart:io)", "n8n",
}

// agent draws a client that can talk to the provider.
func agent(d *gateway.Dice, at service) string {
	for {
		ua := agents[d.Rank(len(agents), .35)]
		if at == anthropic || !strings.Contains(ua, "nthropic/") {
			return ua
		}
	}
}
