package decode_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

// TestLineHeaders puts the headers of log daemons before lines of text and JSON:
// the record is the same as without, and lines that merely begin so are none.
func TestLineHeaders(t *testing.T) {
	d := decodetest.New(t, "auto")
	for header, gateway := range map[string]string{
		"<190>Nov 22 05:40:01 edge-1 nginx: ":                                "edge-1",
		"Nov  2 05:40:01 edge-1 nginx[12]: ":                                 "edge-1",
		"<14>1 2026-11-22T05:40:01.123Z edge-1 nginx 12 - - ":                "edge-1",
		"<14>1 - - - - - - ":                                                 "",
		"<14>1 2026-11-22T05:40:01Z edge-1 nginx 12 id [a@1 b=\"c\"] \ufeff": "edge-1",
		"2026-11-22T05:40:01.123456789Z stdout F ":                           "",
		"2026-11-22T05:40:01.123456789+01:00 stderr F ":                      "",
	} {
		for line, want := range map[string]string{combined: "/b", record: "/a", record + " ": "/a"} {
			got := decodetest.Decode(t, d, []byte(header+line))
			if brief(got) != want {
				t.Errorf("%s%s gave %s", header, line, brief(got))
				continue
			}
			if r := got[0].Record; r.Gateway != gateway {
				t.Errorf("%s%s is of %q", header, line, r.Gateway)
			}
			wrapped := fmt.Sprintf(`{"@timestamp":"2026-11-22T05:40:00Z","agent":{"name":"a"},"message":%q}`, header+line)
			if got := decodetest.Decode(t, d, []byte(wrapped)); brief(got) != want || got[0].Record.Gateway != "a" {
				t.Errorf("wrapped, %s%s gave %s", header, line, brief(got))
			}
		}
	}
	untimed := `{"path":"/a","status":200}`
	for header, want := range map[string]string{
		"2026-11-22T05:40:01.5Z stdout F ":    "/a",
		"<14>1 2026-11-22T05:40:01Z h a - - ": "/a",
		"<14>Nov 22 05:40:01 edge-1 nginx: ":  "no_time",
		"2026-11-22T05:40:01.5Z stdout P ":    "unknown_format",
		"2026-11-22T05:40:01.5Z stdin F ":     "unknown_format",
		"2026-99-22T05:40:01.5Z stdout F ":    "unknown_format",
		"<192>Nov 22 05:40:01 edge-1 nginx: ": "unknown_format",
		"<190>Nov 22 05:40:01 edge-1 nginx ":  "unknown_format",
		"<190>Nox 22 05:40:01 edge-1 nginx: ": "unknown_format",
		"<14>1 yesterday h a - - ":            "unknown_format",
		"<14>1 2026-11-22T05:40:01Z h a - [x": "unknown_format",
	} {
		if header == "<14>1 2026-11-22T05:40:01Z h a - - " {
			header += "- "
		}
		if got := brief(decodetest.Decode(t, d, []byte(header+untimed))); got != want {
			t.Errorf("%s gave %s, want %s", header, got, want)
		}
	}
	for i := range 60 {
		decodetest.Decode(t, d, []byte("<190>Nov 22 05:40:01 edge-1 nginx: " + record)[:i])
		decodetest.Decode(t, d, []byte("<14>1 2026-11-22T05:40:01.123Z e n 12 - - " + record)[:i])
	}
	// A line in JSON in a line: the inner one is not opened again, and all ends.
	nested := record
	for range 6 {
		nested = fmt.Sprintf(`<190>Nov 22 05:40:01 e n: {"@timestamp":"2026-11-22T05:40:00Z","agent":{"name":"a"},"message":%q}`, nested)
	}
	if got := brief(decodetest.Decode(t, d, []byte(nested))); strings.Contains(got, "/a") {
		t.Errorf("nested gave %s", got)
	}
}
