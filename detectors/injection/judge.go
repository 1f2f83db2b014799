package injection

import (
	"math"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// learned is how many windows with prompts make what is usual for a caller: two
// hours of them.
const learned = 12

// expected returns how many of n prompts are remarkable by mistake or as usual,
// and the bound above that: three deviations of a Poisson count and three.
func expected(n, share float64, usual float32) (mean, bound float64) {
	mean = n * max(share, 1.5*float64(usual))
	return mean, mean + 3*math.Sqrt(mean) + 3
}

// judgement is what a run looks like at the end of a window.
type judgement struct {
	met                                  [rules]bool
	prompts, hits, blocks, hidden, leaks float64
	// hitBound and blockBound are what the counts were held against.
	hitBound, blockBound float64
	// user is how many of the remarkable prompts one end user made at least, if
	// there are many.
	user     float64
	variants float64
}

// judge holds the run against what is usual. It changes nothing.
func (d *watch) judge(s *state, w *window) judgement {
	r := &s.Run
	j := judgement{
		prompts: float64(r.Prompts), hits: math.Round(r.Hits.Count()), blocks: math.Round(r.Blocked.Count()),
		hidden: r.Hidden.Count(), leaks: r.Leak.Count(), variants: min(r.Variants.count(), float64(r.Prompts)),
	}
	if r.Everyone.Count() >= users && r.Users.Total > r.Nameless {
		top := r.Users.Max()
		j.user = float64(top.Count - top.Error)
	}
	_, j.hitBound = expected(j.prompts, d.c.SignatureShare, s.Hits)
	_, j.blockBound = expected(j.prompts, d.c.BlockShare, s.Blocks)
	j.hitBound, j.blockBound = max(j.hitBound, float64(d.c.Signatures)), max(j.blockBound, float64(d.c.Blocks))
	// Where much is encoded anyway, some of what hits a signature is, too.
	_, hiddenBound := expected(j.hits, float64(r.Disguised)/max(j.prompts-j.hits, 1), 0)
	j.met[ruleSignatures] = w.Hits > 0 && d.exceeds(&j, j.hits, j.hitBound, d.c.Signatures)
	j.met[ruleBlocked] = w.Blocks > 0 && d.exceeds(&j, j.blocks, j.blockBound, 2*d.c.Blocks)
	j.met[ruleHidden] = w.Hits > 0 && j.hidden >= max(float64(d.c.Hidden), hiddenBound)
	j.met[ruleVariants] = w.Near > 0 && d.spellings(s, &j)
	j.met[ruleRefusals] = d.refusals(&s.Chain)
	return j
}

// users is how many end users an application has at least: of fewer, one may
// make most of the prompts.
const users = 10

// exceeds tells that a count is over its bound, or, where end users are known,
// that one of them alone has so many as an application's users do not.
func (d *watch) exceeds(j *judgement, n, bound float64, alone int) bool {
	if j.user > 0 {
		return n >= float64(alone) && j.user >= float64(alone) && j.user >= bound/4
	}
	return n >= bound
}

// spellings judges near duplicates: with evidence that some are attacks, or
// very many of them at a high temperature, as no evaluation has.
func (d *watch) spellings(s *state, j *judgement) bool {
	c := &s.Run.Variants
	near := float64(c.Near)
	evidence := float64(c.Blocked) >= 0.3*near && float64(s.Blocks) < 0.1 ||
		float64(c.Bad) >= 0.3*near && float64(s.Hits) < 0.1
	if j.variants >= float64(d.c.Variants) && evidence {
		return true
	}
	return d.c.Spellings > 0 && j.variants >= float64(d.c.Spellings) && float64(s.Run.Warm) >= 0.9*near &&
		near >= 0.3*j.prompts && s.Run.Before < 0.1
}

// refusals judges short answers of one length in a row.
func (d *watch) refusals(c *chain) bool {
	return d.c.Refusals > 0 && (int(c.Length) >= d.c.Refusals) && c.Seen >= 100 && c.Inputs.Count() >= 5 &&
		c.usual() >= 4*float64(c.Out)
}

// Close implements detectors.Detector.
func (d *watch) Close(x *detectors.Context, s *state, c *cohort) bool {
	w := s.Window[x.Slot]
	s.Window[x.Slot] = window{}
	if w.Events > 0 {
		j := d.judge(s, &w)
		for rule := range rules {
			if !j.met[rule] || rule == ruleBlocked && c.together && s.Known >= learned {
				continue
			}
			if s.speak(rule, x.Now) {
				d.report(x, s, &w, &j, rule)
			}
		}
		s.learn(&w, &j)
	}
	for _, met := range s.Met {
		if met != 0 && x.Now-met <= int64(quiet) {
			return true
		}
	}
	return x.Now-s.Seen <= keepFor
}

// keepFor is how long a caller's habits are remembered: two days.
const keepFor = int64(48 * 3600 * 1e9)

// learn takes the window's shares into what is usual. One window teaches at
// most as much as what it may show without being told.
func (s *state) learn(w *window, j *judgement) {
	n := float32(w.Prompts)
	if n == 0 {
		return
	}
	// Few prompts say little about a share.
	weight := max(float32(1)/72, 1/float32(s.Known+1)) * min(n/20, 1)
	if s.Known < math.MaxUint16 {
		s.Known++
	}
	for _, v := range []struct {
		usual *float32
		share float32
	}{{&s.Hits, float32(w.Hits) / n}, {&s.Blocks, float32(w.Blocks) / n}, {&s.Near, float32(w.Near) / n}} {
		*v.usual += weight * (v.share - *v.usual)
	}
}

// cohort is what all callers did in a window.
type cohort struct {
	// Callers have prompts and a past, Blocked are those of them over their
	// bounds. Keys without a past are no sign of a changed guardrail: whoever
	// attacks can make as many as a crowd needs, and hide in it.
	Callers, Blocked uint32
	Prompts, Blocks  uint64
	Hold             uint32
	together         bool
}

// Gather implements detectors.Detector.
func (d *watch) Gather(x *detectors.Context, s *state, c *cohort) {
	w := &s.Window[x.Slot]
	if w.Events == 0 {
		return
	}
	c.Prompts += uint64(w.Prompts)
	c.Blocks += uint64(w.Blocks)
	if s.Known < learned {
		return
	}
	c.Callers++
	if w.Blocks == 0 {
		return
	}
	if j := d.judge(s, w); j.met[ruleBlocked] && (s.Met[ruleBlocked] == 0 || x.Now-s.Met[ruleBlocked] > int64(quiet)) {
		c.Blocked++
	}
}

// Merge implements detectors.Detector.
func (d *watch) Merge(dst, src *cohort) {
	dst.Callers += src.Callers
	dst.Blocked += src.Blocked
	dst.Prompts += src.Prompts
	dst.Blocks += src.Blocks
}

// crowdHold is for how many windows many callers that are blocked at once are
// quiet: a day.
const crowdHold = 144

// Conclude implements detectors.Detector. If many callers are blocked at once
// that were not before, a guardrail was changed; that is one finding.
func (d *watch) Conclude(x *detectors.Context, prev, c *cohort) {
	c.Hold = max(prev.Hold, 1) - 1
	c.together = int(c.Blocked) >= d.c.Crowd && 5*c.Blocked >= c.Callers || c.Hold > 0 && c.Blocked > 1
	if c.together && c.Hold == 0 {
		x.Emit(d.crowdFinding(c))
		c.Hold = crowdHold
	}
}

// severityOf is medium for a caller who is known not to send such prompts, and
// low for one whose habit it is or of whom nothing is known: a red team's new key
// looks like an attacker's. Tests by what calls itself a scanner are low, too.
func (d *watch) severityOf(s *state, j *judgement) schemas.Severity {
	known := s.Known >= learned && s.Hits < 0.05 && s.Blocks < 0.05
	if known && 2*float64(s.Run.Tests) < max(j.hits, j.blocks) {
		return schemas.SeverityMedium
	}
	return schemas.SeverityLow
}
