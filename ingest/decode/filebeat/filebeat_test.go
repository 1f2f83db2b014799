package filebeat_test

import (
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "filebeat") }

func TestConformance(t *testing.T) {
	decodetest.Conformance(t, "filebeat", "message", "json", "@timestamp", "agent", "path", "status",
		"log", "event", "event.original", "gateway", "source_type", "stream", "kubernetes", "@version", "file", "host")
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "filebeat") }

// TestNoEnvelope checks that records which have some of an envelope's names are
// taken for what they are.
func TestNoEnvelope(t *testing.T) {
	for _, line := range []string{
		`{"message":"request completed","stream":true,"time":"2026-11-22T05:40:00Z","path":"/v1/chat/completions","status":200}`,
		`{"message":{"role":"user"},"stream":"stdout","time":"2026-11-22T05:40:00Z","path":"/v1/chat/completions","status":200}`,
		`{"message":"done","kubernetes":"no","time":"2026-11-22T05:40:00Z","path":"/v1/chat/completions","status":200}`,
		`{"log":{"level":"info"},"time":"2026-11-22T05:40:00Z","path":"/v1/chat/completions","status":200}`,
		`{"log":"request completed","time":"2026-11-22T05:40:00Z","path":"/v1/chat/completions","status":200}`,
		`{"message":"\"x\" 200","source_type":"api","time":"2026-11-22T05:40:00Z","path":"/v1/chat/completions","status":200}`,
	} {
		got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(line))
		if len(got) != 1 || got[0].Record == nil || got[0].Record.Path != "/v1/chat/completions" || got[0].Record.Format != "appjson" {
			t.Errorf("%s gave %+v", line, got[0])
		}
	}
}

// TestOriginTells checks that lines which are not the same never have the same
// origin, and that a line that is sent again has.
func TestOriginTells(t *testing.T) {
	const line = `"message":"203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"x\""`
	d := decodetest.New(t, decode.Auto)
	seen := map[decode.Origin]string{}
	for _, where := range []string{
		`"agent":{"id":"a"},"log":{"offset":1,"file":{"path":"/p"}}`,
		`"agent":{"id":"b"},"log":{"offset":1,"file":{"path":"/p"}}`,
		`"agent":{"id":"a"},"log":{"offset":2,"file":{"path":"/p"}}`,
		`"agent":{"id":"a"},"log":{"offset":1,"file":{"path":"/q"}}`,
		`"agent":{"id":"a"},"log":{"offset":1,"file":{"path":"/p","inode":"7","device_id":"1"}}`,
		`"agent":{"id":"a"},"log":{"offset":1,"file":{"path":"/p","inode":"8","device_id":"1"}}`,
		`"agent":{"id":"a"},"log":{"offset":1,"file":{"path":"/p","inode":"7","device_id":"1","fingerprint":"f"}}`,
	} {
		m := []byte(`{"@timestamp":"2026-11-22T05:45:30Z",` + where + `,` + line + `}`)
		first, again := decodetest.Decode(t, d, m)[0].Record.Origin, decodetest.Decode(t, d, m)[0].Record.Origin
		if first != again || first.Agent == "" {
			t.Errorf("%s is %v, then %v", where, first, again)
		}
		if other, ok := seen[first]; ok {
			t.Errorf("%s has the origin of %s", where, other)
		}
		seen[first] = where
	}
}
