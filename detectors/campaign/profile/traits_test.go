package profile

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// profileOf returns the profile after the calls, a minute apart.
func profileOf(t *testing.T, n int, change func(i int, ev *schemas.Event)) Profile {
	t.Helper()
	l := newLife()
	for i := range n {
		l.see(call(time.Duration(i)*time.Minute, func(ev *schemas.Event) { change(i, ev) }))
	}
	l.close()
	return l.p
}

func near(share uint8, want float64) bool { return math.Abs(float64(share)/254-want) < 0.03 }

func TestTraits(t *testing.T) {
	set := [Traits]func(ev *schemas.Event, v int){
		Model:    func(ev *schemas.Event, v int) { ev.Model = fmt.Sprint("model-", v) },
		Settings: func(ev *schemas.Event, v int) { ev.MaxTokens = int32(v + 1) },
		Client:   func(ev *schemas.Event, v int) { ev.UserAgent = fmt.Sprint("client/", v) },
		Hello:    func(ev *schemas.Event, v int) { ev.TLS = fmt.Sprint("hello-", v) },
		System:   func(ev *schemas.Event, v int) { ev.ASN = uint32(v + 1) },
		Country:  func(ev *schemas.Event, v int) { ev.Country = string([]byte{'A', byte('A' + v%20)}) },
		Tenant:   func(ev *schemas.Event, v int) { ev.Tenant = fmt.Sprint("tenant-", v) },
		Route:    func(ev *schemas.Event, v int) { ev.Route = fmt.Sprint("/v1/", v) },
	}
	for trait, set := range set {
		t.Run(fmt.Sprint(trait), func(t *testing.T) {
			one := profileOf(t, 200, func(_ int, ev *schemas.Event) { set(ev, 3) })
			most := profileOf(t, 200, func(i int, ev *schemas.Event) { set(ev, []int{3, 5, 3, 7 + i}[i%4]) })
			busy := profileOf(t, 3000, func(i int, ev *schemas.Event) { set(ev, []int{3, 5, 3, 7 + i}[i%4]) })
			other := profileOf(t, 200, func(_ int, ev *schemas.Event) { set(ev, 4) })
			late := profileOf(t, 200, func(i int, ev *schemas.Event) { set(ev, []int{1, 3}[min(i/60, 1)]) })
			if one.Traits[trait].Share != 254 || one.Traits[trait].Value == 0 {
				t.Errorf("of one value: %+v", one.Traits[trait])
			}
			if most.Traits[trait].Value != one.Traits[trait].Value || !near(most.Traits[trait].Share, 0.5) {
				t.Errorf("half of the calls: %+v, want %d", most.Traits[trait], one.Traits[trait].Value)
			}
			if got := float64(busy.Traits[trait].Share) / 254; busy.Traits[trait].Value != one.Traits[trait].Value || math.Abs(got-0.5) > 0.07 {
				t.Errorf("half of many calls: %+v, want %d", busy.Traits[trait], one.Traits[trait].Value)
			}
			if other.Traits[trait].Value == one.Traits[trait].Value {
				t.Error("another value has the same hash")
			}
			if late.Traits[trait].Value != one.Traits[trait].Value {
				t.Errorf("70 %% came later: %+v, want %d", late.Traits[trait], one.Traits[trait].Value)
			}
		})
	}
}

func TestNothingStated(t *testing.T) {
	p := profileOf(t, 20, func(_ int, ev *schemas.Event) {
		*ev = schemas.Event{Time: ev.Time, Principal: ev.Principal, Operation: "chat", Known: schemas.HasStatus, Status: 200}
	})
	if p.Traits != [Traits]Trait{} || p.Networks != [4]uint32{} || p.Templates != [4]Trait{} {
		t.Errorf("traits %v, networks %v, templates %v", p.Traits, p.Networks, p.Templates)
	}
	for name, share := range map[string]uint8{
		"single": p.Single, "pinned": p.Pinned, "one": p.One, "tooled": p.Tooled, "probed": p.Probed, "reasoned": p.Reasoned,
	} {
		if share != NotKnown {
			t.Errorf("%s is %d, want not known", name, share)
		}
	}
	if p.Embedded != 0 || p.Failed != 0 || p.Calls != 20 {
		t.Errorf("embedded %d, failed %d, calls %v", p.Embedded, p.Failed, p.Calls)
	}
}

