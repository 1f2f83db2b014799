package clickhouse

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse/internal/columns"
)

// benchBatch makes events as gateways log them: 2,000 principals, 4,000
// addresses, 40 routes, five minutes.
func benchBatch(n, events int) *schemas.Batch {
	r := rand.New(rand.NewPCG(uint64(n), 1))
	start := time.Now().Truncate(time.Hour).Add(-time.Hour)
	part := &schemas.Part{Range: schemas.Range{Topic: "logs", First: int64(n * events), Next: int64((n + 1) * events)}}
	agents := []string{"OpenAI/Python 2.8.0", "curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"}
	for i := range events {
		p := r.IntN(2000)
		status := uint16(200)
		if r.IntN(20) == 0 {
			status = 401
		}
		part.Events = append(part.Events, schemas.Event{
			Position: schemas.Position{Topic: "logs", Offset: int64(n*events + i)},
			Time:     start.Add(time.Duration(r.Int64N(int64(5 * time.Minute)))).UnixNano(),
			Known: schemas.HasStatus | schemas.HasUpstreamStatus | schemas.HasLatency | schemas.HasUpstreamLatency | schemas.HasRequestBytes |
				schemas.HasResponseBytes | schemas.HasInputTokens | schemas.HasOutputTokens | schemas.HasStream | schemas.HasTemperature | schemas.HasPrompt,
			Format: "kong", Gateway: "gw-1", Tenant: fmt.Sprintf("team-%d", p%20), RequestID: fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()),
			Method: "POST", Host: "api.example.com", Route: fmt.Sprintf("/v1/r%d/chat/completions", r.IntN(40)), Path: fmt.Sprintf("/v1/r%d/chat/completions", r.IntN(40)),
			Status: status, UpstreamStatus: status, Responder: schemas.ResponderUpstream, Auth: schemas.AuthSuccess,
			Principal: fmt.Sprintf("h1:k1:%022d", p), Credential: fmt.Sprintf("h1:k1:%022d", p*7),
			Client: netip.AddrFrom4([4]byte{10, byte(p % 3), byte(p >> 8), byte(p)}), ASN: 64500, Country: "DE",
			UserAgent: agents[p%3], ClientClass: schemas.ClientSDK,
			Latency: time.Duration(r.ExpFloat64() * 4e8), UpstreamLatency: time.Duration(r.ExpFloat64() * 4e8),
			RequestBytes: int64(r.IntN(4000)), ResponseBytes: int64(r.IntN(9000)),
			Provider: "openai", Model: "gpt-5-mini", Operation: "chat", InputTokens: int64(r.IntN(2000)), OutputTokens: int64(r.IntN(800)),
			Stream: p%2 == 0, Temperature: 0.7, FinishReason: "stop", PromptLength: int32(r.IntN(8000)),
			PromptFingerprint: r.Uint64(), TemplateFingerprint: uint64(p % 50), Redacted: schemas.RedactionCounts{1, 0, 0, 0, 0, 0, 1},
		})
	}
	b := &schemas.Batch{Parts: []*schemas.Part{part}}
	b.Seal()
	return b
}

// BenchmarkWriteBatch gives the cost of a row: of the whole process, the engine
// included, in CPU time; with all views, and without some to see their shares.
func BenchmarkWriteBatch(b *testing.B) {
	for _, events := range []int{10_000, 50_000} {
		for _, without := range []string{"", "rollup_principal", "rollup_address", "rollup_route", "all"} {
			name := fmt.Sprintf("events=%d/without=%s", events, without)
			if without == "" {
				name = fmt.Sprintf("events=%d/all views", events)
			}
			b.Run(name, func(b *testing.B) {
				s := testStore(b)
				for _, v := range []string{"rollup_principal", "rollup_address", "rollup_route"} {
					if v == without || without == "all" {
						if err := s.conn.Exec(b.Context(), "DROP VIEW "+v+"_view"); err != nil {
							b.Fatal(err)
						}
					}
				}
				n := 0
				batch := benchBatch(0, events)
				cpu := cpuTime()
				b.ReportAllocs()
				for b.Loop() {
					n++
					batch.Token = fmt.Sprint(n)
					if err := s.WriteBatch(b.Context(), batch); err != nil {
						b.Fatal(err)
					}
				}
				rows := float64(n * events)
				b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/rows, "cpu-µs/row")
				b.ReportMetric(rows/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}

// BenchmarkColumns is the part of it that is Go's: rows into columns into bytes.
func BenchmarkColumns(b *testing.B) {
	batch := benchBatch(0, 10_000)
	c := columns.New(eventColumns())
	b.ReportAllocs()
	for b.Loop() {
		for i := range batch.Parts[0].Events {
			if c.Add(&batch.Parts[0].Events[i]); c.Rows() < flushRows {
				continue
			}
			if err := c.Flush(func(int) driver.BatchColumn { return discard{} }); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_000, "ns/row")
}

type discard struct{}

func (discard) Append(any) error    { return nil }
func (discard) AppendRow(any) error { return nil }

// cpuTime is what the process has used, all its threads together.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
