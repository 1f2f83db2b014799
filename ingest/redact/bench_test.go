package redact

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

// typical returns a record as Kong logs it: n varies what varies.
func typical(n int) decode.Record {
	return decode.Record{
		Format: "kong", Gateway: "ai-gateway", Tenant: "default", RequestID: fmt.Sprintf("%08x-18d0-480f-8182-a3a3c477a6a4", n),
		Method: "POST", Host: "api.example.com", Route: "/v1/chat/completions", Path: "/v1/chat/completions", Time: 1726782477123000000,
		Known: schemas.HasStatus | schemas.HasLatency, Status: 200, Principal: fmt.Sprintf("consumer-%d", n%1000), Credential: fmt.Sprintf("cred-%d", n%1000),
		UserAgent: "OpenAI/Python 1.30.1", Provider: "openai", Model: "gpt-4o-2024-08-06", Operation: "chat", FinishReason: "stop",
	}
}

func BenchmarkEvent(b *testing.B) {
	for _, bench := range []struct {
		name  string
		tweak func(*decode.Record)
	}{
		{"typical", func(*decode.Record) {}},
		{"query", func(r *decode.Record) { r.Query = "api-version=2024-06-01&user=" + r.RequestID }},
		{"one-shot principals", func(r *decode.Record) { r.Principal, r.Credential = r.RequestID, r.RequestID[1:] }},
		{"prompt of 1 KB", func(r *decode.Record) { r.Prompt = []string{strings.Repeat("Tell me about it. ", 57)} }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			r := newRedactor(b, DefaultConfig())
			recs := make([]decode.Record, 4096)
			for i := range recs {
				recs[i] = typical(i)
				bench.tweak(&recs[i])
			}
			var arena schemas.Arena
			var ev schemas.Event
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				ev.ClientAddr = netip.AddrFrom4([4]byte{203, 0, byte(i >> 6), byte(i)})
				if err := r.Event(&recs[i%len(recs)], &ev, &arena); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestEventAllocatesLittle holds the bound of one allocation an event, the
// arena's blocks included.
func TestEventAllocatesLittle(t *testing.T) {
	r := newRedactor(t, DefaultConfig())
	recs := make([]decode.Record, 1000)
	for i := range recs {
		recs[i] = typical(i)
		recs[i].Query = "api-version=2024-06-01&email=a%40b.com"
		recs[i].Prompt = []string{"Tell me about 12 things in Paris"}
	}
	var arena schemas.Arena
	var ev schemas.Event
	i := 0
	if n := testing.AllocsPerRun(5000, func() {
		ev.ClientAddr = netip.AddrFrom4([4]byte{203, 0, byte(i >> 8), byte(i)})
		if err := r.Event(&recs[i%len(recs)], &ev, &arena); err != nil {
			t.Error(err)
		}
		i++
	}); n > 1 {
		t.Errorf("%v allocations an event", n)
	}
}
