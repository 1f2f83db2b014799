package injection

import (
	"math"
	"testing"
	"unsafe"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

func TestChain(t *testing.T) {
	for name, c := range map[string]struct {
		in, out func(i int64) int64
		capped  bool
		want    uint16
	}{
		"refusals":          {func(i int64) int64 { return 300 + i%9 }, func(i int64) int64 { return 12 + i%3 }, false, 50},
		"slowly longer":     {func(i int64) int64 { return 300 + 3*i }, func(int64) int64 { return 12 }, false, 50},
		"labels":            {func(i int64) int64 { return 300 + i%9 }, func(int64) int64 { return 2 }, false, 0},
		"capped":            {func(i int64) int64 { return 300 + i%9 }, func(int64) int64 { return 16 }, true, 0},
		"long answers":      {func(i int64) int64 { return 300 + i%9 }, func(i int64) int64 { return 400 }, false, 0},
		"other prompts":     {func(i int64) int64 { return 100 << (i % 4) }, func(int64) int64 { return 12 }, false, 1},
		"answers that vary": {func(i int64) int64 { return 300 }, func(i int64) int64 { return 8 + i%2*20 }, false, 1},
	} {
		var ch chain
		for i := range int64(50) {
			ch.add(c.in(i), c.out(i), c.capped)
		}
		if ch.Length != c.want {
			t.Errorf("%s: a chain of %d, want %d", name, ch.Length, c.want)
		}
	}
	var ch chain
	for range 12 {
		ch.add(300, 12, false)
	}
	if ch.add(303, 500, false); !ch.Broken {
		t.Error("an answer after refusals is not seen")
	}
	ch.add(math.MaxInt64, math.MaxInt64, false)
	ch.add(math.MinInt64, math.MinInt64, false)
	if u := ch.usual(); math.IsNaN(u) || math.IsInf(u, 0) {
		t.Errorf("usual is %v", u)
	}
}

func TestLog2(t *testing.T) {
	for _, n := range []int64{1, 2, 3, 7, 100, 1 << 40, math.MaxInt64} {
		if got := float64(log2(n)) - math.Log2(float64(n)); math.Abs(got) > 0.09 {
			t.Errorf("the logarithm of %d is off by %v", n, got)
		}
	}
	if log2(0) != 0 || log2(-5) != 0 {
		t.Error("the logarithm of nothing is something")
	}
}

func TestCluster(t *testing.T) {
	var c cluster
	for i := range uint64(200) {
		c.add(sketch.Mix(9)^1<<(i%64), &[4]uint32{}, i, false, false)
		c.add(sketch.Mix(i+1000), &[4]uint32{}, i+1000, false, false)
	}
	if n := c.count(); n < 150 || n > 250 {
		t.Errorf("200 near duplicates among as many others count as %v", n)
	}
	c = cluster{}
	for i := range uint64(500) {
		c.add(sketch.Mix(i), &[4]uint32{uint32(4*i + 1), uint32(4*i + 2), uint32(4*i + 3), uint32(4*i + 4)}, i, false, false)
	}
	if c.Near > 5 {
		t.Errorf("%d of 500 different prompts are near to others", c.Near)
	}
	c = cluster{}
	for range 500 {
		c.add(7, &[4]uint32{}, 7, false, false)
	}
	if n := c.count(); n > 2 {
		t.Errorf("one prompt 500 times counts as %v", n)
	}
}

func TestNear(t *testing.T) {
	a := sketch.Mix(3)
	for name, c := range map[string]struct {
		bits int
		m, n [4]uint32
		want bool
	}{
		"nearly the same":                   {3, [4]uint32{}, [4]uint32{}, true},
		"a quarter of the bits":             {16, [4]uint32{1, 2, 3, 4}, [4]uint32{5, 6, 7, 8}, false},
		"a quarter, with half of MinHash":   {16, [4]uint32{1, 2, 3, 4}, [4]uint32{1, 6, 3, 8}, true},
		"a quarter, without MinHash":        {16, [4]uint32{}, [4]uint32{}, false},
		"half of the bits, the same others": {32, [4]uint32{1, 2, 3, 4}, [4]uint32{1, 2, 3, 4}, false},
	} {
		if near(a, a^(1<<c.bits-1), &c.m, &c.n) != c.want {
			t.Errorf("%s: near is %v", name, !c.want)
		}
	}
}

func TestBlocked(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*schemas.Event)
		want   bool
	}{
		"prompt":  {func(ev *schemas.Event) { ev.Guardrail = schemas.GuardrailInputBlocked }, true},
		"answer":  {func(ev *schemas.Event) { ev.Guardrail = schemas.GuardrailOutputBlocked }, true},
		"cut off": {func(ev *schemas.Event) { ev.FinishReason = "content_filter" }, true},
		"masked":  {func(ev *schemas.Event) { ev.Guardrail = schemas.GuardrailMasked }, false},
		"passed":  {func(ev *schemas.Event) { ev.Guardrail = schemas.GuardrailPassed }, false},
		"unknown": {func(*schemas.Event) {}, false},
	} {
		ev := detectortest.Event(0, c.change)
		if blocked(&ev) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
}

