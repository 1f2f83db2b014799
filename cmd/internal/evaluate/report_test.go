package evaluate

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/evaluate/sheet"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/schemas"
)

// reported is the report of two seeds: one attack found, one found late, one
// missed, and three alerts, one of them false.
func reported() *Report {
	hit := finding("authfail.key_guessing", principal("a"), noon, schemas.SeverityHigh)
	wrong := finding("rate.spike", principal("b"), noon, schemas.SeverityMedium)
	wrong.Title, wrong.Summary = "200 requests in a minute", "It was so. It is usually less."
	o := Options{Hours: 4, Strengths: []float64{1}}
	return o.report([]*result{
		{seed: 1, benign: 400_000, attack: 100, principalDays: 100, lookalikes: map[simulate.Kind]int{simulate.LoadTest: 1},
			attacks: []verdict{
				{kind: simulate.KeyGuessing, strength: 1, start: noon, rules: []string{"authfail.key_guessing"}, first: &hit, after: 10 * time.Second, events: 9, prompt: true},
				{kind: simulate.KeyGuessing, strength: 0.1, start: noon}},
			alerts: []alert{{finding: &hit, is: isHit}, {finding: &wrong, about: simulate.LoadTest}}},
		nil, // it was not begun
		{seed: 3, benign: 600_000, principalDays: 100, dropped: 5, left: []simulate.Kind{simulate.SlowExtraction},
			attacks: []verdict{{kind: simulate.KeyGuessing, strength: 1, start: noon, rules: []string{"authfail.scan"}, first: &hit, after: 30 * time.Second, events: 20}},
			alerts:  []alert{{finding: &wrong, is: isRight}}},
	})
}

func TestReport(t *testing.T) {
	r := reported()
	assert.Equal(t, []uint64{1, 3}, r.Seeds)
	assert.EqualValues(t, 1_000_000, r.BenignEvents)
	require.Len(t, r.Attacks, 2)
	a := r.Attacks[0]
	assert.Equal(t, 1., a.Strength, "the strongest first")
	assert.Equal(t, []int{2, 2, 1, 20}, []int{a.Planted, a.Found, a.InWindow, a.MedianEvents})
	assert.Equal(t, 30., a.MedianSeconds)
	assert.Equal(t, []string{"authfail.key_guessing", "authfail.scan"}, a.Detectors)
	assert.Equal(t, []int{1, 0}, []int{r.Attacks[1].Planted, r.Attacks[1].Found})
	require.Len(t, r.Detectors, 3)
	assert.Equal(t, Detector{Rule: "rate.spike", Alerts: 2, Right: 1, False: 1, FalsePerMillion: 1, FalsePerPrincipalDay: 0.005}, r.Detectors[1])
	assert.Equal(t, Detector{Rule: "all", Alerts: 3, True: 1, Right: 1, False: 1, FalsePerMillion: 1, FalsePerPrincipalDay: 0.005}, r.Detectors[2])
	assert.Equal(t, []sheet.Target{
		{Name: "classic attacks within one window", Want: "at least 95", Got: 50, Unit: "%", Met: false},
		{Name: "false alerts in a million benign events", Want: "at most 2", Got: 1, Unit: "", Met: true},
	}, r.Targets)
	assert.False(t, r.Met())
	assert.Len(t, r.Missed, 1)
	assert.Len(t, r.False, 1)
	assert.Equal(t, []string{"slow_extraction"}, r.Left)
}

func TestHuman(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, reported().Human(&b, false))
	for _, want := range []string{
		`key_guessing +1 +2 +2 +1 +30s +20 +authfail.key_guessing, authfail.scan`, `key_guessing +0.1 +1 +0 +0 +- +- +-`,
		`rate.spike +2 +0 +1 +1 +1.00 +0.005`, `load_test +1 +1`, `ordinary traffic +- +0`,
		`classic attacks within one window +at least 95 % +50.00 +missed`, `at most 2 +1.00 +met`, `left out.*slow_extraction`, `5 findings beyond`,
	} {
		assert.Regexp(t, want, b.String())
	}
	assert.NotContains(t, b.String(), "200 requests")
	require.NoError(t, reported().Human(&b, true))
	assert.Contains(t, b.String(), "seed 1: rate.spike (medium, load_test) on principal b at Wed 12:00: 200 requests in a minute")
	assert.Contains(t, b.String(), "seed 1: key_guessing at 0.1 of its strength, Wed 12:00")
}

func TestProgramsReadIt(t *testing.T) {
	var b bytes.Buffer
	r := reported()
	require.NoError(t, r.JSON(&b))
	var again Report
	require.NoError(t, json.Unmarshal(b.Bytes(), &again))
	assert.Equal(t, r.Detectors, again.Detectors)
	b.Reset()
	require.NoError(t, r.CSV(&b))
	rows, err := csv.NewReader(&b).ReadAll()
	require.NoError(t, err)
	for _, want := range [][]string{
		{"table", "name", "figure", "value"}, {"attack", "key_guessing at 1", "median_seconds", "30"}, {"attack", "key_guessing at 0.1", "found", "0"},
		{"detector", "all", "false_per_million_benign_events", "1"}, {"lookalike", "load_test", "false", "1"},
		{"target", "classic attacks within one window", "reached", "50"},
	} {
		assert.Contains(t, rows, want)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, assert.AnError }

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	r := reported()
	assert.ErrorIs(t, r.Human(broken{}, true), assert.AnError)
	assert.ErrorIs(t, r.JSON(broken{}), assert.AnError)
	assert.ErrorIs(t, r.CSV(broken{}), assert.AnError)
}
