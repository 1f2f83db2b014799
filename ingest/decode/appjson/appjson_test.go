package appjson_test

import (
	"testing"

	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) {
	// An application's line is a request's by a path with a method or status.
	decodetest.Conformance(t, "appjson", "path", "endpoint", "StatusCode", "request", "message", "method", "url", "uri", "status",
		"code", "RequestPath", "RequestMethod", "model", "meta", "Properties", "State", "fields", "jsonPayload", "httpRequest", "req", "res", "request_line", "requested_uri", "requested_url", "input_tokens")
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "appjson") }