func TestDifferentWithoutPrompt(t *testing.T) {
	a := detectortest.Event(0, func(ev *schemas.Event) { ev.InputTokens = 100 })
	b := detectortest.Event(0, func(ev *schemas.Event) { ev.InputTokens = 100; ev.Time++ })
	if different(&a) != different(&b) {
		t.Error("the same request again is another")
	}
	b.InputTokens = 101
	if different(&a) == different(&b) {
		t.Error("another request is the same")
	}
}

func TestExpected(t *testing.T) {
	for _, c := range []struct {
		n     float64
		usual float32
		bound float64
	}{{0, 0, 3}, {50, 0, 7}, {5000, 0, 133}, {100, 0.2, 49.4}} {
		if _, bound := expected(c.n, 0.02, c.usual); math.Abs(bound-c.bound) > 0.1 {
			t.Errorf("%v prompts, usual %v: bound %v, want %v", c.n, c.usual, bound, c.bound)
		}
	}
}

func TestWhatIsUsualIsLearned(t *testing.T) {
	var s state
	for range 40 {
		s.learn(&window{Prompts: 100, Hits: 15, Blocks: 30, Near: 80}, &judgement{})
	}
	if math.Abs(float64(s.Hits)-0.15) > 0.01 || math.Abs(float64(s.Blocks)-0.3) > 0.01 || s.Known != 40 {
		t.Errorf("usual is %v and %v after %d windows", s.Hits, s.Blocks, s.Known)
	}
	s.learn(&window{Prompts: 1, Hits: 1}, &judgement{})
	if s.Hits > 0.16 {
		t.Errorf("one prompt makes %v usual", s.Hits)
	}
}

func TestSizes(t *testing.T) {
	t.Logf("state %d bytes, cohort %d bytes", unsafe.Sizeof(state{}), unsafe.Sizeof(cohort{}))
	if n := unsafe.Sizeof(state{}); n > 680 {
		t.Errorf("a state takes %d bytes, want at most 680", n)
	}
}

func TestConfig(t *testing.T) {
	detectortest.Bounds(t, DefaultConfig, Watchers, map[string]func(*Config){
		"signatures is 2, want 3 to 100":                func(c *Config) { c.Signatures = 2 },
		"signature_share is NaN, want 0.001 to 0.5":     func(c *Config) { c.SignatureShare = math.NaN() },
		"blocks is 2, want 3 to 100":                    func(c *Config) { c.Blocks = 2 },
		"block_share is 1, want 0.001 to 0.5":           func(c *Config) { c.BlockShare = 1 },
		"hidden is 1, want 2 to 40":                     func(c *Config) { c.Hidden = 1 },
		"variants is 9, want 10 to 1000":                func(c *Config) { c.Variants = 9 },
		"spellings is 49, want 0 (off) or 50 to 100000": func(c *Config) { c.Spellings = 49 },
		"refusals is 9, want 0 (off) or 10 to 1000":     func(c *Config) { c.Refusals = 9 },
		"crowd is 1, want 2 to 10000":                   func(c *Config) { c.Crowd = 1 },
	})
}
