// Package decodetest is the one suite that every log format passes: golden
// cases, hostile input, fuzzing and benchmarks. A format's test names its
// format and what it has in testdata; the checks are the same for all.
package decodetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/formats"
	"github.com/gatehound/gatehound/schemas"
)

// Now is the clock of all tests.
var Now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// New returns a decoder of the named format with the clock at Now.
func New(tb testing.TB, format string) *decode.Decoder {
	tb.Helper()
	d, err := formats.New(decode.Options{Format: format, Now: func() time.Time { return Now }})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// Result is one call of a sink: Record or Reject.
type Result struct {
	Record *decode.Record
	Reject *Reject
}

// MarshalJSON writes what a golden file has.
func (r Result) MarshalJSON() ([]byte, error) {
	if r.Record != nil {
		return json.Marshal(map[string]any{"record": fields(r.Record)})
	}
	return json.Marshal(map[string]any{"reject": r.Reject})
}

// Reject is what a sink's Reject was given.
type Reject struct {
	Stage  string `json:"stage"`
	Reason string `json:"reason"`
	Format string `json:"format,omitempty"`
	Bytes  int    `json:"bytes"`
}

// Sink collects copies of what a decoder gives it, and notes what it must not.
type Sink struct {
	Results []Result
	Faults  []string
}

var _ decode.Sink = (*Sink)(nil)

// Decode returns what d makes of value, and fails the test if it breaks the
// duties of a decoder.
func Decode(tb testing.TB, d *decode.Decoder, value []byte) []Result {
	tb.Helper()
	var s Sink
	before, skipped := bytes.Clone(value), d.Skipped()
	d.Decode(value, &s)
	if len(s.Results) == 0 && d.Skipped() == skipped {
		s.fault("neither a record nor a reject, and nothing skipped")
	}
	if !bytes.Equal(before, value) {
		s.fault("the message was changed")
	}
	if len(s.Faults) > 0 {
		tb.Fatalf("%s\nof %.300q", strings.Join(s.Faults, "\n"), value)
	}
	return s.Results
}

func (s *Sink) fault(format string, args ...any) {
	s.Faults = append(s.Faults, fmt.Sprintf(format, args...))
}

// Record implements decode.Sink.
func (s *Sink) Record(index int32, r *decode.Record) {
	s.index(index)
	c := *r
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Kind() {
		case reflect.String:
			f.SetString(strings.Clone(f.String()))
			if !utf8.ValidString(f.String()) {
				s.fault("%s is not UTF-8", v.Type().Field(i).Name)
			}
		case reflect.Int32, reflect.Int64:
			if f.Int() < 0 {
				s.fault("%s is negative", v.Type().Field(i).Name)
			}
		}
	}
	c.Origin.Agent, c.Origin.File = strings.Clone(c.Origin.Agent), strings.Clone(c.Origin.File)
	if !utf8.ValidString(c.Origin.Agent + c.Origin.File) {
		s.fault("the origin is not UTF-8")
	}
	if c.Origin.Offset < 0 || c.Origin.Agent == "" && c.Origin != (decode.Origin{}) {
		s.fault("half an origin")
	}
	c.Prompt = nil
	for _, p := range r.Prompt {
		c.Prompt = append(c.Prompt, strings.Clone(p))
		if !utf8.ValidString(p) {
			s.fault("a prompt is not UTF-8")
		}
	}
	s.ranges(&c)
	s.Results = append(s.Results, Result{Record: &c})
}

// Reject implements decode.Sink.
func (s *Sink) Reject(index int32, stage, reason, format string, raw []byte) {
	s.index(index)
	if stage != decode.StageFrame && stage != decode.StageDecode {
		s.fault("unknown stage %q", stage)
	}
	if !reasons[reason] {
		s.fault("undocumented reason %q", reason)
	}
	s.Results = append(s.Results, Result{Reject: &Reject{stage, reason, format, len(raw)}})
}

var reasons = map[string]bool{
	decode.Empty: true, decode.InvalidGzip: true, decode.GzipBomb: true, decode.InvalidJSON: true,
	decode.TooDeep: true, decode.TooLarge: true, decode.TooMany: true,
	decode.UnknownFormat: true, decode.NoTime: true, decode.TimeOutOfRange: true,
}

func (s *Sink) index(index int32) {
	if int(index) != len(s.Results) {
		s.fault("index is %d, want %d", index, len(s.Results))
	}
}

