package investigate

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

func TestReport(t *testing.T) {
	stored(t, func(st *clickhouse.Store) {
		w := newWorld(pseudonyms(30))
		w.plant(t, st)
		r, err := Look(t.Context(), st, "3f9a", 7*24*time.Hour, now)
		require.NoError(t, err)
		require.Len(t, r.Members, 30)
		require.EqualValues(t, 10, r.Callers)
		require.Equal(t, Taken{Requests: 700, Failures: 1, InputTokens: 65_000, OutputTokens: 585_000, Cost: r.Taken.Cost}, r.Taken)
		require.InDelta(t, 6.5, r.Taken.Cost, 1e-6)
		require.Equal(t, []Other{{"rate.spike", 1, 1, schemas.SeverityMedium, base.Add(time.Hour)}}, r.Others)
		calls := int64(0)
		for _, b := range r.Timeline {
			calls += b.Calls
			require.LessOrEqual(t, b.Keys, int64(30))
		}
		require.EqualValues(t, 699, calls, "but for the failed one")
		traits := map[string]Trait{}
		for _, x := range r.Traits {
			traits[x.Kind+" "+x.Value] = x
		}
		// The renamed key has two names among the events, and counts once.
		require.Equal(t, Trait{"network", "198.51.100.0/24", 600, 600.0 / 700, 30, 0}, traits["network 198.51.100.0/24"])
		require.Equal(t, Trait{"model", "openai gpt-4o", 650, 650.0 / 700, 30, 0}, traits["model openai gpt-4o"])
		require.EqualValues(t, 10, traits["client openai-python/1.2"].Others)
		require.EqualValues(t, 30, traits["settings max_tokens 4096, temperature 1"].Keys)
		require.EqualValues(t, 30, traits["template 65261"].Keys)

		var out bytes.Buffer
		require.NoError(t, r.Print(&out, 5))
		golden(t, "report.txt", out.String())
		require.NotContains(t, out.String(), "\x1b", "what acts on a terminal")
		out.Reset()
		require.NoError(t, r.Print(&out, len(r.Members)))
		require.Equal(t, 30, strings.Count(out.String(), "h1:k1:member"))

		out.Reset()
		require.NoError(t, WriteJSON(&out, r))
		require.NotContains(t, out.String(), "\u202e")
		var back Report
		require.NoError(t, json.Unmarshal(out.Bytes(), &back))
		require.Equal(t, r.Members, back.Members)
		require.Equal(t, r.Traits, back.Traits)

		list, err := st.Campaigns(t.Context(), 10)
		require.NoError(t, err)
		out.Reset()
		require.NoError(t, PrintList(&out, list))
		golden(t, "list.txt", out.String())
	})
}

func TestACampaignWithoutEvents(t *testing.T) {
	stored(t, func(st *clickhouse.Store) {
		w := &world{names: pseudonyms(4)}
		require.NoError(t, st.WriteFindings(t.Context(), []schemas.Finding{w.finding()}))
		r, err := Look(t.Context(), st, plotID, time.Hour, now)
		require.NoError(t, err)
		var out bytes.Buffer
		require.NoError(t, r.Print(&out, 20))
		require.Contains(t, out.String(), "no timeline")
		require.NotContains(t, out.String(), "in common")
		_, err = Look(t.Context(), st, "c-ffff", time.Hour, now)
		require.ErrorIs(t, err, clickhouse.ErrNoCampaign)
		d, err := Try(t.Context(), st, plotID, KeyOptions{Now: now})
		require.NoError(t, err)
		require.Len(t, d.Keys, 4)
		require.NoError(t, d.Print(&out))
	})
}

func TestLongTimelinesHaveDays(t *testing.T) {
	r := &Report{Step: day, Finding: &schemas.Finding{Campaign: &schemas.Campaign{}}}
	for i := range 100 {
		r.Timeline = append(r.Timeline, Bucket{base.Truncate(day).Add(time.Duration(2*i) * day), int64(i), 1})
	}
	r.Hours[23] = 5
	steps := r.steps()
	require.Len(t, steps, chartSteps)
	require.Zero(t, steps[len(steps)-2].Calls, "a day without a call is shown")
	require.EqualValues(t, 99, steps[len(steps)-1].Calls)
	var p page
	r.chart(&p)
	require.Contains(t, p.String(), "by day, UTC (the last 72)")
	require.Contains(t, p.String(), ".......................█")
}

func TestBars(t *testing.T) {
	require.Empty(t, bar(0, 10))
	require.Equal(t, "▏", bar(1, 1_000_000))
	require.Equal(t, strings.Repeat("█", barWidth), bar(10, 10))
	require.Equal(t, strings.Repeat("█", barWidth/2), bar(5, 10))
	require.Equal(t, "▁▄█.", spark([]int64{1, 4, 8, 0}))
}

func TestMoney(t *testing.T) {
	require.Equal(t, "1,234.57", money(1234.567))
	require.Equal(t, "0.01", money(0.0051))
	require.Equal(t, "?", money(nan()))
	require.NotEmpty(t, money(1e300), "a log can state anything")
}

func nan() float64 { zero := 0.0; return zero / zero }

func TestNetworksInWords(t *testing.T) {
	for in, want := range map[string]string{"::ffff:192.0.2.0": "192.0.2.0/24", "2001:db8:7::": "2001:db8:7::/48", "x": "x"} {
		require.Equal(t, want, networkName(in))
	}
}
