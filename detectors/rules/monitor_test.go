package rules

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

const failures = `
title: Many refusals
name: many_refusals
level: high
description: One address is refused again and again.
correlation:
  type: event_count
  rules: [refused]
  group-by: [c-ip]
  timespan: 10m
  condition: {gte: 5}
---
title: Refused
name: refused
logsource: {product: gatehound, service: auth}
detection:
  sel: {auth: failure}
  condition: sel
`

func refusal(d time.Duration, addr string) schemas.Event {
	a := netip.MustParseAddr(addr)
	return at(d, schemas.Event{Auth: schemas.AuthFailure, ClientAddr: a, Client: a, Status: 401, RequestID: "r-" + d.String(), Tenant: "acme"})
}

func TestACorrelationIsAFinding(t *testing.T) {
	m := monitor(t, DefaultConfig(), failures)
	var events []schemas.Event
	for i := range 5 {
		events = append(events, refusal(time.Duration(i)*time.Minute, "203.0.113.9"), refusal(time.Duration(i)*time.Minute, fmt.Sprintf("198.51.100.%d", i)))
	}
	found := m.Observe(batch(events...), nil)
	require.Len(t, found, 1)
	f := found[0]
	require.Equal(t, "rules.many_refusals", f.Detector, "the rule that only serves it is silent")
	require.Equal(t, schemas.Entity{Kind: schemas.EntityAddress, Name: "203.0.113.9"}, f.Entity)
	require.Equal(t, "acme", f.Tenant)
	require.EqualValues(t, 5, f.Events)
	require.InDelta(t, 5, f.Features[0].Observed, 0)
	require.Contains(t, f.Query, "client = toIPv6('203.0.113.9')")
	require.Equal(t, []string{"r-4m0s"}, f.Samples)
	detectortest.Readable(t, found)

	spoken := monitor(t, DefaultConfig(), strings.Replace(failures, "type: event_count", "type: event_count\n  generate: true", 1))
	require.Greater(t, len(spoken.Observe(batch(events...), nil)), 1, "generate lets both speak")
}

func TestWindowsWithAnUpperBoundAreToldAtTheirEnd(t *testing.T) {
	m := monitor(t, DefaultConfig(), strings.Replace(failures, "{gte: 5}", "{gte: 2, lt: 4}", 1))
	require.Empty(t, m.Observe(batch(refusal(0, "203.0.113.9"), refusal(time.Minute, "203.0.113.9"), refusal(0, "203.0.113.8")), nil))
	require.Empty(t, m.Observe(batch(refusal(10*time.Minute, "203.0.113.7")), nil))
	found := m.Observe(batch(refusal(12*time.Minute, "203.0.113.7")), nil)
	require.Len(t, found, 1)
	require.Equal(t, "203.0.113.9", found[0].Entity.Name)
	require.Equal(t, []string{"r-0s"}, found[0].Samples)
	detectortest.Readable(t, found)
	require.Len(t, m.Flush(), 1)
}

func TestAddressesOfSixAreTakenByTheirNetwork(t *testing.T) {
	m := monitor(t, DefaultConfig(), failures)
	var events []schemas.Event
	for i := range 5 {
		events = append(events, refusal(time.Duration(i)*time.Second, fmt.Sprintf("2001:db8::%x", i+1)))
	}
	found := m.Observe(batch(events...), nil)
	require.Len(t, found, 1)
	require.Equal(t, "2001:db8::/64", found[0].Entity.Name)
	require.Contains(t, found[0].Query, "client >= toIPv6('2001:db8::')")
}

// TestResultsDoNotDependOnTheCut shows the same events in batches of other sizes,
// and with a snapshot between any two.
func TestResultsDoNotDependOnTheCut(t *testing.T) {
	var events []schemas.Event
	for i := range 300 {
		events = append(events, refusal(time.Duration(i*7)*time.Second, fmt.Sprintf("203.0.113.%d", i*i%11)))
	}
	temporal := strings.ReplaceAll(strings.ReplaceAll(failures, "{gte: 5}", "{lt: 4}"), "refus", "declin")
	run := func(size int, snapshots bool) (all []schemas.Finding) {
		m := monitor(t, DefaultConfig(), failures, temporal)
		for i := 0; i < len(events); i += size {
			all = append(all, m.Observe(batch(append([]schemas.Event(nil), events[i:min(i+size, len(events))]...)...), nil)...)
			if snapshots {
				state, err := m.Snapshot()
				require.NoError(t, err)
				m = monitor(t, DefaultConfig(), failures, temporal)
				require.NoError(t, m.Restore(state))
			}
		}
		return append(all, m.Flush()...)
	}
	want := run(300, false)
	require.GreaterOrEqual(t, len(want), 5)
	require.ElementsMatch(t, want, run(1, false))
	require.ElementsMatch(t, want, run(7, false))
	require.ElementsMatch(t, want, run(13, true))
}