// ranges checks that numbers are believable, and zero if they are not known.
func (s *Sink) ranges(r *decode.Record) {
	for bit, f := range known {
		if r.Known&bit == 0 && !reflect.ValueOf(f.of(r)).IsZero() {
			s.fault("%s is set and not known", f.name)
		}
	}
	for _, status := range [...]uint16{r.Status, r.UpstreamStatus} {
		if status != 0 && (status < 100 || status > 599) {
			s.fault("status is %d", status)
		}
	}
	if r.Cost < 0 || math.IsNaN(r.Cost) || math.IsInf(r.Cost, 0) {
		s.fault("cost is %v", r.Cost)
	}
	if t := r.Temperature; t < 0 || t != t || t > 100 {
		s.fault("temperature is %v", t)
	}
	if r.Time < time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano() || r.Time > Now.Add(time.Hour).UnixNano() {
		s.fault("time is %d", r.Time)
	}
	if r.Auth != schemas.AuthFailure && r.AuthReason != schemas.ReasonNone {
		s.fault("a reason without a failure")
	}
	if r.Format == "" {
		s.fault("no format")
	}
}

type knownField struct {
	name string
	of   func(*decode.Record) any
}

var known = map[schemas.FieldSet]knownField{
	schemas.HasStatus:          {"Status", func(r *decode.Record) any { return r.Status }},
	schemas.HasUpstreamStatus:  {"UpstreamStatus", func(r *decode.Record) any { return r.UpstreamStatus }},
	schemas.HasLatency:         {"Latency", func(r *decode.Record) any { return r.LatencyNS }},
	schemas.HasUpstreamLatency: {"UpstreamLatency", func(r *decode.Record) any { return r.UpstreamLatencyNS }},
	schemas.HasRequestBytes:    {"RequestBytes", func(r *decode.Record) any { return r.RequestBytes }},
	schemas.HasResponseBytes:   {"ResponseBytes", func(r *decode.Record) any { return r.ResponseBytes }},
	schemas.HasInputTokens:     {"InputTokens", func(r *decode.Record) any { return r.InputTokens }},
	schemas.HasOutputTokens:    {"OutputTokens", func(r *decode.Record) any { return r.OutputTokens }},
	schemas.HasCachedTokens:    {"CachedTokens", func(r *decode.Record) any { return r.CachedTokens }},
	schemas.HasReasoningTokens: {"ReasoningTokens", func(r *decode.Record) any { return r.ReasoningTokens }},
	schemas.HasCost:            {"Cost", func(r *decode.Record) any { return r.Cost }},
	schemas.HasStream:          {"Stream", func(r *decode.Record) any { return r.Stream }},
	schemas.HasTemperature:     {"Temperature", func(r *decode.Record) any { return r.Temperature }},
	schemas.HasMaxTokens:       {"MaxTokens", func(r *decode.Record) any { return r.MaxTokens }},
	schemas.HasChoices:         {"Choices", func(r *decode.Record) any { return r.Choices }},
	schemas.HasLogprobs:        {"Logprobs", func(r *decode.Record) any { return r.Logprobs }},
	schemas.HasTopLogprobs:     {"TopLogprobs", func(r *decode.Record) any { return r.TopLogprobs }},
	schemas.HasLogitBias:       {"LogitBias", func(r *decode.Record) any { return r.LogitBias }},
	schemas.HasTools:           {"Tools", func(r *decode.Record) any { return r.Tools }},
	schemas.HasMessages:        {"Messages", func(r *decode.Record) any { return r.Messages }},
	schemas.HasPrompt:          {"Prompt", func(r *decode.Record) any { return len(r.Prompt) }},
}

// fields returns what r states, for people to read: no zero that is not known,
// the time in RFC 3339, enumerations by name.
func fields(r *decode.Record) map[string]any {
	text, err := json.Marshal(r)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	m := map[string]any{}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		return map[string]any{"error": err.Error()}
	}
	delete(m, "Known")
	delete(m, "Presented")
	if r.Origin.Agent == "" {
		delete(m, "Origin")
	}
	for k, v := range m {
		switch v {
		case nil, "", "unknown", json.Number("0"), false:
			delete(m, k)
		}
	}
	for bit, f := range known {
		if r.Known&bit != 0 && bit != schemas.HasPrompt {
			name := f.name
			if strings.HasSuffix(name, "Latency") {
				name += "NS"
			}
			m[name] = f.of(r)
		}
	}
	m["Time"] = time.Unix(0, r.Time).UTC().Format(time.RFC3339Nano)
	return m
}
