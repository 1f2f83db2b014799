package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/cmd/internal/api"
	"github.com/gatehound/gatehound/cmd/internal/api/gate"
	"github.com/gatehound/gatehound/schemas"
)

// deskWorld is a service's notification log with its API, and a configuration by
// which the commands find both.
type deskWorld struct {
	t            *testing.T
	dir, path    string
	m            *alerting.Manager
	s            *api.Server
	ids          []string
	hook         *httptest.Server
	mu           sync.Mutex // the hook is called by processes
	got          []string
	code         int
	stop         func()
	readFile     string
	operatorFile string
}

// newDeskWorld makes three alerts.
func newDeskWorld(t *testing.T) *deskWorld {
	t.Helper()
	w := &deskWorld{t: t, dir: t.TempDir(), code: http.StatusOK}
	w.hook = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		w.mu.Lock()
		defer w.mu.Unlock()
		if err == nil {
			w.got = append(w.got, string(body))
		}
		out.WriteHeader(w.code)
	}))
	t.Cleanup(w.hook.Close)
	log := slog.New(slog.DiscardHandler)
	cfg := alerting.DefaultConfig()
	cfg.Path = filepath.Join(w.dir, "data", "alerts.db")
	var err error
	w.m, err = alerting.New(cfg, []alerting.Sink{nowhere("siem")}, log, prometheus.NewRegistry())
	require.NoError(t, err)
	require.NoError(t, w.m.Open())
	var findings []schemas.Finding
	start := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	for i, title := range []string{"Keys are guessed", "\x1b[31mA model is copied\x1b[0m", "=Too much"} {
		from := start.Add(time.Duration(i) * time.Minute)
		e := schemas.Entity{Kind: schemas.EntityPrincipal, Name: fmt.Sprintf("h1:k1:caller%d", i)}
		findings = append(findings, schemas.Finding{ID: schemas.FindingID("authfail.stuffing", e, from), Detector: "authfail.stuffing", Entity: e, Tenant: fmt.Sprint("tenant", i),
			Severity: schemas.SeverityMedium + schemas.Severity(i), Confidence: .9, Title: title, Summary: "What happened.", WindowStart: from, WindowEnd: from.Add(time.Minute),
			Detected: from.Add(time.Minute), Events: 100, Query: "SELECT 1"})
	}
	_, err = w.m.Offer(t.Context(), findings)
	require.NoError(t, err)
	list, err := w.m.List(alerting.Filter{})
	require.NoError(t, err)
	for i := range list {
		w.ids = append(w.ids, list[i].ID)
	}
	require.Len(t, w.ids, 3)

	w.readFile = write(t, filepath.Join(w.dir, "read-token"), strings.Repeat("r", 32)+"\n")
	w.operatorFile = write(t, filepath.Join(w.dir, "operate-token"), strings.Repeat("o", 32)+"\n")
	settings := api.DefaultConfig()
	settings.Listen, settings.LocalTokenFile = "127.0.0.1:0", filepath.Join(w.dir, "data", "api-token")
	settings.Rate, settings.Burst = 10_000, 10_000
	settings.Tokens = []gate.TokenConfig{{Name: "reader", Role: "read", Token: outbound.Secret(strings.Repeat("r", 32))}, {Name: "operator", Role: "operate", Token: outbound.Secret(strings.Repeat("o", 32))}}
	w.s, err = api.New(settings, w.m, nil, log, prometheus.NewRegistry())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.s.Run(ctx) }()
	w.stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, w.m.Close())
	})
	t.Cleanup(w.stop)
	w.path = write(t, filepath.Join(w.dir, "gatehound.yaml"), fmt.Sprintf(`data_dir: %s
storage: {mode: none}
api: {listen: %q}
alerting:
  sinks:
    - name: siem
      kind: webhook
      options: {url: %q, allow_private: true, secrets: [%q]}
`, filepath.Join(w.dir, "data"), w.s.Addr(), w.hook.URL+"/in", "whsec_"+"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="))
	return w
}

// nowhere is the sink of the service, which is not run in these tests.
type nowhere string

func (n nowhere) Name() string { return string(n) }
func (n nowhere) Notify(context.Context, *schemas.Alert, string, alerting.Ref) (alerting.Ref, error) {
	return "", nil
}
func (n nowhere) Check(context.Context) error { return nil }

