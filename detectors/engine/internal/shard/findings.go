package shard

import (
	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/ceased"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/report"
	"github.com/gatehound/gatehound/detectors/engine/internal/told"
	"github.com/gatehound/gatehound/schemas"
)

// Found is a finding with what puts it in order: the event in the batch, or 0
// at the close of a window, the detector, and the entity.
type Found struct {
	Order   uint64
	Watch   int // Watch.Index
	Key     uint64
	Finding schemas.Finding
	// Rule is the place of the exception that covers it, Expired that of one
	// that no longer does, from 1.
	Rule, Expired int
}

// emit completes a finding and keeps it until it is collected.
func (s *Shard) emit(x *detectors.Context, f *schemas.Finding) {
	w := s.watch
	once := told.Once{Rule: s.Key.String(f.Detector), Watch: w.Spec.ID, Key: x.Entity.ID, Start: x.WindowStart}
	if emit, full := s.Told.Tell(once, f.Severity); full {
		s.Suppressed.Inc()
		return
	} else if !emit {
		return
	}

	who, covered, at := entities.Subject{Kind: schemas.EntityGlobal, Name: "global"}, (*entities.Record)(nil), s.meant(w, x)
	d := s.Dirs[x.Entity.Kind]
	if at >= 0 {
		covered = d.At(at)
		if x.Entity.Kind != schemas.EntityGlobal {
			who = d.SubjectOf(at)
		}
	}
	who.Joined = s.Rotated
	out := *f
	report.Complete(&out, report.Facts{
		Who: &who, Event: s.event, Table: s.Table, Techniques: w.Spec.Techniques, Among: w.Spec.Among,
		Start: x.WindowStart, Now: x.Now, Window: x.Window,
	})
	if d != nil {
		end := x.WindowStart + int64(x.Window)
		out.Samples = d.Samples(s.event, at, x.WindowStart, end)
		out.Series = d.Series(at, x.WindowStart, end)
		out.Related, out.RelatedAll = d.Related(s.event, s.other, at, x.WindowStart)
	}
	rule, expired := s.Allow.Covering(out.Detector, who.Kind, x.Entity.ID, who.Client(), covered, x.Now)
	if rule > 0 {
		out.Exception = s.Allow.Exception(rule)
	} else if span := w.span(out.Detector); covered != nil && x.Entity.Kind == w.Spec.Entity && span > 0 {
		covered.Told = entities.ToldSomething
		s.Causes.Tell(ceased.Who{Kind: x.Entity.Kind, Key: x.Entity.ID}, ceased.Cause{
			Finding: out, Watch: w.Spec.ID, Slot: w.Slot, Window: int64(span), Signs: w.Spec.Signs != nil,
			Since: x.Now, Last: min(x.Now, covered.Last),
		})
	}
	s.Found = append(s.Found, Found{s.order, w.Index, x.Entity.ID, out, rule, expired})
}

// meant returns the place of the entity in the directory of its kind, -1 if it
// is not there.
func (s *Shard) meant(w *Watch, x *detectors.Context) int {
	switch {
	case s.Dirs[x.Entity.Kind] == nil:
		return -1
	case s.event != nil:
		return s.place
	case s.closing >= 0:
		return s.Dirs[x.Entity.Kind].Owner(w.Slot, s.closing)
	default: // at a Conclude: everything, if it is watched
		if place, ok := s.Dirs[x.Entity.Kind].Find(x.Entity.ID, 0); ok {
			return place
		}
		return -1
	}
}
