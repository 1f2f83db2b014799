package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/gatehound/gatehound/detectors/engine/internal/shard"
	"github.com/gatehound/gatehound/detectors/engine/internal/timeline"
	"github.com/gatehound/gatehound/detectors/engine/internal/told"
)

// inOrderOfEnd returns the watches in the order in which their windows close.
func (e *Engine) inOrderOfEnd() []*shard.Watch {
	out := slices.Clone(e.watches)
	slices.SortStableFunc(out, func(a, b *shard.Watch) int { return cmp.Compare(a.Frame.End(), b.Frame.End()) })
	return out
}

// advance closes what is over before an event at time at is dealt.
func (e *Engine) advance(at int64) {
	watermark := e.timeline.Watermark()
	closed := make([]int, len(e.watches)) // for this event
	for _, w := range e.watches {
		if !w.Frame.Opened {
			w.Frame.Opened = true
			w.Frame.Move(w.Frame.Floor(max(min(watermark, at), 0)))
		}
	}
	for {
		var next *shard.Watch
		for _, w := range e.watches {
			if w.Frame.Start < w.Frame.Target(watermark, at) && (next == nil || w.Frame.End() < next.Frame.End()) {
				next = w
			}
		}
		if next == nil {
			break
		}
		if closed[next.Index]++; closed[next.Index] > timeline.EmptyWindows {
			next.Frame.Move(next.Frame.Target(watermark, at))
			continue
		}
		if next.Frame.End() > watermark {
			e.metrics.Forced.Inc()
		}
		e.closeWindow(next)
	}
	for _, f := range e.hidden.PassDay(e.shared.Allow, watermark, at) {
		e.tell(f)
	}
	e.passMinute(watermark)
	e.reckon()
}

// closeAll closes all open windows.
func (e *Engine) closeAll() {
	for range 2 {
		for _, w := range e.inOrderOfEnd() {
			if w.Frame.Opened && w.Frame.Start <= e.timeline.Clock {
				e.closeWindow(w)
			}
		}
	}
	for _, f := range e.hidden.EndDay(e.shared.Allow, e.timeline.Clock) {
		e.tell(f)
	}
	e.reckon()
}

// turnBack opens the windows anew that a wrong time has closed.
func (e *Engine) turnBack() {
	e.metrics.TurnedBack.Inc()
	e.turnCauses()
	for _, w := range e.watches {
		if !w.Frame.Opened || w.Frame.Start <= e.timeline.Clock {
			continue
		}
		e.closeWindow(w)
		e.closeWindow(w)
		w.Frame.Move(w.Frame.Floor(max(e.timeline.Watermark(), 0)))
	}
	e.reckon()
}

// reckon sets the times that the dealer compares each event with.
func (e *Engine) reckon() {
	e.due, e.force, e.missed, e.lost = math.MaxInt64, math.MaxInt64, math.MinInt64, math.MaxInt64
	for _, w := range e.watches {
		if !w.Frame.Opened {
			e.due, e.force, e.missed, e.lost = math.MinInt64, math.MinInt64, math.MinInt64, math.MinInt64
			return
		}
		e.due = min(e.due, w.Frame.End())
		e.force = min(e.force, w.Frame.End()+w.Frame.Window)
		e.missed = max(e.missed, w.Frame.Start)
		e.lost = min(e.lost, w.Frame.Start)
	}
	e.due = min(e.due, e.hidden.End, e.minute)
}

// closeWindow ends the older window of w: it gathers the cohort, concludes, copies
// what a correlator compares, closes, and lets the correlator begin. The events
// dealt so far are observed before, and the window before is correlated.
func (e *Engine) closeWindow(w *shard.Watch) {
	e.work()
	e.settle(w)
	start := w.Frame.Start
	w.Frame.Move(start + w.Frame.Window)
	if w.Disabled() {
		return
	}
	load := 0
	for _, s := range e.shards {
		load += s.States(w).Used()
	}
	clear(w.Total)
	e.run(load, func(s *shard.Shard) { s.Gather(w, start) })
	for _, s := range e.shards {
		s.Merge(w)
	}
	if !w.Disabled() {
		e.shards[0].Conclude(w, start)
	}
	if w.Runs != nil && !w.Disabled() {
		e.profile(w, start, load)
	}
	if !w.Disabled() && load > 0 {
		e.run(load, func(s *shard.Shard) { s.Close(w, start) })
	}
	copy(w.Prev, w.Total)
	e.retire()
	e.collect()
	if w.Runs != nil && !w.Disabled() {
		e.correlate(w, start)
	}
	for _, s := range e.shards {
		s.Told.Forget(func(t told.Once) bool { return t.Watch == w.Spec.ID && t.Start <= start })
	}
}
