package formats_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

// lines are what gateways write most: about 500 bytes each, but for Kong's and
// LiteLLM's records, which are longer.
var lines = []struct{ name, text string }{
	{"nginx combined", `203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] "POST /v1/chat/completions HTTP/1.1" 200 5120 "-" "OpenAI/Python 1.40.0"`},
	{"uvicorn", `2026-11-22 05:40:00,123 INFO:     203.0.113.9:52422 - "POST /v1/chat/completions?x=1 HTTP/1.1" 200 OK`},
	{"nginx JSON", `{"ts":"1763800000.123","id":"7b1f9c3e5d2a4f60b1e8c7d6a5f40312","ip":"203.0.113.9","peer":"10.0.0.3","xff":"203.0.113.9, 10.0.0.3","user":"svc-search","method":"POST","uri":"/v1/embeddings","args":"api-version=2024-06-01","host":"llm.example.com","proto":"HTTP/1.1","status":"200","rt":"0.812","urt":"0.801","ust":"200","in":"2210","out":"5120","ua":"OpenAI/Python 1.40.0 CPython/3.12.4 Linux/6.8","ref":"","ct":"application/json","ra":"","model":"text-embedding-3-small","tls":"TLSv1.3"}`},
	{"envoy", `{":authority":"llm.example.com","bytes_received":2210,"bytes_sent":5120,"downstream_remote_address":"203.0.113.9:64484","duration":812,"gen_ai.request.model":"gpt-4o-mini","gen_ai.usage.input_tokens":512,"gen_ai.usage.output_tokens":128,"method":"POST","response_code":200,"response_code_details":"via_upstream","response_flags":"-","start_time":"2026-11-22T05:40:00.123Z","upstream_cluster":"httproute/default/chat/rule/0","user-agent":"OpenAI/Python 1.40.0","x-envoy-origin-path":"/v1/chat/completions","x-forwarded-for":"203.0.113.9","x-request-id":"83b63da3-45a9-4196-98b8-1a7f697d6d8d","x-user-id":"svc-search"}`},
	{"app JSON", `{"timestamp":"2026-11-22T05:40:00.123Z","level":"info","request_id":"83b63da3-45a9-4196-98b8-1a7f697d6d8d","service":"llm-proxy","client_ip":"203.0.113.9","method":"POST","path":"/v1/chat/completions","status":200,"duration_ms":812.4,"bytes_sent":5120,"user_agent":"OpenAI/Python 1.40.0 CPython/3.12.4 Linux/6.8","api_key_id":"key_01HZX3","tenant":"team-a","provider":"openai","model":"gpt-4o-mini","input_tokens":512,"output_tokens":128,"cost":0.00042,"stream":false,"temperature":0.7,"max_tokens":256,"finish_reason":"stop"}`},
	{"Traefik", `{"ClientAddr":"10.0.0.3:48376","ClientHost":"203.0.113.9","ClientPort":"48376","ClientUsername":"-","DownstreamContentSize":5120,"DownstreamStatus":200,"Duration":812000000,"OriginContentSize":5120,"OriginDuration":801000000,"OriginStatus":200,"Overhead":89965,"RequestAddr":"llm.example.com","RequestContentSize":2210,"RequestCount":75,"RequestHost":"llm.example.com","RequestMethod":"POST","RequestPath":"/v1/chat/completions","RequestPort":"-","RequestProtocol":"HTTP/2.0","RequestScheme":"https","RouterName":"llm@file","ServiceAddr":"10.1.0.2:443","ServiceName":"openai@file","StartUTC":"2026-11-22T05:40:00.123456789Z","entryPointName":"websecure","level":"info","msg":"","request_User-Agent":"OpenAI/Python 1.40.0","time":"2026-11-22T05:40:00Z"}`},
	{"Traefik text", `203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] "POST /v1/chat/completions HTTP/1.1" 200 5120 "-" "OpenAI/Python 1.40.0" 262 "llm@file" "http://10.1.0.2:8000" 812ms`},
	{"APISIX", `{"request":{"method":"POST","uri":"/v1/chat/completions","url":"http://llm.example.com:9080/v1/chat/completions","size":"512","headers":{"host":"llm.example.com","user-agent":"OpenAI/Python 1.40.0"},"querystring":{}},"response":{"status":200,"size":1604,"headers":{"content-type":"application/json"}},"server":{"hostname":"apisix-1","version":"3.13.0"},"service_id":"","route_id":"llm","consumer":{"username":"svc_search"},"client_ip":"203.0.113.9","start_time":1763800000123.456,"latency":2858.0001049042,"apisix_latency":12.5,"llm_summary":{"request_model":"gpt-4o-mini","model":"gpt-4o-mini","duration":12,"prompt_tokens":512,"completion_tokens":128,"upstream_response_time":2846,"stream":"false","tool_count":"0","cache_read_input_tokens":"0"}}`},
	{"APISIX text", `203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] llm.example.com "POST /v1/chat/completions HTTP/1.1" 200 804 2.858 "-" "OpenAI/Python 1.40.0" 10.1.0.2:443 200 2.846 "https://api.openai.com/v1/chat/completions" "5c5e0b95f8d303cb81e4dc456a4b12d9" "ai_chat" "2858" "gpt-4" "gpt-4" "23" "8"`},
	{"API Management", `{"category":"GatewayLogs","callerIpAddress":"203.0.113.9","correlationId":"99789635-18d0-480f-8182-a3a3c477a6a4","durationMs":176,"location":"East US","operationName":"Microsoft.ApiManagement/GatewayLogs","properties":{"apiId":"llm-api","operationId":"ChatCompletions_Create","apimSubscriptionId":"team-a","backendResponseCode":200,"backendTime":170,"backendUrl":"https://x.openai.azure.com/openai/deployments/gpt-4o/chat/completions","cache":"none","clientTlsVersion":"1.3","method":"POST","requestSize":536,"responseCode":200,"responseSize":1604,"url":"https://llm-apim.azure-api.net/deployments/gpt-4o/chat/completions?api-version=2024-06-01"},"resourceId":"/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.APIMANAGEMENT/SERVICE/LLM-APIM","time":"2025-11-22T05:40:00.2371877Z"}`},
	{"OTLP span", `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"llm-gateway"}}]},"scopeSpans":[{"scope":{"name":"s"},"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"chat gpt-4o","kind":3,"startTimeUnixNano":"1763800000123456789","endTimeUnixNano":"1763800000935456789","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.provider.name","value":{"stringValue":"openai"}},{"key":"gen_ai.request.model","value":{"stringValue":"gpt-4o"}},{"key":"gen_ai.request.temperature","value":{"doubleValue":0.7}},{"key":"gen_ai.usage.input_tokens","value":{"intValue":"512"}},{"key":"gen_ai.usage.output_tokens","value":{"intValue":"128"}}]}]}]}]}`},
	{"OTLP log with Kong", `{"resourceLogs":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"gw-1"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1763800000123456789","body":{"stringValue":"{\"started_at\":1795326000123,\"client_ip\":\"203.0.113.7\",\"latencies\":{\"request\":12,\"kong\":1,\"proxy\":11},\"request\":{\"id\":\"4d1cbb01\",\"method\":\"POST\",\"uri\":\"/v1/chat/completions\",\"size\":2210,\"headers\":{\"host\":\"llm.example.com\",\"user-agent\":\"OpenAI/Python 1.40.0\"}},\"response\":{\"status\":200,\"size\":5120},\"route\":{\"name\":\"chat\"},\"source\":\"upstream\"}"},"attributes":[{"key":"log.file.path","value":{"stringValue":"/var/log/kong.log"}}]}]}]}]}`},
}

