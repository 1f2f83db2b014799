package detectors

import (
	"context"
	"time"

	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// Correlator is a Detector that also holds the entities of all shards against one
// another, to find what many of them do together and none does alone.
//
// When a window closes, the engine asks Profile of every entity, after Conclude
// and before Close, and copies what it returns. Correlate then judges the copies
// on a goroutine of its own, while the events of the next windows are observed;
// the next window, a snapshot, a reload, a Forget, a Flush and the end of the
// engine wait for it. Its findings are returned by a later Observe, and a snapshot
// has those that were not yet returned, so that none is lost.
//
// P is a value of fixed size without pointers, at most MaxProfileSize.
type Correlator[S, C, P any] interface {
	Detector[S, C]
	// Profile writes what is to be compared of the entity into p, which is zero,
	// and tells whether it is worth comparing. Entities that an exception covers
	// are not asked.
	Profile(x *Context, s *S, c *C, p *P) bool
	// Correlate judges the profiles of a window, in the order of their keys; c is
	// the window's cohort, which it does not change. It may keep what it needs
	// between windows, within bounds, but not all itself, whose memory is used
	// again. It returns early when x is done; what it found is discarded then.
	// It is called for every window that closes, in their order, also if all is
	// empty; after a wrong clock was set back, a window may be an earlier one. A
	// panic of its own disables it, one on a goroutine that it started ends the
	// process.
	Correlate(x *Correlation, c *C, all []Profiled[P])
	// Save returns what Correlate keeps, and Load puts it back; Load of nil
	// forgets everything. What Load refuses, it has forgotten.
	Save() []byte
	Load(state []byte) error
	// Forget drops what Correlate keeps of entities by their keys, and returns of
	// how many.
	Forget(drop func(key uint64) bool) int
}

// MaxProfileSize is the largest profile, in bytes.
const MaxProfileSize = 1 << 10

// Profiled is the profile of an entity.
type Profiled[P any] struct {
	// Key is the entity's keyed hash (EntityRef.ID).
	Key uint64
	// Name is the entity as policy lets it be shown. It shares 4 KiB of memory
	// with others: to keep some of many names, clone them.
	Name    string
	Profile P
}

// Correlation is the closed window that a Correlator judges.
type Correlation struct {
	context.Context
	// Start and End bound the window, Unix nanoseconds.
	Start, End int64
	Window     time.Duration
	// Key hashes what clients choose; it is the engine's.
	Key sketch.Key

	emit func(*schemas.Finding)
}

// Emit reports a finding. The Correlator fills Detector, Severity, Confidence,
// Title, Summary, Events, Features and Campaign, whose ID names the entity; the
// engine fills the rest. From then on the finding and the memory of its parts are
// the engine's. One whose id or figures are not valid is dropped, as is a repeat
// in the window that is not more severe. Emit is for one goroutine at a time.
func (x *Correlation) Emit(f *schemas.Finding) { x.emit(f) }

// NewCorrelation returns a window whose Emit calls emit.
func NewCorrelation(ctx context.Context, start int64, window time.Duration, key sketch.Key, emit func(*schemas.Finding)) *Correlation {
	return &Correlation{Context: ctx, Start: start, End: start + int64(window), Window: window, Key: key, emit: emit}
}
