package evaluate

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
)

func TestPlan(t *testing.T) {
	o := DefaultOptions(app.DefaultConfig())
	for _, hours := range []int{2, 30, 96, 336} {
		o.Hours = hours
		span := time.Duration(hours) * time.Hour
		p := o.plan(1)
		assert.Equal(t, p, o.plan(1), "a seed has one plan")
		assert.NotEqual(t, p.fleet.Plants, o.plan(0).fleet.Plants)
		require.Len(t, p.strengths, len(p.fleet.Plants))
		planted := map[simulate.Kind]int{}
		for i, plant := range p.fleet.Plants {
			b := behaviour(plant.Kind)
			planted[plant.Kind]++
			require.GreaterOrEqual(t, plant.After, time.Duration(0), plant.Kind)
			require.Positive(t, plant.For, plant.Kind)
			require.Equal(t, plant.Intensity, p.strengths[i])
			if !b.Benign {
				require.LessOrEqual(t, plant.After, span, plant.Kind)
				if b.Learn > 0 && plant.Kind != "all_silent" && hours > 24 {
					require.GreaterOrEqual(t, plant.After, b.Learn, "%s needs history", plant.Kind)
				}
			}
		}
		_, err := simulate.New(p.fleet)
		require.NoError(t, err)
		if hours == 336 {
			assert.Empty(t, p.left)
			for _, k := range append(Attacks(), Lookalikes()...) {
				assert.Positive(t, planted[k], k)
			}
		}
		for _, k := range p.left {
			assert.Zero(t, planted[k], k)
		}
	}
}

func TestPlanLeavesOutWhatNoJudgedDetectorFinds(t *testing.T) {
	o := DefaultOptions(app.DefaultConfig())
	o.Families = []string{"authfail.brute_force"}
	for _, p := range o.plan(0).fleet.Plants {
		b := behaviour(p.Kind)
		assert.True(t, b.Benign || slices.Contains(b.Expect, "authfail"), p.Kind)
	}
	o.Attacks, o.Lookalikes = nil, nil
	assert.Empty(t, o.plan(0).fleet.Plants)
}

func TestWeakAttacksLastLonger(t *testing.T) {
	b := &simulate.Behaviour{}
	assert.Equal(t, 5*time.Minute, lasting(b, 1))
	assert.Equal(t, 5*time.Minute, lasting(b, 0.3))
	assert.Equal(t, 30*time.Minute, lasting(b, 0.1))
}

func TestWhatHasAnHourComesAtIt(t *testing.T) {
	b := &simulate.Behaviour{Hour: 2, Lasts: time.Hour}
	var p outline
	for _, tt := range []struct {
		span time.Duration
		want int // hours
		ok   bool
	}{{5 * time.Hour, -18, false}, {7 * time.Hour, -18, false}, {8 * time.Hour, 6, true}, {30 * time.Hour, 6, true}, {32 * time.Hour, 30, true}, {96 * time.Hour, 78, true}} {
		at, ok := p.hour(b, tt.span)
		assert.Equal(t, tt.ok, ok, tt.span)
		assert.Equal(t, 2, time.Date(2026, 1, 1, 20, 0, 0, 0, time.UTC).Add(at).Hour())
		if ok {
			assert.Equal(t, time.Duration(tt.want)*time.Hour, at, tt.span)
		}
	}
	b.Learn = 72 * time.Hour
	_, ok := p.hour(b, 30*time.Hour)
	assert.False(t, ok, "there is too little to learn from")
}

func TestParse(t *testing.T) {
	seeds, err := ParseSeeds("1-3, 9")
	require.NoError(t, err)
	assert.Equal(t, []uint64{1, 2, 3, 9}, seeds)
	for _, bad := range []string{"", "a", "3-1", "1-", "1-100000", "-1"} {
		_, err := ParseSeeds(bad)
		assert.Error(t, err, bad)
	}
	kinds, err := ParseAttacks("key_guessing, llmjacking")
	require.NoError(t, err)
	assert.Equal(t, []simulate.Kind{simulate.KeyGuessing, "llmjacking"}, kinds)
	kinds, err = ParseAttacks("none")
	require.NoError(t, err)
	assert.Empty(t, kinds)
	_, err = ParseAttacks("midnight_batch")
	assert.Error(t, err, "that is no attack")
	_, err = ParseStrengths("1,x")
	assert.Error(t, err)
}

// TestPlanCountsHistoryFromTheFirstDayOfWork wants three days of a victim who
// works on weekdays, and not of the fleet, before his nights are judged.
func TestPlanCountsHistoryFromTheFirstDayOfWork(t *testing.T) {
	o := DefaultOptions(app.DefaultConfig())
	o.Attacks, o.Lookalikes = []simulate.Kind{"off_hours"}, nil
	for seed, want := range map[uint64]time.Duration{
		1: 102 * time.Hour, // from Tuesday evening, at work from Wednesday on
		4: 150 * time.Hour, // from Friday evening, at work from Monday on
	} {
		o.Seeds, o.Hours = []uint64{seed}, int(want/time.Hour)+1
		p := o.plan(0)
		assert.Empty(t, p.fleet.Plants)
		assert.Equal(t, o.Attacks, p.left)
		o.Hours++
		p = o.plan(0)
		require.Len(t, p.fleet.Plants, 1)
		assert.Equal(t, want, p.fleet.Plants[0].After)
	}
}