func TestShares(t *testing.T) {
	third := func(change func(ev *schemas.Event)) Profile {
		return profileOf(t, 120, func(i int, ev *schemas.Event) {
			ev.Known |= schemas.HasMessages | schemas.HasPrompt
			ev.Messages, ev.FinishReason, ev.PromptFingerprint = 5, "stop", uint64(i+1)
			if i%3 == 0 {
				change(ev)
			}
		})
	}
	for name, c := range map[string]struct {
		change func(ev *schemas.Event)
		share  func(p *Profile) uint8
	}{
		"single":     {func(ev *schemas.Event) { ev.Messages = 1 }, func(p *Profile) uint8 { return p.Single }},
		"pinned":     {func(ev *schemas.Event) { ev.FinishReason = "length" }, func(p *Profile) uint8 { return p.Pinned }},
		"at the cap": {func(ev *schemas.Event) { ev.MaxTokens = 300 }, func(p *Profile) uint8 { return p.Pinned }},
		"one":        {func(ev *schemas.Event) { ev.OutputTokens = 1 }, func(p *Profile) uint8 { return p.One }},
		"tooled":     {func(ev *schemas.Event) { ev.Tools = 4 }, func(p *Profile) uint8 { return p.Tooled }},
		"logprobs":   {func(ev *schemas.Event) { ev.TopLogprobs = 5 }, func(p *Profile) uint8 { return p.Probed }},
		"biases":     {func(ev *schemas.Event) { ev.LogitBias = 9 }, func(p *Profile) uint8 { return p.Probed }},
		"reasoned":   {func(ev *schemas.Event) { ev.PromptSignals = schemas.SignalReasoning }, func(p *Profile) uint8 { return p.Reasoned }},
		"embedded":   {func(ev *schemas.Event) { ev.Operation = "embeddings" }, func(p *Profile) uint8 { return p.Embedded }},
		"failed":     {func(ev *schemas.Event) { ev.Status = 503 }, func(p *Profile) uint8 { return p.Failed }},
	} {
		p := third(c.change)
		if got := c.share(&p); !near(got, 1./3) {
			t.Errorf("%s: %d of 254, want a third", name, got)
		}
		p = third(func(*schemas.Event) {})
		if got := c.share(&p); got != 0 {
			t.Errorf("%s: %d of 254, want 0", name, got)
		}
	}
}

