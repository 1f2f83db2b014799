package rules

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/gatehound/gatehound/detectors/detectortest"
)

// TestStarterRules runs the cases of the rules that come with Gatehound: each
// has at least one that matches and one that does not.
func TestStarterRules(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Starter = true
	infos, err := Check(cfg)
	require.NoError(t, err)
	for _, x := range infos {
		require.Equal(t, Active, x.State, "%s:%d: %s", x.File, x.Line, x.Reason)
		require.NotEqual(t, "every event", x.Cost, x.Title)
	}
	names, err := fs.Glob(Starter, "starter/*.yml")
	require.NoError(t, err)
	count := 0
	for _, n := range names {
		if !isRule(n) {
			continue
		}
		count++
		t.Run(strings.TrimPrefix(n, "starter/"), func(t *testing.T) {
			rule, err := Starter.ReadFile(n)
			require.NoError(t, err)
			cases, err := Starter.ReadFile(CaseFile(n))
			require.NoError(t, err)
			require.Contains(t, string(cases), "match: true")
			require.Contains(t, string(cases), "match: false")
			outcomes, err := runCases(DefaultConfig(), source{n, rule}, cases)
			require.NoError(t, err)
			for _, o := range outcomes {
				require.True(t, o.Passed, "%s: %s", o.Name, o.Reason)
			}
		})
	}
	require.GreaterOrEqual(t, count, 10)
}

// TestStarterFindingsAreReadable holds the words of every starter rule against
// what people on call can read.
func TestStarterFindingsAreReadable(t *testing.T) {
	names, err := fs.Glob(Starter, "starter/*.test.yml")
	require.NoError(t, err)
	told := map[string]bool{}
	for _, n := range names {
		text, err := Starter.ReadFile(n)
		require.NoError(t, err)
		for _, c := range parseCases(t, text) {
			if !c.Match {
				continue
			}
			cfg := DefaultConfig()
			cfg.Starter, cfg.Paths = true, nil
			m, err := New(Settings{Config: cfg}, nil)
			require.NoError(t, err)
			events, err := c.events()
			require.NoError(t, err)
			for i := range events {
				_, found := m.Try(&events[i])
				detectortest.Readable(t, found)
				for _, f := range found {
					told[f.Detector] = true
				}
			}
		}
	}
	require.GreaterOrEqual(t, len(told), len(names))
}

func parseCases(t *testing.T, text []byte) []Case {
	t.Helper()
	var all struct {
		Cases []Case `yaml:"cases"`
	}
	require.NoError(t, yaml.Unmarshal(text, &all))
	return all.Cases
}
