package custom_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/goccy/go-yaml"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/custom"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
	"github.com/gatehound/gatehound/ingest/decode/formats"
)

// mappings reads a part of a configuration as the program does.
func mappings(tb testing.TB, text []byte) []custom.Config {
	tb.Helper()
	var raw map[string]any
	if err := yaml.Unmarshal(text, &raw); err != nil {
		tb.Fatal(err)
	}
	var cfg struct {
		Decode struct {
			Custom []custom.Config `mapstructure:"custom"`
		} `mapstructure:"decode"`
	}
	d, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{Result: &cfg, ErrorUnused: true, WeaklyTypedInput: true,
		DecodeHook: mapstructure.StringToSliceHookFunc(",")})
	if err != nil {
		tb.Fatal(err)
	}
	if err := d.Decode(raw); err != nil {
		tb.Fatal(err)
	}
	return cfg.Decode.Custom
}

// decoder returns one with the mappings of a case.
func decoder(tb testing.TB, dir, format string) *decode.Decoder {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "mapping.yaml"))
	if err != nil {
		tb.Fatal(err)
	}
	own, err := custom.Formats(mappings(tb, text))
	if err != nil {
		tb.Fatal(err)
	}
	d, err := formats.New(decode.Options{Format: format, Now: func() time.Time { return decodetest.Now }}, own...)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func cases(tb testing.TB) []string {
	tb.Helper()
	dirs, err := filepath.Glob("testdata/*/mapping.yaml")
	if err != nil || len(dirs) < 4 {
		tb.Fatalf("%d cases: %v", len(dirs), err)
	}
	for i := range dirs {
		dirs[i] = filepath.Dir(dirs[i])
	}
	return dirs
}

