package enrich

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

// large returns tables of the size that a user has: 50,000 networks in each
// database, 100,000 in the lists, 2,000 endpoints.
func large(t testing.TB) Config {
	cfg := everything(t)
	countries, asns := map[string]mmdbtype.DataType{}, map[string]mmdbtype.DataType{}
	for i := range 50_000 {
		network := fmt.Sprintf("%d.%d.%d.0/24", 11+i%200, i/200, i%256)
		countries[network] = iso(string([]byte{'A' + byte(i%26), 'A' + byte(i/26%10)}))
		asns[network] = mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(1000 + i%5000)}
	}
	mmdb(t, cfg.CountryDatabase, countries)
	mmdb(t, cfg.ASNDatabase, asns)
	var list, endpoints strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&list, "%d.%d.%d.%d\n", 11+i%200, i/200%250, i%256, i%251)
	}
	for i := range 2_000 {
		fmt.Fprintf(&endpoints, "POST /service%d/v1/{id}/run\n", i)
	}
	endpoints.WriteString("POST /v1/chat/completions\n")
	write(t, cfg.Networks[0].File, list.String())
	cfg.Endpoints = []EndpointFile{{File: cfg.Endpoints[0].File + ".list"}}
	write(t, cfg.Endpoints[0].File, endpoints.String())
	return cfg
}

// clients draws addresses, of which few send most requests.
func clients(n int) []string {
	rng := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rng, 1.2, 1, uint64(n))
	out := make([]string, 8192)
	for i := range out {
		c := zipf.Uint64()
		out[i] = netip.AddrFrom4([4]byte{byte(11 + c%200), byte(c / 200 % 250), byte(c % 256), byte(c % 251)}).String()
	}
	return out
}

func TestEventWithTablesAllocatesNothing(t *testing.T) {
	_, e, _ := open(t, everything(t))
	paths := []string{"/app/agents/7/run", "/gw/%6Fps/x", "/gw/x/42", "/v1/chat/completions", "/a/../b//c"}
	var ev schemas.Event
	i := 0
	n := testing.AllocsPerRun(2000, func() {
		rec := decode.Record{Peer: fmtAddr[i%len(fmtAddr)], Method: "POST", Path: paths[i%len(paths)], Status: 200, Host: "api.example.com:443",
			UserAgent: "OpenAI/Python 1.30.1", Model: "GPT-4o", Operation: "chat", Known: schemas.HasInputTokens | schemas.HasOutputTokens, InputTokens: 10}
		i++
		e.Event(&rec, &ev)
	})
	if n > 0 {
		t.Errorf("%v allocations an event", n)
	}
	require.True(t, ev.CostEstimated)
}

var fmtAddr = clients(100_000)

func BenchmarkEventTables(b *testing.B) {
	for _, c := range []struct {
		name string
		cfg  func() Config
	}{{"without", DefaultConfig}, {"with", func() Config { return large(b) }}} {
		b.Run(c.name, func(b *testing.B) {
			_, e, _ := open(b, c.cfg())
			addrs := fmtAddr
			var ev schemas.Event
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				rec := decode.Record{Peer: addrs[i%len(addrs)], Method: "POST", Path: "/v1/chat/completions", Status: 200, Host: "api.example.com",
					UserAgent: "OpenAI/Python 1.30.1", Model: "gpt-4o", Operation: "chat", Known: schemas.HasInputTokens | schemas.HasOutputTokens, InputTokens: 10}
				i++
				e.Event(&rec, &ev)
			}
		})
	}
}

// BenchmarkPlace compares the cache of addresses with looking each one up.
func BenchmarkPlace(b *testing.B) {
	_, e, _ := open(b, large(b))
	addrs := make([]netip.Addr, len(fmtAddr))
	for i, a := range fmtAddr {
		addrs[i] = netip.MustParseAddr(a)
	}
	b.Run("cached", func(b *testing.B) {
		i := 0
		for b.Loop() {
			ev := schemas.Event{ClientAddr: addrs[i%len(addrs)]}
			e.place(&ev)
			i++
		}
	})
	b.Run("looked-up", func(b *testing.B) {
		i := 0
		for b.Loop() {
			e.now.place(addrs[i%len(addrs)])
			i++
		}
	})
}
