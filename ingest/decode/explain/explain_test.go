package explain_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/custom"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
	"github.com/gatehound/gatehound/ingest/decode/explain"
	"github.com/gatehound/gatehound/ingest/decode/formats"
	"github.com/gatehound/gatehound/schemas"
)

func explainer(tb testing.TB, own ...custom.Config) *explain.Explainer {
	tb.Helper()
	mine, err := custom.Formats(own)
	if err != nil {
		tb.Fatal(err)
	}
	d, err := formats.New(decode.Options{Now: func() time.Time { return decodetest.Now }}, mine...)
	if err != nil {
		tb.Fatal(err)
	}
	return explain.New(d, func(s string) string { return strings.ReplaceAll(s, "jo@example.com", "[EMAIL]") })
}

// from returns where a field of the first record came from, as one text.
func from(x *explain.Explanation, field string) string {
	for _, f := range x.Records[0].Fields {
		if f.Name == field {
			return f.How + " " + strings.Join(f.From, ", ")
		}
	}
	return "absent"
}

func paths(values []explain.Value) string {
	var out []string
	for _, v := range values {
		out = append(out, v.Path)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

const kong = `{"started_at":1763800000123,"client_ip":"203.0.113.7","latencies":{"request":812,"kong":4,"proxy":801},"request":{"id":"4d1cbb01","method":"POST","uri":"/v1/chat/completions?user=a","url":"http://llm.example.com:8000/v1/chat/completions","size":2210,"headers":{"host":"llm.example.com","user-agent":"OpenAI/Python 1.40.0"}},"response":{"status":401,"size":5120,"headers":{"x-a":"1","x-b":"2"}},"route":{"name":"chat"},"consumer":{"username":"jo","id":"77"},"source":"kong","tries":[{"ip":"10.0.0.1"}]}`

func TestKong(t *testing.T) {
	x := explainer(t).Message([]byte(kong), nil)
	if len(x.Records) != 1 || x.Records[0].Format != "kong" || x.Limited {
		t.Fatalf("%+v", x)
	}
	for field, want := range map[string]string{
		"time": "stated started_at", "path": "stated request.uri", "query": "stated request.uri", "client": "stated client_ip",
		"status": "stated response.status", "latency": "stated latencies.request", "user_agent": "stated request.headers.user-agent",
		"principal": "stated consumer.username", "responder": "stated source", "operation": "worked out request.uri",
		"auth": "worked out response.status", "model": "absent", "end_user": "absent",
	} {
		if got := from(&x, field); got != want {
			t.Errorf("%s is %s, want %s", field, got, want)
		}
	}
	if got := paths(x.Tells); !strings.Contains(got, "request") {
		t.Errorf("tells: %s", got)
	}
	if got := paths(x.Shadowed); !strings.Contains(got, "request.url") || !strings.Contains(got, "consumer.id") {
		t.Errorf("stand in: %s", got)
	}
	got := paths(x.Unused)
	for _, want := range []string{"response.headers", "tries"} {
		if !slices.Contains(strings.Split(got, ", "), want) {
			t.Errorf("no %s in what is not used: %s", want, got)
		}
	}
	if strings.Contains(got, "response.headers.x-a") || strings.Contains(got, "consumer") {
		t.Errorf("not used: %s", got)
	}
}

// TestWhatIsNotUsedIsNot holds explanations to their word, on the golden cases
// of all formats: a member that is not used can go, and the records stay as they
// are.
func TestWhatIsNotUsedIsNot(t *testing.T) {
	files, err := filepath.Glob("../*/testdata/*/input.log")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d cases: %v", len(files), err)
	}
	e, d := explainer(t), decodetest.New(t, decode.Auto)
	render := func(message []byte) string {
		text, err := json.Marshal(decodetest.Decode(t, d, message))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	checked := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
			var root map[string]json.RawMessage
			if len(line) > 4000 || json.Unmarshal(line, &root) != nil {
				continue
			}
			line, err := json.Marshal(root) // its members in the order that they have below
			if err != nil {
				t.Fatal(err)
			}
			x := e.Message(line, nil)
			if len(x.Records) == 0 || x.Records[0].Reason != "" {
				continue
			}
			before := render(line)
			for _, v := range x.Unused { // those at the top
				member, found := root[v.Path]
				if !found {
					continue
				}
				delete(root, v.Path)
				without, err := json.Marshal(root)
				if err != nil {
					t.Fatal(err)
				}
				root[v.Path] = member
				if after := render(without); after != before {
					t.Errorf("%s: without %s\n%s\nis\n%s\nwas\n%s", file, v.Path, line, after, before)
				}
				checked++
			}
		}
	}
	if checked < 200 {
		t.Errorf("%d members", checked)
	}
}

