package shard

import (
	"fmt"
	"slices"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/ceased"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/report"
	"github.com/gatehound/gatehound/schemas"
)

// follow counts the event for what was told of the entity, and notes in its record
// if that is nothing.
func (s *Shard) follow(r *entities.Record, it *entities.Item, at int64) {
	if s.Causes.See(ceased.Who{Kind: it.Kind, Key: it.Key}, it.Wants, at, func(c *ceased.Cause) bool {
		signs := s.ByKind[it.Kind][c.Slot].Spec.Signs
		return signs == nil || signs(c.Finding.Detector, s.event)
	}) {
		r.Told = entities.ToldSomething
	} else {
		r.Told = entities.ToldNothing
	}
}

// span is how long the events of the rule's findings took, negative if they do not
// show its end.
func (w *Watch) span(rule string) time.Duration {
	if w.Spec.Absence {
		return -1
	}
	if w.Spec.Span != nil {
		if span := w.Spec.Span(rule); span != 0 {
			return span
		}
	}
	return w.Spec.Window
}

// Judge says of what was told what has ended by the event time now, at a beat what
// goes on, and tells again what does so after its end.
func (s *Shard) Judge(now int64, beat bool) {
	if s.Causes.Used() == 0 {
		return
	}
	for _, t := range s.Causes.Judge(now, beat) {
		if t.Again {
			s.tellAgain(&t, now)
			continue
		}
		f := &t.Cause.Finding
		s.Ended = append(s.Ended, schemas.Ceased{
			Detector: f.Detector, Entity: f.Entity, GoesOn: t.GoesOn,
			Last: time.Unix(0, min(t.Cause.Last, now)).UTC(), At: time.Unix(0, now).UTC(),
		})
	}
}

// tellAgain tells a finding once more whose cause had ended and goes on.
func (s *Shard) tellAgain(t *ceased.Turn, now int64) {
	d := s.Dirs[t.Who.Kind]
	i := slices.IndexFunc(s.ByKind[t.Who.Kind], func(w *Watch) bool { return w.Spec.ID == t.Cause.Watch })
	if d == nil || i < 0 {
		return
	}
	place, ok := d.Find(t.Who.Key, 0)
	if !ok {
		return
	}
	w, out := s.ByKind[t.Who.Kind][i], t.Cause.Finding
	who := entities.Subject{Kind: schemas.EntityGlobal, Name: "global"}
	if t.Who.Kind != schemas.EntityGlobal {
		if d.Places(place) == nil {
			return // it has no name any more
		}
		who = d.SubjectOf(place)
	}
	who.Joined = s.Rotated
	out.Features, out.Techniques = slices.Clone(out.Features), slices.Clone(out.Techniques)
	end := t.Start + t.Bin
	out.Events = t.Events
	out.Summary = fmt.Sprintf("It goes on again: %d events in %d min.", t.Events,
		max(1, (min(now, end)-t.Start)/int64(time.Minute)))
	report.Complete(&out, report.Facts{
		Who: &who, Table: s.Table, Techniques: w.Spec.Techniques, Among: w.Spec.Among,
		Start: t.Start, Now: now, Window: time.Duration(t.Bin),
	})
	out.Samples = d.Samples(nil, place, t.Start, end)
	out.Series = d.Series(place, t.Start, end)
	out.Related, out.RelatedAll = d.Related(nil, 0, place, t.Start)
	rule, expired := s.Allow.Covering(out.Detector, who.Kind, t.Who.Key, who.Client(), d.At(place), now)
	if rule > 0 {
		out.Exception = s.Allow.Exception(rule)
	}
	s.Found = append(s.Found, Found{0, w.Index, t.Who.Key, out, rule, expired})
}
