package evaluate

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/schemas"
)

// tolerance is how far a finding's window may reach beyond a plant: what ends is
// told of in the next window, too.
const tolerance = 5 * time.Minute

// aftermath is for how long what is said of an attack's own entities is about
// its end.
const aftermath = 90 * time.Minute

// result is what came of one seed.
type result struct {
	seed           uint64
	benign, attack int64
	principalDays  float64
	dropped        int64
	attacks        []verdict
	lookalikes     map[simulate.Kind]int
	alerts         []alert
	left           []simulate.Kind
}

// verdict is what became of an attack.
type verdict struct {
	kind     simulate.Kind
	strength float64
	start    time.Time
	// rules are the rules that found it, first is the first finding.
	rules  []string
	first  *schemas.Finding
	after  time.Duration
	events int
	prompt bool
}

// alert is a rule and an entity on one day.
type alert struct {
	finding *schemas.Finding
	is      class
	// about is the look-alike that it is about, if any.
	about simulate.Kind
}

// class is what an alert is.
type class uint8

const (
	isFalse   class = iota
	isRight         // calls a look-alike what it is
	isRelated       // about what an attack moves
	isHit           // by a family that should find the attack
)

// plant is what was planted, with entities named as findings name them.
type plant struct {
	simulate.Truth
	entities, related []schemas.Entity
}

// judge holds the findings against what was planted, as far as the fleet has
// come. An attack is found by the first finding of an expected family that names
// one of its entities, made after it began. A finding that names an entity that
// an attack is about or moves, in its time, is explained. One of a look-alike
// that calls it what it is, is right. All else is false.
func (h *chase) judge(f *simulate.Fleet, o outline, last int64, opts *Options) *result {
	r := &result{seed: o.fleet.Seed, benign: h.Events, principalDays: h.callers.sum, dropped: h.Dropped,
		lookalikes: map[simulate.Kind]int{}, left: o.left}
	var attacks, innocents []plant
	for i, t := range f.Truths() {
		r.benign -= int64(len(h.times[i]))
		r.attack += int64(len(h.times[i]))
		if t.Events == 0 {
			continue
		}
		p := plant{Truth: t, entities: h.named(t.Entities), related: h.named(t.Related)}
		if t.Benign {
			innocents = append(innocents, p)
			r.lookalikes[t.Kind]++
			continue
		}
		attacks = append(attacks, p)
		v := h.verdict(&p, h.times[i], opts)
		v.strength = o.strengths[i]
		if v.first != nil || !t.End.After(time.Unix(0, last+int64(time.Minute))) {
			r.attacks = append(r.attacks, v)
		}
	}
	type once struct {
		rule   string
		entity schemas.Entity
		day    int64
	}
	seen := map[once]int{}
	for i := range h.Findings {
		f := &h.Findings[i]
		if !opts.judged(f.Detector) {
			continue
		}
		a := classify(f, attacks, innocents)
		key := once{f.Detector, f.Entity, f.WindowStart.Unix() / 86400}
		if n, ok := seen[key]; ok {
			if r.alerts[n].is < a.is {
				r.alerts[n].is = a.is
			}
			continue
		}
		seen[key] = len(r.alerts)
		r.alerts = append(r.alerts, a)
	}
	return r
}

// verdict looks for the finding that found an attack.
func (h *chase) verdict(p *plant, times []int64, o *Options) verdict {
	v := verdict{kind: p.Kind, start: p.Start}
	for i := range h.Findings {
		f := &h.Findings[i]
		if !o.judged(f.Detector) || f.Detected.Before(p.Start) || !p.during(f) || !p.expects(f.Detector) || !names(p.entities, f.Entity) {
			continue
		}
		if !slices.Contains(v.rules, f.Detector) {
			v.rules = append(v.rules, f.Detector)
		}
		if v.first == nil || f.Detected.Before(v.first.Detected) {
			v.first = f
		}
	}
	if v.first == nil {
		return v
	}
	v.after = v.first.Detected.Sub(p.Start)
	// One window: that which is open when the attack begins, and the next.
	v.prompt = v.after <= 2*v.first.WindowEnd.Sub(v.first.WindowStart)
	v.events, _ = slices.BinarySearch(times, v.first.Detected.UnixNano()+1)
	return v
}

