package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const browserRule = `title: Chat from a browser
name: chat_browser
status: experimental
level: low
logsource:
    product: gatehound
detection:
    call:
        path|endswith: /chat/completions
        client_class: browser
    condition: call
`

const badRule = "title: Referer\nlogsource: {category: webserver}\ndetection:\n  s:\n    cs-referer: a\n  condition: s\n"

const browserLine = `{"time":"2026-05-04T10:00:00Z","ip":"198.51.100.77","method":"POST","path":"/v1/chat/completions","status":200,"user":"jo.doe@example.com","user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"}`

func TestRulesCheck(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "rules/browser.yml"), browserRule)
	r := gatehound(t, dir, "", "rules", "check", "rules")
	require.Zero(t, r.code, r.stderr)
	require.Empty(t, r.stdout)
	require.Contains(t, r.stderr, "1 accepted, 0 refused")

	write(t, filepath.Join(dir, "rules/bad.yml"), badRule)
	r = gatehound(t, dir, "", "rules", "check", "rules")
	require.Equal(t, exitError, r.code)
	require.Equal(t, "rules/bad.yml:5: Referer: the field \"cs-referer\" is not in events: referring pages are not kept\n", r.stdout)
	r = gatehound(t, dir, "", "rules", "check", "rules", "--output", "json")
	var x map[string]any
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &x))
	require.Equal(t, "refused", x["state"])
	require.InDelta(t, 5, x["line"], 0)

	for _, args := range [][]string{{"check"}, {"list"}, {"check", "missing"}, {"check", "rules", "--output", "xml"}, {"test"}, {"test", "missing"}} {
		require.Equal(t, exitUsage, gatehound(t, dir, "", append([]string{"rules"}, args...)...).code, "%v", args)
	}
}

func TestRulesList(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "rules/browser.yml"), browserRule)
	write(t, filepath.Join(dir, "rules/bad.yml"), badRule)
	r := gatehound(t, dir, "", "rules", "list", "rules")
	require.Zero(t, r.code, r.stderr)
	require.Regexp(t, `(?m)^active +rare +low +rules\.chat_browser +Chat from a browser +product=gatehound`, r.stdout)
	require.Regexp(t, `(?m)^refused +- +- +- +Referer`, r.stdout)
	require.Equal(t, "rules/bad.yml:5: Referer: the field \"cs-referer\" is not in events: referring pages are not kept\n", r.stderr, "why it is refused")
	config := write(t, filepath.Join(dir, "g.yaml"), "rules: {paths: [rules], starter: true}\n")
	r = gatehound(t, dir, "", "rules", "list", "--config", config, "--output", "json")
	require.Zero(t, r.code, r.stderr)
	count := 0
	for line := range strings.Lines(r.stdout) {
		var x map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &x))
		count++
	}
	require.Greater(t, count, 15)
}

func TestRulesTestHoldsLines(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "browser.yml"), browserRule)
	log := write(t, filepath.Join(dir, "in.log"), browserLine+"\n"+strings.Replace(browserLine, "Mozilla/5.0", "OpenAI/Python 1.0", 1)+"\nnothing\n")
	r := gatehound(t, dir, "", "rules", "test", "browser.yml", log)
	require.Zero(t, r.code, r.stderr)
	require.Contains(t, r.stdout, `line 1: matches "Chat from a browser" (browser.yml:1)`)
	require.Contains(t, r.stdout, "finding rules.chat_browser [low] principal h1:")
	require.NotContains(t, r.stdout, "line 2")
	require.NotContains(t, r.stdout+r.stderr, "jo.doe", "the lines went through redaction")
	require.Contains(t, r.stderr, "matches: 1, findings: 1")

	r = gatehound(t, dir, browserLine+"\n", "rules", "test", "browser.yml", "-", "--output", "json")
	require.Zero(t, r.code, r.stderr)
	var x struct {
		Line    int
		Finding *struct{ Detector string }
	}
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	require.Len(t, lines, 2)
	require.NoError(t, json.Unmarshal([]byte(lines[1]), &x))
	require.Equal(t, "rules.chat_browser", x.Finding.Detector)
	write(t, filepath.Join(dir, "bad.yml"), badRule)
	require.Equal(t, exitUsage, gatehound(t, dir, "", "rules", "test", "bad.yml", log).code, "nothing is in force")
}

func TestRulesTestRunsCases(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "browser.yml"), browserRule)
	require.Equal(t, exitUsage, gatehound(t, dir, "", "rules", "test", "browser.yml").code, "there are no cases")
	cases := `cases:
  - name: a browser
    match: true
    events: [{path: /v1/chat/completions, client_class: browser, principal: a}]
  - name: an SDK
    match: %
    events: [{path: /v1/chat/completions, client_class: sdk, principal: a, times: 3}]
`
	write(t, filepath.Join(dir, "browser.test.yml"), strings.Replace(cases, "%", "false", 1))
	r := gatehound(t, dir, "", "rules", "test", "browser.yml")
	require.Zero(t, r.code, r.stdout+r.stderr)
	require.Contains(t, r.stdout, "ok    browser.test.yml: an SDK")
	write(t, filepath.Join(dir, "browser.test.yml"), strings.Replace(cases, "%", "true", 1))
	r = gatehound(t, dir, "", "rules", "test", ".")
	require.Equal(t, exitError, r.code)
	require.Contains(t, r.stdout, "FAIL  browser.test.yml: an SDK: no finding, and there should be one")
	for _, wrong := range []string{"cases: []", "odd: 1", "cases: [{name: a, events: []}]", "cases: [{name: a, events: [{odd: 1}]}]", "cases: [{name: a, events: [{path: a, times: 1000000}]}]", "cases: [{name: a, events: [{client_addr: x}]}]"} {
		write(t, filepath.Join(dir, "browser.test.yml"), wrong)
		require.Equal(t, exitUsage, gatehound(t, dir, "", "rules", "test", "browser.yml").code, wrong)
	}
}

// TestTheHelpOfRulesIsTrue runs the example of the help.
func TestTheHelpOfRulesIsTrue(t *testing.T) {
	dir := t.TempDir()
	_, rest, _ := strings.Cut(newRules().Long, "<<'END'\n")
	rule, _, ok := strings.Cut(rest, "  END\n")
	require.True(t, ok)
	write(t, filepath.Join(dir, "browser.yml"), strings.ReplaceAll("\n"+rule, "\n  ", "\n"))
	require.Zero(t, gatehound(t, dir, "", "rules", "check", "browser.yml").code)

	_, rest, _ = strings.Cut(newRulesTest().Long, "one fails:\n\n")
	cases, _, ok := strings.Cut(rest, "\nAn event has")
	require.True(t, ok)
	write(t, filepath.Join(dir, "browser.test.yml"), strings.ReplaceAll("\n"+cases, "\n  ", "\n"))
	r := gatehound(t, dir, "", "rules", "test", "browser.yml")
	require.Zero(t, r.code, r.stdout+r.stderr)
}
