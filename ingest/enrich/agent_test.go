package enrich

import (
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

func TestClassOf(t *testing.T) {
	const mozilla = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
	for agent, want := range map[string]schemas.ClientClass{
		"":                     schemas.ClientUnknown,
		"-":                    schemas.ClientEmpty,
		"OpenAI/Python 1.30.1": schemas.ClientSDK, "AsyncOpenAI/Python 1.30.1": schemas.ClientSDK, "OpenAI/JS 4.20.0": schemas.ClientSDK,
		"Anthropic/Python 0.25.0": schemas.ClientSDK, "google-genai-sdk/1.0.0 gl-python/3.12": schemas.ClientSDK,
		"mistral-client-python/1.2": schemas.ClientSDK, "Groq/Python 0.5": schemas.ClientSDK, "cohere/5.5.0": schemas.ClientSDK,
		"Boto3/1.34 md/Botocore#1.34": schemas.ClientSDK, "aws-sdk-go-v2/1.0": schemas.ClientSDK, "azsdk-python-ai-inference/1.0": schemas.ClientSDK,
		"litellm/1.40": schemas.ClientSDK,
		"curl/8.6.0":   schemas.ClientHTTP, "python-requests/2.31.0": schemas.ClientHTTP, "Go-http-client/1.1": schemas.ClientHTTP,
		"axios/1.6.0": schemas.ClientHTTP, "PostmanRuntime/7.36": schemas.ClientHTTP, "python-httpx/0.27": schemas.ClientHTTP,
		mozilla: schemas.ClientBrowser,
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":                                    schemas.ClientCrawler,
		"Mozilla/5.0 (compatible; SomeNewBot/0.1)":                                                                    schemas.ClientCrawler,
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)":      schemas.ClientAICrawler,
		"Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)":                                           schemas.ClientAICrawler,
		"CCBot/2.0 (https://commoncrawl.org/faq/)":                                                                    schemas.ClientAICrawler,
		"Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)": schemas.ClientAICrawler,
		"sqlmap/1.7.2#stable (https://sqlmap.org)":                                                                    schemas.ClientScanner,
		"Mozilla/5.0 (compatible; Nuclei - Open-source project (github.com/projectdiscovery/nuclei))":                 schemas.ClientScanner,
		"Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:Port Check)":                                                schemas.ClientScanner,
		"Fuzz Faster U Fool v2.0.0":                                                                                   schemas.ClientScanner, "gobuster/3.6": schemas.ClientScanner, "garak/0.9": schemas.ClientScanner,
		"MyCompanyApp/1.2": schemas.ClientUnknown, "x": schemas.ClientUnknown,
		strings.Repeat("a", 5000) + " sqlmap": schemas.ClientUnknown,
	} {
		if got := ClassOf(agent); got != want {
			t.Errorf("ClassOf(%.60q) = %v, want %v", agent, got, want)
		}
	}
}

func TestClassFromTheCache(t *testing.T) {
	e := newEnricher(t, Config{})
	for range 3 {
		for i := range 2 * agentEntries { // entries are overwritten
			agent := "curl/" + strings.Repeat("1", i%300)
			if got := e.class(agent); got != schemas.ClientHTTP {
				t.Fatalf("class %v", got)
			}
			if got := e.class("nikto" + agent[4:]); got != schemas.ClientScanner {
				t.Fatalf("class %v", got)
			}
		}
	}
}

func BenchmarkClassOf(b *testing.B) {
	const agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
	b.ReportAllocs()
	for b.Loop() {
		ClassOf(agent)
	}
}
