package awsapigw_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
	"github.com/gatehound/gatehound/schemas"
)

// decodeLine returns the record of one line.
func decodeLine(t *testing.T, line string) *decode.Record {
	t.Helper()
	got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(line))
	if len(got) != 1 || got[0].Record == nil || got[0].Record.Format != "awsapigw" {
		t.Fatalf("%s is %+v", line, got)
	}
	return got[0].Record
}

// TestSpellings shows that one variable can be named in any of the ways that
// operators name it in.
func TestSpellings(t *testing.T) {
	const base = `"requestId":"r","requestTimeEpoch":"1700000000000","httpMethod":"GET","resourcePath":"/pets","status":"200"`
	for _, members := range []string{
		`"sourceIp":"203.0.113.9","userAgent":"curl/8.5.0"`,
		`"ip":"203.0.113.9","user_agent":"curl/8.5.0"`,
		`"source_ip":"203.0.113.9","User-Agent":"curl/8.5.0"`,
		`"identity.sourceIp":"203.0.113.9","identity.userAgent":"curl/8.5.0"`,
		`"context.identity.sourceIp":"203.0.113.9","$context.identity.userAgent":"curl/8.5.0"`,
		`"identity":{"sourceIp":"203.0.113.9","userAgent":"curl/8.5.0"}`,
		`"context":{"identity":{"sourceIp":"203.0.113.9","userAgent":"curl/8.5.0"}}`,
	} {
		if got := decodeLine(t, "{"+base+","+members+"}"); got.Peer != "203.0.113.9" || got.UserAgent != "curl/8.5.0" {
			t.Errorf("%s is %q, %q", members, got.Peer, got.UserAgent)
		}
	}
}

// TestNameTooLong shows that names beyond any of AWS' are left alone, also where
// they end like one.
func TestNameTooLong(t *testing.T) {
	line := fmt.Sprintf(`{"requestId":"r","requestTimeEpoch":"1700000000000","httpMethod":"GET","resourcePath":"/pets","status":"200","%[1]s":{"ip":"1.1.1.1"},"%[1]s.ip":"1.1.1.1","a":{"b":{"c":{"d":{"ip":"1.1.1.1"}}}}}`, strings.Repeat("x", 63))
	if got := decodeLine(t, line); got.Peer != "" {
		t.Errorf("the peer is %q", got.Peer)
	}
}

// TestPrincipal goes down the ladder of callers: every step is left out in turn.
func TestPrincipal(t *testing.T) {
	ladder := []struct{ name, value string }{
		{"apiKeyId", "key"}, {"principalId", "principal"}, {"authorizer.claims.sub", "sub"}, {"authorizer.claims.username", "name"},
		{"caller", "caller"}, {"userArn", "arn"}, {"user", "user"}, {"cognitoIdentityId", "cognito"},
	}
	for i := range ladder {
		for _, backwards := range []bool{false, true} {
			var members []string
			for _, step := range ladder[i:] {
				members = append(members, fmt.Sprintf("%q:%q", step.name, step.value))
			}
			for _, step := range ladder[:i] {
				members = append(members, fmt.Sprintf("%q:%q", step.name, "-"))
			}
			if backwards {
				slices.Reverse(members)
			}
			got := decodeLine(t, `{"requestId":"r","requestTimeEpoch":"1700000000000","httpMethod":"GET","resourcePath":"/pets","status":"200",`+strings.Join(members, ",")+"}")
			if got.Principal != ladder[i].value || got.Auth != schemas.AuthSuccess {
				t.Errorf("%v: the principal is %q, %v", members, got.Principal, got.Auth)
			}
			end := ""
			if i == 0 {
				end = ladder[1].value
			}
			if got.EndUser != end {
				t.Errorf("%v: the end user is %q, want %q", members, got.EndUser, end)
			}
		}
	}
}

// TestRoutes goes through what templates and paths give.
func TestRoutes(t *testing.T) {
	tests := []struct{ members, method, route, path, operation string }{
		{`"httpMethod":"GET","resourcePath":"/pets"`, "GET", "/pets", "/pets", ""},
		{`"httpMethod":"GET","resourcePath":"/pets/{id}"`, "GET", "/pets/{id}", "", ""},
		{`"httpMethod":"POST","resourcePath":"/{tenant}/v1/embeddings"`, "POST", "/{tenant}/v1/embeddings", "", "embeddings"},
		{`"httpMethod":"POST","resourcePath":"/{proxy+}","path":"/v1/embeddings"`, "POST", "/{proxy+}", "/v1/embeddings", "embeddings"},
		{`"routeKey":"POST /v1/messages"`, "POST", "/v1/messages", "/v1/messages", "chat"},
		{`"routeKey":"ANY /v1/{proxy+}","httpMethod":"PUT"`, "PUT", "/v1/{proxy+}", "", ""},
		{`"routeKey":"ANY /v1/messages"`, "", "/v1/messages", "/v1/messages", "chat"},
		{`"routeKey":"$default","path":"/a"`, "", "$default", "/a", ""},
		{`"routeKey":"sendMessage","eventType":"MESSAGE"`, "", "sendMessage", "", ""},
	}
	for _, test := range tests {
		got := decodeLine(t, `{"requestId":"r","requestTimeEpoch":"1700000000000","status":"200",`+test.members+"}")
		if got.Method != test.method || got.Route != test.route || got.Path != test.path || got.Operation != test.operation {
			t.Errorf("%s is %q %q, path %q, %q", test.members, got.Method, got.Route, got.Path, got.Operation)
		}
	}
}

// TestPresets shows that one request gives one record in each of the presets.
func TestPresets(t *testing.T) {
	const (
		id   = "48752d0f-c99d-4cfa-a5a7-f3c6834d19e5"
		time = "22/Nov/2026:05:40:00 +0000"
	)
	want := decodeLine(t, `{"requestId":"`+id+`","ip":"203.0.113.9","caller":"-","user":"eve","requestTime":"`+time+`","httpMethod":"POST","resourcePath":"/v1/messages","status":"429","protocol":"HTTP/1.1","responseLength":"48"}`)
	for _, line := range []string{
		"203.0.113.9 - eve [" + time + `]"POST /v1/messages HTTP/1.1" 429 48 ` + id,
		"203.0.113.9 - eve [" + time + `] "POST /v1/messages HTTP/1.1" 429 48 ` + id,
		"203.0.113.9,-,eve," + time + ",POST,/v1/messages,HTTP/1.1,429,48," + id,
		"requestId: " + id + ", ip: 203.0.113.9, caller: -, user: eve, requestTime: " + time + ", httpMethod: POST, resourcePath: /v1/messages, status: 429, protocol: HTTP/1.1, responseLength: 48",
		"requestId: " + id + ", ip: 203.0.113.9, caller: -, user: eve, requestTime: [" + time + "], httpMethod: POST, resourcePath: /v1/messages, status: 429, protocol: HTTP/1.1, responseLength: 48",
	} {
		if got := decodeLine(t, line); !slices.Equal(fields(got), fields(want)) {
			t.Errorf("%s gave %v, want %v", line, fields(got), fields(want))
		}
	}
}

// fields are what the presets have.
func fields(r *decode.Record) []any {
	return []any{r.RequestID, r.Time, r.Peer, r.Principal, r.Method, r.Route, r.Path, r.Status, r.ResponseBytes, r.Operation, r.Known}
}
