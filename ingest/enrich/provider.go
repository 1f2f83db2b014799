package enrich

import "strings"

// hosts are the ends of the hosts of providers' APIs, with OpenTelemetry's names
// of the providers (gen_ai.provider.name).
var hosts = [...]struct{ suffix, provider string }{
	{"api.openai.com", "openai"},
	{"api.anthropic.com", "anthropic"},
	{".openai.azure.com", "azure.ai.openai"},
	{".services.ai.azure.com", "azure.ai.inference"},
	{".models.ai.azure.com", "azure.ai.inference"},
	{"aiplatform.googleapis.com", "gcp.vertex_ai"},
	{"generativelanguage.googleapis.com", "gcp.gemini"},
	{"api.mistral.ai", "mistral_ai"},
	{"api.groq.com", "groq"},
	{"api.x.ai", "x_ai"},
	{"api.cohere.com", "cohere"},
	{"api.cohere.ai", "cohere"},
	{"api.deepseek.com", "deepseek"},
	{"api.perplexity.ai", "perplexity"},
	{"openrouter.ai", "openrouter"},
	{"api.together.xyz", "together"},
	{"api.fireworks.ai", "fireworks"},
	{"integrate.api.nvidia.com", "nvidia"},
	{"api.replicate.com", "replicate"},
}

// models are the beginnings of the names of models that one provider makes.
// Weights that anybody may serve (Llama, Qwen) name no provider.
var models = [...]struct{ prefix, provider string }{
	{"gpt-", "openai"}, {"chatgpt-", "openai"}, {"text-embedding-3", "openai"}, {"text-embedding-ada", "openai"},
	{"dall-e", "openai"}, {"whisper-1", "openai"}, {"tts-1", "openai"}, {"o1", "openai"}, {"o3", "openai"}, {"o4-", "openai"},
	{"omni-moderation", "openai"}, {"davinci", "openai"}, {"ft:gpt-", "openai"},
	{"claude-", "anthropic"},
	{"gemini-", "gcp.gemini"}, {"text-bison", "gcp.vertex_ai"}, {"imagen-", "gcp.gemini"},
	{"mistral-", "mistral_ai"}, {"open-mistral", "mistral_ai"}, {"codestral", "mistral_ai"}, {"ministral", "mistral_ai"},
	{"magistral", "mistral_ai"}, {"pixtral", "mistral_ai"}, {"devstral", "mistral_ai"},
	{"command-", "cohere"}, {"embed-english", "cohere"}, {"embed-multilingual", "cohere"}, {"rerank-", "cohere"},
	{"deepseek-", "deepseek"}, {"grok-", "x_ai"}, {"sonar", "perplexity"},
	{"anthropic.claude", "aws.bedrock"}, {"us.anthropic.", "aws.bedrock"}, {"eu.anthropic.", "aws.bedrock"},
	{"apac.anthropic.", "aws.bedrock"}, {"global.anthropic.", "aws.bedrock"}, {"amazon.", "aws.bedrock"},
	{"us.amazon.", "aws.bedrock"}, {"meta.llama", "aws.bedrock"}, {"us.meta.", "aws.bedrock"}, {"cohere.", "aws.bedrock"},
	{"ai21.", "aws.bedrock"}, {"arn:aws:bedrock:", "aws.bedrock"},
	{"projects/", "gcp.vertex_ai"}, {"publishers/", "gcp.vertex_ai"},
	{"openai/", "openai"}, {"anthropic/", "anthropic"}, {"azure/", "azure.ai.openai"}, {"bedrock/", "aws.bedrock"},
	{"vertex_ai/", "gcp.vertex_ai"}, {"gemini/", "gcp.gemini"}, {"mistral/", "mistral_ai"}, {"groq/", "groq"},
	{"cohere/", "cohere"}, {"deepseek/", "deepseek"}, {"xai/", "x_ai"}, {"x-ai/", "x_ai"}, {"perplexity/", "perplexity"},
}

// ProviderOf returns the provider that serves the host, else the one that makes
// the model; "" if neither tells.
func ProviderOf(host, model string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	if len(host) >= 8 {
		for i := range hosts {
			if suffix := hosts[i].suffix; hasSuffixFold(host, suffix) {
				return hosts[i].provider
			}
		}
		if hasSuffixFold(host, ".amazonaws.com") && strings.HasPrefix(host, "bedrock") {
			return "aws.bedrock"
		}
	}
	for i := range models {
		if p := models[i].prefix; len(model) >= len(p) && model[0]|0x20 == p[0]|0x20 && strings.EqualFold(model[:len(p)], p) {
			return models[i].provider
		}
	}
	return ""
}

// hasSuffixFold reports whether host is the domain suffix, or one below it. Most
// are ruled out by the suffix's last letter, which many have, and its first.
func hasSuffixFold(host, suffix string) bool {
	n := len(host) - len(suffix)
	if n < 0 || host[len(host)-1]|0x20 != suffix[len(suffix)-1] || host[n]|0x20 != suffix[0] || !strings.EqualFold(host[n:], suffix) {
		return false
	}
	// "aiplatform.googleapis.com" also as "us-central1-aiplatform…".
	return n == 0 || suffix[0] == '.' || host[n-1] == '.' || host[n-1] == '-'
}
