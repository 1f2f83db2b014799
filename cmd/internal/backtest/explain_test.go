package backtest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// explainsWhatIsNotTheSame changes what the re-run goes by.
func (w *world) explainsWhatIsNotTheSame(t *testing.T, st *clickhouse.Store, found []schemas.Finding, o Options) {
	t.Helper()
	of := func(detector string) *schemas.Finding {
		for i := range found {
			if found[i].Detector == detector {
				f := found[i]
				return &f
			}
		}
		t.Fatalf("there is no %s", detector)
		return nil
	}
	explain := func(cfg *app.Config, f *schemas.Finding, history time.Duration) *Rerun {
		passes := 0
		r, err := Explain(t.Context(), st, cfg, f, ExplainOptions{Keys: o.Keys, History: history, Log: quiet,
			Watch: func(*app.Replayed, app.Progress) { passes++ }})
		require.NoError(t, err)
		require.LessOrEqual(t, passes, 2)
		return r
	}
	reasons := func(r *Rerun) string { return strings.Join(r.Reasons, "; ") }

	f := of("authfail.stuffing")
	strict := w.config()
	strict.Detectors.Extraction.LogitCalls = 1e9
	r := explain(strict, of("extraction.logits"), 0)
	require.Equal(t, VerdictAbsent, r.Verdict)
	require.Nil(t, r.Again)
	require.Contains(t, reasons(r), "may have changed since")

	// Figures that are not those of the finding.
	g := *f
	g.Severity, g.Events, g.Features = schemas.SeverityLow, 3*f.Events, append([]schemas.Feature(nil), f.Features...)
	g.Features[0].Expected *= 1.02
	g.Exception = &schemas.Exception{Owner: "me"}
	r = explain(w.config(), &g, 0)
	require.Equal(t, VerdictDiffers, r.Verdict)
	var figures []string
	for _, d := range r.Differences {
		figures = append(figures, d.Figure)
	}
	require.Equal(t, []string{"severity", "events", g.Features[0].Name + ", expected", "exception"}, figures)
	require.Contains(t, reasons(r), "no true addresses")

	// What another order of the partitions gives.
	g = *f
	g.Events, g.Features = f.Events+max(1, f.Events/20), append([]schemas.Feature(nil), f.Features...)
	slices.Reverse(g.Features)
	r = explain(w.config(), &g, 0)
	require.Equal(t, VerdictAlike, r.Verdict, "%+v", r.Differences)
	require.Len(t, r.Differences, 1)
	require.Contains(t, reasons(r), "several partitions")

	// Too little history: the spike of a caller is judged as a newcomer's.
	r = explain(w.config(), of("rate.spike"), time.Second)
	require.NotEqual(t, VerdictSame, r.Verdict)
	require.Contains(t, reasons(r), "--history reads more")

	// Expired events.
	g = *f
	g.WindowStart, g.WindowEnd, g.Detected = f.WindowStart.AddDate(-1, 0, 0), f.WindowEnd.AddDate(-1, 0, 0), f.WindowEnd.AddDate(-1, 0, 0)
	r = explain(w.config(), &g, 0)
	require.Equal(t, VerdictAbsent, r.Verdict)
	require.Contains(t, reasons(r), "not in the store")
	require.Zero(t, r.Events)
}

func TestDefaultHistory(t *testing.T) {
	cfg := app.DefaultConfig()
	for detector, want := range map[string]time.Duration{
		"rate.spike":          25 * time.Hour,
		"extraction.harvest":  8 * 24 * time.Hour, // of the family, a detector has windows of a day
		"feed.rejects":        25 * time.Hour,
		"campaign.extraction": 48 * time.Hour,
	} {
		got, err := DefaultHistory(cfg, detector)
		require.NoError(t, err)
		require.Equal(t, want, got, detector)
	}
}

// TestACampaignUnderAnotherName is what a re-run finds that begins in the middle.
func TestACampaignUnderAnotherName(t *testing.T) {
	of := func(kind schemas.EntityKind, name string) *schemas.Finding {
		e := schemas.Entity{Kind: kind, Name: name}
		return &schemas.Finding{ID: schemas.FindingID("campaign.extraction", e, time.Time{}), Detector: "campaign.extraction", Entity: e}
	}
	f, r := of(schemas.EntityCampaign, "c-000000000001"), &Rerun{}
	for _, again := range []*schemas.Finding{of(schemas.EntityCampaign, "c-000000000002"), of(schemas.EntityPrincipal, "p")} {
		r.take(f, again)
	}
	require.Nil(t, r.Again)
	require.Len(t, r.Near, 1)
	r.reason(app.DefaultConfig(), f, time.Hour)
	require.Contains(t, strings.Join(r.Reasons, "; "), "has another name there")
	require.NotContains(t, strings.Join(r.Reasons, "; "), "of the same entity")
	r.take(f, of(schemas.EntityCampaign, "c-000000000001"))
	require.NotNil(t, r.Again)
}