func TestReloadKeepsWhatHasNotChanged(t *testing.T) {
	cfg := DefaultConfig()
	m := monitor(t, cfg, failures)
	dir := m.settings.Config.Paths[0]
	four := []schemas.Event{refusal(0, "203.0.113.9"), refusal(1, "203.0.113.9"), refusal(2, "203.0.113.9"), refusal(3, "203.0.113.9")}
	require.Empty(t, m.Observe(batch(four...), nil))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "more.yml"), []byte(envRule), 0o600))
	require.NoError(t, m.Reload(m.settings.Config))
	require.Len(t, m.Rules(), 3)
	require.Len(t, m.Observe(batch(refusal(4, "203.0.113.9")), nil), 1, "it went on counting")

	require.Empty(t, m.Observe(batch(refusal(5, "203.0.113.8"), refusal(5, "203.0.113.8"), refusal(5, "203.0.113.8"), refusal(5, "203.0.113.8")), nil))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "000.yml"), []byte(strings.Replace(failures, "gte: 5", "gte: 6", 1)), 0o600))
	require.NoError(t, m.Reload(m.settings.Config))
	require.Empty(t, m.Observe(batch(refusal(6, "203.0.113.8"), refusal(6, "203.0.113.8")), nil), "it began anew")

	bad := m.settings.Config
	bad.Paths = []string{filepath.Join(dir, "missing")}
	require.Error(t, m.Reload(bad))
	require.Len(t, m.Rules(), 3, "the old rules stay")
	bad.Repeat = 0
	require.ErrorContains(t, m.Reload(bad), "repeat")
	off := m.settings.Config
	off.Enabled = false
	require.NoError(t, m.Reload(off))
	require.Empty(t, m.Rules())
	require.Empty(t, m.Observe(batch(refusal(6, "203.0.113.8")), nil))
}

func TestDamagedSnapshots(t *testing.T) {
	m := monitor(t, DefaultConfig(), failures)
	m.Observe(batch(refusal(0, "203.0.113.9")), nil)
	state, err := m.Snapshot()
	require.NoError(t, err)
	for n := range len(state) {
		require.NotPanics(t, func() { _ = m.Restore(state[:n]) })
	}
	require.Error(t, m.Restore([]byte("nonsense")))
	require.NoError(t, m.Restore(state))
	other := monitor(t, DefaultConfig(), strings.Replace(failures, "gte: 5", "gte: 2", 1))
	require.NoError(t, other.Restore(state))
	require.Empty(t, other.Observe(batch(refusal(1, "203.0.113.9")), nil), "the state of another rule is not its own")
}

func TestManyEntitiesAreToldTogether(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Findings = 3
	r := prometheus.NewRegistry()
	m := monitor(t, cfg, envRule)
	m.metrics = newMetrics(r)
	var events []schemas.Event
	for i := range 50 {
		events = append(events, at(time.Duration(i)*time.Second, schemas.Event{Path: "/.env", Status: 404, Principal: fmt.Sprintf("p%d", i)}))
	}
	found := m.Observe(batch(events...), nil)
	require.Len(t, found, 4)
	require.Equal(t, schemas.EntityGlobal, found[3].Entity.Kind)
	require.Contains(t, found[3].Title, "more than 3")
	detectortest.Readable(t, found)
	require.InDelta(t, 47, testutil.ToFloat64(m.metrics.suppressed), 0)
	require.InDelta(t, 4, testutil.ToFloat64(m.metrics.findings), 0)
	require.InDelta(t, 50, testutil.ToFloat64(m.metrics.matches), 0)
}

func TestMetricsCount(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Memory = 1 << 20
	m := monitor(t, cfg, failures, "title: bad\nlogsource: {category: dns}\ndetection: {s: {path: a}, condition: s}")
	require.InDelta(t, 2, testutil.ToFloat64(m.metrics.rules.WithLabelValues(Active)), 0)
	require.InDelta(t, 1, testutil.ToFloat64(m.metrics.rules.WithLabelValues(Refused)), 0)
	var events []schemas.Event
	for i := range 10_000 {
		a := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		events = append(events, at(0, schemas.Event{Auth: schemas.AuthFailure, ClientAddr: a, Client: a}))
	}
	m.Observe(batch(events...), nil)
	require.Positive(t, testutil.ToFloat64(m.metrics.groups))
	require.Positive(t, testutil.ToFloat64(m.metrics.evicted))
	require.LessOrEqual(t, testutil.ToFloat64(m.metrics.bytes), float64(1<<20))
}

