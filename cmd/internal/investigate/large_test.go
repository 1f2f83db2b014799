package investigate

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// TestACampaignOf25000 holds that the largest campaign known is looked at, listed
// and tried within what a person waits for and a small machine has.
func TestACampaignOf25000(t *testing.T) {
	keys, own := ring(t)
	const n = 25_000
	stored(t, func(st *clickhouse.Store) {
		w := &world{names: pseudonyms(n)}
		for call := range 4 {
			for i, who := range w.names {
				w.add(who, base.Add(time.Duration(call)*7*time.Hour+time.Duration(i)*time.Millisecond), nil)
			}
			require.NoError(t, st.WriteBatch(t.Context(), &schemas.Batch{Token: w.names[call], Parts: []*schemas.Part{{Events: w.events}}}))
			w.events = w.events[:0]
		}
		require.NoError(t, st.WriteFindings(t.Context(), []schemas.Finding{w.finding()}))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		step := func(what string) {
			took := time.Since(start)
			t.Logf("%s: %v", what, took)
			require.Less(t, took, 30*time.Second, what)
			start = time.Now()
		}
		r, err := Look(t.Context(), st, plotID, 7*day, now)
		require.NoError(t, err)
		require.Len(t, r.Members, n)
		require.EqualValues(t, 4*n, r.Taken.Requests)
		require.EqualValues(t, n, r.Traits[0].Keys)
		var out bytes.Buffer
		require.NoError(t, r.Print(&out, 20))
		require.Less(t, out.Len(), 20_000, "a page for a person")
		step("look")
		names, err := ReadNames(strings.NewReader(strings.Repeat(own(1)+"\n", n)), keys, nil, r.Members)
		require.NoError(t, err)
		step("names")
		k, err := ListKeys(t.Context(), st, plotID, KeyOptions{Now: now, Names: names})
		require.NoError(t, err)
		require.Len(t, k.List, n)
		require.NoError(t, k.WriteCSV(io.Discard))
		step("keys")
		d, err := Try(t.Context(), st, plotID, KeyOptions{Now: now})
		require.NoError(t, err)
		require.Len(t, d.Keys, n)
		require.EqualValues(t, 4*n, d.Day, "all of it within 24 hours of the newest")
		require.NoError(t, WriteJSON(io.Discard, d))
		step("dry run")
		runtime.ReadMemStats(&after)
		mb := (after.TotalAlloc - before.TotalAlloc) >> 20
		t.Logf("%d MB allocated in all", mb)
		require.Less(t, mb, uint64(1000))
	})
}
