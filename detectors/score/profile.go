package score

import "math"

// The bins of the profiles: a quarter of an hour of the day, an hour of the
// week.
const (
	dayBins, weekBins = 96, 168
	// rounds is how many days or weeks make a profile, tried how many values
	// show how well it does.
	rounds, tried = 2, 48
	// errClip bounds what one value teaches of the profile's error, in errors.
	errClip, turnClip = 8, 5
)

// profile is what is usual at each time of a day or of a week, by the clock:
// 912 bytes.
type profile struct {
	means [weekBins]float32
	seen  [weekBins]uint8
	bins  int32
	// now is the open bin since the epoch, first the first one; sum and n are
	// those of the open bin.
	now, first int64
	sum        float64
	n          int32
	// size is the mean deviation from the bounds, values how many it rests on.
	values uint32
	size   float64
	// off is the fast average of what the profile does not explain, turnSize
	// the mean deviation from it, turns how many values it rests on.
	off, turnSize float64
	turns         uint32
}

// slot returns the bin that is some bins ahead of the open one.
func (p *profile) slot(ahead int64) int64 {
	bins := int64(p.bins)
	return ((p.now+ahead)%bins + bins) % bins
}

// move makes the bin of the time the open one; there are bins of them.
func (p *profile) move(now int64, bins int32) {
	if p.bins == 0 {
		p.bins, p.first, p.now = bins, now, now
	}
	if now == p.now {
		return
	}
	if p.n > 0 {
		i := p.slot(0)
		mean := float32(p.sum / float64(p.n))
		p.means[i] += (mean - p.means[i]) * max(0.25, 1/(float32(p.seen[i])+1))
		if p.seen[i] < math.MaxUint8 {
			p.seen[i]++
		}
	}
	p.now, p.sum, p.n = now, 0, 0
}

// known tells that the profile is old enough to be held against, and knows
// this time.
func (p *profile) known() bool {
	return p.now-p.first >= rounds*int64(p.bins) && p.seen[p.slot(0)] >= rounds-1 && p.values > tried
}

// bounds returns the lowest and the highest mean of this time and the times
// next to it: nothing starts on the second. The time itself is known.
func (p *profile) bounds() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for ahead := int64(-1); ahead <= 1; ahead++ {
		if i := p.slot(ahead); p.seen[i] > 0 {
			low, high = min(low, float64(p.means[i])), max(high, float64(p.means[i]))
		}
	}
	return low, high
}

// turn returns by how much v changed otherwise than the profile did: what is
// left once a level that moved as a whole is taken out, as in the additive
// method of Holt and Winters (1960).
func (p *profile) turn(v float64) float64 {
	low, high := p.bounds()
	return outside(v-p.off, low, high)
}

// add learns a value of the open bin.
func (p *profile) add(v float64) {
	p.sum += v
	p.n++
	if p.seen[p.slot(0)] == 0 {
		return
	}
	low, high := p.bounds()
	off := math.Abs(outside(v, low, high))
	if p.values < math.MaxUint32 {
		p.values++
	}
	if p.values > tried {
		off = min(off, errClip*p.size+(high-low)/8)
	}
	if p.known() {
		p.follow(v)
	}
	p.size += max(1.0/slow, 1/float64(p.values)) * (off - p.size)
}

// follow moves off towards what the profile does not explain of v.
func (p *profile) follow(v float64) {
	d := p.turn(v)
	if p.turns >= tried {
		d = bounded(d, turnClip*p.turnSize)
	}
	if p.turns < math.MaxUint32 {
		p.turns++
	}
	p.turnSize += max(1.0/slow, 1/float64(p.turns)) * (math.Abs(d) - p.turnSize)
	p.off += max(1.0/fast, 1/float64(p.turns)) * d
}
