package correlate

import (
	"math"
	"slices"

	"github.com/gatehound/gatehound/detectors/campaign/correlate/internal/crowd"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
)

// answer returns the mean length of a principal's answers, in tokens.
func answer(x *profile.Profile) (float64, bool) {
	out, calls := crowd.Positive(x.Output), crowd.Positive(x.Calls)
	if out == 0 || calls == 0 {
		return 0, false
	}
	return out / calls, true
}

// median returns the middle of what is known of some principals.
func (p *population) median(of []uint32, value func(*profile.Profile) (float64, bool)) (float64, bool) {
	var all []float64
	for _, m := range of {
		if v, ok := value(p.Profile(m)); ok {
			all = append(all, v)
		}
	}
	if len(all) < 4 {
		return 0, false
	}
	slices.Sort(all)
	return all[len(all)/2], true
}

// over returns a test of whether a share is over a bound, in 1/254.
func over(bound uint8, share func(*profile.Profile) uint8) func(*profile.Profile) (yes, known bool) {
	return func(x *profile.Profile) (bool, bool) {
		s := share(x)
		return s > bound && s <= crowd.Whole, s <= crowd.Whole
	}
}

// harvest tells what is taken: long answers to single questions, answers cut at
// their limit, probabilities, reasoning.
func (p *population) harvest(g *grown) piece {
	e, length := 0.0, 0.0
	within, ok := p.median(g.members, answer)
	without, known := p.median(g.others, answer)
	if ok && known {
		length = within
		e += min(max(math.Log(within/max(without, 1)), -1.5), 1.5)
	}
	trait := func(low, high float64, bound uint8, share func(*profile.Profile) uint8) float64 {
		v, _, _ := p.contrast(g.members, g.others, low, high, over(bound, share))
		return v
	}
	e += trait(-2, 1, 215, func(x *profile.Profile) uint8 { return x.Single })
	e += trait(0, 1, 76, func(x *profile.Profile) uint8 { return x.Pinned })
	e -= trait(0, 1.5, 127, func(x *profile.Profile) uint8 { return x.Tooled })
	e -= trait(0, 3, 127, func(x *profile.Profile) uint8 { return x.Embedded })
	probe := max(trait(0, 3, 76, func(x *profile.Profile) uint8 { return x.Probed }), trait(0, 3, 76, func(x *profile.Profile) uint8 { return x.Reasoned }))
	if ok && within < 24 && probe < 1 {
		e = min(e, 0) - 2 // a class, a yes, a number: no lesson for a model
	}
	return piece{name: "harvest", value: min(max(e+probe, -4), 3.5), conduct: true, observed: within, expected: without, unit: "tokens", text: harvestText(length, without, probe)}
}

// prompted returns the share of calls with a prompt in the log, and of different
// ones among them.
func (p *population) prompted(of []uint32) (known, different float64) {
	var calls, prompted, distinct float64
	for _, m := range of {
		x := p.Profile(m)
		calls += crowd.Positive(x.Calls)
		prompted += crowd.Positive(x.Prompted)
		distinct += min(crowd.Positive(x.Different), crowd.Positive(x.Prompted))
	}
	if calls == 0 || prompted == 0 {
		return 0, 0
	}
	return min(prompted/calls, 1), distinct / prompted
}

// repeated estimates which share of the prompts that members sent was sent by
// others of them too. The smallest hashes of all are compared up to a hash that
// everybody's sample reaches, so that a prompt is seen of all or of none.
func (p *population) repeated(of []uint32) (float64, bool) {
	var lasts []uint32
	for _, m := range of {
		if x := p.Profile(m); x.Prompts[0] != 0 {
			last := uint32(math.MaxUint32)
			if x.Prompts[len(x.Prompts)-1] != 0 {
				last = x.Prompts[len(x.Prompts)-1]
			}
			lasts = append(lasts, last)
		}
	}
	if len(lasts) < 4 {
		return 0, false
	}
	slices.Sort(lasts)
	bound := lasts[len(lasts)/4]
	var hashes []uint32
	for _, m := range of {
		x := p.Profile(m)
		for i, h := range x.Prompts {
			if h != 0 && h <= bound && (i == 0 || h != x.Prompts[i-1]) {
				hashes = append(hashes, h)
			}
		}
	}
	if len(hashes) < 16 {
		return 0, false
	}
	slices.Sort(hashes)
	again := 0
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			again++
		}
	}
	return float64(again) / float64(len(hashes)), true
}

