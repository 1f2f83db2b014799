package correlate

import (
	"math"
	"slices"

	"github.com/gatehound/gatehound/detectors/campaign/correlate/internal/crowd"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
)

// piece is one group of evidence about a cluster as a whole.
type piece struct {
	name string
	// value is the evidence, in natural logarithms; below 0 it speaks against.
	value float64
	// conduct tells that it is about what the members do together, not about what
	// they have in common: callers of one application have much in common.
	conduct            bool
	observed, expected float64
	unit               string
	text               string
}

// verdict is a cluster judged as one.
type verdict struct {
	g        *grown
	pieces   []piece
	score    float64
	links    int     // groups of links that speak clearly
	acts     int     // groups of conduct that speak clearly
	beside   float64 // what conduct says besides what its clearest group does
	together float64 // what speaks for one plan: equal volumes, common starts and moves
	calls    float64
	unequal  bool // the volumes differ as those of different customers do
	innocent string
}

const (
	// clearLink and clearAct are from where a group of evidence speaks clearly:
	// eight and five times as likely.
	clearLink, clearAct = 2.0, 1.6
	// besides is what the other groups of conduct say together at least, if none
	// of them speaks clearly: eleven times as likely, as it takes more of what is
	// vague to make up for a clear sign.
	besides = 1.5 * clearAct
	// leastCalls is the joint volume below which nothing worth having was taken:
	// a thousand good answers are enough to teach a model (s1, 2025).
	leastCalls = 300
)

// mostLinks is the most that links count together. The callers of one application
// have all of them: that the members are alike makes them a group, and what the
// group does must tell the rest.
const mostLinks = 8

const minutesADay = 24 * 60

// reported tells whether the evidence suffices: enough in all, of at least three
// groups, of which one is a link and two are conduct, or one is and the rest of it
// says as much together. One must tell of
// a plan, because what an application is made for it does all day, wherever it is
// installed, and asks for long answers if it needs them.
func (v *verdict) reported(o *Options) bool {
	acts := v.acts >= 2 || v.acts == 1 && v.beside >= besides
	return v.together >= clearAct && v.score >= o.Score && v.links >= 1 && acts && v.links+v.acts >= 3 && v.calls >= leastCalls
}

// judge weighs what speaks for and against one hand and harvesting.
func (p *population) judge(g *grown) verdict {
	v := verdict{g: g}
	for _, m := range g.members {
		v.calls += crowd.Positive(p.Profile(m).Calls)
	}
	add := func(x piece) {
		if x.value == 0 {
			return
		}
		v.pieces = append(v.pieces, x)
		v.score += x.value
		switch {
		case x.conduct && x.value >= clearAct:
			v.acts++
		case !x.conduct && x.value >= clearLink:
			v.links++
		}
	}
	for k := crowd.ByLengths; k <= crowd.ByTemplate; k++ {
		add(linkPiece(g, k))
	}
	if v.score > mostLinks {
		for i := range v.pieces {
			v.pieces[i].value *= mostLinks / v.score
		}
		v.score = mostLinks
	}
	quota, cohort := p.quota(g), p.cohort(g)
	v.unequal = quota.value < 1
	v.together = max(quota.value, 0) + max(cohort.value, 0)
	add(quota)
	add(p.timing(g))
	add(cohort)
	add(p.harvest(g))
	add(p.pool(g))
	clearest := 0.0
	for _, x := range v.pieces {
		if x.conduct && x.value > 0 {
			v.beside += x.value
			clearest = max(clearest, x.value)
		}
	}
	v.beside -= clearest
	add(p.against(g, &v))
	// There are many more small groups than large ones to be alike by chance.
	add(piece{name: "size", value: min(0, 2*math.Log(float64(len(g.members))/20))})
	return v
}

// effect is how much rarer than among the members something is among the others,
// in logarithms, within bounds; n is how many members it rests on.
func effect(members, others, n, low, high float64) float64 {
	members = (members*n + others) / (n + 1)
	return min(max(math.Log(members/others), low), high)
}

// linkPiece is what a link says, from those who belong even without it: how much
// likelier what they have is among members, on average.
func linkPiece(g *grown, k int) piece {
	e := min(max(g.mean[k], 0), 4)
	return piece{name: kindNames[k], value: e, observed: 100 * g.shared[k], expected: 100 * g.common[k], unit: "%"}
}

// weight is what evidence counts that comes from those who belong without a group.
func (g *grown) weight(k int, e float64) float64 {
	if g.needed[k] {
		return e / 2
	}
	return e
}

// share returns which share of those for whom it is known have something, and of
// how many it is known.
func (p *population) share(of []uint32, has func(*profile.Profile) (yes, known bool)) (share, known float64) {
	yes := 0.0
	for _, m := range of {
		if y, k := has(p.Profile(m)); k {
			known++
			if y {
				yes++
			}
		}
	}
	if known == 0 {
		return 0, 0
	}
	return yes / known, known
}

// contrast holds a trait of members against the others'; unknown is 0.
func (p *population) contrast(members, others []uint32, low, high float64, has func(*profile.Profile) (yes, known bool)) (e, within, without float64) {
	within, n := p.share(members, has)
	without, m := p.share(others, has)
	if n < float64(len(members))/2 || n < 4 || m < 4 {
		return 0, 0, 0
	}
	return effect(within, (without*m+0.5)/(m+1), n, low, high), within, without
}

// independent tells whether calls come as independent ones do: neither by a
// clock nor in a person's sessions.
func independent(x *profile.Profile) (yes, known bool) {
	return x.Scatter < 1.8 && x.Scatter > 0.4, x.Scatter >= 0
}