func TestEnvelopesAndLines(t *testing.T) {
	quoted := func(s string) string {
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return `{"@timestamp":"2026-11-22T05:40:00Z","agent":{"type":"filebeat","id":"a1"},"host":{"name":"edge"},"log":{"offset":7,"file":{"path":"/x.log"}},"message":` + string(text) + `}`
	}
	e := explainer(t)
	x := e.Message([]byte(quoted(kong)), nil)
	for field, want := range map[string]string{"gateway": "stated host.name", "path": "stated message ▸ request.uri", "time": "stated message ▸ started_at"} {
		if got := from(&x, field); got != want {
			t.Errorf("%s is %s, want %s", field, got, want)
		}
	}
	x = e.Message([]byte(quoted(`INFO:     203.0.113.9:52422 - "POST /v1/chat/completions?x=1 HTTP/1.1" 401 Unauthorized`)), nil)
	for field, want := range map[string]string{
		"time": "stated @timestamp", "client": "stated message ▸ bytes 11-27", "path": "stated message ▸ bytes 32-69",
		"status": "stated message ▸ bytes 72-74", "auth": "worked out message ▸ bytes 72-74",
	} {
		if got := from(&x, field); got != want {
			t.Errorf("%s is %s, want %s", field, got, want)
		}
	}
	x = e.Message([]byte(`203.0.113.9 - jo [22/Nov/2026:05:40:00 +0000] "POST /v1/chat/completions HTTP/1.1" 200 5120 "http://a.example" "OpenAI/Python 1.40.0"`), nil)
	for field, want := range map[string]string{
		"time": "stated bytes 19-44", "principal": "stated bytes 15-16", "user_agent": "stated bytes 113-132", "response_bytes": "stated bytes 88-91",
	} {
		if got := from(&x, field); got != want {
			t.Errorf("%s is %s, want %s", field, got, want)
		}
	}
	if got := paths(x.Unused); got != "bytes 94-109" {
		t.Errorf("not used: %s", got)
	}
}

func TestMappings(t *testing.T) {
	e := explainer(t, custom.Config{Name: "mine", Match: custom.Match{All: []string{"t"}, Equals: []custom.Equal{{Path: "kind", Value: "access"}}},
		Fields: []custom.Field{{Field: "time", Path: []string{"t"}}, {Field: "path", Path: []string{"a.b", "c"}}, {Field: "provider", Value: "openai"},
			{Field: "tools", Path: []string{"tools"}}}})
	x := e.Message([]byte(`{"t":1763800000,"kind":"access","a":{"b":"/x"},"c":"/y","tools":[{"n":1},{"n":2}],"junk":null}`), nil)
	for field, want := range map[string]string{"time": "stated t", "path": "stated a.b", "provider": "fixed ", "tools": "stated tools[0], tools[1]"} {
		if got := from(&x, field); got != want {
			t.Errorf("%s is %s, want %s", field, got, want)
		}
	}
	if got := paths(x.Tells); got != "kind, t" {
		t.Errorf("tells: %s", got)
	}
	if got := paths(x.Shadowed); got != "c" || x.Shadowed[0].Note != "gives path where a.b is missing" {
		t.Errorf("stand in: %+v", x.Shadowed)
	}
	if got := paths(x.Unused); got != "junk, tools[0].n, tools[1].n" {
		t.Errorf("not used: %s", got)
	}
}

