package engine

import (
	"cmp"
	"slices"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/report"
	"github.com/gatehound/gatehound/detectors/engine/internal/told"
	"github.com/gatehound/gatehound/schemas"
)

// found is a finding with what puts it in order: the event in the batch, or 0
// at the close of a window, the detector, and the entity.
type found struct {
	order   uint64
	watch   int
	key     uint64
	finding schemas.Finding
	// rule is the place of the exception that covers it, expired that of one
	// that no longer does, from 1.
	rule, expired int
}

// emit completes a finding and keeps it until collect.
func (s *shard) emit(x *detectors.Context, f *schemas.Finding) {
	e, w := s.engine, s.watch
	once := told.Once{Rule: e.key.String(f.Detector), Watch: w.spec.ID, Key: x.Entity.ID, Start: x.WindowStart}
	if emit, full := s.told.Tell(once, f.Severity); full {
		e.metrics.Suppressed.Inc()
		return
	} else if !emit {
		return
	}

	who, covered, at := entities.Subject{Kind: schemas.EntityGlobal, Name: "global"}, (*entities.Record)(nil), s.meant(w, x)
	d := s.dirs[x.Entity.Kind]
	if at >= 0 {
		covered = d.At(at)
		if x.Entity.Kind != schemas.EntityGlobal {
			who = d.SubjectOf(at)
		}
	}
	who.Joined = e.rotated
	out := *f
	report.Complete(&out, report.Facts{
		Who: &who, Event: s.event, Table: e.settings.Table, Techniques: w.spec.Techniques, Among: w.spec.Among,
		Start: x.WindowStart, Now: x.Now, Window: x.Window,
	})
	if d != nil {
		out.Samples = d.Samples(s.event, at, x.WindowStart, x.WindowStart+int64(x.Window))
	}
	rule, expired := e.allow.Covering(out.Detector, who.Kind, x.Entity.ID, who.Client(), covered, x.Now)
	if rule > 0 {
		out.Exception = e.allow.Exception(rule)
	}
	s.found = append(s.found, found{s.order, w.index, x.Entity.ID, out, rule, expired})
}

// meant returns the place of the entity in the directory of its kind, -1 if it
// is not there.
func (s *shard) meant(w *watch, x *detectors.Context) int {
	switch {
	case s.dirs[x.Entity.Kind] == nil:
		return -1
	case s.event != nil:
		return s.place
	case s.closing >= 0:
		return s.dirs[x.Entity.Kind].Owner(w.slot, s.closing)
	default: // at a Conclude: everything, if it is watched
		if place, ok := s.dirs[x.Entity.Kind].Find(x.Entity.ID, 0); ok {
			return place
		}
		return -1
	}
}

// collect moves the shards' findings into the result, in an order that does
// not depend on the shards.
func (e *Engine) collect() {
	var all []found
	for _, s := range e.shards {
		all = append(all, s.found...)
		clear(s.found)
		s.found = s.found[:0]
	}
	slices.SortStableFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.watch, b.watch), cmp.Compare(a.key, b.key))
	})
	for i := range all {
		e.findings = append(e.findings, all[i].finding)
		e.metrics.Finding(all[i].finding.Severity, e.watches[all[i].watch].spec.ID)
		if f := &all[i]; f.rule > 0 {
			e.metrics.Excepted.Inc()
			e.tell(e.hidden.Hide(e.allow, f.rule, &f.finding))
		} else if f.expired > 0 {
			e.tell(e.hidden.Lapse(e.allow, f.expired, &f.finding))
		}
	}
	for _, f := range e.retired {
		e.tell(f)
	}
	e.retired = nil
}
