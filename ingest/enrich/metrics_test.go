package enrich

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

func TestErrorsAreCountedFromTheStart(t *testing.T) {
	var names []string
	for _, k := range kindsOf(everything(t)) {
		names = append(names, k.name)
	}
	require.Equal(t, kindNames[:], names)
	_, _, reg := open(t, Config{})
	n, err := testutil.GatherAndCount(reg, "gatehound_enrich_load_errors_total")
	require.NoError(t, err)
	require.Equal(t, len(kindNames), n, "a counter that appears with its first error cannot tell none from unknown")
}

func TestMetrics(t *testing.T) {
	tables, _, reg := open(t, everything(t))
	require.NoError(t, testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP gatehound_enrich_entries Entries of the table in force.
# TYPE gatehound_enrich_entries gauge
gatehound_enrich_entries{kind="asn"} 2
gatehound_enrich_entries{kind="country"} 2
gatehound_enrich_entries{kind="endpoints"} 5
gatehound_enrich_entries{kind="models"} 2
gatehound_enrich_entries{kind="networks"} 2
gatehound_enrich_entries{kind="prices"} 2
# HELP gatehound_enrich_files_loaded_total Times that the files of a table were loaded.
# TYPE gatehound_enrich_files_loaded_total counter
gatehound_enrich_files_loaded_total{kind="asn"} 1
gatehound_enrich_files_loaded_total{kind="country"} 1
gatehound_enrich_files_loaded_total{kind="endpoints"} 1
gatehound_enrich_files_loaded_total{kind="models"} 1
gatehound_enrich_files_loaded_total{kind="networks"} 1
gatehound_enrich_files_loaded_total{kind="prices"} 1
`), "gatehound_enrich_entries", "gatehound_enrich_files_loaded_total"))
	age := func(kind string) float64 { return testutil.ToFloat64(tables.metrics.age.WithLabelValues(kind)) }
	built := time.Since(time.Unix(1_760_000_000, 0)).Seconds()
	require.InDelta(t, built, age("country"), 60, "a database says when it was built")
	require.InDelta(t, 0, age("models"), 60)
}
