package simulate

import (
	"bytes"
	"crypto/sha256"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

// start is a Wednesday.
var start = time.Date(2026, 9, 16, 10, 0, 0, 0, time.UTC)

func fleet(t testing.TB, c Config) *Fleet {
	t.Helper()
	f, err := New(c)
	require.NoError(t, err)
	return f
}

// each runs through a fleet that ends.
func each(t testing.TB, f *Fleet, do func(r *gateway.Record)) int {
	t.Helper()
	n := 0
	for {
		r, ok := f.Next()
		if !ok {
			return n
		}
		n++
		do(r)
	}
}

func digest(t *testing.T, seed uint64) [32]byte {
	h := sha256.New()
	var buf []byte
	each(t, fleet(t, Default(seed, start, time.Minute, time.Minute)), func(r *gateway.Record) {
		buf = r.AppendTo(buf[:0])
		h.Write(buf)
	})
	return [32]byte(h.Sum(nil))
}

func TestSameSeedSameBytes(t *testing.T) {
	assert.Equal(t, digest(t, 7), digest(t, 7))
	assert.NotEqual(t, digest(t, 7), digest(t, 8))
}

func TestRenderingChangesNothing(t *testing.T) {
	f := fleet(t, Default(3, start, 0, time.Minute))
	each(t, f, func(r *gateway.Record) {
		first := r.AppendTo(nil)
		require.Equal(t, first, r.AppendTo([]byte("x"))[1:])
		require.NotContains(t, string(first), "\n")
	})
}

func TestTimesRiseWithinTheSpan(t *testing.T) {
	c := Default(1, start, 20*time.Minute, 2*time.Minute)
	last := start.Add(-c.Backlog).UnixNano()
	n := each(t, fleet(t, c), func(r *gateway.Record) {
		require.GreaterOrEqual(t, r.Time, last)
		require.Less(t, r.Time, start.Add(c.Live).UnixNano())
		last = r.Time
	})
	assert.Greater(t, n, 200*22*60)
}

func TestFleetWithoutEndGoesOn(t *testing.T) {
	f := fleet(t, Config{Seed: 1, Start: start})
	for range 100_000 {
		_, ok := f.Next()
		require.True(t, ok)
	}
}

func TestFormatsLimitTheFleet(t *testing.T) {
	c := Config{Seed: 1, Start: start, Live: time.Minute, Formats: []gateway.Format{gateway.NginxCombined}}
	n := each(t, fleet(t, c), func(r *gateway.Record) { require.Equal(t, gateway.NginxCombined, r.Format) })
	assert.InDelta(t, 200*60, n, 200*60, "the one format makes all the traffic")
	assert.Greater(t, n, 6000)
}

func TestFilebeatShare(t *testing.T) {
	c := Config{Seed: 1, Start: start, Live: time.Minute, Filebeat: 0.4}
	wrapped := 0
	n := each(t, fleet(t, c), func(r *gateway.Record) {
		line := r.AppendTo(nil)
		require.Equal(t, r.Filebeat, bytes.HasPrefix(line, []byte(`{"@timestamp":"`)))
		if r.Filebeat {
			wrapped++
		}
	})
	assert.InDelta(t, 0.4, float64(wrapped)/float64(n), 0.02)
}

// TestTruths holds what Truths says against the records themselves.
func TestTruths(t *testing.T) {
	c := Default(5, start, 20*time.Minute, time.Minute)
	f := fleet(t, c)
	counted := make([]int64, len(c.Plants))
	each(t, f, func(r *gateway.Record) {
		if r.Truth < 0 {
			return
		}
		counted[r.Truth]++
		truth := &f.truths[r.Truth]
		require.False(t, r.When().Before(truth.Start), truth.ID)
		require.True(t, r.When().Before(truth.End), truth.ID)
		require.True(t, names(truth.Entities, r), "%s does not name %s", truth.ID, r.AppendTo(nil))
	})
	attacks := 0
	for i, truth := range f.Truths() {
		assert.Equal(t, c.Plants[i].Kind, truth.Kind)
		assert.NotEmpty(t, truth.Title)
		if !truth.Benign {
			assert.NotEmpty(t, truth.Expect, truth.ID)
			attacks++
			assert.NotEmpty(t, truth.Related, truth.ID)
			assert.Greater(t, truth.Events, int64(40), truth.ID)
		}
		if truth.Kind != Silence {
			assert.Equal(t, counted[i], truth.Events, truth.ID)
		} else {
			assert.Zero(t, counted[i], "what is held back is not seen")
		}
	}
	assert.Equal(t, len(attackKinds), attacks)
}

// names reports whether an entity is the record's.
func names(es []Entity, r *gateway.Record) bool {
	for _, e := range es {
		switch e.Kind {
		case schemas.EntityGlobal:
			return true
		case schemas.EntityPrincipal:
			if e.Raw == string(r.Principal) {
				return true
			}
		case schemas.EntityAddress:
			if e.Raw == r.Client.String() {
				return true
			}
		case schemas.EntityRoute:
			if e.Raw == r.Route() {
				return true
			}
		}
	}
	return false
}

// TestBenignRecordsBearNoMarks makes sure that whatever marks an attack is the
// attack's alone.
func TestBenignRecordsBearNoMarks(t *testing.T) {
	c := Default(9, start, 2*time.Minute, time.Minute)
	f := fleet(t, c)
	addresses, principals := map[netip.Addr]Kind{}, map[string]Kind{}
	for _, truth := range f.Truths() {
		for _, e := range truth.Entities {
			switch {
			case truth.Benign:
			case e.Kind == schemas.EntityAddress:
				a := netip.MustParseAddr(e.Raw)
				require.Empty(t, addresses[a], "two attacks share an address")
				addresses[a] = truth.Kind
			case e.Kind == schemas.EntityPrincipal:
				principals[e.Raw] = truth.Kind
			}
		}
	}
	require.Greater(t, len(addresses), 90, "those of the spraying")
	each(t, f, func(r *gateway.Record) {
		if r.Truth >= 0 {
			return
		}
		// The calm caller of a spike is the same before it and after.
		if k := addresses[r.Client]; k != PrincipalSpike {
			require.Empty(t, k)
			require.Empty(t, principals[string(r.Principal)])
		}
		require.Zero(t, r.TopLogprobs)
		require.Zero(t, r.LogitBias)
		require.Empty(t, r.Credential)
		require.NotContains(t, string(r.AppendTo(nil)), "internal reasoning")
		if r.Status == 401 {
			require.Equal(t, "/login", string(r.Path))
		}
	})
}

func TestSilenceIsSilent(t *testing.T) {
	c := Default(2, start, 5*time.Minute, 2*time.Minute)
	f := fleet(t, c)
	var truth Truth
	for _, x := range f.Truths() {
		if x.Kind == Silence {
			truth = x
		}
	}
	inside, outside := 0, 0
	each(t, f, func(r *gateway.Record) {
		if !strings.HasPrefix(string(r.Path), "/api/documents/") {
			return
		}
		if r.When().Before(truth.Start) || !r.When().Before(truth.End) {
			outside++
		} else {
			inside++
		}
	})
	assert.Zero(t, inside)
	assert.Greater(t, outside, 1000)
}

func TestDailyPlantsComeEveryDayAtTheirHour(t *testing.T) {
	c := Config{Seed: 1, Start: start, Rate: 0.01, Live: 48 * time.Hour, Plants: []Plant{
		{Kind: MidnightBatch, For: 10 * time.Minute}, {Kind: NightlyEvaluation, For: 10 * time.Minute}}}
	days := map[string]int{}
	f := fleet(t, c)
	each(t, f, func(r *gateway.Record) {
		if r.Truth >= 0 {
			days[string(f.truths[r.Truth].Kind)+r.When().Format(" 2006-01-02 15")]++
		}
	})
	assert.Len(t, days, 4)
	for _, k := range []string{"midnight_batch 2026-09-17 00", "midnight_batch 2026-09-18 00", "nightly_evaluation 2026-09-17 02", "nightly_evaluation 2026-09-18 02"} {
		assert.Greater(t, days[k], 1000, k)
	}
}

func TestIntensityMultiplies(t *testing.T) {
	count := func(x float64) int64 {
		f := fleet(t, Config{Seed: 1, Start: start, Live: time.Minute, Rate: 1, Plants: []Plant{{Kind: BruteForce, For: time.Minute, Intensity: x}}})
		each(t, f, func(*gateway.Record) {})
		return f.Truths()[0].Events
	}
	assert.InDelta(t, 480, count(0), 60)
	assert.InDelta(t, 4800, count(10), 300)
}

func TestNoAllocationPerRecord(t *testing.T) {
	f := fleet(t, Default(1, start, time.Hour, 0))
	var buf []byte
	step := func() {
		r, _ := f.Next()
		buf = r.AppendTo(buf[:0])
	}
	for range 200_000 {
		step()
	}
	assert.Less(t, testing.AllocsPerRun(20_000, step), 0.02)
}

func BenchmarkRecord(b *testing.B) {
	for _, format := range append([]gateway.Format{""}, gateway.Formats...) {
		name, c := string(format), Default(1, start, 0, 0)
		if format == "" {
			name = "all"
		} else {
			c.Formats, c.Plants = []gateway.Format{format}, nil
		}
		b.Run(name, func(b *testing.B) {
			f := fleet(b, c)
			var buf []byte
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				r, _ := f.Next()
				buf = r.AppendTo(buf[:0])
				n += len(buf)
			}
			b.SetBytes(int64(n / b.N))
		})
	}
}

