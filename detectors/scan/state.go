package scan

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// The rules, which are quiet about a caller each for itself.
const (
	rulePaths = iota
	ruleSensitive
	ruleServed
	ruleModels
	ruleIDs
	ruleScrape
	ruleBot
	rules
)

// How long a rule is quiet after what it saw was seen last: scanners come back
// every day; jobs every day or week, and for those once is enough.
const (
	daily  = 25 * time.Hour
	weekly = 8 * 24 * time.Hour
)

// pause ends a run of requests: what comes after it is another.
const pause = 10 * time.Minute

// state is what is kept of a caller, in less than 450 bytes.
type state struct {
	// Seen is the time of the last event, Met when each rule was met last.
	Seen int64
	Met  [rules]int64
	// Severe is how severe each rule was when it spoke last.
	Severe [rules]schemas.Severity
	// Paths are the different things that were refused, Sensitive the
	// sensitive ones among them, Posing those that an SDK was said to ask for.
	Paths             set
	Sensitive, Posing sketch.Bitmap64
	// Kinds are the kinds of sensitive paths that were refused.
	Kinds uint16
	// Models are the different models that were refused.
	Models    run
	ModelSet  sketch.Bitmap64
	Pages     set
	Objects   walk
	Window    [2]window
	SelfNamed schemas.ClientClass
}

// window has what belongs to one open window.
type window struct {
	// Events are those that were looked at, Refused those of them refused.
	Events, Refused uint32
	// Calls are answers of a model to a client that calls itself a scanner or
	// a crawler.
	Calls uint32
	// Served are the kinds of sensitive paths that were answered.
	Served uint16
}

// run is a run of requests without a long pause, in event time.
type run struct {
	Since, Last int64
	Events      uint32
}

// on takes a request at now into the run; it tells whether the run is new.
func (r *run) on(now int64, gap time.Duration) bool {
	fresh := r.Events == 0 || now-r.Last > int64(gap)
	if fresh {
		*r = run{Since: now, Last: now}
	}
	r.Last = max(r.Last, now)
	if r.Events < math.MaxUint32 {
		r.Events++
	}
	return fresh
}

// lasted returns how long the run took.
func (r *run) lasted() time.Duration { return time.Duration(max(r.Last-r.Since, 0)) }

// less returns n less one for every leak that the run took.
func (r *run) less(n float64, leak time.Duration) float64 {
	return n - float64(r.lasted())/float64(leak)
}

// set is a run in which different things are counted.
type set struct {
	Run  run
	Seen sketch.Bitmap256
}

func (s *set) add(now int64, hash uint64) (fresh bool) {
	if fresh = s.Run.on(now, pause); fresh {
		s.Seen.Reset()
	}
	s.Seen.Add(hash)
	return fresh
}

func (s *set) count() float64 { return math.Round(s.Seen.Count()) }

// walk follows the ids that a caller asks for on one route: that which makes
// most of its requests (Boyer, Moore: MJRTY, a fast majority vote algorithm,
// 1981).
type walk struct {
	Run   run
	Route uint64
	Votes uint32
	// Forbidden counts 403 answers, Steps the changes of a numeric id, Near
	// those to a neighbour.
	Forbidden, Steps, Near uint32
	// Last is the last numeric id, Step the last change, Least and Most bound
	// them all.
	Last, Step, Least, Most int64
	Good, Bad               sketch.Bitmap256
}

// near is how far apart the ids of neighbours are; several connections mix the
// order.
const near = 16

// idPause ends a walk.
const idPause = 30 * time.Minute

// add takes a request for an id that was answered (good) or refused.
func (w *walk) add(now int64, route, hash uint64, number int64, numbered, good, forbidden bool) {
	if w.Route != route && w.Votes > 0 && now-w.Run.Last <= int64(idPause) {
		w.Votes--
		return
	}
	if w.Route != route || now-w.Run.Last > int64(idPause) {
		*w = walk{Route: route, Least: math.MaxInt64}
	}
	w.Run.on(now, idPause)
	w.Votes = min(w.Votes+1, 64)
	if good {
		w.Good.Add(hash)
	} else {
		w.Bad.Add(hash)
	}
	if forbidden {
		w.Forbidden++
	}
	if !numbered {
		return
	}
	if step := number - w.Last; w.Most > 0 && step != 0 {
		w.Steps++
		if step >= -near && step <= near || step == w.Step {
			w.Near++
		}
		w.Step = step
	}
	w.Last, w.Least, w.Most = number, min(w.Least, number), max(w.Most, number)
}

// figures are the counts of a walk: different ids that were answered, that were
// refused and never answered, and all.
func (w *walk) figures() (good, bad, all float64) {
	both := w.Good
	both.Merge(&w.Bad)
	good, all = math.Round(w.Good.Count()), math.Round(both.Count())
	// Both are estimates that are too high rather than too low: the first if
	// ids were refused before they were answered, the second by its error.
	return good, min(math.Round(w.Bad.Count()), max(all-good, 0)), all
}

// ordered tells that most ids so far are numbers one after another.
func (w *walk) ordered() bool { return w.Steps >= 15 && 10*w.Near >= 8*w.Steps }

// sequential tells that the ids are numbers one after another, or that a good
// part of all numbers between the least and the most was asked for.
func (w *walk) sequential(all float64) bool {
	if w.Steps < 15 {
		return false
	}
	between := float64(w.Most) - float64(w.Least) + 1
	return float64(w.Near) >= 0.6*float64(w.Steps) || all >= 0.3*between
}
