package investigate

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

func TestKeysToActOn(t *testing.T) {
	keys, own := ring(t)
	names := pseudonyms(30)
	names[1], names[2] = keys.Principal(own(1)), keys.Principal("=HYPERLINK(\"evil\")")
	stored(t, func(st *clickhouse.Store) {
		w := newWorld(names)
		w.plant(t, st)
		o := KeyOptions{Expires: 72 * time.Hour, Now: now}
		k, err := ListKeys(t.Context(), st, plotID, o)
		require.NoError(t, err)
		require.Len(t, k.List, 30)
		require.Equal(t, Key{Principal: names[1], Reason: "30 keys took 600 exchanges together", Campaign: plotID, Likeness: 0.6, Exchanges: 21,
			First: base.Add(time.Second), Last: base.Add(29 * time.Hour), Expires: now.Add(72 * time.Hour)}, k.find(names[1]))

		file := strings.Join([]string{"", " " + own(1) + " \r", own(7000), "=HYPERLINK(\"evil\")", "\x1b[2J", "h1:k1:member00009"}, "\n")
		o.Names, err = ReadNames(strings.NewReader(file), keys, nil, w.finding().Campaign.Members)
		require.NoError(t, err)
		require.Equal(t, Names{names[1]: own(1), names[2]: "=HYPERLINK(\"evil\")", "h1:k1:member00009": "h1:k1:member00009"}, o.Names,
			"and none that is no member's")
		o.Likeness = 0.6
		o.Allow = []engine.Allow{
			{Principal: names[3], Owner: "ml", Reason: "evaluation"},
			{Detector: "campaign", Principal: names[4], Owner: "ml", Reason: "nightly"},
			{Detector: "rate", Principal: names[6], Owner: "x", Reason: "of another detector"},
			{Principal: names[7], Owner: "x", Reason: "over", Expires: now.Add(-time.Hour)},
			{Principal: names[8], Tenant: "other", Owner: "x", Reason: "of another tenant"},
			{Tenant: "=1+1", Owner: "x", Reason: "one of two tenants"},
			{Address: "10.0.0.0/8", Owner: "x", Reason: "of an address"},
		}
		k, err = ListKeys(t.Context(), st, plotID, o)
		require.NoError(t, err)
		require.Equal(t, 6, k.Unlike)
		require.Equal(t, 2, k.Excepted)
		require.Len(t, k.List, 22)
		require.Equal(t, 19, k.Nameless)
		require.Equal(t, own(1), k.find(names[1]).Key)

		var out bytes.Buffer
		require.NoError(t, k.WriteCSV(&out))
		rows, err := csv.NewReader(&out).ReadAll()
		require.NoError(t, err)
		require.Equal(t, []string{"principal", "key", "reason", "campaign", "likeness", "exchanges", "first", "last", "expires"}, rows[0])
		require.Len(t, rows, 23)
		for _, row := range rows[1:] {
			for _, cell := range row {
				require.False(t, strings.HasPrefix(cell, "=") || strings.HasPrefix(cell, "+") || strings.HasPrefix(cell, "-") || strings.HasPrefix(cell, "@"), "a formula: %q", cell)
			}
			if row[0] == names[2] {
				require.Equal(t, "'=HYPERLINK(\"evil\")", row[1])
			}
		}
		out.Reset()
		require.NoError(t, k.WriteJSON(&out))
		var back []Key
		require.NoError(t, json.Unmarshal(out.Bytes(), &back))
		require.Equal(t, k.List, back, "JSON has every value as it is")
		out.Reset()
		require.NoError(t, (&Keys{}).WriteJSON(&out))
		require.Equal(t, "[]\n", out.String())
	})
}

// find returns the key of a principal.
func (k *Keys) find(principal string) (none Key) {
	for _, key := range k.List {
		if key.Principal == principal {
			return key
		}
	}
	return none
}

func TestExceptionsOfATenant(t *testing.T) {
	stored(t, func(st *clickhouse.Store) {
		w := newWorld(pseudonyms(30))
		w.plant(t, st)
		k, err := ListKeys(t.Context(), st, plotID, KeyOptions{Now: now, Allow: []engine.Allow{{Tenant: "acme", Owner: "x", Reason: "ours"}}})
		require.NoError(t, err)
		require.Equal(t, 29, k.Excepted, "but for the one that was seen with another tenant too")
	})
}

