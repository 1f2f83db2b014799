package cloudwatch_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

func TestGolden(t *testing.T) { decodetest.Golden(t, "auto") }

func TestConformance(t *testing.T) {
	decodetest.Conformance(t, "cloudwatch", "messageType", "logGroup", "logStream", "logEvents")
}

func FuzzDecode(f *testing.F) { decodetest.Fuzz(f, "cloudwatch") }

// batch returns a data message with n events, whose ids begin at first.
func batch(first, n int) []byte {
	var b strings.Builder
	b.WriteString(`{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"/aws/apigateway/llm","logStream":"s","subscriptionFilters":["kafka"],"logEvents":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"%056d","timestamp":1700000000000,"message":"{\"requestId\":\"r%d\",\"httpMethod\":\"GET\",\"resourcePath\":\"/pets\",\"status\":\"200\"}"}`, first+i, first+i)
	}
	b.WriteString("]}")
	return []byte(b.String())
}

// TestControl shows that the health checks of a destination are neither
// records nor rejects, but counted.
func TestControl(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	const control = `{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{"id":"","timestamp":1432826855000,"message":"CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."}]}`
	if got := decodetest.Decode(t, d, []byte(control)); len(got) != 0 || d.Skipped() != 1 {
		t.Fatalf("%d results, %d skipped", len(got), d.Skipped())
	}
}

// TestRedelivery shows that an event has the same origin in whatever batch it
// comes, and no two events have the same.
func TestRedelivery(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	first := decodetest.Decode(t, d, batch(0, 3))
	again := decodetest.Decode(t, d, batch(1, 3))
	for i := range 2 {
		if first[i+1].Record.Origin != again[i].Record.Origin {
			t.Errorf("event %d came from %v and then from %v", i+1, first[i+1].Record.Origin, again[i].Record.Origin)
		}
	}
	seen := map[decode.Origin]bool{}
	for _, r := range append(first, again[2]) {
		if seen[r.Record.Origin] || r.Record.Origin.Agent == "" {
			t.Errorf("origin %v is not of one event", r.Record.Origin)
		}
		seen[r.Record.Origin] = true
	}
}

// TestLongBatch decodes a batch that is longer than a record may be, as it
// arrives: compressed.
func TestLongBatch(t *testing.T) {
	const n = 9000
	text := batch(0, n)
	if len(text) < 1<<20 {
		t.Fatalf("the batch has only %d bytes", len(text))
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := decodetest.Decode(t, decodetest.New(t, decode.Auto), packed.Bytes())
	if len(got) != n {
		t.Fatalf("%d results, want %d", len(got), n)
	}
	for i, r := range got {
		if r.Record == nil || r.Record.RequestID != fmt.Sprintf("r%d", i) {
			t.Fatalf("event %d is %+v", i, r)
		}
	}
}

// TestNested decodes a batch within a batch, and what follows it: each record
// has the log group that it is from.
func TestNested(t *testing.T) {
	const event = `{"id":"%s","timestamp":1700000000000,"message":%s}`
	const batch = `{"messageType":"DATA_MESSAGE","logGroup":"%s","logStream":"s","logEvents":[%s]}`
	const line = `{"requestId":"r","httpMethod":"GET","routeKey":"GET /a","status":"200"}`
	inner := fmt.Sprintf(batch, "inner", fmt.Sprintf(event, "1", strconv.Quote(line)))
	outer := fmt.Sprintf(batch, "outer", fmt.Sprintf(event, "2", strconv.Quote(inner))+","+fmt.Sprintf(event, "3", strconv.Quote(line)))
	got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(outer))
	if len(got) != 2 || got[0].Record == nil || got[1].Record == nil {
		t.Fatalf("%+v", got)
	}
	for i, want := range []decode.Origin{{Agent: "inner", File: "1", Single: true}, {Agent: "outer", File: "3", Single: true}} {
		if r := got[i].Record; r.Origin != want || r.Gateway != want.Agent {
			t.Errorf("record %d is of %s, from %v; want %v", i, r.Gateway, r.Origin, want)
		}
	}
}

// TestFaultyEvents shows that an event that is none costs no other.
func TestFaultyEvents(t *testing.T) {
	const events = `{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[` +
		`7,null,"text",{"id":"1"},{"id":"2","timestamp":1700000000000,"message":""},` +
		`{"id":"3","timestamp":1700000000000,"message":"{\"requestId\":"},` +
		`{"id":"4","timestamp":1700000000000,"message":"no access log"},` +
		`{"id":"5","timestamp":1700000000000,"message":"{\"requestId\":\"r\",\"httpMethod\":\"GET\",\"routeKey\":\"GET /a\",\"status\":\"200\"}"}]}`
	got := decodetest.Decode(t, decodetest.New(t, decode.Auto), []byte(events))
	if len(got) != 8 || got[7].Record == nil {
		t.Fatalf("%d results", len(got))
	}
	for i, r := range got[:7] {
		if r.Reject == nil {
			t.Errorf("event %d is a record", i)
		}
	}
}

// TestNoAllocations holds the usual record to what decoding is to cost.
func TestNoAllocations(t *testing.T) {
	text, err := os.ReadFile("testdata/subscription/input.log")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if n := decodetest.Allocations(t, line); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestSingle checks of which records the event's id is the origin of one alone.
func TestSingle(t *testing.T) {
	const line = `{\"time\":\"2026-11-22T05:40:00Z\",\"path\":\"/a\",\"status\":200}`
	d := decodetest.New(t, decode.Auto)
	for message, want := range map[string][]bool{
		line:                          {true},
		"[" + line + "]":              {true},
		"[" + line + "," + line + "]": {false, false},
		`{\"n\":1,\"records\":[` + line + "," + line + `]}`: {false, false},
	} {
		text := `{"messageType":"DATA_MESSAGE","logGroup":"g","logStream":"s","logEvents":[{"id":"1","timestamp":1795326000123,"message":"` + message + `"}]}`
		got := decodetest.Decode(t, d, []byte(text))
		if len(got) != len(want) {
			t.Fatalf("%s gave %d records", message, len(got))
		}
		for i, r := range got {
			if r.Record == nil || r.Record.Origin.File != "1" || r.Record.Origin.Single != want[i] {
				t.Errorf("%s: %d is %+v", message, i, r)
			}
		}
	}
}
