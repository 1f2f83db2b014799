package simulate

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/builtin"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/formats"
	"github.com/gatehound/gatehound/ingest/enrich"
	"github.com/gatehound/gatehound/ingest/prompt"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// A million entities make 30,000 requests a second, fewer make fewer: every
// entity makes one in perEntity of event time on average, however many there are,
// so that as many windows close for each request.
const (
	perEntity = time.Second * 1_000_000 / 30_000
	poolSize  = 60000 // a multiple of batchSize
	batchSize = 20000
)

// pool returns normalised events of the fleet's mix of formats and attacks.
func pool(b *testing.B) []schemas.Event {
	at := start
	dec, err := formats.New(decode.Options{Now: func() time.Time { return at.Add(48 * time.Hour) }})
	require.NoError(b, err)
	enricher, err := enrich.New(enrich.DefaultConfig(), nil)
	require.NoError(b, err)
	keys, err := redact.NewKeys("k1", redact.Key{ID: "k1", Secret: make([]byte, 32)})
	require.NoError(b, err)
	redactor, err := redact.New(redact.DefaultConfig(), keys)
	require.NoError(b, err)
	prompts, err := prompt.New(prompt.DefaultConfig(), keys, nil, redactor.Text)
	require.NoError(b, err)
	normalizer := ingest.NewNormalizer(dec, enricher, redactor, prompts)
	f, err := New(Default(5, at, 0, time.Hour))
	require.NoError(b, err)
	var events []schemas.Event
	for len(events) < poolSize {
		chunk := ingest.Chunk{Topic: "bench"}
		for range 1000 {
			r, ok := f.Next()
			require.True(b, ok)
			chunk.Slab = r.AppendTo(chunk.Slab)
			chunk.Ends = append(chunk.Ends, len(chunk.Slab))
			chunk.Offsets = append(chunk.Offsets, chunk.Next)
			chunk.Next++
		}
		events = append(events, normalizer.Normalize(&chunk).Events...)
	}
	return events
}

// crowd gives the events of a pool to so many entities.
type crowd struct {
	pool   []schemas.Event
	rng    *rand.Rand
	size   int
	zipf   *rand.Zipf // nil: all are equally busy
	at     int64
	step   int64
	offset int64
	names  []byte
	batch  *schemas.Batch
}

// newCrowd makes a crowd of size entities. If activity is heavy-tailed, one in a
// hundred makes half of the requests, and one in a thousand a sixth, of any size.
func newCrowd(pool []schemas.Event, size int, heavy bool) *crowd {
	c := &crowd{pool: pool, rng: rand.New(rand.NewPCG(1, 2)), size: size, at: start.UnixNano(), step: int64(perEntity) / int64(size)}
	if heavy {
		c.zipf = rand.NewZipf(c.rng, 1.2, float64(size)/1000, uint64(size-1))
	}
	c.names = make([]byte, 0, batchSize*32)
	c.batch = &schemas.Batch{Parts: []*schemas.Part{{Range: schemas.Range{Topic: "bench"}, Events: make([]schemas.Event, batchSize)}}}
	return c
}

// next returns a batch; it is valid until the next one. Its events and their
// names lie in its own memory, in order, as those that ingest makes do.
func (c *crowd) next() *schemas.Batch {
	part := c.batch.Parts[0]
	copy(part.Events, c.pool[c.offset%poolSize:])
	c.names = c.names[:0]
	for i := range part.Events {
		n := c.rng.IntN(c.size)
		if c.zipf != nil {
			n = int(c.zipf.Uint64())
		}
		ev := &part.Events[i]
		if ev.Principal != "" {
			from := len(c.names)
			c.names = fmt.Appendf(c.names, "h1:k1:%022d", n)
			ev.Principal = unsafe.String(&c.names[from], len(c.names)-from)
		}
		if ev.ClientAddr.IsValid() {
			// One address in ten is an office's, with ten callers.
			n := n
			if n%10 == 0 {
				n -= n % 100
			}
			ev.ClientAddr = netip.AddrFrom4([4]byte{11, byte(n >> 16), byte(n >> 8), byte(n)})
			ev.Client = ev.ClientAddr
		}
		c.at += c.step
		ev.Time = c.at
		ev.Position = schemas.Position{Topic: "bench", Offset: c.offset}
		c.offset++
	}
	part.Range.First, part.Range.Next = c.offset-batchSize, c.offset
	return c.batch
}

// meter is what observing takes, apart from making the events.
type meter struct {
	events, findings int
	cpu              time.Duration
	mallocs          uint64
}

func (m *meter) observe(tb testing.TB, e *engine.Engine, batch *schemas.Batch) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	from := cpuTime(tb)
	found, err := e.Observe(batch, nil)
	m.cpu += cpuTime(tb) - from
	runtime.ReadMemStats(&after)
	require.NoError(tb, err)
	m.events += batch.Len()
	m.findings += len(found)
	m.mallocs += after.Mallocs - before.Mallocs
}

// each is the processor time of an event.
func (m *meter) each() float64 { return float64(m.cpu) / float64(m.events) }

