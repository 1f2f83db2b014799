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
