package main

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCheckTellsOfAllThatIsWrong: of every sink at once, and of the files that the
// API and Slack's app name, before a start fails for want of them.
func TestCheckTellsOfAllThatIsWrong(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const head = "kafka: {brokers: [\"127.0.0.1:1\"], topics: [x]}\nstorage: {mode: none}\n"
	path := write(t, filepath.Join(dir, "g.yaml"), head+`alerting:
  sinks:
    - {name: pager, kind: pagerduty, options: {routing_key_file: absent}}
    - {name: out, kind: stdout}
    - {name: mail, kind: email, options: {from: a@example.com, to: [b@example.com]}}
api: {tokens: [{name: soar, role: operate, token_file: absent}]}
slack_app: {signing_secret_file: absent}
`)
	r := gatehound(t, dir, "", "check", "--offline", "--config", path)
	require.Equal(t, exitError, r.code)
	require.Regexp(t, `(?m)^FAIL  sinks +alerting\.sinks\[0\] \(pager\): .*no such file`, r.stdout)
	require.Regexp(t, `(?m)^FAIL  sinks +alerting\.sinks\[2\]\.options\.host`, r.stdout)
	require.Regexp(t, `(?m)^FAIL  api +api\.tokens\[0\]\.read token_file: .*no such file`, r.stdout)
	require.Regexp(t, `(?m)^FAIL  slack_app +.*signing_secret_file`, r.stdout)
	require.Contains(t, r.stderr, "3 of the parts failed")

	path = write(t, filepath.Join(dir, "good.yaml"), head+"api: {tokens: [{name: soar, role: operate, token: "+operateToken+"}]}\n")
	r = gatehound(t, dir, "", "check", "--offline", "--config", path)
	require.Zero(t, r.code, r.stdout+r.stderr)
	require.Contains(t, r.stdout, "ok    api\n")
	require.NotContains(t, r.stdout, "slack_app")
}
