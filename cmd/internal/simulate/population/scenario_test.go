package population

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/usage"
)

// seen is what is counted of a scenario.
type seen struct {
	Truth
	begin, release                                                int64
	calls                                                         int
	agents, tenants, addresses, networks, models, limits, prompts map[string]bool
	times                                                         []int64
	inputs, outputs                                               []float64
	messages, tools, users, reasoning, probes, choices            int
}

// play runs one scenario in a small world and counts its calls.
func play(t *testing.T, name string, seed uint64, days int) *seen {
	t.Helper()
	s := &seen{}
	for _, m := range []*map[string]bool{&s.agents, &s.tenants, &s.addresses, &s.networks, &s.models, &s.limits, &s.prompts} {
		*m = map[string]bool{}
	}
	w := run(t, Config{Seed: seed, Days: days, Principals: 20, Rate: .01, Prompts: true, Scenarios: []string{name}}, func(r *gateway.Record) {
		if r.Truth != 0 {
			return
		}
		s.calls++
		if r.Status != 200 {
			return
		}
		s.agents[string(r.UserAgent)], s.tenants[r.Team], s.models[r.Asked], s.limits[string(rune(r.MaxTokens))] = true, true, true, true
		a := r.Client.As4()
		s.addresses[r.Client.String()], s.networks[string(a[:3])] = true, true
		s.prompts[string(rune(r.Prompt.Kind))+string(gateway.AppendHex(gateway.AppendHex(nil, r.Prompt.Template), r.Prompt.Seed))] = true
		s.times, s.inputs, s.outputs = append(s.times, r.Time), append(s.inputs, float64(r.Input)), append(s.outputs, float64(r.Output))
		s.messages += r.Messages
		s.tools += min(r.Offered, 1)
		s.users += min(len(r.EndUser), 1)
		s.reasoning += min(int(r.Reasoning), 1)
		s.probes += min(r.TopLogprobs+r.LogitBias, 1)
		s.choices += r.Choices
	})
	s.Truth, s.begin, s.release = w.Truths()[0], w.start+int64(w.cfg.Begin), w.release
	require.Equal(t, name, s.Scenario)
	require.NotEmpty(t, s.Title)
	require.NotEmpty(t, s.Members)
	names, taken := map[string]bool{}, 0
	for _, m := range s.Members {
		require.False(t, names[m.Entity.Raw])
		names[m.Entity.Raw] = true
		require.True(t, slices.IsSorted(m.Times))
		taken += len(m.Times)
	}
	require.Equal(t, s.Taken, taken)
	require.Len(t, s.times, taken, "what is counted is what was answered")
	if s.Benign {
		require.Zero(t, s.Set)
	} else {
		require.Positive(t, s.Set)
		require.GreaterOrEqual(t, s.times[0], s.begin)
	}
	require.Equal(t, s.Start.UnixNano(), s.times[0])
	require.Equal(t, s.End.UnixNano(), s.times[taken-1])
	require.Less(t, float64(s.calls-taken), .12*float64(s.calls)+5)
	return s
}

func middle(xs []float64) float64 {
	xs = slices.Clone(xs)
	slices.Sort(xs)
	return xs[len(xs)/2]
}

// vary is the coefficient of variation.
func vary(xs []float64) float64 {
	var sum, squares float64
	for _, x := range xs {
		sum += x
		squares += x * x
	}
	mean := sum / float64(len(xs))
	return math.Sqrt(max(squares/float64(len(xs))-mean*mean, 0)) / mean
}

func (s *seen) hours() float64  { return s.End.Sub(s.Start).Hours() }
func (s *seen) hourly() float64 { return float64(s.Taken) / s.hours() }
func (s *seen) daily() float64  { return 24 * s.hourly() / float64(len(s.Members)) }

// volumes are the exchanges of each member.
func (s *seen) volumes() (out []float64) {
	for _, m := range s.Members {
		out = append(out, float64(len(m.Times)))
	}
	return out
}

