package deploy

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write prometheus/metrics.txt again")

// rare are metrics that are there only after the trouble that they count. Rules
// and dashboard do not use them, because they could not tell good from unknown.
var rare = map[string]bool{
	"gatehound_ingest_rejects_by_reason_total":   true,
	"gatehound_ingest_kafka_cut_messages_total":  true,
	"gatehound_ingest_kafka_offset_resets_total": true,
	"gatehound_storage_errors_total":             true,
	"gatehound_alerting_suppressed_total":        true,
	"gatehound_ingest_dead_letters_failed_total": true, // these two with dead_letters.topic alone
	"gatehound_ingest_dead_letters_total":        true,
}

// ours are the metrics of the program, and those of its process that every
// Linux has; those of the Go runtime change with Go's version.
var ours = regexp.MustCompile(`^(gatehound_.*|process_(cpu_seconds_total|resident_memory_bytes|open_fds|max_fds|start_time_seconds))$`)

// served are metrics that the service has and the demo, which has no API, has not;
// the last two begin with the first request.
var served = []string{
	"gatehound_api_refused_total counter reason",
	"gatehound_api_request_seconds histogram verb",
	"gatehound_api_requests_total counter code,verb",
}

// scrape returns name, type and labels of what a console says, by name.
func scrape(addr string) (map[string]string, error) {
	resp, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	families, err := parse(resp.Body)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for name, f := range families {
		labels := map[string]bool{}
		for _, m := range f.Metric {
			for _, l := range m.Label {
				labels[l.GetName()] = true
			}
		}
		if ours.MatchString(name) {
			out[name] = strings.TrimSpace(fmt.Sprintf("%s %s %s", name, strings.ToLower(f.GetType().String()),
				strings.Join(slices.Sorted(maps.Keys(labels)), ",")))
		}
	}
	return out, nil
}

func parse(text io.Reader) (map[string]*dto.MetricFamily, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(text)
}

// TestDemoHasTheMetrics runs the demo, compares its metrics with
// prometheus/metrics.txt, evaluates the dashboard in a real Prometheus that
// scrapes it, and asks its store what the runbooks ask.
func TestDemoHasTheMetrics(t *testing.T) {
	addr, dir := freeAddr(t), t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	demo := exec.CommandContext(ctx, gatehound, "demo", "--for", "8s", "--backlog", "10m", "--listen", addr, "--dir", dir)
	var output strings.Builder
	demo.Stdout, demo.Stderr = &output, &output
	require.NoError(t, demo.Start())
	ended := make(chan error, 1)
	go func() { ended <- demo.Wait() }()
	prometheus := startPrometheus(t, addr)

	seen := map[string]string{}
	for running := true; running; {
		select {
		case err := <-ended:
			require.NoError(t, err, output.String())
			running = false
		case <-time.After(200 * time.Millisecond):
			if families, err := scrape(addr); err == nil {
				maps.Copy(seen, families) // labels become more as things happen
			}
		}
	}
	maps.DeleteFunc(seen, func(name, _ string) bool { return rare[name] })
	for _, line := range served {
		name, _, _ := strings.Cut(line, " ")
		require.NotContains(t, seen, name, "the demo has it")
		seen[name] = line
	}
	got := strings.Join(slices.Sorted(maps.Values(seen)), "\n") + "\n"
	if *update {
		require.NoError(t, os.WriteFile("prometheus/metrics.txt", []byte(got), 0o644))
	}
	require.Equal(t, read(t, "prometheus/metrics.txt"), got, "run go test ./deploy -run Demo -update and look at what changed")
	t.Run("dashboard", func(t *testing.T) { prometheus.evaluates(t) })
	t.Run("runbooks", func(t *testing.T) { runbookQueries(t, filepath.Join(dir, "clickhouse")) })
}

// known returns the names in prometheus/metrics.txt.
func known(t *testing.T) map[string]bool {
	t.Helper()
	// Prometheus and the blackbox exporter make these.
	names := map[string]bool{"up": true, "probe_success": true, "ALERTS": true}
	for line := range strings.Lines(read(t, "prometheus/metrics.txt")) {
		f := strings.Fields(line)
		require.GreaterOrEqual(t, len(f), 2, line)
		names[f[0]] = true
		if f[1] == "histogram" {
			for _, suffix := range []string{"_bucket", "_sum", "_count"} {
				names[f[0]+suffix] = true
			}
		}
	}
	return names
}

var metricName = regexp.MustCompile(`\b(?:(?:gatehound|process|go)_[a-z0-9_]+|up|probe_success|ALERTS)\b`)

