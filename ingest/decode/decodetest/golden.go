package decodetest

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
)

var update = flag.Bool("update", false, "write expected.json from what is decoded")

// Golden runs the cases of a format: every folder of testdata holds input.log,
// one message a line, and expected.json, a list of what each line gives. A
// message of several lines is a file with one JSON value: message.json.
func Golden(t *testing.T, format string) {
	t.Helper()
	for _, dir := range cases(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var got [][]Result
			d := New(t, format)
			for _, m := range messages(t, dir) {
				got = append(got, Decode(t, d, m))
			}
			text, err := json.MarshalIndent(got, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, "expected.json")
			if *update {
				if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(bytes.TrimSpace(want), text) {
				t.Errorf("got\n%s\nwant\n%s", text, want)
			}
		})
	}
}

// cases returns the folders of testdata that are cases.
func cases(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/*/expected.json")
	if *update {
		files, err = filepath.Glob("testdata/*/[im]*")
	}
	if err != nil || len(files) == 0 {
		tb.Fatalf("no cases in testdata: %v", err)
	}
	var dirs []string
	for _, f := range files {
		dirs = append(dirs, filepath.Dir(f))
	}
	return dirs
}

// messages returns the messages of a case.
func messages(tb testing.TB, dir string) [][]byte {
	tb.Helper()
	if whole, err := os.ReadFile(filepath.Join(dir, "message.json")); err == nil {
		return [][]byte{whole}
	}
	text, err := os.ReadFile(filepath.Join(dir, "input.log"))
	if err != nil {
		tb.Fatal(err)
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

// allMessages returns the messages of all cases.
func allMessages(tb testing.TB) [][]byte {
	tb.Helper()
	var all [][]byte
	for _, dir := range cases(tb) {
		all = append(all, messages(tb, dir)...)
	}
	return all
}

// perCase is how many messages of a case the conformance suite varies: those of
// a case are alike, and the suite decodes each some ten thousand times.
const perCase = 3

// someMessages returns the first messages of all cases.
func someMessages(tb testing.TB) [][]byte {
	tb.Helper()
	var some [][]byte
	for _, dir := range cases(tb) {
		m := messages(tb, dir)
		some = append(some, m[:min(len(m), perCase)]...)
	}
	return some
}

// Fuzz checks the duties of a decoder on whatever the fuzzer makes of the
// format's cases, with the format found and with it given, and that a message
// decodes to the same again.
func Fuzz(f *testing.F, format string) {
	f.Helper()
	for _, m := range allMessages(f) {
		f.Add(m)
	}
	found, given := New(f, decode.Auto), New(f, format)
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, d := range []*decode.Decoder{found, given} {
			if first, again := render(t, Decode(t, d, value)), render(t, Decode(t, d, value)); first != again {
				t.Fatalf("decoded to\n%s\nand then to\n%s", first, again)
			}
		}
	})
}

func render(tb testing.TB, r []Result) string {
	tb.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// Benchmark measures the decoding of one line, with its format found.
func Benchmark(b *testing.B, line []byte) {
	b.Helper()
	d := New(b, decode.Auto)
	if r := Decode(b, d, line); r[0].Record == nil {
		b.Fatalf("rejected: %+v", *r[0].Reject)
	}
	var s discard
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		d.Decode(line, &s)
	}
}

// Allocations returns how many allocations the decoding of a line takes, once
// the decoder is warm.
func Allocations(tb testing.TB, line []byte) float64 {
	tb.Helper()
	d := New(tb, decode.Auto)
	var s discard
	n := testing.AllocsPerRun(200, func() { d.Decode(line, &s) })
	if s.records == 0 || s.rejects > 0 {
		tb.Fatalf("%d records, %d rejects", s.records, s.rejects)
	}
	return n
}

// discard is a sink that counts.
type discard struct{ records, rejects int }

func (s *discard) Record(int32, *decode.Record)                 { s.records++ }
func (s *discard) Reject(int32, string, string, string, []byte) { s.rejects++ }
