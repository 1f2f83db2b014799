package population

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/formats"
	"github.com/gatehound/gatehound/schemas"
)

// reader is a decoder's sink that compares what was read with what was meant.
type reader struct {
	t                *testing.T
	meant            *gateway.Record
	line             []byte
	records, prompts int
	known            map[schemas.FieldSet]int
	operations       map[string]int
	tenants, routes  map[string]bool
}

func (h *reader) Reject(_ int32, stage, reason, format string, _ []byte) {
	h.t.Fatalf("rejected at %s as %s, format %q: %s", stage, reason, format, h.line)
}

func (h *reader) Record(_ int32, got *decode.Record) {
	m := h.meant
	h.records++
	require.Equal(h.t, string(m.Principal), got.Principal, "%s", h.line)
	require.EqualValues(h.t, m.Status, got.Status, "%s", h.line)
	require.Equal(h.t, m.Input, got.InputTokens, "%s", h.line)
	require.Equal(h.t, m.Output, got.OutputTokens, "%s", h.line)
	if m.Status == 200 {
		h.operations[strings.Clone(got.Operation)]++
	}
	h.routes[strings.Clone(got.Path+got.Route)], h.tenants[strings.Clone(got.Tenant)] = true, true
	for f := schemas.FieldSet(1); f <= schemas.HasPrompt; f <<= 1 {
		if got.Known&f != 0 {
			h.known[f]++
		}
	}
	if len(got.Prompt) > 0 {
		h.prompts++
		require.Len(h.t, got.Prompt, m.Messages)
	}
	if m.Format == gateway.LiteLLM {
		require.EqualValues(h.t, m.Offered, got.Tools, "%s", h.line)
		require.EqualValues(h.t, m.Choices, got.Choices, "%s", h.line)
		require.Equal(h.t, m.Unset&gateway.MaxTokens == 0, got.Known&schemas.HasMaxTokens != 0)
		require.Equal(h.t, m.Unset&gateway.Temperature == 0, got.Known&schemas.HasTemperature != 0)
		require.Equal(h.t, m.Team, got.Tenant)
	}
}

func read(t *testing.T, cfg Config) *reader {
	dec, err := formats.New(decode.Options{Now: func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }})
	require.NoError(t, err)
	h := &reader{t: t, known: map[schemas.FieldSet]int{}, operations: map[string]int{}, tenants: map[string]bool{}, routes: map[string]bool{}}
	n := 0
	run(t, cfg, func(r *gateway.Record) {
		h.meant, h.line = r, r.AppendTo(h.line[:0])
		dec.Decode(h.line, h)
		n++
	})
	assert.Equal(t, n, h.records)
	assert.Greater(t, n, 10_000)
	return h
}

// TestEveryRecordDecodes puts every record through the decoder of the service, with
// and without prompts.
func TestEveryRecordDecodes(t *testing.T) {
	cfg := Config{Seed: 5, Days: 1, Principals: 200, Rate: .2, Begin: time.Hour, Scenarios: []string{"sweep", "batch"}}

	h := read(t, cfg)
	assert.Zero(t, h.prompts)
	assert.Zero(t, h.known[schemas.HasMessages], "what is withheld is not counted")
	assert.NotZero(t, h.known[schemas.HasTopLogprobs])
	for _, operation := range []string{"chat", "embeddings", ""} {
		assert.NotZero(t, h.operations[operation], operation)
	}
	assert.Greater(t, len(h.tenants), 50)
	assert.Subset(t, h.routes, map[string]bool{"/v1/batches": true, "/v1/files": true, "/v1/chat/completions": true, "/v1/messages": true, "/v1/embeddings": true})

	cfg.Prompts = true
	assert.Greater(t, read(t, cfg).prompts, 10_000)
	cfg.Format = gateway.Kong
	assert.Greater(t, read(t, cfg).prompts, 10_000)

	cfg.Prompts = false
	h = read(t, cfg)
	assert.Zero(t, h.prompts)
	assert.Zero(t, h.known[schemas.HasMaxTokens])
	assert.NotZero(t, h.operations["chat"])
	assert.NotZero(t, h.operations["embeddings"])
	cfg.Format = gateway.Envoy
	h = read(t, cfg)
	assert.Zero(t, h.known[schemas.HasMaxTokens])
	assert.NotZero(t, h.operations["chat"])
	assert.NotZero(t, h.operations["embeddings"])
}