// samples are golden cases of the other formats.
var samples = []struct{ name, file string }{
	{"kong", "../kong/testdata/authentication/input.log"},
	{"kong 3.8 sample", "../kong/testdata/file_log_3_8/message.json"},
	{"litellm", "../litellm/testdata/parameters/input.log"},
	{"filebeat with nginx combined", "../filebeat/testdata/other_payloads/input.log"},
	{"filebeat 8 with nginx combined", "../filebeat/testdata/origin/input.log"},
	{"ECS", "../ecs/testdata/nginx/input.log"},
	{"ECS of a gateway", "../ecs/testdata/gateway/input.log"},
	{"envoy text", "../envoy/testdata/text/input.log"},
	{"Istio text", "../envoy/testdata/istio_text/input.log"},
	{"ingress-nginx", "../nginx/testdata/ingress/input.log"},
	{"API Gateway", "../awsapigw/testdata/usual/input.log"},
	{"API Gateway CLF", "../awsapigw/testdata/clf/input.log"},
	{"CloudWatch with two of API Gateway", "../cloudwatch/testdata/subscription/input.log"},
	{"Bedrock", "../bedrock/testdata/conversestream/input.log"},
	{"Cloudflare AI Gateway", "../cfaigateway/testdata/list_logs/input.log"},
	{"Vertex row", "../vertex/testdata/bigquery/input.log"},
	{"Vertex audit", "../vertex/testdata/audit/input.log"},
}

func BenchmarkDecode(b *testing.B) {
	for _, l := range lines {
		b.Run(l.name, func(b *testing.B) { decodetest.Benchmark(b, []byte(l.text)) })
	}
	for _, s := range samples {
		b.Run(s.name, func(b *testing.B) {
			text, err := os.ReadFile(s.file)
			if err != nil {
				b.Fatal(err)
			}
			if filepath.Ext(s.file) == ".log" {
				text, _, _ = bytes.Cut(text, []byte("\n"))
			}
			decodetest.Benchmark(b, text)
		})
	}
}

// TestNoAllocations holds the decoder to what the benchmark is for: a line of
// the usual shape costs no memory.
func TestNoAllocations(t *testing.T) {
	for _, l := range lines {
		t.Run(l.name, func(t *testing.T) {
			if n := decodetest.Allocations(t, []byte(l.text)); n > 0 {
				t.Errorf("%v allocations", n)
			}
		})
	}
}
