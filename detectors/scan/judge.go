package scan

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// leak is how long a run takes for one thing to be forgiven, idLeak the same of
// ids, pageLeak of pages.
const (
	leak     = 5 * time.Minute
	idLeak   = 2 * time.Minute
	pageLeak = 2 * time.Second
)

// scans tells whether the caller's run of refused paths is a scan, and whether
// of sensitive paths alone.
func (d *watch) scans(s *state) (paths, sensitive bool) {
	r := &s.Paths.Run
	if r.Events == 0 {
		return false, false
	}
	return r.less(s.Paths.count(), leak) >= float64(d.c.Paths), r.less(s.Sensitive.Count(), leak) >= float64(d.c.Sensitive)
}

// strong is how many times the bound a scan is told by itself on any day.
const strong = 5

// weak tells that the window would make a finding on refused paths that is one
// of many.
func (d *watch) weak(x *detectors.Context, s *state) bool {
	if s.Window[x.Slot].Refused == 0 {
		return false
	}
	paths, sensitive := d.scans(s)
	return paths && !s.silent(rulePaths, x.Now, daily) && s.Paths.count() < strong*float64(d.c.Paths) ||
		!paths && sensitive && !s.silent(ruleSensitive, x.Now, daily) && !s.silent(rulePaths, x.Now, daily)
}

// Close implements detectors.Detector.
func (d *watch) Close(x *detectors.Context, s *state, c *crowd) bool {
	w := s.Window[x.Slot]
	if w.Events > 0 {
		if w.Refused > 0 {
			d.paths(x, s, &w, c)
			d.models(x, s, &w)
		}
		d.exceptional(x, s, &w, c)
		d.ids(x, s, &w)
		d.scrape(x, s, &w)
		d.bot(x, s, &w)
	}
	s.Window[x.Slot] = window{}
	for _, met := range s.Met {
		if met != 0 && x.Now-met <= int64(weekly) {
			return true
		}
	}
	return x.Now-s.Seen <= int64(idPause)
}

// paths judges refused paths.
func (d *watch) paths(x *detectors.Context, s *state, w *window, c *crowd) {
	paths, sensitive := d.scans(s)
	weak := d.kind == schemas.EntityAddress && d.weak(x, s)
	speak, severity := false, d.pathsSeverity(s)
	switch {
	case paths:
		speak = s.speak(rulePaths, x.Now, daily, severity)
		s.Met[ruleSensitive] = x.Now
	case sensitive:
		speak = s.speak(ruleSensitive, x.Now, daily, severity) && !s.silent(rulePaths, x.Now, daily)
	}
	if !speak || weak && c.Quiet {
		return
	}
	x.Emit(d.pathsFinding(s, w, paths))
}

// exceptional judges a sensitive path that was answered to a caller of whom
// nothing else is known, by what the gateway tells the others.
func (d *watch) exceptional(x *detectors.Context, s *state, w *window, c *crowd) {
	for k := secrets; k <= traversal; k++ {
		if w.Served&(1<<k) != 0 && c.exceptional(k) && s.speak(ruleServed, x.Now, daily, servedSeverity(k)) {
			x.Emit(d.servedFinding(s, w, k, float64(c.Refused[k])))
			return
		}
	}
}

// manyModels is how many times the bound nobody mistypes.
const manyModels = 3

// models judges refused models: who looks for what a key can do asks for each
// a few times, a broken program for few again and again.
func (d *watch) models(x *detectors.Context, s *state, w *window) {
	n := s.ModelSet.Count()
	if s.Models.Events == 0 || s.Models.less(n, leak) < float64(d.c.Models) || float64(s.Models.Events) > 5*n {
		return
	}
	if s.speak(ruleModels, x.Now, weekly, d.modelsSeverity(n)) {
		x.Emit(d.modelsFinding(s, w, n))
	}
}

// ids judges the walk over ids.
func (d *watch) ids(x *detectors.Context, s *state, w *window) {
	t := &s.Objects
	if int(t.Run.Events) < d.c.IDs {
		return
	}
	good, bad, all := t.figures()
	share := bad / max(all, 1)
	// The share has to be over the bound by two deviations: there are many runs,
	// and a few refusals come together by chance.
	if t.Run.less(all, idLeak) < float64(d.c.IDs) || bad < 10 || bad-2*math.Sqrt(bad) < d.c.IDShare*all {
		return
	}
	ordered, forbidden := t.sequential(all), float64(t.Forbidden)
	severity := schemas.SeverityLow
	switch {
	case ordered && good >= enough && (share >= 2*d.c.IDShare || forbidden >= 10):
		severity = schemas.SeverityMedium
		if good >= 3*float64(d.c.IDs) {
			severity = schemas.SeverityHigh
		}
	case ordered && (good >= enough || bad >= 2*float64(d.c.IDs)):
	case !ordered && forbidden >= 50 && bad >= 50 && good >= enough && share <= 0.95:
	default:
		return
	}
	if s.speak(ruleIDs, x.Now, weekly, severity) {
		x.Emit(d.idsFinding(t, w, ordered, severity))
	}
}

// scrape judges the pages that one address read.
func (d *watch) scrape(x *detectors.Context, s *state, w *window) {
	p := &s.Pages
	if int(p.Run.Events) < d.c.Pages || p.Run.less(p.count(), pageLeak) < float64(d.c.Pages)/2 || p.count() < float64(d.c.Pages) {
		return
	}
	if s.speak(ruleScrape, x.Now, weekly, schemas.SeverityLow) {
		x.Emit(d.scrapeFinding(s, w))
	}
}

// bot judges clients that are not what they say.
func (d *watch) bot(x *detectors.Context, s *state, w *window) {
	n := s.Posing.Count()
	switch {
	case n >= posing && w.Refused > 0:
		if s.speak(ruleBot, x.Now, weekly, schemas.SeverityLow) {
			x.Emit(d.posingFinding(s, w, n))
		}
	case int(w.Calls) >= d.c.Calls:
		if s.speak(ruleBot, x.Now, weekly, schemas.SeverityLow) {
			x.Emit(d.strangerFinding(s, w))
		}
	}
}
