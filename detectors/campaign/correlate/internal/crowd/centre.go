package crowd

import (
	"math"

	"github.com/gatehound/gatehound/detectors/campaign/profile"
)

// The groups of evidence for belonging to a cluster, about independent of one
// another; what is within one is not, and counts once. They are the kinds of links.
const (
	ByLengths = iota
	BySettings
	ByClient
	ByNetwork
	ByTemplate
	ByVolume
	ByTiming
	ByStart
	// Groups is how many there are.
	Groups
)

// Fits are how much likelier what is seen of a principal is of a member than of
// somebody else, in logarithms, by group.
type Fits [Groups]float32

// MostOfLengths is the most that lengths speak for belonging.
const MostOfLengths = 5

// limits clip the fits: neither may one coincidence make a member, nor may one
// difference that an attacker chooses (another address, another client) free one.
var limits = [Groups]struct{ low, high float32 }{
	ByLengths:  {-4, MostOfLengths},
	BySettings: {-3, 5},
	ByClient:   {-1, 4},
	ByNetwork:  {-0.5, 5},
	ByTemplate: {-1.5, 6},
	ByVolume:   {-2.5, 2.5},
	ByTiming:   {-2, 2.5},
	ByStart:    {-1.5, 4},
}

// slots is how many values of a kind a centre tells apart.
const slots = 64

// values are the values of a kind that members have.
type values struct {
	keys  [slots]uint32
	count [slots]uint16
	// gone is how many of those that are left out of the others have it too.
	gone  [slots]uint32
	like  [slots]float32
	other float32 // of any other value
	used  int
	size  float64
}

func (v *values) add(t uint32) {
	v.size++
	for i := t >> 1; ; i++ {
		switch at := i % slots; v.keys[at] {
		case t:
			if v.count[at] < math.MaxUint16 {
				v.count[at]++
			}
			return
		case 0:
			// Once it is nearly full, new values are as if seen by nobody: what many
			// have has come by then, as members come in random order.
			if v.used < slots*3/4 {
				v.used++
				v.keys[at], v.count[at] = t, 1
			}
			return
		}
	}
}

// find returns the place of a value, or -1.
func (v *values) find(t uint32) int {
	for i := t >> 1; ; i++ {
		switch at := i % slots; v.keys[at] {
		case t:
			return int(at)
		case 0:
			return -1
		}
	}
}

func (v *values) of(t uint32) float32 {
	if at := v.find(t); at >= 0 {
		return v.like[at]
	}
	return v.other
}

// typical tells whether a value is one that members often have: 1, or -1 if it is
// not, or 0 if it is not known or members have all kinds of values.
func (v *values) typical(t uint32) int {
	if t == 0 || v.size == 0 || v.other > -0.7 {
		return 0
	}
	if at := v.find(t); at >= 0 && float64(v.count[at]) >= 0.04*v.size {
		return 1
	}
	return -1
}

// weigh turns counts into likeness: the predictive rule of a Pitman-Yor process
// whose base are the values of the others. A value that one member has says
// nothing, one that many members have says how rare it is elsewhere, and if all
// members differ, another value is no contradiction.
func (v *values) weigh(p *Population, kind int, gone float64) {
	const discount, strength = 0.7, 1
	if v.size == 0 {
		return
	}
	fresh := discount*float64(v.used) + strength
	v.other = float32(math.Log(min(1, fresh/(v.size+strength))))
	others := max(p.known[kind]-v.size-gone, 0) + 1
	for i, t := range v.keys {
		if t == 0 {
			continue
		}
		n := float64(v.count[i])
		share := min(1, (max(p.Count(kind, t)-n-float64(v.gone[i]), 0)+0.5)/others)
		within := (max(n-1-discount, 0) + fresh*share) / (v.size + strength)
		v.like[i] = float32(math.Log(within / share))
	}
}

// Centre is what the members of a cluster have in common.
type Centre struct {
	values          [Kinds]values
	in, out         lengths
	inLike, outLike likeness
	// most is the most that anybody can fit, by group.
	most Fits
}

// Fill makes the centre of members, held against all but them and those who are
// gone, and against the lengths of others.
func (p *Population) Fill(c *Centre, members, gone, others []uint32) {
	for k := range c.values {
		v := &c.values[k]
		v.keys, v.gone, v.used, v.size, v.other = [slots]uint32{}, [slots]uint32{}, 0, 0, 0
	}
	var in, out [profile.Bins]float64
	owners := 0.0
	for i, m := range members {
		x := p.Profile(m)
		for kind, t := range p.Tokens[m] {
			if t != 0 && kind != Network {
				c.values[kind].add(t)
			}
		}
		if x.Networks[0] != 0 {
			for _, n := range x.Networks {
				if n != 0 {
					c.values[Network].add(n)
				}
			}
			owners++
		}
		if i < 1024 {
			w := callsOf(classOf(x.Measured))
			addShares(&in, &x.Inputs, w)
			addShares(&out, &x.Outputs, w)
		}
	}
	c.values[Network].size = owners
	for _, m := range gone {
		for kind, t := range p.Tokens[m] {
			if t == 0 {
				continue
			}
			if at := c.values[kind].find(t); at >= 0 {
				c.values[kind].gone[at]++
			}
		}
	}
	for kind := range c.values {
		c.values[kind].weigh(p, kind, float64(len(gone)))
	}
	c.limit()
	c.in, c.out = newLengths(&in), newLengths(&out)
	c.inLike, c.outLike = p.othersLengths(c, others)
}

func addShares(to *[profile.Bins]float64, h *histogram, weight float64) {
	sum := 0
	for _, s := range h {
		sum += int(s)
	}
	if sum == 0 {
		return
	}
	weight /= float64(sum)
	for i, s := range h {
		to[i] += float64(s) * weight
	}
}