// classify says what a finding is.
func classify(f *schemas.Finding, attacks, innocents []plant) alert {
	a := alert{finding: f}
	for i := range attacks {
		p := &attacks[i]
		if !p.during(f) {
			if p.ended(f) && names(p.entities, f.Entity) {
				a.is = isRelated
			}
			continue
		}
		switch named := names(p.entities, f.Entity); {
		case named && p.expects(f.Detector):
			a.is = isHit
			return a
		case named || names(p.related, f.Entity):
			a.is = isRelated
		}
	}
	if a.is != isFalse {
		return a
	}
	for i := range innocents {
		p := &innocents[i]
		if !p.during(f) || !names(p.entities, f.Entity) {
			continue
		}
		if a.about == "" || len(p.entities) < 3 {
			a.about = p.Kind
		}
		mild := p.Mild && f.Severity <= schemas.SeverityLow && f.Entity.Kind != schemas.EntityGlobal
		if mild || p.expects(f.Detector) {
			a.is, a.about = isRight, p.Kind
			return a
		}
	}
	return a
}

// during reports whether the finding's window meets the plant's time.
func (p *plant) during(f *schemas.Finding) bool {
	return f.WindowStart.Before(p.End.Add(tolerance)) && f.WindowEnd.After(p.Start.Add(-tolerance))
}

// ended reports whether the finding comes soon after the plant's end: an attacker
// who stops falls silent, and an hourly window may end later.
func (p *plant) ended(f *schemas.Finding) bool {
	return f.WindowStart.After(p.Start) && f.WindowStart.Before(p.End.Add(aftermath))
}

func (p *plant) expects(detector string) bool {
	return slices.ContainsFunc(p.Expect, func(family string) bool { return within(detector, family) })
}

// named returns entities as findings name them.
func (h *chase) named(es []simulate.Entity) []schemas.Entity {
	var out []schemas.Entity
	for _, e := range es {
		x := schemas.Entity{Kind: e.Kind, Name: e.Raw}
		switch e.Kind {
		case schemas.EntityPrincipal:
			x.Name = h.Keys.Principal(e.Raw)
		case schemas.EntityAddress:
			x.Name = h.Keys.Address(netip.MustParseAddr(e.Raw)).String()
		default:
		}
		out = append(out, x)
	}
	return out
}

func names(es []schemas.Entity, e schemas.Entity) bool {
	return slices.ContainsFunc(es, func(x schemas.Entity) bool { return same(x, e) })
}

// same reports whether a finding's entity is a plant's. Findings name an IPv6
// client by its network, a model with its provider, and a long name by its
// beginning. A plant's "*" is every entity of the kind.
func same(plant, found schemas.Entity) bool {
	switch {
	case plant.Kind != found.Kind:
		return false
	case plant.Name == found.Name || plant.Name == "*" || plant.Kind == schemas.EntityGlobal:
		return true
	}
	switch plant.Kind {
	case schemas.EntityModel:
		return strings.HasSuffix(found.Name, "/"+plant.Name)
	case schemas.EntityAddress:
		network, err := netip.ParsePrefix(found.Name)
		if err != nil {
			return false
		}
		a, err := netip.ParseAddr(plant.Name)
		return err == nil && network.Contains(a)
	default:
		head, _, cut := strings.Cut(found.Name, "~")
		return cut && head != "" && strings.HasPrefix(plant.Name, head)
	}
}

// String says what an alert is about, for lists.
func (a *alert) String() string {
	f := a.finding
	about := "ordinary traffic"
	if a.about != "" {
		about = string(a.about)
	}
	return fmt.Sprintf("%s (%s, %s) on %s %s at %s: %s %s", f.Detector, f.Severity, about, f.Entity.Kind, f.Entity.Name,
		f.WindowStart.Format("Mon 15:04"), f.Title, f.Summary)
}