func lines(tb testing.TB, dir string) [][]byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "input.log"))
	if err != nil {
		tb.Fatal(err)
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

func TestGolden(t *testing.T) {
	for _, dir := range cases(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var got [][]decodetest.Result
			d := decoder(t, dir, decode.Auto)
			for _, line := range lines(t, dir) {
				got = append(got, decodetest.Decode(t, d, line))
			}
			text, err := json.MarshalIndent(got, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, "expected.json")
			if flag.Lookup("update").Value.String() == "true" {
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

// TestHostile cuts and damages the cases' lines at every byte; decodetest.Decode
// checks the duties of a decoder.
func TestHostile(t *testing.T) {
	for _, dir := range cases(t) {
		d := decoder(t, dir, decode.Auto)
		for _, line := range lines(t, dir) {
			for i := range line {
				decodetest.Decode(t, d, line[:i:i])
				for _, c := range []byte("\xff\x00\"\\{[ -|") {
					damaged := bytes.Clone(line)
					damaged[i] = c
					decodetest.Decode(t, d, damaged)
				}
			}
		}
	}
}

// TestTimeIsLinear gives lines and objects of half a megabyte, of what the
// templates and paths look for.
func TestTimeIsLinear(t *testing.T) {
	start := time.Now()
	for _, dir := range cases(t) {
		d := decoder(t, dir, decode.Auto)
		for _, piece := range []string{` - [`, `"`, `\"`, `AUDIT|`, `203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] "`, ` "x\" `, `  `} {
			decodetest.Decode(t, d, []byte("203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] \""+strings.Repeat(piece, 500_000/len(piece))))
		}
		for _, member := range []string{`"a":{"b":{"c":1}},`, `"a.b":{"c":1},`, `"call":{"op":{"op":1}},`, `"s":[[1],[2]],`, `"hops":["1"],`} {
			decodetest.Decode(t, d, []byte("{"+strings.Repeat(member, 500_000/len(member))+`"t":1795325000}`))
		}
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("%v", took)
	}
}

func TestFormatCanBeGiven(t *testing.T) {
	d := decoder(t, "testdata/edge_json", "acme-edge")
	if r := decodetest.Decode(t, d, []byte(`{"ts":"2026-11-22 06:40:00","call":{"uri":"/x"}}`)); r[0].Record == nil || r[0].Record.Format != "acme-edge" {
		t.Errorf("%+v", r[0].Reject)
	}
	d = decoder(t, "testdata/acme_line", "acme-audit")
	if r := decodetest.Decode(t, d, []byte(`203.0.113.9 - - [22/Nov/2026:05:40:00 +0000] "GET / HTTP/1.1" 200 1 "x" key=- took=1 up=- x`)); r[0].Reject == nil {
		t.Errorf("%+v", r[0].Record)
	}
}

// TestMappingsGoFirst takes another format's records, if a mapping says so.
func TestMappingsGoFirst(t *testing.T) {
	own, err := custom.Formats([]custom.Config{{Name: "mine", Match: custom.Match{All: []string{"remote_addr"}},
		Fields: []custom.Field{{Field: "time", Path: []string{"msec"}}, {Field: "path", Value: "/fixed"}}}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := formats.New(decode.Options{}, own...)
	if err != nil {
		t.Fatal(err)
	}
	r := decodetest.Decode(t, d, []byte(`{"msec":1795325000,"remote_addr":"1.2.3.4","request_uri":"/x","request_time":1,"status":200,"body_bytes_sent":1}`))
	if r[0].Record == nil || r[0].Record.Path != "/fixed" || r[0].Record.Format != "mine" {
		t.Errorf("%+v", r[0])
	}
}

// many returns mappings of the greatest number, each with names of its own.
func many() []custom.Config {
	var cfg []custom.Config
	for i := range 64 {
		c := custom.Config{Name: fmt.Sprintf("m%d", i), Match: custom.Match{All: []string{"shared", fmt.Sprintf("member_%d", i)}}}
		c.Fields = append(c.Fields, custom.Field{Field: "time", Path: []string{"t"}}, custom.Field{Field: "path", Path: []string{fmt.Sprintf("member_%d", i)}})
		cfg = append(cfg, c)
	}
	return cfg
}

func TestAllMappingsFit(t *testing.T) {
	own, err := custom.Formats(many())
	if err != nil {
		t.Fatal(err)
	}
	d, err := formats.New(decode.Options{}, own...)
	if err != nil {
		t.Fatal(err)
	}
	r := decodetest.Decode(t, d, []byte(`{"t":1795325000,"shared":1,"member_63":"/x"}`))
	if r[0].Record == nil || r[0].Record.Format != "m63" {
		t.Errorf("%+v", r[0])
	}
}

// TestManyPaths fills a mapping to its bounds.
func TestManyPaths(t *testing.T) {
	c := custom.Config{Name: "wide", Match: custom.Match{All: []string{"t"}}, Fields: []custom.Field{{Field: "time", Path: []string{"t"}}}}
	for _, name := range []string{"path", "method", "host", "route", "model", "tool", "tls", "tenant", "gateway", "end_user"} {
		f := custom.Field{Field: name}
		for i := range 8 {
			f.Path = append(f.Path, fmt.Sprintf("%s.p%d", name, i))
		}
		c.Fields = append(c.Fields, f)
	}
	own, err := custom.Formats([]custom.Config{c})
	if err != nil {
		t.Fatal(err)
	}
	d, err := formats.New(decode.Options{}, own...)
	if err != nil {
		t.Fatal(err)
	}
	r := decodetest.Decode(t, d, []byte(`{"t":1795325000,"path":{"p7":"/x"},"end_user":{"p3":"jo","p5":"no"}}`))
	if r[0].Record == nil || r[0].Record.Path != "/x" || r[0].Record.EndUser != "jo" {
		t.Errorf("%+v", r[0])
	}
}

type discard struct{ records, rejects int }

func (s *discard) Record(int32, *decode.Record)                 { s.records++ }
func (s *discard) Reject(int32, string, string, string, []byte) { s.rejects++ }

var usual = []struct{ name, dir string }{{"JSON", "testdata/edge_json"}, {"line", "testdata/acme_line"}}

func TestNoAllocations(t *testing.T) {
	for _, c := range usual {
		d, line := decoder(t, c.dir, decode.Auto), lines(t, c.dir)[0]
		var s discard
		if n := testing.AllocsPerRun(200, func() { d.Decode(line, &s) }); n > 0 || s.rejects > 0 {
			t.Errorf("%s: %v allocations, %d rejects", c.name, n, s.rejects)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, c := range usual {
		b.Run(c.name, func(b *testing.B) {
			d, line := decoder(b, c.dir, decode.Auto), lines(b, c.dir)[0]
			var s discard
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				d.Decode(line, &s)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	var all []*decode.Decoder
	for _, dir := range cases(f) {
		all = append(all, decoder(f, dir, decode.Auto))
		for _, line := range lines(f, dir) {
			f.Add(line)
		}
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		for _, d := range all {
			decodetest.Decode(t, d, value)
		}
	})
}