func TestAPanicPutsTheRuleOutOfForce(t *testing.T) {
	m := monitor(t, DefaultConfig(), envRule, failures)
	m.Except(func(f *schemas.Finding, _ *schemas.Event) *schemas.Exception {
		if f.Detector == "rules.env_file" {
			panic("a fault")
		}
		return &schemas.Exception{Owner: "o", Reason: "r"}
	})
	hit := at(0, schemas.Event{Path: "/.env", Status: 404, Principal: "p"})
	var events []schemas.Event
	for i := range 5 {
		events = append(events, hit, refusal(time.Duration(i), "203.0.113.9"))
	}
	found := m.Observe(batch(events...), nil)
	require.Len(t, found, 1, "the other rules go on")
	require.Equal(t, "o", found[0].Exception.Owner)
	require.InDelta(t, 1, testutil.ToFloat64(m.metrics.panics), 0, "once: it is out of force")
	require.Equal(t, Disabled, m.Rules()[0].State)

	m = monitor(t, DefaultConfig(), strings.Replace(failures, "gte: 5", "lt: 5", 1))
	m.settings.Exception = func(*schemas.Finding, *schemas.Event) *schemas.Exception { panic("at the end") }
	m.Observe(batch(refusal(0, "203.0.113.9")), nil)
	require.Empty(t, m.Flush())
	require.Equal(t, Disabled, m.Rules()[0].State)
}

func TestNoRulesCostNothing(t *testing.T) {
	m, err := New(Settings{Config: DefaultConfig()}, nil)
	require.NoError(t, err)
	b := batch(refusal(0, "203.0.113.9"))
	require.Zero(t, testing.AllocsPerRun(100, func() { m.Observe(b, nil) }))
	require.Empty(t, m.Flush())
	_, err = New(Settings{Config: DefaultConfig(), Table: "a; DROP"}, nil)
	require.Error(t, err)
}

// TestNoTextOfEventsIsInFindings plants text in every field that a client
// chooses.
func TestNoTextOfEventsIsInFindings(t *testing.T) {
	rule := "title: a\nlogsource: {category: webserver}\ndetection:\n  s:\n    c-uri|contains: x\n    c-useragent|re: '.*'\n    host: '*'\n  condition: s\n"
	m := monitor(t, DefaultConfig(), rule)
	ev := at(0, schemas.Event{Path: "/x-PLANTED", Query: "PLANTED", Host: "PLANTED", UserAgent: "PLANTED", RequestID: "PLANTED\x1b[2J", Principal: "p"})
	found := m.Observe(batch(ev), nil)
	require.Len(t, found, 1)
	require.NotContains(t, fmt.Sprintf("%+v", found), "PLANTED")
	ev.Principal = ""
	ev.Route, ev.Method = "a' OR 1=1 --\n", "GET"
	found = m.Observe(batch(ev), nil)
	require.Len(t, found, 1)
	require.NotContains(t, found[0].Query, "OR 1=1 --\n")
	require.Contains(t, found[0].Query, `\x27`)
}

func TestRulesAreNamedApart(t *testing.T) {
	same := "title: Same Name!\nid: %d\nlogsource: {category: webserver}\ndetection: {s: {path: a}, condition: s}\n"
	m := monitor(t, DefaultConfig(), fmt.Sprintf(same, 1), fmt.Sprintf(same, 2), fmt.Sprintf(same, 2), strings.Replace(fmt.Sprintf(same, 3), "Same Name!", "日本", 1))
	infos := m.Rules()
	require.Regexp(t, `^rules\.same_name_[0-9a-f]{8}$`, infos[0].Detector)
	require.NotEqual(t, infos[0].Detector, infos[1].Detector)
	require.Equal(t, Refused, infos[2].State)
	require.Contains(t, infos[2].Reason, "same id")
	require.Regexp(t, `^rules\.rule_[0-9a-f]{8}$`, infos[3].Detector)
}

