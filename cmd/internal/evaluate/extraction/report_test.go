package extraction

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/evaluate/sheet"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

// played returns a world of that seed in which so much was said; the floors name
// the first key of each attack after two hours, and an innocent.
func played(seed uint64, suspects []suspect, said ...alarm) *outcome {
	c := newCourt(suspects)
	sortAlarms(said)
	o := &outcome{stage: stage{seed: seed}, suspects: suspects, events: 1_100_000, benign: 1_000_000, principals: 500, any: c.judge(said, schemas.SeverityInfo), loud: c.judge(said, medium)}
	var floor []alarm
	for _, s := range suspects {
		if !s.benign {
			o.attacks = append(o.attacks, s.scenario)
			floor = append(floor, finding(floorThousand, medium, 2*time.Hour, s.members[0]))
		}
	}
	floor = append(floor, finding(floorThousand, medium, 2*time.Hour, "x"))
	for i := range o.floors {
		o.floors[i] = c.judge(floor, schemas.SeverityInfo)
	}
	return o
}

func attack(name string, keys, set int) suspect {
	return suspect{scenario: name, title: "it copies", members: names(name, keys), set: int64(set), start: noon, times: every(time.Minute, set)}
}

var innocents = []suspect{{scenario: "load_test", benign: true, members: names("l", 5)}, {scenario: "synthetic", benign: true, mild: true, members: []string{"m0"}}}

// reported is the report of two seeds: burst is found early once and late once,
// shared_20 once with 18 keys and once by low findings with 19, unrelated_50 once
// of two times; three false alarms and one that is allowed are among them.
func reported() *Report {
	o := Options{Days: 7, Format: gateway.LiteLLM, Scenarios: []string{"shared_20", "unrelated_50", "burst", "never_played"}}
	shared, unrelated := attack("shared_20", 20, 1000), attack("unrelated_50", 50, 1000)
	burst := attack("burst", 1, 1000)
	return o.report([]*outcome{
		played(1, innocents, finding("extraction.harvest", low, time.Hour, "l0"), finding("extraction.harvest", medium, time.Hour, "m0"),
			finding("campaign.extraction", medium, time.Hour, "x", "y", "z"), finding("campaign.extraction", medium, 2*time.Hour, "x", "y", "z")),
		played(2, innocents),
		played(1, append([]suspect{burst}, innocents...), finding("extraction.harvest", medium, time.Hour, "burst0"), finding("extraction.harvest", high, time.Hour, "x")),
		played(2, append([]suspect{burst}, innocents...), finding("extraction.harvest", low, 2*time.Hour, "burst0"), finding("rate.spike", low, time.Minute, "burst0")),
		played(1, []suspect{shared}, finding("campaign.extraction", medium, time.Hour, append(names("shared_20", 18), "wrong", "too")...)),
		played(2, []suspect{shared}, finding("campaign.extraction", low, 3*time.Hour, names("shared_20", 19)...)),
		played(1, []suspect{unrelated}, finding("extraction.harvest", low, time.Hour, "unrelated_507")),
		played(2, []suspect{unrelated}, finding("campaign.extraction", high, 3*time.Hour, names("unrelated_50", 25)...)),
	}, 9)
}