// pool tells whether the members divide a pool of prompts among themselves: one
// template, other prompts for each. People who were given a template, courses
// and evaluations repeat prompts.
func (p *population) pool(g *grown) piece {
	known, different := p.prompted(g.members)
	again, ok := p.repeated(g.members)
	if known < 0.5 || !ok {
		return piece{name: "prompts"}
	}
	x := piece{name: "prompts", conduct: true, observed: 100 * (1 - again), expected: 80, unit: "%"}
	link := linkPiece(g, crowd.ByTemplate).value
	switch {
	case again > 0.25 || different < 0.4:
		x.value = -3
	case again > 0.1:
		x.value = -1
	case different > 0.85 && link >= clearLink:
		x.value = 1
	case different > 0.85:
		x.value = 0.5
	}
	x.text = poolText(again)
	return x
}

// against weighs what else explains the cluster.
func (p *population) against(g *grown, v *verdict) piece {
	x := piece{name: "innocent"}
	tenant, within := p.tenantOf(g.members)
	same := func(y *profile.Profile) (bool, bool) {
		t := y.Traits[profile.Tenant]
		return t.Share > 0 && t.Value == tenant, t.Share > 0
	}
	without, _ := p.share(g.others, same)
	single := within >= 0.8 && without < 0.3
	if single {
		x.value -= 5
		for _, m := range g.members {
			if y := p.Profile(m); y.First <= p.o.watch().Settled() {
				x.value-- // the tenant is no newcomer
				break
			}
		}
		if without > 0 {
			x.value--
		}
	}
	if tenant == 0 && g.shared[crowd.ByNetwork] > 0.9 {
		x.value -= 2 // perhaps of one tenant, the log does not say
	}
	users, _ := p.median(g.members, func(y *profile.Profile) (float64, bool) { return float64(y.Users), y.Users > 0 })
	if users >= 4 {
		x.value -= 2
	}
	first, last := uint32(math.MaxUint32), uint32(0)
	for _, m := range g.members {
		first, last = min(first, p.Profile(m).First), max(last, p.Profile(m).Last)
	}
	brief := crowd.Sub(last, first) < 12*60
	if brief {
		x.value -= 2.5
	}
	product := !single && v.unequal && g.shared[crowd.ByClient] > 0.9 && g.common[crowd.ByClient] < 0.02
	if product {
		x.value -= 1.5 // a client that nobody else has, and each customer as busy as it is
	}
	switch {
	case single:
		v.innocent = "a batch job, a load test or a course of one customer"
	case users >= 4:
		v.innocent = "one application with many end users behind it"
	case brief:
		v.innocent = "a load test or an event with keys made for it"
	case product, g.shared[crowd.ByTemplate] > 0.5 && g.common[crowd.ByTemplate] < 0.2, g.shared[crowd.ByClient] > 0.8 && g.common[crowd.ByClient] < 0.1:
		v.innocent = "one product that many customers installed within the same days"
	case g.shared[crowd.ByNetwork] > 0.5:
		v.innocent = "services of one operator behind one network"
	default:
		v.innocent = "a fleet of services with the same task that was rolled out at once"
	}
	return x
}

// tenantOf returns the most frequent tenant and its share.
func (p *population) tenantOf(of []uint32) (tenant uint32, share float64) {
	counts := make(map[uint32]int)
	best := 0
	for _, m := range of {
		if t := p.Profile(m).Traits[profile.Tenant]; t.Share > 0 {
			counts[t.Value]++
			if n := counts[t.Value]; n > best || n == best && t.Value < tenant {
				best, tenant = n, t.Value
			}
		}
	}
	return tenant, float64(best) / float64(max(len(of), 1))
}

// conduct is a quick estimate of what judge finds in a sample, to rank it: equal
// volumes, one start, calls as a machine's at all hours, and much in all.
func (p *population) conduct(of []uint32) float64 {
	sigma, median := p.spread(of, p.days)
	e := min(max(2*math.Log(1.2/max(sigma, 0.15)), -3), 4)
	var times []uint32
	for _, m := range of {
		if o, ok := crowd.OnsetOf(p.Profile(m), p.o.watch()); ok {
			times = append(times, o.At)
		}
	}
	if 2*len(times) > len(of) {
		from, to := interval(times)
		e += min(max(math.Log(3*24*60/float64(to-from+60)), -1), 2)
	} else {
		e--
	}
	calm, known := p.share(of, independent)
	if known > 0 {
		e += 3*calm - 1
	}
	day, known := p.share(of, awake)
	if known > 0 {
		e += 2 * day
	}
	if within, ok := p.median(of, answer); ok && within < 24 {
		e -= 2
	}
	if _, share := p.tenantOf(of); share > 0.8 {
		e -= 2
	}
	return e + min(math.Log1p(median)/4, 1.5)
}
