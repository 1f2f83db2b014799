package shadow

import (
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// Cohort is what all entities of a kind did in a window, and what it leaves.
type Cohort struct {
	families families
	// news counts the entities that are new to a rule in this window.
	news [rules]uint32
	// callers is a bitmap of those of what is new.
	callers uint64
	// successes and named count the window's, inside those from the user's own
	// networks.
	successes, named, inside uint64

	// since is when the first success was seen, Unix nanoseconds.
	since int64
	// today and before count what was new today and the day before, date is
	// today, told whether the crowd of a rule was told today.
	today, before [rules]uint32
	date          uint16
	told          [rules]bool
	// seen and identified are sums of successes and of those with a name that
	// fade by half in a day; networked tells that the user's own networks are
	// known.
	seen, identified float64
	networked        bool

	// Set by Conclude: whether the learning is over, or the time that something
	// has to be quiet, or some hours at least, whether so much is new that it
	// is told together, and whether callers without a name stand out.
	learned, settled, begun bool
	crowd                   [rules]bool
	names                   bool
}

// Gather implements detectors.Detector.
func (d *watch) Gather(x *detectors.Context, s *State, c *Cohort) {
	w := &s.open[x.Slot]
	if s.family != 0 && d.kind == schemas.EntityRoute {
		c.families.add(s.family, member{version: s.version, uses: s.total - min(s.total, w.calls)})
	}
	if s.family != 0 && d.kind == schemas.EntityModel && (!s.fresh || s.listed) {
		c.families.add(s.family, member{uses: 1, listed: s.listed})
	}
	if w.calls == 0 {
		return
	}
	c.successes += uint64(w.calls)
	c.named += uint64(w.named)
	c.inside += uint64(w.inside)
	if int(s.total) < d.config.Calls {
		return
	}
	if s.fresh {
		c.news[firstSeen]++
	}
	missing := s.said[unlisted] == 0 && d.listing(w) == schemas.ListingUnlisted
	if missing {
		c.news[unlisted]++
	}
	if s.fresh || missing {
		c.callers |= w.callers
	}
}

// Merge implements detectors.Detector.
func (d *watch) Merge(dst, src *Cohort) {
	for i := range src.families {
		if src.families[i].tag != 0 {
			dst.families[i].merge(&src.families[i])
		}
	}
	for r := range rules {
		dst.news[r] += src.news[r]
	}
	dst.callers |= src.callers
	dst.successes += src.successes
	dst.named += src.named
	dst.inside += src.inside
}

// Conclude implements detectors.Detector.
func (d *watch) Conclude(x *detectors.Context, prev, c *Cohort) {
	c.since, c.date, c.told, c.networked = prev.since, prev.date, prev.told, prev.networked || c.inside > 0
	c.today, c.before = prev.today, prev.before
	if c.since == 0 && c.successes > 0 {
		c.since = x.WindowStart
	}
	if date := uint16(x.WindowStart / day); date != c.date {
		c.before = [rules]uint32{}
		if date == c.date+1 {
			c.before = c.today
		}
		c.date, c.today, c.told = date, [rules]uint32{}, [rules]bool{}
	}
	// A window is a 144th of a day.
	const keep = 0.9952
	c.seen, c.identified = keep*prev.seen+float64(c.successes), keep*prev.identified+float64(c.named)
	c.names = c.seen >= 100 && c.identified >= c.seen/2
	age := x.WindowStart - c.since
	c.learned = c.since > 0 && age >= int64(d.config.LearningDays)*day
	c.settled = c.since > 0 && age >= int64(d.config.QuietDays)*day
	c.begun = c.since > 0 && age >= day/4
	for _, r := range []int{unlisted, firstSeen} {
		if r == firstSeen && !c.learned {
			continue
		}
		c.today[r] = uint32(min(uint64(c.today[r])+uint64(c.news[r]), math.MaxInt32))
		c.crowd[r] = c.news[r] > 0 && (int(c.news[r]) >= d.config.Crowd || int(max(c.today[r], c.before[r])) >= 4*d.config.Crowd)
		if c.crowd[r] && !c.told[r] {
			c.told[r] = true
			x.Emit(d.crowdFinding(c, r))
		}
	}
}

// judge tells what is wrong with what succeeded in a window.
func (d *watch) judge(x *detectors.Context, s *State, w *counts, c *Cohort) {
	back, fresh, listing := s.back, s.fresh, d.listing(w)
	s.back = false
	if int(s.total) >= d.config.Calls {
		s.fresh = false
	} else {
		// Too few so far: what is seen is judged with what comes.
		s.back, fresh, back = back, false, false
	}
	// What is new and deprecated was quiet for as long as anybody watched.
	returned := c.settled && (back || fresh)
	switch {
	case w.breached > 0:
		d.say(x, s, internal, d.internalFinding(w, c))
	case listing == schemas.ListingUnlisted && int(s.total) >= d.config.Calls:
		d.unlisted(x, s, w, c)
	case listing == schemas.ListingDeprecated:
		// The inventory says what is deprecated, so a watch of hours is enough to
		// tell who comes new from who never left.
		if returned || fresh && c.begun {
			d.say(x, s, deprecated, d.deprecatedFinding(s, w, c, fresh))
		}
	default:
		if m, ok := c.families.get(s.family); ok && returned && d.kind == schemas.EntityRoute && s.version < m.version && int(m.uses) >= d.config.VersionCalls {
			d.say(x, s, oldVersion, d.oldFinding(s, w, c, &m, fresh))
		} else if fresh && c.learned && !c.crowd[firstSeen] && !d.variant(s, c) {
			d.say(x, s, firstSeen, d.firstFinding(s, w, c))
		}
	}
}

// unlisted tells of what the inventory does not have, unless it is a variant of
// a model that it has, or much is new at once. What was counted in a crowd is
// told.
func (d *watch) unlisted(x *detectors.Context, s *State, w *counts, c *Cohort) {
	if m, ok := c.families.get(s.family); ok && m.listed && d.kind == schemas.EntityModel {
		return
	}
	if c.crowd[unlisted] && s.said[unlisted] == 0 {
		s.said[unlisted], s.severe[unlisted] = uint16(x.WindowStart/day), schemas.SeverityLow
		return
	}
	d.say(x, s, unlisted, d.unlistedFinding(s, w, c))
}

// variant tells that a model is another name, date or region of a known one.
func (d *watch) variant(s *State, c *Cohort) bool {
	m, ok := c.families.get(s.family)
	return ok && d.kind == schemas.EntityModel && m.uses > 0
}

// exposed tells that what succeeded was changed by somebody without a name,
// where others have one.
func (w *counts) exposed(c *Cohort) bool { return c.names && w.open > 0 && 2*w.open >= w.calls }

// say emits a finding unless the rule has spoken of the entity lately, at least
// as severely.
func (d *watch) say(x *detectors.Context, s *State, rule int, f *schemas.Finding) {
	now := uint16(x.WindowStart / day)
	if s.said[rule] > 0 && int(now) < int(s.said[rule])+d.config.RepeatDays && f.Severity <= s.severe[rule] {
		return
	}
	s.said[rule], s.severe[rule] = now, f.Severity
	x.Emit(f)
}