// quietest is the share of the eight successive hours with fewest calls.
func quietest(hours *[24]float64) float64 {
	sum, window := 0.0, 0.0
	for i, h := range hours {
		sum += h
		if i < 8 {
			window += h
		}
	}
	if sum == 0 {
		return 0
	}
	least := window
	for i := 1; i < 24; i++ {
		window += hours[(i+7)%24] - hours[i-1]
		least = min(least, window)
	}
	return max(least, 0) / sum
}

func hoursOf(x *profile.Profile) (h [24]float64) {
	for i, s := range x.Hours {
		h[i] = float64(s)
	}
	return h
}

// awake tells whether somebody calls at all hours: a third of independent calls
// falls into any eight hours, of a person's nearly none.
func awake(x *profile.Profile) (yes, known bool) {
	h := hoursOf(x)
	return quietest(&h) > 0.13, crowd.Positive(x.Measured) >= 24 && x.Last-min(x.First, x.Last) >= 20*60
}

// timing tells machines from people: by how the calls of each are scattered, and
// by when all of them together rest.
func (p *population) timing(g *grown) piece {
	scatter, within, without := p.contrast(g.free[crowd.ByTiming], g.others, -2.5, 2.5, independent)
	alone, awakeIn, _ := p.contrast(g.free[crowd.ByTiming], g.others, -1, 2, awake)
	var pooled [24]float64
	for _, m := range g.members {
		h := hoursOf(p.Profile(m))
		sum := 0.0
		for _, s := range h {
			sum += s
		}
		for i := range h {
			pooled[i] += h[i] / max(sum, 1)
		}
	}
	quiet := quietest(&pooled)
	switch {
	case quiet < 0.06:
		alone = min(alone, 0) - 0.5
	case quiet > 0.2 && awakeIn < 0.5 && alone < 1:
		// Each rests, all of them together do not: shifts, or callers of all time
		// zones.
		alone = 0.8
	}
	e := g.weight(crowd.ByTiming, min(max(scatter+alone, -3), 3.5))
	return piece{name: "timing", value: e, conduct: true, observed: 100 * within, expected: 100 * without, unit: "%",
		text: timingText(within, without, quiet, p.seen(g) < 24*60)}
}

// interval returns the shortest stretch of time that holds four fifths of the
// times, which it sorts.
func interval(times []uint32) (from, to uint32) {
	slices.Sort(times)
	need := (len(times)*4 + 4) / 5
	from, to = times[0], times[len(times)-1]
	for i := 0; i+need <= len(times); i++ {
		if times[i+need-1]-times[i] < to-from {
			from, to = times[i], times[i+need-1]
		}
	}
	return from, to
}

// within tells of a time whether it lies in the interval.
func within(t, from, to uint32) bool { return t >= from && t <= to }

// cohort tells of common starts, stops and moves to another model.
func (p *population) cohort(g *grown) piece {
	of := g.free[crowd.ByStart]
	e, from, to, in, out := p.joint(of, g.others, func(x *profile.Profile) (uint32, bool) {
		return x.First, x.First > p.o.watch().Settled()
	})
	// Keys with a past begin too: that more are known to have begun speaks louder,
	// that more others have done so less.
	if f, since, until, within, without := p.joint(of, g.others, func(x *profile.Profile) (uint32, bool) {
		o, ok := crowd.OnsetOf(x, p.o.watch())
		return o.At, ok
	}); f > e {
		e, from, to, in, out = f, since, until, within, without
	}
	e = g.weight(crowd.ByStart, e)
	known := p.o.End > p.o.Since+4*24*60
	if old, _ := p.share(g.members, func(x *profile.Profile) (bool, bool) {
		_, began := crowd.OnsetOf(x, p.o.watch())
		return !began, true
	}); old > 0.6 && known {
		e = -1.5 // they were there before and did not change
	}
	stop, _, _, _, _ := p.joint(g.members, g.others, func(x *profile.Profile) (uint32, bool) {
		return x.Last, x.Last+24*60 < p.o.End
	})
	move, _, _, _, _ := p.joint(g.members, g.others, func(x *profile.Profile) (uint32, bool) {
		return x.Pivot, x.Pivot > 0
	})
	text := cohortText(from, to, in, out)
	if move > max(e, 0) {
		text = moveText
	}
	e = min(max(e, 0)+max(stop, 0)+max(move, 0)+min(e, 0), 4.5)
	return piece{name: "start", value: e, conduct: true, observed: 100 * in, expected: 100 * out, unit: "%", text: text}
}

// joint holds how many of the members have a time within the shortest interval
// for four fifths of them against how many of the others have it then. It is 0
// unless half of the members have one, and that interval is four days at most.
func (p *population) joint(members, others []uint32, of func(*profile.Profile) (uint32, bool)) (e float64, from, to uint32, in, out float64) {
	var times []uint32
	for _, m := range members {
		if t, ok := of(p.Profile(m)); ok {
			times = append(times, t)
		}
	}
	if len(times) < 4 || 2*len(times) < len(members) {
		return 0, 0, 0, 0, 0
	}
	from, to = interval(times)
	if to-from > 4*24*60 {
		return 0, from, to, 0, 0
	}
	during := func(x *profile.Profile) (bool, bool) {
		t, ok := of(x)
		return ok && within(t, from, to), true
	}
	e, in, out = p.contrast(members, others, -1, 4, during)
	return e, from, to, in, out
}
