package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

// routingSample writes the settings that alerting/route/README.md shows.
func routingSample(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../alerting/route/README.md")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	sample, _, ok := strings.Cut(rest, "```")
	require.True(t, ok)
	return write(t, filepath.Join(t.TempDir(), "gatehound.yaml"), sample)
}

func TestRoutesTest(t *testing.T) {
	config := routingSample(t)
	for _, c := range []struct{ name, args, want string }{
		{"raised, to those on call", "--detector authfail.stuffing --severity medium --tenant payments --kind address --entity 117.161.29.118 --at 2026-11-20T12:00:00Z", `
alert       authfail.stuffing of address 117.161.29.118 in tenant payments
time        2026-11-20T12:00:00Z
severity    high (asset payments: raised from medium to high)
why         route everything: takes everything: matched; goes to siem; and on
            route oncall: severity is high, wants >=high; detector is authfail.stuffing, wants =~"authfail.*|extraction.*": matched; goes to pager, chat
sinks       siem, by route everything
            pager, by route oncall
            chat, by route oncall
escalation  after 15m without acknowledgement, at 2026-11-20T12:15:00Z: pager
            after 1h without acknowledgement, at 2026-11-20T13:00:00Z: pager, chat
`},
		{"muted by night", "--detector spend.budget --severity medium --at 2026-11-20T23:00:00Z", `
alert     spend.budget
time      2026-11-20T23:00:00Z
severity  medium
why       route everything: takes everything: matched; goes to siem; and on
          route oncall: severity is medium, wants >=high: not matched
          route by-day: outside of mute time office-hours
          route noise: severity is medium, wants <=low: not matched
          route rest: takes everything: matched; silent in mute time nights until 2026-11-21T06:00:00+01:00, else goes to chat
sinks     siem, by route everything
          chat, by route rest: not told, mute time nights until 2026-11-21T06:00:00+01:00
`},
		{"maintenance", "--severity low --tenant sandbox-load --at 2027-03-02T00:00:00Z", `
alert     any rule in tenant sandbox-load
time      2027-03-02T00:00:00Z
severity  info (asset sandbox: lowered from low to info)
why       route everything: takes everything: matched; goes to siem; and on
          route oncall: severity is info, wants >=high: not matched
          route by-day: severity is info, wants >=medium: not matched
          route noise: detector is not known, wants =rate.*: not matched
          route rest: takes everything: matched; silent in mute time nights until 2027-03-02T06:00:00+01:00, else goes to chat
          maintenance load-test covers it until 2027-03-02T04:00:00Z (quarterly load test): nobody is told
sinks     siem, by route everything: not told, maintenance load-test until 2027-03-02T04:00:00Z
          chat, by route rest: not told, maintenance load-test until 2027-03-02T04:00:00Z
muted     maintenance load-test until 2027-03-02T04:00:00Z
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := gatehound(t, t.TempDir(), "", append([]string{"routes", "test", "--config", config}, strings.Fields(c.args)...)...)
			require.Zero(t, r.code, r.stderr)
			require.Empty(t, r.stderr)
			require.Equal(t, strings.TrimPrefix(c.want, "\n"), r.stdout)
		})
	}
}

func TestRoutesTestWithoutRoutes(t *testing.T) {
	dir := t.TempDir()
	r := gatehound(t, dir, "", "routes", "test", "--at", "2026-11-20T12:00:00Z")
	require.Zero(t, r.code, r.stderr)
	require.Contains(t, r.stdout, "no routes are configured: goes to every sink, and there is none\nsinks     none\n")
	config := write(t, filepath.Join(dir, "g.yaml"), "alerting: {sinks: [{name: a, kind: stdout, min_severity: critical}, {name: b, kind: stdout}]}\n")
	r = gatehound(t, dir, "", "routes", "test", "--config", config)
	require.Zero(t, r.code, r.stderr)
	require.Contains(t, r.stdout, "sinks     a: not told, below its min_severity, critical\n          b\n")
}

