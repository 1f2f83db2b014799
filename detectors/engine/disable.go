package engine

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/cputime"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/report"
	"github.com/gatehound/gatehound/schemas"
)

// panicked takes a detector that panicked out of service; ev is the event at
// hand, if there is one. The panic's value is not logged unless it is the
// runtime's, as it may quote input. It is called on any shard.
func (e *Engine) panicked(w *watch, cause any, ev *schemas.Event) {
	e.disable(w, cause, debug.Stack(), ev)
}

// disable is panicked for a panic elsewhere, where stack was taken.
func (e *Engine) disable(w *watch, cause any, stack []byte, ev *schemas.Event) {
	text := fmt.Sprintf("%T", cause)
	if err, ok := cause.(runtime.Error); ok {
		text = err.Error()
	}
	if !w.disabled.CompareAndSwap(false, true) {
		return
	}
	w.why = report.Reason{Panicked: true}
	if ev != nil && entities.Showable(ev.RequestID) {
		w.sample = strings.Clone(ev.RequestID)
	}
	e.log.Error("detector panicked and is disabled", "detector", w.spec.ID,
		"cause", text, "stack", string(stack))
}

// overspent takes a detector out of service that takes more than its budget.
func (e *Engine) overspent(w *watch, cpu time.Duration) {
	w.disabled.Store(true)
	w.why = report.Reason{CPU: cpu}
	e.log.Error("detector takes more than its budget and is disabled", "detector", w.spec.ID,
		"cpu", cpu, "budget", e.settings.Config.Budget)
}

// weigh disables the detectors that take more than the budget.
func (e *Engine) weigh() {
	if e.settings.Config.Budget == 0 {
		return
	}
	meters := make([]*cputime.Meter, len(e.shards))
	for _, w := range e.watches {
		if w.disabled.Load() {
			continue
		}
		for i, s := range e.shards {
			meters[i] = &s.costs[w.index]
		}
		sum := cputime.Sum(meters...)
		if over := sum.Over(e.settings.Config.Budget); over > 0 {
			e.overspent(w, over)
		} else if sum.Full() {
			for _, m := range meters {
				m.Halve()
			}
		}
	}
}

// retire drops the state of detectors that were disabled since, and reports
// them.
func (e *Engine) retire() {
	for _, w := range e.watches {
		if !w.disabled.Load() || w.dropped {
			continue
		}
		w.dropped = true
		for _, s := range e.shards {
			s.dirs[w.spec.Entity].DropAll(w.slot)
			s.keepTold(e.watches)
		}
		e.rekind()
		e.metrics.Disabled.Inc()
		w.why.Budget = e.settings.Config.Budget
		e.retired = append(e.retired, report.Disabled(w.spec.ID, w.why, w.sample, e.settings.Table, max(0, e.timeline.Clock)))
	}
}

// tell puts a finding of the engine's own behind the others; nil is none.
func (e *Engine) tell(f *schemas.Finding) {
	if f != nil {
		e.findings = append(e.findings, *f)
		e.metrics.Finding(f.Severity, "engine")
	}
}
