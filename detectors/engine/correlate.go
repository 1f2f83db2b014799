package engine

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/correlation"
	"github.com/gatehound/gatehound/detectors/engine/internal/shard"
	"github.com/gatehound/gatehound/schemas"
)

// Correlated returns what correlators found since the last Observe, without waiting
// for those that are at it: while no events come, nothing else returns it.
func (e *Engine) Correlated() []schemas.Finding {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.findings = nil
	if e.closed() {
		return nil
	}
	return e.deliver()
}

// Correlating tells whether a correlator is at work, so that a snapshot would have
// to wait for it.
func (e *Engine) Correlating() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range e.watches {
		if w.Runs != nil && w.Runs.Going() {
			return true
		}
	}
	return false
}

// deliver returns all findings, with those of the correlators that are done.
func (e *Engine) deliver() []schemas.Finding {
	for _, w := range e.watches {
		if w.Runs != nil && w.Runs.Pending() && !w.Runs.Going() {
			e.settle(w)
		}
	}
	e.retire()
	e.collect()
	e.findings = append(e.findings, e.pending...)
	e.pending = nil
	return e.findings
}

// settleAll waits for all correlators.
func (e *Engine) settleAll() {
	for _, w := range e.watches {
		e.settle(w)
	}
}

// settle waits for w's correlator, if it is at work, and takes what it found.
func (e *Engine) settle(w *shard.Watch) {
	if w.Runs == nil || !w.Runs.Pending() {
		return
	}
	id, from := w.Spec.ID, time.Now()
	result := w.Runs.Wait()
	e.metrics.CorrelationWait.WithLabelValues(id).Add(time.Since(from).Seconds())
	e.metrics.CorrelationTime.WithLabelValues(id).Add(result.CPU.Seconds())
	e.metrics.Suppressed.Add(float64(result.Suppressed))
	e.metrics.Invalid.Add(float64(result.Invalid))
	if result.Invalid > 0 {
		e.shared.Log.Error("detector reported campaigns that are not valid", "detector", id, "findings", result.Invalid)
	}
	for i := range result.Findings {
		e.metrics.Finding(result.Findings[i].Severity, id)
	}
	e.pending = append(e.pending, result.Findings...)
	if p := result.Panic; p != nil {
		e.shared.Panicked(w, p.Cause, p.Stack, nil)
	}
}

// profile copies what w's correlator compares of all entities.
func (e *Engine) profile(w *shard.Watch, start int64, load int) {
	rooms := make([]int, len(e.shards))
	for i, s := range e.shards {
		rooms[i] = s.States(w).Used()
	}
	w.Runs.Begin(rooms)
	var cpu atomic.Int64
	e.run(load, func(s *shard.Shard) { cpu.Add(int64(s.Profile(w, start))) })
	e.metrics.CorrelationTime.WithLabelValues(w.Spec.ID).Add(time.Duration(cpu.Load()).Seconds())
	e.metrics.Profiles.WithLabelValues(w.Spec.ID).Set(float64(w.Runs.Profiles()))
}

// correlate starts w's correlator on the profiles of the window, of which the
// cohort is w.Total.
func (e *Engine) correlate(w *shard.Watch, start int64) {
	e.metrics.Correlations.WithLabelValues(w.Spec.ID).Inc()
	w.Runs.Start(e.ctx, correlation.Window{Start: start, Cohort: shard.Pointer(w.Total), Rotated: e.shared.Rotated})
}

// save returns what w's correlator keeps; nil of others.
func (e *Engine) save(w *shard.Watch) (state []byte) {
	if w.Runs != nil && !w.Disabled() {
		e.shards[0].Guarded(w, func() { state = w.Runs.Save() })
	}
	return state
}

// load gives a correlator back what it kept; what it refuses it has forgotten.
func (e *Engine) load(w *shard.Watch, state []byte) {
	if w.Runs == nil || w.Disabled() {
		return
	}
	e.shards[0].Guarded(w, func() {
		if len(state) == 0 {
			state = nil
		}
		if err := w.Runs.Load(bytes.Clone(state)); err != nil {
			e.shared.Log.Warn("detector refused what it had kept of past windows, and begins anew", "detector", w.Spec.ID, "error", err)
		}
	})
}
