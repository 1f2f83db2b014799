package score

import "math"

// The lengths of the averages of what the season leaves, in values.
const brief, lasting = 4, 24

// rest watches what a series does otherwise than its season, or where none is
// known than its slow average: over a few values and over many. A night that is
// no night is no single value out of the ordinary.
type rest struct {
	// brief and lasting are averages of the rest, far one of its size.
	brief, lasting, far float64
	// size, briefSize and lastingSize are the mean sizes of the rest and of its
	// averages.
	size, briefSize, lastingSize float64
}

// left returns what the season leaves of v.
func (s *Series) left(v float64) float64 {
	if p := s.season(); p != nil {
		low, high := p.bounds()
		return outside(v, low, high)
	}
	return v - s.base
}

// next returns the averages once d is in them.
func (r *rest) next(d float64) (few, many, far float64) {
	few = r.brief + (d-r.brief)/brief
	many = r.lasting + (d-r.lasting)/lasting
	return few, many, r.far + (math.Abs(d)-r.far)/lasting
}

// clip bounds what one value counts for to what one at four deviations does.
func (r *rest) clip(d float64) float64 {
	if r.size > 0 {
		return bounded(d, levelClip*r.size)
	}
	return d
}

// with returns the averages with d, in their mean sizes.
func (r *rest) with(d, least float64) (few, many, far float64) {
	few, many, far = r.next(r.clip(d))
	least = max(least, r.size/50)
	return few / max(r.briefSize, least), many / max(r.lastingSize, least), far / max(r.size, least)
}

// add learns d with a weight.
func (r *rest) add(d, w float64) {
	d = r.clip(d)
	r.brief, r.lasting, r.far = r.next(d)
	r.size += w * (math.Abs(d) - r.size)
	r.briefSize += w * (math.Abs(r.brief) - r.briefSize)
	r.lastingSize += w * (math.Abs(r.lasting) - r.lastingSize)
}
