package decode

import "strings"

// operations are the ends of paths of the providers' APIs, and what they do in
// the words of OpenTelemetry's gen_ai.operation.name; what it has no word for
// is named in its style. The first one that fits counts.
var operations = [...]struct{ suffix, operation string }{
	{"/chat/completions", "chat"},
	{"/v1/messages", "chat"},
	{"/v1/responses", "chat"},
	{"/openai/responses", "chat"},
	{"/embeddings", "embeddings"},
	{"/completions", "text_completion"},
	{":generateContent", "generate_content"},
	{":streamGenerateContent", "generate_content"},
	{":embedContent", "embeddings"},
	{":batchEmbedContents", "embeddings"},
	{":rawPredict", "chat"},
	{":streamRawPredict", "chat"},
	{"/converse", "chat"},
	{"/converse-stream", "chat"},
	{"/api/chat", "chat"},
	{"/v1/chat", "chat"},
	{"/v2/chat", "chat"},
	{"/api/generate", "text_completion"},
	{"/v1/complete", "text_completion"},
	{"/embed", "embeddings"},
	{"/images/generations", "image_generation"},
	{"/images/edits", "image_generation"},
	{"/audio/transcriptions", "transcription"},
	{"/audio/translations", "transcription"},
	{"/audio/speech", "speech"},
	{"/moderations", "moderation"},
	{"/rerank", "rerank"},
}

// OperationOf returns the operation of a model that path asks for, "" if it is
// no path of a known API.
func OperationOf(path string) string {
	path = strings.TrimSuffix(path, "/")
	if len(path) < 6 {
		return ""
	}
	last := path[len(path)-1]
	for i := range operations {
		// The last letter rules out most of them.
		if s := operations[i].suffix; s[len(s)-1] == last && strings.HasSuffix(path, s) {
			return operations[i].operation
		}
	}
	return ""
}

// providers are names that gateways give to providers, where they are not
// those of OpenTelemetry's gen_ai.provider.name.
var providers = [...]struct{ name, known string }{
	{"azure", "azure.ai.openai"},
	{"azure_openai", "azure.ai.openai"},
	{"azure-openai", "azure.ai.openai"},
	{"azure_ai", "azure.ai.inference"},
	{"bedrock", "aws.bedrock"},
	{"bedrock_converse", "aws.bedrock"},
	{"aws-bedrock", "aws.bedrock"},
	{"vertex_ai", "gcp.vertex_ai"},
	{"vertex_ai_beta", "gcp.vertex_ai"},
	{"google-vertex-ai", "gcp.vertex_ai"},
	{"gemini", "gcp.gemini"},
	{"google-ai-studio", "gcp.gemini"},
	{"mistral", "mistral_ai"},
	{"xai", "x_ai"},
	{"grok", "x_ai"},
	{"perplexity-ai", "perplexity"},
	{"watsonx", "ibm.watsonx.ai"},
	{"text-completion-openai", "openai"},
	{"az.ai.openai", "azure.ai.openai"},
	{"az.ai.inference", "azure.ai.inference"},
	{"aws", "aws.bedrock"},
	{"amazon-bedrock", "aws.bedrock"},
	{"google", "gcp.gemini"},
	{"google.generative-ai", "gcp.gemini"},
	{"google_genai", "gcp.gemini"},
	{"google.vertex", "gcp.vertex_ai"},
	{"vertexai", "gcp.vertex_ai"},
	{"mistralai", "mistral_ai"},
	// Some write these with capitals.
	{"openai", "openai"},
	{"anthropic", "anthropic"},
	{"cohere", "cohere"},
	{"groq", "groq"},
	{"deepseek", "deepseek"},
	{"perplexity", "perplexity"},
}

// apis are what some append to a provider's name: the API that was called.
var apis = [...]string{".chat", ".responses", ".messages", ".completion", ".embedding"}

// ProviderOf returns OpenTelemetry's name of a provider, or the gateway's if
// it has none.
func ProviderOf(name string) string {
	for _, api := range apis {
		name = strings.TrimSuffix(name, api)
	}
	for i := range providers {
		if strings.EqualFold(providers[i].name, name) {
			return providers[i].known
		}
	}
	return name
}