func TestWhatBlockingWouldDo(t *testing.T) {
	stored(t, func(st *clickhouse.Store) {
		w := newWorld(pseudonyms(30))
		w.plant(t, st)
		d, err := Try(t.Context(), st, plotID, KeyOptions{Now: now, Names: Names{w.names[6]: "\x1b[31msk-6"},
			Allow: []engine.Allow{{Principal: w.names[9], Owner: "ml\x1b[2J", Reason: "evaluation"}}})
		require.NoError(t, err)
		require.Len(t, d.Keys, 29)
		require.Equal(t, []Spared{{w.names[9], "ml\x1b[2J", "evaluation"}}, d.Excepted)
		at := map[string]Blocked{}
		for _, b := range d.Keys {
			at[b.Principal] = b
		}
		// The newest event is of 15:07 on the second day.
		require.Equal(t, base.Add(29*time.Hour+7*time.Minute), d.AsOf)
		require.EqualValues(t, 16, at[w.names[0]].Day)
		require.EqualValues(t, 16, at[w.names[5]].Day, "under both of its names")
		require.EqualValues(t, 49, at[w.names[3]].Before, "but for the day before it began")
		require.EqualValues(t, 20, at[w.names[4]].EndUsers)
		require.EqualValues(t, 50, at[w.names[6]].Other)
		require.Equal(t, []string{"=1+1", "acme"}, at[w.names[6]].Tenants)
		require.Equal(t, []int{1, 1, 1}, []int{d.Known, d.Mixed, d.Shared})
		require.Equal(t, []Hit{{"POST /v1/chat/completions", 29, true}, {"GET /v1/files/\x1b[31m", 1, false}}, d.Routes)
		require.Equal(t, []Hit{{"acme", 29, true}, {"=1+1", 1, false}}, d.Tenants)
		require.EqualValues(t, 29*16, d.Day)
		require.Greater(t, d.All, d.Day)
		require.Len(t, d.Risky(), 3)
		var out bytes.Buffer
		require.NoError(t, d.Print(&out))
		golden(t, "dryrun.txt", out.String())
		require.NotContains(t, out.String(), "\x1b")
		out.Reset()
		require.NoError(t, WriteJSON(&out, d))
		var back DryRun
		require.NoError(t, json.Unmarshal(out.Bytes(), &back))
		require.Equal(t, *d, back)
	})
}

func TestACampaignBeginsWithATenthOfItsMembers(t *testing.T) {
	c := &schemas.Campaign{First: base}
	require.Equal(t, base, began(c))
	for i := range 20 {
		c.Members = append(c.Members, schemas.Member{First: base.Add(time.Duration(20-i) * time.Hour)})
	}
	require.Equal(t, base.Add(3*time.Hour), began(c))
	c.Members = c.Members[:1]
	require.Equal(t, base.Add(20*time.Hour), began(c))
}

func TestNamesAreBounded(t *testing.T) {
	keys, own := ring(t)
	_, err := ReadNames(strings.NewReader("a\n"+strings.Repeat("secret", 10_000)), keys, nil, nil)
	require.ErrorContains(t, err, "line 2 has more than 4096 bytes")
	require.NotContains(t, err.Error(), "secret")
	// The tenant's pseudonym is found too.
	names := keys.Principals(own(1), "acme")
	got, err := ReadNames(strings.NewReader(own(1)), keys, []string{"acme"}, []schemas.Member{{Principal: names[len(names)-1]}})
	require.NoError(t, err)
	require.Equal(t, own(1), got.Of(names[len(names)-1]))
	var none Names
	require.Empty(t, none.Of("x"))
}

// TestCustomersAreLeftOut marks members as those whom the campaign's keys imitate.
func TestCustomersAreLeftOut(t *testing.T) {
	stored(t, func(st *clickhouse.Store) {
		w := &world{names: pseudonyms(9)}
		f := w.finding()
		for _, i := range []int{2, 5} {
			m := &f.Campaign.Members[i]
			m.Links = append([]string{schemas.KnownBefore}, m.Links...)
		}
		require.NoError(t, st.WriteFindings(t.Context(), []schemas.Finding{f}))
		for known, want := range map[bool]int{false: 7, true: 9} {
			o := KeyOptions{Now: now, Known: known, Expires: time.Hour}
			k, err := ListKeys(t.Context(), st, plotID, o)
			require.NoError(t, err)
			require.Len(t, k.List, want)
			require.Equal(t, 9-want, k.Known)
			d, err := Try(t.Context(), st, plotID, o)
			require.NoError(t, err)
			require.Len(t, d.Keys, want)
			require.Equal(t, 9-want, d.LeftKnown)
			var out bytes.Buffer
			require.NoError(t, d.Print(&out))
			require.Equal(t, !known, strings.Contains(out.String(), "2  left out: in use long before"), out.String())
		}
	})
}
