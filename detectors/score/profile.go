package score

import "math"

// The bins of the profiles: a quarter of an hour of the day, an hour of the
// week.
const (
	dayBins, weekBins = 96, 168
	// turns is how many days or weeks make a profile.
	turns = 2
)

// profile is what is usual at each time of a day or of a week.
type profile struct {
	means [weekBins]float32
	seen  [weekBins]uint8
	// now is the open bin since the epoch, first the first one.
	now, first int64
	// sum and n are those of the open bin.
	sum float64
	n   int32
	// size is the mean deviation from the bounds.
	size float64
	// tried is how many values size rests on.
	tried uint32
	bins  int32
}

func (p *profile) slot(ahead int64) int64 {
	return ((p.now+ahead)%int64(p.bins) + int64(p.bins)) % int64(p.bins)
}

// move makes the bin of the time the open one.
func (p *profile) move(now int64) {
	if p.n == 0 && p.now == 0 {
		p.first = now
	}
	if now == p.now {
		return
	}
	if p.n > 0 {
		i := p.slot(0)
		mean := float32(p.sum / float64(p.n))
		if p.seen[i] == 0 {
			p.means[i] = mean
		} else {
			p.means[i] += (mean - p.means[i]) * max(0.25, 1/float32(p.seen[i]+1))
		}
		if p.seen[i] < math.MaxUint8 {
			p.seen[i]++
		}
	}
	p.now, p.sum, p.n = now, 0, 0
}

// known tells that the profile is old enough to be held against, and knows
// this time.
func (p *profile) known() bool {
	return p.now-p.first >= turns*int64(p.bins) && p.seen[p.slot(0)] >= turns-1 && p.tried > 48
}

// bounds returns the lowest and the highest mean of this time and the times
// next to it.
func (p *profile) bounds() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for ahead := int64(-1); ahead <= 1; ahead++ {
		if i := p.slot(ahead); p.seen[i] > 0 {
			low, high = min(low, float64(p.means[i])), max(high, float64(p.means[i]))
		}
	}
	return low, high
}

// add learns a value of the open bin.
func (p *profile) add(v float64) {
	p.sum += v
	p.n++
	if p.seen[p.slot(0)] == 0 {
		return
	}
	low, high := p.bounds()
	off := max(v-high, low-v, 0)
	if p.tried < math.MaxUint32 {
		p.tried++
	}
	if p.tried > 48 {
		off = min(off, 8*p.size+(high-low)/8)
	}
	p.size += max(1.0/slow, 1/float64(p.tried)) * (off - p.size)
}
