package formats_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

// message is one message of a golden case.
type message struct {
	name string
	text []byte
}

// goldens returns the messages of all formats' golden cases that the formats
// find by themselves.
func goldens(t *testing.T) (all []message) {
	t.Helper()
	files, err := filepath.Glob("../*/testdata/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if name != "input.log" && name != "message.json" || strings.Contains(file, "/custom/") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if name == "message.json" {
			all = append(all, message{file, text})
			continue
		}
		for i, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
			all = append(all, message{fmt.Sprintf("%s:%d", file, i+1), line})
		}
	}
	if len(all) < 500 {
		t.Fatalf("%d messages", len(all))
	}
	return all
}

// compared writes what must be the same however a record is wrapped: all but
// what an envelope may tell where the record does not.
func compared(t *testing.T, results []decodetest.Result, loose bool) string {
	t.Helper()
	var b strings.Builder
	for _, r := range results {
		if r.Record == nil {
			// An envelope's time and a list's place change how much is bad of it.
			fmt.Fprintf(&b, "reject %s %s\n", r.Reject.Stage, r.Reject.Reason)
			continue
		}
		c := *r.Record
		c.Origin = decode.Origin{}
		if loose {
			c.Time, c.Gateway = 0, ""
		}
		text, err := json.Marshal(decodetest.Result{Record: &c})
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(text, '\n'))
	}
	return b.String()
}

func quote(s []byte) string {
	text, err := json.Marshal(string(s))
	if err != nil {
		panic(err) // a string can be written
	}
	return string(text)
}

func packed(s []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write(s) // a bytes.Buffer takes all
	_ = w.Close()
	return b.Bytes()
}

// isTidy reports whether a message gives records only, so that it can be put
// where a reject's extent would depend on what is beside it.
func isTidy(results []decodetest.Result) bool {
	for _, r := range results {
		if r.Record == nil {
			return false
		}
	}
	return len(results) > 0
}

// TestWrapped decodes every golden message of every format alone and in all
// that may be around it: the records are the same.
func TestWrapped(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	var tried int
	for _, m := range goldens(t) {
		alone := decodetest.Decode(t, d, m.text)
		if !isTidy(alone) {
			continue
		}
		want := map[bool]string{false: compared(t, alone, false), true: compared(t, alone, true)}
		check := func(how string, text []byte, loose bool) {
			t.Helper()
			tried++
			if got := compared(t, decodetest.Decode(t, d, text), loose); got != want[loose] {
				t.Errorf("%s, %s gave\n%s\nwant\n%s", m.name, how, got, want[loose])
			}
		}
		check("packed", packed(m.text), false)
		check("with white space", slices.Concat([]byte("\xef\xbb\xbf \r\n"), m.text, []byte("\r\n \n")), false)
		var compact bytes.Buffer
		if json.Compact(&compact, m.text) != nil || compact.Bytes()[0] != '{' {
			if !bytes.HasPrefix(m.text, []byte("[")) { // of Envoy's text
				for how, text := range envelopes(quote(m.text)) {
					check(how, text, true)
				}
			}
			continue
		}
		line := compact.Bytes()
		check("compact", line, false)
		check("in an array", []byte("["+string(line)+"]"), false)
		check("in a list of records", []byte(`{"records":[`+string(line)+`]}`), false)
		if strings.Contains(m.name, "/filebeat/") || strings.Contains(m.name, "/cloudwatch/") || strings.Contains(m.name, "/otlp/") {
			continue // no more than two envelopes are opened
		}
		for how, text := range envelopes(quote(line)) {
			check(how, text, true)
		}
		for how, text := range map[string]string{
			"as an object of Filebeat":   `{"@timestamp":"2026-11-22T05:40:00Z","agent":{"name":"a","type":"filebeat"},"ecs":{"version":"8.0.0"},"json":%s}`,
			"as an object of CloudWatch": `{"messageType":"DATA_MESSAGE","logGroup":"g","logStream":"s","logEvents":[{"id":"1","timestamp":1795326000123,"message":%s}]}`,
		} {
			check(how, []byte(fmt.Sprintf(text, line)), true)
		}
	}
	if tried < 5000 {
		t.Errorf("%d tried", tried)
	}
}

// envelopes returns the envelopes around a quoted line.
func envelopes(quoted string) map[string][]byte {
	out := map[string][]byte{}
	for how, text := range map[string]string{
		"in Filebeat":   `{"@timestamp":"2026-11-22T05:40:00Z","agent":{"name":"a","type":"filebeat"},"message":%s}`,
		"in Docker's":   `{"log":%s,"stream":"stdout","time":"2026-11-22T05:40:00.1Z"}`,
		"in Fluent Bit": `{"date":1795326000.5,"log":%s,"kubernetes":{"host":"n1"}}`,
		"in CloudWatch": `{"messageType":"DATA_MESSAGE","logGroup":"g","logStream":"s","logEvents":[{"id":"1","timestamp":1795326000123,"message":%s}]}`,
		"in OTLP":       `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"x"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795326000123456789","body":{"stringValue":%s}}]}]}]}`,
	} {
		if how == "in Docker's" { // which keeps the line's end
			quoted = strings.TrimSuffix(quoted, `"`) + `\n"`
		}
		out[how] = []byte(fmt.Sprintf(text, quoted))
	}
	return out
}

// TestMixed decodes all golden messages of all formats as one, shuffled: each
// gives what it gives alone.
func TestMixed(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	var lines [][]byte
	var want []string
	for _, m := range goldens(t) {
		alone := decodetest.Decode(t, d, m.text)
		if !isTidy(alone) || bytes.HasPrefix(m.text, []byte("[")) && !json.Valid(m.text) && !bytes.HasPrefix(m.text, []byte("[2")) {
			continue
		}
		text := m.text
		var compact bytes.Buffer
		if json.Compact(&compact, text) == nil {
			text = compact.Bytes()
		}
		lines = append(lines, text)
		want = append(want, compared(t, alone, false))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		random.Shuffle(len(lines), func(i, j int) {
			lines[i], lines[j] = lines[j], lines[i]
			want[i], want[j] = want[j], want[i]
		})
		got := compared(t, decodetest.Decode(t, d, bytes.Join(lines, []byte("\n"))), false)
		for i, w := range want {
			if !strings.HasPrefix(got, w) {
				t.Fatalf("after %d lines, %.300s gave\n%.600s\nwant\n%s", i, lines[i], got, w)
			}
			got = got[len(w):]
		}
		if got != "" {
			t.Errorf("left over: %s", got)
		}
	}
}
