package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

type rule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func rules(t *testing.T) (out []rule) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	readYAML(t, "prometheus/gatehound.rules.yaml", &file)
	for _, g := range file.Groups {
		out = append(out, g.Rules...)
	}
	require.GreaterOrEqual(t, len(out), 20)
	return out
}

// TestRulesTellWhatToDo holds every alert to a severity and a runbook, and to a
// test of its own.
func TestRulesTellWhatToDo(t *testing.T) {
	tests := read(t, "prometheus/gatehound.rules_test.yaml")
	seen := map[string]bool{}
	for _, r := range rules(t) {
		require.Regexp(t, `^Gatehound[A-Z]`, r.Alert)
		require.False(t, seen[r.Alert], r.Alert)
		seen[r.Alert] = true
		require.Contains(t, []string{"page", "ticket"}, r.Labels["severity"], r.Alert)
		for _, key := range []string{"summary", "description"} {
			require.NotEmpty(t, r.Annotations[key], "%s: %s", r.Alert, key)
		}
		require.Regexp(t, `(?s)^1\. .*\n2\. `, r.Annotations["runbook"], "%s: what to do, in steps", r.Alert)
		for _, other := range regexp.MustCompile(`See (Gatehound[A-Za-z]+)|see (Gatehound[A-Za-z]+)`).FindAllStringSubmatch(r.Annotations["runbook"], -1) {
			require.Contains(t, read(t, "prometheus/gatehound.rules.yaml"), "- alert: "+other[1]+other[2]+"\n", r.Alert)
		}
		require.Contains(t, tests, `alertname="`+r.Alert+`"`, "%s: no test fires it", r.Alert)
	}
}

// TestRulesFire runs the unit tests of the rules: each fires on its trouble, and
// none in good times.
func TestRulesFire(t *testing.T) {
	promtool, ok := tool(t, "promtool", "prometheus/gatehound.rules.yaml")
	if !ok {
		return
	}
	out, err := exec.Command(promtool, "test", "rules", "prometheus/gatehound.rules_test.yaml").CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), "SUCCESS")

	// A test that cannot fail would prove nothing: with other bounds it does.
	dir := t.TempDir()
	broken := strings.Replace(read(t, "prometheus/gatehound.rules.yaml"), "> 0.01\n", "> 0.5\n", 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gatehound.rules.yaml"), []byte(broken), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "test.yaml"), []byte(read(t, "prometheus/gatehound.rules_test.yaml")), 0o600))
	out, err = exec.Command(promtool, "test", "rules", filepath.Join(dir, "test.yaml")).CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "GatehoundRejectsHigh")
}

// TestPrometheusConfiguration lets Prometheus read its configuration, with the
// rules where the image has them.
func TestPrometheusConfiguration(t *testing.T) {
	promtool, ok := tool(t, "promtool", "prometheus/prometheus.yml")
	if !ok {
		return
	}
	here, err := filepath.Abs("prometheus/gatehound.rules.yaml")
	require.NoError(t, err)
	text := strings.ReplaceAll(read(t, "prometheus/prometheus.yml"), "/etc/prometheus/gatehound.rules.yaml", here)
	path := filepath.Join(t.TempDir(), "prometheus.yml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	out, err := exec.Command(promtool, "check", "config", path).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), fmt.Sprintf("%d rules found", len(rules(t))))
}

// TestDashboardParses lets Prometheus's own parser read every expression.
func TestDashboardParses(t *testing.T) {
	promtool, ok := tool(t, "promtool", "the expressions in grafana/gatehound.json")
	if !ok {
		return
	}
	type recording struct {
		Record string `yaml:"record"`
		Expr   string `yaml:"expr"`
	}
	var all []recording
	for i, e := range expressions(t) {
		all = append(all, recording{fmt.Sprintf("panel:target:%d", i), e.expr})
	}
	b, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": all}}})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "dashboard.yaml")
	require.NoError(t, os.WriteFile(path, b, 0o600))
	out, err := exec.Command(promtool, "check", "rules", path).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Contains(t, string(out), fmt.Sprintf("%d rules found", len(all)))
}
