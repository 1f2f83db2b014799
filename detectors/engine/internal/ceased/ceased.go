// Package ceased remembers what the engine told and says when its cause has ended:
// when the entity does no more what the rule watches. A rule tells once and holds
// for hours, so that it tells no more is no sign. It goes by event time alone.
package ceased

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// When a cause has ended. Findings of windows longer than longWindow end when
// there was nothing for longQuiet.
const (
	// shortBin is the least length of the bins in which events are counted.
	shortBin = 5 * time.Minute
	// quiet is the least time without any event after which a cause has ended.
	quiet      = 15 * time.Minute
	longWindow = 6 * time.Hour
	longQuiet  = 24 * time.Hour
	// rated is how many events a finding has at least of which the rate means
	// anything.
	rated = 20
)

// After the end of a cause it is watched for holdWindows windows, within holdLeast and
// holdMost: so long a detector may say nothing, and less than from one working day
// to the next. A cause that has gone on maxAgain times is only told to have ended.
const (
	holdWindows = 12
	holdLeast   = time.Hour
	holdMost    = 12 * time.Hour
	maxAgain    = 4
)

// While a cause goes on, that is said when event time passes a multiple of Beat; no
// longer than a little over a day after the rule has told of it, for a rule that is
// still of that opinion says so once a day. An entity of few events may rest for
// four times what is usual between two of them, and for longRest at most.
const (
	Beat     = 15 * time.Minute
	opinion  = 25 * time.Hour
	longRest = time.Hour
)

// bins is how many bins are known: two that are over, the one that is not, and some
// that events can be ahead.
const bins = 8

// Who is an entity.
type Who struct {
	Kind schemas.EntityKind
	Key  uint64
}

// Cause is what was told of an entity by a rule, and what came of it since.
type Cause struct {
	// Finding is what was told, without what belongs to its window only.
	Finding schemas.Finding
	// Watch is the detector's Spec.ID, Slot its bit in what is wanted.
	Watch string
	Slot  int
	// Signs tells that the detector knows the signs of what goes on.
	Signs bool
	// Window is how long the finding's events took, Since when it was told, Last when
	// the entity last did what is watched, and Ended when that was seen to have ended,
	// 0 if it was not.
	Window, Since, Last, Ended int64
	// Again counts how often it went on after its end.
	Again int64

	// head is the number of the newest bin, counts are the events by the number of
	// the bin modulo bins.
	head   int64
	counts [bins]uint32
}

// bin returns the length of c's bins.
func (c *Cause) bin() int64 { return max(c.Window, int64(shortBin)) }

// see counts an event.
func (c *Cause) see(at int64) {
	c.Last = max(c.Last, at)
	n := at / c.bin()
	if n > c.head {
		for i := max(c.head+1, n-bins+1); i <= n; i++ {
			c.counts[i%bins] = 0
		}
		c.head = n
	}
	if n > c.head-bins {
		c.counts[n%bins]++
	}
}

// of returns the count of bin n; false if it is not known any more.
func (c *Cause) of(n int64) (count int64, known bool) {
	switch {
	case n > c.head:
		return 0, true
	case n <= c.head-bins || n < 0:
		return 0, false
	default:
		return int64(c.counts[n%bins]), true
	}
}

// level is the share of the rate at which the cause was found below which it is
// over: a quarter, or less if that would still be much more than what the finding
// was held against. Who was found a hundred times above a bound has to come near it.
func (c *Cause) level() float64 {
	near := 0.0
	for _, f := range c.Finding.Features {
		if f.Expected > 0 && f.Observed > f.Expected {
			near = max(near, leeway*f.Expected/f.Observed)
		}
	}
	if near == 0 { // nothing says how much is too much
		return most
	}
	return min(near, most)
}

// The most that level is, and how far above what was expected is near it.
const (
	most   = 0.25
	leeway = 1.5
)