// TestScenarios holds each scenario against its title, on seeds of its own.
func TestScenarios(t *testing.T) {
	tested := map[string]bool{}
	for _, tt := range []struct {
		name    string
		members int
		days    int
		is      func(t *testing.T, s *seen)
	}{
		{"burst", 1, 3, func(t *testing.T, s *seen) {
			assert.Equal(t, 10_000, s.Taken)
			assert.InDelta(t, 5.5, s.hours(), 3)
			assert.Greater(t, s.calls, s.Taken, "some are throttled")
		}},
		{"paced", 1, 4, func(t *testing.T, s *seen) { assert.InDelta(t, 450, s.hourly(), 165) }},
		{"slow", 1, 7, func(t *testing.T, s *seen) {
			assert.InDelta(t, 400, s.daily(), 30)
			assert.Equal(t, 8000, s.Set)
		}},
		{"mimic", 1, 8, func(t *testing.T, s *seen) {
			assert.InDelta(t, 600, s.daily(), 350)
			assert.Greater(t, scatter(s.times), 3.)
		}},
		{"start_and_stop", 1, 6, func(t *testing.T, s *seen) { assert.Greater(t, scatter(s.times), 8.) }},
		{"varied", 1, 3, func(t *testing.T, s *seen) {
			assert.Equal(t, s.Taken, s.tools)
			assert.Equal(t, s.Taken, s.users)
			assert.Greater(t, s.messages, 5*s.Taken)
			assert.Less(t, vary(s.inputs), 1.1, "but the input does not grow")
		}},
		{"new_model", 1, 5, func(t *testing.T, s *seen) {
			assert.Equal(t, map[string]bool{usage.Released.Name: true}, s.models)
			assert.Less(t, s.times[0]-s.release, 13*hour)
		}},
		{"logits", 1, 3, func(t *testing.T, s *seen) {
			assert.Equal(t, s.Taken, s.probes)
			assert.EqualValues(t, 1, slices.Max(s.outputs))
			assert.Less(t, vary(s.inputs), .1)
		}},
		{"sweep", 1, 3, func(t *testing.T, s *seen) {
			assert.Greater(t, s.choices, 4*s.Taken)
			assert.Greater(t, s.probes, s.Taken/3)
		}},
		{"membership", 1, 3, func(t *testing.T, s *seen) {
			assert.Less(t, vary(s.inputs), .04)
			assert.Less(t, vary(s.outputs), .1)
		}},
		{"reasoning", 1, 4, func(t *testing.T, s *seen) {
			assert.Equal(t, s.Taken, s.reasoning)
			assert.Greater(t, middle(s.outputs), 1500.)
		}},
		{"embedding_harvest", 1, 4, func(t *testing.T, s *seen) {
			assert.Less(t, middle(s.inputs), 30.)
			assert.Zero(t, slices.Max(s.outputs))
			assert.Greater(t, s.Taken, 40_000)
			assert.Len(t, s.prompts, s.calls-(s.calls-s.Taken), "no text twice")
		}},
		{"batch", 1, 6, func(t *testing.T, s *seen) {
			assert.Zero(t, slices.Max(s.inputs))
			assert.LessOrEqual(t, s.Taken, 120)
		}},
		{"shared_20", 20, 6, func(t *testing.T, s *seen) {
			assert.Len(t, s.agents, 1)
			assert.Len(t, s.networks, 1)
			assert.Len(t, s.tenants, 20)
			assert.Len(t, s.prompts, s.Taken, "one pool, each prompt once")
		}},
		{"unrelated_50", 50, 6, func(t *testing.T, s *seen) {
			assert.InDelta(t, 110, s.daily(), 40)
			assert.Greater(t, len(s.agents), 8)
			assert.Len(t, s.tenants, 50)
			assert.Greater(t, len(s.networks), 100)
			assert.Len(t, s.prompts, s.Taken, "one pool, each prompt once")
		}},
		{"tenants_30", 60, 6, func(t *testing.T, s *seen) { assert.Len(t, s.tenants, 30) }},
		{"hydra_1000", 1000, 6, func(t *testing.T, s *seen) {
			assert.InDelta(t, 24, s.daily(), 8)
			assert.True(t, s.Prompts)
			assert.Less(t, slices.Max(s.volumes()), 300.)
		}},
		{"hydra_mixed", 150, 4, func(t *testing.T, s *seen) { assert.InDelta(t, 50, s.daily(), 25) }},
		{"complementary", 24, 5, func(t *testing.T, s *seen) {
			together := map[int64]bool{}
			for _, at := range s.times {
				together[at%day/hour] = true
			}
			assert.Len(t, together, 24)
			for _, m := range s.Members {
				own := map[int64]int{}
				for _, at := range m.Times {
					own[at%day/hour]++
				}
				assert.LessOrEqual(t, len(own), 5)
			}
		}},
		{"pivot_40", 40, 5, func(t *testing.T, s *seen) {
			assert.Len(t, s.models, 2)
			assert.True(t, s.models[usage.Released.Name])
		}},
		{"students_mimic", 120, 5, func(t *testing.T, s *seen) {
			assert.Greater(t, vary(s.volumes()), .5, "unequal")
			assert.Len(t, s.prompts, s.Taken, "one pool, each prompt once")
		}},
		{"quota", 60, 6, func(t *testing.T, s *seen) {
			equal := map[int]int{}
			for _, m := range s.Members {
				n := 0
				for _, at := range m.Times {
					if at/day == s.begin/day+3 {
						n++
					}
				}
				equal[n/5]++
			}
			most := 0
			for _, n := range equal {
				most = max(most, n)
			}
			assert.Greater(t, most, 35, "the same number a day")
		}},

		{"nightly_evaluation", 1, 5, func(t *testing.T, s *seen) { assert.Greater(t, float64(s.Taken), 2900*2.) }},
		{"bulk_enrichment", 1, 4, func(t *testing.T, s *seen) {
			assert.Greater(t, s.Taken, 15_000)
			assert.Less(t, middle(s.outputs), 500.)
		}},
		{"tenant_enrichment", 12, 5, func(t *testing.T, s *seen) { assert.Len(t, s.tenants, 1) }},
		{"load_test", 1, 4, func(t *testing.T, s *seen) {
			assert.Less(t, s.hours(), 1.)
			assert.LessOrEqual(t, len(s.prompts), 31)
		}},
		{"load_test_keys", 60, 3, func(t *testing.T, s *seen) { assert.Less(t, s.hours(), 2.) }},
		{"ci_fleet", 15, 5, func(t *testing.T, s *seen) {
			assert.Len(t, s.tenants, 1)
			assert.Greater(t, len(s.networks), 10)
			assert.Less(t, len(s.prompts), s.Taken/3, "the same tests again and again")
		}},
		{"migration", 0, 5, func(t *testing.T, s *seen) {
			assert.GreaterOrEqual(t, len(s.Members), 15)
			assert.True(t, s.models[usage.Released.Name])
		}},
		{"rotation", 48, 4, func(t *testing.T, s *seen) { assert.Len(t, s.tenants, 1) }},
		{"synthetic_data", 2, 4, func(t *testing.T, s *seen) { assert.True(t, s.Mild) }},
		{"course", 200, 8, func(t *testing.T, s *seen) {
			assert.Len(t, s.tenants, 1)
			assert.Greater(t, len(s.networks), 40, "homes too")
			assert.Greater(t, vary(s.volumes()), .5)
		}},
		{"hackathon", 60, 8, func(t *testing.T, s *seen) {
			assert.Less(t, s.hours(), 48.)
			assert.True(t, s.Start.Weekday() == time.Saturday || s.Start.Weekday() == time.Sunday)
		}},
		{"product_launch", 80, 6, func(t *testing.T, s *seen) {
			assert.Len(t, s.tenants, 80)
			assert.Len(t, s.agents, 1)
		}},
		{"labelling", 25, 8, func(t *testing.T, s *seen) { assert.InDelta(t, 300, s.daily(), 250) }},
	} {
		tested[tt.name] = true
		t.Run(tt.name, func(t *testing.T) {
			for seed := range uint64(2) {
				s := play(t, tt.name, 70+seed, tt.days)
				if tt.members > 0 {
					assert.Len(t, s.Members, tt.members)
				}
				assert.Equal(t, tt.members != 1 && !s.Benign, s.Campaign)
				tt.is(t, s)
			}
		})
	}
	for _, name := range append(Attacks(), Lookalikes()...) {
		assert.True(t, tested[name], name)
	}
	assert.Len(t, tested, len(Attacks())+len(Lookalikes()))
}

