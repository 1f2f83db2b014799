package deploy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// gatehound is the program, built once for all tests.
var gatehound string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "gatehound-deploy-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		gatehound = filepath.Join(dir, "gatehound")
		if out, err := exec.Command("go", "build", "-o", gatehound, "../cmd/gatehound").CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build gatehound: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

// tool finds a program that validates something for real. Where it is missing
// the test says so and goes on without; in CI that is a failure.
func tool(t *testing.T, name, what string) (path string, ok bool) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && name == "nginx" {
		path, err = exec.LookPath("/usr/sbin/nginx") // not in every PATH
	}
	if err == nil {
		return path, true
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed (see deploy/ci-packages.txt); without it is not tested: %s", name, what)
	}
	missing := fmt.Sprintf("\n*** NOT TESTED: %s (%s is not installed; see deploy/ci-packages.txt)\n\n", what, name)
	fmt.Fprint(os.Stderr, missing)
	// go test hides what a test prints unless it fails: a person is told all the same.
	if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
		fmt.Fprint(tty, missing)
		_ = tty.Close()
	}
	return "", false
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	require.NoError(t, yaml.Unmarshal([]byte(read(t, path)), into), path)
}

func readYAMLText(t *testing.T, text string, into any) {
	t.Helper()
	require.NoError(t, yaml.Unmarshal([]byte(text), into))
}

// run runs a program and returns what it printed; it has to succeed.
func run(t *testing.T, env []string, name string, args ...string) (stdout string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("%s %s: %v\n%s\n%s", filepath.Base(name), strings.Join(args, " "), err, out, exit.Stderr)
	}
	require.NoError(t, err)
	return string(out)
}

// freeAddr returns a loopback address that was free a moment ago.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// TestFilesParse reads every YAML and JSON file, so that none is forgotten.
func TestFilesParse(t *testing.T) {
	files := 0
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch filepath.Ext(path) {
		case ".yaml", ".yml":
			files++
			for d := yaml.NewDecoder(strings.NewReader(read(t, path))); ; {
				var v any
				if err := d.Decode(&v); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					return fmt.Errorf("%s: %w", path, err)
				}
				require.NotNil(t, v, path)
			}
		case ".json":
			files++
			require.True(t, json.Valid([]byte(read(t, path))), path)
		}
		return nil
	}))
	require.GreaterOrEqual(t, files, 12, "where have they gone?")
}

// TestConfigurationsAreValid lets the program itself read every gatehound.yaml.
func TestConfigurationsAreValid(t *testing.T) {
	for _, path := range []string{"compose/gatehound.yaml", "systemd/gatehound.yaml"} {
		out := run(t, []string{"GATEHOUND_DATA_DIR=" + t.TempDir()}, gatehound, "check", "--offline", "--config", path)
		require.Contains(t, out, "ok    sinks", path)
		require.NotContains(t, out, "FAIL", path)
	}
	bad := filepath.Join(t.TempDir(), "gatehound.yaml")
	require.NoError(t, os.WriteFile(bad, []byte(read(t, "compose/gatehound.yaml")+"\nkafkas: {}\n"), 0o600))
	out, err := exec.Command(gatehound, "check", "--offline", "--config", bad).CombinedOutput()
	require.Error(t, err, "a key that is unknown has to be found")
	require.Contains(t, string(out), "kafkas")
}

// TestPackagesOfCI holds the list that CI installs to its syntax.
func TestPackagesOfCI(t *testing.T) {
	var names []string
	for line := range strings.Lines(read(t, "ci-packages.txt")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			require.Regexp(t, `^[a-z0-9][a-z0-9.+-]+$`, line)
			names = append(names, line)
		}
	}
	require.Equal(t, []string{"exim4-daemon-light", "nginx-light", "prometheus", "prometheus-alertmanager", "rsyslog", "rsyslog-gnutls", "systemd"}, names)
}
