package match

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestThousandsOfRulesAreCompiledInTime bounds time and memory of what an
// operator may load.
func TestThousandsOfRulesAreCompiledInTime(t *testing.T) {
	exprs := realistic(5000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	p, err := Compile(exprs)
	require.NoError(t, err)
	took := time.Since(began)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, took, 20*time.Second)
	require.Less(t, after.HeapAlloc-before.HeapAlloc, uint64(200<<20))
	t.Logf("%v, %d KiB, %d atoms", took, (after.HeapAlloc-before.HeapAlloc)>>10, len(p.atoms))
	counts := map[Cost]int{}
	for i := range exprs {
		counts[p.Cost(i)]++
	}
	require.Greater(t, counts[Rare], 4900)
}
