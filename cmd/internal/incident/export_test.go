package incident

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

// TestNoValueIsAFormula: what a spreadsheet would run is text, and so is what a
// terminal would act upon.
func TestNoValueIsAFormula(t *testing.T) {
	for _, evil := range []string{`=HYPERLINK("http://evil.example","x")`, "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "a\x1b[2Jb", "a\u202eb", "\ufeff=1"} {
		a := schemas.Alert{ID: "0123456789ab", Title: evil, Tenant: evil, Outcome: evil, Entity: schemas.Entity{Name: evil}, Detector: evil,
			Acknowledged: &schemas.Mark{By: evil, At: time.Now()}}
		var out bytes.Buffer
		require.NoError(t, WriteCSV(&out, []schemas.Alert{a}))
		table, err := csv.NewReader(&out).ReadAll()
		require.NoError(t, err)
		for _, v := range table[1] {
			require.NotContains(t, "=+@\t\r", v[:min(1, len(v))]+"\x00", "%q", v)
			require.False(t, strings.HasPrefix(v, "-"), "%q", v)
			require.NotContains(t, v, "\x1b")
			require.NotContains(t, v, "\u202e")
		}
		require.Contains(t, table[1], "0123456789ab")
	}
}

// shifting is a desk whose alerts move while they are read.
type shifting struct {
	alerting.Desk
	alerts []schemas.Alert
	calls  int
	// change is called before the so manieth call.
	change func(d *shifting, call int)
}

func (d *shifting) List(f alerting.Filter) ([]schemas.Alert, error) {
	d.calls++
	if d.change != nil {
		d.change(d, d.calls)
	}
	from := 0
	if f.After != "" {
		from = -1
		for i := range d.alerts {
			if d.alerts[i].ID == f.After {
				from = i + 1
			}
		}
		if from < 0 {
			return nil, alerting.ErrNoAlert
		}
	}
	return d.alerts[from:min(len(d.alerts), from+f.Limit)], nil
}

func many(n int) []schemas.Alert {
	out := make([]schemas.Alert, n)
	for i := range out {
		out[i].ID = strings.Repeat("0", 8) + string(rune('a'+i%6)) + string(rune('a'+i/6%6)) + string(rune('a'+i/36%6)) + string(rune('a'+i/216%6)) + string(rune('a'+i/1296))
	}
	return out
}

func exported(t *testing.T, d alerting.Desk) (map[string]int, error) {
	t.Helper()
	var out bytes.Buffer
	err := Export(t.Context(), &out, d, alerting.Filter{}, "ndjson")
	seen := map[string]int{}
	for line := range strings.SplitSeq(strings.TrimSpace(out.String()), "\n") {
		var a schemas.Alert
		require.NoError(t, json.Unmarshal([]byte(line), &a))
		seen[a.ID]++
	}
	return seen, err
}

func TestAnExportMissesNothingThatMovesMeanwhile(t *testing.T) {
	d := &shifting{alerts: many(1700)}
	d.change = func(d *shifting, call int) {
		switch call {
		case 2: // one from the end is seen again and moves to the front
			last := d.alerts[1600]
			d.alerts = append([]schemas.Alert{last}, append(append([]schemas.Alert{}, d.alerts[:1600]...), d.alerts[1601:]...)...)
		case 3: // the one at which the export is, is forgotten
			for i := range d.alerts {
				if d.alerts[i].ID == many(1700)[999].ID {
					d.alerts = append(append([]schemas.Alert{}, d.alerts[:i]...), d.alerts[i+1:]...)
					return
				}
			}
		}
	}
	seen, err := exported(t, d)
	require.NoError(t, err)
	require.Len(t, seen, 1700)
	for id, n := range seen {
		require.Equal(t, 1, n, id)
	}
}

func TestAnExportEnds(t *testing.T) {
	d := &shifting{alerts: many(1700)}
	d.change = func(d *shifting, call int) {
		if call > 1 { // each time what the export is at is gone
			d.alerts = many(1700)[call*500%1000:]
		}
	}
	_, err := exported(t, d)
	require.True(t, err == nil || errors.Is(err, alerting.ErrNoAlert))
	require.Less(t, d.calls, 100)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, Export(ctx, &bytes.Buffer{}, d, alerting.Filter{}, "csv"), context.Canceled)
}