// TestScenariosDoNotChangeTheRest: customers are the same with and without, and a
// scenario is the same beside others.
func TestScenariosDoNotChangeTheRest(t *testing.T) {
	hash := func(scenarios []string, of string) (h uint64) {
		cfg := Config{Seed: 8, Days: 3, Principals: 60, Rate: .05, Scenarios: scenarios}
		truth := slices.Index(scenarios, of)
		run(t, cfg, func(r *gateway.Record) {
			if r.Truth == truth && len(r.Principal) > 0 {
				h = gateway.Mix(h ^ uint64(r.Time) ^ uint64(r.Input)<<32 ^ uint64(r.Principal[5])<<50)
			}
		})
		return h
	}
	// The past of an account is its own, not of the customers: these have none.
	assert.Equal(t, hash(nil, ""), hash([]string{"load_test", "synthetic_data"}, ""))
	assert.Equal(t, hash([]string{"unrelated_50"}, "unrelated_50"), hash([]string{"burst", "unrelated_50", "slow"}, "unrelated_50"))
}

func TestAMixedMemberHasTrafficOfItsOwn(t *testing.T) {
	other := map[string]int{}
	w := run(t, Config{Seed: 6, Days: 4, Principals: 20, Rate: .01, Scenarios: []string{"hydra_mixed"}}, func(r *gateway.Record) {
		if r.Truth < 0 {
			other[string(r.Principal)]++
		}
	})
	shared := 0
	for _, m := range w.Truths()[0].Members {
		if other[m.Entity.Raw] > 20 {
			shared++
		}
	}
	assert.Greater(t, shared, 130)
}

