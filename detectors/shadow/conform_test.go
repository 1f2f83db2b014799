package shadow

import (
	"testing"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

func TestConform(t *testing.T) {
	corpus := append(cases[0].events(), calls(1.6, 40, time.Minute, route("/admin"), endpoint(schemas.ListingInternal), from(schemas.NetworkTor))...)
	corpus = append(corpus, calls(1.7, 40, time.Minute, llm("other"), listed(schemas.ListingUnlisted))...)
	detectortest.Conform(t, detectortest.Fresh(t, Watchers, DefaultConfig()), corpus)
}

func TestConfig(t *testing.T) {
	detectortest.Bounds(t, DefaultConfig, Watchers, map[string]func(*Config){
		"learning_days is 0, want 1 to 90":          func(c *Config) { c.LearningDays = 0 },
		"quiet_days is 51, want 1 to 50":            func(c *Config) { c.QuietDays = 51 },
		"calls is 2, want 3 to 1000":                func(c *Config) { c.Calls = 2 },
		"version_calls is 9, want 10 to 1000000000": func(c *Config) { c.VersionCalls = 9 },
		"crowd is 1, want 2 to 1000":                func(c *Config) { c.Crowd = 1 },
		"repeat_days is 0, want 1 to 50":            func(c *Config) { c.RepeatDays = 0 },
	})
}

func TestVersion(t *testing.T) {
	last := uint16(0)
	for _, route := range []string{"/v0/x", "/v1alpha/x", "/v1alpha1/x", "/v1beta/x", "/v1beta2/x", "/v1p1/x", "/v1rc1/x", "/v1/x", "/v2beta/x", "/v2/x", "/v12/x"} {
		rank, before, after := version(route)
		if rank <= last || before != "/" || after != "/x" {
			t.Errorf("%s has the rank %d after %d, %q and %q", route, rank, last, before, after)
		}
		last = rank
	}
	for _, route := range []string{"", "/", "/x", "/v", "/vector/x", "/v1x/x", "/v999/x", "/v1beta/models/{id}:generateContent", "/video/v1a", "x"} {
		if rank, _, _ := version(route); rank != 0 {
			t.Errorf("%s has the rank %d, want none", route, rank)
		}
	}
}

func TestModelFamily(t *testing.T) {
	for name, want := range map[string]string{
		"gpt-4o-2024-11-20": "gpt-4o", "gpt-4o": "gpt-4o", "GPT-4o-2024-08-06": "gpt-4o", "openai/gpt-4o": "gpt-4o",
		"gpt-4-0613": "gpt-4", "gpt-4-1106-preview": "gpt-4", "gpt-4o-mini": "gpt-4o-mini", "gpt-4.1": "gpt-4.1",
		"us.anthropic.claude-3-5-sonnet-20241022-v2:0": "claude-3-5-sonnet", "claude-3-5-sonnet@20240620": "claude-3-5-sonnet",
		"claude-3-5-sonnet-latest": "claude-3-5-sonnet", "models/gemini-1.5-flash-002": "gemini-1.5-flash",
		"ft:gpt-4o-mini-2024-07-18:team::abc123": "gpt-4o-mini", "llama3:8b": "llama3:8b", "llama3:latest": "llama3",
		"meta-llama/Llama-3.1-70B-Instruct": "llama-3.1-70b-instruct", "o3": "o3", "": "", "-": "-", "a.": "a.",
		"deepseek/deepseek-r1:free": "deepseek-r1", "qwen-72": "qwen-72", "x-2024-11-20": "x",
	} {
		if got := modelFamily(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add("us.anthropic.claude-3-5-sonnet-20241022-v2:0")
	f.Add("/v1beta1/x")
	f.Fuzz(func(t *testing.T, s string) {
		if n := len(modelFamily(s)); n > 4*len(s) {
			t.Errorf("a family of %d bytes of a name of %d", n, len(s))
		}
		if rank, before, after := version(s); rank > 0 && len(before)+len(after) >= len(s) {
			t.Errorf("a version without a name")
		}
	})
}

// TestFamilies merges in both orders, with and without collisions.
func TestFamilies(t *testing.T) {
	a, b, c := uint64(7)<<53|100, uint64(7)<<53|200, uint64(9)<<53|100
	one := func(add ...func(*families)) families {
		var all families
		for _, f := range add {
			var part families
			f(&part)
			for i := range part {
				if part[i].tag != 0 {
					all[i].merge(&part[i])
				}
			}
		}
		return all
	}
	parts := []func(*families){
		func(f *families) { f.add(a, member{version: 199, uses: 5}) },
		func(f *families) { f.add(a, member{version: 299, uses: 7}) },
		func(f *families) { f.add(a, member{version: 299, uses: 2, listed: true}) },
		func(f *families) { f.add(b, member{version: 599, uses: 9}) },
		func(f *families) { f.add(c, member{version: 99, uses: 1}) },
	}
	want := one(parts...)
	if m, ok := want.get(a); !ok || m.version != 299 || m.uses != 9 || !m.listed {
		t.Errorf("got %+v", m)
	}
	if _, ok := want.get(b); ok {
		t.Error("what fell together with a lower tag stayed")
	}
	for range len(parts) {
		parts = append(parts[1:], parts[0])
		if one(parts...) != want {
			t.Error("the order matters")
		}
	}
}

func TestSizes(t *testing.T) {
	t.Logf("state %d bytes, cohort %d bytes", unsafe.Sizeof(State{}), unsafe.Sizeof(Cohort{}))
	if n := unsafe.Sizeof(State{}); n > 168 {
		t.Errorf("a state takes %d bytes, want at most 168", n)
	}
	if n := unsafe.Sizeof(Cohort{}); n > 32<<10 {
		t.Errorf("a cohort takes %d bytes, want at most 32 KiB", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	all := calls(0, 4096, time.Second, endpoint(schemas.ListingKnown), listed(schemas.ListingKnown))
	for _, kind := range []schemas.EntityKind{schemas.EntityRoute, schemas.EntityHost, schemas.EntityModel} {
		b.Run(kind.String(), func(b *testing.B) {
			d := &watch{kind, DefaultConfig()}
			states := make([]State, 64)
			x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
			x.Key, x.WindowStart, x.Window = sketch.NewKey([16]byte{1}), detectortest.At(0), d.Spec().Window
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				ev := &all[i%len(all)]
				if succeeded(ev) {
					d.Observe(x, &states[i%64], ev)
				}
				i++
			}
		})
	}
}

// BenchmarkWants is what an event costs that did not succeed.
func BenchmarkWants(b *testing.B) {
	all := calls(0, 4096, time.Second, refused)
	i := 0
	for b.Loop() {
		if succeeded(&all[i%len(all)]) {
			b.Fatal("a refusal succeeded")
		}
		i++
	}
}

func BenchmarkClose(b *testing.B) {
	d := &watch{schemas.EntityRoute, DefaultConfig()}
	states := make([]State, 4096)
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	x.Window = d.Spec().Window
	var c Cohort
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		n := i / len(states)
		x.WindowStart = detectortest.At(0) + int64(n)*int64(x.Window)
		x.Now, x.Slot = x.WindowStart+int64(x.Window), n%2
		s := &states[i%len(states)]
		s.last, s.total, s.family, s.version = x.WindowStart, 100, uint64(i)<<40, 199
		s.open[x.Slot].calls = uint32(i % 3)
		d.Gather(x, s, &c)
		d.Close(x, s, &c)
		i++
	}
}
