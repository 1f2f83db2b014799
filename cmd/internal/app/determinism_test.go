package app_test

import (
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// rounds is how often each way of running is tried, with other dice.
var rounds = flag.Int("determinism.rounds", 1, "how often each way of running is tried")

func family(detector string) string { return detector[:strings.IndexByte(detector, '.')] }

// everyone are the families that have to find something in attacked, or the
// comparison would not be about them.
var everyone = []string{
	"authfail", "errors", "extraction", "injection", "keyabuse", "poisoning", "rate", "rules", "scan", "shadow", "silence", "spend",
}

// way is how a corpus is run.
type way struct {
	name string
	// size is the most events in a batch; 0 is 5000 in each.
	size            int
	shards, workers int
	// kills is how often the process ends without warning, reloads how often its
	// configuration is read again.
	kills, reloads int
	set            func(*app.Config)
}

// run returns what is found by a way, with its dice.
func (c *corpus) run(t *testing.T, w *way, dice *rand.Rand) found {
	t.Helper()
	set := func(cfg *app.Config) {
		if w.shards > 0 {
			cfg.Engine.Shards, cfg.Engine.Workers = w.shards, w.workers
		}
	}
	out, d := found{}, c.open(t, set)
	all := len(c.events)
	places := func(n int) []int {
		p := make([]int, n)
		for i := range p {
			p[i] = all*i/n + dice.IntN(all/n)
		}
		return append(p, all)
	}
	kills, reloads := places(w.kills), places(w.reloads)
	var snapshot []byte
	taken := 0
	for at := 0; at < all; {
		size := 5000
		if w.size > 0 {
			size = 1 + dice.IntN(w.size)
		}
		end := min(at+size, all)
		findings, err := d.Observe(&schemas.Batch{Parts: []*schemas.Part{part(0, c.events[at:end])}}, d.Next)
		require.NoError(t, err)
		out.keep(t, findings)
		at = end
		if at >= reloads[0] {
			cfg := *c.cfg
			set(&cfg)
			if w.set != nil {
				w.set(&cfg)
			}
			require.NoError(t, d.Reload(&cfg))
			reloads = reloads[1:]
		}
		if w.kills > 0 && (snapshot == nil || dice.IntN(8) == 0) {
			snapshot, err = d.Snapshot()
			require.NoError(t, err)
			taken = at
		}
		if at >= kills[0] && at < all {
			d.Close()
			d = c.open(t, set)
			require.NoError(t, d.Restore(snapshot))
			// What was committed may be older than the snapshot.
			at = max(0, taken-dice.IntN(2000))
			kills = kills[1:]
		}
	}
	out.keep(t, d.Flush())
	return out
}

// TestSameFindingsHoweverRun has every detector, rule and the feed on.
func TestSameFindingsHoweverRun(t *testing.T) {
	c := attacked(t)
	want := c.run(t, &way{}, nil)
	heard := map[string]bool{}
	for _, f := range want {
		heard[family(f.Detector)] = true
	}
	require.Equal(t, everyone, slices.Sorted(maps.Keys(heard)))
	for _, w := range []way{
		{name: "small batches, one shard, kills", size: 300, shards: 1, workers: 1, kills: 3},
		{name: "large batches, eight shards, three workers, kills and reloads", size: 20_000, shards: 8, workers: 3, kills: 3, reloads: 4},
	} {
		t.Run(w.name, func(t *testing.T) {
			for seed := range uint64(*rounds) {
				got := c.run(t, &w, rand.New(rand.NewPCG(seed, 1)))
				compare(t, want, got)
			}
		})
	}
	t.Run("another threshold", func(t *testing.T) {
		w := way{size: 8000, reloads: 4, set: func(cfg *app.Config) {
			cfg.Detectors.Scan.Paths, cfg.Detectors.Scan.Sensitive, cfg.Detectors.Scan.IDs, cfg.Detectors.Scan.Models = 200, 40, 200, 40
		}}
		got := c.run(t, &w, rand.New(rand.NewPCG(1, 1)))
		scan := func(f schemas.Finding) bool { return family(f.Detector) == "scan" }
		others := func(f schemas.Finding) bool { return !scan(f) }
		assert.NotEqual(t, keys(want.of(scan)), keys(got.of(scan)))
		compare(t, want.of(others), got.of(others))
	})
	t.Run("a snapshot of another key", func(t *testing.T) {
		d := c.open(t, nil)
		_, err := d.Observe(&schemas.Batch{Parts: []*schemas.Part{part(0, c.events[:5000])}}, nil)
		require.NoError(t, err)
		snapshot, err := d.Snapshot()
		require.NoError(t, err)
		other := *c
		other.keys, err = redact.GenerateKeys()
		require.NoError(t, err)
		d = other.open(t, nil)
		require.ErrorIs(t, d.Restore(snapshot), engine.ErrFingerprint)
		assert.Empty(t, d.Seen())
		assert.Empty(t, d.Flush())
	})
}

func keys(f found) []string { return slices.Sorted(maps.Keys(f)) }

// of are the findings for which want holds.
func (f found) of(want func(schemas.Finding) bool) found {
	out := found{}
	for k, one := range f {
		if want(one) {
			out[k] = one
		}
	}
	return out
}

// compare names what differs, rather than showing all there is.
func compare(t *testing.T, want, got found) {
	t.Helper()
	for _, k := range keys(want) {
		if one, ok := got[k]; !ok {
			t.Errorf("%s of %s at %v is missing", want[k].Detector, want[k].Entity.Name, want[k].WindowStart)
		} else {
			assert.Equal(t, want[k], one)
		}
	}
	for _, k := range keys(got) {
		if _, ok := want[k]; !ok {
			t.Errorf("%s of %s at %v is new", got[k].Detector, got[k].Entity.Name, got[k].WindowStart)
		}
	}
}
