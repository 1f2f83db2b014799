package otlp_test

import (
	"fmt"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode/decodetest"
)

// BenchmarkJoin is the worst case of the search for calls: every second span
// of a full batch is a request, in a trace of its own.
func BenchmarkJoin(b *testing.B) {
	var list []string
	for i := range 256 {
		list = append(list, fmt.Sprintf(server, fmt.Sprint("trace", i)), fmt.Sprintf(call, fmt.Sprint("trace", i)))
	}
	decodetest.Benchmark(b, []byte(spans(list...)))
}
