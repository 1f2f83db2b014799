package decode_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
	"github.com/gatehound/gatehound/ingest/decode/formats"
)

const (
	record   = `{"time":"2026-11-22T05:40:00Z","path":"/a","status":200}`
	combined = `203.0.113.5 - - [22/Nov/2026:05:40:01 +0000] "GET /b HTTP/1.1" 200 5 "-" "-"`
)

// brief writes results as words: the path of a record, the reason of a reject.
func brief(results []decodetest.Result) string {
	var words []string
	for _, r := range results {
		if r.Record != nil {
			words = append(words, r.Record.Path)
		} else {
			words = append(words, r.Reject.Reason)
		}
	}
	return strings.Join(words, " ")
}

func TestFraming(t *testing.T) {
	big := `{"time":"2026-11-22T05:40:00Z","path":"/big","pad":"` + strings.Repeat("x", 1<<20) + `"}`
	for _, c := range []struct{ name, message, want string }{
		{"object", record, "/a"},
		{"line of text", combined, "/b"},
		{"byte order mark", "\xef\xbb\xbf" + record, "/a"},
		{"white space around", "\r\n " + record + "\n\n", "/a"},
		{"nothing", "", "empty"},
		{"white space", " \n\t", "empty"},
		{"lines of JSON", record + "\n" + record + "\r\n" + record, "/a /a /a"},
		{"JSON back to back", record + record, "/a /a"},
		{"lines of text", combined + "\n" + combined + "\r\n", "/b /b"},
		{"mixture of formats", combined + "\n" + record + "\nnonsense\n" + combined, "/b /a unknown_format /b"},
		{"array", "[" + record + " , " + record + "]", "/a /a"},
		{"array of arrays", "[[" + record + "],[" + record + "]]", "/a /a"},
		{"array, then more", "[" + record + "]\n" + combined, "/a /b"},
		{"empty array", "[]", "empty"},
		{"array of empty", "[[],{}]", "empty unknown_format"},
		{"array of no objects", `[{},1,"x",null]`, "unknown_format unknown_format unknown_format unknown_format"},
		{"text in brackets", "[2026-11-22 05:40:00] started\n" + record, "unknown_format /a"},
		{"array with one bad", `[` + record + `,{"a":tru},` + record + `]`, "/a invalid_json /a"},
		{"array cut off between", `[` + record + `,`, "/a invalid_json"},
		{"array cut off within", `[` + record + `,{"a":`, "/a invalid_json"},
		{"array cut off, then a line", `[` + record + `,{"a":"` + "\n" + record + "]", "/a invalid_json /a"},
		{"array not closed", `[`, "invalid_json"},
		{"array with a large one", `[` + record + `,` + big + `,` + record + `]`, "/a too_large /a"},
		{"records", `{"records":[` + record + `,` + record + `]}`, "/a /a"},
		{"records with spaces", `{ "records" : [ ` + record + ` ] , "more" : [1] }` + "\n" + record, "/a /a"},
		{"records not first", `{"count":1,"records":[` + record + `]}`, "/a"},
		{"records that are none", `{"records":5}`, "unknown_format"},
		{"records cut off", `{"records":[` + record + `,{"ti`, "/a invalid_json"},
		{"records, long together", `{"records":[` + strings.Repeat(record+",", 30_000) + record + `]}`, strings.Repeat("/a ", 30_000) + "/a"},
		{"too large", big, "too_large"},
		{"too large, then more", big + "\n" + record, "too_large /a"},
		{"text too large", strings.Repeat("x", 1<<20+1) + "\n" + combined, "too_large /b"},
		{"largest", `{"time":"2026-11-22T05:40:00Z","path":"/big","pad":"` + strings.Repeat("x", 1<<20-58) + `"}`, "/big"},
		{"too deep", `{"a":` + strings.Repeat("[", 999) + strings.Repeat("]", 999) + "}\n" + record, "unknown_format /a"},
		{"too deep in a record", `{"a":` + strings.Repeat("[", 999) + strings.Repeat("]", 999) + "," + record[1:] + "\n" + record, "/a /a"},
		{"too deep without end", strings.Repeat("[", 100_000), "too_deep"},
		{"cut off", record[:30], "invalid_json"},
		{"cut off, then a line", record[:30] + "\n" + record, "invalid_json /a"},
		{"not JSON", `{path:"/a"}` + "\n" + record, "invalid_json /a"},
		{"gzip", string(zip(record)), "/a"},
		{"gzip of lines", string(zip(record + "\n" + combined)), "/a /b"},
		{"gzip of nothing", string(zip("")), "empty"},
		{"gzip cut off", string(zip(record))[:20], "invalid_gzip"},
		{"gzip header only", "\x1f\x8b\x08", "invalid_gzip"},
		{"gzip bomb by size", string(zip(strings.Repeat("x", 17<<20))), "gzip_bomb"},
		{"gzip bomb by ratio", string(zip(strings.Repeat("x", 4<<20))), "gzip_bomb"},
		{"no time", `{"path":"/a"}`, "no_time"},
		{"1970", `{"path":"/a","time":0}`, "time_out_of_range"},
		{"before 2000", `{"path":"/a","time":"1999-12-31T23:59:59Z"}`, "time_out_of_range"},
		{"2000", `{"path":"/a","time":"2000-01-01T00:00:00Z"}`, "/a"},
		{"an hour ahead", `{"path":"/a","time":"2026-11-22T13:00:00Z"}`, "/a"},
		{"more than an hour ahead", `{"path":"/a","time":"2026-11-22T13:00:00.001Z"}`, "time_out_of_range"},
		{"year 9999", `{"path":"/a","time":"9999-01-01T00:00:00Z"}`, "time_out_of_range"},
		{"unknown object", `{"hello":"world"}`, "unknown_format"},
		{"binary", "\x00\x01\x02\xff", "unknown_format"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := brief(decodetest.Decode(t, decodetest.New(t, "auto"), []byte(c.message))); got != c.want {
				t.Errorf("got %.200s, want %.200s", got, c.want)
			}
		})
	}
}

