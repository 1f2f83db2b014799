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
	{"nginx JSON", `{"ts":"1763800000.123","id":"7b1f9c3e5d2a4f60b1e8c7d6a5f40312","ip":"203.0.113.9","peer":"10.0.0.3","xff":"203.0.113.9, 10.0.0.3","user":"svc-search","method":"POST","uri":"/v1/embeddings","args":"api-version=2024-06-01","host":"llm.example.com","proto":"HTTP/1.1","status":"200","rt":"0.812","urt":"0.801","ust":"200","in":"2210","out":"5120","ua":"OpenAI/Python 1.40.0 CPython/3.12.4 Linux/6.8","ref":"","ct":"application/json","ra":"","model":"text-embedding-3-small","tls":"TLSv1.3"}`},
	{"envoy", `{":authority":"llm.example.com","bytes_received":2210,"bytes_sent":5120,"downstream_remote_address":"203.0.113.9:64484","duration":812,"gen_ai.request.model":"gpt-4o-mini","gen_ai.usage.input_tokens":512,"gen_ai.usage.output_tokens":128,"method":"POST","response_code":200,"response_code_details":"via_upstream","response_flags":"-","start_time":"2026-11-22T05:40:00.123Z","upstream_cluster":"httproute/default/chat/rule/0","user-agent":"OpenAI/Python 1.40.0","x-envoy-origin-path":"/v1/chat/completions","x-forwarded-for":"203.0.113.9","x-request-id":"83b63da3-45a9-4196-98b8-1a7f697d6d8d","x-user-id":"svc-search"}`},
	{"app JSON", `{"timestamp":"2026-11-22T05:40:00.123Z","level":"info","request_id":"83b63da3-45a9-4196-98b8-1a7f697d6d8d","service":"llm-proxy","client_ip":"203.0.113.9","method":"POST","path":"/v1/chat/completions","status":200,"duration_ms":812.4,"bytes_sent":5120,"user_agent":"OpenAI/Python 1.40.0 CPython/3.12.4 Linux/6.8","api_key_id":"key_01HZX3","tenant":"team-a","provider":"openai","model":"gpt-4o-mini","input_tokens":512,"output_tokens":128,"cost":0.00042,"stream":false,"temperature":0.7,"max_tokens":256,"finish_reason":"stop"}`},
}

// samples are golden cases of the other formats.
var samples = []struct{ name, file string }{
	{"kong", "../kong/testdata/authentication/input.log"},
	{"kong 3.8 sample", "../kong/testdata/file_log_3_8/message.json"},
	{"litellm", "../litellm/testdata/parameters/input.log"},
	{"filebeat with nginx combined", "../filebeat/testdata/other_payloads/input.log"},
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
