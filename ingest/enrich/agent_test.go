package enrich

import (
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
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

// TestClassOfMore has user agents as the clients' sources and the operators'
// pages give them.
func TestClassOfMore(t *testing.T) {
	for class, agents := range map[schemas.ClientClass][]string{
		schemas.ClientSDK: {
			"OpenAI/Go 1.12.0", "OpenAI/Java 2.1.0", "AzureOpenAI/Python 1.51.0", "Anthropic/JS 0.30.0", "AsyncAnthropicBedrock/Python 0.34.2",
			"google-genai-sdk/1.5.0 gl-python/3.11.9", "genai-js/0.21.0", "google-api-nodejs-client/9.14.0", "model-builder/1.71.0 grpc-python/1.62.3",
			"speakeasy-sdk/python 1.5.0 2.548.6 1.0.0 mistralai", "cohere-ai/7.15.0", "aws-sdk-js/3.691.0 ua/2.1 os/linux lang/js", "aws-cli/2.17.0",
			"Boto3/1.35.66 md/Botocore#1.35.66", "azsdk-net-AI.OpenAI/2.0.0", "langchainjs-openai/1.0.0", "langchain-aws/0.2", "llamaindex/0.11",
			"llama_index/0.10", "litellm/1.52.0", "ai-sdk/openai/1.0.5 runtime/node.js/20", "unknown/None; hf_hub/0.26.2; python/3.11", "ollama-python/0.3.3",
			"semantic-kernel/1.2", "claude-cli/1.0.3 (external, cli)", "codex_cli_rs/0.20", "groq-python/0.5", "replicate/0.34 ", "huggingface_hub/0.2",
		},
		schemas.ClientHTTP: {
			"curl/8.10.1", "Wget/1.24.5", "python-requests/2.32.3", "python-httpx/0.27.2", "Python/3.12 aiohttp/3.11.7", "Go-http-client/2.0", "okhttp/4.12.0",
			"axios/1.7.7", "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "undici", "node", "Java/21.0.1", "Apache-HttpClient/5.2 (Java/17)",
			"Java-http-client/17.0.1", "ReactorNetty/1.1.0", "reqwest/0.12", "GuzzleHttp/7", "Ruby", "Faraday v2.9.0", "libwww-perl/6.72", "PostmanRuntime/7.42",
			"insomnia/10.1", "k6/0.55.0 (https://k6.io/)", "Deno/2.0", "Bun/1.1", "Dart/3.5 (dart:io)", "RestSharp/112.0", "hackney/1.20", "kube-probe/1.31",
			"grpc-go/1.68.0", "python-urllib3/2.2", "Prometheus/2.55",
		},
		schemas.ClientBrowser: {
			"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
			"Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
			"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
			"Opera/9.80 (Windows NT 6.1) Presto/2.12.388",
		},
		schemas.ClientCrawler: {
			"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "Googlebot-Image/1.0", "Scrapy/2.11 (+https://scrapy.org)",
			"Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", "facebookexternalhit/1.1", "Mozilla/5.0 HeadlessChrome/131.0.0.0 Safari/537.36",
			"Mozilla/5.0 (compatible; Baiduspider/2.0)", "Pingdom.com_bot_version_1.4", "GoogleOther",
		},
		schemas.ClientAICrawler: {
			"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; OAI-SearchBot/1.0; +https://openai.com/searchbot)",
			"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
			"Mozilla/5.0 (compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)", "cohere-ai", "meta-externalagent/1.1",
			"Mozilla/5.0 (compatible; Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot)", "Mozilla/5.0 (compatible; Claude-User/1.0)",
			"Mozilla/5.0 (compatible; Google-Extended)", "Mozilla/5.0 (compatible; MistralAI-User/1.0)", "AI2Bot-Dolma", "Applebot-Extended/0.1", "Diffbot/0.1",
		},
		schemas.ClientScanner: {
			"Mozilla/5.0 zgrab/0.x", "masscan/1.3 (https://github.com/robertdavidgraham/masscan)", "Mozilla/5.0 (compatible; Nmap Scripting Engine)",
			"Mozilla/4.0 (compatible; Nessus)", "ffuf/2.1.0", "gobuster/3.6", "WPScan v3.8", "Wfuzz/3.1.0", "feroxbuster/2.10", "Nuclei - Open-source project",
			"httpx - Open-source project (github.com/projectdiscovery/httpx)", "Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)",
			"schemathesis/3.36", "promptfoo/0.9", "garak/0.9", "Mozilla/5.0 (compatible; ModatScanner/1.0)", "Acunetix", "Burp Suite", "w3af.org", "wapiti 3",
		},
	} {
		for _, agent := range agents {
			if got := ClassOf(agent); got != class {
				t.Errorf("ClassOf(%q) = %v, want %v", agent, got, class)
			}
		}
	}
}

func TestEmptyAgent(t *testing.T) {
	e := newEnricher(t, Config{})
	for format, want := range map[string]schemas.ClientClass{
		"kong": schemas.ClientEmpty, "nginx": schemas.ClientEmpty, "apisix": schemas.ClientEmpty, "envoy": schemas.ClientEmpty,
		"traefik": schemas.ClientUnknown, "awsapigw": schemas.ClientUnknown, "ecs": schemas.ClientUnknown, "litellm": schemas.ClientUnknown, "": schemas.ClientUnknown,
	} {
		var ev schemas.Event
		if e.Event(&decode.Record{Format: format}, &ev); ev.ClientClass != want {
			t.Errorf("no user agent in a %s log: %v, want %v", format, ev.ClientClass, want)
		}
	}
}

// TestProductsAreDistinct holds that no name is in two classes: which one wins
// would be chance.
func TestProductsAreDistinct(t *testing.T) {
	seen := map[string]schemas.ClientClass{}
	for class, list := range names {
		for n := range strings.FieldsSeq(list) {
			if other, ok := seen[n]; ok {
				t.Errorf("%s is %v and %v", n, class, other)
			}
			seen[n] = class
			if strings.ToLower(n) != n || len(n) > 40 {
				t.Errorf("%s is not in lower case, or too long", n)
			}
		}
	}
	if len(seen) < 500 {
		t.Errorf("%d names", len(seen))
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
