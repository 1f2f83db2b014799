package engine

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"unsafe"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/correlation"
	"github.com/gatehound/gatehound/detectors/engine/internal/cputime"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/report"
	"github.com/gatehound/gatehound/detectors/engine/internal/timeline"
	"github.com/gatehound/gatehound/detectors/engine/internal/told"
	"github.com/gatehound/gatehound/schemas"
)

// watch is a detector in the engine: its windows and what its last Conclude
// left. The states are in the shards' tables.
type watch struct {
	detectors.Watcher
	spec  detectors.Spec
	index int
	slot  int // place among the watches of its kind
	frame timeline.Frame
	// runs are those of a correlator; nil if it is none.
	runs *correlation.Runs
	// prev and total are the cohorts of the last and of the closing window.
	prev, total []uint64
	// disabled is set when the detector panics or takes too long, dropped when
	// its state is gone and it is reported, with why and a request id.
	disabled atomic.Bool
	dropped  bool
	why      report.Reason
	sample   string
	// closed counts the windows closed for one event.
	closed int
}

func newWatch(w detectors.Watcher, index int) (*watch, error) {
	spec := w.Spec()
	if err := spec.Validate(); err != nil {
		return nil, fmt.Errorf("detector %d: %w", index, err)
	}
	_, cohort := w.Sizes()
	return &watch{
		Watcher: w, spec: spec, index: index, frame: timeline.NewFrame(spec.Window),
		prev: zeroed(cohort), total: zeroed(cohort),
	}, nil
}

// stop ends what w's correlator is at, and discards what it found.
func (w *watch) stop() {
	if w.runs != nil {
		w.runs.Stop()
	}
}

// zeroed returns zeroed memory for a value of size bytes.
func zeroed(size uintptr) []uint64 { return make([]uint64, max(1, (size+7)/8)) }

func pointer(w []uint64) unsafe.Pointer { return unsafe.Pointer(&w[0]) }

// install puts watchers in force and keeps the state of those that were there.
func (e *Engine) install(watchers []detectors.Watcher) error {
	var watches []*watch
	for i, w := range watchers {
		n, err := newWatch(w, i)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(watches, func(o *watch) bool { return o.spec.ID == n.spec.ID }) {
			return fmt.Errorf("detector %s is there twice", n.spec.ID)
		}
		if c := w.Correlating(); c != nil {
			n.runs = correlation.New(c, correlation.Settings{
				Spec: n.spec, Key: e.key, Table: e.settings.Table, Room: e.settings.Config.Findings,
			})
		}
		watches = append(watches, n)
	}
	e.settleAll()
	kept := map[string][]byte{}
	for _, w := range e.watches {
		kept[w.spec.ID] = e.save(w)
	}
	e.retire() // who panicked by then
	old := make([]*watch, len(watches))
	for i, w := range watches {
		if j := slices.IndexFunc(e.watches, w.continues); j >= 0 && !e.watches[j].disabled.Load() {
			old[i] = e.watches[j]
			w.frame, w.prev = old[i].frame, old[i].prev
		}
	}
	var byKind [kinds][]*watch
	var watched []entities.Watched
	var ids []string
	cohort := 0
	for _, w := range watches {
		of := &byKind[w.spec.Entity]
		if w.slot = len(*of); w.slot == maxOfKind {
			return fmt.Errorf("detector %s: there are more than %d of its kind of entity", w.spec.ID, maxOfKind)
		}
		*of = append(*of, w)
		cohort, ids = max(cohort, len(w.total)), append(ids, w.spec.ID)
		size, _ := w.Sizes()
		watched = append(watched, entities.Watched{Kind: w.spec.Entity, Size: size, Share: w.spec.Share})
	}
	plan := entities.NewPlan(int(e.settings.Config.Memory)/len(e.shards), watched, e.pages)
	for _, s := range e.shards {
		s.cohort, s.costs = make([]uint64, cohort), make([]cputime.Meter, len(watches))
		for kind, of := range byKind {
			s.equip(schemas.EntityKind(kind), of, old, plan)
		}
		s.keepTold(watches)
	}
	e.watches, e.byKind = watches, byKind
	e.rekind()
	e.metrics.Watch(ids)
	for i, w := range watches {
		if w.runs == nil {
			continue
		}
		e.metrics.Correlate(w.spec.ID)
		if old[i] != nil {
			e.load(w, kept[w.spec.ID])
		} else {
			e.load(w, nil)
		}
	}
	e.reckon()
	return nil
}

// maxOfKind is how many watches a kind of entity can have: an item has a bit
// for each.
const maxOfKind = 32

// equip gives the shard a directory of a kind for the watches of, with what the
// watches old of them have of states.
func (s *shard) equip(kind schemas.EntityKind, of, old []*watch, p *entities.Plan) {
	d := s.dirs[kind]
	switch {
	case len(of) == 0:
		if d != nil {
			d.Clear()
		}
		s.dirs[kind] = nil
	case d == nil:
		s.dirs[kind] = entities.New(kind, p.Limits(kind))
	default:
		from := make([]int, len(of))
		for i, w := range of {
			if from[i] = -1; old[w.index] != nil {
				from[i] = old[w.index].slot
			}
		}
		s.dirs[kind] = d.Reshape(p.Limits(kind), from)
	}
}

