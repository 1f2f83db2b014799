// Package told remembers which findings were emitted, so that detectors may emit
// at every event.
package told

import (
	"maps"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/schemas"
)

// Once is what a finding is emitted once for, unless it gets more severe.
type Once struct {
	Rule  uint64 // hash of Finding.Detector
	Watch string // Spec.ID
	Key   uint64
	Start int64 // of the window
}

// Told has the findings of the open windows of a shard, Room of them at most.
// Severe ones have a half for themselves, so that a flood of others hides none.
type Told struct {
	Room int
	told map[Once]schemas.Severity
}

// New returns an empty one.
func New(room int) *Told { return &Told{max(2, room), map[Once]schemas.Severity{}} }

// Tell notes a finding. It is not to be emitted if it was before with that
// severity or a higher one, or, which full tells, if there is no room for it.
func (t *Told) Tell(once Once, severity schemas.Severity) (emit, full bool) {
	room := t.Room
	if severity < schemas.SeverityHigh {
		room /= 2
	}
	was, ok := t.told[once]
	switch {
	case ok && severity <= was:
		return false, false
	case !ok && len(t.told) >= room:
		return false, true
	}
	t.told[once] = severity
	return true, false
}

// Forget drops what drop says.
func (t *Told) Forget(drop func(Once) bool) {
	maps.DeleteFunc(t.told, func(o Once, _ schemas.Severity) bool { return drop(o) })
}

// Clear drops all.
func (t *Told) Clear() { clear(t.told) }

// Encode writes what was told.
func (t *Told) Encode(w *codec.Writer) {
	w.Number(uint64(len(t.told)))
	for o, severity := range t.told {
		w.Bytes([]byte(o.Watch))
		for _, n := range []uint64{o.Rule, o.Key, uint64(o.Start), uint64(severity)} {
			w.Number(n)
		}
	}
}

// Decode reads what Encode wrote, and gives each to what to returns for its key.
func Decode(r *codec.Reader, to func(key uint64) *Told) {
	for range r.Count(40) {
		o := Once{Watch: string(r.Bytes()), Rule: r.Number(), Key: r.Number(), Start: int64(r.Number())}
		to(o.Key).told[o] = schemas.Severity(r.Number())
	}
}