func TestManyRecords(t *testing.T) {
	line := `{"time":1763800000,"path":"/a","status":200}`
	x := explainer(t).Message([]byte("["+line+`,{"a":1},`+strings.ReplaceAll(line, "/a", "/b")+"]"), nil)
	if len(x.Records) != 3 || x.Records[1].Reason == "" {
		t.Fatalf("%+v", x.Records)
	}
	if got := x.Records[2].Fields[1]; got.Name != "path" || got.From[0] != "[2].path" {
		t.Errorf("%+v", got)
	}
}

// TestNothingRawIsTold plants values that must not come out, in values and in
// names.
func TestNothingRawIsTold(t *testing.T) {
	line := `{"time":1763800000,"path":"/a?mail=jo@example.com","status":401,"user":"jo@example.com","token":"hunter2hunter2","extra":{"jo@example.com":"hunter2hunter2"},"jo@example.com":5,"note":"hunter2hunter2\u001b[31m","\u001b]0;x\u0007":1,"\u202etxt":2}`
	x := explainer(t).Message([]byte(line), []schemas.Event{{Path: "/a", Principal: "h1:k1:x\x1b[31m", Status: 401}})
	var table bytes.Buffer
	if err := x.Write(&table); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(&x)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{table.String(), string(text)} {
		for _, secret := range []string{"jo@example.com", "hunter2", "\x1b", "\u202e"} {
			if strings.Contains(out, secret) {
				t.Errorf("%q is in %s", secret, out)
			}
		}
		if !strings.Contains(out, "h1:k1:x") || !strings.Contains(out, "[EMAIL]") {
			t.Errorf("what is redacted is missing in %s", out)
		}
	}
}

// TestWorkIsBounded explains messages of very many values, and very long ones.
func TestWorkIsBounded(t *testing.T) {
	var many strings.Builder
	many.WriteString(`{"time":1763800000,"path":"/a","status":200`)
	for i := range 5000 {
		fmt.Fprintf(&many, `,"m%d":%d`, i, i)
	}
	many.WriteString("}")
	long := `{"time":1763800000,"path":"/a","status":200,"x":["` + strings.Repeat(`y","`, 100_000) + `"],"z":"` + strings.Repeat("z ", 200_000) + `"}`
	deep := `{"time":1763800000,"path":"/a","status":200,"d":` + strings.Repeat(`{"d":`, 50) + "1" + strings.Repeat("}", 50) + "}"
	for name, c := range map[string]struct {
		text    string
		limited bool
	}{
		"many": {many.String(), true}, "long": {long, true}, "deep": {deep, false},
		"words": {strings.Repeat(`a "b" [c] `, 10_000), true}, "open": {`{"a":"`, false}, "empty": {"", false}, "quotes": {strings.Repeat(`"`, 1001), false},
	} {
		start := time.Now()
		x := explainer(t).Message([]byte(c.text), nil)
		if took := time.Since(start); took > 30*time.Second || x.Limited != c.limited || x.Tried > 2000 {
			t.Errorf("%s: %v, %d tried, limited %v", name, took, x.Tried, x.Limited)
		}
	}
}

func TestSkipped(t *testing.T) {
	x := explainer(t).Message([]byte(`{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1763800000000,"message":"CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."}]}`), nil)
	var out bytes.Buffer
	if err := x.Write(&out); err != nil || !x.Skipped || !strings.Contains(out.String(), "skipped") {
		t.Errorf("%+v: %s", x, out.String())
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(kong))
	f.Add([]byte(`203.0.113.9 - jo [22/Nov/2026:05:40:00 +0000] "POST /v1/chat HTTP/1.1" 200 5120 "-" "x"`))
	f.Add([]byte(`{"@timestamp":"2026-11-22T05:40:00Z","agent":{"type":"filebeat"},"message":"{\"path\":\"\\/x\",\"status\":200}"}`))
	f.Add([]byte(`[{"path":"/a","time":1763800000},{"b":[1,{"c":"\ud800"}]}]`))
	e := explainer(f)
	f.Fuzz(func(t *testing.T, message []byte) {
		if len(message) > 2000 {
			return
		}
		before := bytes.Clone(message)
		x := e.Message(message, nil)
		if !bytes.Equal(before, message) {
			t.Fatal("the message was changed")
		}
		if err := x.Write(&bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
	})
}