func TestConfigBounds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Config)
		says   string
	}{
		{"days", func(c *Config) { c.Days = 401 }, "days: 401 is not from 1 to 400"},
		{"principals", func(c *Config) { c.Principals = 3 }, "principals: 3 is not from 20"},
		{"rate", func(c *Config) { c.Rate = -1 }, "rate: -1 is not above 0"},
		{"rate", func(c *Config) { c.Rate = math.NaN() }, "rate: NaN"},
		{"format", func(c *Config) { c.Format = gateway.NginxCombined }, `format: "nginx"`},
		{"prompts", func(c *Config) { c.Format, c.Prompts = gateway.Envoy, true }, "prompts: "},
		{"begin", func(c *Config) { c.Begin = -time.Hour }, "begin: "},
		{"start", func(c *Config) { c.Start = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC) }, "start: the year 1990"},
		{"scenario", func(c *Config) { c.Scenarios = []string{"nothing"} }, `scenarios: there is no "nothing"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := Config{Seed: 1}
			tt.change(&cfg)
			_, err := New(cfg)
			require.ErrorContains(t, err, tt.says)
		})
	}
}

// scatter is the variance of the calls in ten minutes over their mean.
func scatter(times []int64) float64 {
	counts := map[int64]float64{}
	for _, at := range times {
		counts[at/(10*minute)]++
	}
	n := float64((times[len(times)-1] - times[0]) / (10 * minute))
	mean := float64(len(times)) / n
	sum := (n - float64(len(counts))) * mean * mean
	for _, x := range counts {
		sum += (x - mean) * (x - mean)
	}
	return sum / n / mean
}
