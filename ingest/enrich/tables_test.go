package enrich

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/enrich/price"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// write writes a file whole, as an editor or a config map does: to another name
// first.
func write(t testing.TB, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".tmp", []byte(text), 0o600))
	require.NoError(t, os.Rename(path+".tmp", path))
}

// mmdb writes a database in MaxMind's format with MaxMind's own writer.
func mmdb(t testing.TB, path string, records map[string]mmdbtype.DataType) {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "test", RecordSize: 24, BuildEpoch: 1_760_000_000, IncludeReservedNetworks: true})
	require.NoError(t, err)
	for network, value := range records {
		_, n, err := net.ParseCIDR(network)
		require.NoError(t, err)
		require.NoError(t, w.Insert(n, value))
	}
	var b bytes.Buffer
	_, err = w.WriteTo(&b)
	require.NoError(t, err)
	write(t, path, b.String())
}

func iso(code string) mmdbtype.DataType {
	return mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code)}}
}

// everything returns a configuration with every kind of file, in a new folder.
func everything(t testing.TB) Config {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	mmdb(t, at("country.mmdb"), map[string]mmdbtype.DataType{"203.0.113.0/24": iso("DE"), "2001:db8::/32": iso("JP")})
	mmdb(t, at("asn.mmdb"), map[string]mmdbtype.DataType{
		"203.0.113.0/24":  mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(24940)},
		"198.51.100.0/24": mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(64496)}})
	write(t, at("tor.txt"), "203.0.113.9\n")
	write(t, at("proxy.txt"), "AS64496\n")
	write(t, at("openapi.yaml"), "openapi: 3.0.0\npaths:\n  /agents/{id}/run:\n    post: {}\n    get: {deprecated: true}\n")
	write(t, at("kong.yaml"), "_format_version: '3.0'\nroutes:\n- paths: ['~/x/\\d+$', /v1]\n- paths: [/ops]\n  tags: [internal]\n")
	write(t, at("models.txt"), "gpt-4o\ngpt-3* deprecated\n")
	write(t, at("prices.json"), `{"gpt-4o":{"input_cost_per_token":2.5e-06,"output_cost_per_token":1e-05,"litellm_provider":"openai"},
		"gpt-3.5":{"input_cost_per_token":1,"litellm_provider":"openai"}}`)
	cfg := DefaultConfig()
	cfg.CountryDatabase, cfg.ASNDatabase = at("country.mmdb"), at("asn.mmdb")
	cfg.Networks = []NetworkList{{"tor", at("tor.txt")}, {"proxy", at("proxy.txt")}}
	cfg.Endpoints = []EndpointFile{{File: at("openapi.yaml"), Mount: "/app"}, {File: at("kong.yaml"), Format: "kong", Mount: "/gw"}}
	cfg.ModelFile, cfg.PriceFile = at("models.txt"), at("prices.json")
	cfg.Prices = []price.Price{{Model: "gpt-3.5", Input: 1, Output: 2}}
	cfg.ReloadEvery = time.Second
	return cfg
}

func open(t testing.TB, cfg Config) (*Tables, *Enricher, *prometheus.Registry) {
	t.Helper()
	reg := prometheus.NewPedanticRegistry()
	tables, err := Open(cfg, nil, reg)
	require.NoError(t, err)
	e, err := New(cfg, tables)
	require.NoError(t, err)
	return tables, e, reg
}

