package usage

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

// Model is one that customers use.
type Model struct {
	Name string
	at   service
	// weight is how many customers use it, large tells that it is one of the best.
	weight float64
	large  bool
}

// models are those of chats: small ones make most calls.
var models = []Model{
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

// Released is the model that comes out while the world goes on.
var Released = Model{"gpt-6", openAI, 0, true}

var embedders = []Model{{"text-embedding-3-small", embeddings, 3, false}, {"text-embedding-3-large", embeddings, 1, false}}

// choose returns a model; of all, or of the large ones.
func choose(d *gateway.Dice, of []Model, large bool) Model {
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

// Client draws a client that can talk to the model's provider.
func (m Model) Client(d *gateway.Dice) string {
	for {
		ua := agents[d.Rank(len(agents), .35)]
		if m.at == anthropic || !strings.Contains(ua, "nthropic/") {
			return ua
		}
	}
}

// Large draws a large model.
func Large(d *gateway.Dice) Model { return choose(d, models, true) }

// Small draws a small model.
func Small(d *gateway.Dice) Model { return choose(d, models[:4:4], false) }

// Embedder draws a model of embeddings.
func Embedder(d *gateway.Dice) Model { return choose(d, embedders, false) }

// Called returns the model of that name; if there is none, one of no name.
func Called(name string) Model {
	for _, m := range models {
		if m.Name == name {
			return m
		}
	}
	return Model{}
}

// Upload is what files are put to, which is no model.
var Upload = Model{at: files}