// do runs a command with the world's configuration.
func (w *deskWorld) do(args ...string) result {
	w.t.Helper()
	return gatehound(w.t, w.dir, "", append(args, "--config", w.path)...)
}

// good is do for a command that works.
func (w *deskWorld) good(args ...string) string {
	w.t.Helper()
	r := w.do(args...)
	require.Zero(w.t, r.code, "%v: %s", args, r.stderr)
	require.NotContains(w.t, r.stdout, "\x1b", "%v", args)
	return r.stdout
}

// complete returns what a shell proposes for the next word.
func (w *deskWorld) complete(args ...string) string {
	w.t.Helper()
	r := gatehound(w.t, w.dir, "", append(append([]string{"__complete"}, args...), "")...)
	require.Zero(w.t, r.code, r.stderr)
	return r.stdout
}

func TestAlertsAreWorkedOn(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	list := w.good("alerts", "list")
	require.Equal(t, 4, strings.Count(list, "\n"), list)
	require.Contains(t, list, "LAST SEEN (UTC)")
	require.Contains(t, list, w.ids[0][:8]+"  critical  open")
	require.NotContains(t, list, w.ids[0][:10], "ids are short")
	require.Contains(t, w.good("alerts", "list", "--local"), "LAST SEEN (local)")
	some := w.good("alerts", "list", "severity>=high", "tenant=tenant1", "--since", "7d")
	require.Contains(t, some, w.ids[1][:8])
	require.Equal(t, 2, strings.Count(some, "\n"))

	shown := w.good("alerts", "show", w.ids[1][:8])
	for _, want := range []string{"A model is copied", "What happened", "opened", "gatehound explain", "gatehound alerts ack " + w.ids[1][:8]} {
		require.Contains(t, shown, want)
	}
	var a schemas.Alert
	require.NoError(t, json.Unmarshal([]byte(w.good("alerts", "show", w.ids[1], "-o", "json")), &a))
	require.Equal(t, w.ids[1], a.ID)

	require.Contains(t, w.good("alerts", "ack", w.ids[0][:8], w.ids[1][:8], "--by", "alice", "-m", "looking"), "acknowledged "+w.ids[1][:8])
	require.NotEmpty(t, w.good("alerts", "comment", w.ids[0][:8], "--comment", "it is a load test"))
	require.Contains(t, w.good("alerts", "resolve", w.ids[0], "--by", "alice"), "resolved "+w.ids[0][:8])
	a, err := w.m.Alert(w.ids[0])
	require.NoError(t, err)
	require.Equal(t, "alice via local", a.Resolution.By)
	var by []string
	for _, e := range a.History {
		by = append(by, e.What+" "+e.By)
	}
	require.Len(t, by, 4)
	require.Regexp(t, `^commented \S+ via local$`, by[2], "the user of the system")
	require.NotContains(t, w.good("alerts", "list"), w.ids[0][:8])
	require.Contains(t, w.good("alerts", "list", "--all"), "resolved")
	require.Contains(t, w.good("alerts", "list"), "alice via local")

	table, err := csv.NewReader(strings.NewReader(w.good("alerts", "export", "--all", "-o", "csv"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, table, 4)
	require.Contains(t, table[1], "'=Too much")
	require.Equal(t, 3, strings.Count(w.good("alerts", "export", "--all"), "\n"))
	require.Equal(t, 2, strings.Count(w.good("alerts", "list", "-o", "ndjson"), "\n"))

	waiting := w.good("alerts", "deliveries")
	require.Contains(t, waiting, "siem")
	require.Contains(t, waiting, w.ids[0][:8])
	require.Equal(t, "siem: 0 notifications tried again\n", w.good("alerts", "redeliver", "siem"))
	require.Contains(t, w.do("alerts", "deliveries", "--dead").stderr, "nothing was given up")

	complete := w.complete("alerts", "show", "--config", w.path)
	require.Regexp(t, `(?m)^`+w.ids[1][:8]+`\thigh .*A model is copied`, complete)
	require.Contains(t, complete, ":36", "no names of files, and in this order")
}

func TestSilencesAndExceptionsAreMade(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	made := w.good("silence", "add", "detector=authfail.*", "tenant=tenant0", "--for", "2h", "--comment", "load test", "--by", "alice")
	id := strings.Fields(made)[1]
	require.Regexp(t, `^silence [0-9a-f]{12} until \S+ \S+ UTC: gatehound silence end [0-9a-f]{12} ends it before\n$`, made)
	listed := w.good("silence", "list")
	for _, want := range []string{id, "in force", "detector=authfail.* tenant=tenant0", "alice via local", "load test"} {
		require.Contains(t, listed, want)
	}
	require.Contains(t, w.good("alerts", "show", w.ids[2]), "silence "+id)
	require.Contains(t, w.complete("silence", "end", "--config", w.path), id)
	require.Equal(t, id+" is ended\n", w.good("silence", "end", id))
	require.Contains(t, w.do("silence", "list").stderr, "no silence holds")
	require.Contains(t, w.good("silence", "list", "--all"), "ended")
	later := w.good("silence", "add", "severity<=medium", "--from", time.Now().Add(24*time.Hour).UTC().Format(time.RFC3339), "--for", "1h", "-m", "x", "-o", "json")
	var silences []schemas.Silence
	require.NoError(t, json.Unmarshal([]byte(later), &silences))
	require.WithinDuration(t, time.Now().Add(25*time.Hour), silences[0].Until, time.Minute)
	require.Contains(t, w.good("silence", "list"), "to come")

	made = w.good("allow", "add", "--detector", "extraction", "--principal", "h1:k1:x", "--for", "720h", "--reason", "evaluation")
	id = strings.Fields(made)[1]
	require.Contains(t, w.good("allow", "list"), "detector extraction, principal h1:k1:x")
	require.Equal(t, id+" is ended\n", w.good("allow", "end", id))
	require.Contains(t, w.good("allow", "list", "--all", "-o", "ndjson"), `"ended_by":`)
}

func TestWhatGoesWrongAtTheDeskIsSaid(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"alerts show ffffffff", exitError, "there is no such alert: gatehound alerts list --all"},
		{"alerts show abc", exitError, "no such alert"},
		{"alerts show", exitUsage, "accepts 1 arg"},
		{"alerts list bogus", exitUsage, "operator"},
		{"alerts list --limit 0", exitUsage, "allowed is 1 to 1000"},
		{"alerts list --since tomorrow", exitUsage, "--since"},
		{"alerts list -o xml", exitUsage, "--output"},
		{"alerts list --utc --local", exitUsage, "give one of them"},
		{"alerts show ffffffff -o csv", exitUsage, "--output"},
		{"alerts comment ffffffff", exitUsage, "--comment"},
		{"alerts ack ffffffff -o csv", exitUsage, "--output"},
		{"alerts export -o json", exitUsage, "ndjson and csv"},
		{"alerts redeliver nobody", exitError, "gatehound sinks list"},
		{"alerts deliveries -o csv", exitUsage, "--output"},
		{"silence add tenant=a --comment x", exitUsage, "--for, --until"},
		{"silence add tenant=a --for 2h", exitUsage, "--comment"},
		{"silence add tenant=a --for 9000h -m x", exitUsage, "8760h"},
		{"silence add tenant=a --until 2001-01-01 -m x", exitUsage, "a time to come"},
		{"silence add tenant=a --until soon -m x", exitUsage, "2026-12-24T08:00:00Z"},
		{"silence add nothing --for 2h -m x", exitUsage, "operator"},
		{"silence end 0123456789ab", exitError, "gatehound silence list --all"},
		{"allow add --for 2h --reason x", exitUsage, "--principal"},
		{"allow add --principal x --for 2h", exitUsage, "--reason"},
		{"allow end 0123456789ab", exitError, "gatehound allow list --all"},
		{"sinks test nobody", exitUsage, "gatehound sinks list"},
		{"sinks list -o csv", exitUsage, "--output"},
		{"alerts list --server http://gatehound.example.com --token-file " + w.readFile, exitUsage, "in the clear"},
		{"alerts list --server http://" + w.s.Addr(), exitUsage, "--token-file"},
		{"alerts list --server http://127.0.0.1:1 --token-file " + w.readFile, exitError, "does the service run"},
		{"alerts list --token-file nofile", exitError, "no such file"},
	} {
		r := w.do(strings.Fields(c.args)...)
		require.Equal(t, c.code, r.code, "%s: %s", c.args, r.stderr)
		require.Contains(t, r.stderr, c.want, c.args)
	}
	remote := []string{"--server", "http://" + w.s.Addr(), "--token-file", w.readFile}
	require.Contains(t, w.good(append([]string{"alerts", "list"}, remote...)...), w.ids[0][:8])
	require.Contains(t, w.good(append([]string{"sinks", "list", "-o", "json"}, remote...)...), `"waiting": 3`)
	denied := w.do(append([]string{"alerts", "ack", w.ids[0]}, remote...)...)
	require.Equal(t, exitError, denied.code)
	require.Contains(t, denied.stderr, "this wants the role operate, the token has read")
	require.NotContains(t, denied.stderr, "rrrrrrrr")
	require.NoError(t, os.Chmod(w.readFile, 0o644))
	require.Contains(t, w.do(append([]string{"alerts", "list"}, remote...)...).stderr, "chmod 600")
	denied = w.do("allow", "add", "--principal", "x", "--for", "2h", "--reason", "x", "--token-file", w.operatorFile)
	require.Contains(t, denied.stderr, "this wants the role admin")
}

