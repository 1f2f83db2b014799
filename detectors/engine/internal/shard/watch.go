package shard

import (
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/correlation"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/report"
	"github.com/gatehound/gatehound/detectors/engine/internal/timeline"
	"github.com/gatehound/gatehound/schemas"
)

// Watch is a detector in the engine: its windows and what its last Conclude left.
// The states are in the shards' tables.
type Watch struct {
	detectors.Watcher
	// Spec is what the Watcher's method returns.
	Spec detectors.Spec
	// Index is its place among all watches, Slot that among those of its kind.
	Index, Slot int
	Frame       timeline.Frame
	// Runs are those of a correlator; nil if it is none.
	Runs *correlation.Runs
	// Prev and Total are the cohorts of the last and of the closing window.
	Prev, Total []uint64
	// Dropped tells that the detector is out of service and its states are gone.
	Dropped bool

	// disabled is set when the detector panics or takes too long, with why and the
	// id of the request at hand; shards set it side by side.
	disabled atomic.Bool
	why      report.Reason
	sample   string
}

// NewWatch returns the watch of a detector, the index-th.
func NewWatch(w detectors.Watcher, index int) (*Watch, error) {
	spec := w.Spec()
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("detector %d: %w", index, err)
	}
	_, cohort := w.Sizes()
	return &Watch{
		Watcher: w, Spec: spec, Index: index, Frame: timeline.NewFrame(spec.Window),
		Prev: zeroed(cohort), Total: zeroed(cohort),
	}, nil
}

// zeroed returns zeroed memory for a value of size bytes.
func zeroed(size uintptr) []uint64 { return make([]uint64, max(1, (size+7)/8)) }

// Pointer returns where the value is whose memory words are.
func Pointer(words []uint64) unsafe.Pointer { return unsafe.Pointer(&words[0]) }

// Continues tells whether o is the same detector with the same states.
func (w *Watch) Continues(o *Watch) bool {
	a, b := w.Spec, o.Spec
	return a.ID == b.ID && a.Entity == b.Entity && a.Window == b.Window && w.Layout() == o.Layout()
}

// Stop ends what a correlator is at, and discards what it found.
func (w *Watch) Stop() {
	if w.Runs != nil {
		w.Runs.Stop()
	}
}

// Disabled tells whether the detector is out of service.
func (w *Watch) Disabled() bool { return w.disabled.Load() }

// Why returns why the detector is out of service, with the id of the request at
// hand, "" if there was none. It is called when no shard is at work.
func (w *Watch) Why() (report.Reason, string) { return w.why, w.sample }

// Panicked takes a detector that panicked out of service; ev is the event at hand,
// if there is one. It returns what may be logged of the panic's value, which may
// quote input unless it is the runtime's, and false if the detector was out of
// service before.
func (w *Watch) Panicked(cause any, ev *schemas.Event) (text string, first bool) {
	text = fmt.Sprintf("%T", cause)
	if err, ok := cause.(runtime.Error); ok {
		text = err.Error()
	}
	if !w.disabled.CompareAndSwap(false, true) {
		return text, false
	}
	w.why = report.Reason{Panicked: true}
	if ev != nil && entities.Showable(ev.RequestID) {
		w.sample = strings.Clone(ev.RequestID)
	}
	return text, true
}

// Overspent takes a detector out of service that took so much CPU time for a call.
func (w *Watch) Overspent(cpu time.Duration) {
	w.disabled.Store(true)
	w.why = report.Reason{CPU: cpu}
}
