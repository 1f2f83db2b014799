package errors

import (
	"math"
	"testing"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

func TestCauseOf(t *testing.T) {
	waited := func(d time.Duration) func(*schemas.Event) {
		return func(ev *schemas.Event) { ev.Known |= schemas.HasLatency; ev.Latency = d }
	}
	for name, c := range map[string]struct {
		status, behind uint16
		by             schemas.Responder
		change         func(*schemas.Event)
		want           cause
	}{
		"answer":                               {200, 200, behind, nil, fine},
		"answer of another upstream":           {200, 503, behind, nil, fine},
		"redirect":                             {302, 0, gateway, nil, fine},
		"refusal":                              {403, 0, gateway, nil, nothing},
		"no status":                            {0, 0, unknown, nil, nothing},
		"bad request that the upstream found":  {400, 400, behind, nil, nothing},
		"gateway timeout":                      {504, 0, gateway, nil, timeout},
		"timeout of the upstream":              {504, 504, behind, nil, timeout},
		"Cloudflare's timeout":                 {524, 0, unknown, nil, timeout},
		"client waited for a minute":           {499, 0, unknown, waited(time.Minute), timeout},
		"client stopped after a second":        {499, 0, unknown, waited(time.Second), nothing},
		"client stopped, unknown when":         {499, 0, unknown, func(ev *schemas.Event) { ev.Known = schemas.HasStatus }, nothing},
		"bad gateway":                          {502, 0, unknown, nil, upstream},
		"no healthy upstream":                  {503, 0, gateway, nil, upstream},
		"503 of unknown origin":                {503, 0, unknown, nil, server},
		"500 of the upstream":                  {500, 500, behind, nil, upstream},
		"500 of the upstream, by its status":   {500, 500, unknown, nil, upstream},
		"500 of the gateway":                   {500, 0, gateway, nil, server},
		"overload":                             {529, 529, behind, nil, upstream},
		"quota of the provider":                {429, 429, behind, nil, provider},
		"quota of the provider, by its status": {429, 429, unknown, nil, provider},
		"limit of the gateway":                 {429, 0, gateway, nil, limiter},
		"429 of unknown origin":                {429, 0, unknown, nil, limiter},
	} {
		ev := detectortest.Event(0, func(ev *schemas.Event) { ev.Status, ev.UpstreamStatus, ev.Responder = c.status, c.behind, c.by })
		if c.change != nil {
			c.change(&ev)
		}
		if got := causeOf(&ev); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}

func TestTook(t *testing.T) {
	ev := detectortest.Event(0, func(ev *schemas.Event) {
		ev.Known |= schemas.HasLatency | schemas.HasUpstreamLatency | schemas.HasOutputTokens
		ev.Latency, ev.UpstreamLatency, ev.OutputTokens = 3*time.Second, 2*time.Second, 100
	})
	if d, n := took(&ev); d != 2*time.Second || n != 100 {
		t.Errorf("the upstream's time: %v for %d", d, n)
	}
	ev.UpstreamLatency, ev.OutputTokens = 0, 3
	if d, n := took(&ev); d != 3*time.Second || n != 0 {
		t.Errorf("the whole time, few tokens: %v for %d", d, n)
	}
	ev.Known = schemas.HasStatus
	if d, n := took(&ev); d != 0 || n != 0 {
		t.Errorf("nothing known: %v for %d", d, n)
	}
}

func TestMajority(t *testing.T) {
	for share, want := range map[int]bool{10: true, 8: true, 6: false, 0: false} {
		var m majority
		for i := range 1000 {
			who := uint64(1)
			if i%10 >= share {
				who = sketch.Mix(uint64(i))
			}
			m.add(who)
		}
		if m.alone() != want {
			t.Errorf("one of ten makes %d: alone is %v", share, m.alone())
		}
	}
}

func TestUsualIsNotLearnedFromTrouble(t *testing.T) {
	var s state
	for range 300 {
		s.learn(&counts{Total: 100, Failed: [causes]uint32{server: 2}}, [groups]bool{})
	}
	if u := s.Usual[failures]; math.Abs(float64(u)-0.02) > 0.001 {
		t.Errorf("usual is %v, want 0.02", u)
	}
	for range 300 {
		s.learn(&counts{Total: 100, Failed: [causes]uint32{server: 90}}, [groups]bool{failures: true})
	}
	if u := s.Usual[failures]; u > 0.03 {
		t.Errorf("after trouble usual is %v", u)
	}
}

func TestPastForgets(t *testing.T) {
	var p past
	w := counts{Total: 10, Failed: [causes]uint32{server: 10}, Callers: 0b111, Failing: 0b111}
	for i := range 10 {
		w.Trouble[failures].add(sketch.Mix(uint64(i)))
	}
	p.pass(&w, 0, time.Minute)
	if p.of(failures) < 8 || p.Failing[0] != 0b111 {
		t.Errorf("the past has %v of %v", p.of(failures), p.Failing)
	}
	for m := range int64(40) {
		p.pass(&counts{}, (m+1)*6e10, time.Minute)
	}
	if p.of(failures) > 0.5 || p.Failing[0]|p.Failing[1] != 0 {
		t.Errorf("after forty minutes the past has %v of %v", p.of(failures), p.Failing)
	}
}

func TestMillis(t *testing.T) {
	for ms, want := range map[float64]string{0.2: "less than 1 ms", 12: "12 ms", 1500: "1.5 s", 90_000: "90 s"} {
		if got := millis(ms); got != want {
			t.Errorf("%v: %s, want %s", ms, got, want)
		}
	}
}

func TestSizes(t *testing.T) {
	t.Logf("state %d bytes, cohort %d bytes", unsafe.Sizeof(state{}), unsafe.Sizeof(cohort{}))
	if n := unsafe.Sizeof(state{}); n > 1400 {
		t.Errorf("a state takes %d bytes, want at most 1,400", n)
	}
}

func TestConfig(t *testing.T) {
	detectortest.Bounds(t, DefaultConfig, Watchers, map[string]func(*Config){
		"floor is 4, want 0 (off) or 5 to 1e+09":   func(c *Config) { c.Floor = 4 },
		"share is NaN, want 0.01 to 1":             func(c *Config) { c.Share = math.NaN() },
		"factor is 1, want 1.5 to 1000":            func(c *Config) { c.Factor = 1 },
		"callers is 0, want 1 to 60":               func(c *Config) { c.Callers = 0 },
		"slower is 1, want 0 (off) or 1.5 to 1000": func(c *Config) { c.Slower = 1 },
		"timed is 9, want 10 to 1e+06":             func(c *Config) { c.Timed = 9 },
	})
}

func TestOff(t *testing.T) {
	c := DefaultConfig()
	c.Floor, c.Slower = 0, 0
	w, err := Watchers(c)
	if err != nil {
		t.Fatal(err)
	}
	events := traffic(5, 0, 90, lanes, failing(60, 80, "", 0.9, 503, behind), slower(60, 80, "", 20))
	if found := detectortest.Run(t, events, w...); len(found) > 0 {
		t.Errorf("what is off says %v", detectortest.Rules(found))
	}
}
