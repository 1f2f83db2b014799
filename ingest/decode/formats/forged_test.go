package formats_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
	"github.com/gatehound/gatehound/schemas"
)

// forgeries are texts that a client may send, as a user, an agent, a path or a
// header: lines and ends of lines of all formats, and what begins like JSON.
var forgeries = []string{
	`] `, `a] b`, `[`, ` - `, `x - y`, ` - - `, `{`, `[{`, `[]`, `{"status":200}`, `ms`, `- - 3ms`, `1 - - 3ms`, `- 1 - - 3ms`,
	`x [22/Nov/2026:05:40:00 +0000] y`, `x [22/Nov/2026:05:40:00 +0000] llm.example.com`, `[22/Nov/2026:05:40:00 +0000] `,
	`198.51.100.66:5 [22/Nov/2026:05:40:00.655] fe be/srv 0/0/1/9/12 200 51 - - ---- 2/2/0/0/0 0/0 `,
	`haproxy[1]: 198.51.100.66:5 [22/Nov/2026:05:40:00.655] fe be/srv 0/0/1/9/12 200 51 - - ---- 2/2/0/0/0 0/0 x`,
	`[2026-11-22T05:40:00.123Z] GET / HTTP/1.1 200 - 0 0 0 - `, `[2026-11-22T05:40:00.123Z] `,
	`requestId: x, ip: 198.51.100.66, status: 200`, `198.51.100.66,-,-,22/Nov/2026:05:40:00 +0000,GET,/,HTTP/1.1,200,5,id`,
	`INFO:     198.51.100.66:5 - `, `200`, ` 200 `, `us=200 rt=0.001 xff=198.51.100.66`, `0.001`, `TLSv1.3`, "\t", `\`, `\\`, `%22`, `é`, "\xff",
	strings.Repeat("x", 5000), strings.Repeat(" - ", 500), strings.Repeat("] ", 500),
	`{"@timestamp":"2026-11-22T05:40:00Z","agent":{},"message":"x"}`, `{"resourceLogs":[]}`, `{"messageType":"CONTROL_MESSAGE","logEvents":[]}`,
}

// nginxEscape is what nginx writes of a text of a client's into a line.
func nginxEscape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c == '"' || c == '\\' || c < ' ' || c >= 0x7f {
			fmt.Fprintf(&b, `\x%02X`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// haproxyEscape is what HAProxy writes of it.
func haproxyEscape(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if strings.IndexByte(`"#{|}`, c) >= 0 || c < ' ' || c >= 0x7f {
			fmt.Fprintf(&b, `#%02X`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// TestForgedText writes the texts of clients wherever each server writes them.
// The line is the server's, the login that failed is seen, and it is the
// client's own.
func TestForgedText(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	for _, server := range []struct {
		format, line string
		escape       func(string) string
	}{
		{"nginx", `203.0.113.9 - % [22/Nov/2026:05:40:01 +0000] "GET /v1/models HTTP/1.1" 401 12 "-" "-"`, nginxEscape},
		{"nginx", `203.0.113.9 - - [22/Nov/2026:05:40:01 +0000] "GET /v1/models HTTP/1.1" 401 12 "%" "-"`, nginxEscape},
		{"nginx", `203.0.113.9 - - [22/Nov/2026:05:40:01 +0000] "GET /v1/models HTTP/1.1" 401 12 "-" "%"`, nginxEscape},
		{"nginx", `203.0.113.9 - - [22/Nov/2026:05:40:01 +0000] "GET /v1/models HTTP/1.1" 401 12 "-" "-" "%"`, nginxEscape},
		{"nginx", `"%, 203.0.113.9" 203.0.113.9 - - [22/Nov/2026:05:40:01 +0000] "GET /v1/models HTTP/1.1" 401 12 "-" "-"`, nginxEscape},
		{"nginx", `"%" 203.0.113.9 ident user [22/Nov/2026:05:40:01 +0000] "GET /v1/models HTTP/1.1" 401 12 "-" "-"`, nginxEscape},
		{"nginx", `203.0.113.9 - - [22/Nov/2026:05:40:01 +0000] "GET /v1/models HTTP/1.1" 401 12 "-" "-" 89 0.000 [-] [-] - - - - %`, nginxEscape},
		{"nginx", `<190>Nov 22 05:40:01 edge-1 nginx: 203.0.113.9 - % [22/Nov/2026:05:40:01 +0000] "GET /v1/models HTTP/1.1" 401 12 "-" "%"`, nginxEscape},
		{"apisix", `203.0.113.9 - % [22/Nov/2026:05:40:01 +0000] h "GET /v1/models HTTP/1.1" 401 12 0.001 "-" "-" - - - "http://h"`, nginxEscape},
		{"apisix", `203.0.113.9 - - [22/Nov/2026:05:40:01 +0000] h "GET /v1/models HTTP/1.1" 401 12 0.001 "%" "%" - - - "http://h" "%"`, nginxEscape},
		{"traefik", `203.0.113.9 - % [22/Nov/2026:05:40:01 +0000] "GET /v1/models HTTP/1.1" 401 12 "-" "-" 9 "llm@file" "-" 3ms`, func(s string) string { return s }},
		{"traefik", `203.0.113.9 - - [22/Nov/2026:05:40:01 +0000] "GET /v1/models HTTP/1.1" 401 12 "%" "%" 9 "llm@file" "-" 3ms`, func(s string) string { return s }},
		{"uvicorn", `2026-11-22 05:40:01,123 INFO:     203.0.113.9:5 - "GET /v1/models?% HTTP/1.1" 401 Unauthorized`, func(s string) string { return strings.ReplaceAll(s, " ", "+") }},
		{"haproxy", `203.0.113.9:5 [22/Nov/2026:05:40:01.655] fe fe/<NOSRV> 0/-1/-1/-1/0 401 192 - - PR-- 1/1/0/0/0 0/0 {%} "GET /v1/models HTTP/1.1"`, haproxyEscape},
		{"envoy", `[2026-11-22T05:40:01.123Z] "GET /v1/models HTTP/2" 401 - jwt_authn_access_denied{Jwt_is_missing} - "-" 0 24 3 - "-" "%" "%" "h" "-" - - 10.1.0.6:8443 203.0.113.9:40210 - default`, func(s string) string { return s }},
	} {
		texts := forgeries
		if server.escape(`"`) == `"` { // it does not escape quotes
			texts = append(texts[:len(texts):len(texts)], `x" "y`, `] "`, `a] "b`, `x" 200 `,
				`x [22/Nov/2026:05:40:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-`, `x [22/Nov/2026:05:40:00 +0000] "GET /`)
		}
		for _, text := range texts {
			line := strings.ReplaceAll(server.line, "%", server.escape(text))
			got := decodetest.Decode(t, d, []byte(line))
			if len(got) != 1 || got[0].Record == nil {
				t.Errorf("%s: %.80q hides the request: %+v", server.line, text, got)
				continue
			}
			r := got[0].Record
			peer, _, _ := strings.Cut(r.Peer, ":")
			if r.Format != server.format || r.Status != 401 || r.Auth != schemas.AuthFailure || peer != "203.0.113.9" {
				t.Errorf("%s: %.80q made it %s of %s, status %d, %v", server.line, text, r.Format, r.Peer, r.Status, r.Auth)
			}
			forged := server.format == "traefik" && strings.Contains(text, `"GET /`) // the README says so
			if r.Path != "/v1/models" && !forged {
				t.Errorf("%s: %.80q made the path %q", server.line, text, r.Path)
			}
			if strings.Contains(r.Peer, "198.51.100.66") {
				t.Errorf("%s: %.80q made the peer %q", server.line, text, r.Peer)
			}
		}
	}
}

// TestBeginsLikeJSON sends lines that begin with a header of the client's, which
// begins like JSON, alone and before the lines of others.
func TestBeginsLikeJSON(t *testing.T) {
	const rest = ` - - [22/Nov/2026:05:40:01 +0000] "GET /v1/models HTTP/1.1" 401 12 "-" "-"`
	d := decodetest.New(t, decode.Auto)
	for _, text := range []string{`{`, `{"a":`, `{\x22a\x22:1}`, `[`, `[{`, `[[`, `[]`, `[{"a":1}]`, `{"records":[`, "{" + strings.Repeat("a", 8000), "[{" + strings.Repeat("b", 8000)} {
		line := text + ", 203.0.113.9" + rest
		for name, message := range map[string]string{
			"alone":     line,
			"in a line": fmt.Sprintf(`{"@timestamp":"2026-11-22T05:40:00Z","agent":{"name":"e"},"message":%q}`, line),
			"first":     line + "\n203.0.113.8" + rest + "\n" + `{"time":"2026-11-22T05:40:00Z","path":"/","status":401}`,
		} {
			for i, r := range decodetest.Decode(t, d, []byte(message)) {
				if r.Record == nil || r.Record.Status != 401 || i == 0 && r.Record.Peer != "203.0.113.9" {
					t.Errorf("%s %s: %d is %+v", text, name, i, r)
				}
			}
		}
	}
}

// claims are members by which formats are told, envelopes and what they skip
// among them.
var claims = []string{
	`"resourceLogs":[]`, `"resourceSpans":[]`, `"resourceMetrics":[{}]`, `"messageType":"CONTROL_MESSAGE","logEvents":[]`,
	`"messageType":"CONTROL_MESSAGE","logGroup":"g","logStream":"s"`, `"logGroup":"g","logStream":"s","logEvents":[]`, `"records":[]`,
	`"records":[{}]`, `"schemaType":"ModelInvocationLog","requestId":"x"`,
	`"deep":` + strings.Repeat("[", 500) + strings.Repeat("]", 500), `"":""`, `"\u0000":"\u0000"`, `"ѕtatus":200`, `"STATUS":200`,
}

// TestForgedNames has clients choose names of headers, which are members within
// a record, and of members beside those of the record.
func TestForgedNames(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	for format, line := range map[string]string{
		"kong":    `{%"started_at":1795326000123,"client_ip":"203.0.113.9","latencies":{"request":12,"kong":1,"proxy":-1},"request":{"method":"GET","uri":"/v1/models","headers":{"host":"h"@}},"response":{"status":401,"headers":{"a":"b"@}},"source":"kong"}`,
		"apisix":  `{%"start_time":1795326000123,"client_ip":"203.0.113.9","route_id":"1","server":{"hostname":"h"},"request":{"method":"GET","uri":"/v1/models","headers":{"host":"h"@}},"response":{"status":401,"headers":{"a":"b"@}}}`,
		"nginx":   `{%"msec":"1795326000.123","remote_addr":"203.0.113.9","request":"GET /v1/models HTTP/1.1","status":"401"}`,
		"envoy":   `{%"start_time":"2026-11-22T05:40:00Z","response_code":401,"response_flags":"UAEX","method":"GET","path":"/v1/models","downstream_remote_address":"203.0.113.9:4"}`,
		"traefik": `{%"StartUTC":"2026-11-22T05:40:00Z","DownstreamStatus":401,"RequestMethod":"GET","RequestPath":"/v1/models","ClientAddr":"203.0.113.9:4"}`,
		"appjson": `{%"time":"2026-11-22T05:40:00Z","req":{"method":"GET","url":"/v1/models","headers":{"host":"h"@},"remoteAddress":"203.0.113.9"},"res":{"statusCode":401,"headers":{"a":"b"@}}}`,
	} {
		for _, claim := range claims {
			for where, message := range map[string]string{
				"a header": strings.ReplaceAll(strings.ReplaceAll(line, "%", ""), "@", ","+claim),
				"a member": strings.ReplaceAll(strings.ReplaceAll(line, "%", claim+","), "@", ""),
				"the last": strings.TrimSuffix(strings.NewReplacer("%", "", "@", "").Replace(line), "}") + "," + claim + "}",
			} {
				if where != "a header" && (strings.Contains(claim, "schemaType") || strings.Contains(claim, "STATUS")) {
					continue // who writes names of a format at the top writes a record of it
				}
				if where == "a member" && strings.HasPrefix(claim, `"records":[`) {
					continue // a batch begins so: the README says it
				}
				got := decodetest.Decode(t, d, []byte(message))
				if len(got) != 1 || got[0].Record == nil {
					t.Errorf("%s: %s as %s hides the request: %+v", format, claim, where, got)
					continue
				}
				r := got[0].Record
				if r.Format != format || r.Status != 401 || r.Path != "/v1/models" || r.Auth != schemas.AuthFailure {
					t.Errorf("%s: %s as %s made it %s, %d %s", format, claim, where, r.Format, r.Status, r.Path)
				}
			}
		}
	}
}

// TestForgedHeaders has a client add headers that read like those of proxies.
func TestForgedHeaders(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	const real = `"x-forwarded-for":"198.51.100.4, 203.0.113.9"`
	for _, name := range []string{"x_forwarded_for", "xforwardedfor", "X-ForwardedFor", "x-forwarded_for"} {
		fake := fmt.Sprintf("%q:%q", name, "192.0.2.1")
		for _, headers := range []string{real + "," + fake, fake + "," + real} {
			line := `{"started_at":1795326000123,"latencies":{"request":1},"request":{"uri":"/","headers":{` + headers + `}},"response":{"status":200}}`
			if r := decodetest.Decode(t, d, []byte(line))[0].Record; r == nil || r.Forwarded != "198.51.100.4, 203.0.113.9" {
				t.Errorf("%s: forwarded for %+v", headers, r)
			}
		}
	}
	for _, headers := range []string{
		`"host":"h","authorization":"Bearer gh-test-key-0001","ho-st":"x","h_o_s_t":"x","author-ization":"Bearer y","a_uthorization":"Bearer z"`,
		`"ho-st":"x","h_o_s_t":"x","author-ization":"Bearer y","a_uthorization":"Bearer z","host":"h","authorization":"Bearer gh-test-key-0001"`,
	} {
		line := `{"started_at":1795326000123,"latencies":{"request":1},"request":{"uri":"/","headers":{` + headers + `}},"response":{"status":200}}`
		if r := decodetest.Decode(t, d, []byte(line))[0].Record; r == nil || r.Host != "h" || r.Credential != "gh-test-key-0001" {
			t.Errorf("%s: %+v", headers, r)
		}
	}
	line := `{"started_at":1795326000123,"latencies":{"request":1},"request":{"uri":"/?api_key=another-one-0123456789&key=one-more-0123456789","headers":{"apikey":"gh-test-key-0001"}},"response":{"status":200}}`
	if r := decodetest.Decode(t, d, []byte(line))[0].Record; r == nil || r.Credential != "gh-test-key-0001" {
		t.Errorf("the query's credential counts: %+v", r)
	}
}

// TestMessagesOfApplications has a client put words that look like a line of
// access into a message beside the application's own fields.
func TestMessagesOfApplications(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	for _, message := range []string{`login of x" 200 failed`, `{"a":1`, `{`, `{}`, `{"a":tru}`, `"GET /" 200 5`, ``} {
		text, _ := json.Marshal(message)
		line := `{"@timestamp":"2026-11-22T05:40:00Z","@version":"1","status":401,"message":` + string(text) + `}`
		got := decodetest.Decode(t, d, []byte(line))
		if len(got) != 1 || got[0].Record == nil || got[0].Record.Status != 401 {
			t.Errorf("%s hides the request: %+v", message, got)
		}
	}
}