func (p *Population) othersLengths(c *Centre, others []uint32) (in, out likeness) {
	var buffer [2][2048]float64
	var which [2][2048]int
	var n [2]int
	for _, o := range others[:min(len(others), 2048)] {
		x := p.Profile(o)
		class := classOf(x.Measured)
		if d, ok := c.in.distance(&x.Inputs); ok {
			buffer[0][n[0]], which[0][n[0]] = d, class
			n[0]++
		}
		if d, ok := c.out.distance(&x.Outputs); ok {
			buffer[1][n[1]], which[1][n[1]] = d, class
			n[1]++
		}
	}
	return c.in.newLikeness(buffer[0][:n[0]], which[0][:n[0]]), c.out.newLikeness(buffer[1][:n[1]], which[1][:n[1]])
}

// best is the most that any value speaks for belonging; who has none has 0.
func (v *values) best() float32 {
	most := max(v.other, 0)
	for i, t := range v.keys {
		if t != 0 {
			most = max(most, v.like[i])
		}
	}
	return most
}

// limit tells the most that anybody can fit.
func (c *Centre) limit() {
	best := func(kind int) float32 { return c.values[kind].best() }
	c.most = Fits{
		ByLengths:  MostOfLengths,
		BySettings: best(Model) + best(Settings) + best(Shape),
		ByClient:   max(best(Client), best(Hello)),
		ByNetwork:  max(best(Network), best(System), best(Country)),
		ByTemplate: best(Template),
		ByVolume:   best(Volume),
		ByTiming:   best(Rhythm) + best(Hours),
		ByStart:    best(Start) + best(Pivot),
	}
	for g := range c.most {
		c.most[g] = min(c.most[g], limits[g].high)
	}
}

// order is in which groups of tokens are looked at: those first that tell most
// strangers from members, the networks, of which there are four, last.
var order = [...]int{BySettings, ByVolume, ByTiming, ByStart, ByClient, ByTemplate, ByNetwork}

// slack is more than what rounding makes of sums of fits.
const slack = 1e-3

// FitTokens returns how a principal fits but for its lengths, and false as soon as
// it cannot fit by more than the bound, whatever lengths it has and even without
// the group that it fits worst in.
func (c *Centre) FitTokens(t *Tokens, x *profile.Profile, bound float32) (f Fits, ok bool) {
	reach, worst := float32(0), float32(0)
	for _, m := range c.most {
		reach += m
	}
	for _, g := range order {
		v := min(max(c.fitGroup(g, t, x), limits[g].low), limits[g].high)
		f[g] = v
		reach += v - c.most[g]
		if worst = min(worst, v); reach-worst < bound-slack {
			return f, false
		}
	}
	return f, true
}

// fitGroup returns how a principal fits in a group of tokens.
func (c *Centre) fitGroup(g int, t *Tokens, x *profile.Profile) float32 {
	of := func(kind int) float32 {
		if t[kind] == 0 {
			return 0
		}
		return c.values[kind].of(t[kind])
	}
	switch g {
	case BySettings:
		return of(Model) + of(Settings) + of(Shape)
	case ByClient:
		return either(of(Client), of(Hello))
	case ByNetwork:
		near := of(Network)
		for _, n := range x.Networks[1:] {
			if n != 0 {
				near = max(near, c.values[Network].of(n))
			}
		}
		return either(near, either(of(System), of(Country)))
	case ByTemplate:
		return of(Template)
	case ByVolume:
		return of(Volume)
	case ByTiming:
		return of(Rhythm) + of(Hours)
	case ByStart:
		return of(Start) + of(Pivot)
	}
	return 0
}

// either is what the stronger sign of two that depend on one another says; a
// likeness speaks louder than a difference.
func either(a, b float32) float32 {
	if a > 0 || b > 0 {
		return max(a, b)
	}
	return min(a, b)
}

// FitLengths returns how the lengths fit.
func (c *Centre) FitLengths(x *profile.Profile) float32 {
	class, sum := classOf(x.Measured), float32(0)
	if d, ok := c.in.distance(&x.Inputs); ok {
		sum += c.inLike[class][bandOf(d/c.in.noise[class])]
	}
	if d, ok := c.out.distance(&x.Outputs); ok {
		sum += c.outLike[class][bandOf(d/c.out.noise[class])]
	}
	return min(max(sum, limits[ByLengths].low), limits[ByLengths].high)
}

// Typical tells whether somebody might be a member, however common all that is:
// lengths, settings and whatever else the members have in common are as theirs,
// but for one thing.
func (c *Centre) Typical(t *Tokens, x *profile.Profile) bool {
	class := classOf(x.Measured)
	if d, ok := c.in.distance(&x.Inputs); ok && d > 2*c.in.noise[class] {
		return false
	}
	if d, ok := c.out.distance(&x.Outputs); ok && d > 2*c.out.noise[class] {
		return false
	}
	same, other := 0, 0
	for _, kind := range [...]int{Model, Settings, Shape, Client, Hello, System, Template, Volume, Rhythm, Start} {
		switch c.values[kind].typical(t[kind]) {
		case 1:
			same++
		case -1:
			other++
		}
	}
	return same >= 3 && other <= 1
}

// Fit returns how a principal fits.
func (c *Centre) Fit(t *Tokens, x *profile.Profile) Fits {
	f, _ := c.FitTokens(t, x, -math.MaxFloat32)
	f[ByLengths] = c.FitLengths(x)
	return f
}

// Sum returns the evidence of all groups.
func (f *Fits) Sum() (s float32) {
	for _, v := range f {
		s += v
	}
	return s
}