func TestEventWithTables(t *testing.T) {
	_, e, _ := open(t, everything(t))
	for _, c := range []struct {
		name string
		rec  decode.Record
		want schemas.Event
		cost float64
	}{
		{"hosting, known endpoint and model", decode.Record{Peer: "203.0.113.1", Method: "POST", Path: "/app/agents/7/run", Model: "gpt-4o", Operation: "chat",
			Known: schemas.HasInputTokens | schemas.HasOutputTokens, InputTokens: 1000, OutputTokens: 100},
			schemas.Event{Country: "DE", ASN: 24940, Network: schemas.NetworkHosting, Endpoint: schemas.ListingKnown, ModelListing: schemas.ListingKnown,
				CostEstimated: true, Route: "/app/agents/{id}/run"}, 0.0035},
		{"Tor, deprecated", decode.Record{Peer: "203.0.113.9", Method: "GET", Path: "/app/agents/7/run", Model: "gpt-3-x"},
			schemas.Event{Country: "DE", ASN: 24940, Network: schemas.NetworkTor, Endpoint: schemas.ListingDeprecated, ModelListing: schemas.ListingDeprecated,
				Route: "/app/agents/{id}/run"}, 0},
		{"proxy by its operator, escaped internal path", decode.Record{Peer: "198.51.100.1", Method: "GET", Path: "/gw/%6Fps/x", Status: 200},
			schemas.Event{ASN: 64496, Network: schemas.NetworkProxy, Endpoint: schemas.ListingInternal, Route: "/gw/{id}/x"}, 0},
		{"regular expression below a mount", decode.Record{Peer: "9.9.9.9", Method: "GET", Path: "/gw/x/42", Status: 200},
			schemas.Event{Endpoint: schemas.ListingKnown, Route: "/gw/x/{id}"}, 0},
		{"unlisted", decode.Record{Peer: "2001:db8::1", Method: "GET", Path: "/v1/models", Model: "llama"},
			schemas.Event{Country: "JP", Endpoint: schemas.ListingUnlisted, ModelListing: schemas.ListingUnlisted, Route: "/v1/models"}, 0},
		{"the gateway's template, no path", decode.Record{Route: "/app/agents/{agent}/run", Method: "GET"},
			schemas.Event{Endpoint: schemas.ListingDeprecated, Route: "/app/agents/{agent}/run"}, 0},
		{"the gateway's name of the route, no path", decode.Record{Route: "agents"}, schemas.Event{Route: "agents"}, 0},
		{"the log's cost wins", decode.Record{Model: "gpt-4o", Cost: 7, Known: schemas.HasCost | schemas.HasInputTokens | schemas.HasOutputTokens, InputTokens: 5},
			schemas.Event{ModelListing: schemas.ListingKnown}, 7},
		{"the log's cost of nothing wins", decode.Record{Model: "gpt-4o", Known: schemas.HasCost | schemas.HasInputTokens | schemas.HasOutputTokens, InputTokens: 5},
			schemas.Event{ModelListing: schemas.ListingKnown}, 0},
		{"no tokens, no cost", decode.Record{Model: "gpt-4o", InputTokens: 5}, schemas.Event{ModelListing: schemas.ListingKnown}, 0},
		{"the configuration's price wins", decode.Record{Model: "gpt-3.5", Known: schemas.HasInputTokens | schemas.HasOutputTokens, InputTokens: 1e6},
			schemas.Event{ModelListing: schemas.ListingDeprecated, CostEstimated: true}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			var ev schemas.Event
			before := c.rec.Known
			e.Event(&c.rec, &ev)
			got := schemas.Event{Country: ev.Country, ASN: ev.ASN, Network: ev.Network, Endpoint: ev.Endpoint, ModelListing: ev.ModelListing,
				CostEstimated: ev.CostEstimated, Route: c.rec.Route}
			require.Equal(t, c.want, got)
			require.InDelta(t, c.cost, c.rec.Cost, 1e-12)
			require.Equal(t, ev.CostEstimated || before&schemas.HasCost != 0, c.rec.Known&schemas.HasCost != 0)
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	good := everything(t)
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad")
	write(t, bad, "secret \x00{ nothing of the kind")
	for name, change := range map[string]func(*Config){
		"country":    func(c *Config) { c.CountryDatabase = bad },
		"swapped":    func(c *Config) { c.CountryDatabase = good.ASNDatabase },
		"asn":        func(c *Config) { c.ASNDatabase = bad },
		"networks":   func(c *Config) { c.Networks[1].File = bad },
		"endpoints":  func(c *Config) { c.Endpoints[0].File = bad },
		"models":     func(c *Config) { c.ModelFile = good.CountryDatabase },
		"prices":     func(c *Config) { c.PriceFile = bad },
		"no file":    func(c *Config) { c.ModelFile = filepath.Join(dir, "none") },
		"a folder":   func(c *Config) { c.PriceFile = dir },
		"a setting":  func(c *Config) { c.ReloadEvery = time.Millisecond },
		"both paths": func(c *Config) { c.Endpoints[0].File = good.ModelFile },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			cfg.Networks, cfg.Endpoints = append([]NetworkList(nil), good.Networks...), append([]EndpointFile(nil), good.Endpoints...)
			change(&cfg)
			_, err := Open(cfg, nil, prometheus.NewPedanticRegistry())
			require.Error(t, err)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

// journal is a log that two goroutines may use.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// listing asks what a model's listing is now.
func listing(e *Enricher, model string) schemas.Listing {
	var ev schemas.Event
	e.Event(&decode.Record{Model: model}, &ev)
	return ev.ModelListing
}

func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := everything(t)
		var log journal
		reg := prometheus.NewPedanticRegistry()
		tables, err := Open(cfg, slog.New(slog.NewTextHandler(&log, nil)), reg)
		require.NoError(t, err)
		e, err := New(cfg, tables)
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { tables.Watch(ctx); close(done) }()
		after := func(looks int) {
			time.Sleep(time.Duration(looks)*time.Second + time.Millisecond)
			synctest.Wait()
		}
		loads := func(kind string) float64 { return testutil.ToFloat64(tables.metrics.loads.WithLabelValues(kind)) }
		errs := func(kind string) float64 { return testutil.ToFloat64(tables.metrics.errors.WithLabelValues(kind)) }

		after(3)
		require.Equal(t, schemas.ListingUnlisted, listing(e, "o5"))
		require.Equal(t, 1.0, loads("models"), "loaded without a change")

		write(t, cfg.ModelFile, "o5 internal\n")
		after(1)
		require.Equal(t, schemas.ListingUnlisted, listing(e, "o5"), "it may still be written to")
		after(1)
		require.Equal(t, schemas.ListingInternal, listing(e, "o5"))
		require.Equal(t, schemas.ListingUnlisted, listing(e, "gpt-4o"))
		require.Equal(t, 2.0, loads("models"))

		// A version that cannot be used is refused once, and the one before stays.
		write(t, cfg.ModelFile, "o5 secret-state\n")
		after(5)
		require.Equal(t, schemas.ListingInternal, listing(e, "o5"))
		require.Equal(t, 1.0, errs("models"))
		require.Equal(t, 1, strings.Count(log.String(), "kept the former version"))
		require.NotContains(t, log.String(), "secret")

		// So is a file that is gone, and its return is seen.
		require.NoError(t, os.Remove(cfg.ModelFile))
		after(5)
		require.Equal(t, schemas.ListingInternal, listing(e, "o5"))
		require.Equal(t, 2.0, errs("models"))
		write(t, cfg.ModelFile, "o5\n")
		after(2)
		require.Equal(t, schemas.ListingKnown, listing(e, "o5"))
		require.Equal(t, 3.0, loads("models"))

		// One of several files, and a database: what a worker remembered of an
		// address is forgotten.
		place := func() schemas.Event {
			var ev schemas.Event
			e.Event(&decode.Record{Peer: "203.0.113.1"}, &ev)
			return schemas.Event{Country: ev.Country, Network: ev.Network}
		}
		require.Equal(t, schemas.Event{Country: "DE", Network: schemas.NetworkHosting}, place())
		write(t, cfg.Networks[1].File, "203.0.113.0/24\n")
		after(2)
		require.Equal(t, schemas.Event{Country: "DE", Network: schemas.NetworkProxy}, place())
		mmdb(t, cfg.CountryDatabase, map[string]mmdbtype.DataType{"203.0.113.0/24": iso("FR")})
		after(2)
		require.Equal(t, schemas.Event{Country: "FR", Network: schemas.NetworkProxy}, place())

		stop()
		<-done
	})
}

// TestWatchFollowsLinks changes files as Kubernetes does with those of a config
// map: file -> ..data/file, ..data -> a folder of the version, which is swapped.
func TestWatchFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	version := func(name, text string) {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o700))
		path := filepath.Join(dir, name, "models.txt")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		same := time.Unix(1_700_000_000, 0) // an image's files may all have one time
		require.NoError(t, os.Chtimes(path, same, same))
		require.NoError(t, os.Symlink(name, filepath.Join(dir, "..tmp")))
		require.NoError(t, os.Rename(filepath.Join(dir, "..tmp"), filepath.Join(dir, "..data")))
	}
	version("..1", "one\n")
	file := filepath.Join(dir, "models.txt")
	require.NoError(t, os.Symlink(filepath.Join("..data", "models.txt"), file))
	tables, e, _ := open(t, Config{ModelFile: file})
	require.Equal(t, schemas.ListingKnown, listing(e, "one"))
	version("..2", "two\n") // as many bytes
	tables.poll()
	tables.poll()
	require.Equal(t, schemas.ListingKnown, listing(e, "two"))
	require.Equal(t, schemas.ListingUnlisted, listing(e, "one"))
}

