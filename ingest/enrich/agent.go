package enrich

import (
	"hash/maphash"
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// agentEntries is the size of the cache of user agents, a power of two.
const agentEntries = 256

// maxAgent bounds how much of a user agent is read, in bytes.
const maxAgent = 512

type agentEntry struct {
	hash  uint64
	class schemas.ClientClass
}

// agentSeed seeds the hash by which user agents are remembered; it is drawn
// when the program starts, so that nobody can make two user agents collide.
var agentSeed = maphash.MakeSeed()

// class returns the class of a user agent, from the cache if it is there. An
// entry is known by 64 bits of a seeded hash.
func (e *Enricher) class(agent string) schemas.ClientClass {
	if agent == "" {
		return schemas.ClientUnknown
	}
	h := maphash.String(agentSeed, agent)
	entry := &e.agents[h%agentEntries]
	if entry.hash != h || h == 0 {
		*entry = agentEntry{h, ClassOf(agent)}
	}
	return entry.class
}

// ClassOf returns what a user agent says that the client is, by the names of the
// products in it. If they say several things the most telling counts: a scanner
// and a crawler also call themselves Mozilla. "-" is the gateways' sign for no
// user agent; an empty text says only that none was logged.
func ClassOf(agent string) schemas.ClientClass {
	switch agent {
	case "":
		return schemas.ClientUnknown
	case "-":
		return schemas.ClientEmpty
	}
	agent = agent[:min(len(agent), maxAgent)]
	best := schemas.ClientUnknown
	var buf [40]byte
	for i := 0; i < len(agent); {
		word := buf[:0]
		start := i
		for i < len(agent) && nameByte(agent[i]) {
			if len(word) < len(buf) {
				c := agent[i]
				if c >= 'A' && c <= 'Z' {
					c |= 0x20
				}
				word = append(word, c)
			}
			i++
		}
		if i == start {
			i++
			continue
		}
		if c := classOfProduct(word); rank[c] > rank[best] {
			best = c
		}
	}
	return best
}

func nameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

// rank orders the classes by how much they tell.
var rank = [...]uint8{
	schemas.ClientUnknown: 0, schemas.ClientBrowser: 1, schemas.ClientHTTP: 2, schemas.ClientSDK: 3,
	schemas.ClientCrawler: 4, schemas.ClientAICrawler: 5, schemas.ClientScanner: 6, schemas.ClientEmpty: 0,
}

// classOfProduct returns the class of a product's name in lower case.
func classOfProduct(name []byte) schemas.ClientClass {
	if len(name) < 2 {
		return schemas.ClientUnknown
	}
	if c, ok := products[string(name)]; ok {
		return c
	}
	n := string(name)
	switch {
	case strings.HasSuffix(n, "bot"), strings.HasSuffix(n, "spider"), strings.HasSuffix(n, "crawler"):
		return schemas.ClientCrawler
	case strings.HasPrefix(n, "aws-sdk-"), strings.HasPrefix(n, "azsdk-"), strings.HasPrefix(n, "anthropic-sdk"),
		strings.HasPrefix(n, "openai-"), strings.HasPrefix(n, "mistral-client"), strings.HasPrefix(n, "google-genai"),
		strings.HasPrefix(n, "google-cloud-aiplatform"), strings.HasPrefix(n, "cohere-"):
		return schemas.ClientSDK
	}
	return schemas.ClientUnknown
}

// products has the names by which clients call themselves.
var products = func() map[string]schemas.ClientClass {
	m := map[string]schemas.ClientClass{}
	for class, names := range map[schemas.ClientClass]string{
		schemas.ClientSDK: `openai asyncopenai azureopenai asyncazureopenai anthropic asyncanthropic anthropicbedrock
			asyncanthropicbedrock anthropicvertex asyncanthropicvertex claude-cli genai-js google-genai-sdk cohere cohere-python
			mistralai mistral-client-python groq asyncgroq together asynctogether replicate-python fireworks-client boto3
			botocore aws-cli azure-ai-inference vertexai litellm langchain langsmith-py llama-index llamaindex ollama-python
			huggingface_hub huggingface-hub xai-sdk-python deepseek ai-sdk voyageai perplexity writerai cerebras`,
		schemas.ClientHTTP: `curl libcurl wget python-requests python-urllib python-httpx aiohttp httpx okhttp axios node-fetch
			undici got go-http-client go-resty java apache-httpclient java-http-client guzzlehttp ruby faraday rest-client
			libwww-perl lwp-trivial perl postmanruntime insomnia httpie xh reqwest hyper ureq dart powershell windowspowershell
			restsharp httpclient node deno bun python php pycurl urllib3 superagent k6 wrk hey vegeta fasthttp jakarta
			apachebench locust gatling grpc-go grpc-python grpc-node grpc-java envoy mojolicious req typhoeus alamofire cfnetwork`,
		schemas.ClientBrowser: `mozilla opera chrome safari firefox edg`,
		schemas.ClientCrawler: `googlebot bingbot yandexbot baiduspider duckduckbot slurp applebot facebookexternalhit twitterbot
			linkedinbot slackbot slackbot-linkexpanding discordbot telegrambot ahrefsbot semrushbot mj12bot dotbot petalbot
			ia_archiver adsbot-google mediapartners-google pingdom uptimerobot statuscake scrapy colly headlesschrome
			googleother yisouspider sogou exabot archive`,
		schemas.ClientAICrawler: `gptbot chatgpt-user oai-searchbot claudebot claude-web claude-user claude-searchbot anthropic-ai
			ccbot google-extended google-cloudvertexbot perplexitybot perplexity-user bytespider amazonbot applebot-extended
			meta-externalagent meta-externalfetcher facebookbot cohere-ai cohere-training-data-crawler diffbot ai2bot
			imagesiftbot omgili omgilibot timpibot youbot mistralai-user duckassistbot webzio-extended pangubot img2dataset
			iaskspider kangaroo firecrawlagent`,
		schemas.ClientScanner: `sqlmap nuclei nikto ffuf gobuster dirbuster wfuzz feroxbuster zgrab masscan nmap nessus openvas
			acunetix netsparker invicti burp burpsuite burpcollaborator zaproxy owasp wpscan arachni w3af hydra medusa
			censysinspect censys shodan expanse internetmeasurement leakix l9explore l9tcpid jaeles katana projectdiscovery
			dirsearch dirb xray whatweb commix havij skipfish jorgee zmeu morfeus rustbuster fuzz fuzzer gospider hakrawler
			qualys rapid7 detectify tenable kiterunner arjun dalfox xsstrike paros webinspect appscan zap odin netcraft
			garak promptfoo pyrit promptmap llmfuzzer giskard paloalto fuff libredtail-http`,
	} {
		for _, n := range strings.Fields(names) {
			m[n] = class
		}
	}
	return m
}()