func TestSprayingStaysLowAtEachAddress(t *testing.T) {
	f := fleet(t, Config{Seed: 1, Start: start, Live: time.Minute, Rate: 1, Plants: []Plant{{Kind: Spraying, For: time.Minute}}})
	tries, accounts := map[netip.Addr]int{}, map[string]int{}
	each(t, f, func(r *gateway.Record) {
		if r.Truth == 0 {
			tries[r.Client]++
			accounts[string(r.Principal)]++
		}
	})
	assert.Greater(t, len(tries), 200)
	for _, n := range tries {
		assert.LessOrEqual(t, n, triesPerAddress+1)
	}
	assert.EqualValues(t, f.Truths()[0].Events, len(accounts), "each account is tried once")
	assert.Equal(t, 1+12*60/triesPerAddress+1, len(f.Truths()[0].Entities), "everything, and each address")
}

func TestPlantsComeAgain(t *testing.T) {
	f := fleet(t, Config{Seed: 1, Start: start, Live: 35 * time.Minute, Plants: []Plant{
		{Kind: BruteForce, For: time.Minute, Every: 10 * time.Minute}, {Kind: Errors, For: time.Minute, Every: 15 * time.Minute}}})
	minutes := [2]map[int]int{{}, {}}
	each(t, f, func(r *gateway.Record) {
		if r.Truth >= 0 {
			minutes[r.Truth][r.When().Minute()]++
		}
	})
	for i, want := range [][]int{{0, 10, 20, 30}, {0, 15, 30}} {
		assert.Len(t, minutes[i], len(want))
		for _, m := range want {
			assert.Greater(t, minutes[i][m], 100, "minute %d", m)
		}
	}
	truths := f.Truths()
	assert.Equal(t, start, truths[0].Start)
	assert.Equal(t, start.Add(31*time.Minute), truths[0].End)
	assert.Equal(t, start.Add(31*time.Minute), truths[1].End)
}

func TestFleetWithoutEndKeepsAttacking(t *testing.T) {
	c := Default(1, start, 0, 0)
	c.Rate = 8
	f := fleet(t, c)
	late := map[int]int{}
	for {
		r, ok := f.Next()
		require.True(t, ok)
		if r.When().After(start.Add(41 * time.Minute)) {
			break
		}
		if r.Truth >= 0 && r.When().After(start.Add(20*time.Minute)) {
			late[r.Truth]++
		}
	}
	for i, truth := range f.Truths() {
		if !truth.Benign && truth.Kind != Silence {
			assert.Greater(t, late[i], 10, truth.ID)
		}
	}
}
