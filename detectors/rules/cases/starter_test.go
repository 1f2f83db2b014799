package cases

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/rules"
	"github.com/gatehound/gatehound/detectors/rules/starter"
)

// TestStarterRules runs the cases of the rules that come with Gatehound: each
// has at least one that matches and one that does not.
func TestStarterRules(t *testing.T) {
	cfg := rules.DefaultConfig()
	cfg.Starter = true
	infos, err := rules.Check(cfg)
	require.NoError(t, err)
	for _, x := range infos {
		require.Equal(t, rules.Active, x.State, "%s:%d: %s", x.File, x.Line, x.Reason)
		require.NotEqual(t, "every event", x.Cost, x.Title)
	}
	names, err := fs.Glob(starter.Files, "*.yml")
	require.NoError(t, err)
	count := 0
	for _, n := range names {
		if strings.HasSuffix(n, ".test.yml") {
			continue
		}
		count++
		t.Run(n, func(t *testing.T) {
			cases, err := starter.Files.ReadFile(File(n))
			require.NoError(t, err)
			require.Contains(t, string(cases), "match: true")
			require.Contains(t, string(cases), "match: false")
			outcomes, err := run(cfg, "starter/"+n, cases)
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
	names, err := fs.Glob(starter.Files, "*.test.yml")
	require.NoError(t, err)
	told := map[string]bool{}
	for _, n := range names {
		text, err := starter.Files.ReadFile(n)
		require.NoError(t, err)
		all, err := parse(text)
		require.NoError(t, err)
		for _, c := range all {
			if !c.Match {
				continue
			}
			cfg := rules.DefaultConfig()
			cfg.Starter, cfg.Paths = true, nil
			m, err := rules.New(rules.Settings{Config: cfg}, nil)
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
