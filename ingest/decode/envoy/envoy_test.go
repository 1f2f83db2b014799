package envoy_test

import (
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) { decodetest.Conformance(t, "envoy") }

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "envoy") }

// TestForgedText sends lines in which a client's header goes on with the rest
// of a line: status, responder, peer and path stay Envoy's.
func TestForgedText(t *testing.T) {
	const (
		head = `[2026-11-22T05:40:00.123Z] "POST /v1/models HTTP/2" 401 - jwt_authn_access_denied{Jwt_is_missing} - "-" 0 24 3 - `
		tail = ` outbound|80||chat 10.1.0.6:1 10.1.0.6:8443 203.0.113.9:40210 llm.example.com default`
	)
	forged := `x" "y" "z" "llm.example.com" "192.0.2.1:80" c 1.1.1.1:1 2.2.2.2:2 198.51.100.66:3 s r`
	d := decodetest.New(t, decode.Auto)
	for _, fields := range []string{
		`"` + forged + `" "curl" "id" "llm.example.com" "-"`,
		`"-" "` + forged + `" "id" "llm.example.com" "-"`,
		`"-" "curl" "` + forged + `" "llm.example.com" "-"`,
		`"-" "curl" "id" "` + forged + `" "-"`,
	} {
		got := decodetest.Decode(t, d, []byte(head+fields+tail))
		r := got[0].Record
		if r == nil || r.Status != 401 || r.Peer != "203.0.113.9:40210" || r.Path != "/v1/models" || r.Responder.String() != "gateway" {
			t.Errorf("%s gave %+v", fields, got[0])
			continue
		}
		if strings.Contains(r.Forwarded+r.UserAgent+r.RequestID+r.Host+r.Route, "198.51.100.66") || r.Host == "llm.example.com" {
			t.Errorf("%s was believed", fields)
		}
	}
}

// TestOtherText checks that lines which begin alike are not taken for Envoy's.
func TestOtherText(t *testing.T) {
	d := decodetest.New(t, "envoy")
	for _, line := range []string{
		`[2026-11-22T05:40:00.123Z] INFO started`,
		`[2026-11-22T05:40:00.123Z] "GET /a HTTP/1.1" ok - 0 0 0 -`,
		`[2026-11-22T05:40:00.123Z] "GET /a HTTP/1.1" 200 512 "-" "curl"`,
		`[2026-11-22T05:40:00.123Z] "GET /a HTTP/1.1" 42 - 0 0 0 -`,
		`[2026-11-22T05:40:00.123Z] "GET"`, `[2026-11-22T05:40:00.123Z] "GET /a`, `[2026-11-22T05:40:00.123Z] "`,
		`[22/Nov/2026:05:40:00] "GET /a HTTP/1.1" 200 - 0 0 0 -`, `[`, `[]`, `["a"]`,
	} {
		if got := decodetest.Decode(t, d, []byte(line)); got[0].Reject == nil {
			t.Errorf("%s gave %+v", line, got[0].Record)
		}
	}
}