func TestReload(t *testing.T) {
	cfg := everything(t)
	tables, e, reg := open(t, cfg)
	require.Equal(t, schemas.ListingKnown, listing(e, "gpt-4o"))

	bad := cfg
	bad.PriceFile = cfg.ModelFile
	bad.ModelFile = ""
	require.Error(t, tables.Reload(bad))
	require.Equal(t, schemas.ListingKnown, listing(e, "gpt-4o"), "a refused configuration changed something")

	n, err := testutil.GatherAndCount(reg, "gatehound_enrich_entries")
	require.NoError(t, err)
	require.Equal(t, 6, n)
	require.NoError(t, tables.Reload(Config{TrustedProxies: []string{"10.0.0.0/8"}, Routes: []string{"/zz/{x}/y"}}))
	require.Equal(t, schemas.ListingUnknown, listing(e, "gpt-4o"))
	rec, ev := decode.Record{Peer: "10.1.1.1", Forwarded: "192.0.2.1", Path: "/zz/word/y"}, schemas.Event{}
	e.Event(&rec, &ev)
	require.Equal(t, "192.0.2.1", ev.ClientAddr.String())
	require.Equal(t, "/zz/{id}/y", rec.Route)
	n, err = testutil.GatherAndCount(reg, "gatehound_enrich_entries", "gatehound_enrich_file_age_seconds")
	require.NoError(t, err)
	require.Zero(t, n, "gauges of files that are no longer configured")
}

