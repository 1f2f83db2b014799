package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/investigate"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

const plotted = "c-3f9a0c11d2e4"

// plot fills a store in a folder with campaigns of twelve keys, whose names the
// gateway has as sk-0 to sk-11, and returns the configuration and the store.
func plot(t *testing.T, dir string) (path, store string) {
	t.Helper()
	path = write(t, filepath.Join(dir, "g.yaml"), "data_dir: "+filepath.Join(dir, "data")+"\n")
	require.Zero(t, gatehound(t, dir, "", "decode", "--config", path).code) // makes the key ring
	cfg, err := app.Load(path)
	require.NoError(t, err)
	keys, _, err := redact.LoadKeys(app.KeyFile(cfg))
	require.NoError(t, err)
	store = filepath.Join(dir, "store")
	app.EmbeddedAt(cfg, store)
	base := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	var events []schemas.Event
	var found []schemas.Finding
	for n, id := range []string{plotted, "c-aa00bb11cc22"} {
		start := base.Add(time.Duration(5-n) * time.Hour)
		c := &schemas.Campaign{ID: id, First: base, Last: start, Size: 12, Exchanges: 36, Today: 36,
			Links: []schemas.Link{{Kind: "network", Members: 12, Weight: 1, Text: "one network"}}}
		for i := range 12 {
			m := schemas.Member{Principal: keys.Principal(fmt.Sprint("sk-", i)), First: base, Last: start, Exchanges: 3, Likeness: float64(i) / 11, Links: []string{"network"}}
			c.Members = append(c.Members, m)
			for call := range 3 {
				events = append(events, schemas.Event{Position: schemas.Position{Topic: "t", Offset: int64(len(events))}, Principal: m.Principal,
					Time: base.Add(time.Duration(call) * time.Hour).UnixNano(), Status: 200, Provider: "openai", Model: "gpt-4o", Method: "POST", Route: "/v1/x"})
			}
		}
		e := schemas.Entity{Kind: schemas.EntityCampaign, Name: id}
		found = append(found, schemas.Finding{ID: schemas.FindingID("campaign.extraction", e, start), Detector: "campaign.extraction", Entity: e,
			Severity: schemas.SeverityHigh, Title: "12 keys took 36 exchanges \x1b[2Jtogether", Summary: "They act as one. Others do not.",
			WindowStart: start, WindowEnd: start.Add(time.Hour), Detected: start.Add(time.Hour), Campaign: c})
	}
	require.NoError(t, app.WithStore(cfg, slog.New(slog.DiscardHandler), func(st *clickhouse.Store) error {
		if _, err := st.Migrate(t.Context()); err != nil {
			return err
		}
		if err := st.WriteBatch(t.Context(), &schemas.Batch{Token: "t", Parts: []*schemas.Part{{Events: events[:36]}}}); err != nil {
			return err
		}
		return st.WriteFindings(t.Context(), found)
	}))
	return path, store
}

