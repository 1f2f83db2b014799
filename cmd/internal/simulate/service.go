package simulate

import "github.com/gatehound/gatehound/cmd/internal/simulate/gateway"

var (
	chatLoad  = gateway.Workload{InMedian: 420, InSigma: 1.1, OutMedian: 180, OutSigma: 0.9, Turns: 4, Gap: 25, Prompt: gateway.FreePrompt}
	agentLoad = gateway.Workload{InMedian: 2600, InSigma: 0.8, OutMedian: 120, OutSigma: 1.0, Turns: 12, Gap: 3, Tools: 9, Prompt: gateway.FreePrompt}
	ragLoad   = gateway.Workload{InMedian: 1900, InSigma: 0.3, OutMedian: 220, OutSigma: 0.5, Turns: 3, Gap: 20, Prompt: gateway.RagPrompt}
	embedLoad = gateway.Workload{InMedian: 260, InSigma: 0.7, Turns: 20, Gap: 0.4}
	restLoad  = gateway.Workload{Turns: 6, Gap: 5, IDs: 4000}
	listLoad  = gateway.Workload{Turns: 2, Gap: 8}
)

// The numbers of the fleet's own services.
const (
	KongChat = iota
	KongAssist
	KongEmbed
	CombinedFiles
	CombinedModels
	EdgeChat
	EdgeCompletions
	EnvoyChat
	EnvoyAgents
	LiteLLMChat
	LiteLLMRAG
	AppAssistant
	AppDocuments
	AppLogin
)

var serviceTable = [...]gateway.Service{
	KongChat: {Name: "openai-chat", Method: "POST", Host: "ai.example.com", Path: "/openai/v1/chat/completions", Template: "/openai/v1/chat/completions",
		Format: gateway.Kong, Provider: "openai", Model: "gpt-4o-mini", Weight: 12, Load: chatLoad, Tenant: "default"},
	KongAssist: {Name: "anthropic-messages", Method: "POST", Host: "ai.example.com", Path: "/anthropic/v1/messages", Template: "/anthropic/v1/messages",
		Format: gateway.Kong, Provider: "anthropic", Model: "claude-sonnet-4-5", Weight: 5, Load: agentLoad, Machine: true, Payload: true, Clear: true, Tenant: "agents"},
	KongEmbed: {Name: "openai-embeddings", Method: "POST", Host: "ai.example.com", Path: "/openai/v1/embeddings", Template: "/openai/v1/embeddings",
		Format: gateway.Kong, Provider: "openai", Model: "text-embedding-3-small", Weight: 6, Load: embedLoad, Machine: true, Clear: true, Tenant: "search"},
	CombinedFiles: {Name: "files", Method: "GET", Host: "files.example.com", Path: "/v1/files/file-", Template: "/v1/files/{id}",
		Format: gateway.NginxCombined, Weight: 4, Load: restLoad, Machine: true},
	CombinedModels: {Name: "models", Method: "GET", Host: "files.example.com", Path: "/v1/models", Template: "/v1/models",
		Format: gateway.NginxCombined, Weight: 6, Load: listLoad},
	EdgeChat: {Name: "edge-chat", Method: "POST", Host: "edge.example.com", Path: "/v1/chat/completions", Template: "/v1/chat/completions",
		Format: gateway.NginxJSON, Model: "llama-3.3-70b", Weight: 8, Load: chatLoad},
	EdgeCompletions: {Name: "edge-completions", Method: "POST", Host: "edge.example.com", Path: "/v1/completions", Template: "/v1/completions",
		Format: gateway.NginxJSON, Model: "codestral-2501", Weight: 3, Load: embedLoad, Machine: true},
	EnvoyChat: {Name: "httproute/default/aigw-chat/rule/0/match/0/*", Method: "POST", Host: "llm.example.com", Path: "/v1/chat/completions", Template: "/v1/chat/completions",
		Format: gateway.Envoy, Provider: "default/openai/route/aigw-chat/rule/0/ref/0", Model: "gpt-4.1", Weight: 8, Load: chatLoad},
	EnvoyAgents: {Name: "httproute/default/aigw-agents/rule/0/match/0/*", Method: "POST", Host: "llm.example.com", Path: "/v1/responses", Template: "/v1/responses",
		Format: gateway.Envoy, Provider: "default/openai/route/aigw-agents/rule/0/ref/0", Model: "gpt-4.1-mini", Weight: 4, Load: agentLoad, Machine: true},
	LiteLLMChat: {Name: "acompletion", Method: "POST", Host: "litellm.example.com", Path: "/v1/chat/completions", Template: "/v1/chat/completions",
		Format: gateway.LiteLLM, Provider: "openai", Model: "gpt-4o", Weight: 8, Load: chatLoad, Tenant: "team-product"},
	LiteLLMRAG: {Name: "acompletion", Method: "POST", Host: "litellm.example.com", Path: "/v1/chat/completions", Template: "/v1/chat/completions",
		Format: gateway.LiteLLM, Provider: "azure", Model: "gpt-4o-mini", Weight: 5, Load: ragLoad, Tenant: "team-support"},
	AppAssistant: {Name: "assistant", Method: "POST", Host: "app.example.com", Path: "/api/assistant", Template: "/api/assistant",
		Format: gateway.App, Model: "gpt-4o-mini", Weight: 8, Load: chatLoad},
	AppDocuments: {Name: "documents", Method: "GET", Host: "app.example.com", Path: "/api/documents/", Template: "/api/documents/{id}",
		Format: gateway.App, Weight: 7, Load: restLoad, Machine: true},
	AppLogin: {Name: "login", Method: "POST", Host: "app.example.com", Path: "/login", Template: "/login",
		Format: gateway.App, Weight: 4, Load: gateway.Workload{Turns: 1.1, Gap: 4}},
}

// userAgents are those of the usual SDKs and tools.
var userAgents = []string{
	"OpenAI/Python 1.99.9", "AsyncOpenAI/Python 1.101.0", "OpenAI/JS 5.12.2", "Anthropic/Python 0.64.0", "Anthropic/JS 0.60.0",
	"langchain-openai/0.3.30", "python-requests/2.32.4", "python-httpx/0.28.1", "Go-http-client/2.0", "axios/1.11.0", "okhttp/4.12.0",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
}
