package simulate

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

func TestNewRefuses(t *testing.T) {
	good := Config{Start: start}
	require.NoError(t, good.withValid(t))
	for _, tt := range []struct {
		name, want string
		change     func(c *Config)
	}{
		{"no start", "start is not set", func(c *Config) { c.Start = time.Time{} }},
		{"early start", "year 1969", func(c *Config) { c.Start = time.Unix(-1, 0).UTC() }},
		{"backlog", "backlog is -1ns", func(c *Config) { c.Backlog = -1 }},
		{"live", "live is -1ns", func(c *Config) { c.Live = -1 }},
		{"negative rate", "rate is -1", func(c *Config) { c.Rate = -1 }},
		{"high rate", "rate is 2e+06", func(c *Config) { c.Rate = 2e6 }},
		{"clients", "clients is 3", func(c *Config) { c.Clients = 3 }},
		{"filebeat", "filebeat is 2", func(c *Config) { c.Filebeat = 2 }},
		{"formats", "unknown format", func(c *Config) { c.Formats = []gateway.Format{"syslog"} }},
		{"kind", "plants[0].kind is unknown", func(c *Config) { c.Plants = []Plant{{Kind: "x", For: 1}} }},
		{"for", "plants[0].for is 0s", func(c *Config) { c.Plants = []Plant{{Kind: BruteForce}} }},
		{"every", "plants[0].every is 1ns", func(c *Config) { c.Plants = []Plant{{Kind: BruteForce, For: 2, Every: 1}} }},
		{"intensity", "plants[0].intensity is -1", func(c *Config) { c.Plants = []Plant{{Kind: BruteForce, For: 1, Intensity: -1}} }},
		{"before the backlog", "plants[0].after is -1h", func(c *Config) { c.Plants = []Plant{{Kind: BruteForce, For: 1, After: -time.Hour}} }},
		{"format of a plant", "which needs the format nginx", func(c *Config) {
			c.Formats = []gateway.Format{gateway.Kong}
			c.Plants = []Plant{{Kind: BruteForce, For: 1}}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := good
			tt.change(&c)
			assert.ErrorContains(t, c.withValid(t), tt.want)
		})
	}
}

func (c Config) withValid(t *testing.T) error {
	t.Helper()
	_, err := New(c)
	return err
}

func TestDefaultPlantsAreVisibleInAShortDemo(t *testing.T) {
	c := Default(1, start, 3*time.Hour, time.Minute)
	seen := map[Kind]bool{}
	for _, p := range c.Plants {
		seen[p.Kind] = true
		if kinds[p.Kind].Benign || p.Kind == SlowExtraction || p.Kind == Hydra {
			continue
		}
		assert.GreaterOrEqual(t, p.After, time.Duration(0), p.Kind)
		assert.LessOrEqual(t, p.After+p.For, c.Live+5*time.Second, p.Kind)
		assert.GreaterOrEqual(t, p.For, 20*time.Second, p.Kind)
	}
	assert.Len(t, seen, len(kinds), "every kind is planted")
}

func TestEveryKindIsComplete(t *testing.T) {
	all := slices.Concat(attackKinds, lookalikeKinds, []Kind{Hydra})
	assert.Len(t, kinds, len(all))
	for _, k := range all {
		b := kinds[k]
		require.NotNil(t, b, k)
		assert.NotEqual(t, b.Fill == nil, b.Change == nil, "%s either makes requests or changes them", k)
		assert.Equal(t, b.Fill != nil, b.Rate > 0, k)
		assert.True(t, len(b.Who) > 0 || b.Also != nil, "%s: who it is about", k)
		assert.True(t, b.Benign || len(b.Expect) > 0, "%s: who should find it", k)
	}
}
