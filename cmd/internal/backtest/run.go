package backtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/pipeline"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// Candidate is a configuration that is tried.
type Candidate struct {
	Name   string
	Config *app.Config
	// Only, if set, chooses the findings that are counted and alerted on.
	Only func(f *schemas.Finding) bool
}

// Options say how candidates are tried.
type Options struct {
	Keys *redact.Keys
	// From is when counting begins: what is found before is warming up. Zero
	// counts from the first event on. To is when the events end; zero is after
	// the last one.
	From, To time.Time
	// Watch, if set, is called once before the run, with what will be counted
	// and how far it is.
	Watch func(*app.Replayed, app.Progress)
	Log   *slog.Logger
	// All, if set, counts the events of several runs together.
	All *app.Replayed
}

// Run shows the events of the source to the detectors of every candidate, in one
// pass, and returns what each found, in the same order. When ctx is done it
// returns what was found until then, marked as cut short, and no error.
func Run(ctx context.Context, source Source, candidates []Candidate, o Options) (_ *Result, err error) {
	var runs []*run
	defer func() {
		for _, r := range runs {
			err = errors.Join(err, r.close())
		}
	}()
	for _, c := range candidates {
		r, err := open(c, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		runs = append(runs, r)
	}
	seen := new(app.Replayed)
	if o.Watch != nil {
		o.Watch(seen, source.Progress)
	}
	started := time.Now()
	whole := context.WithoutCancel(ctx) // what was found is counted also at the end of ctx
	res := &Result{From: o.From}
	err = source.Each(ctx, func(b *schemas.Batch) error {
		count(seen, b)
		if o.All != nil {
			o.All.Events.Add(int64(b.Len()))
		}
		return each(runs, func(r *run) error { return r.observe(whole, b, seen) })
	})
	switch {
	case err != nil && ctx.Err() != nil:
		res.Cut = true // what is open is not judged
	case err != nil:
		return nil, err
	default:
		if err := each(runs, func(r *run) error { return r.finish(whole, seen) }); err != nil {
			return nil, err
		}
	}
	res.Took = time.Since(started)
	res.Events = seen.Events.Load()
	res.extent(seen, o)
	for _, r := range runs {
		res.Candidates = append(res.Candidates, r.outcome(res))
	}
	return res, nil
}

// each does something for all runs, side by side.
func each(runs []*run, do func(*run) error) error {
	if len(runs) == 1 {
		return do(runs[0])
	}
	errs := make([]error, len(runs))
	var wg sync.WaitGroup
	for i, r := range runs {
		wg.Go(func() { errs[i] = do(r) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// count notes the events of a batch.
func count(seen *app.Replayed, b *schemas.Batch) {
	for _, p := range b.Parts {
		for i := range p.Events {
			at := p.Events[i].Time
			if first := seen.FirstTime.Load(); first == 0 || at < first {
				seen.FirstTime.Store(at)
			}
			if at > seen.LastTime.Load() {
				seen.LastTime.Store(at)
			}
		}
		seen.Rejects.Add(int64(len(p.Rejects)))
	}
	seen.Events.Add(int64(b.Len()))
}

// run is one candidate at work.
type run struct {
	candidate Candidate
	options   Options
	detection *app.Detection
	alerts    *alerting.Manager
	tally     tally
}

func open(c Candidate, o Options) (*run, error) {
	detection, err := app.OpenDetection(c.Config, o.Keys, false, o.Log, nil)
	if err != nil {
		return nil, err
	}
	alerts, err := alerting.New(c.Config.Alerting.Replaying(), nil, o.Log, prometheus.NewRegistry())
	if err == nil {
		err = alerts.Open()
	}
	if err != nil {
		detection.Close()
		return nil, fmt.Errorf("alerting: %w", err)
	}
	return &run{candidate: c, options: o, detection: detection, alerts: alerts, tally: newTally()}, nil
}

func (r *run) close() error {
	r.detection.Close()
	return r.alerts.Close()
}

// observe shows a batch to the detectors.
func (r *run) observe(ctx context.Context, b *schemas.Batch, seen *app.Replayed) error {
	findings, err := r.detection.Observe(b, everything)
	if err != nil {
		return err
	}
	return r.take(ctx, findings, seen)
}

// finish closes what is open: there are no more events.
func (r *run) finish(ctx context.Context, seen *app.Replayed) error {
	return r.take(ctx, r.detection.Flush(), seen)
}

// take counts findings, and the alerts that they make.
func (r *run) take(ctx context.Context, findings []schemas.Finding, seen *app.Replayed) error {
	kept := findings[:0]
	for i := range findings {
		if only := r.candidate.Only; only == nil || only(&findings[i]) {
			kept = append(kept, findings[i])
			r.tally.finding(&findings[i], r.counts(findings[i].Detected))
		}
	}
	seen.Findings.Add(int64(len(kept)))
	alerts, err := pipeline.Tell(ctx, r.alerts, kept, r.detection.Ceased())
	if err != nil {
		return fmt.Errorf("group findings: %w", err)
	}
	if to, ok := r.detection.Watermark(); ok {
		ended, err := r.alerts.Advance(ctx, to)
		if err != nil {
			return fmt.Errorf("end alerts: %w", err)
		}
		alerts = append(alerts, ended...)
	}
	for i := range alerts {
		r.tally.alert(&alerts[i], r.counts(alerts[i].Finding.Detected))
	}
	return nil
}

// counts tells whether what was found at a time is counted.
func (r *run) counts(at time.Time) bool { return !at.Before(r.options.From) }