func TestOthersDoNotCount(t *testing.T) {
	for name, change := range map[string]func(ev *schemas.Event){
		"no model":          func(ev *schemas.Event) { ev.Operation = "" },
		"a tool":            func(ev *schemas.Event) { ev.Operation = "execute_tool" },
		"nobody":            func(ev *schemas.Event) { ev.Principal = "" },
		"somebody else":     func(ev *schemas.Event) { ev.Auth, ev.AuthReason = schemas.AuthFailure, schemas.ReasonInvalid },
		"refused":           func(ev *schemas.Event) { ev.Status = 403 },
		"failed":            func(ev *schemas.Event) { ev.Status = 500 },
		"closed by clients": func(ev *schemas.Event) { ev.Status = 499 },
	} {
		if p := profileOf(t, 50, func(_ int, ev *schemas.Event) { change(ev) }); p != (Profile{}) {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

func TestNetworks(t *testing.T) {
	from := func(addresses ...string) Profile {
		return profileOf(t, 240, func(i int, ev *schemas.Event) { ev.ClientAddr = netip.MustParseAddr(addresses[i%len(addresses)]) })
	}
	a, b := from("192.0.2.1", "192.0.2.77", "::ffff:192.0.2.9"), from("192.0.2.200")
	if a.Networks != b.Networks || a.Networks[0] == 0 || a.Networks[1] != 0 || a.Places != 1 {
		t.Errorf("a /24: %v in about %d, want %v", a.Networks, a.Places, b.Networks)
	}
	v6 := from("2001:db8:1:2::3%eth0", "2001:db8:1:ffff::1")
	if v6.Networks[0] == 0 || v6.Networks[1] != 0 {
		t.Errorf("a /48: %v", v6.Networks)
	}
	many := from("192.0.2.1", "198.51.100.1", "192.0.2.1", "203.0.113.1", "192.0.2.1", "198.18.0.1", "198.18.1.1", "198.18.2.1")
	if many.Networks[0] != a.Networks[0] || many.Places < 5 || many.Places > 7 {
		t.Errorf("of six networks the first is %v, want %v; about %d", many.Networks, a.Networks[0], many.Places)
	}
	stored := profileOf(t, 9, func(_ int, ev *schemas.Event) {
		ev.ClientAddr, ev.Client = netip.Addr{}, netip.MustParseAddr("192.0.2.5")
	})
	if stored.Networks != a.Networks {
		t.Error("what is stored of the address does not stand for it")
	}
}

func TestTemplates(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	p := profileOf(t, 400, func(i int, ev *schemas.Event) {
		ev.PromptFingerprint, ev.TemplateFingerprint = r.Uint64(), r.Uint64()
		if i%5 < 2 {
			ev.TemplateFingerprint = 7
		} else if i%5 == 2 {
			ev.TemplateFingerprint = 8
		}
	})
	if p.Templates[0].Value != fold32(7) || !near(p.Templates[0].Share, 0.4) || p.Templates[1].Value != fold32(8) || p.Templates[1].Share < 30 {
		t.Errorf("templates %+v, want 40 %% of %d and 20 %% of %d", p.Templates, fold32(7), fold32(8))
	}
	if p.Templates[2].Share > 10 {
		t.Errorf("a template that came once has a share: %+v", p.Templates)
	}
}

// TestPhrase: of prompts with one instruction and free text behind it no template
// comes twice, and two in five have the number of a shingle of the instruction.
func TestPhrase(t *testing.T) {
	for _, n := range []int{25, 400} {
		r := rand.New(rand.NewPCG(1, 1))
		p := profileOf(t, n, func(i int, ev *schemas.Event) {
			ev.PromptFingerprint, ev.TemplateFingerprint = r.Uint64(), r.Uint64()
			ev.PromptMinHash = [4]uint32{r.Uint32(), r.Uint32(), r.Uint32(), r.Uint32()}
			if i%5 < 2 {
				ev.PromptMinHash[0] = 7
			}
		})
		if p.Phrase.Value != fold32(7) || p.Phrase.Share < 254*30/100 || p.Phrase.Share > 254*45/100 {
			t.Errorf("phrase of %d prompts %+v, want up to 40 %% of %d", n, p.Phrase, fold32(7))
		}
	}
}

func TestPrompts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{1, 12, 100, 2000, 50_000} {
		pool := make([]uint64, n)
		for i := range pool {
			pool[i] = r.Uint64() | 1
		}
		ask := func() (p Profile) {
			l := newLife()
			for i := range 3 * n {
				l.see(call(time.Duration(i)*10*time.Millisecond, func(ev *schemas.Event) { ev.PromptFingerprint = pool[(i*7919)%n] }))
			}
			l.see(call(time.Hour))
			l.close()
			return l.p
		}
		p, again := ask(), ask()
		if ratio := float64(p.Different) / float64(n); n < 16 && ratio != 1 || ratio < 0.4 || ratio > 1.9 {
			t.Errorf("of %d prompts about %v are different", n, p.Different)
		}
		if p.Prompted != float32(3*n) || p.Prompts != again.Prompts {
			t.Errorf("%v calls with prompts, want %d; samples %v and %v", p.Prompted, 3*n, p.Prompts, again.Prompts)
		}
		for i := 1; i < min(n, 16); i++ {
			if p.Prompts[i] <= p.Prompts[i-1] {
				t.Errorf("the sample does not rise: %v", p.Prompts)
			}
		}
	}
}

func TestUsers(t *testing.T) {
	p := profileOf(t, 300, func(i int, ev *schemas.Event) { ev.EndUser = fmt.Sprint("h1:k1:", i%10) })
	if p.Users < 8 || p.Users > 12 {
		t.Errorf("about %d users, want 10", p.Users)
	}
	if p = profileOf(t, 300, func(i int, ev *schemas.Event) { ev.EndUser = fmt.Sprint("h1:k1:", i) }); p.Users != 64 {
		t.Errorf("about %d users, want 64", p.Users)
	}
}

func TestPivot(t *testing.T) {
	name := func(i, n int) string {
		if i < n {
			return "model-4"
		}
		return "model-5"
	}
	for title, c := range map[string]struct {
		model func(i int) string
		at    int // of the call, 0 is never
	}{
		"all at once":           {func(i int) string { return name(i, 100) }, 100},
		"most of it":            {func(i int) string { return name(min(i, i%7*1000), 100) }, 100},
		"never":                 {func(int) string { return "model-4" }, 0},
		"two models":            {func(i int) string { return name(i%2, 1) }, 0},
		"three in turns":        {func(i int) string { return fmt.Sprint(i % 3) }, 0},
		"just a try of a few":   {func(i int) string { return name(i, 190) }, 0},
		"from nothing":          {func(i int) string { return name(i, 3) }, 0},
		"there and back":        {func(i int) string { return name(i%120, 60) }, 180},
		"a batch among the day": {func(i int) string { return name((i+40)%100, 90) }, 0},
	} {
		t.Run(title, func(t *testing.T) {
			p := profileOf(t, 200, func(i int, ev *schemas.Event) { ev.Model = c.model(i) })
			want := uint32(0)
			if c.at > 0 {
				want = minutes(time.Duration(c.at) * time.Minute)
			}
			if want == 0 && p.Pivot != 0 || want > 0 && (p.Pivot < want || p.Pivot > want+15) {
				t.Errorf("pivot at %v, want %v", p.Pivot, want)
			}
			if want > 0 && (p.Earlier == 0 || p.Earlier == p.Traits[Model].Value || p.Traits[Model].Share < 190) {
				t.Errorf("from %d to %+v", p.Earlier, p.Traits[Model])
			}
		})
	}
}

func TestHostile(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	l := newLife()
	ends := []int64{0, 1, -1, math.MaxInt64, math.MinInt64, math.MaxInt32}
	for i := range 20_000 {
		ev := call(time.Duration(i) * time.Minute)
		n := func() int64 { return ends[r.IntN(len(ends))] }
		ev.InputTokens, ev.OutputTokens, ev.RequestBytes, ev.ResponseBytes = n(), n(), n(), n()
		ev.MaxTokens, ev.Choices, ev.TopLogprobs, ev.LogitBias = int32(n()), int32(n()), int32(n()), int32(n())
		ev.Tools, ev.Messages, ev.PromptLength = int32(n()), int32(n()), int32(n())
		ev.Temperature = []float32{0, float32(math.NaN()), float32(math.Inf(1)), -1, math.MaxFloat32}[r.IntN(5)]
		ev.Known = schemas.FieldSet(r.Uint32())
		ev.PromptFingerprint, ev.TemplateFingerprint, ev.ASN, ev.Country = r.Uint64(), r.Uint64(), r.Uint32(), "long country"
		l.see(ev)
		// Late ones, and ones with a wrong clock.
		late := *ev
		late.Time += []int64{-int64(time.Hour), int64(1000 * time.Hour), -ev.Time, math.MaxInt64 - ev.Time, math.MinInt64 + 1}[r.IntN(5)]
		l.s.Observe(l.x, &late)
	}
	l.close()
	p := &l.p
	for name, v := range map[string]float32{
		"calls": p.Calls, "input": p.Input, "output": p.Output, "day": p.Day, "measured": p.Measured,
		"prompted": p.Prompted, "different": p.Different, "scatter": p.Scatter,
	} {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) || v < -1 {
			t.Errorf("%s is %v", name, v)
		}
	}
	if end := minutes(time.Duration(l.hour) * time.Hour); !l.ok || p.Last > end {
		t.Errorf("worth comparing %v, last %d after the end %d", l.ok, p.Last, end)
	}
	// Time that was set back does no harm.
	l.hour = 3
	l.see(call(4 * time.Hour))
	l.close()
}

func BenchmarkObserve(b *testing.B) {
	events := make([]schemas.Event, 1024)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range events {
		events[i] = *call(time.Duration(i)*time.Second, func(ev *schemas.Event) {
			ev.PromptFingerprint, ev.TemplateFingerprint = r.Uint64(), uint64(r.IntN(3))
			ev.EndUser, ev.TLS = fmt.Sprint("h1:k1:8f3a0f2b0c4d5e6f", r.IntN(40)), "TLSv1.3 TLS_AES_128_GCM_SHA256"
			ev.Known |= schemas.HasMessages | schemas.HasMaxTokens
			ev.MaxTokens, ev.Messages, ev.InputTokens = 1024, 2, int64(r.IntN(2000))
		})
	}
	for name, n := range map[string]int{"hot": 16, "cold": 20_000} {
		b.Run(name, func(b *testing.B) {
			states := make([]State, n)
			x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
			x.WindowStart, x.Window = start.UnixNano(), time.Hour
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				states[i*7919%n].Observe(x, &events[i%len(events)])
				i++
			}
		})
	}
}

func BenchmarkProfile(b *testing.B) {
	l := newLife()
	for i := range 400 {
		l.see(call(time.Duration(i) * time.Minute))
	}
	b.ReportAllocs()
	for b.Loop() {
		var p Profile
		l.s.Profile(l.x, &p)
		l.s.Close(l.x)
	}
}
