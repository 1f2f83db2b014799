package engine

import (
	"github.com/gatehound/gatehound/detectors/engine/internal/cputime"
	"github.com/gatehound/gatehound/detectors/engine/internal/report"
	"github.com/gatehound/gatehound/schemas"
)

// weigh disables the detectors that take more than the budget.
func (e *Engine) weigh() {
	if e.shared.Budget == 0 {
		return
	}
	meters := make([]*cputime.Meter, len(e.shards))
	for _, w := range e.watches {
		if w.Disabled() {
			continue
		}
		for i, s := range e.shards {
			meters[i] = s.Meter(w)
		}
		sum := cputime.Sum(meters...)
		if over := sum.Over(e.shared.Budget); over > 0 {
			w.Overspent(over)
			e.shared.Log.Error("detector takes more than its budget and is disabled", "detector", w.Spec.ID,
				"cpu", over, "budget", e.shared.Budget)
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
		if !w.Disabled() || w.Dropped {
			continue
		}
		w.Dropped = true
		for _, s := range e.shards {
			s.Dirs[w.Spec.Entity].DropAll(w.Slot)
			s.KeepTold(e.watches)
		}
		e.rekind()
		e.metrics.Disabled.Inc()
		why, sample := w.Why()
		why.Budget = e.shared.Budget
		e.retired = append(e.retired, report.Disabled(w.Spec.ID, why, sample, e.shared.Table, max(0, e.timeline.Clock)))
	}
}

// tell puts a finding of the engine's own behind the others; nil is none.
func (e *Engine) tell(f *schemas.Finding) {
	if f != nil {
		e.findings = append(e.findings, *f)
		e.metrics.Finding(f.Severity, "engine")
	}
}
