package rules

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

// BenchmarkObserve is the whole path with the starter rules, on ordinary events.
func BenchmarkObserve(b *testing.B) {
	for _, starter := range []bool{false, true} {
		b.Run(fmt.Sprintf("starter=%v", starter), func(b *testing.B) {
			cfg := DefaultConfig()
			cfg.Starter = starter
			m, err := New(Settings{Config: cfg}, nil)
			require.NoError(b, err)
			r := rand.New(rand.NewPCG(1, 1))
			events := make([]schemas.Event, 4096)
			for i := range events {
				a := netip.AddrFrom4([4]byte{10, 0, byte(r.IntN(4)), byte(r.IntN(250))})
				events[i] = at(0, schemas.Event{Method: "POST", Path: "/v1/chat/completions", Operation: "chat", Model: "gpt-4o", Status: 200, Auth: schemas.AuthSuccess,
					Principal: fmt.Sprintf("p%d", r.IntN(1000)), ClientAddr: a, Client: a, UserAgent: "OpenAI/Python 1.40.0", Cost: 0.01, Known: schemas.HasCost})
				events[i].Time += int64(i) * 1e6
			}
			bt := batch(events...)
			m.Observe(bt, nil)
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += len(events) {
				for j := range events {
					events[j].Time += 4096 * 1e6
				}
				m.Observe(bt, nil)
			}
		})
	}
}