// TestNamesExist looks for the metrics of rules, runbooks and dashboard among
// those that the program has.
func TestNamesExist(t *testing.T) {
	have, used := known(t), map[string]bool{}
	need := func(where, text string) {
		for _, name := range metricName.FindAllString(text, -1) {
			require.True(t, have[name], "%s: the program has no metric %s", where, name)
			used[name] = true
		}
	}
	for _, r := range rules(t) {
		require.Regexp(t, metricName, r.Expr, r.Alert)
		need(r.Alert, r.Expr)
		for _, text := range r.Annotations {
			for _, name := range regexp.MustCompile(`gatehound_[a-z0-9_]+`).FindAllString(text, -1) {
				require.True(t, have[name], "%s: the program has no metric %s", r.Alert, name)
			}
		}
	}
	for _, e := range expressions(t) {
		require.Regexp(t, metricName, e.expr, e.title)
		need(e.title, e.expr)
	}
	for _, a := range readDashboard(t).Annotations.List {
		need("annotations", a.Expr)
	}
	for _, v := range readDashboard(t).Templating.List {
		need(v.Name, v.Definition)
	}
	require.Greater(t, len(used), 50, "most of the metrics are looked at")
}

// runbookQueries asks a store every query of the runbooks.
func runbookQueries(t *testing.T, store string) {
	queries := 0
	for _, r := range rules(t) {
		for _, q := range regexp.MustCompile(`SELECT [^\n]+`).FindAllString(r.Annotations["runbook"], -1) {
			queries++
			run(t, nil, gatehound, "query", "--store", store, "--output", "json", q)
		}
	}
	require.GreaterOrEqual(t, queries, 2)
}

// prom is a real Prometheus, or nil.
type prom struct{ addr string }

func startPrometheus(t *testing.T, target string) *prom {
	t.Helper()
	path, ok := tool(t, "prometheus", "the dashboard against a running Gatehound")
	if !ok {
		return nil
	}
	dir, p := t.TempDir(), &prom{addr: freeAddr(t)}
	conf := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(conf, fmt.Appendf(nil,
		"global: {scrape_interval: 1s}\nscrape_configs: [{job_name: gatehound, static_configs: [{targets: [%q]}]}]\n", target), 0o600))
	cmd := exec.Command(path, "--config.file="+conf, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+p.addr)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return p
}

// evaluates asks for every expression of the dashboard as of the demo's end. All
// have an answer, also those that show only what is above zero, without that.
func (p *prom) evaluates(t *testing.T) {
	if p == nil {
		return
	}
	last := p.query(t, time.Now(), `max_over_time(timestamp(gatehound_ingest_events_total)[1m:1s])`)
	require.Len(t, last, 1, "Prometheus has scraped the demo")
	at := time.Unix(int64(last[0].number(t)), 0)
	for _, e := range expressions(t) {
		series := p.query(t, at, strings.TrimSuffix(e.expr, " > 0"))
		require.NotEmpty(t, series, "%s: %s", e.title, e.expr)
		for _, label := range regexp.MustCompile(`{{(\w+)}}`).FindAllStringSubmatch(e.legend, -1) {
			require.NotEmpty(t, series[0].Metric[label[1]], "%s: no label %s", e.title, label[1])
		}
	}
	// What the rules select is there in good times too: a label's value that no
	// series has would make an alert that never fires. What only the service has is
	// asked of the service.
	selected := 0
	for _, r := range rules(t) {
		for _, s := range regexp.MustCompile(`gatehound_\w+(?:\{[^}]*\})?`).FindAllString(r.Expr, -1) {
			if strings.HasPrefix(s, "gatehound_api_") {
				continue
			}
			selected++
			require.NotEmpty(t, p.query(t, at, s), "%s: %s", r.Alert, s)
		}
	}
	require.Greater(t, selected, 20)
}

type series struct {
	Metric map[string]string
	Value  [2]any
}

func (s series) number(t *testing.T) (f float64) {
	t.Helper()
	_, err := fmt.Sscan(s.Value[1].(string), &f)
	require.NoError(t, err)
	return f
}

func (p *prom) query(t *testing.T, at time.Time, expr string) []series {
	t.Helper()
	resp, err := http.PostForm("http://"+p.addr+"/api/v1/query", url.Values{"query": {expr}, "time": {fmt.Sprint(at.Unix())}})
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	var answer struct {
		Status, Error string
		Data          struct{ Result []series }
	}
	require.NoError(t, json.Unmarshal(body, &answer), string(body))
	require.Equal(t, "success", answer.Status, "%s: %s", expr, answer.Error)
	return answer.Data.Result
}