// TestRoutesTestOfAnAlert takes one as it is stored, and gives JSON.
func TestRoutesTestOfAnAlert(t *testing.T) {
	config := routingSample(t)
	e := schemas.Entity{Kind: schemas.EntityPrincipal, Name: "h1:k1:AAAA\x1b[31m\u202e"}
	a := schemas.Alert{ID: "4f2c1a", State: schemas.AlertUpdated, Severity: schemas.SeverityCritical, Tenant: "payments", Detector: "extraction.volume", Entity: e,
		Parts:   []schemas.AlertPart{{Detector: "extraction.volume", Entity: e, Severity: schemas.SeverityHigh}},
		History: []schemas.AlertEvent{{Number: 1, What: "opened"}}}
	text, err := json.MarshalIndent(a, "", "  ")
	require.NoError(t, err)
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "alert.json"), string(text))
	args := []string{"routes", "test", "--config", config, "--at", "2026-11-20T12:00:00Z", "--output", "json", "--alert"}
	r := gatehound(t, dir, "", append(args, file)...)
	require.Zero(t, r.code, r.stderr)
	piped := gatehound(t, dir, string(text), append(args, "-")...)
	require.Equal(t, r.stdout, piped.stdout)
	var out struct {
		At       time.Time
		Severity schemas.Severity
		Asset    string
		Decision struct{ Why []string }
		Sinks    []struct {
			Sink, Route, Reason string
			Told                bool
		}
		Escalation []struct {
			After string
			At    time.Time
			Sinks []string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &out))
	require.Equal(t, schemas.SeverityCritical, out.Severity, "raised once, also if it was raised before")
	require.Equal(t, "asset payments: raised from high to critical", out.Asset)
	require.Len(t, out.Decision.Why, 2)
	require.Len(t, out.Sinks, 3)
	require.True(t, out.Sinks[1].Told)
	require.Equal(t, "pager", out.Sinks[1].Sink)
	require.Len(t, out.Escalation, 2)
	require.Equal(t, "15m", out.Escalation[0].After)
	require.Equal(t, time.Date(2026, 11, 20, 13, 0, 0, 0, time.UTC), out.Escalation[1].At.UTC())

	r = gatehound(t, dir, string(text), "routes", "test", "--config", config, "--alert", "-")
	require.Zero(t, r.code, r.stderr)
	require.Contains(t, r.stdout, "alert       extraction.volume of principal h1:k1:AAAA")
	require.NotContains(t, r.stdout, "\x1b", "names are written by callers")
	require.NotContains(t, r.stdout, "\u202e")
}

func TestRoutesTestRefuses(t *testing.T) {
	dir := t.TempDir()
	big := write(t, filepath.Join(dir, "big.json"), strings.Repeat(" ", maxAlertFile+1))
	bad := write(t, filepath.Join(dir, "bad.yaml"), "alerting:\n  routing:\n    routes:\n      - name: a\n        sinks: [nobody]\n      - name: b\n        matchers: [colour=red]\n")
	for _, c := range []struct{ args, stdin, want string }{
		{"--severity loud", "", "--severity: unknown; allowed are info, low, medium, high and critical"},
		{"--kind person", "", "--kind: unknown; allowed are principal"},
		{"--state closed", "", "--state: unknown; allowed are open"},
		{"--confidence 2", "", "--confidence: out of bounds; allowed is 0 to 1"},
		{"--confidence NaN", "", "--confidence: out of bounds"},
		{"--at noon", "", "--at: want a time such as"},
		{"--output xml", "", "--output: unknown; allowed are human and json"},
		{"--alert nofile", "", "--alert: open nofile: no such file"},
		{"--alert -", "secret", "--alert: not an alert in JSON; gatehound alerts show"},
		{"--alert -", "{}", "--alert: not an alert in JSON"},
		{"--alert -", `{"id":"a","severity":"secret"}`, "--alert: not an alert in JSON"},
		{"--alert " + big, "", "--alert: longer than 8 MiB"},
		{"--alert - --tenant acme", "{}", "--tenant: --alert says it already; leave one of them out"},
		{"--config nofile", "", "read configuration: open nofile"},
		{"--config " + bad, "", "alerting.routing.routes[0].sinks[0] is no sink: want a name of alerting.sinks, which is empty"},
		{"--config " + bad, "", "alerting.routing.routes[1].matchers[0] has an unknown label: want one of severity"},
		{"extra", "", "See 'gatehound routes test --help'"},
	} {
		r := gatehound(t, dir, c.stdin, append([]string{"routes", "test"}, strings.Fields(c.args)...)...)
		require.Equal(t, exitUsage, r.code, "%s: %s", c.args, r.stderr)
		require.Empty(t, r.stdout)
		require.Contains(t, r.stderr, c.want)
		require.NotContains(t, r.stderr, "secret")
	}
}

