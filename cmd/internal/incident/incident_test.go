package incident

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

var update = flag.Bool("update", false, "write the golden files")

var at = time.Date(2026, 11, 22, 19, 0, 0, 0, time.UTC)

func clock() Clock { return Clock{Zone: time.UTC, Now: at.Add(time.Hour)} }

// incidentOf is stuffing that led to a success and to abuse of the key.
func incidentOf() schemas.Alert {
	address := schemas.Entity{Kind: schemas.EntityAddress, Name: "203.0.113.7"}
	caller := schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:AbC"}
	return schemas.Alert{ID: "1f0c6a2b3d4e5f60718293a4b5c6d7e8", State: schemas.AlertUpdated, Severity: schemas.SeverityCritical, Confidence: .93,
		Title: "Key stuffing succeeded", Summary: "412 keys were tried from one address, and one was taken.", Detector: "authfail.stuffing", Entity: address, Tenant: "acme",
		FirstSeen: at, LastSeen: at.Add(40 * time.Minute), Findings: 3, Events: 3402,
		Parts: []schemas.AlertPart{
			{Detector: "abuse.key", Entity: caller, Severity: schemas.SeverityHigh, Title: "A key does what it never did", FirstSeen: at.Add(20 * time.Minute), LastSeen: at.Add(40 * time.Minute), Events: 2990},
			{Detector: "authfail.stuffing", Entity: address, Severity: schemas.SeverityCritical, Title: "Key stuffing succeeded", FirstSeen: at, LastSeen: at.Add(20 * time.Minute), Events: 412, Ended: at.Add(30 * time.Minute)}},
		Acknowledged: &schemas.Mark{At: at.Add(5 * time.Minute), By: "alice via local", Comment: "looking"}, Escalated: 1, Reopened: 2, Muted: "silence 01ab23cd45ef",
		URL: "https://cases.example.com/1f0c6a2b",
		Finding: schemas.Finding{ID: "aabbccddeeff00112233445566778899", Features: []schemas.Feature{{Name: "failures", Observed: 412, Expected: 3, Weight: .8, Text: "412 failures in 20 min, 3 are usual"}},
			Techniques: []schemas.Technique{{Framework: "MITRE ATT&CK", ID: "T1110.004", Name: "Credential Stuffing"}}, Samples: []string{"req-1", "req-2"},
			Series:  &schemas.Series{Start: at, Step: 300, Counts: []int64{3, 100, 200, 112}},
			Related: []schemas.Entity{caller}, Query: "SELECT *\nFROM events\nWHERE client = '203.0.113.7'"},
		History: []schemas.AlertEvent{{Number: 1, At: at, What: "opened", Severity: schemas.SeverityHigh, Text: "Key stuffing"},
			{Number: 2, At: at.Add(5 * time.Minute), What: "acknowledged", By: "alice via local", Severity: schemas.SeverityHigh, Text: "looking"}}}
}

func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), text)
}

func told(t *testing.T, a *schemas.Alert) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, Story(&out, a, clock()))
	return out.String()
}

func TestTheStoryOfAnAlert(t *testing.T) {
	a := incidentOf()
	golden(t, "story_open.golden", told(t, &a))
	a.State, a.Outcome = schemas.AlertResolved, "It lasted 40 min. One key was taken and revoked."
	a.Resolution = &schemas.Mark{At: at.Add(50 * time.Minute), Comment: "its cause ended"}
	a.Finding.Campaign = &schemas.Campaign{ID: "c0ffee"}
	golden(t, "story_resolved.golden", told(t, &a))
	golden(t, "story_bare.golden", told(t, &schemas.Alert{ID: "0123456789ab"}))
	a.MergedInto = "77d0e1aa"
	require.Contains(t, told(t, &a), "merged into  77d0e1aa")
	require.Contains(t, told(t, &schemas.Alert{ID: "0123456789ab", Test: true, Title: "Try"}), "TEST")
}

func TestTheTable(t *testing.T) {
	a, b := incidentOf(), incidentOf()
	b.ID, b.State, b.Muted, b.Acknowledged = "1f0c6a2bffff", schemas.AlertResolved, "", nil
	var out bytes.Buffer
	require.NoError(t, Table(&out, []schemas.Alert{a, b}, clock()))
	golden(t, "table.golden", out.String())
	out.Reset()
	require.NoError(t, Table(&out, nil, clock()))
	require.Empty(t, out.String())
	require.NoError(t, Table(&out, []schemas.Alert{a}, Clock{Zone: time.FixedZone("CET", 3600), Now: at}))
	require.Contains(t, out.String(), "LAST SEEN (local)")
	require.Contains(t, out.String(), "2026-11-22 20:40:00")
}

