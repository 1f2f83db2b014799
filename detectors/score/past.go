package score

import "math"

// The bounds of the past.
const (
	// kept is how many values are kept: a week of values five minutes apart.
	kept = 2016
	// length is that of the patterns that are compared, nearest how many of
	// the most similar ones count, apart how far back they end at least.
	length, nearest, apart = 12, 3, 24
	// shapes brings the distances of ordinary patterns to about 1 and above.
	shapes = 32
)

// past keeps the last values in a ring, to look for patterns.
type past struct {
	ring [kept]float32
	head int32 // where the next value goes
	n    int32
}

func (p *past) add(v float64) {
	p.ring[p.head] = float32(v)
	p.head = (p.head + 1) % kept
	p.n = min(p.n+1, kept)
}

// at returns the value that is back values old: 1 is the last one.
func (p *past) at(back int32) float64 {
	return float64(p.ring[(p.head-back+kept)%kept])
}

// recent returns the mean of the last values with v, and the mean size of
// their changes.
func (p *past) recent(v float64) (mean, change float64) {
	n := min(p.n, recent-1)
	mean, prev := v, v
	for back := int32(1); back <= n; back++ {
		w := p.at(back)
		mean += w
		change += math.Abs(w - prev)
		prev = w
	}
	return mean / float64(n+1), change / float64(max(n, 1))
}

// novelty returns how far the pattern that ends with v is from the most
// similar ones of the past, in sizes: after Burnaev and Ishimtsev (Conformalized
// density- and distance-based anomaly detection in time-series data, 2016), of
// raw values.
func (p *past) novelty(v, size float64) float64 {
	if p.n < length+apart+recent {
		return math.NaN()
	}
	var now [length]float32
	for i := range now {
		if i == length-1 {
			now[i] = float32(v)
		} else {
			now[i] = float32(p.at(int32(length - 1 - i)))
		}
	}
	best := [nearest]float32{math.MaxFloat32, math.MaxFloat32, math.MaxFloat32}
	start := p.head - p.n
	if start < 0 {
		start += kept
	}
	for k := int32(0); k+length+apart <= p.n; k++ {
		i := start + k
		if i >= kept {
			i -= kept
		}
		var d float32
		if i+length <= kept {
			w := p.ring[i : i+length]
			for j := length - 1; j >= 0; j-- {
				x := w[j] - now[j]
				d += x * x
				if d >= best[nearest-1] {
					break
				}
			}
		} else {
			for j := int32(length - 1); j >= 0; j-- {
				x := p.ring[(i+j)%kept] - now[j]
				d += x * x
			}
		}
		if d >= best[nearest-1] {
			continue
		}
		j := nearest - 1
		for ; j > 0 && best[j-1] > d; j-- {
			best[j] = best[j-1]
		}
		best[j] = d
	}
	return math.Sqrt(float64(best[0]+best[1]+best[2])/(nearest*length)) / size * shapes
}
