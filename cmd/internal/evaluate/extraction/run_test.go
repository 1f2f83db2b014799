package extraction

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/evaluate/hunt"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// brief is a small evaluation of one seed with one look-alike, of about 20,000 events
// a world.
func brief(scenarios ...string) Options {
	o := DefaultOptions(app.DefaultConfig())
	o.Seeds, o.Days, o.Principals, o.Rate, o.Scenarios = []uint64{3}, 2, 60, 0.1, scenarios
	o.Lookalikes = []string{"nightly_evaluation"}
	return o
}

func TestRun(t *testing.T) {
	o := brief("burst")
	var p *hunt.Progress
	o.Parallel = 2
	r, err := Run(t.Context(), o, slog.New(slog.DiscardHandler), func(of *hunt.Progress) { p = of })
	require.NoError(t, err)
	assert.Equal(t, []int{2, 2}, []int{r.Worlds, r.AllWorlds})
	assert.Greater(t, r.Benign.Events, int64(10_000))
	assert.Greater(t, r.Principals, 50)
	assert.InDelta(t, r.Benign.Events, r.Beside.Events, 0.2*float64(r.Benign.Events), "without the attack the worlds are alike")
	require.Len(t, r.Scenarios, 1)
	s := r.Scenarios[0]
	assert.Equal(t, []int{1, 1}, []int{s.Runs, s.Keys})
	assert.Equal(t, 1, s.Floors[1].Found, "thousands of calls are over a hundred a day")
	assert.Less(t, s.Floors[1].Share, 0.05)
	assert.EqualValues(t, 1, s.Floors[1].Recall)
	assert.InDelta(t, float64(p.Total), float64(p.Done.Load()), 0.3*float64(p.Total))
	assert.Greater(t, p.Events.Load(), r.Events-2*hunt.Batch)

	o.Parallel = 1
	again, err := Run(t.Context(), o, slog.New(slog.DiscardHandler), nil)
	require.NoError(t, err)
	assert.Equal(t, r, again, "side by side or not")
}

// tiring is done after it was asked so many times whether it is.
type tiring struct {
	context.Context
	asked atomic.Int32
}

func (c *tiring) Err() error {
	if c.asked.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

func TestTheWorldsThatAreDoneAreReportedWhenInterrupted(t *testing.T) {
	o := brief("burst")
	o.Parallel = 1
	whole, err := Run(t.Context(), brief(), slog.New(slog.DiscardHandler), nil)
	require.NoError(t, err)
	require.Equal(t, 1, whole.Worlds)
	require.Empty(t, whole.Scenarios)
	ctx := &tiring{Context: t.Context()}
	ctx.asked.Store(int32(whole.Events/hunt.Batch) + 10) // some batches into the second world
	r, err := Run(ctx, o, slog.New(slog.DiscardHandler), nil)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []int{1, 2}, []int{r.Worlds, r.AllWorlds})
	assert.Equal(t, whole.Benign, r.Benign)
	assert.Empty(t, r.Missed, "what was not played to its end was not missed")
}

func TestPlan(t *testing.T) {
	o := DefaultOptions(app.DefaultConfig())
	o.Seeds = []uint64{1, 2}
	stages, err := o.plan()
	require.NoError(t, err)
	world, err := population.New(population.Config{Seed: 1, Principals: 20, Scenarios: population.Attacks()})
	require.NoError(t, err)
	about := map[string]population.Truth{}
	for _, truth := range world.Truths() {
		about[truth.Scenario] = truth
	}
	planned := map[string]int{}
	for i, s := range stages {
		for _, name := range s.attacks {
			planned[name]++
			assert.Equal(t, about[name].Prompts, s.prompts, name)
			assert.True(t, len(s.attacks) == 1 || !about[name].Campaign, "%s is helped by nothing", name)
		}
		assert.LessOrEqual(t, len(s.attacks), together)
		assert.Equal(t, i == 0 || stages[i-1].seed != s.seed, len(s.attacks) == 0, "each seed begins with a world without an attack")
	}
	for _, name := range population.Attacks() {
		assert.Equal(t, 2, planned[name], name)
	}
	o.Prompts = true
	stages, err = o.plan()
	require.NoError(t, err)
	assert.False(t, slices.ContainsFunc(stages, func(s stage) bool { return !s.prompts }))
}

