package evaluate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// hunt puts one fleet through ingest and detection.
type hunt struct {
	keys       *redact.Keys
	normalizer *ingest.Normalizer
	detection  *app.Detection
	chunk      ingest.Chunk
	findings   []schemas.Finding
	// dropped counts findings beyond maxFindings.
	events, dropped int64
	// times has those of each attack's requests.
	times   [][]int64
	callers callers
}

// batch is how many records go through together. maxFindings bounds what one
// seed may find: who finds more has another problem.
const (
	batch       = 1000
	maxFindings = 200_000
)

// callers counts principals by the day, about.
type callers struct {
	key  sketch.Key
	day  int64
	seen sketch.HLL1024
	sum  float64
}

func (c *callers) add(at int64, principal []byte) {
	if day := at / int64(24*time.Hour); day != c.day {
		c.settle()
		c.day = day
	}
	if len(principal) > 0 {
		c.seen.Add(c.key.String(string(principal)))
	}
}

func (c *callers) settle() {
	c.sum += c.seen.Count()
	c.seen.Reset()
}

// seed runs the i-th seed.
func (o *Options) seed(ctx context.Context, i int, log *slog.Logger, p *Progress) (_ *result, err error) {
	plan := o.plan(i)
	fleet, err := simulate.New(plan.fleet)
	if err != nil {
		return nil, fmt.Errorf("seed %d: %w", o.Seeds[i], err)
	}
	h, err := o.open(log)
	if err != nil {
		return nil, fmt.Errorf("seed %d: %w", o.Seeds[i], err)
	}
	defer h.detection.Close()
	h.times = make([][]int64, len(plan.fleet.Plants))
	last, err := h.follow(ctx, fleet, p)
	if err != nil {
		return nil, fmt.Errorf("seed %d: %w", o.Seeds[i], err)
	}
	return h.judge(fleet, plan, last, o), nil
}

// open makes ingest and detection as the service has them.
func (o *Options) open(log *slog.Logger) (*hunt, error) {
	// Pseudonyms have to be the same in every run.
	keys, err := redact.NewKeys("k1", redact.Key{ID: "k1", Secret: make([]byte, 32)})
	if err != nil {
		return nil, err
	}
	reg := prometheus.NewRegistry()
	in, err := app.OpenIngest(o.Config, keys, log, reg)
	if err != nil {
		return nil, err
	}
	h := &hunt{keys: keys}
	if h.normalizer, err = in.Normalizer(); err != nil {
		return nil, err
	}
	h.detection, err = app.OpenDetection(o.Config, keys, false, log, reg)
	return h, err
}

// follow takes every record of the fleet until it ends or ctx is done, and
// returns the time that it has come to.
func (h *hunt) follow(ctx context.Context, f *simulate.Fleet, p *Progress) (last int64, err error) {
	benign := map[int]bool{-1: true}
	for i, t := range f.Truths() {
		benign[i] = t.Benign
	}
	reported, counted := f.Start().UnixNano(), 0
	last = reported
	var line []byte
	for n := 0; n%batch != 0 || ctx.Err() == nil; n++ {
		r, ok := f.Next()
		if !ok {
			break
		}
		last = r.Time
		if benign[r.Truth] {
			h.callers.add(r.Time, r.Principal)
		} else {
			h.times[r.Truth] = append(h.times[r.Truth], r.Time)
		}
		line = r.AppendTo(line[:0])
		full, err := h.take(line)
		if err != nil {
			return last, err
		}
		if full {
			p.Events.Add(batch)
			p.Findings.Add(int64(len(h.findings) - counted))
			counted = len(h.findings)
			p.Done.Add(last - reported)
			reported = last
		}
	}
	if err := h.flush(); err != nil {
		return last, err
	}
	h.keep(h.detection.Flush())
	h.callers.settle()
	p.Done.Add(last - reported)
	return last, nil
}

// take gathers records, and reports whether a batch went through.
func (h *hunt) take(record []byte) (bool, error) {
	h.chunk.Slab = append(h.chunk.Slab, record...)
	h.chunk.Ends = append(h.chunk.Ends, len(h.chunk.Slab))
	h.chunk.Offsets = append(h.chunk.Offsets, h.chunk.Next)
	h.chunk.Next++
	if len(h.chunk.Ends) < batch {
		return false, nil
	}
	return true, h.flush()
}

func (h *hunt) flush() error {
	h.chunk.Topic = "gateway-logs"
	part := h.normalizer.Normalize(&h.chunk)
	if n := len(part.Rejects); n > 0 {
		return fmt.Errorf("%d simulated records were rejected, the first as %s", n, part.Rejects[0].Reason)
	}
	h.events += int64(len(part.Events))
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
func (h *hunt) keep(found []schemas.Finding) {
	found = slices.DeleteFunc(found, func(f schemas.Finding) bool { return f.Exception != nil })
	if room := maxFindings - len(h.findings); len(found) > room {
		h.dropped += int64(len(found) - room)
		found = found[:room]
	}
	h.findings = append(h.findings, found...)
}