func zip(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s)) // a bytes.Buffer takes all
	_ = w.Close()
	return b.Bytes()
}

// TestTooMany bounds what a small message can make.
func TestTooMany(t *testing.T) {
	for name, message := range map[string]string{
		"in an array":   "[[]," + strings.Repeat("0,", 500_000) + "0]",
		"on lines":      strings.Repeat("nonsense\n", 50_000),
		"in one record": `{"x":0,"records":[` + strings.Repeat("0,", 50_000) + "0]}",
		"unreadable":    strings.Repeat("{\"a\n", 50_000),
	} {
		t.Run(name, func(t *testing.T) {
			got := decodetest.Decode(t, decodetest.New(t, "auto"), []byte(message))
			if n := len(got); n > 1001 {
				t.Errorf("%d rejects", n)
			}
			if last := got[len(got)-1].Reject; len(got) == 1001 && last.Reason != decode.TooMany {
				t.Errorf("the last reason is %s", last.Reason)
			}
		})
	}
	small := strings.ReplaceAll(record, " ", "")
	got := decodetest.Decode(t, decodetest.New(t, "auto"), zip(`[`+strings.Repeat(small+",", 120_000)+small+`]`))
	if n, last := len(got), got[len(got)-1].Reject; n != 1 || last.Reason != decode.GzipBomb {
		// It compresses better than logs do, so it is taken for a bomb.
		t.Errorf("%d results, the last %+v", n, last)
	}
}

// TestMaxRecords needs a message that does not compress so well.
func TestMaxRecords(t *testing.T) {
	var b strings.Builder
	for i := range 100_010 {
		fmt.Fprintf(&b, `{"time":"2026-11-22T05:40:00Z","path":"/%d"}`+"\n", i)
	}
	var c counter
	decodetest.New(t, "auto").Decode([]byte(b.String()), &c)
	if c.records != 100_000 || c.rejects != 1 || c.reason != decode.TooMany {
		t.Errorf("%+v", c)
	}
}

// counter is a sink that counts.
type counter struct {
	records, rejects int
	reason           string
}

func (c *counter) Record(int32, *decode.Record) { c.records++ }

func (c *counter) Reject(_ int32, _, reason, _ string, _ []byte) {
	c.rejects++
	c.reason = reason
}

