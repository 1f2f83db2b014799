package ingest_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/formats"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// varied makes the records of samples into those of many callers: every request
// has an id of its own, and there are 1,024 callers with a name and an address.
// If fresh is set, no path and no query comes again before the caches have
// forgotten it.
type varied struct {
	to            func(*decode.Record, netip.Addr)
	fresh         bool
	events        int
	callers       []string
	ids           []string
	paths, params []string
}

// variety is how many different values there are, eight times as many as the
// cache of paths has, and callers how many of them are callers.
const (
	variety = 8192
	callers = 1024
)

func newVaried() *varied {
	v := &varied{}
	for i := range variety {
		id := fmt.Sprintf("%08x-18d0-480f-8182-a3a3c477a6a4", uint32(i)*0x9e3779b9)
		v.ids = append(v.ids, id)
		v.callers = append(v.callers, fmt.Sprintf("service-%d", i%callers))
		v.paths = append(v.paths, "/v1/threads/thread_"+id[:8]+"/runs")
		v.params = append(v.params, "api-version=2024-06-01&after=run_"+id[:8])
	}
	return v
}

func (v *varied) Record(_ int32, r *decode.Record) {
	n := v.events % variety
	v.events++
	if v.to == nil {
		return
	}
	if r.RequestID != "" {
		r.RequestID = v.ids[n]
	}
	if r.Principal != "" {
		r.Principal = v.callers[n]
	}
	if v.fresh && r.Path != "" {
		r.Path = v.paths[n]
	}
	if v.fresh && r.Query != "" {
		r.Query = v.params[n]
	}
	v.to(r, netip.AddrFrom4([4]byte{198, 18, byte(n % callers >> 8), byte(n)}))
}

func (v *varied) Reject(int32, string, string, string, []byte) {}

// BenchmarkRedaction is what redaction costs beside decoding, for every format
// over the records of its golden cases: pseudonyms and the hash of the delivery
// are part of it, enrichment and what is read from prompts are not. It reports the
// medians of an event: decoding alone, and with redaction, in ns of the processor's
// time; their ratio; the ratio for paths and queries that are never the same; and allocations. Texts and
// JSON of one format are told apart.
func BenchmarkRedaction(b *testing.B) {
	for _, format := range formats.Names()[1:] {
		files, err := filepath.Glob("decode/" + format + "/testdata/*/[im]*")
		require.NoError(b, err)
		samples := map[string][][]byte{}
		for _, f := range files {
			content, err := os.ReadFile(f)
			require.NoError(b, err)
			messages := [][]byte{content}
			if filepath.Base(f) == "input.log" {
				messages = bytes.Split(content, []byte("\n"))
			}
			for _, m := range messages {
				if !decodes(b, m) {
					continue
				}
				shape := "text"
				if m[0] == '{' || m[0] == '[' && m[1] == '{' {
					shape = "JSON"
				}
				samples[shape] = append(samples[shape], m)
			}
		}
		for _, shape := range []string{"JSON", "text"} {
			if len(samples[shape]) > 0 {
				b.Run(format+"/"+shape, func(b *testing.B) { benchRedaction(b, samples[shape]) })
			}
		}
	}
}

// decodes reports whether a message gives events, and no rejects.
func decodes(b *testing.B, message []byte) bool {
	if len(message) == 0 {
		return false
	}
	part := normalizer(b).Normalize(chunk(string(message)))
	return len(part.Events) > 0 && len(part.Rejects) == 0
}

// cpuTime is the processor time of the whole process, user and system.
func cpuTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchRedaction(b *testing.B, messages [][]byte) {
	d, err := formats.New(decode.Options{})
	require.NoError(b, err)
	keys, err := redact.GenerateKeys()
	require.NoError(b, err)
	r, err := redact.New(redact.DefaultConfig(), keys)
	require.NoError(b, err)
	var arena schemas.Arena
	var ev schemas.Event
	redacted := func(rec *decode.Record, client netip.Addr) {
		ev.ClientAddr = client
		if err := r.Event(rec, &ev, &arena); err != nil {
			b.Fatal(err)
		}
	}
	v := newVaried()
	pass := func(to func(*decode.Record, netip.Addr), fresh bool) int {
		v.to, v.fresh = to, fresh
		before := v.events
		for v.events < before+variety {
			for _, m := range messages {
				d.Decode(m, v)
			}
		}
		return v.events - before
	}
	var spent [3][]float64
	step := func(i int, to func(*decode.Record, netip.Addr), fresh bool) {
		before := cpuTime(b)
		n := pass(to, fresh)
		spent[i] = append(spent[i], float64((cpuTime(b)-before).Nanoseconds())/float64(n))
	}
	events := float64(pass(redacted, false))
	decodeAllocs := testing.AllocsPerRun(1, func() { pass(nil, false) }) / events
	redactAllocs := testing.AllocsPerRun(1, func() { pass(redacted, false) }) / events
	for b.Loop() {
		step(0, nil, false)
		step(1, redacted, false)
		step(2, redacted, true)
	}
	median := func(i int) float64 { slices.Sort(spent[i]); return spent[i][len(spent[i])/2] }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(0), "decode-ns")
	b.ReportMetric(median(1), "redacted-ns")
	b.ReportMetric(median(1)/median(0), "ratio")
	b.ReportMetric(median(2)/median(0), "fresh-ratio")
	b.ReportMetric(decodeAllocs, "decode-allocs")
	b.ReportMetric(redactAllocs, "redacted-allocs")
}
