package extraction

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// suspect is a scenario or a look-alike as it took place.
type suspect struct {
	scenario, title string
	// benign tells that it is a look-alike, mild that one of which one may want to
	// know: low and medium alarms are right there.
	benign, mild bool
	// members are its principals, as findings name them.
	members []string
	// set is how many exchanges it wants, times has when each was made, in order.
	set   int64
	start time.Time
	times []int64
}

// crowd is how many principals an alarm names at least to be about a campaign.
const crowd = 3

// enough is the least share of a scenario's keys that alarms about one principal
// each have to name, together, for the scenario to be found.
const enough = 0.5

// court judges what is said of one world.
type court struct {
	suspects []suspect
	// of tells which suspect a principal belongs to.
	of map[string]int
}

// newCourt returns a court. A principal that belongs to several suspects belongs
// to the attack among them.
func newCourt(suspects []suspect) *court {
	c := &court{suspects: suspects, of: map[string]int{}}
	for i := range suspects {
		for _, name := range suspects[i].members {
			if other, ok := c.of[name]; !ok || suspects[other].benign && !suspects[i].benign {
				c.of[name] = i
			}
		}
	}
	return c
}

// verdict is what became of a scenario.
type verdict struct {
	// found tells that it was found, and at when; alerted is when any of its keys
	// was first named rightly. rules said so.
	found       bool
	at, alerted time.Time
	rules       []string
	// named are how many of its keys were named until the end, wrong how many other
	// principals were named with them.
	named, wrong int
	// taken are the exchanges that were made until it was found.
	taken int64
	// noticed has rules that are about something else and spoke of a key of it
	// before it was found.
	noticed []string
}

// class is what an alarm is.
type class uint8

const (
	isFalse class = iota
	isMild        // about a look-alike of which one may want to know
	isTrue
)

// charge is an alarm that accuses, once for a rule, an entity and a day.
type charge struct {
	*alarm
	is class
	// about is the look-alike that most of the named are of, if any.
	about string
}

// judgement is what came of a world's alarms.
type judgement struct {
	// verdicts are those of the court's suspects, in their order.
	verdicts []verdict
	charges  []charge
	// flagged are the benign principals that were named, but for those of which one
	// may want to know.
	flagged map[string]bool
}

// dock collects what is said of one attack.
type dock struct {
	named, wrong map[string]bool
	noticed      []*alarm
}

// judge judges the alarms of a severity, least or above, in the order of their
// time.
//
// An alarm is true if at least half of those whom it names were attackers by then;
// it counts for the scenario that most of them belong to, and for no other, so that
// two scenarios which are taken for one are one found and one missed. A scenario is
// found by a true alarm that names three principals or more, or once alarms have
// named half of its keys one by one: of a single key, the first.
func (c *court) judge(all []alarm, least schemas.Severity) *judgement {
	j := &judgement{verdicts: make([]verdict, len(c.suspects)), flagged: map[string]bool{}}
	docks := make([]dock, len(c.suspects))
	for i := range docks {
		docks[i] = dock{named: map[string]bool{}, wrong: map[string]bool{}}
	}
	seen := map[once]int{}
	for i := range all {
		a := &all[i]
		if a.severity < least {
			continue
		}
		if !a.accuses() {
			c.notice(a, docks)
			continue
		}
		accused := c.accused(a)
		j.charge(seen, c.charge(a, accused))
		for _, name := range a.names {
			if !c.guilty(name, a.at) && !c.tolerated(name, a.severity) {
				j.flagged[name] = true
			}
		}
		if accused >= 0 && !c.suspects[accused].benign {
			c.hold(a, accused, &docks[accused], &j.verdicts[accused])
		}
	}
	for i := range j.verdicts {
		c.settle(i, &docks[i], &j.verdicts[i])
	}
	return j
}

// guilty reports whether a principal had begun to extract by then.
func (c *court) guilty(name string, at time.Time) bool {
	i, ok := c.of[name]
	return ok && !c.suspects[i].benign && !at.Before(c.suspects[i].start)
}