func TestCorrelationsThatCannotBeLinked(t *testing.T) {
	corr := func(name, refers, more string) string {
		return fmt.Sprintf("title: %s\nname: %s\ncorrelation: {type: event_count, rules: [%s], timespan: 1m, condition: {gte: 2}%s}\n", name, name, refers, more)
	}
	for name, c := range map[string]struct {
		rules  []string
		reason string
	}{
		"missing":  {[]string{corr("a", "nobody", "")}, "missing or refused"},
		"refused":  {[]string{corr("a", "b", ""), corr("b", "nobody", "")}, "missing or refused"},
		"circle":   {[]string{corr("a", "b", ""), corr("b", "a", "")}, "in a circle"},
		"itself":   {[]string{corr("a", "a", "")}, "in a circle"},
		"judged":   {[]string{corr("a", "many_refusals", ""), strings.Replace(failures, "gte: 5", "lt: 5", 1)}, "that is no event"},
		"ordering": {[]string{"title: a\ncorrelation: {type: temporal_ordered, rules: [refused], timespan: 1m, condition: {lt: 5}}", failures}, "needs all of its rules"},
	} {
		m := monitor(t, DefaultConfig(), c.rules...)
		require.Equal(t, Refused, m.Rules()[0].State, name)
		require.Contains(t, m.Rules()[0].Reason, c.reason, name)
	}
	chain := monitor(t, DefaultConfig(), corr("a", "many_refusals", ""), failures)
	var found []schemas.Finding
	for i := range 40 {
		found = append(found, chain.Observe(batch(refusal(time.Duration(i)*time.Second, fmt.Sprintf("203.0.113.%d", i%2))), nil)...)
	}
	require.Len(t, found, 1, "two addresses with many refusals in a minute")
	require.Equal(t, "rules.a", found[0].Detector)
}

func TestEveryEventRulesAreBounded(t *testing.T) {
	cfg := DefaultConfig()
	cfg.EveryEvent = 2
	var rules []string
	for i := range 5 {
		rules = append(rules, fmt.Sprintf("title: t%d\nlogsource: {category: webserver}\ndetection: {s: {path|re: '^[a-z]{%d}$'}, condition: s}\n", i, i+1))
	}
	refused := 0
	for _, x := range monitor(t, cfg, rules...).Rules() {
		if x.State == Refused {
			require.Contains(t, x.Reason, "for every event")
			refused++
		}
	}
	require.Equal(t, 3, refused)
}

func TestFilesAreFound(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.yml", "b.yaml", "a.test.yml", "notes.txt", "sub/c.yml"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(envRule), 0o600))
	}
	got, err := Files([]string{dir, filepath.Join(dir, "a.yml")})
	require.NoError(t, err)
	require.Len(t, got, 3)
	got, err = Files([]string{filepath.Join(dir, "*.yml")})
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(dir, "a.yml")}, got)
	for _, missing := range []string{filepath.Join(dir, "none"), filepath.Join(dir, "none*.yml"), "[", "/dev/null/x"} {
		_, err = Files([]string{missing})
		require.Error(t, err, missing)
	}
	cfg := DefaultConfig()
	cfg.Paths = []string{"/dev/zero"}
	_, err = Check(cfg)
	require.ErrorContains(t, err, "is no file")
}

func TestConfigBounds(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"paths.0":               func(c *Config) { c.Paths = []string{" "} },
		"paths":                 func(c *Config) { c.Paths = make([]string, 1001) },
		"repeat":                func(c *Config) { c.Repeat = time.Second },
		"findings":              func(c *Config) { c.Findings = 0 },
		"memory":                func(c *Config) { c.Memory = 1 },
		"every_event":           func(c *Config) { c.EveryEvent = -1 },
		"placeholders.0.name":   func(c *Config) { c.Placeholders = []Placeholder{{Values: []string{"a"}}} },
		"placeholders.0.values": func(c *Config) { c.Placeholders = []Placeholder{{Name: "a"}} },
	} {
		c := DefaultConfig()
		require.NoError(t, c.Validate())
		change(&c)
		require.ErrorContains(t, c.Validate(), want+":")
		require.ErrorContains(t, c.Validate(), "allowed is")
	}
}

func TestForget(t *testing.T) {
	byPrincipal := strings.ReplaceAll(strings.ReplaceAll(failures, "group-by: [c-ip]", "group-by: [principal, path]"), "gte: 5", "lt: 50")
	m := monitor(t, DefaultConfig(), failures, strings.ReplaceAll(byPrincipal, "refus", "declin"))
	other, mine := refusal(0, "203.0.113.8"), refusal(0, "203.0.113.9")
	mine.Principal, mine.Path, other.Principal, other.Path = "h1:k1:me", "/a", "h1:k1:other", "/a"
	m.Observe(batch(mine, mine, mine, mine, other), nil)
	require.Equal(t, 2, m.Forget([]string{"h1:k1:me"}, []netip.Addr{mine.ClientAddr}))
	state, err := m.Snapshot()
	require.NoError(t, err)
	require.NotContains(t, string(state), "h1:k1:me")
	require.Contains(t, string(state), "h1:k1:other")
	require.Empty(t, m.Observe(batch(mine), nil), "it counts from the beginning")
	require.Zero(t, m.Forget(nil, nil))
}
