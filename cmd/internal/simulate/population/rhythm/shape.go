package rhythm

// Shape is how a caller's activity is spread over the hours of its local day and
// over the week, from Sunday on. The mean over a week is 1.
type Shape struct {
	hours [24]float64
	days  [7]float64
	peak  float64
}

func newShape(hours [24]float64, days [7]float64) *Shape {
	s := &Shape{hours, days, 0}
	var h, d, top, best float64
	for _, x := range hours {
		h += x / 24
		top = max(top, x)
	}
	for _, x := range days {
		d += x / 7
		best = max(best, x)
	}
	for i := range s.hours {
		s.hours[i] /= h
	}
	for i := range s.days {
		s.days[i] /= d
	}
	s.peak = top * best / h / d
	return s
}

// at returns the activity at a local time.
func (s *Shape) at(local int64) float64 {
	h := local % Day / Hour
	part := float64(local%Hour) / float64(Hour)
	return (s.hours[h]*(1-part) + s.hours[(h+1)%24]*part) * s.days[(local/Day+4)%7] // the epoch was a Thursday
}

var (
	everyDay = [7]float64{1, 1, 1, 1, 1, 1, 1}
	workdays = [7]float64{.12, 1, 1.04, 1.05, 1.02, .9, .15}
	// Office is when people at work call models: a rise from eight, a dip at noon, a
	// few in the evening. Production traces of chat services fall to a third or less
	// at night and at weekends (BurstGPT 2024, Azure's traces of 2023 and 2024).
	Office = newShape([24]float64{.03, .02, .01, .01, .01, .03, .1, .4, 1.2, 2.2, 2.6, 2.4, 1.6, 1.9, 2.4, 2.3, 2, 1.4, .8, .5, .4, .3, .2, .08}, workdays)
	// Leisure is when consumers do: most in the evening, weekends too.
	Leisure = newShape([24]float64{.5, .25, .12, .08, .08, .12, .3, .6, .9, 1, 1.1, 1.2, 1.3, 1.2, 1.2, 1.2, 1.3, 1.4, 1.6, 1.9, 2.1, 2, 1.6, 1},
		[7]float64{1.1, .95, .95, .95, 1, 1, 1.1})
	// Backend is a service whose users are mostly at work and partly not.
	Backend = newShape([24]float64{.4, .35, .3, .3, .3, .35, .5, .8, 1.2, 1.5, 1.6, 1.6, 1.4, 1.5, 1.6, 1.6, 1.5, 1.3, 1.1, .9, .8, .7, .6, .5},
		[7]float64{.6, 1.1, 1.15, 1.15, 1.1, 1.05, .7})
	// Global is a service with users in all time zones.
	Global = newShape([24]float64{.85, .8, .8, .8, .85, .9, .95, 1, 1.05, 1.1, 1.15, 1.15, 1.1, 1.15, 1.2, 1.2, 1.15, 1.1, 1.05, 1, 1, .95, .9, .85}, everyDay)
	// Flat is always the same.
	Flat = newShape([24]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, everyDay)
)

// Only returns a shape of the hours from one on, length many, each day.
func Only(from, length int) *Shape {
	var hours [24]float64
	for i := range length + 1 { // between two hours it is a slope
		hours[(from+i)%24] = 1
	}
	hours[(from+length)%24] = .02
	return newShape(hours, everyDay)
}