// TestSwapWhileWorkersRead runs workers beside a stream of new versions: each
// event must see one version whole.
func TestSwapWhileWorkersRead(t *testing.T) {
	cfg := everything(t)
	tables, _, _ := open(t, cfg)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			e, err := New(cfg, tables)
			if err != nil {
				t.Error(err)
				return
			}
			for i := 0; ctx.Err() == nil; i++ {
				rec := decode.Record{Peer: fmt.Sprintf("203.0.113.%d", i%256), Path: "/app/agents/7/run", Method: "POST", Model: "gpt-4o"}
				var ev schemas.Event
				e.Event(&rec, &ev)
				if ev.Country != "DE" || ev.Endpoint != schemas.ListingKnown || ev.ModelListing != schemas.ListingKnown {
					t.Errorf("%q %v %v", ev.Country, ev.Endpoint, ev.ModelListing)
					return
				}
			}
		})
	}
	for i := range 30 {
		write(t, cfg.ModelFile, fmt.Sprintf("gpt-4o\nversion-%d\n", i))
		tables.poll()
		tables.poll()
		if err := tables.Reload(cfg); err != nil {
			t.Error(err)
		}
	}
	stop()
	wg.Wait()
}

// FuzzEventWithTables holds that nothing in a record panics or makes the tables
// say what they cannot.
func FuzzEventWithTables(f *testing.F) {
	_, e, _ := open(f, everything(f))
	f.Add("POST", "api.example.com:443", "/app/agents/7/run?x", "203.0.113.9", "openai/gpt-4o", int64(5), int64(-5))
	f.Add("", "[::1]", "/gw/%2e%2e/%6Fps//x/42", "2001:db8::1%eth0", "GPT-3.5", int64(1)<<62, int64(1)<<62)
	f.Fuzz(func(t *testing.T, method, host, path, peer, model string, input, output int64) {
		rec := decode.Record{Method: method, Host: host, Path: path, Peer: peer, Model: model, InputTokens: input, OutputTokens: output,
			Known: schemas.HasInputTokens | schemas.HasOutputTokens}
		var ev schemas.Event
		e.Event(&rec, &ev)
		if rec.Cost < 0 || rec.Cost != rec.Cost || ev.CostEstimated != (rec.Known&schemas.HasCost != 0) {
			t.Errorf("cost %v", rec.Cost)
		}
		if (ev.Endpoint == schemas.ListingUnknown) != (path == "") || (ev.ModelListing == schemas.ListingUnknown) != (model == "") {
			t.Errorf("listings %v, %v", ev.Endpoint, ev.ModelListing)
		}
		if ev.Country != "" && ev.Country != "DE" && ev.Country != "JP" {
			t.Errorf("country %q", ev.Country)
		}
	})
}