// TestWithoutAServiceTheLogItselfIsWorkedOn: the same commands, and the service
// finds what was done when it is back.
func TestWithoutAServiceTheLogItselfIsWorkedOn(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	w.stop()
	r := w.do("alerts", "ack", w.ids[0][:8], "--by", "alice")
	require.Zero(t, r.code, r.stderr)
	require.Contains(t, r.stderr, "no service answers at "+w.s.Addr()+": working on ")
	made := w.good("silence", "add", "tenant=tenant1", "--for", "2h", "-m", "offline")
	require.Contains(t, w.good("silence", "list"), strings.Fields(made)[1])
	require.Contains(t, w.good("alerts", "list"), "alice")
	waiting := w.good("alerts", "deliveries", "-o", "ndjson")
	require.Contains(t, waiting, `"sink":"siem"`, "it waits for the service; the secret of the sink was not needed")
	require.NotContains(t, w.good("alerts", "deliveries", "--dead", "-o", "json"), "siem", "and nothing was given up")
	require.Equal(t, 3, strings.Count(w.good("alerts", "export"), "\n"))

	held, err := os.ReadFile(w.path)
	require.NoError(t, err)
	off := write(t, filepath.Join(w.dir, "off.yaml"), strings.Replace(string(held), w.s.Addr(), "", 1))
	require.Contains(t, gatehound(t, w.dir, "", "alerts", "list", "--config", off).stderr, "no API")
	empty := write(t, filepath.Join(w.dir, "empty.yaml"), "data_dir: nothing-here\nstorage: {mode: none}\napi: {listen: \"\"}\n")
	none := gatehound(t, w.dir, "", "alerts", "list", "--config", empty)
	require.Equal(t, exitError, none.code)
	require.Contains(t, none.stderr, "there is no notification log")
	require.NoDirExists(t, filepath.Join(w.dir, "nothing-here"), "looking makes nothing")
}