func TestRoutesList(t *testing.T) {
	config := routingSample(t)
	r := gatehound(t, t.TempDir(), "", "routes", "list", "--config", config)
	require.Zero(t, r.code, r.stderr)
	require.Equal(t, strings.TrimPrefix(`
ROUTE       MATCHERS                                             SINKS                 DURING        MUTE              THEN      ESCALATION
everything  everything                                           siem                  always        never             continue  -
oncall      severity>=high, detector=~"authfail.*|extraction.*"  pager, chat           always        never             stop      15m: pager, 1h: pager, chat
by-day      severity>=medium                                     chat                  office-hours  never             stop      -
noise       severity<=low, detector=rate.*                       none: told to nobody  always        never             stop      -
rest        everything                                           chat                  always        nights, holidays  stop      -

ASSET     MATCHERS          SEVERITY
payments  tenant=payments   +1
sandbox   tenant=sandbox-*  -2

MAINTENANCE         MATCHERS             WHEN                                                  COMMENT
load-test           tenant=sandbox-load  from 2027-03-01T20:00:00Z until 2027-03-02T04:00:00Z  quarterly load test
nightly-evaluation  tenant=evaluation    in nights                                             -

AN OPEN ALERT WITH  SILENCES ALERTS WITH                 OF THE SAME
detector=campaign   detector=extraction, severity<=high  tenant
`, "\n"), r.stdout)

	r = gatehound(t, t.TempDir(), "", "routes", "list", "--config", config, "--output", "json")
	require.Zero(t, r.code, r.stderr)
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	require.Len(t, lines, 5)
	require.JSONEq(t, `{"route":"noise","matchers":["severity<=low","detector=rate.*"],"sinks":[]}`, lines[3])
	require.JSONEq(t, `{"route":"oncall","matchers":["severity>=high","detector=~\"authfail.*|extraction.*\""],"sinks":["pager","chat"],
		"escalate":[{"after":"15m","sinks":["pager"]},{"after":"1h","sinks":["pager","chat"]}]}`, lines[1])

	r = gatehound(t, t.TempDir(), "", "routes", "list")
	require.Zero(t, r.code, r.stderr)
	require.Regexp(t, `\(no match\) +everything else +none are configured`, r.stdout)
	require.Equal(t, exitUsage, gatehound(t, t.TempDir(), "", "routes", "list", "--output", "xml").code)
}

// TestTheHelpOfRoutesIsTrue runs the example of the help.
func TestTheHelpOfRoutesIsTrue(t *testing.T) {
	_, rest, _ := strings.Cut(newRoutes().Long, "that matches:\n\n")
	sample, _, ok := strings.Cut(rest, "\n  gatehound routes list")
	require.True(t, ok)
	sample = strings.ReplaceAll("\n"+sample, "\n  ", "\n") + "  sinks: [{name: chat, kind: stdout}, {name: pager, kind: stdout}, {name: managers, kind: stdout}]\n"
	dir := t.TempDir()
	config := write(t, filepath.Join(dir, "g.yaml"), sample)
	r := gatehound(t, dir, "", "routes", "test", "--config", config, "--detector", "authfail.stuffing", "--severity", "high")
	require.Zero(t, r.code, r.stderr)
	require.Contains(t, r.stdout, "after 15m without acknowledgement")
}
