package engine

import (
	"bytes"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/correlation"
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
		if w.runs != nil && w.runs.Going() {
			return true
		}
	}
	return false
}

// deliver returns all findings, with those of the correlators that are done.
func (e *Engine) deliver() []schemas.Finding {
	for _, w := range e.watches {
		if w.runs != nil && w.runs.Pending() && !w.runs.Going() {
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
func (e *Engine) settle(w *watch) {
	if w.runs == nil || !w.runs.Pending() {
		return
	}
	id, from := w.spec.ID, time.Now()
	result := w.runs.Wait()
	e.metrics.CorrelationWait.WithLabelValues(id).Add(time.Since(from).Seconds())
	e.metrics.CorrelationTime.WithLabelValues(id).Add(result.CPU.Seconds())
	e.metrics.Suppressed.Add(float64(result.Suppressed))
	e.metrics.Invalid.Add(float64(result.Invalid))
	if result.Invalid > 0 {
		e.log.Error("detector reported campaigns that are not valid", "detector", id, "findings", result.Invalid)
	}
	for i := range result.Findings {
		e.metrics.Finding(result.Findings[i].Severity, id)
	}
	e.pending = append(e.pending, result.Findings...)
	if p := result.Panic; p != nil {
		e.disable(w, p.Cause, p.Stack, nil)
	}
}

// correlate starts w's correlator on the profiles of the window, of which the
// cohort is w.total.
func (e *Engine) correlate(w *watch, start int64) {
	e.metrics.Correlations.WithLabelValues(w.spec.ID).Inc()
	w.runs.Start(e.ctx, correlation.Window{Start: start, Cohort: pointer(w.total), Rotated: e.rotated})
}

// save returns what w's correlator keeps; nil of others.
func (e *Engine) save(w *watch) (state []byte) {
	if w.runs != nil && !w.disabled.Load() {
		e.shards[0].guarded(w, func() { state = w.runs.Save() })
	}
	return state
}

// load gives a correlator back what it kept; what it refuses it has forgotten.
func (e *Engine) load(w *watch, state []byte) {
	if w.runs == nil || w.disabled.Load() {
		return
	}
	e.shards[0].guarded(w, func() {
		if len(state) == 0 {
			state = nil
		}
		if err := w.runs.Load(bytes.Clone(state)); err != nil {
			e.log.Warn("detector refused what it had kept of past windows, and begins anew", "detector", w.spec.ID, "error", err)
		}
	})
}
