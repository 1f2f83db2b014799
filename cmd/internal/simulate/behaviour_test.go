package simulate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
)

func TestHabitsKeepTheirHours(t *testing.T) {
	office := Habit{From: 8, To: 17}
	for _, tt := range []struct{ at, want time.Time }{
		{start, start}, // a Wednesday, 10:00
		{start.Add(-4 * time.Hour), start.Add(-2 * time.Hour)},                             // 6:00
		{start.Add(7 * time.Hour), start.Add(22 * time.Hour)},                              // 17:00
		{start.Add(3 * 24 * time.Hour), start.Add(5*24*time.Hour - 2*time.Hour)},           // Saturday
		{start.Add(55 * time.Hour), start.Add(5*24*time.Hour - 2*time.Hour)},               // Friday, 17:00
		{start.Add(4*24*time.Hour + 1), start.Add(5*24*time.Hour - 2*time.Hour)},           // Sunday
		{start.Add(6*time.Hour + 59*time.Minute), start.Add(6*time.Hour + 59*time.Minute)}, // 16:59
	} {
		assert.Equal(t, tt.want, time.Unix(0, office.opens(tt.at.UnixNano())).UTC(), tt.at)
	}
	assert.Equal(t, int64(5), (&Habit{}).opens(5), "always")
}

// own returns a fleet with one plant of a kind of the test's own.
func own(t *testing.T, b *Behaviour, p Plant, live time.Duration) *Fleet {
	p.Kind = "own"
	f, err := New(Config{Seed: 1, Start: start, Live: live, Rate: 2, Kinds: map[Kind]*Behaviour{"own": b}, Plants: []Plant{p},
		Services: []gateway.Service{{Name: "s", Method: "POST", Host: "h", Path: "/x/y", Template: "/x/y", Format: gateway.Kong, Model: "m", Tenant: "t"}}})
	require.NoError(t, err)
	return f
}

func TestTheVictimOfAQuietPlantPauses(t *testing.T) {
	fill := func(c *Campaign, r *gateway.Record, _ int64) { c.As(r, c.Victim(), 0) }
	f := own(t, &Behaviour{Title: "t", Service: FirstService, Expect: []string{"x"}, Who: byEither, Quiet: true,
		Before: &Habit{Rate: 1, Jitter: 0.5, Fill: fill}}, Plant{After: 10 * time.Minute, For: 5 * time.Minute}, 30*time.Minute)
	victim := f.truths[0].Entities[0].Raw
	inside, outside := 0, 0
	each(t, f, func(r *gateway.Record) {
		if string(r.Principal) != victim {
			return
		}
		require.Equal(t, -1, r.Truth, "it belongs to no plant")
		if m := r.When().Minute(); m >= 10 && m < 15 {
			inside++
		} else {
			outside++
		}
	})
	assert.Zero(t, inside)
	assert.InDelta(t, 1500, outside, 150)
	assert.InDelta(t, 300, f.Truths()[0].Events, 60, "what was held back is counted")
}

func TestAnInnocentsHabitBelongsToItsPlant(t *testing.T) {
	f := own(t, &Behaviour{Title: "t", Service: FirstService, Benign: true, Who: byEither,
		Before: &Habit{Rate: 1, Fill: func(c *Campaign, r *gateway.Record, _ int64) { c.As(r, c.Victim(), 0) }}}, Plant{For: 10 * time.Minute}, 10*time.Minute)
	each(t, f, func(*gateway.Record) {})
	assert.InDelta(t, 600, f.Truths()[0].Events, 5)
}

func TestWhatSilencesEverythingSilencesPlantsToo(t *testing.T) {
	c := Config{Seed: 1, Start: start, Live: 10 * time.Minute, Rate: 5, Kinds: map[Kind]*Behaviour{"own": {Title: "t", Service: AllServices,
		Expect: []string{"x"}, Who: byRoute, Change: func(*gateway.Dice, *gateway.Record) Effect { return Swallowed }}},
		Plants: []Plant{{Kind: BruteForce, For: 10 * time.Minute}, {Kind: "own", After: 4 * time.Minute, For: 2 * time.Minute}}}
	f := fleet(t, c)
	minutes := map[int]int{}
	each(t, f, func(r *gateway.Record) { minutes[r.When().Minute()]++ })
	assert.Zero(t, minutes[4]+minutes[5])
	assert.Greater(t, minutes[3], 300)
	assert.Greater(t, minutes[6], 300)
}

func TestKindsOfOthersAreChecked(t *testing.T) {
	c := Config{Start: start, Plants: []Plant{{Kind: "own", For: 1}}}
	assert.ErrorContains(t, c.withValid(t), "plants[0].kind is unknown")
	c.Kinds = map[Kind]*Behaviour{"own": {Service: FirstService}}
	assert.ErrorContains(t, c.withValid(t), "whose service is unknown")
}

func TestEntitiesOfAService(t *testing.T) {
	f := own(t, &Behaviour{Title: "t", Service: FirstService, Rate: 1, Expect: []string{"x"}, Addresses: 3, Who: byAddress,
		Also: func(c *Campaign) []Entity { return []Entity{c.Principal(c.Caller() + 3)} },
		Fill: func(c *Campaign, r *gateway.Record, n int64) {
			c.As(r, c.Caller(), int(n%3))
			r.SetAgent("mine")
			if c.Elapsed(r) > 0 && c.Progress(r) < 0 {
				t.Error("progress and time disagree")
			}
		}}, Plant{For: time.Minute}, time.Minute)
	truth := f.Truths()[0]
	assert.Len(t, truth.Entities, 4, "three addresses, and what was added")
	kinds := map[schemas.EntityKind]int{}
	for _, e := range truth.Related {
		kinds[e.Kind]++
	}
	assert.Equal(t, map[schemas.EntityKind]int{schemas.EntityRoute: 2, schemas.EntityGlobal: 1, schemas.EntityModel: len(providers),
		schemas.EntityTenant: 1, schemas.EntityHost: 1}, kinds)
	each(t, f, func(r *gateway.Record) {
		if r.Truth == 0 {
			require.Equal(t, "mine", string(r.UserAgent))
			require.True(t, names(truth.Entities, r))
		}
	})
}