func TestReport(t *testing.T) {
	r := reported()
	assert.Equal(t, []uint64{1, 2}, r.Seeds)
	assert.Equal(t, []int{8, 9}, []int{r.Worlds, r.AllWorlds})
	assert.EqualValues(t, 2_000_000, r.Benign.Events)
	assert.Equal(t, 1000, r.Principals)
	require.Len(t, r.Scenarios, 3, "in the order in which they were asked for, but for what was not played")
	shared, unrelated, burst := r.Scenarios[0], r.Scenarios[1], r.Scenarios[2]

	assert.Equal(t, []int{2, 2, 1}, []int{burst.Runs, burst.Any.Found, burst.Loud.Found})
	assert.EqualValues(t, 121, burst.Any.Taken, "the larger of two is their median")
	assert.Equal(t, []float64{0.121, 0.121, 2, 2}, []float64{burst.Any.Share, burst.Any.WorstShare, burst.Any.Hours, burst.Any.WorstHours})
	assert.Equal(t, []float64{1, 1}, []float64{burst.Any.Recall, burst.Any.Precision})
	assert.Equal(t, 1, burst.Noticed)
	assert.Equal(t, []string{"rate.spike"}, burst.NoticedBy)
	assert.Equal(t, []string{"extraction.harvest"}, burst.Any.Rules)
	assert.InDelta(t, 0.061, burst.Loud.Share, 1e-9)
	assert.Equal(t, 2, burst.Floors[0].Found)

	assert.Equal(t, 20, shared.Keys)
	assert.InDelta(t, 37./40, shared.Any.Recall, 1e-9)
	assert.InDelta(t, 37./39, shared.Any.Precision, 1e-9)
	assert.InDelta(t, 18./40, shared.Loud.Recall, 1e-9)
	assert.Zero(t, shared.Floors[0].Found, "one key of twenty")
	assert.InDelta(t, 1./20, shared.Floors[0].Recall, 1e-9)

	assert.Equal(t, 1, unrelated.Any.Found)
	assert.Equal(t, []string{"campaign.extraction", "extraction.harvest"}, unrelated.Any.Rules)
	assert.Equal(t, []string{"seed 1: unrelated_50 (1 of 50 keys named by extraction.harvest)"}, r.Missed)
}

func TestReportOfInnocents(t *testing.T) {
	r := reported()
	b := r.Benign
	assert.Equal(t, []int{1, 1, 1}, []int{b.Loud, b.Quiet, b.Mild})
	assert.Equal(t, []int{1, 0}, []int{b.OrdinaryLoud, b.OrdinaryQuiet})
	assert.Equal(t, []float64{1, 0.5}, []float64{b.PerMillion, b.LoudPerMillion})
	assert.Equal(t, []int{4, 3}, []int{b.Flagged, b.FlaggedLoud})
	assert.Equal(t, []Count{{"campaign.extraction", 1, 0, 0}, {"extraction.harvest", 0, 1, 1}}, b.Rules)
	assert.Equal(t, []Count{{"load_test", 0, 1, 0}, {ordinary, 1, 0, 0}, {"synthetic", 0, 0, 1}}, b.Lookalikes)
	assert.Equal(t, 1, r.Beside.Loud, "beside attacks it is told apart")
	assert.Equal(t, 3, r.Beside.Flagged, "and with it those who were named with twenty")
	require.Len(t, r.False, 3)
	assert.Contains(t, r.False[1], "seed 1: extraction.harvest (low, load_test)")
	assert.Contains(t, r.False[2], "beside burst")

	require.Len(t, r.Floors, len(floorNames))
	f := r.Floors[0]
	assert.Equal(t, Floor{Name: floorThousand, False: 2, PerMillion: 1, Flagged: 2, Found: 2, Runs: 6, Recall: 6. / 142, Precision: 6. / 12}, f)
}

func TestWhatWorldsOfASeedRepeatIsListedOnce(t *testing.T) {
	x, y := finding("extraction.harvest", low, time.Hour, "x"), finding("extraction.harvest", low, 30*time.Hour, "x")
	r := (&Options{}).report([]*outcome{played(1, nil, x), played(1, []suspect{attack("burst", 1, 100)}, x, y), played(2, nil, x)}, 3)
	assert.Len(t, r.False, 3, "another day and another seed are others")
	assert.Equal(t, []int{2, 2}, []int{r.Benign.Quiet, r.Beside.Quiet}, "all count")
}