// share tells whether count events in a bin are at least so many times the level.
func (c *Cause) share(count int64, times float64) bool {
	found := float64(max(c.Finding.Events, 1)) * float64(c.bin()) / float64(c.Window)
	return float64(count) >= times*c.level()*found
}

// over tells whether the cause has ended at now.
func (c *Cause) over(now int64) bool {
	if c.Window > int64(longWindow) {
		return now-c.Last >= int64(longQuiet)
	}
	// Who comes back every time is given longer each time.
	if now-c.Last >= max(2*c.Window, int64(quiet))<<min(c.Again, maxAgain) {
		return true
	}
	if c.Finding.Events < rated || c.Again > 0 {
		return false
	}
	for n := now/c.bin() - 2; n < now/c.bin(); n++ {
		count, known := c.of(n)
		if !known || n*c.bin() < c.Since || c.share(count, 1) {
			return false
		}
	}
	return true
}

// lively tells whether the cause went on since the last beat: a bin has at least
// the level of the rate at which it was found, a bin that is not over in proportion.
func (c *Cause) lively(now int64) bool {
	rest := 4 * c.Window / max(c.Finding.Events, 1)
	if !c.Signs || now-c.Since > int64(opinion) || now-c.Last >= max(int64(Beat), min(rest, int64(longRest))) {
		return false
	}
	for n := now / c.bin(); (n+1)*c.bin() > now-int64(Beat); n-- {
		start, end := max(n*c.bin(), c.Since), min((n+1)*c.bin(), now)
		count, known := c.of(n)
		if !known || end < c.Since {
			return false
		}
		if end < (n+1)*c.bin() && c.bin() <= int64(Beat) {
			start = n * c.bin() // a short bin that has begun is taken as a whole
			end = start + c.bin()
		}
		if count > 0 && float64(count)*float64(c.Window) >= c.level()*float64(max(c.Finding.Events, 1))*float64(end-start) {
			return true
		}
	}
	return c.Since > now-int64(Beat)
}

// back returns the start of the bin in which what had ended goes on, with its
// events so far; false if it does not, or if the detector knows no signs: what is
// usual after a night looks the same. Of a finding of few events it takes as many.
func (c *Cause) back(now int64) (start, count int64, goesOn bool) {
	if !c.Signs || c.Window > int64(longWindow) || c.Again >= maxAgain {
		return 0, 0, false
	}
	for n := now/c.bin() - 1; n <= now/c.bin(); n++ {
		count, known := c.of(n)
		least := min(max(c.Finding.Events, rated/4), rated)
		if known && (n+1)*c.bin() > c.Ended && count >= least && c.share(count, 3) {
			return n * c.bin(), count, true
		}
	}
	return 0, 0, false
}

// hold is how long after its end a cause is watched.
func (c *Cause) hold() int64 {
	return min(max(holdWindows*c.Window, int64(holdLeast)), int64(holdMost))
}

// Causes are those of a shard. It belongs to one goroutine at a time.
type Causes struct {
	room int
	used int
	of   map[Who][]*Cause
}

// New returns an empty one that has room causes at most.
func New(room int) *Causes { return &Causes{room: max(2, room), of: map[Who][]*Cause{}} }

// Used returns how many there are.
func (cs *Causes) Used() int { return cs.used }

// Tell notes that c was told of the entity. The oldest gives way if there is no room.
func (cs *Causes) Tell(who Who, c Cause) {
	c.Finding = lasting(&c.Finding)
	c.head = c.Since / c.bin()
	for _, old := range cs.of[who] {
		if old.Finding.Detector == c.Finding.Detector {
			c.Last = max(c.Last, old.Last)
			c.head, c.counts = old.head, old.counts
			*old = c
			return
		}
	}
	if cs.used >= cs.room {
		cs.dropOldest()
	}
	cs.of[who] = append(cs.of[who], &c)
	cs.used++
}

