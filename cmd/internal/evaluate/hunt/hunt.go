package hunt

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// Batch is how many records go through together. MaxFindings bounds what one hunt
// may find: who finds more has another problem.
const (
	Batch       = 1000
	MaxFindings = 200_000
)

// Hunt is one stream of records and what is found in it.
type Hunt struct {
	// Keys made the pseudonyms by which findings name whom they are about. They are
	// the same in every hunt.
	Keys *redact.Keys
	// Events counts what went through.
	Events int64
	// Findings are those that would raise an alert, Dropped counts those beyond
	// MaxFindings.
	Findings []schemas.Finding
	Dropped  int64
	// Each, if not nil, is shown every event before the detectors are. The event is
	// its only until it returns.
	Each func(*schemas.Event)

	normalizer *ingest.Normalizer
	detection  *app.Detection
	chunk      ingest.Chunk
}

// Open makes ingest and detection as the service has them. Close ends it.
func Open(cfg *app.Config, log *slog.Logger) (*Hunt, error) {
	// Pseudonyms have to be the same in every run.
	keys, err := redact.NewKeys("k1", redact.Key{ID: "k1", Secret: make([]byte, 32)})
	if err != nil {
		return nil, err
	}
	reg := prometheus.NewRegistry()
	in, err := app.OpenIngest(cfg, keys, log, reg)
	if err != nil {
		return nil, err
	}
	h := &Hunt{Keys: keys}
	if h.normalizer, err = in.Normalizer(); err != nil {
		return nil, err
	}
	if h.detection, err = app.OpenDetection(cfg, keys, false, log, reg); err != nil {
		return nil, err
	}
	return h, nil
}

// Close ends the detectors.
func (h *Hunt) Close() { h.detection.Close() }

// Take gathers records, which it copies, and reports whether a batch went through.
func (h *Hunt) Take(record []byte) (bool, error) {
	h.chunk.Slab = append(h.chunk.Slab, record...)
	h.chunk.Ends = append(h.chunk.Ends, len(h.chunk.Slab))
	h.chunk.Offsets = append(h.chunk.Offsets, h.chunk.Next)
	h.chunk.Next++
	if len(h.chunk.Ends) < Batch {
		return false, nil
	}
	return true, h.flush()
}

// Finish puts through what was gathered and closes all windows.
func (h *Hunt) Finish() error {
	if err := h.flush(); err != nil {
		return err
	}
	h.keep(h.detection.Flush())
	return nil
}

func (h *Hunt) flush() error {
	h.chunk.Topic = "gateway-logs"
	part := h.normalizer.Normalize(&h.chunk)
	if n := len(part.Rejects); n > 0 {
		return fmt.Errorf("%d simulated records were rejected, the first as %s", n, part.Rejects[0].Reason)
	}
	h.Events += int64(len(part.Events))
	if h.Each != nil {
		for i := range part.Events {
			h.Each(&part.Events[i])
		}
	}
	b := &schemas.Batch{Parts: []*schemas.Part{part}}
	b.Seal()
	found, err := h.detection.Observe(b, h.detection.Next)
	h.keep(found)
	h.chunk = ingest.Chunk{First: h.chunk.Next, Next: h.chunk.Next, Slab: h.chunk.Slab[:0], Ends: h.chunk.Ends[:0], Offsets: h.chunk.Offsets[:0]}
	if err != nil {
		return errors.Join(errors.New("detect"), err)
	}
	return nil
}

// keep keeps findings that would raise an alert.
func (h *Hunt) keep(found []schemas.Finding) {
	found = slices.DeleteFunc(found, func(f schemas.Finding) bool { return f.Exception != nil })
	if room := MaxFindings - len(h.Findings); len(found) > room {
		h.Dropped += int64(len(found) - room)
		found = found[:room]
	}
	h.Findings = append(h.Findings, found...)
}
