package poisoning

import (
	"testing"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestConform(t *testing.T) {
	corpus := join(cases[0].events(1), sybils(20, 8, "/v1/feedback", func(int) int64 { return 187 }))
	detectortest.Conform(t, detectortest.Fresh(t, Watchers, DefaultConfig()), corpus)
}

func TestConfig(t *testing.T) {
	detectortest.Bounds(t, DefaultConfig, Watchers, map[string]func(*Config){
		"history_hours is 0, want 1 to 720": func(c *Config) { c.HistoryHours = 0 },
		"uploads is 9, want 10 to 1000000":  func(c *Config) { c.Uploads = 9 },
		"feedback is 9, want 10 to 1000000": func(c *Config) { c.Feedback = 9 },
		"factor is 1, want 2 to 1000":       func(c *Config) { c.Factor = 1 },
		"size_factor is 1, want 4 to 10000": func(c *Config) { c.SizeFactor = 1 },
		"accounts is 4, want 5 to 10000":    func(c *Config) { c.Accounts = 4 },
		"repeat_hours is 0, want 1 to 8760": func(c *Config) { c.RepeatHours = 0 },
	})
}

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		method, route, tool string
		status              uint16
		want                kind
	}{
		{"POST", "/v1/files", "", 200, file},
		{"POST", "/openai/files", "", 201, file},
		{"POST", "/v1/uploads/{id}/parts", "", 200, file},
		{"GET", "/v1/files", "", 200, nothing},
		{"DELETE", "/v1/files/{id}", "", 200, nothing},
		{"POST", "/v1/files", "", 403, nothing},
		{"POST", "/v1/fine_tuning/jobs", "", 200, tuning},
		{"POST", "/v1/fine_tuning/jobs/{id}/cancel", "", 200, nothing},
		{"POST", "/model-customization-jobs", "", 201, tuning},
		{"POST", "/v1/projects/{id}/locations/{id}/tuningJobs", "", 200, tuning},
		{"POST", "/v1/evals", "", 200, tuning},
		{"POST", "/v1/vector_stores/{id}/files", "", 200, vector},
		{"POST", "/v1/vector_stores/{id}/search", "", 200, nothing},
		{"POST", "/vectors/upsert", "", 200, vector},
		{"POST", "/query", "", 200, nothing},
		{"PUT", "/collections/{id}/points", "", 200, vector},
		{"POST", "/collections/{id}/points/scroll", "", 200, nothing},
		{"POST", "/v1/objects", "", 200, vector},
		{"POST", "/v1/batches", "", 200, batch},
		{"POST", "/v1/messages/batches", "", 200, batch},
		{"POST", "/v1/projects/{id}/locations/{id}/batchPredictionJobs", "", 200, batch},
		{"POST", "/v1/feedback", "", 204, feedback},
		{"PATCH", "/api/ratings/{id}", "", 200, feedback},
		{"POST", "/api/public/scores", "", 200, feedback},
		{"POST", "/v1/memories", "", 200, memory},
		{"POST", "/mcp", "add_observations", 200, memory},
		{"POST", "/mcp", "qdrant-store", 200, vector},
		{"POST", "/mcp", "search_nodes", 200, nothing},
		{"POST", "/v1/chat/completions", "", 200, nothing},
		{"POST", "/model/{id}/invoke", "", 200, nothing},
		{"POST", "", "", 200, nothing},
		{"POST", "/", "", 200, nothing},
		{"POST", "files", "", 200, nothing},
	} {
		ev := schemas.Event{Method: "POST", Route: "openai-files", Path: c.route, Status: c.status, Tool: c.tool}
		if got := kindOf(&ev); c.method == "POST" && got != c.want {
			t.Errorf("%s under a name is a %s, want a %s", c.route, nouns[got], nouns[c.want])
		}
		ev = schemas.Event{Method: c.method, Route: c.route, Tool: c.tool, Status: c.status}
		if got := kindOf(&ev); got != c.want {
			t.Errorf("%s %s %s %d is a %s, want a %s", c.method, c.route, c.tool, c.status, nouns[got], nouns[c.want])
		}
	}
}

// TestSampled takes one second in 64, whatever is asked for in it.
func TestSampled(t *testing.T) {
	n := 0
	for i := range 64_000 {
		ev := detectortest.Event(time.Duration(i) * time.Second)
		if sampled(&ev) {
			n++
		}
	}
	if n < 850 || n > 1150 {
		t.Errorf("%d of 64,000 seconds are sampled, want about 1,000", n)
	}
}

func TestCrowds(t *testing.T) {
	a, b := uint64(7)<<53|100, uint64(7)<<53|200
	part := func(add ...uint64) *crowds {
		var c crowds
		for _, size := range add {
			c.add(size, file, true, 2)
		}
		return &c
	}
	parts := []*crowds{part(a, a), part(b), part(a), part(b, b, b)}
	var want crowds
	for _, p := range parts {
		want.merge(p)
	}
	if g := want[7]; g.members != 3 || g.novices != 3 || g.writes != 6 {
		t.Errorf("got %+v", g)
	}
	for range parts {
		parts = append(parts[1:], parts[0])
		var got crowds
		for _, p := range parts {
			got.merge(p)
		}
		if got != want {
			t.Error("the order matters")
		}
	}
}

func TestSizes(t *testing.T) {
	t.Logf("state %d bytes (hour %d), cohort %d bytes", unsafe.Sizeof(State{}), unsafe.Sizeof(hour{}), unsafe.Sizeof(Cohort{}))
	if n := unsafe.Sizeof(State{}); n > 384 {
		t.Errorf("a state takes %d bytes, want at most 384", n)
	}
	if n := unsafe.Sizeof(Cohort{}); n > 64<<10 {
		t.Errorf("a cohort takes %d bytes, want at most 64 KiB", n)
	}
}

func BenchmarkObserve(b *testing.B) {
	all := calls(1, key, 0, 1, 4000, to("/v1/vector_stores/{id}/files", 9000))
	d := &watch{DefaultConfig()}
	states := make([]State, 64)
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	x.WindowStart, x.Window = detectortest.At(0), d.Spec().Window
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if ev := &all[i%len(all)]; wanted(ev) {
			d.Observe(x, &states[i%64], ev)
		}
		i++
	}
}

// BenchmarkWants is what an event costs that writes nothing.
func BenchmarkWants(b *testing.B) {
	for _, route := range []string{"/v1/chat/completions", "/v1/projects/{id}/locations/{id}/publishers/{id}/models/{id}:generateContent", "/orders/{id}/items"} {
		b.Run(route[1:8], func(b *testing.B) {
			all := calls(1, key, 0, 1, 4000, to(route, 900))
			i := 0
			for b.Loop() {
				wanted(&all[i%len(all)])
				i++
			}
		})
	}
}

func BenchmarkClose(b *testing.B) {
	d := &watch{DefaultConfig()}
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
		s.last = x.WindowStart
		s.open[x.Slot].events = uint16(i % 3)
		d.Gather(x, s, &c)
		d.Close(x, s, &c)
		i++
	}
}
