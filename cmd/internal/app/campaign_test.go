package app_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// hands is how many keys the hand has that leads a campaign.
const hands = 36

// led is a day and a half of 120 callers of their own, among whom one hand leads
// many keys.
func led(t *testing.T) *corpus {
	t.Helper()
	cfg := app.DefaultConfig()
	cfg.Engine.Budget = 0 // the processor's time is never the same twice
	keys, err := redact.NewKeys("k1", redact.Key{ID: "k1", Secret: make([]byte, 32)})
	require.NoError(t, err)
	c := &corpus{keys: keys, cfg: cfg}
	r := rand.New(rand.NewPCG(11, 5))
	var events []schemas.Event
	for i := range 120 {
		events = append(events, caller(r, i)...)
	}
	for i := range hands {
		events = append(events, member(r, i)...)
	}
	c.add(events)
	return c
}

const ledFor = 36 * time.Hour

// caller calls in sessions by day, with an application of his own.
func caller(r *rand.Rand, n int) (out []schemas.Event) {
	agents := [...]string{"OpenAI/Python 1.40.0", "OpenAI/JS 4.55.1", "langchain/0.2", "python-requests/2.32"}
	input, output := 400*math.Exp(r.NormFloat64()), 150*math.Exp(0.6*r.NormFloat64())
	most, turns := int32(256+64*r.IntN(30)), 1+r.Int32N(9)
	sessions, zone, agent := math.Exp(0.8+0.9*r.NormFloat64()), time.Duration(r.IntN(24))*time.Hour, agents[r.IntN(len(agents))]
	for at := time.Duration(0); at < ledFor; {
		at += time.Duration(r.ExpFloat64() * float64(24*time.Hour) / sessions)
		if h := (at + zone) % (24 * time.Hour); h < 8*time.Hour || h > 20*time.Hour {
			continue
		}
		for s := at; r.IntN(10) > 0 && s < ledFor; s += time.Duration(r.ExpFloat64() * float64(time.Minute)) {
			ev := asked(s, fmt.Sprintf("h1:k1:caller%03d", n), netip.AddrFrom4([4]byte{10, byte(n), 1, 1}))
			ev.UserAgent, ev.Model, ev.Tenant, ev.ASN = agent, "gpt-4o-mini", fmt.Sprint("tenant-", n/3), uint32(64500+n%40)
			ev.InputTokens, ev.OutputTokens = 1+int64(input*math.Exp(0.7*r.NormFloat64())), min(1+int64(output*math.Exp(0.6*r.NormFloat64())), int64(most))
			ev.MaxTokens, ev.Messages = most, 1+r.Int32N(2*turns)
			out = append(out, ev)
		}
	}
	return out
}

// member is a key of the hand: in a network of its own, with the others' program,
// task and quota.
func member(r *rand.Rand, n int) (out []schemas.Event) {
	at := 3*time.Hour + time.Duration(r.IntN(int(2*time.Hour)))
	for ; at < ledFor; at += time.Duration((0.4 + 0.6*r.ExpFloat64()) / 120 * float64(24*time.Hour)) {
		ev := asked(at, fmt.Sprintf("h1:k1:member%03d", n), netip.AddrFrom4([4]byte{10, 200, byte(n), 9}))
		ev.UserAgent, ev.Model, ev.Tenant, ev.ASN = "aiohttp/3.9", "gpt-4.1", fmt.Sprint("new-", n), uint32(64700+n)
		ev.InputTokens, ev.OutputTokens = 1+int64(90*math.Exp(0.3*r.NormFloat64())), min(1+int64(900*math.Exp(0.3*r.NormFloat64())), 4096)
		ev.MaxTokens, ev.Messages = 4096, 1
		out = append(out, ev)
	}
	return out
}

// asked is a call of a model.
func asked(after time.Duration, who string, from netip.Addr) schemas.Event {
	return schemas.Event{
		Time: start.Add(after).UnixNano(), Method: "POST", Route: "/v1/chat/completions", Host: "gw", Format: "litellm",
		Known:  schemas.HasStatus | schemas.HasInputTokens | schemas.HasOutputTokens | schemas.HasMessages | schemas.HasMaxTokens,
		Status: 200, UpstreamStatus: 200, Responder: schemas.ResponderUpstream, Operation: "chat", Provider: "openai",
		Principal: who, Client: from, ClientAddr: from, Country: "US", RequestID: fmt.Sprint(who, after),
	}
}

func campaigns(f schemas.Finding) bool { return f.Campaign != nil }

// TestSameCampaignHoweverRun has campaigns with the same names, members and figures
// from batches of any size, on any number of shards, over kills, also while the
// correlator is at work, and over reloads.
func TestSameCampaignHoweverRun(t *testing.T) {
	c := led(t)
	want := c.run(t, &way{}, nil)
	require.NotEmpty(t, want.of(campaigns), "there is a campaign to find")
	named := map[string]bool{}
	for _, f := range want.of(campaigns) {
		t.Logf("%s %s %s", f.Detected.Sub(start), f.Severity, f.Title)
		for _, m := range f.Campaign.Members {
			named[m.Principal] = true
		}
	}
	require.GreaterOrEqual(t, len(named), hands*8/10)
	for _, w := range []way{
		{name: "small batches, one shard, kills", size: 150, shards: 1, workers: 1, kills: 5},
		{name: "a batch of some hours, eight shards, three workers, kills and reloads", size: 2000, shards: 8, workers: 3, kills: 4, reloads: 4},
	} {
		t.Run(w.name, func(t *testing.T) {
			for seed := range uint64(*rounds) {
				compare(t, want, c.run(t, &w, rand.New(rand.NewPCG(seed, 2))))
			}
		})
	}
	t.Run("another least score", func(t *testing.T) {
		w := way{size: 2000, reloads: 2, set: func(cfg *app.Config) { cfg.Detectors.Campaign.Score = 100 }}
		got := c.run(t, &w, rand.New(rand.NewPCG(1, 1)))
		assert.Less(t, len(got.of(campaigns)), len(want.of(campaigns)), "the new bound holds from the reload on")
	})
	t.Run("a rotation of the key ring", func(t *testing.T) {
		turned := *c
		turned.events = slices.Clone(c.events)
		for i := len(c.events) / 2; i < len(c.events); i++ {
			ev := &turned.events[i]
			ev.Subject, ev.Principal = ev.Principal, strings.Replace(ev.Principal, "k1:", "k2:", 1)+"'"
		}
		got := turned.run(t, &way{size: 500, kills: 3}, rand.New(rand.NewPCG(3, 1)))
		plain := func(f found) found {
			out := found{}
			for k, one := range f.of(campaigns) {
				one.Query = "" // it asks for both names
				out[k] = one
			}
			return out
		}
		compare(t, plain(want), plain(got))
	})
}
