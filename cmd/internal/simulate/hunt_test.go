package simulate

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/demo"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/detectors/builtin"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/formats"
	"github.com/gatehound/gatehound/ingest/enrich"
	"github.com/gatehound/gatehound/ingest/prompt"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// hunt puts a fleet through ingest and the detectors with their defaults.
type hunt struct {
	t          testing.TB
	keys       *redact.Keys
	normalizer *ingest.Normalizer
	engine     *engine.Engine
	chunk      ingest.Chunk
	findings   []schemas.Finding
	events     int64
}

func newHunt(t testing.TB, now time.Time) *hunt {
	t.Helper()
	dec, err := formats.New(decode.Options{Now: func() time.Time { return now }})
	require.NoError(t, err)
	enricher, err := enrich.New(enrich.DefaultConfig(), nil)
	require.NoError(t, err)
	keys, err := redact.NewKeys("k1", redact.Key{ID: "k1", Secret: make([]byte, 32)})
	require.NoError(t, err)
	redactor, err := redact.New(redact.DefaultConfig(), keys)
	require.NoError(t, err)
	prompts, err := prompt.New(prompt.DefaultConfig(), keys, nil, redactor.Text)
	require.NoError(t, err)
	config := builtin.DefaultConfig()
	watchers, err := config.Watchers()
	require.NoError(t, err)
	e, err := engine.New(engine.Settings{Config: engine.DefaultConfig()}, watchers, nil)
	require.NoError(t, err)
	t.Cleanup(e.Close)
	return &hunt{t: t, keys: keys, normalizer: ingest.NewNormalizer(dec, enricher, redactor, prompts), engine: e}
}

// take gathers messages into batches of a thousand.
func (h *hunt) take(message []byte) {
	h.chunk.Slab = append(h.chunk.Slab, message...)
	h.chunk.Ends = append(h.chunk.Ends, len(h.chunk.Slab))
	h.chunk.Offsets = append(h.chunk.Offsets, h.chunk.Next)
	h.chunk.Next++
	if len(h.chunk.Ends) == 1000 {
		h.flush()
	}
}

func (h *hunt) flush() {
	h.chunk.Topic = "hunt"
	part := h.normalizer.Normalize(&h.chunk)
	require.Empty(h.t, part.Rejects)
	h.events += int64(len(part.Events))
	batch := &schemas.Batch{Parts: []*schemas.Part{part}}
	batch.Seal()
	found, err := h.engine.Observe(batch, nil)
	require.NoError(h.t, err)
	h.findings = append(h.findings, found...)
	h.chunk = ingest.Chunk{First: h.chunk.Next, Next: h.chunk.Next}
}

// named returns the entities as findings name them.
func (h *hunt) named(es []Entity) []schemas.Entity {
	var out []schemas.Entity
	for _, e := range es {
		x := schemas.Entity{Kind: e.Kind, Name: e.Raw}
		switch e.Kind {
		case schemas.EntityPrincipal:
			x.Name = h.keys.Principal(e.Raw)
		case schemas.EntityAddress:
			x.Name = h.keys.Address(netip.MustParseAddr(e.Raw)).String()
		}
		out = append(out, x)
	}
	return out
}

// alerts groups the findings as alerting does: by detector and entity.
func (h *hunt) alerts() []schemas.Alert {
	var out []schemas.Alert
	for _, f := range h.findings {
		out = append(out, schemas.Alert{ID: f.Detector + " " + f.Entity.Kind.String() + " " + f.Entity.Name, Detector: f.Detector, Entity: f.Entity,
			Title: f.Title, FirstSeen: f.WindowStart, LastSeen: f.WindowEnd, Finding: f,
			Parts: []schemas.AlertPart{{Detector: f.Detector, Entity: f.Entity, Severity: f.Severity, Title: f.Title, FirstSeen: f.WindowStart, LastSeen: f.WindowEnd}}})
	}
	return out
}

// plants returns what was planted, with entities named as findings name them.
func (h *hunt) plants(f *Fleet) []demo.Plant {
	var out []demo.Plant
	for _, truth := range f.Truths() {
		out = append(out, demo.Plant{Title: truth.ID, Benign: truth.Benign, Expect: truth.Expect, Start: truth.Start, End: truth.End,
			Events: truth.Events, Entities: h.named(truth.Entities), Related: h.named(truth.Related)})
	}
	return out
}

// TestTheDetectorsFindWhatIsPlanted is the demo without a broker and a store:
// everything that is planted is found by the detectors with their defaults, and
// innocent traffic, look-alikes among it, is left alone.
func TestTheDetectorsFindWhatIsPlanted(t *testing.T) {
	c := Default(1, start, 100*time.Minute, 10*time.Minute)
	c.Rate = 30
	f, h := fleet(t, c), newHunt(t, start.Add(24*time.Hour))
	var line []byte
	each(t, f, func(r *gateway.Record) {
		line = r.AppendTo(line[:0])
		h.take(line)
	})
	h.flush()
	h.findings = append(h.findings, h.engine.Flush()...)

	detectortest.Readable(t, h.findings)
	score := demo.Judge(h.plants(f), h.alerts())
	require.Len(t, score.Attacks, len(attackKinds))
	for _, v := range score.Attacks {
		if assert.NotNil(t, v.Alert, "%s was missed", v.Plant.Title) {
			t.Logf("%s: %s after %v: %s", v.Plant.Title, v.Alert.Detector, v.After.Round(time.Second), v.Alert.Title)
		}
	}
	for _, a := range score.False {
		t.Errorf("false alert in %d events: %s on %s %s: %s", h.events, a.Detector, a.Entity.Kind, a.Entity.Name, a.Title)
	}
}
