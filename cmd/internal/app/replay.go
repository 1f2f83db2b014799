package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/ingest/files"
	"github.com/gatehound/gatehound/schemas"
)

// Replayed is what a replay did so far.
type Replayed struct {
	Events, Rejects   atomic.Int64
	Findings, Covered atomic.Int64
	// FirstTime and LastTime bound the events' times, in Unix nanoseconds.
	FirstTime, LastTime atomic.Int64
	Redacted            [schemas.RedactionKinds]atomic.Int64
	Formats             nameCounts
	Reasons             nameCounts
}

// Progress tells how far a replay has come: bytes done and in all (0 if not
// known).
type Progress func() (done, total int64)

// Replay reads files through the pipeline in event time. sink gets the alerts.
// watch, if not nil, is called once before reading begins.
func Replay(ctx context.Context, cfg *Config, from files.Config, sink alerting.Sink, log *slog.Logger, watch func(*Replayed, Progress)) (*Replayed, error) {
	reg := prometheus.NewRegistry()
	source, err := files.New(from, log, reg)
	if err != nil {
		return nil, fmt.Errorf("files: %w", err)
	}
	r, held := &Replayed{}, &heldSink{Sink: sink}
	cfg.Alerting = cfg.Alerting.Replaying()
	if !slices.Contains(from.Paths, "-") {
		// Files always have more: batches end by their size alone, and the same
		// files make the same batches.
		cfg.Pipeline.BatchAge = time.Hour
	}
	var s *Service
	s, err = NewService(cfg, Options{Source: source, Group: "replay", Flush: true, NoSpool: true,
		Sinks: []alerting.Sink{held}, Logger: log, Metrics: reg,
		Observed: func(b *schemas.Batch, findings []schemas.Finding) {
			r.Observe(b, findings)
			held.settle(ctx, s.Alerts)
		}})
	if err != nil {
		return nil, err
	}
	if watch != nil {
		watch(r, source.Progress)
	}
	err = errors.Join(s.Run(ctx), s.Close())
	return r, errors.Join(err, held.release(context.WithoutCancel(ctx)))
}

// Observe counts a batch; the pipeline calls it from one goroutine.
func (r *Replayed) Observe(b *schemas.Batch, findings []schemas.Finding) {
	formats, reasons := map[string]int64{}, map[string]int64{}
	for _, part := range b.Parts {
		for i := range part.Events {
			e := &part.Events[i]
			if first := r.FirstTime.Load(); first == 0 || e.Time < first {
				r.FirstTime.Store(e.Time)
			}
			if e.Time > r.LastTime.Load() {
				r.LastTime.Store(e.Time)
			}
			formats[e.Format]++
			for k, n := range e.Redacted {
				if n > 0 {
					r.Redacted[k].Add(int64(n))
				}
			}
		}
		for i := range part.Rejects {
			reasons[part.Rejects[i].Reason]++
		}
		r.Events.Add(int64(len(part.Events)))
		r.Rejects.Add(int64(len(part.Rejects)))
	}
	r.Formats.add(formats)
	r.Reasons.add(reasons)
	for i := range findings {
		if findings[i].Exception != nil {
			r.Covered.Add(1)
		}
	}
	r.Findings.Add(int64(len(findings)))
}

// Span is the time that the events cover.
func (r *Replayed) Span() (from, to time.Time, ok bool) {
	if r.FirstTime.Load() == 0 {
		return from, to, false
	}
	return time.Unix(0, r.FirstTime.Load()).UTC(), time.Unix(0, r.LastTime.Load()).UTC(), true
}

// OpenInput opens a file, or standard input for "-".
func OpenInput(path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	return os.Open(path)
}