func TestInvestigate(t *testing.T) {
	dir := t.TempDir()
	path, store := plot(t, dir)
	investigated := func(code int, args ...string) result {
		t.Helper()
		r := gatehound(t, dir, "", append([]string{"investigate", "--config", path, "--store", store}, args...)...)
		require.Equal(t, code, r.code, "%v: %s", args, r.stderr)
		require.NotContains(t, r.stdout+r.stderr, "\x1b", "%v: what acts on a terminal", args)
		return r
	}
	list := investigated(exitOK)
	lines := strings.Split(list.stdout, "\n")
	require.Contains(t, lines[0], "CAMPAIGN")
	require.True(t, strings.HasPrefix(lines[1], plotted), "the latest first: %s", list.stdout)
	require.Contains(t, lines[2], "c-aa00bb11cc22")
	var all []schemas.Finding
	require.NoError(t, json.Unmarshal([]byte(investigated(exitOK, "-o", "json").stdout), &all))
	require.Len(t, all, 2)
	require.Equal(t, 12, all[0].Campaign.Size)
	require.Len(t, strings.Split(strings.TrimSpace(investigated(exitOK, "--limit", "1").stdout), "\n"), 2)

	shown := investigated(exitOK, "3F9A", "--limit", "2").stdout
	for _, want := range []string{"They act as one. Others do not.", "one network", "openai gpt-4o", "2026-05-04 12:00          12       12 keys ████", "(2 of 12, --all"} {
		require.Contains(t, shown, want)
	}
	require.Equal(t, 12, strings.Count(investigated(exitOK, plotted, "--all").stdout, "h1:k1:"))
	var report investigate.Report
	require.NoError(t, json.Unmarshal([]byte(investigated(exitOK, plotted, "-o", "json").stdout), &report))
	require.Len(t, report.Members, 12)

	// The list of keys, with the gateway's own names.
	names := write(t, filepath.Join(dir, "names"), "sk-3\nsk-11\nsk-999\n")
	got := investigated(exitOK, plotted, "--keys", "json", "--names", names, "--min-likeness", "0.2", "--expires", "72h")
	var keys []investigate.Key
	require.NoError(t, json.Unmarshal([]byte(got.stdout), &keys))
	require.Len(t, keys, 9)
	named := map[string]int{}
	for _, k := range keys {
		named[k.Key]++
		require.WithinDuration(t, time.Now().Add(72*time.Hour), k.Expires, time.Minute)
		require.GreaterOrEqual(t, k.Likeness, 0.2)
	}
	require.Equal(t, map[string]int{"": 7, "sk-3": 1, "sk-11": 1}, named)
	require.Contains(t, got.stderr, "left_out_as_unlike=3")
	require.Contains(t, got.stderr, "listed_without_name=7")
	asked := gatehound(t, dir, "", "query", "--config", path, "--store", store, "-o", "csv", "SELECT action, what FROM audit")
	require.Equal(t, "action,what\nname keys,2 keys of "+plotted+"\n", asked.stdout, asked.stderr)
	rows, err := csv.NewReader(strings.NewReader(investigated(exitOK, plotted, "--keys", "csv").stdout)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 13)
	require.Equal(t, plotted, rows[1][3])

	dry := investigated(exitOK, plotted, "--keys", "csv", "--dry-run").stdout
	require.Contains(t, dry, "Blocking 12 keys of "+plotted+" would have stopped 36 requests")
	require.NotContains(t, dry, "principal,key,reason", "no list")
	var trial investigate.DryRun
	require.NoError(t, json.Unmarshal([]byte(investigated(exitOK, plotted, "--dry-run", "-o", "json").stdout), &trial))
	require.Len(t, trial.Keys, 12)

	require.Contains(t, investigated(exitError, "c-0000").stderr, "no campaign has this id: gatehound investigate lists them")
	for _, wrong := range [][]string{{"c-3"}, {"nonsense"}, {plotted, "extra"}, {plotted, "--keys", "xml"}, {plotted, "-o", "csv"}, {"--keys", "csv"}, {"--dry-run"},
		{plotted, "--min-likeness", "2"}, {plotted, "--min-likeness", "NaN"}, {plotted, "--expires", "0s"}, {plotted, "--names", names}, {plotted, "--limit", "0"},
		{plotted, "--window", "1s"}, {plotted, "--keys", "csv", "--names", "nofile"}} {
		require.Empty(t, investigated(exitUsage, wrong...).stdout, wrong)
	}
	empty := gatehound(t, dir, "", "investigate", "--config", path, "--store", "nowhere")
	require.Equal(t, exitUsage, empty.code)
}

func TestInvestigateWithoutAStore(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "g.yaml"), "storage:\n  clickhouse:\n    addresses: [127.0.0.1:1]\n")
	r := gatehound(t, dir, "", "investigate", "--config", path, plotted)
	require.Equal(t, exitError, r.code)
	require.Contains(t, r.stderr, "connection refused")
	require.Contains(t, r.stderr, "is asked with --store DIR")
	none := write(t, filepath.Join(dir, "none.yaml"), "storage: {mode: none}\n")
	require.Contains(t, gatehound(t, dir, "", "investigate", "--config", none).stderr, `"none" keeps nothing`)
	// A store without campaigns.
	old := write(t, filepath.Join(dir, "old.yaml"), "storage: {mode: embedded, embedded: {dir: "+filepath.Join(dir, "old")+"}}\n")
	require.Zero(t, gatehound(t, dir, "", "migrate", "--config", old).code)
	require.Contains(t, gatehound(t, dir, "", "investigate", "--config", old).stderr, "no campaigns are stored")
	require.Equal(t, "[]\n", gatehound(t, dir, "", "investigate", "--config", old, "-o", "json").stdout)
}
