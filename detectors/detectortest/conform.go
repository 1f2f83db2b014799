package detectortest

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

// Conform checks what holds for every detector: its findings are complete, do
// not depend on how the events are cut, on shards, workers or a restart, and
// no event makes it panic. watchers returns new instances of one family's
// watchers; corpus is a case in which they find something.
func Conform(t *testing.T, watchers func() []detectors.Watcher, corpus []schemas.Event) {
	t.Helper()
	corpus = identified(corpus)
	want := Run(t, corpus, watchers()...)
	if len(want) == 0 {
		t.Fatal("the corpus makes no finding: nothing can be checked")
	}
	t.Run("nothing", func(t *testing.T) {
		if found := Run(t, nil, watchers()...); len(found) > 0 {
			t.Errorf("%d findings without events", len(found))
		}
	})
	t.Run("complete", func(t *testing.T) { complete(t, watchers(), want) })
	t.Run("order", func(t *testing.T) {
		for _, shards := range []int{1, 4, 64} {
			for _, workers := range []int{1, 3} {
				s := Settings()
				s.Config.Shards, s.Config.Workers = shards, workers
				same(t, want, cut(t, s, corpus, uint64(shards), watchers, false))
			}
		}
	})
	t.Run("restart", func(t *testing.T) {
		for seed := range uint64(4) {
			same(t, want, cut(t, Settings(), corpus, seed, watchers, true))
		}
	})
	t.Run("hostile", func(t *testing.T) { hostile(t, watchers()) })
}

// identified returns the events in the order of their times, with request ids,
// one in eight of them none that can be shown.
func identified(corpus []schemas.Event) []schemas.Event {
	events := Batch(0, corpus).Parts[0].Events
	for i := range events {
		if events[i].RequestID == "" {
			events[i].RequestID = fmt.Sprintf("req-%d", i)
		}
		if i%8 == 7 {
			events[i].RequestID = "\x1b[31m"
		}
	}
	return events
}

// cut observes the corpus in batches of random lengths, and moves to a new
// engine between some of them if restart is set.
func cut(t *testing.T, s engine.Settings, corpus []schemas.Event, seed uint64, watchers func() []detectors.Watcher, restart bool) []schemas.Finding {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 7))
	events := Batch(0, corpus).Parts[0].Events
	e := New(t, s, watchers()...)
	var out []schemas.Finding
	for done := 0; done < len(events); {
		n := min(1+r.IntN(1+len(events)/6), len(events)-done)
		found, err := e.Observe(Batch(int64(done), events[done:done+n]), e.Next)
		if err != nil {
			t.Fatalf("observing: %v", err)
		}
		out = append(out, found...)
		done += n
		if restart {
			state, err := e.Snapshot()
			if err != nil {
				t.Fatalf("taking a snapshot: %v", err)
			}
			e.Close()
			e = New(t, s, watchers()...)
			if err := e.Restore(state); err != nil {
				t.Fatalf("restoring: %v", err)
			}
			// What was seen before is offered again, as after a crash.
			if done < len(events) {
				done = max(0, done-r.IntN(min(20, n)))
			}
		}
	}
	out = append(out, e.Flush()...)
	e.Close()
	return out
}

func same(t *testing.T, want, got []schemas.Finding) {
	t.Helper()
	want, got = inOrder(want), inOrder(got)
	if len(want) != len(got) {
		t.Errorf("%d findings, want %d", len(got), len(want))
		return
	}
	for i := range want {
		if !reflect.DeepEqual(want[i], got[i]) {
			t.Errorf("finding %d differs:\n got %+v\nwant %+v", i, got[i], want[i])
			return
		}
	}
}

// inOrder puts what correlators found, which comes when they are done, behind the
// rest, by windows and rules.
func inOrder(found []schemas.Finding) []schemas.Finding {
	out := slices.Clone(found)
	slices.SortStableFunc(out, func(a, b schemas.Finding) int {
		switch {
		case a.Campaign == nil && b.Campaign == nil:
			return 0
		case a.Campaign == nil:
			return -1
		case b.Campaign == nil:
			return 1
		}
		return cmp.Or(a.WindowStart.Compare(b.WindowStart), cmp.Compare(a.Detector, b.Detector))
	})
	return out
}

// showable are the request ids that may stand in a finding.
var showable = regexp.MustCompile(`^[A-Za-z0-9._:/=+-]{1,64}$`)

