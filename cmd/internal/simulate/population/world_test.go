package population

import (
	"hash/fnv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// run yields the records of a world.
func run(t testing.TB, cfg Config, each func(*gateway.Record)) *World {
	t.Helper()
	w, err := New(cfg)
	require.NoError(t, err)
	for last := int64(0); ; {
		r, ok := w.Next()
		if !ok {
			return w
		}
		require.GreaterOrEqual(t, r.Time, last, "in the order of time")
		require.Less(t, r.Time, w.end)
		last = r.Time
		each(r)
	}
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	sum := func(seed uint64) (uint64, int) {
		h, n := fnv.New64a(), 0
		var line []byte
		run(t, Config{Seed: seed, Days: 2, Principals: 100, Rate: .1, Prompts: true, Begin: 1, Scenarios: []string{"burst"}}, func(r *gateway.Record) {
			line = r.AppendTo(line[:0])
			h.Write(line)
			n++
		})
		return h.Sum64(), n
	}
	a, n := sum(1)
	b, _ := sum(1)
	c, _ := sum(2)
	assert.Equal(t, a, b)
	assert.NotEqual(t, a, c)
	assert.Greater(t, n, 10_000)
}

// BenchmarkNext is a call alone, and rendered without and with its prompt.
func BenchmarkNext(b *testing.B) {
	for _, bb := range []struct {
		name            string
		render, prompts bool
	}{{"alone", false, false}, {"rendered", true, false}, {"prompts", true, true}} {
		b.Run(bb.name, func(b *testing.B) {
			w, err := New(Config{Seed: 1, Days: 400, Rate: 100, Prompts: bb.prompts})
			require.NoError(b, err)
			var line []byte
			b.ReportAllocs()
			for b.Loop() {
				r, ok := w.Next()
				if !ok {
					b.Fatal("the world has ended")
				}
				if bb.render {
					line = r.AppendTo(line[:0])
				}
			}
		})
	}
}

// TestMemoryIsBounded: what a world holds does not grow with its events.
func TestMemoryIsBounded(t *testing.T) {
	w, err := New(Config{Seed: 1, Days: 40, Principals: 200, Rate: 1, Scenarios: []string{"nightly_evaluation"}})
	require.NoError(t, err)
	most := len(w.queue)
	for range 1_000_000 {
		if _, ok := w.Next(); !ok {
			break
		}
	}
	assert.LessOrEqual(t, len(w.queue), most)
	assert.Zero(t, testing.AllocsPerRun(1000, func() { w.Next() }))
}
