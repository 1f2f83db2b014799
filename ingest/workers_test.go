package ingest_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/formats"
	"github.com/gatehound/gatehound/ingest/enrich"
	"github.com/gatehound/gatehound/ingest/prompt"
	"github.com/gatehound/gatehound/ingest/redact"
)

// BenchmarkWorkers is what an event costs as workers and callers grow, with all
// that workers share: tables, signatures, keys and the sample for the second scan.
// Two workers must cost an event what one does, and a hundred times the callers
// what a value costs that no cache has.
func BenchmarkWorkers(b *testing.B) {
	keys, err := redact.GenerateKeys()
	require.NoError(b, err)
	tables, err := enrich.Open(enrich.DefaultConfig(), nil, nil)
	require.NoError(b, err)
	signatures, err := prompt.OpenSignatures("", nil, nil)
	require.NoError(b, err)
	sample, err := redact.NewSelfScan(redact.DefaultConfig(), nil, nil)
	require.NoError(b, err)
	worker := func() *ingest.Normalizer {
		d, err := formats.New(decode.Options{})
		require.NoError(b, err)
		e, err := enrich.New(enrich.DefaultConfig(), tables)
		require.NoError(b, err)
		r, err := redact.New(redact.DefaultConfig(), keys)
		require.NoError(b, err)
		p, err := prompt.New(prompt.DefaultConfig(), keys, signatures, r.Text)
		require.NoError(b, err)
		return ingest.NewNormalizer(d, e, r, p)
	}
	for _, callers := range []int{1_000, 100_000} {
		chunks := chunksOf(callers)
		for _, workers := range []int{1, 2, 8} {
			b.Run(fmt.Sprintf("callers=%d/workers=%d", callers, workers), func(b *testing.B) {
				var all []*ingest.Normalizer
				for range workers {
					all = append(all, worker())
				}
				before, events := cpuTime(b), 0
				for b.Loop() {
					var running sync.WaitGroup
					for w, n := range all {
						running.Go(func() {
							for i := w; i < len(chunks); i += workers {
								sample.Part(n.Normalize(chunks[i]))
							}
						})
					}
					running.Wait()
					events += 100_000
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(events), "cpu-ns/event")
			})
		}
	}
}

// chunksOf returns 100,000 records of so many callers, in chunks of 1,000.
func chunksOf(callers int) (chunks []*ingest.Chunk) {
	for i := range 100_000 {
		if i%1000 == 0 {
			chunks = append(chunks, &ingest.Chunk{Topic: "t", First: int64(i), Next: int64(i) + 1000})
		}
		c, caller := chunks[i/1000], i%callers
		c.Slab = fmt.Appendf(c.Slab, `{"time":"2026-05-01T10:00:00.%06dZ","request_id":"%08x","ip":"198.%d.%d.%d","method":"POST",`+
			`"path":"/v1/chat/completions","status":200,"user":"user-%d","user_agent":"OpenAI/Python 1.40.0"}`,
			i, i, 18+caller>>16, caller>>8&0xff, caller&0xff, caller)
		c.Ends, c.Offsets = append(c.Ends, len(c.Slab)), append(c.Offsets, int64(i))
	}
	return chunks
}
