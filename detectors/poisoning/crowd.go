package poisoning

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// crowds counts the principals that wrote one size each, by kind and size: a
// table of fixed size by hash. Of two that fall together the one with the lower
// tag stays, whichever came first.
type crowds [2048]group

// group is who wrote one size: how many principals, how many of them did so for
// the first time, and how many writes they made.
type group struct {
	tag              uint32
	writes           uint32
	members, novices uint16
	kind             kind
}

// crowdKnown is from how many principals on a size is remembered, crowdAge for
// how many hours a kind has to be known before a crowd can be told.
const (
	crowdKnown = 3
	crowdAge   = 6
)

func (c *crowds) add(size uint64, k kind, novice bool, writes uint16) {
	g := group{tag: uint32(size) | 1, kind: k, members: 1, writes: uint32(writes)}
	if novice {
		g.novices = 1
	}
	c[size>>53].merge(&g)
}

func (c *crowds) merge(o *crowds) {
	for i := range o {
		if o[i].tag != 0 {
			c[i].merge(&o[i])
		}
	}
}

func (g *group) merge(o *group) {
	switch {
	case g.tag != 0 && o.tag > g.tag:
	case g.tag != o.tag || g.kind != o.kind:
		// Another kind under the same tag is another size that fell together:
		// the lower one stays.
		if g.tag != o.tag || o.kind < g.kind {
			*g = *o
		}
	default:
		g.members = uint16(min(uint32(g.members)+uint32(o.members), math.MaxUint16))
		g.novices = uint16(min(uint32(g.novices)+uint32(o.novices), math.MaxUint16))
		g.writes = uint32(min(uint64(g.writes)+uint64(o.writes), math.MaxUint32))
	}
}

// bit returns the place of a group in the set of known sizes.
func (g *group) bit(i int) (word int, mask uint64) {
	v := uint32(i)<<5 ^ g.tag>>1
	return int(v >> 6 & 255), 1 << (v & 63)
}

// together tells that a group is too large for chance. New accounts are; of those
// who wrote before it takes twice as many, and ratings of applications are of one
// size anyway.
func (d *watch) together(g *group) bool {
	if 5*int(g.novices) >= 4*int(g.members) {
		return int(g.members) >= d.config.Accounts
	}
	return g.kind != feedback && int(g.members) >= 2*d.config.Accounts
}

// concert looks for principals that write the same size, as accounts in one hand
// do, and remembers the sizes that several wrote.
func (d *watch) concert(x *detectors.Context, c *Cohort) {
	now := uint32(x.WindowStart / int64(time.Hour))
	best := -1
	for i := range c.crowds {
		g := &c.crowds[i]
		if g.members < crowdKnown {
			continue
		}
		word, mask := g.bit(i)
		fresh := (c.known[word]|c.before[word])&mask == 0
		c.held[word] |= mask
		if fresh && d.together(g) && c.active[g.kind] >= crowdAge && !d.silent(c, g, now) && (best < 0 || g.members > c.crowds[best].members) {
			best = i
		}
	}
	if best < 0 {
		return
	}
	f := d.crowdFinding(&c.crowds[best])
	copy(c.told[1:], c.told[:])
	c.told[0] = told{c.crowds[best].tag, now, f.Severity}
	x.Emit(f)
}

// silent tells that the crowd was told lately, at least as severely.
func (d *watch) silent(c *Cohort, g *group, now uint32) bool {
	for _, t := range c.told {
		if t.tag == g.tag && now < t.hour+uint32(d.config.RepeatHours) && g.severity() <= t.severe {
			return true
		}
	}
	return false
}

// severity is medium if each of a group wrote several times: a class of students
// hands in the same file once or twice.
func (g *group) severity() schemas.Severity {
	if 2*g.writes >= 5*uint32(g.members) {
		return schemas.SeverityMedium
	}
	return schemas.SeverityInfo
}
