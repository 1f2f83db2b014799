package population

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/internet"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/formats"
	"github.com/gatehound/gatehound/ingest/enrich"
	"github.com/gatehound/gatehound/ingest/prompt"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// normalizer is ingest as the service has it, in this world.
func normalizer(t *testing.T) *ingest.Normalizer {
	t.Helper()
	cfg := enrich.DefaultConfig()
	require.NoError(t, Write(t.TempDir(), &cfg))
	require.NoError(t, cfg.Validate())
	tables, err := enrich.Open(cfg, nil, prometheus.NewRegistry())
	require.NoError(t, err)
	enricher, err := enrich.New(cfg, tables)
	require.NoError(t, err)
	dec, err := formats.New(decode.Options{Now: func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }})
	require.NoError(t, err)
	keys, err := redact.NewKeys("k1", redact.Key{ID: "k1", Secret: make([]byte, 32)})
	require.NoError(t, err)
	redactor, err := redact.New(redact.DefaultConfig(), keys)
	require.NoError(t, err)
	prompts, err := prompt.New(prompt.DefaultConfig(), keys, nil, redactor.Text)
	require.NoError(t, err)
	return ingest.NewNormalizer(dec, enricher, redactor, prompts)
}

// TestWhatGatehoundSeesOfACampaign puts a campaign through ingest: one template, one
// kind of hosts, homes in many networks.
func TestWhatGatehoundSeesOfACampaign(t *testing.T) {
	n := normalizer(t)
	templates, prompts, systems, hosted, calls := map[uint64]int{}, map[uint64]bool{}, map[uint32]bool{}, 0, 0
	ordinary, countries := 0, map[string]bool{}
	run(t, Config{Seed: 3, Days: 2, Principals: 100, Rate: .05, Prompts: true, Begin: 12 * time.Hour, Scenarios: []string{"hydra_1000"}}, func(r *gateway.Record) {
		line := r.AppendTo(nil)
		part := n.Normalize(&ingest.Chunk{Topic: "t", Slab: line, Ends: []int{len(line)}, Offsets: []int64{0}, Next: 1})
		require.Len(t, part.Events, 1)
		e := part.Events[0]
		require.NotZero(t, e.ASN)
		countries[e.Country] = true
		if r.Status != 200 {
			return
		}
		if r.Truth < 0 {
			ordinary++
			if e.Network == schemas.NetworkHosting {
				hosted++
			}
			return
		}
		calls++
		templates[e.TemplateFingerprint]++
		prompts[e.PromptFingerprint] = true
		systems[e.ASN] = true
	})
	assert.Greater(t, calls, 5000)
	assert.LessOrEqual(t, len(templates), 12*3, "few templates")
	assert.Greater(t, len(prompts), calls*99/100, "no prompt twice")
	assert.Greater(t, len(systems), 60, "homes all over")
	assert.Greater(t, internet.Countries, 7)
	assert.InDelta(t, .6, float64(hosted)/float64(ordinary), .35, "machines call from clouds")
}
