package world

import (
	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// The numbers of this package's services. They are called by plants alone.
const (
	kongOpus         = simulate.FirstService + iota // the costliest model
	kongFineTune                                    // jobs that train a model
	kongFiles                                       // uploads
	appFeedback                                     // thumbs up and down
	appVectors                                      // documents for retrieval
	kongLegacy                                      // the deprecated version of the API
	litellmTools                                    // an agent with guardrails
	litellmOpus                                     // the costliest model
	litellmModerated                                // a forum whose posts a guardrail looks at
	kongShared                                      // a key that is meant for one application
	edgeNew                                         // what a deployment brings, on a host of its own
	litellmEmbed                                    // embeddings of a customer who imports documents
	kongOlder                                       // another deprecated endpoint, never unused
	appAdmin                                        // an administration that nobody listed
)

var (
	chat   = gateway.Workload{InMedian: 420, InSigma: 1.1, OutMedian: 180, OutSigma: 0.9, Turns: 4, Gap: 25, Prompt: gateway.FreePrompt}
	agent  = gateway.Workload{InMedian: 2600, InSigma: 0.4, OutMedian: 120, OutSigma: 0.8, Turns: 12, Gap: 3, Tools: 9, Prompt: gateway.FreePrompt}
	embed  = gateway.Workload{InMedian: 260, InSigma: 0.7, Turns: 20, Gap: 0.4}
	upload = gateway.Workload{Turns: 3, Gap: 5}
)

// Services are the further services of the fleet, by number.
var Services = []gateway.Service{
	{Name: "anthropic-opus", Method: "POST", Host: "ai.example.com", Path: "/anthropic/v1/messages", Template: "/anthropic/v1/messages",
		Format: gateway.Kong, Provider: "anthropic", Model: "claude-opus-4-1", Load: chat, Tenant: "research"},
	{Name: "openai-fine-tuning", Method: "POST", Host: "ai.example.com", Path: "/openai/v1/fine_tuning/jobs", Template: "/openai/v1/fine_tuning/jobs",
		Format: gateway.Kong, Load: upload, Tenant: "research"},
	{Name: "openai-files", Method: "POST", Host: "ai.example.com", Path: "/openai/v1/files", Template: "/openai/v1/files",
		Format: gateway.Kong, Load: upload, Tenant: "research"},
	{Name: "feedback", Method: "POST", Host: "app.example.com", Path: "/api/feedback", Template: "/api/feedback",
		Format: gateway.App, Load: upload},
	{Name: "vectors", Method: "POST", Host: "app.example.com", Path: "/v1/vector_stores/vs_1/files", Template: "/v1/vector_stores/{id}/files",
		Format: gateway.App, Load: upload},
	{Name: "openai-legacy", Method: "POST", Host: "ai.example.com", Path: "/openai/v0/completions", Template: "/openai/v0/completions",
		Format: gateway.Kong, Provider: "openai", Model: "gpt-3.5-turbo", Load: chat, Tenant: "default"},
	{Name: "acompletion", Method: "POST", Host: "litellm.example.com", Path: "/v1/chat/completions", Template: "/v1/chat/completions",
		Format: gateway.LiteLLM, Provider: "openai", Model: "gpt-4o-mini", Load: agent, Tenant: "team-agents", Guarded: true},
	{Name: "acompletion", Method: "POST", Host: "litellm.example.com", Path: "/v1/chat/completions", Template: "/v1/chat/completions",
		Format: gateway.LiteLLM, Provider: "anthropic", Model: "claude-opus-4-1", Load: chat, Tenant: "team-product"},
	{Name: "acompletion", Method: "POST", Host: "litellm.example.com", Path: "/v1/chat/completions", Template: "/v1/chat/completions",
		Format: gateway.LiteLLM, Provider: "openai", Model: "gpt-4o-mini", Load: chat, Tenant: "team-forum", Guarded: true},
	{Name: "openai-shared", Method: "POST", Host: "ai.example.com", Path: "/openai/v1/chat/completions", Template: "/openai/v1/chat/completions",
		Format: gateway.Kong, Provider: "openai", Model: "gpt-4o-mini", Load: chat, Tenant: "default"},
	{Name: "summaries", Method: "POST", Host: "summaries.example.com", Path: "/v2/summaries", Template: "/v2/summaries",
		Format: gateway.NginxJSON, Model: "gpt-4.1-mini", Load: chat},
	{Name: "aembedding", Method: "POST", Host: "litellm.example.com", Path: "/v1/embeddings", Template: "/v1/embeddings",
		Format: gateway.LiteLLM, Provider: "openai", Model: "text-embedding-3-small", Load: embed, Tenant: "team-search"},
	{Name: "openai-older", Method: "POST", Host: "ai.example.com", Path: "/openai/v0/embeddings", Template: "/openai/v0/embeddings",
		Format: gateway.Kong, Provider: "openai", Model: "gpt-3.5-turbo", Load: chat, Tenant: "default"},
	{Name: "admin", Method: "GET", Host: "app.example.com", Path: "/internal/debug/prompts", Template: "/internal/debug/prompts",
		Format: gateway.App, Load: upload},
}

// listedEndpoints is the inventory: what there is at each host. What is behind
// gateways that do not log the host is listed without.
func listedEndpoints() []string {
	return []string{
		"POST ai.example.com/openai/v1/chat/completions", "POST ai.example.com/anthropic/v1/messages", "POST ai.example.com/openai/v1/embeddings",
		"GET,POST ai.example.com/openai/v1/files", "GET,POST ai.example.com/openai/v1/fine_tuning/jobs", "GET ai.example.com/openai/v1/models",
		"POST ai.example.com/openai/v0/completions deprecated", "POST ai.example.com/openai/v0/embeddings deprecated",
		"GET,POST,DELETE /v1/files/{id}", "GET,POST /v1/files", "GET /v1/models", "GET /v1/models/{model}", // nginx combined
		"POST edge.example.com/v1/chat/completions", "POST edge.example.com/v1/completions",
		"POST llm.example.com/v1/chat/completions", "POST llm.example.com/v1/responses",
		"POST litellm.example.com/v1/chat/completions", "POST litellm.example.com/v1/embeddings",
		"POST app.example.com/api/assistant", "GET,POST app.example.com/api/documents/{id}", "POST app.example.com/login",
		"POST app.example.com/api/feedback", "POST app.example.com/v1/vector_stores/{id}/files",
	}
}

// listedModels is the inventory of models.
var listedModels = []string{
	"gpt-4o*", "gpt-4.1*", "claude-sonnet-4-5", "claude-opus-4-1", "text-embedding-3-small",
	"llama-3.3-70b", "codestral-2501", "gpt-3.5-turbo deprecated", "o1-pro",
}