func TestValidate(t *testing.T) {
	for want, change := range map[string]func(*Options){
		"":                                    func(*Options) {},
		"seeds are 0: want 1 to 1000":         func(o *Options) { o.Seeds = nil },
		"days is 1: want 2 to 60":             func(o *Options) { o.Days = 1 },
		"principals is 10: want 20 to 200000": func(o *Options) { o.Principals = 10 },
		"rate is 0: want 0.01 to 1000":        func(o *Options) { o.Rate = 0 },
		"format is none":                      func(o *Options) { o.Format = "nginx_json" },
		"prompts: the format envoy has none":  func(o *Options) { o.Prompts, o.Format = true, "envoy" },
		"parallel is 0: want 1 to 256":        func(o *Options) { o.Parallel = 0 },
		"scenarios has an unknown name":       func(o *Options) { o.Scenarios = []string{"nonsense"} },
		"lookalikes has an unknown name":      func(o *Options) { o.Lookalikes = []string{"burst"} },
	} {
		o := DefaultOptions(nil)
		change(&o)
		if err := o.Validate(); want == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, want)
		}
	}
}

func TestParseScenarios(t *testing.T) {
	all, err := ParseScenarios("all")
	require.NoError(t, err)
	assert.Equal(t, population.Attacks(), all)
	some, err := ParseScenarios("burst, slow,burst")
	require.NoError(t, err)
	assert.Equal(t, []string{"burst", "slow"}, some)
	none, err := ParseScenarios("none")
	require.NoError(t, err)
	assert.Empty(t, none)
	for _, wrong := range []string{"", "bursts", "burst,"} {
		_, err = ParseScenarios(wrong)
		assert.ErrorContains(t, err, "there is no such attack", wrong)
		assert.NotContains(t, err.Error(), "bursts", "what was typed is not repeated")
	}
}

func TestWitness(t *testing.T) {
	w := newWitness()
	for i, name := range []string{"p", "q", "p", "r"} {
		ev := call(noon.Add(time.Duration(i)*time.Second), 80)
		ev.Principal, ev.Tenant = name, []string{"t", "t", "u", ""}[i]
		w.observe(ev)
	}
	w.observe(&schemas.Event{Principal: "refused", Operation: "chat", Status: 429, Tenant: "t"})
	assert.Len(t, w.callers, 3)
	assert.Equal(t, map[string]map[string]bool{"t": {"p": true, "q": true}, "u": {"p": true}}, w.tenants)
	assert.Len(t, w.floors.callers, 3)
}

func TestOutcomeNamesPrincipalsAsFindingsDo(t *testing.T) {
	ground, err := hunt.NewGround(app.DefaultConfig(), 1, population.Write)
	require.NoError(t, err)
	defer func() { require.NoError(t, ground.Remove()) }()
	h, err := hunt.Open(ground.Config, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer h.Close()
	member := func(name string, times ...int64) population.Member {
		m := population.Member{Times: times}
		m.Entity.Kind, m.Entity.Raw = schemas.EntityPrincipal, name
		return m
	}
	a, b, c := h.Keys.Principal("a"), h.Keys.Principal("b"), h.Keys.Principal("c")
	h.Events = 100
	h.Findings = []schemas.Finding{
		{Detector: "extraction.tenant", Entity: schemas.Entity{Kind: schemas.EntityTenant, Name: "t"}, Severity: low, Detected: noon.Add(time.Hour)},
		{Detector: "extraction.harvest", Entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: c}, Severity: medium, Detected: noon.Add(time.Hour)},
	}
	w := newWitness()
	for _, name := range []string{a, b, c} {
		ev := call(noon, 80)
		if ev.Principal = name; name != c {
			ev.Tenant = "t"
		}
		w.observe(ev)
	}
	out := w.outcome(stage{seed: 1, attacks: []string{"two"}}, h, []population.Truth{
		{Scenario: "two", Members: []population.Member{member("a", 30, 50), member("b", 20), member("e")}, Taken: 3, Set: 10, Start: noon},
		{Scenario: "look", Benign: true, Members: []population.Member{member("c", 1)}, Taken: 1, Start: noon},
		{Scenario: "never", Members: []population.Member{member("d")}},
	})
	require.Len(t, out.suspects, 2, "what did not take place was not missed")
	assert.Equal(t, []int64{20, 30, 50}, out.suspects[0].times)
	assert.EqualValues(t, 97, out.benign)
	assert.Equal(t, 1, out.principals, "c; e was to take part and never called")
	v := out.any.verdicts[0]
	assert.Equal(t, []any{true, 2, 0}, []any{v.found, v.named, v.wrong}, "all callers of the tenant")
	assert.False(t, out.loud.verdicts[0].found)
	assert.Equal(t, "look", out.any.charges[0].about)
	assert.Len(t, out.loud.charges, 1)
	assert.Equal(t, map[string]bool{c: true}, out.any.flagged)
}

func TestARecordThatIsRejectedEndsTheRun(t *testing.T) {
	o := brief()
	cfg := *o.Config
	cfg.Decode.Format = "envoy" // but the world's gateway is LiteLLM
	o.Config = &cfg
	_, err := Run(t.Context(), o, slog.New(slog.DiscardHandler), nil)
	require.ErrorContains(t, err, "seed 3: ")
	require.ErrorContains(t, err, "were rejected")
}