// TestSlowInputs is about input on which decoders take quadratic time: each is
// a megabyte or more, and all of them together take well under a second.
func TestSlowInputs(t *testing.T) {
	const n = 1 << 20
	d := decodetest.New(t, "auto")
	start := time.Now()
	for name, unit := range map[string]string{
		"open objects":     "\n{",
		"open keys":        "\n{\"a\":",
		"open strings":     "\n{\"",
		"closed arrays":    "]",
		"open arrays":      "[",
		"quotes":           `"`,
		"backslashes":      `\`,
		"commas":           `,`,
		"open records":     `{"records":[`,
		"unequal brackets": `[}`,
		"ampersands":       "&",
		"near combined":    `] "`,
		"escapes":          `\u00`,
	} {
		text := strings.Repeat(unit, n/len(unit))
		decodetest.Decode(t, d, []byte(text))
		decodetest.Decode(t, d, []byte(`{"time":"2026-11-22T05:40:00Z","message":"`+text))
		quoted := fmt.Sprintf("%q", text[:n/4])
		decodetest.Decode(t, d, []byte(`{"time":"2026-11-22T05:40:00Z","path":`+quoted+`,"upstream_status":`+quoted+`,"query":`+quoted+`}`))
		decodetest.Decode(t, d, []byte(`203.0.113.5 - `+text+` [22/Nov/2026:05:40:01 +0000] "GET /b HTTP/1.1" 200 5 "-" "-"`))
		if took := time.Since(start); took > 20*time.Second {
			t.Fatalf("%s: %v so far", name, took)
		}
	}
}

// TestKeepsNoMemory checks that neither a long line nor its memory is kept.
func TestKeepsNoMemory(t *testing.T) {
	d := decodetest.New(t, "auto")
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for _, line := range []string{
		strings.Repeat("x", 10<<20),
		`{"a":"` + strings.Repeat("x", 10<<20) + `"}`,
		`{"time":"2026-11-22T05:40:00Z","path":"/","messages":[` + strings.Repeat(`"\u0041",`, 100_000) + `"x"]}`,
		"[[" + strings.Repeat("0,", 5<<20) + "0]]",
	} {
		d.Decode([]byte(line), &counter{})
	}
	if after := heap(); after > before+2<<20 {
		t.Errorf("the heap grew by %d KiB", (after-before)>>10)
	}
	runtime.KeepAlive(d)
}

func TestFixedFormat(t *testing.T) {
	wrapped := `{"@timestamp":"2026-11-22T05:40:00Z","agent":{"type":"filebeat"},"message":` + fmt.Sprintf("%q", combined) + `}`
	for _, c := range []struct{ format, message, want string }{
		{"nginx", combined, "/b"},
		{"nginx", wrapped, "/b"},
		{"nginx", `[` + record + `]`, "/a"},
		{"nginx", `{"hello":1}`, "unknown_format"},
		{"kong", combined, "unknown_format"},
		{"kong", record, "unknown_format"},
		{"appjson", record, "/a"},
		{"filebeat", wrapped, "/b"},
		{"filebeat", combined, "unknown_format"},
		{"filebeat", record, "unknown_format"},
	} {
		if got := brief(decodetest.Decode(t, decodetest.New(t, c.format), []byte(c.message))); got != c.want {
			t.Errorf("%s of %.40s: got %s, want %s", c.format, c.message, got, c.want)
		}
	}
}

func TestNoEnvelope(t *testing.T) {
	d, err := formats.New(decode.Options{NoEnvelope: true, Now: func() time.Time { return decodetest.Now }})
	if err != nil {
		t.Fatal(err)
	}
	text := `{"@timestamp":"2026-11-22T05:40:00Z","agent":{"type":"filebeat"},"message":` + fmt.Sprintf("%q", combined) + `,"status":200}`
	got := decodetest.Decode(t, d, []byte(text))
	if r := got[0].Record; r == nil || r.Format != "appjson" || r.Path != "" {
		t.Errorf("got %+v", got[0])
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		opts decode.Options
		want string
	}{
		{decode.Options{MaxBytes: 1}, "max bytes is 1: want 1024 to 67108864"},
		{decode.Options{MaxBytes: 1 << 40}, "max bytes is 1099511627776: want 1024 to 67108864"},
		{decode.Options{MaxDepth: 1}, "max depth is 1: want 8 to 1000"},
		{decode.Options{MaxFuture: -1}, "max future is -1ns: want 0 or more"},
		{decode.Options{Format: "sk-secret"}, "unknown format: want one of " + strings.Join(formats.Names(), ", ")},
	} {
		if _, err := formats.New(c.opts); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if names := formats.Names(); names[0] != decode.Auto || !slices.IsSorted(names[1:]) || !slices.Contains(names, "kong") {
		t.Errorf("formats are %v", names)
	}
	d, err := formats.New(decode.Options{MaxBytes: 1 << 10, MaxDepth: 8, MaxFuture: time.Minute, Now: func() time.Time { return decodetest.Now }})
	if err != nil {
		t.Fatal(err)
	}
	for message, want := range map[string]string{
		`{"pad":"` + strings.Repeat("x", 1<<10) + `"}`: "too_large",
		`{"a":` + strings.Repeat("[", 9) + `}`:         "too_deep",
		`{"path":"/a","time":"2026-11-22T12:01:01Z"}`:  "time_out_of_range",
	} {
		if got := brief(decodetest.Decode(t, d, []byte(message))); got != want {
			t.Errorf("%.40s: got %s, want %s", message, got, want)
		}
	}
}