// rekind notes which watches of each kind want what.
func (e *Engine) rekind() {
	for kind, of := range e.byKind {
		k := kindOf{watched: len(of) > 0, counts: kind == int(schemas.EntityAddress) && len(of) > 0}
		for _, w := range of {
			k.counts = k.counts || w.spec.MinEvents > 1
			switch {
			case w.disabled.Load():
			case w.spec.Wants == nil:
				k.always |= 1 << w.slot
			default:
				k.picky = append(k.picky, w)
			}
		}
		e.kinds[kind] = k
	}
}

// continues tells whether o is the same detector as w with the same states.
func (w *watch) continues(o *watch) bool {
	a, b := w.spec, o.spec
	return a.ID == b.ID && a.Entity == b.Entity && a.Window == b.Window && w.Layout() == o.Layout()
}

// inOrderOfEnd returns the watches in the order in which their windows close.
func (e *Engine) inOrderOfEnd() []*watch {
	out := slices.Clone(e.watches)
	slices.SortStableFunc(out, func(a, b *watch) int { return cmp.Compare(a.frame.End(), b.frame.End()) })
	return out
}

// advance closes what is over before an event at time at is dealt.
func (e *Engine) advance(at int64) {
	watermark := e.timeline.Watermark()
	for _, w := range e.watches {
		w.closed = 0
		if !w.frame.Opened {
			w.frame.Opened = true
			w.frame.Start = w.frame.Floor(max(min(watermark, at), 0))
		}
	}
	for {
		var next *watch
		for _, w := range e.watches {
			if w.frame.Start < w.frame.Target(watermark, at) && (next == nil || w.frame.End() < next.frame.End()) {
				next = w
			}
		}
		if next == nil {
			break
		}
		if next.closed++; next.closed > timeline.EmptyWindows {
			next.frame.Start = next.frame.Target(watermark, at)
			continue
		}
		if next.frame.End() > watermark {
			e.metrics.Forced.Inc()
		}
		e.closeWindow(next)
	}
	for _, f := range e.hidden.PassDay(e.allow, watermark, at) {
		e.tell(f)
	}
	e.reckon()
}

// closeAll closes all open windows.
func (e *Engine) closeAll() {
	for range 2 {
		for _, w := range e.inOrderOfEnd() {
			if w.frame.Opened && w.frame.Start <= e.timeline.Clock {
				e.closeWindow(w)
			}
		}
	}
	for _, f := range e.hidden.EndDay(e.allow, e.timeline.Clock) {
		e.tell(f)
	}
	e.reckon()
}

// turnBack opens the windows anew that a wrong time has closed.
func (e *Engine) turnBack() {
	e.metrics.TurnedBack.Inc()
	for _, w := range e.watches {
		if !w.frame.Opened || w.frame.Start <= e.timeline.Clock {
			continue
		}
		e.closeWindow(w)
		e.closeWindow(w)
		w.frame.Start = w.frame.Floor(max(e.timeline.Watermark(), 0))
	}
	e.reckon()
}

// reckon sets the times that the dealer compares each event with.
func (e *Engine) reckon() {
	e.due, e.force, e.missed, e.lost = math.MaxInt64, math.MaxInt64, math.MinInt64, math.MaxInt64
	for _, w := range e.watches {
		if !w.frame.Opened {
			e.due, e.force, e.missed, e.lost = math.MinInt64, math.MinInt64, math.MinInt64, math.MinInt64
			return
		}
		e.due = min(e.due, w.frame.End())
		e.force = min(e.force, w.frame.End()+w.frame.Window)
		e.missed = max(e.missed, w.frame.Start)
		e.lost = min(e.lost, w.frame.Start)
	}
	e.due = min(e.due, e.hidden.End)
}

// closeWindow ends the older window of w: it gathers the cohort, concludes, copies
// what a correlator compares, closes, and lets the correlator begin. The events
// dealt so far are observed before, and the window before is correlated.
func (e *Engine) closeWindow(w *watch) {
	e.work()
	e.settle(w)
	start := w.frame.Start
	w.frame.Start += w.frame.Window
	if w.disabled.Load() {
		return
	}
	load := 0
	for _, s := range e.shards {
		load += s.states(w).Used()
	}
	clear(w.total)
	e.run(load, func(s *shard) { s.gather(w, start) })
	for _, s := range e.shards {
		if len(s.cohort) > 0 && s.states(w).Used() > 0 && !w.disabled.Load() {
			e.shards[0].guarded(w, func() { w.Merge(pointer(w.total), pointer(s.cohort)) })
		}
	}
	if !w.disabled.Load() {
		e.shards[0].conclude(w, start)
	}
	if w.runs != nil && !w.disabled.Load() {
		e.profile(w, start, load)
	}
	if !w.disabled.Load() && load > 0 {
		e.run(load, func(s *shard) { s.close(w, start) })
	}
	copy(w.prev, w.total)
	e.retire()
	e.collect()
	if w.runs != nil && !w.disabled.Load() {
		e.correlate(w, start)
	}
	for _, s := range e.shards {
		s.told.Forget(func(t told.Once) bool { return t.Watch == w.spec.ID && t.Start <= start })
	}
}
