package campaign

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

// app is how the callers of an application use a model: lengths are medians, of
// which the logarithms vary by spread.
type app struct {
	model, agent    string
	in, out, spread float64
	maxTokens       int32
	turns           int32
	tools           int32
}

var apps = []app{
	{"gpt-4o-mini", "OpenAI/Python 1.40.0", 900, 250, 0.8, 1024, 5, 0},
	{"gpt-4o", "OpenAI/JS 4.55.1", 300, 120, 0.6, 0, 3, 0},
	{"gpt-4o-mini", "OpenAI/Python 1.42.0", 2200, 200, 0.4, 512, 1, 0},
	{"claude-sonnet-4", "Anthropic/Python 0.34", 3000, 400, 0.9, 4096, 7, 6},
	{"gpt-4o-mini", "langchain/0.2", 450, 30, 0.5, 64, 1, 0},
	{"mistral-large", "python-requests/2.32", 700, 500, 0.7, 2048, 2, 0},
}

// traffic makes events of many callers.
type traffic struct {
	r      *rand.Rand
	events []schemas.Event
}

func newTraffic(seed uint64) *traffic { return &traffic{r: rand.New(rand.NewPCG(seed, 5))} }

func (t *traffic) length(median, spread float64) int64 {
	return 1 + int64(median*math.Exp(spread*t.r.NormFloat64()))
}

// call adds a call at an offset after detectortest.Start.
func (t *traffic) call(at time.Duration, who string, a app, address netip.Addr, tenant string, asn uint32) {
	t.events = append(t.events, detectortest.Event(at, func(ev *schemas.Event) {
		ev.Principal, ev.Tenant, ev.UserAgent, ev.ASN, ev.Country = who, tenant, a.agent, asn, "US"
		ev.ClientAddr, ev.Client = address, address
		ev.Operation, ev.Provider, ev.Model = "chat", "openai", a.model
		ev.InputTokens, ev.OutputTokens = t.length(a.in, a.spread), t.length(a.out, a.spread)
		if a.maxTokens > 0 {
			ev.OutputTokens = min(ev.OutputTokens, int64(a.maxTokens))
		}
		ev.MaxTokens, ev.Messages, ev.Tools = a.maxTokens, 1+t.r.Int32N(2*a.turns), a.tools
		ev.Known |= schemas.HasInputTokens | schemas.HasOutputTokens | schemas.HasMessages | schemas.HasMaxTokens
	}))
}

// people adds n callers of their own, each with an application, parameters, an
// address and a tenant of his own, in sessions by day, for some days; volumes are
// heavy-tailed.
func (t *traffic) people(n, days int) {
	for i := range n {
		a := apps[t.r.IntN(len(apps))]
		a.in, a.out = a.in*math.Exp(0.5*t.r.NormFloat64()), a.out*math.Exp(0.4*t.r.NormFloat64())
		if t.r.IntN(3) == 0 {
			a.maxTokens = int32(256 + t.r.IntN(2000))
		}
		who, tenant := fmt.Sprintf("h1:k1:user%04d", i), fmt.Sprint("tenant-", i/3)
		address := detectortest.Address(256 * i)
		from := time.Duration(0)
		if t.r.IntN(10) == 0 {
			from = time.Duration(t.r.IntN(days*24)) * time.Hour
		}
		sessions := math.Exp(0.5 + 0.9*t.r.NormFloat64())
		zone := time.Duration(t.r.IntN(24)) * time.Hour
		for at := from; at < time.Duration(days)*24*time.Hour; {
			at += time.Duration(t.r.ExpFloat64() * float64(24*time.Hour) / sessions)
			if h := (at + zone) % (24 * time.Hour); h < 8*time.Hour || h > 19*time.Hour {
				continue
			}
			for s := at; t.r.IntN(12) > 0; s += time.Duration(t.r.ExpFloat64() * float64(time.Minute)) {
				t.call(s, who, a, address, tenant, uint32(64500+i%40))
			}
		}
	}
}

// campaign adds n keys with so many calls a day each, from a time on, of one
// hand; shared tells that they come from one network.
func (t *traffic) campaign(n int, perDay float64, from, until time.Duration, shared bool) {
	a := app{"gpt-4.1", "aiohttp/3.9", 90, 900, 0.3, 4096, 1, 0}
	for i := range n {
		address, asn := detectortest.Address(120_000+256*i), uint32(64700+i)
		if shared {
			address, asn = detectortest.Address(130_000+i), 64999
		}
		who := fmt.Sprintf("h1:k1:hydra%04d", i)
		for at := from + time.Duration(t.r.IntN(int(3*time.Hour))); at < until; at += time.Duration((0.4 + 0.6*t.r.ExpFloat64()) / perDay * float64(24*time.Hour)) {
			t.call(at, who, a, address, fmt.Sprint("new-", i), asn)
		}
	}
}

func run(t testing.TB, events []schemas.Event) []schemas.Finding {
	t.Helper()
	return detectortest.Run(t, events, detectortest.Fresh(t, Watchers, DefaultConfig())()...)
}

func tell(t testing.TB, found []schemas.Finding) {
	for _, f := range found {
		t.Logf("%s %s %.2f %s\n%s", f.Detected.Sub(detectortest.Start), f.Severity, f.Confidence, f.Title, f.Summary)
		for _, x := range f.Features {
			t.Logf("  %-12s %.3f observed %.4g expected %.4g %s: %s", x.Name, x.Weight, x.Observed, x.Expected, x.Unit, x.Text)
		}
	}
}
