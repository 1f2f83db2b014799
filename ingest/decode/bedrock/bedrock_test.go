package bedrock_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
	"github.com/gatehound/gatehound/schemas"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) { decodetest.Conformance(t, "bedrock") }

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "bedrock") }

// decodeLine returns the record of an invocation with the given members.
func decodeLine(t *testing.T, members string) *decode.Record {
	t.Helper()
	const head = `{"schemaType":"ModelInvocationLog","timestamp":"2026-08-10T21:12:39Z","requestId":"r","identity":{"arn":"arn:aws:iam::111122223333:user/a"},`
	got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(head+members+"}"))
	if len(got) != 1 || got[0].Record == nil || got[0].Record.Format != "bedrock" {
		t.Fatalf("%s is no invocation", members)
	}
	return got[0].Record
}

func TestModels(t *testing.T) {
	tests := []struct{ id, model, operation string }{
		{"anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1:0", "chat"},
		{"us.anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1:0", "chat"},
		{"us-gov.anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1:0", "chat"},
		{"global.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0", "chat"},
		{"arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0", "chat"},
		{"arn:aws:bedrock:eu-west-1:1:inference-profile/eu.meta.llama3-2-3b-instruct-v1:0", "meta.llama3-2-3b-instruct-v1:0", "chat"},
		{"arn:aws:bedrock:us-east-1:1:application-inference-profile/a1b2c3d4", "claude-3-haiku", "chat"},
		{"arn:aws:bedrock:us-east-1:1:provisioned-model/xyz", "claude-3-haiku", "chat"},
		{"arn:aws:bedrock", "arn:aws:bedrock", "chat"},
		{"amazon.titan-embed-text-v2:0", "amazon.titan-embed-text-v2:0", "embeddings"},
		{"cohere.embed-english-v3", "cohere.embed-english-v3", "embeddings"},
		{"cohere.rerank-v3-5:0", "cohere.rerank-v3-5:0", "rerank"},
		{"amazon.titan-image-generator-v2:0", "amazon.titan-image-generator-v2:0", "image_generation"},
		{"amazon.nova-reel-v1:0", "amazon.nova-reel-v1:0", "video_generation"},
	}
	for _, test := range tests {
		t.Run(test.id, func(t *testing.T) {
			got := decodeLine(t, fmt.Sprintf(`"operation":"Converse","modelId":%q,"output":{"outputBodyJson":{"model":"claude-3-haiku"}}`, test.id))
			if got.Model != test.model || got.Operation != test.operation {
				t.Errorf("%q is %s, want %q, %s", got.Model, got.Operation, test.model, test.operation)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		code      string
		status    uint16
		responder schemas.Responder
		reason    schemas.AuthReason
	}{
		{"AccessDeniedException", 403, schemas.ResponderGateway, schemas.ReasonForbidden},
		{"ThrottlingException", 429, schemas.ResponderGateway, schemas.ReasonNone},
		{"throttlingException", 429, schemas.ResponderGateway, schemas.ReasonNone},
		{"ValidationException", 400, schemas.ResponderGateway, schemas.ReasonNone},
		{"ModelTimeoutException", 408, schemas.ResponderUpstream, schemas.ReasonNone},
		{"ModelErrorException", 424, schemas.ResponderUpstream, schemas.ReasonNone},
		{"ModelStreamErrorException", 424, schemas.ResponderUpstream, schemas.ReasonNone},
		{"ModelNotReadyException", 429, schemas.ResponderUpstream, schemas.ReasonNone},
		{"ServiceUnavailableException", 503, schemas.ResponderGateway, schemas.ReasonNone},
		{"InternalServerException", 500, schemas.ResponderGateway, schemas.ReasonNone},
		{"ResourceNotFoundException", 404, schemas.ResponderGateway, schemas.ReasonNone},
		{"ServiceQuotaExceededException", 400, schemas.ResponderGateway, schemas.ReasonNone},
		{"ExpiredTokenException", 403, schemas.ResponderGateway, schemas.ReasonExpired},
		{"UnrecognizedClientException", 403, schemas.ResponderGateway, schemas.ReasonInvalid},
		{"SomethingNewException", 0, schemas.ResponderUnknown, schemas.ReasonNone},
		{"429", 429, schemas.ResponderUnknown, schemas.ReasonNone},
		{"", 200, schemas.ResponderUpstream, schemas.ReasonNone},
	}
	for _, test := range tests {
		t.Run(test.code, func(t *testing.T) {
			got := decodeLine(t, fmt.Sprintf(`"operation":"Converse","modelId":"m","errorCode":%q`, test.code))
			if got.Status != test.status || got.Responder != test.responder || got.AuthReason != test.reason {
				t.Errorf("status %d by %v, %v", got.Status, got.Responder, got.AuthReason)
			}
		})
	}
}

// TestParameters goes through the bodies of the families of models.
func TestParameters(t *testing.T) {
	tests := []struct {
		family, body string
		tokens       int32
		prompts      int
	}{
		{"anthropic", `{"anthropic_version":"bedrock-2023-05-31","max_tokens":7,"temperature":0.5,"system":"s","messages":[{"role":"user","content":[{"type":"text","text":"a"}]}]}`, 7, 2},
		{"anthropic, text", `{"prompt":"a","max_tokens_to_sample":7,"temperature":0.5}`, 7, 1},
		{"converse", `{"messages":[{"role":"user","content":[{"text":"a"},{"guardContent":{"text":{"text":"b"}}},{"toolResult":{"content":[{"text":"c"}]}}]}],"system":[{"text":"s"}],"inferenceConfig":{"maxTokens":7,"temperature":0.5}}`, 7, 4},
		{"nova", `{"messages":[{"role":"user","content":[{"text":"a"}]}],"inferenceConfig":{"max_new_tokens":7,"temperature":0.5}}`, 7, 1},
		{"titan", `{"inputText":"a","textGenerationConfig":{"maxTokenCount":7,"temperature":0.5}}`, 7, 1},
		{"llama", `{"prompt":"a","max_gen_len":7,"temperature":0.5}`, 7, 1},
		{"mistral", `{"prompt":"a","max_tokens":7,"temperature":0.5}`, 7, 1},
		{"cohere", `{"message":"a","max_tokens":7,"temperature":0.5}`, 7, 1},
		{"ai21", `{"prompt":"a","maxTokens":7,"temperature":0.5,"numResults":1}`, 7, 1},
		{"a string", `"{\"prompt\":\"a\",\"max_tokens\":7,\"temperature\":0.5}"`, 7, 1},
	}
	for _, test := range tests {
		t.Run(test.family, func(t *testing.T) {
			got := decodeLine(t, fmt.Sprintf(`"operation":"InvokeModel","modelId":"m","input":{"inputBodyJson":%s}`, test.body))
			if got.MaxTokens != test.tokens || got.Temperature != 0.5 || len(got.Prompt) != test.prompts {
				t.Errorf("%d tokens at %v, prompts %q", got.MaxTokens, got.Temperature, got.Prompt)
			}
		})
	}
}

// TestGuardrail goes through what a guardrail can do.
func TestGuardrail(t *testing.T) {
	tests := []struct {
		name, answer string
		want         schemas.Guardrail
	}{
		{"none", `{"stopReason":"end_turn"}`, schemas.GuardrailUnknown},
		{"passed", `{"amazon-bedrock-guardrailAction":"NONE"}`, schemas.GuardrailPassed},
		{"passed, with a trace", `{"trace":{"guardrail":{"inputAssessment":{"g":{"topicPolicy":{"topics":[{"action":"NONE","detected":true}]}}}}}}`, schemas.GuardrailPassed},
		{"input", `{"trace":{"guardrail":{"inputAssessment":{"g":{"wordPolicy":{"customWords":[{"match":"x","action":"BLOCKED"}]}}}}}}`, schemas.GuardrailInputBlocked},
		{"output", `{"trace":{"guardrail":{"inputAssessment":{"g":{}},"outputAssessments":{"g":[{"contentPolicy":{"filters":[{"action":"BLOCKED"}]}}]}}}}`, schemas.GuardrailOutputBlocked},
		{"masked", `{"amazon-bedrock-guardrailAction":"INTERVENED","amazon-bedrock-trace":{"guardrail":{"outputs":[{"g":{"sensitiveInformationPolicy":{"piiEntities":[{"action":"ANONYMIZED"}]}}}]}}}`, schemas.GuardrailMasked},
		{"input, without a trace", `{"stopReason":"guardrail_intervened","usage":{"inputTokens":0,"outputTokens":0}}`, schemas.GuardrailInputBlocked},
		{"output, without a trace", `{"stopReason":"guardrail_intervened","usage":{"inputTokens":9,"outputTokens":30}}`, schemas.GuardrailOutputBlocked},
		{"what the model says is no verdict", `{"trace":{"guardrail":{"modelOutput":["{\"action\":\"BLOCKED\"}",{"action":"BLOCKED"}]}}}`, schemas.GuardrailPassed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := decodeLine(t, `"operation":"Converse","modelId":"m","output":{"outputBodyJson":`+test.answer+`}`)
			if got.Guardrail != test.want {
				t.Errorf("the verdict is %v, want %v", got.Guardrail, test.want)
			}
		})
	}
}

// TestNoAllocations holds the usual record to what decoding is to cost.
func TestNoAllocations(t *testing.T) {
	text, err := os.ReadFile("testdata/conversestream/input.log")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if n := decodetest.Allocations(t, line); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
