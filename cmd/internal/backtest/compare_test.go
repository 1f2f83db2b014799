package backtest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/engine"
)

func TestTwoConfigurationsAreCompared(t *testing.T) {
	w := newWorld(t)
	source, o := w.fromFiles(t)
	strict := w.config()
	strict.Detectors.Authfail.Targets = 500
	strict.Detectors.Extraction.LogitCalls = 1e9
	strict.Engine.Allow = []engine.Allow{{Detector: "extraction", Owner: "me", Reason: "known"}}
	res, err := Run(t.Context(), source, []Candidate{{Name: "a", Config: w.config()}, {Name: "b", Config: strict}}, o)
	require.NoError(t, err)
	d := Compare(res.Candidates[0], res.Candidates[1])
	require.Equal(t, "a", d.Before)
	require.NotEmpty(t, d.Gone)
	require.NotEmpty(t, d.Changed)
	rows := map[string]DifferenceRow{}
	for _, r := range d.Rows {
		rows[r.Detector] = r
	}
	require.NotZero(t, rows["authfail.stuffing"].Gone+rows["authfail.stuffing"].Changed)
	require.NotZero(t, rows["extraction.logits"].Gone)
	require.NotContains(t, rows, "authfail.key_guessing", "nothing changes there")
	for _, c := range d.Changed {
		require.Equal(t, strings.HasPrefix(c.Before.Detector, "extraction."), c.After.Covered, "an exception covers it")
	}
	back := Compare(res.Candidates[1], res.Candidates[0])
	require.Len(t, back.New, len(d.Gone))
	require.Len(t, back.Gone, len(d.New))
	require.Equal(t, back.Same, d.Same)
	for i := range d.Gone[1:] {
		require.GreaterOrEqual(t, d.Gone[i].Severity, d.Gone[i+1].Severity, "the most severe first")
	}
	// What is covered is counted apart and alerts nobody.
	for _, r := range res.Candidates[1].Rows {
		if strings.HasPrefix(r.Detector, "extraction.") {
			require.NotZero(t, r.Covered)
			require.Zero(t, r.Alerts+r.Findings)
		}
	}
	require.Equal(t, "1 gone of 1", fmt.Sprintf("%d gone of %d", rows["extraction.logits"].Gone, logits(res.Candidates[0])))
	require.Empty(t, Compare(res.Candidates[0], res.Candidates[0]).Rows)
}

func logits(o *Outcome) (n int) {
	for _, f := range o.Findings() {
		if f.Detector == "extraction.logits" {
			n++
		}
	}
	return n
}
