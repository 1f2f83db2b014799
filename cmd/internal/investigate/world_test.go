package investigate

import (
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	quiet  = slog.New(slog.DiscardHandler)
	update = flag.Bool("update", false, "write the golden files")
	base   = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	// now is a month later: what is told of the last hours is told from the
	// newest event.
	now = base.Add(30 * 24 * time.Hour)
)

const plotID = "c-3f9a0c11d2e4"

// stored runs do with an embedded store in a folder of its own.
func stored(t *testing.T, do func(st *clickhouse.Store)) {
	t.Helper()
	cfg := app.DefaultConfig()
	cfg.DataDir = t.TempDir()
	app.EmbeddedAt(cfg, filepath.Join(cfg.DataDir, "store"))
	require.NoError(t, app.WithStore(cfg, quiet, func(st *clickhouse.Store) error {
		_, err := st.Migrate(t.Context())
		require.NoError(t, err)
		do(st)
		return nil
	}))
}

// ring is a key ring, with the gateway's own name of a member.
func ring(t *testing.T) (*redact.Keys, func(i int) string) {
	t.Helper()
	keys, _, err := redact.LoadKeys(filepath.Join(t.TempDir(), "keys.json"))
	require.NoError(t, err)
	return keys, func(i int) string { return fmt.Sprintf("sk-team-%03d", i) }
}

// world is a campaign of 30 keys over 30 hours, ten other callers, and what makes
// members look innocent: 3 is an old customer, 4 has end users behind it, 5 was
// renamed by a rotation, and 6 has a hostile client and calls other routes.
type world struct {
	names  []string
	events []schemas.Event
}

func (w *world) add(who string, at time.Time, change func(*schemas.Event)) {
	e := schemas.Event{
		Position: schemas.Position{Topic: "t", Offset: int64(len(w.events))}, Time: at.UnixNano(), Principal: who, Tenant: "acme",
		Method: "POST", Route: "/v1/chat/completions", Status: 200, UserAgent: "openai-python/1.2", Client: netip.MustParseAddr("203.0.113.7"),
		Provider: "openai", Model: "gpt-4o", MaxTokens: 4096, Temperature: 1, InputTokens: 100, OutputTokens: 900, Cost: 0.01, ASN: 64500,
		TemplateFingerprint: 0xfeed,
		Known:               schemas.HasStatus | schemas.HasMaxTokens | schemas.HasTemperature | schemas.HasInputTokens | schemas.HasOutputTokens | schemas.HasCost,
	}
	if change != nil {
		change(&e)
	}
	w.events = append(w.events, e)
}

func newWorld(names []string) *world {
	w := &world{names: names}
	for i, who := range names {
		for call := range 20 {
			at := base.Add(time.Duration(call)*90*time.Minute + time.Duration(i)*time.Second)
			w.add(who, at, func(e *schemas.Event) {
				e.Client = netip.MustParseAddr(fmt.Sprintf("198.51.100.%d", i))
				switch {
				case i == 4:
					e.EndUser = fmt.Sprint("h1:k1:user-", call)
				case i == 5 && call >= 10:
					e.Principal = "h1:k2:renamed"
				case i == 6:
					e.UserAgent = "\x1b[2Jevil\u202e\n=cmd|' /C calc'!A0"
				case i == 7 && call == 0:
					e.Status = 500
				}
			})
		}
	}
	for n := range 50 { // the old customer, and the one with other calls
		w.add(names[3], base.Add(-time.Duration(n+24)*time.Hour), nil)
		w.add(names[6], base.Add(time.Duration(n)*time.Minute), func(e *schemas.Event) {
			e.Method, e.Route, e.Model, e.Provider, e.Tenant, e.MaxTokens = "GET", "/v1/files/\x1b[31m", "", "", "=1+1", 0
			e.TemplateFingerprint, e.InputTokens, e.OutputTokens, e.Cost, e.Temperature, e.Known = 0, 0, 0, 0, 0, schemas.HasStatus
		})
	}
	for i := range 10 {
		for call := range 30 {
			w.add(fmt.Sprintf("h1:k1:other-%d", i), base.Add(time.Duration(call)*time.Hour+7*time.Minute), func(e *schemas.Event) {
				e.Model, e.TemplateFingerprint, e.ASN = "gpt-4o-mini", uint64(i), 64501
				e.Client = netip.MustParseAddr(fmt.Sprintf("2001:db8:%d::7", i))
			})
		}
	}
	return w
}

// finding is that about the campaign.
func (w *world) finding() schemas.Finding {
	e := schemas.Entity{Kind: schemas.EntityCampaign, Name: plotID}
	c := &schemas.Campaign{ID: plotID, Score: 41.5, First: base, Last: base.Add(29 * time.Hour), Size: len(w.names), Joined: 3,
		Exchanges: int64(20 * len(w.names)), Today: 500, InputTokens: 60_000, OutputTokens: 540_000,
		Links: []schemas.Link{
			{Kind: "network", Members: len(w.names), Others: 0, Weight: 0.6, Text: "one network that nobody else calls from"},
			{Kind: "template", Members: len(w.names), Others: 1, Weight: 0.4, Text: "one template of prompts\x1b[2J"},
		}}
	for i, name := range w.names {
		m := schemas.Member{Principal: name, First: base.Add(time.Duration(i) * time.Second), Last: base.Add(29 * time.Hour),
			Exchanges: int64(20 + i%2), Likeness: 0.5 + float64(i%5)/10, Links: []string{"network", "template"}[:1+i%2]}
		c.Members = append(c.Members, m)
	}
	c.Members[3].First = base.Add(-73 * time.Hour)
	c.First = c.Members[3].First
	start := base.Add(30 * time.Hour)
	return schemas.Finding{ID: schemas.FindingID("campaign.extraction", e, start), Detector: "campaign.extraction", Entity: e,
		Severity: schemas.SeverityHigh, Confidence: 0.87, Title: "30 keys took 600 exchanges together",
		Summary:     "30 keys act as one hand. Of unrelated callers not two share one network and one template.",
		WindowStart: start, WindowEnd: start.Add(time.Hour), Detected: start.Add(time.Hour), Events: 600, Campaign: c,
		Features: []schemas.Feature{{Name: "keys", Observed: 30, Expected: 1.5, Unit: "keys", Weight: 1, Text: "keys that act as one"}}}
}

// plant stores the world and what was found in it.
func (w *world) plant(t *testing.T, st *clickhouse.Store) {
	t.Helper()
	b := &schemas.Batch{Token: "w", Parts: []*schemas.Part{{Events: w.events,
		Aliases: []schemas.Alias{{Old: w.names[5], New: "h1:k2:renamed", Time: base.UnixNano()}}}}}
	require.NoError(t, st.WriteBatch(t.Context(), b))
	also := schemas.Finding{Detector: "rate.spike", Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: w.names[0]}, Severity: schemas.SeverityMedium,
		WindowStart: base, WindowEnd: base.Add(time.Hour), Detected: base.Add(time.Hour)}
	also.ID = schemas.FindingID(also.Detector, also.Entity, also.WindowStart)
	require.NoError(t, st.WriteFindings(t.Context(), []schemas.Finding{w.finding(), also}))
}

// pseudonyms are stable names of n members.
func pseudonyms(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("h1:k1:member%05d", i))
	}
	return out
}

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "%s; go test -update writes it anew", path)
}
