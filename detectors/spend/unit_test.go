package spend

import (
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestSum(t *testing.T) {
	for _, c := range []struct {
		unit int
		v    float64
		want string
	}{
		{usd, 0, "less than $0.01"}, {usd, 0.5, "$0.50"}, {usd, 12.345, "$12.35"}, {usd, 46_000, "$46,000"},
		{tokens, 0, "1 token"}, {tokens, 900, "900 tokens"}, {tokens, 12_400, "12,400 tokens"},
		{tokens, 12.4e6, "12.4 million tokens"}, {tokens, 2.5e9, "2,500 million tokens"},
	} {
		if got := sum(c.unit, c.v); got != c.want {
			t.Errorf("%v is %q, want %q", c.v, got, c.want)
		}
	}
	if got := times(5, 0); got != "more than 1,000 times" {
		t.Errorf("times of nothing: %q", got)
	}
}

func TestBlend(t *testing.T) {
	if v := blend(0, 7, 1, 32); v != 7 {
		t.Errorf("the first value makes %v", v)
	}
	if v := blend(10, 1e9, 2, 32); v > 20.1 || v < 19.9 {
		t.Errorf("a huge second value makes %v, want the root of four times", v)
	}
	v := float32(10)
	for range 200 {
		v = blend(v, 30, 100, 32)
	}
	if math.Abs(float64(v)-30) > 0.5 {
		t.Errorf("a lasting change is learned as %v, want 30", v)
	}
}

// TestDays keeps seven days, of which none teaches more than ten medians.
func TestDays(t *testing.T) {
	var p past
	for i, v := range []uint64{10, 20, 30, 1e9, 40} {
		p.learn(&hour{calls: 1, work: v}, int64(i+1)*24*3600e9, 10, false)
	}
	p.turn(6, 10)
	if p.filled != 5 || p.median(tokens) != 30 || p.highest(tokens) != 200 {
		t.Errorf("%d days, median %v, highest %v", p.filled, p.median(tokens), p.highest(tokens))
	}
	top := p.top[tokens]
	p.turn(16, 10)
	if got := p.top[tokens] / top; got < 0.78 || got > 0.82 {
		t.Errorf("ten days leave %v of the highest hour, want 0.8", got)
	}
}

// TestHeld makes what an hour of high spending shows known after the next day.
func TestHeld(t *testing.T) {
	var p past
	at := func(d int) int64 { return int64(d) * 24 * 3600e9 }
	p.learn(&hour{calls: 1, networks: 1}, at(1), 10, false)
	p.learn(&hour{calls: 1, networks: 2}, at(1), 10, true)
	p.learn(&hour{calls: 1, networks: 1}, at(2), 10, false)
	if p.networks != 1 {
		t.Errorf("known on the next day: %b", p.networks)
	}
	p.learn(&hour{calls: 1, networks: 1}, at(3), 10, false)
	if p.networks != 3 {
		t.Errorf("not known after two days: %b", p.networks)
	}
}

func TestSince(t *testing.T) {
	a := hour{calls: 5, work: 50, input: 40, cached: 10, spent: [units]uint64{7, 50}}
	b := hour{calls: 9, work: 90, input: 70, cached: 11, spent: [units]uint64{9, 90}}
	if got := b.since(&a); got.calls != 4 || got.work != 40 || got.input != 30 || got.cached != 1 || got.spent != [units]uint64{2, 40} {
		t.Errorf("got %+v", got)
	}
}

func TestNetworkBit(t *testing.T) {
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	of := func(address string, asn uint32) uint64 {
		ev := schemas.Event{ASN: asn}
		ev.ClientAddr, _ = netip.ParseAddr(address)
		b, ok := networkBit(x, &ev)
		if ok != (address != "" || asn > 0) {
			t.Errorf("%q: known is %v", address, ok)
		}
		return b
	}
	of("", 0)
	if of("198.18.3.4", 0) != of("198.18.9.9", 0) || of("::ffff:198.18.1.1", 0) != of("198.18.9.9", 0) {
		t.Error("addresses of one /16 differ")
	}
	if of("2001:db8:1::1", 0) != of("2001:db8:9::9", 0) || of("198.18.3.4", 64500) != of("2001:db8::1", 64500) {
		t.Error("addresses of one network differ")
	}
	seen := map[uint64]bool{}
	for i := range 64 {
		seen[of(netip.AddrFrom4([4]byte{198, byte(i), 0, 1}).String(), 0)] = true
	}
	if len(seen) < 30 {
		t.Errorf("64 networks have %d bits", len(seen))
	}
}

// TestSaturation bounds what one event can claim.
func TestSaturation(t *testing.T) {
	d, s := newWatch(schemas.EntityPrincipal, DefaultConfig()), State{}
	x := detectors.NewContext(func(*detectors.Context, *schemas.Finding) {})
	x.WindowStart, x.Window = detectortest.At(0), time.Hour
	ev := detectortest.Event(time.Minute, func(ev *schemas.Event) {
		ev.InputTokens, ev.OutputTokens, ev.Cost = math.MaxInt64, math.MaxInt64, math.Inf(1)
		ev.CachedTokens, ev.ReasoningTokens = math.MaxInt64, math.MaxInt64
	})
	for range 1000 {
		x.Now = ev.Time
		d.Observe(x, &s, &ev)
	}
	h := &s.open[0]
	if h.priced != 0 || h.spent[usd] != 0 || h.work != 2_000_000_000_000 || h.cached > h.input || h.reasoning > h.output {
		t.Errorf("got %+v", h)
	}
}

func TestWhatIsToldDoesNotPass(t *testing.T) {
	d := newWatch(schemas.EntityTenant, DefaultConfig())
	x := &detectors.Context{Now: int64(59 * time.Minute), Window: time.Hour}
	f := d.surgeFinding(x, &State{}, &hour{calls: 4508}, &facts{unit: usd, amount: 200.001, bound: 200}, schemas.SeverityMedium)
	if text := f.Summary + f.Features[0].Text; strings.Contains(text, "up to $200.00") || strings.Count(text, "less than $200.00 passes") != 2 {
		t.Errorf("$200.00 is told and said to pass: %s", text)
	}
}
