package world

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/formats"
	"github.com/gatehound/gatehound/ingest/enrich"
	"github.com/gatehound/gatehound/ingest/prompt"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

var start = time.Date(2026, 9, 16, 10, 0, 0, 0, time.UTC) // a Wednesday

func TestEveryKindIsComplete(t *testing.T) {
	total := 0
	for _, g := range groups {
		total += len(g)
	}
	all := Kinds()
	assert.Len(t, all, total, "no name is used twice")
	assert.Len(t, append(Attacks(), Lookalikes()...), total)
	for k, b := range all {
		assert.Nil(t, simulate.BehaviourOf(k), "%s is a kind of the demo", k)
		assert.NotEmpty(t, b.Title, k)
		assert.Less(t, b.Service, simulate.FirstService+len(Services), k)
		assert.True(t, b.Fill != nil || b.Change != nil || b.Before != nil, "%s does something", k)
		assert.Equal(t, b.Fill != nil, b.Rate > 0, k)
		assert.True(t, len(b.Who) > 0 || b.Also != nil, "%s: whom it is about", k)
		assert.True(t, b.Benign || len(b.Expect) > 0, "%s: who should find it", k)
		assert.False(t, b.Benign && b.Fixed, k)
	}
	assert.Len(t, Services, appAdmin-simulate.FirstService+1)
}

// normalizer is the ingest that an evaluation uses.
func normalizer(t *testing.T) *ingest.Normalizer {
	cfg := enrich.DefaultConfig()
	require.NoError(t, Write(t.TempDir(), &cfg))
	require.NoError(t, cfg.Validate())
	dec, err := formats.New(decode.Options{Now: func() time.Time { return start.Add(1000 * time.Hour) }})
	require.NoError(t, err)
	tables, err := enrich.Open(cfg, nil, prometheus.NewRegistry())
	require.NoError(t, err)
	enricher, err := enrich.New(cfg, tables)
	require.NoError(t, err)
	keys, err := redact.NewKeys("k1", redact.Key{ID: "k1", Secret: make([]byte, 32)})
	require.NoError(t, err)
	redactor, err := redact.New(redact.DefaultConfig(), keys)
	require.NoError(t, err)
	prompts, err := prompt.New(prompt.DefaultConfig(), keys, nil, redactor.Text)
	require.NoError(t, err)
	return ingest.NewNormalizer(dec, enricher, redactor, prompts)
}

// seen returns the events of each kind, planted alone, as detectors see them.
func seen(t *testing.T) map[simulate.Kind][]schemas.Event {
	n, kinds, events := normalizer(t), Kinds(), map[simulate.Kind][]schemas.Event{}
	c := simulate.Config{Seed: 5, Start: start, Live: 30 * time.Minute, Rate: 12, Services: Services, Kinds: kinds}
	names := slices.Sorted(maps.Keys(kinds))
	for _, k := range names {
		if k != "all_silent" && k != "holiday" {
			c.Plants = append(c.Plants, simulate.Plant{Kind: k, For: 29 * time.Minute})
		}
	}
	f, err := simulate.New(c)
	require.NoError(t, err)
	truths := f.Truths()
	for {
		r, ok := f.Next()
		if !ok {
			return events
		}
		line := r.AppendTo(nil)
		part := n.Normalize(&ingest.Chunk{Topic: "t", Slab: line, Ends: []int{len(line)}, Offsets: []int64{0}, Next: 1})
		require.Empty(t, part.Rejects, "%s", line)
		require.Len(t, part.Events, 1)
		kind := simulate.Kind("")
		if r.Truth >= 0 {
			kind = truths[r.Truth].Kind
		}
		if len(events[kind]) < 2000 {
			events[kind] = append(events[kind], part.Events[0])
		}
	}
}

func share(events []schemas.Event, is func(*schemas.Event) bool) float64 {
	n := 0
	for i := range events {
		if is(&events[i]) {
			n++
		}
	}
	return float64(n) / float64(max(len(events), 1))
}

func distinct[T comparable](events []schemas.Event, of func(*schemas.Event) T) int {
	all := map[T]bool{}
	for i := range events {
		all[of(&events[i])] = true
	}
	return len(all)
}

