// Package correlation runs correlators beside the engine, a window at a time each,
// and completes what they find. It knows neither shards nor tables: who starts a
// run has copied the profiles before.
package correlation

import (
	"context"
	"runtime/debug"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/cputime"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// Settings is what a correlator runs with.
type Settings struct {
	Spec detectors.Spec
	// Key is the engine's, Table that of events.
	Key   sketch.Key
	Table string
	// Room is how many findings a window may have; half of it is for severities
	// from high on.
	Room int
}

// Runs are those of a correlator, one at a time. Its methods are called by one
// goroutine at a time, and those of Correlating only while none is going on.
type Runs struct {
	detectors.Correlating
	set    Settings
	cancel context.CancelFunc
	// done is closed at the end of the run that is going on; nil if there is none.
	done   chan struct{}
	result Result
}

// Window is a closed window; the cohort stays as it is until the run was waited
// for.
type Window struct {
	Start  int64
	Cohort unsafe.Pointer
	// Rotated tells that a principal's pseudonym may not be that of all its events.
	Rotated bool
}

// Result is what a run brought.
type Result struct {
	Findings []schemas.Finding
	CPU      time.Duration
	// Suppressed is how many findings there was no room for, Invalid how many had
	// no valid id or a figure that is not finite.
	Suppressed, Invalid int
	// Panic is set if the correlator panicked; what it found before counts.
	Panic *Panic
}

// Panic is what was recovered, and where.
type Panic struct {
	Cause any
	Stack []byte
}

// New returns the runs of c.
func New(c detectors.Correlating, s Settings) *Runs { return &Runs{Correlating: c, set: s} }

// Start lets the profiles be judged on a goroutine, for which Wait or Stop waits.
// The run ends early when ctx is done. None may be going on.
func (r *Runs) Start(ctx context.Context, w Window) {
	ctx, r.cancel = context.WithCancel(ctx)
	r.done, r.result = make(chan struct{}), Result{}
	go func() {
		defer close(r.done)
		r.run(ctx, w)
	}()
}

func (r *Runs) run(ctx context.Context, w Window) {
	defer func() {
		if cause := recover(); cause != nil {
			r.result.Panic = &Panic{cause, debug.Stack()}
		}
		if ctx.Err() != nil {
			r.result = Result{} // half of a judgement
		}
	}()
	c := newCompleter(r.set, w, &r.result)
	x := detectors.NewCorrelation(ctx, w.Start, r.set.Spec.Window, r.set.Key, c.take)
	r.result.CPU = cputime.Of(func() { r.Correlate(x, w.Cohort) })
}

// Pending tells whether a run was started and not waited for.
func (r *Runs) Pending() bool { return r.done != nil }

// Going tells whether a run has not ended yet.
func (r *Runs) Going() bool {
	if r.done == nil {
		return false
	}
	select {
	case <-r.done:
		return false
	default:
		return true
	}
}

// Wait waits for the pending run and returns what it brought: nothing if it was
// cancelled.
func (r *Runs) Wait() Result {
	<-r.done
	r.cancel()
	out := r.result
	r.done, r.result = nil, Result{}
	return out
}

// Stop cancels the pending run, if there is one, and waits for its end.
func (r *Runs) Stop() {
	if r.Pending() {
		r.cancel()
		r.Wait()
	}
}
