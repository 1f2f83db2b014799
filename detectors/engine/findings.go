package engine

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
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

// told is what a finding is emitted once for, unless it gets more severe.
type told struct {
	rule  uint64 // hash of Finding.Detector
	watch string // Spec.ID
	key   uint64
	start int64
}

// emit completes a finding and keeps it until collect.
func (s *shard) emit(x *detectors.Context, f *schemas.Finding) {
	e, w := s.engine, s.watch
	once := told{e.key.String(f.Detector), w.spec.ID, x.Entity.ID, x.WindowStart}
	if was, ok := s.told[once]; ok && f.Severity <= was {
		return
	} else if !ok && len(s.told) >= s.room(f.Severity) {
		e.metrics.suppressed.Inc()
		return
	}
	s.told[once] = f.Severity

	who, covered, at := entities.Subject{Kind: schemas.EntityGlobal, Name: "global"}, (*entities.Record)(nil), s.meant(w, x)
	d := s.dirs[x.Entity.Kind]
	if at >= 0 {
		covered = d.At(at)
		if x.Entity.Kind != schemas.EntityGlobal {
			who = d.SubjectOf(at)
		}
	}
	out := *f
	out.Entity = schemas.Entity{Kind: who.Kind, Name: who.Name}
	out.WindowStart = time.Unix(0, x.WindowStart).UTC()
	out.WindowEnd = out.WindowStart.Add(x.Window)
	out.Detected = time.Unix(0, x.Now).UTC()
	out.ID = schemas.FindingID(out.Detector, out.Entity, out.WindowStart)
	if out.Tenant == "" && s.event != nil {
		out.Tenant = strings.Clone(s.event.Tenant)
	}
	if out.Techniques == nil {
		out.Techniques = w.spec.Techniques
	}
	if out.Query == "" {
		who.Joined = e.rotated
		out.Query = entities.Evidence(e.settings.Table, &who, x.WindowStart, x.WindowStart+int64(x.Window))
	}
	out.Samples = s.samples(d, at, x.WindowStart, x.WindowStart+int64(x.Window))
	rule, expired := e.allow.covering(out.Detector, who.Kind, x.Entity.ID, who.Client(), covered, x.Now)
	if rule > 0 {
		cover := e.allow.rules[rule-1].exception
		out.Exception = &cover
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

// maxSamples is how many request ids a finding has at most.
const maxSamples = 4

// samples returns request ids of the entity's events from start to end: that of
// the event at hand first.
func (s *shard) samples(d *entities.Directory, at int, start, end int64) []string {
	var out []string
	if s.event != nil && entities.Showable(s.event.RequestID) {
		out = append(out, strings.Clone(s.event.RequestID))
	}
	if at >= 0 {
		out = d.Samples(out, at, start, end)
	}
	for i := len(out) - 1; i > 0; i-- {
		if slices.Contains(out[:i], out[i]) {
			out = slices.Delete(out, i, i+1)
		}
	}
	return out[:min(len(out), maxSamples)]
}

// room is how many findings may be open when one of the severity comes. Severe
// ones have a half for themselves, so that a flood of others hides none.
func (s *shard) room(severity schemas.Severity) int {
	room := max(2, s.engine.settings.Config.Findings/len(s.engine.shards))
	if severity < schemas.SeverityHigh {
		return room / 2
	}
	return room
}

// forget drops what was told of a window that is over.
func (s *shard) forget(w *watch, start int64) {
	maps.DeleteFunc(s.told, func(t told, _ schemas.Severity) bool {
		return t.watch == w.spec.ID && t.start <= start
	})
}

// keepTold drops what was told by detectors that are not among watches, and
// that no end of a window would drop.
func (s *shard) keepTold(watches []*watch) {
	maps.DeleteFunc(s.told, func(t told, _ schemas.Severity) bool {
		return !slices.ContainsFunc(watches, func(w *watch) bool { return w.spec.ID == t.watch && !w.disabled.Load() })
	})
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
		e.metrics.finding(all[i].finding.Severity, e.watches[all[i].watch].spec.ID)
		e.hide(&all[i])
	}
	for _, f := range e.retired {
		e.tell(f)
	}
	e.retired = nil
}
