package bulk

import (
	"testing"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestWants(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*schemas.Event)
		want   bool
	}{
		"an embedding":         {func(ev *schemas.Event) { ev.Operation = "embeddings" }, true},
		"a failed one":         {func(ev *schemas.Event) { ev.Operation, ev.Status = "embeddings", 429 }, false},
		"nobody's":             {func(ev *schemas.Event) { ev.Operation, ev.Principal = "embeddings", "" }, false},
		"an answer":            {func(ev *schemas.Event) { ev.Operation = "chat" }, false},
		"a batch":              {func(ev *schemas.Event) { ev.Route = "/v1/batches" }, true},
		"Anthropic's":          {func(ev *schemas.Event) { ev.Route = "/v1/messages/batches" }, true},
		"Bedrock's":            {func(ev *schemas.Event) { ev.Route = "/model-invocation-job" }, true},
		"a look at one":        {func(ev *schemas.Event) { ev.Route = "/v1/batches/{id}" }, false},
		"a list":               {func(ev *schemas.Event) { ev.Route, ev.Method = "/v1/batches", "GET" }, false},
		"a file, by its path":  {func(ev *schemas.Event) { ev.Route, ev.Path = "upload-route", "/v1/files" }, true},
		"something else":       {func(ev *schemas.Event) { ev.Route = "/v1/feedback" }, false},
		"nothing in the event": {func(ev *schemas.Event) { *ev = schemas.Event{Method: "POST"} }, false},
	} {
		ev := detectortest.Event(time.Minute, c.change)
		if got := wants(&ev); got != c.want {
			t.Errorf("%s: wanted %v, want %v", name, got, c.want)
		}
	}
}

func TestSize(t *testing.T) {
	if n := unsafe.Sizeof(State{}); n > 320 {
		t.Errorf("a state takes %d bytes, want at most 320", n)
	}
}

// BenchmarkObserve folds embeddings into states that fit the cache.
func BenchmarkObserve(b *testing.B) {
	w := &Watch{Limits: Limits{Embeddings: 1 << 30, Batches: 1 << 30}}
	var states [16]State
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	x.WindowStart, x.Window = detectortest.At(0), w.Spec().Window
	ev := detectortest.Event(time.Hour, func(ev *schemas.Event) {
		ev.Operation, ev.InputTokens, ev.PromptFingerprint = "embeddings", 20, 77
	})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		ev.PromptFingerprint++
		w.Observe(x, &states[i%len(states)], &ev)
		i++
	}
}
