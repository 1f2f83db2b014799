package apim_test

import (
	"fmt"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) {
	decodetest.Conformance(t, "apim", "records", "category", "properties", "resultSignature", "Url", "ResponseCode")
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "apim") }

// TestRowsAreCountedOnce checks that a call that is split over many rows, which
// repeat its tokens, is one record, in either shape and alone or in a batch, and
// that the other rows are counted as skipped.
func TestRowsAreCountedOnce(t *testing.T) {
	const (
		hub   = `{"category":"GatewayLlmLogs","correlationId":"c","time":"2026-11-22T05:40:00Z","properties":{"sequenceNumber":%d,"modelName":"m","promptTokens":14,"completionTokens":8}}`
		table = `{"Type":"ApiManagementGatewayLlmLog","CorrelationId":"c","TimeGenerated":"2026-11-22T05:40:00Z","SequenceNumber":"%d","ModelName":"m","PromptTokens":14,"CompletionTokens":8}`
	)
	for _, row := range []string{hub, table} {
		d := decodetest.New(t, decode.Auto)
		batch := ""
		for i := range 5 {
			batch += fmt.Sprintf(row, i) + ","
		}
		alone := fmt.Sprintf(row, 3)
		var calls, tokens int64
		for _, m := range []string{`{"records":[` + batch[:len(batch)-1] + `]}`, alone} {
			for _, r := range decodetest.Decode(t, d, []byte(m)) {
				if r.Record == nil {
					t.Fatalf("rejected: %+v", r.Reject)
				}
				calls++
				tokens += r.Record.InputTokens + r.Record.OutputTokens
			}
		}
		if calls != 1 || tokens != 22 || d.Skipped() != 5 {
			t.Errorf("%d calls, %d tokens, %d skipped; want 1, 22, 5", calls, tokens, d.Skipped())
		}
	}
}

// TestOthersCategories checks that logs of other Azure resources are left alone.
func TestOthersCategories(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	for _, m := range []string{
		`{"category":"Audit","operationName":"x","resourceId":"/SUBSCRIPTIONS/S/PROVIDERS/MICROSOFT.KEYVAULT/VAULTS/V","time":"2026-11-22T05:40:00Z"}`,
		`{"category":"ApplicationGatewayAccessLog","properties":{},"time":"2026-11-22T05:40:00Z"}`,
		`{"Type":"AppServiceHTTPLogs","TimeGenerated":"2026-11-22T05:40:00Z"}`,
	} {
		got := decodetest.Decode(t, d, []byte(m))
		if len(got) != 1 || got[0].Reject == nil || got[0].Reject.Format == "apim" {
			t.Errorf("%s: got %+v", m, got)
		}
	}
	if d.Skipped() != 0 {
		t.Errorf("%d skipped", d.Skipped())
	}
}

// TestStringsBesideStrings checks records that have bodies both beside
// properties that are a string and in them: each is JSON in a string, and
// reading one must not spoil another.
func TestStringsBesideStrings(t *testing.T) {
	const props = `"properties":"{\"url\":\"https://h.example/a\",\"responseCode\":200,\"requestHeaders\":\"{\\\"User-Agent\\\":\\\"x\\\"}\",\"requestBody\":\"{\\\"model\\\":\\\"asked\\\",\\\"max_tokens\\\":7}\",\"responseBody\":\"{\\\"model\\\":\\\"answered\\\",\\\"usage\\\":{\\\"prompt_tokens\\\":3}}\"}"`
	const beside = `"requestHeaders":"{\"Host\":\"other.example\"}","requestBody":"{\"model\":\"other\",\"n\":9,\"a\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18]}","responseBody":"{}","backendRequestBody":"[]"`
	const head = `{"category":"GatewayLogs","time":"2026-11-22T05:40:00Z"`
	d := decodetest.New(t, decode.Auto)
	for _, m := range []string{
		head + "," + props + "}",
		head + "," + props + "," + beside + "}",
		head + "," + beside + "," + props + "}",
		head + "," + props + "," + beside + "," + props + "}",
	} {
		got := decodetest.Decode(t, d, []byte(m))
		if len(got) != 1 || got[0].Record == nil {
			t.Fatalf("%s: got %+v", m, got)
		}
		r := got[0].Record
		if r.Model != "answered" || r.MaxTokens != 7 || r.InputTokens != 3 || r.UserAgent != "x" || r.Path != "/a" || r.Choices != 0 {
			t.Errorf("%s: model %s, max %d, input %d, agent %s, path %s", m, r.Model, r.MaxTokens, r.InputTokens, r.UserAgent, r.Path)
		}
	}
}

// TestRefusals checks what each reason of API Management's means for
// authentication, with and without a known caller.
func TestRefusals(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	for _, c := range []struct {
		status         int
		reason, source string
		backend        int
		want           string
	}{
		{401, "SubscriptionKeyNotFound", "authorization", 0, "failure missing"},
		{401, "SubscriptionKeyInvalid", "authorization", 0, "failure invalid"},
		{401, "TokenNotFound", "validate-jwt", 0, "failure missing"},
		{401, "TokenExpired", "validate-jwt", 0, "failure expired"},
		{401, "TokenSignatureInvalid", "validate-jwt", 0, "failure invalid"},
		{401, "TokenSignatureKeyNotFound", "validate-jwt", 0, "failure invalid"},
		{401, "TokenAudienceNotAllowed", "validate-jwt", 0, "failure invalid"},
		{401, "TokenIssuerNotAllowed", "validate-jwt", 0, "failure invalid"},
		{403, "TokenClaimNotFound", "validate-jwt", 0, "failure forbidden"},
		{401, "HeaderNotFound", "check-header", 0, "failure missing"},
		{401, "HeaderValueNotAllowed", "check-header", 0, "failure invalid"},
		{401, "Invalid JWT token. Token is expired.", "validate-azure-ad-token", 0, "failure expired"},
		{401, "Invalid JWT token.", "validate-azure-ad-token", 0, "failure invalid"},
		{401, "something new", "validate-jwt", 0, "failure unstated"},
		{401, "", "", 0, "failure unstated"},
		{403, "QuotaExceeded", "quota", 0, "unknown "},
		{403, "something new", "llm-token-limit", 0, "unknown "},
		{403, "CallerIpNotAllowed", "ip-filter", 0, "unknown "},
		{403, "RequestBlocked", "llm-content-safety", 0, "unknown "},
		{429, "RateLimitExceeded", "rate-limit-by-key", 0, "unknown "},
		{404, "OperationNotFound", "configuration", 0, "unknown "},
		{401, "", "", 401, "unknown "},
		{401, "", "", 200, "failure unstated"},
		{200, "", "", 200, "success "},
	} {
		p := fmt.Sprintf(`{"url":"https://h.example/a","responseCode":%d,"lastErrorReason":%q,"lastErrorSource":%q`, c.status, c.reason, c.source)
		if c.backend > 0 {
			p += fmt.Sprintf(`,"backendResponseCode":%d`, c.backend)
		}
		if c.status == 200 {
			p += `,"apimSubscriptionId":"team-a"`
		}
		m := `{"category":"GatewayLogs","time":"2026-11-22T05:40:00Z","properties":` + p + `}}`
		got := decodetest.Decode(t, d, []byte(m))
		if len(got) != 1 || got[0].Record == nil {
			t.Fatalf("%s: got %+v", m, got)
		}
		if r := got[0].Record; r.Auth.String()+" "+r.AuthReason.String() != c.want {
			t.Errorf("%d %q by %q: %v %v, want %s", c.status, c.reason, c.source, r.Auth, r.AuthReason, c.want)
		}
	}
}
