package app

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/redact"
)

// TestOneRequestIDHidesNoAttack: a client that chooses its request id sends the
// same refused login under one id, as often as it can, and each takes the same
// time. It quantifies what is left of the requests in a second, by the finest
// part of the gateway's clock: never less than the detectors need.
func TestOneRequestIDHidesNoAttack(t *testing.T) {
	keys, err := redact.GenerateKeys()
	require.NoError(t, err)
	n, err := NewNormalizer(DefaultConfig(), keys, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(5, 8))
	second := time.Now().Truncate(time.Second).Add(-time.Minute)
	nginx := func(at time.Time) string {
		return fmt.Sprintf(`{"msec":"%d.%03d","remote_addr":"203.0.113.9","request_method":"POST","request_uri":"/v1/login","status":"401",`+
			`"body_bytes_sent":"17","request_time":"0.001","http_user_agent":"curl/8","request_id":"0"}`, at.Unix(), at.Nanosecond()/1e6)
	}
	seconds := func(at time.Time) string {
		return fmt.Sprintf(`{"time":%q,"ip":"203.0.113.9","method":"POST","path":"/v1/login","status":401,"request_id":"0","duration_ms":1}`, at.UTC().Format(time.RFC3339))
	}
	for _, c := range []struct {
		name  string
		line  func(time.Time) string
		rate  int
		least float64 // of the requests
	}{
		{"nginx, msec", nginx, 10, 0.9},
		{"nginx, msec", nginx, 100, 0.9},
		{"nginx, msec", nginx, 1000, 0.6},
		{"nginx, msec", nginx, 10_000, 0.099}, // a thousand a second is left
		{"whole seconds", seconds, 10, 1},
		{"whole seconds", seconds, 1000, 1},
	} {
		chunk := &ingest.Chunk{Topic: "t", Next: int64(c.rate)}
		for i := range c.rate {
			chunk.Slab = append(chunk.Slab, c.line(second.Add(time.Duration(r.Int64N(int64(time.Second)))))...)
			chunk.Ends, chunk.Offsets = append(chunk.Ends, len(chunk.Slab)), append(chunk.Offsets, int64(i))
		}
		part := n.Normalize(chunk)
		require.Len(t, part.Events, c.rate, c.name)
		seen, left := map[uint64]bool{}, 0
		for i := range part.Events {
			if d := part.Events[i].Delivery; d == 0 || !seen[d] {
				seen[d] = true
				left++
			}
		}
		share := float64(left) / float64(c.rate)
		t.Logf("%-14s %6d a second: %5d count, %.1f %%", c.name, c.rate, left, 100*share)
		require.GreaterOrEqual(t, share, c.least)
	}
}