// TestWhatDetectorsSee holds what is planted against what comes out of the real
// ingest: what an attack is known by has to be in the events.
func TestWhatDetectorsSee(t *testing.T) {
	events := seen(t)
	ordinary := events[""]
	require.Greater(t, len(ordinary), 1000)
	assert.Equal(t, 1.0, share(ordinary, func(e *schemas.Event) bool { return e.Country != "" && e.ASN != 0 }), "every address is somewhere")
	assert.Equal(t, 1.0, share(ordinary, func(e *schemas.Event) bool { return e.Endpoint == schemas.ListingKnown }), "the inventory has every endpoint")
	assert.Equal(t, 1.0, share(ordinary, func(e *schemas.Event) bool { return e.Model == "" || e.ModelListing == schemas.ListingKnown }))
	hosting := func(e *schemas.Event) bool { return e.Network == schemas.NetworkHosting }
	assert.InDelta(t, 0.1, share(ordinary, hosting), 0.08)

	type check struct {
		kind simulate.Kind
		what string
		is   func(e *schemas.Event) bool
		low  float64
	}
	for _, c := range []check{
		{"llmjacking", "hosting", hosting, 1},
		{"llmjacking", "another country", func(e *schemas.Event) bool { return e.Country == "RU" }, 1},
		{"llmjacking", "the costliest model", func(e *schemas.Event) bool { return e.Model == "claude-opus-4-1" && e.Cost > 0.05 }, 0.9},
		{"impossible_travel", "another country", func(e *schemas.Event) bool { return e.Country == "VN" && !hosting(e) }, 1},
		{"context_stuffing", "long inputs", func(e *schemas.Event) bool { return e.InputTokens > 80_000 }, 0.99},
		{"cache_busting", "no cache", func(e *schemas.Event) bool { return e.Has(schemas.HasCachedTokens) && e.CachedTokens == 0 }, 1},
		{"agent_loop", "tools", func(e *schemas.Event) bool { return e.Messages > 2 }, 0.9},
		{"shadow_endpoint", "unlisted", func(e *schemas.Event) bool { return e.Endpoint == schemas.ListingUnlisted && e.Status == 200 }, 1},
		{"unlisted_model", "unlisted", func(e *schemas.Event) bool { return e.ModelListing == schemas.ListingUnlisted }, 1},
		{"deprecated_back", "deprecated", func(e *schemas.Event) bool { return e.Endpoint == schemas.ListingDeprecated }, 1},
		{"unlisted_host", "the host", func(e *schemas.Event) bool {
			return e.Host == "staging-7.example.com" && e.Endpoint == schemas.ListingUnlisted
		}, 1},
		{"path_scan", "not found", func(e *schemas.Event) bool { return e.Status == 404 }, 1},
		{"model_enumeration", "the provider's 404", func(e *schemas.Event) bool { return e.Status == 404 && e.UpstreamStatus == 404 && e.Model != "" }, 0.85},
		{"injection_run", "signatures", func(e *schemas.Event) bool { return e.PromptSignals != 0 }, 0.95},
		{"guardrail_blocks", "blocks", func(e *schemas.Event) bool { return e.Guardrail == schemas.GuardrailInputBlocked }, 0.7},
		{"refusal_run", "content filters", func(e *schemas.Event) bool { return e.FinishReason == "content_filter" }, 0.3},
		{"timeouts", "504", func(e *schemas.Event) bool { return e.Status == 504 && e.Latency > 50*time.Second }, 1},
		{"provider_quota", "the upstream's 429", func(e *schemas.Event) bool {
			return e.Status == 429 && e.UpstreamStatus == 429 && e.Responder == schemas.ResponderUpstream
		}, 1},
		{"moderation", "blocks", func(e *schemas.Event) bool { return e.Guardrail == schemas.GuardrailInputBlocked }, 0.15},
		{"key_resale", "end users", func(e *schemas.Event) bool { return e.EndUser != "" }, 1},
		{"equal_payloads", "one size", func(e *schemas.Event) bool { return e.RequestBytes == 18_433 }, 1},
		{"aborted_streams", "499", func(e *schemas.Event) bool { return e.Status == 499 }, 1},
	} {
		list := events[c.kind]
		if assert.NotEmpty(t, list, c.kind) {
			assert.GreaterOrEqual(t, share(list, c.is), c.low, "%s: %s; such as %+v", c.kind, c.what, list[len(list)-1])
		}
	}
	country := func(e *schemas.Event) string { return e.Country }
	for kind, least := range map[simulate.Kind]int{"key_resale": 10, "multi_region": 3, "company_vpn": 2} {
		assert.GreaterOrEqual(t, distinct(events[kind], country), least, kind)
	}
	assert.Equal(t, 1, distinct(events["best_of_n"], func(e *schemas.Event) schemas.Script { return e.PromptScript }))
	assert.Greater(t, distinct(events["best_of_n"], func(e *schemas.Event) uint64 { return e.PromptFingerprint }), 1000)
	assert.Greater(t, distinct(events["serverless"], func(e *schemas.Event) string { return e.ClientAddr.String() }), 100)
	assert.Greater(t, distinct(events["id_enumeration"], func(e *schemas.Event) string { return e.Path }), 1500)
	assert.Equal(t, 1, distinct(events["id_enumeration"], func(e *schemas.Event) string { return e.Route }))
}

// TestEverybodyLivesInOneCountry: benign callers have several addresses, but
// where they live is one country, whatever the address.
func TestEverybodyLivesInOneCountry(t *testing.T) {
	n := normalizer(t)
	f, err := simulate.New(simulate.Config{Seed: 3, Start: start, Live: 20 * time.Minute, Rate: 100})
	require.NoError(t, err)
	homes, networks := map[string]string{}, map[string]map[uint32]bool{}
	for {
		r, ok := f.Next()
		if !ok {
			break
		}
		line := r.AppendTo(nil)
		e := n.Normalize(&ingest.Chunk{Topic: "t", Slab: line, Ends: []int{len(line)}, Offsets: []int64{0}, Next: 1}).Events[0]
		if e.Principal == "" {
			continue
		}
		if homes[e.Principal] == "" {
			homes[e.Principal], networks[e.Principal] = e.Country, map[uint32]bool{}
		}
		require.Equal(t, homes[e.Principal], e.Country)
		networks[e.Principal][e.ASN] = true
	}
	several := 0
	for _, of := range networks {
		if len(of) > 1 {
			several++
		}
	}
	assert.Greater(t, several, len(homes)/10, "some are on the move")
	assert.Less(t, several, len(homes))
}