// tolerated reports whether one may want to know of a principal, at that severity.
func (c *court) tolerated(name string, s schemas.Severity) bool {
	i, ok := c.of[name]
	return ok && c.suspects[i].mild && s <= schemas.SeverityMedium
}

// accused returns the suspect that an alarm is about: the attack with most of the
// named, if half of all named are attackers; else the look-alike with most of them;
// else -1.
func (c *court) accused(a *alarm) int {
	count := make(map[int]int, 4)
	attackers := 0
	for _, name := range a.names {
		if c.guilty(name, a.at) {
			attackers++
			count[c.of[name]]++
		} else if i, ok := c.of[name]; ok && c.suspects[i].benign {
			count[i]++
		}
	}
	attack := attackers > 0 && 2*attackers >= len(a.names)
	best := -1
	for i, n := range count {
		if c.suspects[i].benign != attack && (best < 0 || n > count[best] || n == count[best] && i < best) {
			best = i
		}
	}
	return best
}

// charge says what an alarm is.
func (c *court) charge(a *alarm, accused int) charge {
	ch := charge{alarm: a}
	switch {
	case accused < 0:
	case !c.suspects[accused].benign:
		ch.is = isTrue
	default:
		ch.about = c.suspects[accused].scenario
		if c.suspects[accused].mild && a.severity <= schemas.SeverityMedium {
			ch.is = isMild
		}
	}
	return ch
}

// once is what people get one alert of.
type once struct {
	rule   string
	entity schemas.Entity
	day    int64
}

func (a *alarm) once() once {
	return once{a.rule, a.entity, a.at.Unix() / 86400}
}

// charge adds a charge, unless it was brought that day; the worst counts.
func (j *judgement) charge(seen map[once]int, ch charge) {
	key := ch.once()
	n, ok := seen[key]
	if !ok {
		seen[key] = len(j.charges)
		j.charges = append(j.charges, ch)
		return
	}
	if ch.is < j.charges[n].is || ch.is == j.charges[n].is && ch.severity > j.charges[n].severity {
		j.charges[n] = ch
	}
}

// hold adds a true alarm to what is known of an attack.
func (c *court) hold(a *alarm, accused int, d *dock, v *verdict) {
	s := &c.suspects[accused]
	if v.alerted.IsZero() {
		v.alerted = a.at
	}
	if !slices.Contains(v.rules, a.rule) {
		v.rules = append(v.rules, a.rule)
	}
	for _, name := range a.names {
		if i, ok := c.of[name]; ok && i == accused {
			d.named[name] = true
		} else {
			d.wrong[name] = true
		}
	}
	if !v.found && (len(a.names) >= crowd || float64(len(d.named)) >= enough*float64(len(s.members))) {
		v.found, v.at = true, a.at
	}
}

// notice keeps what is said of an attacker for another reason.
func (c *court) notice(a *alarm, docks []dock) {
	for _, name := range a.names {
		if c.guilty(name, a.at) {
			docks[c.of[name]].noticed = append(docks[c.of[name]].noticed, a)
			return
		}
	}
}

// settle counts what is known at the end.
func (c *court) settle(i int, d *dock, v *verdict) {
	v.named, v.wrong = len(d.named), len(d.wrong)
	if v.found {
		v.taken = c.suspects[i].taken(v.at)
	}
	for _, a := range d.noticed {
		if (!v.found || a.at.Before(v.at)) && !slices.Contains(v.noticed, a.rule) {
			v.noticed = append(v.noticed, a.rule)
		}
	}
}

// taken returns how many exchanges were made until a time.
func (s *suspect) taken(at time.Time) int64 {
	n, _ := slices.BinarySearch(s.times, at.UnixNano()+1)
	return int64(n)
}

// sortAlarms sorts by time; what is said at one time, by its words.
func sortAlarms(all []alarm) {
	slices.SortStableFunc(all, func(a, b alarm) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.rule, b.rule), strings.Compare(a.entity.Name, b.entity.Name))
	})
}