// TestALogThatIsHeldIsSaidToBe: a service without an API holds the log.
func TestALogThatIsHeldIsSaidToBe(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	held, err := os.ReadFile(w.path)
	require.NoError(t, err)
	off := write(t, filepath.Join(w.dir, "off.yaml"), strings.Replace(string(held), w.s.Addr(), "", 1))
	r := gatehound(t, w.dir, "", "alerts", "list", "--config", off)
	require.Equal(t, exitError, r.code)
	require.Contains(t, r.stderr, "set api.listen")
}

func TestSinksAreTried(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	require.Regexp(t, `(?m)^siem +\S+ +3 +0 `, w.good("sinks", "list"))
	require.Regexp(t, `^ok    siem accepted the test alert after \S+\n$`, w.good("sinks", "test", "siem"))
	require.Empty(t, w.got, "the service's sink took it")
	require.Contains(t, w.complete("sinks", "test", "--config", w.path), "siem\twebhook")
	w.stop()
	require.Regexp(t, `(?m)^siem +webhook +info +30$`, w.good("sinks", "list"))
	r := w.do("sinks", "test", "siem")
	require.Zero(t, r.code, r.stderr+r.stdout)
	require.Contains(t, r.stderr, "sending from here")
	require.Len(t, w.got, 1)
	require.Contains(t, w.got[0], `"test":true`)
	w.code = http.StatusForbidden
	r = w.do("sinks", "test", "siem")
	require.Equal(t, exitError, r.code)
	require.Regexp(t, `^FAIL  siem after \S+: .*403`, r.stdout)
	require.Contains(t, r.stderr, "1 of 1 sinks did not accept the test alert")
	require.NotContains(t, r.stdout+r.stderr, "MDEyMzQ1")
}