// cpuTime is the processor time of the whole process, user and system.
func cpuTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	require.NoError(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// steady returns an engine on one worker that has seen warm events, and its
// metrics.
func steady(b *testing.B, c *crowd, memory int64, warm int, watchers []detectors.Watcher) (*engine.Engine, *prometheus.Registry) {
	s := engine.Settings{Config: engine.DefaultConfig()}
	s.Config.Workers, s.Config.Memory, s.Config.Budget = 1, memory, 0
	registry := prometheus.NewRegistry()
	e, err := engine.New(s, watchers, registry)
	require.NoError(b, err)
	b.Cleanup(e.Close)
	for n := 0; n < warm; n += batchSize {
		_, err := e.Observe(c.next(), nil)
		require.NoError(b, err)
	}
	return e, registry
}

func allWatchers(b *testing.B) []detectors.Watcher {
	config := builtin.DefaultConfig()
	watchers, err := config.Watchers()
	require.NoError(b, err)
	return watchers
}

// warmEach is how many events an entity has shown before the time is taken, on
// average: it has earned most states.
const warmEach = 10

// turn is how many batches a number of entities has before the next has its turn.
const turn = 10

// BenchmarkDetect is what an event costs with all detectors at their defaults, on
// one worker: processor time at each number of entities, how much more it is at a
// million than at a thousand, allocations, and the memory by entity. The numbers
// take turns, so that what else the machine does meets all of them. 1,800,000
// events are a minute at a million entities: take a multiple, or the ends of
// windows do not count as they should; those of an hour do not, at a million.
func BenchmarkDetect(b *testing.B) {
	events := pool(b)
	sizes := []int{1000, 100_000, 1_000_000}
	for _, activity := range []string{"heavy-tailed", "uniform"} {
		b.Run("activity="+activity, func(b *testing.B) {
			var crowds []*crowd
			var engines []*engine.Engine
			var registries []*prometheus.Registry
			for _, n := range sizes {
				c := newCrowd(events, n, activity == "heavy-tailed")
				e, registry := steady(b, c, 2<<30, max(400_000, warmEach*n), allWatchers(b))
				crowds, engines, registries = append(crowds, c), append(engines, e), append(registries, registry)
			}
			meters := make([]meter, len(sizes))
			for meters[0].events < b.N {
				for i := range meters {
					for range turn {
						meters[i].observe(b, engines[i], crowds[i].next())
					}
				}
			}
			b.ReportMetric(0, "ns/op")
			for i, n := range sizes {
				m := &meters[i]
				known := detectortest.Counter(b, registries[i], "gatehound_detectors_known_entities")
				bytes := detectortest.Counter(b, registries[i], "gatehound_detectors_known_bytes") + detectortest.Counter(b, registries[i], "gatehound_detectors_state_bytes")
				b.ReportMetric(m.each(), fmt.Sprintf("cpu-ns/event@%d", n))
				b.ReportMetric(float64(m.mallocs)/float64(m.events), fmt.Sprintf("allocs/event@%d", n))
				b.ReportMetric(bytes/known, fmt.Sprintf("bytes/entity@%d", n))
				b.ReportMetric(float64(m.findings)/float64(m.events)*1e6, fmt.Sprintf("findings/Mevent@%d", n))
			}
			b.ReportMetric(meters[len(sizes)-1].each()/meters[0].each(), "times@1000000/1000")
		})
	}
}

// idle is a detector that does nothing: what it costs is the engine's.
type idle struct{ kind schemas.EntityKind }

var _ detectors.Detector[uint64, uint64] = idle{}

func (d idle) Spec() detectors.Spec {
	return detectors.Spec{ID: "idle." + d.kind.String(), Entity: d.kind, Window: time.Hour, MinEvents: 1, Share: 1}
}
func (idle) Observe(*detectors.Context, *uint64, *schemas.Event) {}
func (idle) Gather(*detectors.Context, *uint64, *uint64)         {}
func (idle) Merge(*uint64, *uint64)                              {}
func (idle) Conclude(*detectors.Context, *uint64, *uint64)       {}
func (idle) Close(*detectors.Context, *uint64, *uint64) bool     { return true }

// BenchmarkDetectors is what the engine takes with a detector of each kind that
// does nothing, and what each family takes beside them, at ten thousand entities:
// the median of ten batches.
func BenchmarkDetectors(b *testing.B) {
	events := pool(b)
	families := map[string][]detectors.Watcher{"engine": nil}
	for _, w := range allWatchers(b) {
		family, _, _ := strings.Cut(w.Spec().ID, ".")
		families[family] = append(families[family], w)
	}
	run := func(b *testing.B, watchers []detectors.Watcher) (cpu, bytes float64) {
		size := 0.0
		for _, w := range watchers {
			state, _ := w.Sizes()
			size += float64(state) / float64(len(watchers))
		}
		for _, kind := range []schemas.EntityKind{schemas.EntityPrincipal, schemas.EntityAddress, schemas.EntityRoute,
			schemas.EntityModel, schemas.EntityTenant, schemas.EntityHost, schemas.EntityGlobal} {
			watchers = append(watchers, detectors.Watch[uint64, uint64](idle{kind}))
		}
		c := newCrowd(events, 10_000, true)
		e, _ := steady(b, c, 2<<30, 400_000, watchers)
		var costs []float64
		for range 10 {
			var m meter
			for range 3 {
				m.observe(b, e, c.next())
			}
			costs = append(costs, m.each())
		}
		slices.Sort(costs)
		return costs[len(costs)/2], size
	}
	alone, _ := run(b, nil)
	for _, family := range slices.Sorted(maps.Keys(families)) {
		b.Run(family, func(b *testing.B) {
			cpu, bytes := alone, 0.0
			if family != "engine" {
				for range b.N { // the figure does not depend on it: use -benchtime 1x
					cpu, bytes = run(b, families[family])
					cpu -= alone
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(cpu, "cpu-ns/event")
			b.ReportMetric(bytes, "bytes/state")
			b.ReportMetric(float64(len(families[family])), "watches")
		})
	}
}
