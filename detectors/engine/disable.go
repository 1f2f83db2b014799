package engine

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// disable takes a detector that panicked out of service. The panic's value is
// not logged unless it is the runtime's, as it may quote input.
func (e *Engine) disable(w *watch, cause any) {
	text := fmt.Sprintf("%T", cause)
	if err, ok := cause.(runtime.Error); ok {
		text = err.Error()
	}
	if w.disabled.CompareAndSwap(false, true) {
		e.metrics.disabled.Inc()
		e.log.Error("detector panicked and is disabled", "detector", w.spec.ID,
			"cause", text, "stack", string(debug.Stack()))
	}
}
