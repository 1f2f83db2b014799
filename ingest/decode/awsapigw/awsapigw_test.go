package awsapigw_test

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

func TestConformance(t *testing.T) {
	decodetest.Conformance(t, "awsapigw", "requestId", "context", "context.requestId", "$context.requestId", "resourcePath")
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "awsapigw") }

// TestResponseTypes goes through AWS' gateway responses: which are failures of
// the caller, and why; with the status that AWS gives them, and with one that
// the operator gave them.
func TestResponseTypes(t *testing.T) {
	tests := []struct {
		kind   string
		status int
		auth   schemas.AuthOutcome
		reason schemas.AuthReason
	}{
		{"ACCESS_DENIED", 403, schemas.AuthFailure, schemas.ReasonForbidden},
		{"API_CONFIGURATION_ERROR", 500, schemas.AuthUnknown, schemas.ReasonNone},
		{"AUTHORIZER_CONFIGURATION_ERROR", 500, schemas.AuthUnknown, schemas.ReasonNone},
		{"AUTHORIZER_FAILURE", 500, schemas.AuthUnknown, schemas.ReasonNone},
		{"BAD_REQUEST_BODY", 400, schemas.AuthUnknown, schemas.ReasonNone},
		{"EXPIRED_TOKEN", 403, schemas.AuthFailure, schemas.ReasonExpired},
		{"INTEGRATION_TIMEOUT", 504, schemas.AuthUnknown, schemas.ReasonNone},
		{"INVALID_API_KEY", 403, schemas.AuthFailure, schemas.ReasonInvalid},
		{"INVALID_SIGNATURE", 403, schemas.AuthFailure, schemas.ReasonInvalid},
		{"MISSING_AUTHENTICATION_TOKEN", 403, schemas.AuthFailure, schemas.ReasonMissing},
		{"QUOTA_EXCEEDED", 429, schemas.AuthUnknown, schemas.ReasonNone},
		{"REQUEST_TOO_LARGE", 413, schemas.AuthUnknown, schemas.ReasonNone},
		{"RESOURCE_NOT_FOUND", 404, schemas.AuthUnknown, schemas.ReasonNone},
		{"THROTTLED", 429, schemas.AuthUnknown, schemas.ReasonNone},
		{"UNAUTHORIZED", 401, schemas.AuthFailure, schemas.ReasonUnstated},
		{"UNSUPPORTED_MEDIA_TYPE", 415, schemas.AuthUnknown, schemas.ReasonNone},
		{"WAF_FILTERED", 403, schemas.AuthUnknown, schemas.ReasonNone},
	}
	d := decodetest.New(t, decode.Auto)
	for _, test := range tests {
		for _, status := range []int{test.status, 418} {
			t.Run(fmt.Sprintf("%s/%d", test.kind, status), func(t *testing.T) {
				line := fmt.Sprintf(`{"requestId":"r","requestTimeEpoch":"1700000000000","httpMethod":"GET","resourcePath":"/pets","status":"%d","error":{"responseType":%q}}`, status, test.kind)
				got := decodetest.Decode(t, d, []byte(line))[0].Record
				if got.Auth != test.auth || got.AuthReason != test.reason {
					t.Errorf("authentication is %v, %v, want %v, %v", got.Auth, got.AuthReason, test.auth, test.reason)
				}
				if int(got.Status) != status || got.Responder != schemas.ResponderGateway {
					t.Errorf("status %d by %v", got.Status, got.Responder)
				}
			})
		}
	}
}

// TestOthers shows which lines are not claimed.
func TestOthers(t *testing.T) {
	for _, line := range []string{
		`{"requestId":"r","requestTime":123,"status":200,"path":"/a","time":"2026-11-22T05:40:00Z"}`,
		`{"requestId":"r","context":{"user":"x"},"status":200,"path":"/a","time":"2026-11-22T05:40:00Z"}`,
		`203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] "GET /pets HTTP/1.1" 200 48`,
		`203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] "GET /pets HTTP/1.1" 200 48 0.123`,
		`203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] "GET /pets HTTP/1.1" 200 48 rt=0.123`,
		`203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] "GET /pets HTTP/1.1" 200 48 "-" "a, b, c, d, e, f, g, h, i, j"`,
	} {
		got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(line))
		if len(got) != 1 || got[0].Record == nil || got[0].Record.Format == "awsapigw" {
			t.Errorf("%s is %+v", line, got)
		}
	}
}

// TestChosenID shows that a client cannot have its requests taken for one by
// sending the same x-amzn-requestid with all of them.
func TestChosenID(t *testing.T) {
	const line = `{"extendedRequestId":"%s","requestId":"mine","requestTimeEpoch":"1700000000000","httpMethod":"GET","resourcePath":"/pets","status":"200"}`
	d := decodetest.New(t, decode.Auto)
	for _, id := range []string{"IqAbCdEfGhIjKlM=", "IqAbCdEfGhIjKlN="} {
		if got := decodetest.Decode(t, d, fmt.Appendf(nil, line, id))[0].Record.RequestID; got != id {
			t.Errorf("the id is %q, want %q", got, id)
		}
	}
}

// TestNoAllocations holds the usual records to what decoding is to cost.
func TestNoAllocations(t *testing.T) {
	for _, name := range []string{"usual", "clf"} {
		text, err := os.ReadFile("testdata/" + name + "/input.log")
		if err != nil {
			t.Fatal(err)
		}
		line, _, _ := bytes.Cut(text, []byte("\n"))
		if n := decodetest.Allocations(t, line); n > 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
