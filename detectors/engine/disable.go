package engine

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// reason is why a detector is disabled: a panic, or CPU time, which is that of a
// call on average.
type reason struct {
	panicked bool
	cpu      time.Duration
}

// panicked takes a detector that panicked out of service; ev is the event at
// hand, if there is one. The panic's value is not logged unless it is the
// runtime's, as it may quote input. It is called on any shard.
func (e *Engine) panicked(w *watch, cause any, ev *schemas.Event) {
	text := fmt.Sprintf("%T", cause)
	if err, ok := cause.(runtime.Error); ok {
		text = err.Error()
	}
	if !w.disabled.CompareAndSwap(false, true) {
		return
	}
	w.why = reason{panicked: true}
	if ev != nil && entities.Showable(ev.RequestID) {
		w.sample = strings.Clone(ev.RequestID)
	}
	e.log.Error("detector panicked and is disabled", "detector", w.spec.ID,
		"cause", text, "stack", string(debug.Stack()))
}

// overspent takes a detector out of service that takes more than its budget.
func (e *Engine) overspent(w *watch, cpu time.Duration) {
	w.disabled.Store(true)
	w.why = reason{cpu: cpu}
	e.log.Error("detector takes more than its budget and is disabled", "detector", w.spec.ID,
		"cpu", cpu, "budget", e.settings.Config.Budget)
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
		e.metrics.disabled.Inc()
		e.retired = append(e.retired, e.disabled(w))
	}
}

// disabled is the finding that a detector is out of service.
func (e *Engine) disabled(w *watch) schemas.Finding {
	at := max(0, e.timeline.Clock)
	f := e.report("engine.disabled", "detector "+w.spec.ID, at)
	f.Severity, f.Events = schemas.SeverityHigh, 1
	if w.sample != "" {
		f.Samples = []string{w.sample}
	}
	who := entities.Subject{Kind: schemas.EntityGlobal}
	f.Query = entities.Evidence(e.settings.Table, &who, max(0, at-int64(time.Minute)), at+1)
	if w.why.panicked {
		f.Title = fmt.Sprintf("Detector %s panicked and is disabled: no findings of it any more", w.spec.ID)
		f.Summary = fmt.Sprintf("Detector %s panicked, which none is expected to do, and what it knew is dropped. Report the stack in the log as a fault, and reload the configuration to enable it again.", w.spec.ID)
		f.Features = []schemas.Feature{{Name: "panics", Observed: 1, Expected: 0, Weight: 1, Text: "The detector panicked; the others go on."}}
		return f
	}
	micros := func(d time.Duration) float64 { return math.Round(float64(d)/100) / 10 }
	took, budget := micros(w.why.cpu), micros(e.settings.Config.Budget)
	f.Title = fmt.Sprintf("Detector %s is disabled: %s µs of CPU a call", w.spec.ID, words.Number(took))
	f.Summary = fmt.Sprintf("Detector %s took %s µs of CPU time for an event or entity on average, against the %s µs that engine.budget allows, and what it knew is dropped. Raise the setting or narrow the detector's, and reload the configuration to enable it again.",
		w.spec.ID, words.Number(took), words.Number(budget))
	f.Features = []schemas.Feature{{Name: "cpu_time", Observed: took, Expected: budget, Unit: "µs", Weight: 1,
		Text: fmt.Sprintf("It took %s µs of CPU time a call; at most %s µs are allowed.", words.Number(took), words.Number(budget))}}
	return f
}
