package crowd

import (
	"math"

	"github.com/gatehound/gatehound/detectors/campaign/profile"
)

// The kinds of tokens. Everything about a principal but its distributions of
// lengths is such a token, a discrete value whose share among all principals
// tells how rare it is to have it in common.
const (
	Model = iota
	Settings
	// Shape is what its calls are like: turns, tools, pinned answers, probing.
	Shape
	Client
	Hello
	Network
	System
	Country
	Template
	// Volume is the calls a day, a third of e-fold a step.
	Volume
	// Rhythm is how bursts and sessions come, hours which part of the day is in use.
	Rhythm
	Hours
	// Start is the half day of the first call.
	Start
	// Pivot is the half day in which most of its calls moved, and from where.
	Pivot
	// Kinds is how many there are.
	Kinds
)

// Tokens are the values of a principal; 0 is not known.
type Tokens [Kinds]uint32

// halfDay is the step of starts and pivots, in minutes.
const halfDay = 12 * 60

// Whole is the share of everything.
const Whole = 254

// wording returns what the prompts have in common: the template of half of them, else
// the phrase of most, because an instruction with free text behind it makes as many
// templates as there are texts.
func wording(p *profile.Profile) profile.Trait {
	if x := p.Templates[0]; x.Share >= Whole/2 || x.Share >= p.Phrase.Share {
		return x
	}
	return p.Phrase
}

// tokensOf sums up a profile. What is a number becomes a class.
func tokensOf(p *profile.Profile, o *Watch) Tokens {
	var t Tokens
	value := func(kind int, v, class uint64) {
		t[kind] = uint32(o.Key.Words(uint64(kind)<<32|v, class)) | 1
	}
	most := func(kind, trait int) {
		if x := p.Traits[trait]; x.Share >= Whole*3/10 && x.Share <= Whole {
			value(kind, uint64(x.Value), 0)
		}
	}
	most(Model, profile.Model)
	most(Settings, profile.Settings)
	most(Client, profile.Client)
	most(Hello, profile.Hello)
	most(System, profile.System)
	most(Country, profile.Country)
	if p.Networks[0] != 0 {
		t[Network] = p.Networks[0] // a keyed hash already
	}
	if x := wording(p); x.Share >= Whole*15/100 && x.Share <= Whole {
		value(Template, uint64(x.Value), 0)
	}
	if v := Daily(p, o.End); v > 0 {
		value(Volume, uint64(int64(math.Floor(math.Log(v)*3))+64), 0)
	}
	if p.Scatter >= 0 && p.Scatter < math.MaxFloat32 {
		value(Rhythm, uint64(scatterClass(float64(p.Scatter))), uint64(step(p.Sessions, 40, 110, 180)))
	}
	if from, share, ok := busiest(p); ok {
		class := step(uint8(min(share*Whole, Whole)), 140, 185, 230)
		if class < 2 { // no part of the day stands out: where it lies means nothing
			from = 0
		}
		value(Hours, uint64(class), uint64(from/3))
	}
	value(Shape, shapeOf(p), 0)
	if p.First > 0 {
		if p.First <= o.Settled() {
			value(Start, 0, 0)
		} else {
			value(Start, uint64(p.First/halfDay), 1)
		}
	}
	if p.Pivot > 0 {
		value(Pivot, uint64(p.Pivot/halfDay), uint64(p.Earlier))
	}
	return t
}

// step returns how many of the rising bounds a share reaches, and one more than
// that there are if it is not known.
func step(share uint8, bounds ...uint8) int {
	if share > Whole {
		return len(bounds) + 1
	}
	n := 0
	for _, b := range bounds {
		if share >= b {
			n++
		}
	}
	return n
}

func shapeOf(p *profile.Profile) uint64 {
	Shape := step(p.Single, 128, 215)
	for _, s := range []uint8{p.Tooled, p.Pinned, p.One, p.Probed, p.Reasoned, p.Embedded} {
		Shape *= 3
		Shape += step(s, 76)
	}
	return uint64(Shape)
}

// scatterClass tells clocks, independent calls and people in sessions apart.
func scatterClass(f float64) int {
	switch {
	case f < 0.5:
		return 0
	case f < 1.7:
		return 1
	case f < 3:
		return 2
	case f < 6:
		return 3
	}
	return 4
}

// busiest returns the first of the eight successive hours with most calls, and
// their share.
func busiest(p *profile.Profile) (from int, share float64, ok bool) {
	sum, window := 0, 0
	for i, h := range p.Hours {
		sum += int(h)
		if i < 8 {
			window += int(h)
		}
	}
	if sum == 0 {
		return 0, 0, false
	}
	best := window
	for i := 1; i < 24; i++ {
		window += int(p.Hours[(i+7)%24]) - int(p.Hours[i-1])
		if window > best {
			best, from = window, i
		}
	}
	return from, float64(best) / float64(sum), true
}

// Daily returns how many calls a principal made a day, while it was there, of the
// last eight days at most.
func Daily(p *profile.Profile, end uint32) float64 {
	days, calls := spanDays(p, end), 0.0
	for _, d := range p.Days {
		calls += float64(d)
	}
	if calls == 0 {
		calls = Positive(p.Calls)
		days = max(0.25, float64(Sub(p.Last, p.First))/(24*60))
	}
	return calls / days
}

// spanDays returns on how many days the counts in p.Days rest, at least a quarter.
func spanDays(p *profile.Profile, end uint32) float64 {
	today := Sub(end, 1) // the first of the days is that of the window's last minute
	oldest := Sub(today-today%(24*60), 7*24*60)
	from, to := max(p.First, oldest), min(end, p.Last+60)
	return max(0.25, float64(Sub(to, from))/(24*60))
}

// Sub returns a less b, or 0 if b is later.
func Sub(a, b uint32) uint32 {
	if a < b {
		return 0
	}
	return a - b
}

// Positive returns v, or 0 of what is no count.
func Positive(v float32) float64 {
	if !(v > 0) {
		return 0
	}
	return min(float64(v), 1e12)
}