// lasting returns of a finding what does not belong to its window.
func lasting(f *schemas.Finding) schemas.Finding {
	return schemas.Finding{
		Detector: f.Detector, Entity: f.Entity, Tenant: f.Tenant, Severity: f.Severity, Confidence: f.Confidence,
		Title: f.Title, Events: f.Events, Features: f.Features, Techniques: f.Techniques, Provider: f.Provider, Model: f.Model,
	}
}

// Names tells whether a text of the finding has one of the names.
func (c *Cause) Names(names map[string]bool) bool {
	for name := range names {
		if c.Finding.Entity.Name == name || strings.Contains(c.Finding.Title, name) ||
			slices.ContainsFunc(c.Finding.Features, func(f schemas.Feature) bool { return strings.Contains(f.Text, name) }) {
			return true
		}
	}
	return false
}

func (cs *Causes) dropOldest() {
	var who Who
	var oldest *Cause
	for w, list := range cs.of {
		for _, c := range list {
			if oldest == nil || cmp.Or(cmp.Compare(c.Since, oldest.Since), cmp.Compare(w.Kind, who.Kind),
				cmp.Compare(w.Key, who.Key), cmp.Compare(c.Finding.Detector, oldest.Finding.Detector)) < 0 {
				who, oldest = w, c
			}
		}
	}
	cs.Forget(func(w Who, c *Cause) bool { return c == oldest })
}

// See counts an event of the entity for the causes of the detectors that want it,
// a bit each, and to which it is a sign; false tells that nothing was told of the
// entity.
func (cs *Causes) See(who Who, wants uint32, at int64, sign func(*Cause) bool) bool {
	list := cs.of[who]
	for _, c := range list {
		if wants&(1<<c.Slot) != 0 && sign(c) {
			c.see(at)
		}
	}
	return len(list) > 0
}

// Turn is what a cause has come to: it has ended, it GoesOn, or it goes on Again
// after its end, with so many events since the start of a bin.
type Turn struct {
	Who    Who
	Cause  *Cause
	GoesOn bool
	Again  bool
	// Start and Bin are those of the bin, Events what came in it.
	Start, Bin, Events int64
}

// Judge says which causes have come to what by the event time now, in an order that
// depends on them alone; at a beat also which go on. What ended and was not heard
// of since is dropped.
func (cs *Causes) Judge(now int64, beat bool) (turns []Turn) {
	for who, list := range cs.of {
		for _, c := range list {
			if c.Ended == 0 {
				if c.over(now) {
					c.Ended = now
					turns = append(turns, Turn{Who: who, Cause: c})
				} else if beat && c.lively(now) {
					turns = append(turns, Turn{Who: who, Cause: c, GoesOn: true})
				}
				continue
			}
			if start, events, ok := c.back(now); ok {
				c.Ended, c.Since = 0, now
				c.Again++
				turns = append(turns, Turn{Who: who, Cause: c, Again: true, Start: start, Bin: c.bin(), Events: events})
			}
		}
	}
	slices.SortFunc(turns, func(a, b Turn) int {
		return cmp.Or(cmp.Compare(a.Who.Kind, b.Who.Kind), cmp.Compare(a.Who.Key, b.Who.Key),
			cmp.Compare(a.Cause.Finding.Detector, b.Cause.Finding.Detector))
	})
	cs.Forget(func(_ Who, c *Cause) bool { return c.Ended != 0 && now-c.Ended > c.hold() })
	return turns
}

// Forget drops what drop says and returns how many that were.
func (cs *Causes) Forget(drop func(Who, *Cause) bool) (dropped int) {
	for who, list := range cs.of {
		kept := slices.DeleteFunc(list, func(c *Cause) bool { return drop(who, c) })
		if dropped += len(list) - len(kept); len(kept) == 0 {
			delete(cs.of, who)
		} else {
			cs.of[who] = kept
		}
	}
	cs.used -= dropped
	return dropped
}

// Clear drops all.
func (cs *Causes) Clear() {
	clear(cs.of)
	cs.used = 0
}
