package silence

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestConform(t *testing.T) {
	const stop = 3*oneDay + 10*hour
	speakers := append(crowd(6, "/v1/a", func(r *rand.Rand, m int) int {
		if m < stop-2*hour || m > stop && m < stop+20 {
			return 0 // minutes are dear in this test
		}
		return poisson(r, 8)
	}),
		speaker{name: "h1:k1:pump", route: "/v1/b", address: 50, much: but(every(0.5), stop, stop+5*hour)},
		speaker{name: "h1:k1:job", route: "/v1/c", address: 51, much: but(job(2, func(m int) bool { return m%30 == 7 }), stop+hour, stop+2*hour)},
		speaker{name: "h1:k1:hum", route: "/v1/hum", address: 1, much: every(0.5)},
	)
	corpus := talk(rand.New(rand.NewPCG(5, 5)), 0, stop+6*hour, speakers)
	detectortest.Conform(t, detectortest.Fresh(t, Watchers, DefaultConfig()), corpus)
}

func TestConfig(t *testing.T) {
	detectortest.Bounds(t, DefaultConfig, Watchers, map[string]func(*Config){
		"floor is 4, want 5 to 1e+09":              func(c *Config) { c.Floor = 4 },
		"share is 1, want 0 to 0.9":                func(c *Config) { c.Share = 1 },
		"steady is 1, want 30 to 32000":            func(c *Config) { c.Steady = 1 },
		"minutes is 0, want 1 to 250":              func(c *Config) { c.Minutes = 0 },
		"callers is 61, want 0 to 60":              func(c *Config) { c.Callers = 61 },
		"crowd is 1, want 2 to 1000000":            func(c *Config) { c.Crowd = 1 },
		"pause is 1ns, want 5m0s to 24h0m0s":       func(c *Config) { c.Pause = 1 },
		"factor is 1, want 1.5 to 100":             func(c *Config) { c.Factor = 1 },
		"history is 1ns, want 24h0m0s to 336h0m0s": func(c *Config) { c.History = 1 },
		"punctual is 1ns, want 1m0s to 30m0s":      func(c *Config) { c.Punctual = 1 },
	})
}

func TestSizes(t *testing.T) {
	for name, have := range map[string][2]uintptr{
		"Minutes": {unsafe.Sizeof(Minutes{}), 320}, "Pauses": {unsafe.Sizeof(Pauses{}), 200},
		"Together": {unsafe.Sizeof(Together{}), 640}, "Crowd": {unsafe.Sizeof(Crowd{}), 6600},
	} {
		t.Logf("%s takes %d bytes", name, have[0])
		if have[0] > have[1] {
			t.Errorf("%s takes %d bytes, want at most %d", name, have[0], have[1])
		}
	}
}

func TestCodes(t *testing.T) {
	for minutes := int64(0); minutes <= 14*oneDay; minutes += 1 + minutes/7 {
		pause := minutes * shortest
		code := encode(pause)
		if back := int64(decode(code)); code == 0 || back < pause*98/100 || back > pause*115/100+shortest {
			t.Errorf("%d minutes are coded %d and come back as %v", minutes, code, decode(code))
		}
	}
	if encode(1<<62) <= encode(14*day) {
		t.Error("an endless pause is not coded above two weeks")
	}
}

func TestWeekend(t *testing.T) {
	monday := detectortest.At(0) / day
	for i := range int64(14) {
		if weekend(monday+i) != (i%7 >= 5) {
			t.Errorf("day %d after a Monday: weekend is %v", i, weekend(monday+i))
		}
	}
}

func TestBloom(t *testing.T) {
	var b bloom
	r := rand.New(rand.NewPCG(1, 1))
	hashes := make([]uint32, 100)
	for i := range hashes {
		hashes[i] = r.Uint32()
		b.add(hashes[i])
	}
	wrong := 0
	for i := range 10_000 {
		if i < len(hashes) && !b.has(hashes[i]) {
			t.Fatal("an address is forgotten")
		}
		if b.has(r.Uint32()) {
			wrong++
		}
	}
	if wrong > 60 {
		t.Errorf("%d of 10,000 strangers are taken for known", wrong)
	}
}

func BenchmarkObserve(b *testing.B) {
	events := talk(rand.New(rand.NewPCG(1, 1)), 0, 60, crowd(64, "/v1/chat", every(1)))
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	b.Run("minutes", func(b *testing.B) {
		d, states, i := &minutes{DefaultConfig()}, make([]Minutes, 256), 0
		x.WindowStart, x.Window = detectortest.At(0), d.Spec().Window
		b.ReportAllocs()
		for b.Loop() {
			d.Observe(x, &states[i%256], &events[i%len(events)])
			i++
		}
	})
	for _, kind := range []schemas.EntityKind{principal, route} {
		b.Run(kind.String(), func(b *testing.B) {
			d, states, i := &pauses{kind: kind, config: DefaultConfig()}, make([]Pauses, 256), 0
			x.WindowStart, x.Window = detectortest.At(0), d.Spec().Window
			b.ReportAllocs()
			for b.Loop() {
				d.Observe(x, &states[i%256], &events[i%len(events)])
				i++
			}
		})
	}
}

// BenchmarkClose closes windows of keys of which one in three speaks, and which
// are watched for their silences.
func BenchmarkClose(b *testing.B) {
	d := &pauses{kind: principal, config: DefaultConfig()}
	states := make([]Pauses, 4096)
	for i := range states {
		s := &states[i]
		s.first, s.last, s.others = detectortest.At(-1e15), detectortest.At(0)-int64(i%3)*int64(20*d.config.Pause/19), 200
		for kind := range 2 {
			for hour := range 24 {
				s.longest[0][kind][hour] = 40
			}
		}
		s.able = true
	}
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	x.Window, x.WindowStart, x.Now = pauseWindow, detectortest.At(-pauseWindow), detectortest.At(0)
	var c Crowd
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		s := &states[i%len(states)]
		s.open[0].requests = 1
		d.Gather(x, s, &c)
		d.Close(x, s, &c)
		i++
	}
}
