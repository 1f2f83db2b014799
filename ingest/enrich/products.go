package enrich

import (
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// families are the beginnings of names that a client's many packages share.
var families = [...]struct {
	prefix string
	class  schemas.ClientClass
}{
	{"openai-", schemas.ClientSDK}, {"anthropic-", schemas.ClientSDK}, {"aws-sdk-", schemas.ClientSDK}, {"azsdk-", schemas.ClientSDK},
	{"azure-ai-", schemas.ClientSDK}, {"mistral-client", schemas.ClientSDK}, {"google-genai", schemas.ClientSDK},
	{"google-generativeai", schemas.ClientSDK}, {"google-cloud-", schemas.ClientSDK}, {"google-api-", schemas.ClientSDK},
	{"genai-", schemas.ClientSDK}, {"cohere-", schemas.ClientSDK}, {"langchain", schemas.ClientSDK}, {"langgraph", schemas.ClientSDK},
	{"llama-index", schemas.ClientSDK}, {"llama_index", schemas.ClientSDK}, {"llamaindex", schemas.ClientSDK},
	{"ollama-", schemas.ClientSDK}, {"groq-", schemas.ClientSDK}, {"together-", schemas.ClientSDK}, {"replicate-", schemas.ClientSDK},
	{"semantic-kernel", schemas.ClientSDK}, {"pydantic-ai", schemas.ClientSDK},
	{"grpc-", schemas.ClientHTTP}, {"java-http", schemas.ClientHTTP}, {"python-", schemas.ClientHTTP}, {"okhttp", schemas.ClientHTTP},
	{"apache-http", schemas.ClientHTTP},
	{"googlebot", schemas.ClientCrawler},
	{"zgrab", schemas.ClientScanner}, {"sqlmap", schemas.ClientScanner}, {"nuclei", schemas.ClientScanner},
}

// names are those by which clients call themselves, in lower case.
//
// SDKs and libraries: the defaults by which they are known. AI crawlers: the list
// that github.com/ai-robots-txt/ai.robots.txt keeps, as of 2026-11-22; it names
// the operators' own pages.
// Scanners: the defaults of the tools, and the names by which services that
// measure the Internet announce themselves.
var names = map[schemas.ClientClass]string{
	schemas.ClientSDK: `openai asyncopenai azureopenai asyncazureopenai anthropic asyncanthropic anthropicbedrock
			asyncanthropicbedrock anthropicvertex asyncanthropicvertex claude-cli claude-code genai-js google-genai-sdk gl-python
			gl-node gl-go gl-java model-builder cohere cohere-python mistralai speakeasy-sdk groq asyncgroq together asynctogether
			replicate fireworks fireworks-client boto3 botocore aws-cli aws-sdk vertexai litellm langsmith-py langsmith
			huggingface_hub huggingface-hub hf_hub huggingface xai-sdk-python xai-sdk deepseek ai-sdk voyageai perplexity writerai
			cerebras ollama haystack autogen crewai dspy instructor promptflow openrouter elevenlabs deepgram-sdk assemblyai
			codex_cli_rs codex-cli codex geminicli gemini-cli github-copilot githubcopilotchat copilot aider cline roo-code`,
	schemas.ClientHTTP: `curl libcurl wget wget2 python-requests python-urllib python-httpx aiohttp httpx requests niquests treq
			tornado mechanize urllib urllib3 pycurl httplib2 okhttp retrofit feign unirest-java ktor-client ktor reactornetty netty
			jetty ahc async-http-client akka-http pekko-http http-kit clj-http sttp jakarta java jersey axios node-fetch undici got
			ky needle superagent node-superagent wreck phin go-http-client go-resty req fasthttp guzzlehttp guzzle symfony php
			php-curl zend_http_client ruby faraday httparty excon rest-client typhoeus hackney finch libwww-perl lwp-trivial
			lwp-request www-mechanize mojolicious perl postmanruntime insomnia bruno bruno-runtime hoppscotch rapidapi httpie xh
			curlie reqwest hyper ureq isahc attohttpc surf dart dio powershell windowspowershell restsharp flurl httpclient winhttp
			wininet cpprestsdk libsoup cpr node deno bun python nim-httpclient http-conduit aria2 alamofire cfnetwork urlsession
			k6 wrk hey oha vegeta bombardier siege apachebench locust gatling jmeter artillery tsung envoy kube-probe googlehc
			elb-healthchecker prometheus`,
	schemas.ClientBrowser: `mozilla applewebkit opera opr chrome chromium crios safari firefox fxios edg edge edga edgios
			samsungbrowser vivaldi ucbrowser yabrowser msie trident seamonkey lynx`,
	schemas.ClientCrawler: `googlebot bingbot bingpreview yandexbot baiduspider duckduckbot slurp applebot yeti facebookexternalhit
			twitterbot linkedinbot slackbot slackbot-linkexpanding discordbot telegrambot whatsapp skypeuripreview pinterest embedly
			ahrefsbot semrushbot mj12bot dotbot petalbot blexbot barkrowler ia_archiver heritrix nutch adsbot-google
			mediapartners-google storebot-google google-inspectiontool google-read-aloud feedfetcher-google feedly newsblur pingdom
			uptimerobot statuscake site24x7 uptime-kuma newrelicpinger gtmetrix chrome-lighthouse scrapy colly headlesschrome
			puppeteer playwright phantomjs selenium googleother yisouspider sogou exabot archive w3c_validator`,
	schemas.ClientAICrawler: `gptbot chatgpt-user oai-searchbot claudebot claude-web claude-user claude-searchbot anthropic-ai
			ccbot google-extended google-cloudvertexbot cloudvertexbot google-agent google-notebooklm notebooklm googleagent-mariner
			gemini-deep-research google-firebase perplexitybot perplexity-user bytespider tiktokspider amazonbot amzn-searchbot
			amzn-user bedrockbot novaact applebot-extended meta-externalagent meta-externalfetcher meta-webindexer facebookbot
			cohere-ai cohere-training-data-crawler diffbot ai2bot ai2bot-dolma ai2bot-deepresearcheval aihitbot imagesiftbot omgili
			omgilibot timpibot youbot mistralai-user duckassistbot webzio-extended pangubot img2dataset iaskspider iaskbot kangaroo
			firecrawlagent firecrawl crawl4ai crawlspace tavilybot linkupbot linerbot phindbot andibot bravebot brightbot
			azureai-searchbot chatglm-spider deepseekbot cloudflare-autorag cotoyogi devin echoboxbot friendlycrawler icc-crawler
			kagi-fetcher klaviyoaibot laion-huggingface-processor laiondownloader manus-user mycentralaiscraperbot panscient
			poggio-citations sbintuitionsbot shapbot shap-user terracotta thinkbot twinagent velenpublicwebcrawler wardbot wrtnbot
			apifybot apifywebsitecontentcrawler quillbot qualifiedbot yandexadditionalbot yandexadditional`,
	schemas.ClientScanner: `sqlmap nuclei nikto ffuf gobuster dirbuster wfuzz feroxbuster zgrab masscan masscan-ng zmap nmap nessus
			openvas greenbone acunetix netsparker invicti burp burpsuite burpcollaborator zaproxy owasp wpscan arachni w3af wapiti
			skipfish vega uniscan joomscan droopescan cmsmap hydra medusa patator ncrack censysinspect censys shodan expanse xpanse
			internetmeasurement leakix l9explore l9tcpid l9scan binaryedge onyphe fofa zoomeye criminalip stretchoid shadowserver
			netsystemsresearch securitytrails jaeles katana projectdiscovery interactsh subfinder amass gowitness eyewitness aquatone
			dirsearch dirb dirhunt cansina dotdotpwn xray whatweb whatwaf wafw00f sslyze sslscan testssl commix havij sqlninja
			nosqlmap xsser jorgee zmeu morfeus rustbuster fuzz fuzzer gospider hakrawler qualys rapid7 insightappsec detectify probely
			pentest-tools hostedscan immuniweb hadrian tenable kiterunner arjun x8 crlfuzz dalfox xsstrike graphqlmap graphw00f
			schemathesis restler evomaster akto wallarm gotestwaf paros webinspect appscan zap odin netcraft garak promptfoo pyrit
			promptmap llmfuzzer giskard deepteam paloalto fuff libredtail-http modatscanner visionheight`,
}

// products has the class of each of names.
var products = func() map[string]schemas.ClientClass {
	m := map[string]schemas.ClientClass{}
	for class, list := range names {
		for n := range strings.FieldsSeq(list) {
			m[n] = class
		}
	}
	return m
}()