// complete checks that people can work with every finding.
func complete(t *testing.T, watchers []detectors.Watcher, found []schemas.Finding) {
	families := map[string]bool{}
	for _, w := range watchers {
		family, _, _ := strings.Cut(w.Spec().ID, ".")
		families[family] = true
		if len(w.Spec().Techniques) == 0 {
			t.Errorf("%s names no technique", w.Spec().ID)
		}
	}
	seen := map[string]schemas.Severity{}
	for _, f := range found {
		family, rule, _ := strings.Cut(f.Detector, ".")
		if !families[family] || rule == "" {
			t.Errorf("%q is not a rule of the family", f.Detector)
		}
		if was, ok := seen[f.ID]; ok && f.Severity <= was {
			t.Errorf("%s: repeated without being more severe", f.Detector)
		}
		seen[f.ID] = f.Severity
		if !(f.Confidence > 0 && f.Confidence <= 1) {
			t.Errorf("%s: confidence %v", f.Detector, f.Confidence)
		}
		if f.Events <= 0 || f.Query == "" || len(f.Techniques) == 0 || len(f.Features) == 0 {
			t.Errorf("%s: events %d, query %q, %d techniques, %d features", f.Detector, f.Events, f.Query, len(f.Techniques), len(f.Features))
		}
		if len(f.Samples) > 4 || slices.ContainsFunc(f.Samples, func(id string) bool { return !showable.MatchString(id) }) {
			t.Errorf("%s: samples %q", f.Detector, f.Samples)
		}
		for name, text := range map[string]string{"title": f.Title, "summary": f.Summary} {
			if text == "" || len(text) > 600 || strings.ContainsFunc(text, unicode.IsControl) {
				t.Errorf("%s: %s is empty, too long or has control characters: %q", f.Detector, name, text)
			}
		}
		for _, x := range f.Features {
			if x.Name == "" || x.Text == "" || bad(x.Observed) || bad(x.Expected) || !(x.Weight >= 0 && x.Weight <= 1) {
				t.Errorf("%s: feature %+v", f.Detector, x)
			}
		}
	}
}

func bad(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

// hostile lets the watchers see events with the ends of every range in every
// field, and random ones; none may be disabled by it.
func hostile(t *testing.T, watchers []detectors.Watcher) {
	registry := prometheus.NewRegistry()
	e, err := engine.New(Settings(), watchers, registry)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	r := rand.New(rand.NewPCG(1, 1))
	var events []schemas.Event
	for i := range 4000 {
		ev := schemas.Event{Time: At(time.Duration(i) * time.Second / 4), Position: schemas.Position{Topic: "test", Offset: int64(i)}}
		if i%5 > 0 {
			scramble(r, reflect.ValueOf(&ev).Elem())
			ev.Time = At(time.Duration(i) * time.Second / 4)
		}
		if i%3 > 0 {
			ev.Principal, ev.ClientAddr, ev.Client, ev.Method, ev.Route = "p", Address(i%4), Address(i%4), "POST", "/v1/x"
		}
		events = append(events, ev)
	}
	found, err := e.Observe(Batch(0, events), nil)
	if err != nil {
		t.Fatal(err)
	}
	found = append(found, e.Flush()...)
	for _, f := range found {
		for _, x := range f.Features {
			if bad(x.Observed) || bad(x.Expected) {
				t.Errorf("%s: feature %s is not finite", f.Detector, x.Name)
			}
		}
	}
	if n := Counter(t, registry, "gatehound_detectors_disabled_detectors_total"); n != 0 {
		t.Errorf("%v detectors panicked", n)
	}
}

// scramble fills every field with an end of its range or with noise.
func scramble(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[netip.Addr]() {
			v.Set(reflect.ValueOf(netip.AddrFrom16([16]byte{byte(r.Uint32()), 15: byte(r.Uint32())})))
			return
		}
		for i := range v.NumField() {
			scramble(r, v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			scramble(r, v.Index(i))
		}
	case reflect.String:
		v.SetString([]string{"", "x", "\x00\xff'\n\x1b[31m", strings.Repeat("long", 5000)}[r.IntN(4)])
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Float32, reflect.Float64:
		v.SetFloat([]float64{0, math.NaN(), math.Inf(1), -1, math.MaxFloat32}[r.IntN(5)])
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt([]int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MaxInt32, int64(r.Uint64())}[r.IntN(7)])
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint([]uint64{0, 1, math.MaxUint64, r.Uint64()}[r.IntN(4)])
	default:
		panic("field of kind " + v.Kind().String() + " is not covered")
	}
}

// Counter returns the sum of a metric's series.
func Counter(t testing.TB, g prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum, there := 0.0, false
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
				there = true
			}
		}
	}
	if !there {
		t.Fatalf("no metric %s", name)
	}
	return sum
}
