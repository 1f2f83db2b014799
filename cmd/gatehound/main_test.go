package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// binary is the program under test, as a user has it.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "gatehound-cli-")
	if err == nil {
		binary = filepath.Join(dir, "gatehound")
		var out []byte
		if out, err = exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build the binary:", err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir) // it is below the system's temporary folder
		os.Exit(code)
	}))
}

// result is what a finished command left.
type result struct {
	stdout, stderr string
	code           int
}

// command prepares the program in dir, without what the environment of the
// test would configure.
func command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, binary, args...)
	c.Dir = dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "GATEHOUND_") {
			c.Env = append(c.Env, v)
		}
	}
	return c
}

// gatehound runs the program to its end.
func gatehound(t *testing.T, dir, stdin string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := command(ctx, dir, args...)
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &out, &errs
	err := c.Run()
	require.NoError(t, ctx.Err(), "%v is not done after a minute:\n%s", args, errs.String())
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	r := result{out.String(), errs.String(), c.ProcessState.ExitCode()}
	require.NotContains(t, r.stderr, "goroutine ", "a panic")
	return r
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestTheHelpOfEveryCommandTeaches(t *testing.T) {
	all := gatehound(t, t.TempDir(), "", "--help")
	require.Zero(t, all.code)
	for _, c := range newRoot().Commands() {
		t.Run(c.Name(), func(t *testing.T) {
			require.Contains(t, all.stdout, c.Name(), "the root's help lists it")
			r := gatehound(t, t.TempDir(), "", c.Name(), "--help")
			require.Zero(t, r.code)
			require.Empty(t, r.stderr)
			require.Contains(t, r.stdout, "  gatehound ", "an example")
		})
	}
}

func TestWhatTheUserGotWrongEndsWithTwoAndAHint(t *testing.T) {
	for _, c := range []struct {
		args string
		want []string
	}{
		{"bogus", []string{`unknown command "bogus"`, "See 'gatehound --help'"}},
		{"rn", []string{"Did you mean this?", "run"}},
		{"run --bogus", []string{"unknown flag: --bogus", "See 'gatehound run --help'"}},
		{"run extra", []string{"See 'gatehound run --help'"}},
		{"query", []string{"accepts 1 arg(s), received 0", "See 'gatehound query --help'"}},
		{"query --output xml SELECT", []string{"--output", "table, json, ndjson and csv"}},
		{"query --store nowhere SELECT", []string{"nowhere holds no store"}},
		{"query --max-rows 0 SELECT", []string{"--max-rows"}},
		{"decode --format nope", []string{"unknown format", "envoy", "filebeat", "kong", "litellm", "nginx"}},
		{"replay --format nope x", []string{"unknown format"}},
		{"decode nofile", []string{"open nofile: no such file"}},
		{"redact nofile", []string{"open nofile: no such file"}},
		{"replay nofile", []string{"no file matches nofile"}},
		{"replay .", []string{"is a directory: name the files in it"}},
		{"decode .", []string{"is a directory: name the files in it"}},
		{"replay --parallel 0 -", []string{"parallel"}},
		{"replay --fail-on loud -", []string{"--fail-on"}},
		{"simulate", []string{"--out"}},
		{"demo --speed 0", []string{"--speed"}},
		{"run", []string{"kafka.brokers: empty", "gatehound config", "gatehound replay", "gatehound demo"}},
		{"run --config nofile.yaml", []string{"read configuration: open nofile.yaml: no such file"}},
	} {
		t.Run(c.args, func(t *testing.T) {
			dir := t.TempDir()
			r := gatehound(t, dir, "", strings.Fields(c.args)...)
			require.Equal(t, exitUsage, r.code, r.stderr)
			require.Empty(t, r.stdout)
			for _, want := range c.want {
				require.Contains(t, r.stderr, want)
			}
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, left, "nothing was begun")
		})
	}
}

func TestVersionAndExitCodes(t *testing.T) {
	r := gatehound(t, t.TempDir(), "", "version")
	require.Zero(t, r.code)
	require.Regexp(t, `^gatehound \S+.* go1\.\S+ \S+/\S+, embedded engine chDB [0-9.]+\n$`, r.stdout)
	r = gatehound(t, t.TempDir(), "", "exit-codes")
	require.Zero(t, r.code)
	for _, code := range []string{"  0  done", "  1  ", "  2  ", "  3  ", "130  interrupted", "evaluate --fail: a target was missed", "rules check"} {
		require.Contains(t, r.stdout, code)
	}
}

func TestTheShellsCompletionWorks(t *testing.T) {
	dir := t.TempDir()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		r := gatehound(t, dir, "", "completion", shell)
		require.Zero(t, r.code)
		require.Contains(t, r.stdout, "gatehound")
		if sh, err := exec.LookPath(shell); err == nil {
			script := write(t, filepath.Join(dir, shell+".sh"), r.stdout)
			out, err := exec.Command(sh, "-n", script).CombinedOutput()
			require.NoError(t, err, "%s", out)
		}
	}
	r := gatehound(t, dir, "", "__complete", "re")
	require.Contains(t, r.stdout, "redact")
	require.Contains(t, r.stdout, "replay")
}

func TestTheSampleConfigurationLoads(t *testing.T) {
	dir := t.TempDir()
	sample := gatehound(t, dir, "", "config")
	require.Zero(t, sample.code)
	path := write(t, filepath.Join(dir, "gatehound.yaml"), sample.stdout)
	r := gatehound(t, dir, "", "check", "--offline", "--config", path)
	require.Zero(t, r.code, r.stderr+r.stdout)
	require.NotContains(t, r.stdout, "FAIL")
	for _, part := range []string{"configuration", "keys", "ingest", "detectors", "sinks"} {
		require.Contains(t, r.stdout, "ok    "+part)
	}
}

func TestErrorsOfTheConfigurationNameTheLine(t *testing.T) {
	const secret = "hunter2hunter2"
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "kafka:\n  brokerz: [a:1]\n", ":2: unknown key kafka.brokerz, did you mean brokers?"},
		{"wrong type", "pipeline:\n  workers: " + secret + "\n", ":2: "},
		{"bad duration", "pipeline:\n  batch_age: " + secret + "\n", ":2: "},
		{"out of bounds", "pipeline:\n  batch_events: 5\n", ":2: pipeline.batch_events: 5 is out of bounds; allowed is 100 to 1000000"},
		{"not YAML", "kafka: [" + secret + "\n", "not valid YAML"},
		{"a list for a secret", "kafka:\n  sasl:\n    password: [" + secret + "]\n", "g.yaml:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := write(t, filepath.Join(dir, "g.yaml"), c.text)
			for _, args := range [][]string{{"check", "--offline"}, {"run"}, {"decode"}} {
				r := gatehound(t, dir, "", append(args, "--config", path)...)
				require.Equal(t, exitUsage, r.code, r.stderr)
				require.Contains(t, r.stderr, path)
				require.Contains(t, r.stderr, c.want)
				require.NotContains(t, r.stderr+r.stdout, secret)
			}
		})
	}
}

// TestHelpGroupsCommands: somebody new reads the commands by what they are for.
func TestHelpGroupsCommands(t *testing.T) {
	root := newRoot()
	for _, c := range root.Commands() {
		if c.Runnable() && c.Name() != "version" {
			require.NotEmpty(t, c.GroupID, c.Name())
		}
	}
	require.Contains(t, root.Long, "gatehound investigate")
}