func TestTargets(t *testing.T) {
	assert.Equal(t, []sheet.Target{
		{Name: "shared_20 found", Want: "100", Got: 100, Unit: "% of runs", Met: true},
		{Name: "shared_20's keys named", Want: "at least 80", Got: 92.5, Unit: "%", Met: true},
		{Name: "unrelated_50 found", Want: "at least 50", Got: 50, Unit: "% of runs", Met: true},
		{Name: "burst found with under 10 % of its set taken", Want: "100", Got: 50, Unit: "% of runs", Met: false},
		{Name: "false alarms in a million benign events, look-alikes included", Want: "at most 5", Got: 1, Unit: "", Met: true},
	}, reported().Targets)
	assert.False(t, reported().Met())
	r := Report{Scenarios: []Scenario{{Name: "hydra_1000", Runs: 2, Prompts: true, Any: Outcome{Found: 2, hours: []float64{20, 47}}}}, Benign: Benign{Events: 1, PerMillion: 5}}
	r.target()
	assert.Len(t, r.Targets, 2)
	assert.True(t, r.Met())
	r = Report{Scenarios: []Scenario{{Name: "hydra_1000", Runs: 2, Any: Outcome{Found: 0}}, {Name: "tenants_30", Runs: 2}}}
	r.target()
	assert.Empty(t, r.Targets, "what was not asked for has no target")
	r = Report{Scenarios: []Scenario{{Name: "slow", Runs: 1, Any: Outcome{Found: 1, shares: []float64{0.1}}}}}
	r.target()
	assert.False(t, r.Met(), "under a tenth")
}

func TestHuman(t *testing.T) {
	var b bytes.Buffer
	r := reported()
	require.NoError(t, r.Human(&b, false))
	for _, want := range []string{
		`2 seeds of 7 days, logs of litellm with no prompts: .* in 8 of 9 worlds; without an attack .* benign events of 1,000 principals`,
		`burst +1 +2 +2 +1 +100.0% +100.0% +121 +12.1% +12.1% +2.0 +1 +extraction.harvest \(before: rate.spike\)`,
		`unrelated_50 +50 +2 +1 +1 `,
		`without an attack +1 +1 +1 +1.00 +0.50 +4 +3 +1000`, `beside attacks +1 +0`,
		`load_test +0 +1 +0`, `burst +2 of 2, 12.1%`, `over 1,000 a day +2 +0 +1.00 +2 +2 of 6`,
		`shared_20's keys named +at least 80 % +92.50 +met`, `set taken +100 % of runs +50.00 +missed`,
	} {
		assert.Regexp(t, want, b.String())
	}
	assert.NotContains(t, b.String(), "some words")
	r.Dropped = 7
	require.NoError(t, r.Human(&b, true))
	assert.Contains(t, b.String(), "seed 1: unrelated_50 (1 of 50 keys named")
	assert.Contains(t, b.String(), "3 principals: some words")
	assert.Contains(t, b.String(), "7 findings beyond")
	b.Reset()
	require.NoError(t, (&Report{}).Human(&b, true), "when nothing was done")
}

func TestFeaturesAreInTheLists(t *testing.T) {
	a := finding("extraction.harvest", low, time.Hour, "x")
	a.figures = []schemas.Feature{{Name: "breadth", Weight: 0.7, Text: "many lengths"}, {Name: "single", Weight: 0.3, Text: "one turn"}}
	r := (&Options{}).report([]*outcome{played(1, nil, a)}, 1)
	require.Len(t, r.False, 1)
	assert.Contains(t, r.False[0], "\n     70% breadth: many lengths\n     30% single: one turn")
}

func TestProgramsReadIt(t *testing.T) {
	var b bytes.Buffer
	r := reported()
	require.NoError(t, r.JSON(&b))
	var again Report
	require.NoError(t, json.Unmarshal(b.Bytes(), &again))
	assert.Equal(t, r.Targets, again.Targets)
	assert.Equal(t, r.Floors, again.Floors)
	b.Reset()
	require.NoError(t, r.CSV(&b))
	rows, err := csv.NewReader(&b).ReadAll()
	require.NoError(t, err)
	for _, want := range [][]string{
		{"table", "name", "figure", "value"}, {"scenario", "burst", "found", "2"}, {"scenario", "burst", "medium_and_above: found", "1"},
		{"scenario", "burst", "over 1,000 a day: taken", "121"}, {"benign", "without an attack", "false_per_million", "1"},
		{"without an attack", "load_test", "false_low", "1"}, {"floor", floorHundred, "keys_flagged", "2"},
		{"target", "unrelated_50 found", "reached", "50"},
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
