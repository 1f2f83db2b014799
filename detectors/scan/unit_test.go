package scan

import (
	"math"
	"testing"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

func TestClassify(t *testing.T) {
	for path, want := range map[string]kind{
		"/": plain, "": plain, "/v1/chat/completions": plain, "/v1/models": plain, "/v1/files/file-1.jsonl": plain,
		"/.env": secrets, "/.ENV.production": secrets, "/app/.env": secrets, "/.aws/credentials": secrets, "/config.json": secrets,
		"/keys/server.pem": secrets, "/.git/config": repository, "/app/.git/HEAD": repository, "/.gitignore": repository,
		"/site.tar": backup, "/db.sql": backup, "/index.php.bak": backup, "/wp-login.php": console, "/wp-admin/": console,
		"/admin/login.php": console, "/phpMyAdmin/index": console, "/cgi-bin/luci": console, "/vendor/phpunit/x": console,
		"/actuator": internals, "/actuator/env": internals, "/actuator/health": plain, "/actuator/prometheus": plain,
		"/debug/pprof/heap": internals, "/metrics": internals, "/api/tags": foreign, "/sdapi/v1/txt2img": foreign, "/api/chat": plain,
		"/files/../../etc/passwd": traversal, "/files/%2e%2e/x": traversal, "/..%2f..%2f": traversal,
		"/.well-known/security.txt": plain, "/v1/models/gpt-4.1": plain, "/v1/engines/text-davinci-003.5/completions": plain,
		"/a.b.c/d": plain, "//metrics": internals,
	} {
		if got, _ := classify(path, ""); got != want {
			t.Errorf("%s: kind %d, want %d", path, got, want)
		}
	}
	for query, want := range map[string]kind{
		"model=x": plain, "url=http://169.254.169.254/latest/meta-data/": traversal, "f=../../etc/passwd": traversal, "q=${jndi:ldap://x}": traversal,
	} {
		if got, _ := classify("/v1/fetch", query); got != want {
			t.Errorf("%s: kind %d, want %d", query, got, want)
		}
	}
	if _, asset := classify("/static/app.js", ""); !asset {
		t.Error("a script is no part of a page")
	}
}

func TestObject(t *testing.T) {
	for _, c := range []struct {
		route, path, name string
		number            int64
		numbered          bool
	}{
		{"/v1/files/{id}", "/v1/files/file-12", "file-12", 12, true},
		{"/v1/users/{id}/orders/{id}", "/v1/users/7/orders/f0e1d2", "7", 7, true},
		{"/v1/users/{id}/orders", "/v1/users/alice/orders", "alice", 0, false},
		{"/v1/models", "/v1/models", "", 0, false},
		{"orders", "/api/orders/1042", "1042", 1042, true},
		{"/v1/x/{id}", "/v1/x/a1b2c3", "a1b2c3", 0, false},
		{"/v1/x/{id}", "/v1/x/99999999999999999999", "99999999999999999999", 0, false},
		{"", "", "", 0, false},
	} {
		name, number, numbered := object(c.route, c.path)
		if name != c.name || number != c.number || numbered != c.numbered {
			t.Errorf("%s %s: %q %d %v", c.route, c.path, name, number, numbered)
		}
	}
}

func TestWalkTellsOrder(t *testing.T) {
	for name, c := range map[string]struct {
		number func(i int64) int64
		want   bool
	}{
		"up":           {func(i int64) int64 { return 100 + i }, true},
		"down":         {func(i int64) int64 { return 10_000 - i }, true},
		"by hundreds":  {func(i int64) int64 { return 100 * i }, true},
		"mixed":        {func(i int64) int64 { return 100 + i ^ 3 }, true},
		"dense":        {func(i int64) int64 { return 100 + i*37%101 }, true},
		"drawn":        {func(i int64) int64 { return int64(sketch.Mix(uint64(i)) >> 20) }, false},
		"drawn, large": {func(i int64) int64 { return int64(sketch.Mix(uint64(i)) >> 5) }, false},
	} {
		var w walk
		for i := range int64(90) {
			w.add(i*1e9, 1, sketch.Mix(uint64(i)), c.number(i), true, i%2 == 0, false)
		}
		_, _, all := w.figures()
		if got := w.sequential(all); got != c.want {
			t.Errorf("%s: sequential is %v", name, got)
		}
	}
}

func TestWalkFollowsTheMainRoute(t *testing.T) {
	var w walk
	for i := range 100 {
		route := uint64(1)
		if i%4 == 3 {
			route = 2
		}
		w.add(int64(i)*1e9, route, sketch.Mix(uint64(i)), int64(i), true, true, false)
	}
	if w.Route != 1 {
		t.Error("a quarter of the requests took the walk over")
	}
	for i := range 200 {
		w.add(int64(100+i)*1e9, 3, sketch.Mix(uint64(i)), int64(i), true, true, false)
	}
	if w.Route != 3 {
		t.Error("a route that is not used any more stays")
	}
}

func TestFewCounts(t *testing.T) {
	var f sketch.Bitmap64
	for i := range 20 {
		f.Add(sketch.Mix(uint64(i)))
		f.Add(sketch.Mix(uint64(i)))
	}
	if n := f.Count(); n < 16 || n > 24 {
		t.Errorf("20 things count as %v", n)
	}
}

func TestSizes(t *testing.T) {
	t.Logf("state %d bytes, crowd %d bytes", unsafe.Sizeof(state{}), unsafe.Sizeof(crowd{}))
	if n := unsafe.Sizeof(state{}); n > 500 {
		t.Errorf("a state takes %d bytes, want at most 500", n)
	}
}

func TestConfig(t *testing.T) {
	detectortest.Bounds(t, DefaultConfig, Watchers, map[string]func(*Config){
		"paths is 9, want 10 to 200":        func(c *Config) { c.Paths = 9 },
		"sensitive is 2, want 3 to 40":      func(c *Config) { c.Sensitive = 2 },
		"models is 41, want 3 to 40":        func(c *Config) { c.Models = 41 },
		"ids is 9, want 10 to 200":          func(c *Config) { c.IDs = 9 },
		"id_share is NaN, want 0.05 to 0.9": func(c *Config) { c.IDShare = math.NaN() },
		"pages is 801, want 100 to 800":     func(c *Config) { c.Pages = 801 },
		"calls is 4, want 5 to 100000":      func(c *Config) { c.Calls = 4 },
		"digest is -1, want 0 to 10000":     func(c *Config) { c.Digest = -1 },
	})
}

func FuzzClassify(f *testing.F) {
	f.Add("/.env", "a=b", "/v1/{id}")
	f.Add("/%2e%2e/..", "url=file:///", "{other}")
	f.Fuzz(func(t *testing.T, path, query, route string) {
		if k, _ := classify(path, query); k >= kinds {
			t.Errorf("kind %d", k)
		}
		if _, n, ok := object(route, path); n < 0 || !ok && n != 0 {
			t.Errorf("number %d %v", n, ok)
		}
	})
}

func BenchmarkObserve(b *testing.B) {
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	for name, events := range map[string][]schemas.Event{
		"file":    ids(1000, 1, 404, anywhere),
		"refused": paths(1, 1000, 1),
		"model":   models(10, 100, 404),
	} {
		b.Run(name, func(b *testing.B) {
			d, states := &watch{schemas.EntityPrincipal, DefaultConfig()}, make([]state, 256)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				ev := &events[i%len(events)]
				x.Now = ev.Time
				d.Observe(x, &states[i%256], ev)
				i++
			}
		})
	}
	b.Run("not wanted", func(b *testing.B) {
		d, ev := &watch{schemas.EntityPrincipal, DefaultConfig()}, detectortest.Event(0, call("m", 200))
		b.ReportAllocs()
		for b.Loop() {
			if d.wants(&ev) {
				b.Fatal("a model call is wanted")
			}
		}
	})
}