func TestStates(t *testing.T) {
	mark := &schemas.Mark{At: at}
	for _, c := range []struct {
		a    schemas.Alert
		want string
	}{
		{schemas.Alert{}, "open"}, {schemas.Alert{State: schemas.AlertUpdated}, "open"}, {schemas.Alert{State: schemas.AlertEscalated}, "escalated"},
		{schemas.Alert{State: schemas.AlertReopened, Muted: "silence x"}, "reopened, muted"}, {schemas.Alert{State: schemas.AlertUpdated, Acknowledged: mark}, "acknowledged"},
		{schemas.Alert{State: schemas.AlertResolved, Acknowledged: mark, Muted: "x"}, "resolved"}, {schemas.Alert{State: schemas.AlertResolved, MergedInto: "x"}, "merged"},
	} {
		require.Equal(t, c.want, State(&c.a))
	}
}

func TestIdsAreShortAndUnique(t *testing.T) {
	require.Equal(t, []string{"01234567", "89abcdef"}, Short([]string{"0123456789ab", "89abcdef0123"}))
	require.Equal(t, []string{"012345678", "01234567a"}, Short([]string{"0123456789ab", "01234567aaaa"}))
	require.Equal(t, []string{"0123456789ab", "0123456789abc"}, Short([]string{"0123456789ab", "0123456789abcd"}))
	require.Equal(t, []string{"01234567", "01234567"}, Short([]string{"0123456789ab", "0123456789ab"}), "the same twice")
	require.Equal(t, []string{"ab", ""}, Short([]string{"ab", ""}))
	require.Empty(t, Short(nil))
}

// TestNothingOfAnAlertReachesTheTerminal: every text of an alert is written by
// attackers, and none of it moves the cursor, colours or reorders.
func TestNothingOfAnAlertReachesTheTerminal(t *testing.T) {
	for i, evil := range []string{"\x1b[2J\x1b]0;owned\x07", "a\r\nroot# ", "\u202egpj.exe", "a\tb\tc", "\u200b\ufeff", "\x9b31m", strings.Repeat("x", 100_000), "'; rm -rf / #"} {
		e := schemas.Entity{Kind: schemas.EntityPrincipal, Name: evil}
		a := schemas.Alert{ID: evil, Title: evil, Summary: evil, Detector: evil, Entity: e, Tenant: evil, Outcome: evil, Muted: evil, MergedInto: evil, URL: evil,
			Acknowledged: &schemas.Mark{By: evil, Comment: evil}, FirstSeen: at, LastSeen: at,
			Parts:   []schemas.AlertPart{{Detector: evil, Entity: e, Title: evil}},
			History: []schemas.AlertEvent{{What: evil, By: evil, Text: evil}},
			Finding: schemas.Finding{ID: evil, Query: evil, Samples: []string{evil}, Related: []schemas.Entity{e}, Techniques: []schemas.Technique{{Framework: evil, ID: evil, Name: evil}},
				Features: []schemas.Feature{{Unit: evil, Text: evil, Observed: math.Inf(1), Expected: math.NaN()}}, Campaign: &schemas.Campaign{ID: evil}}}
		var table bytes.Buffer
		require.NoError(t, Table(&table, []schemas.Alert{a}, clock()))
		require.Equal(t, 2, strings.Count(table.String(), "\n"), "one line an alert")
		for _, text := range []string{told(t, &a), table.String()} {
			require.Less(t, len(text), 40_000, i)
			for _, c := range text {
				if c != '\n' && c != '\t' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) {
					t.Fatalf("%d: %U reaches the terminal", i, c)
				}
			}
		}
	}
}

// TestWhatIsPastedIsOneWord: a command that the story proposes is as harmless as
// it looks, and it is not proposed if it would not mean the entity.
func TestWhatIsPastedIsOneWord(t *testing.T) {
	a := incidentOf()
	a.Entity = schemas.Entity{Kind: schemas.EntityPrincipal, Name: `x'; touch "owned" $(id) #`}
	text := told(t, &a)
	require.Contains(t, text, `--principal 'x'\''; touch "owned" $(id) #'`)
	require.Contains(t, text, `silence add 'entity="x'\''; touch \"owned\" $(id) #"'`)
	a.Entity.Name = "h1\u200b:k1"
	text = told(t, &a)
	require.NotContains(t, text, "silence add")
	require.NotContains(t, text, "allow add")
	for kind, flag := range map[schemas.EntityKind]string{schemas.EntityAddress: "--client", schemas.EntityRoute: "--route", schemas.EntityTenant: "--tenant"} {
		a.Entity = schemas.Entity{Kind: kind, Name: "n"}
		require.Contains(t, told(t, &a), fmt.Sprintf("%s 'n'", flag))
	}
	a.Entity = schemas.Entity{Kind: schemas.EntityModel, Name: "n"}
	require.NotContains(t, told(t, &a), "allow add")
}

func TestTimes(t *testing.T) {
	c := clock()
	require.Equal(t, "-", c.At(time.Time{}))
	require.Equal(t, "19:00:00", c.short(at))
	require.Equal(t, "2026-11-21 19:00:00", c.short(at.Add(-24*time.Hour)))
}
