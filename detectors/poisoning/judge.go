package poisoning

import (
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// facts are what an hour's writes of one kind are judged by.
type facts struct {
	kind  kind
	count float64
	// novice tells that somebody who was there for days writes this for the
	// first time, burst that it is far more than usual, big that it is far
	// larger, away and alien that most of it came from a network, or a class of
	// clients, that is new to the principal.
	novice, burst, big, away, alien bool
	// flood tells that a burst is ten times as large as one of files has to
	// be.
	flood bool
}

// signs counts what is unusual besides the first write.
func (f *facts) signs() int {
	n := 0
	for _, is := range []bool{f.burst, f.big, f.away, f.alien} {
		if is {
			n++
		}
	}
	return n
}

// young tells that the first write of a kind was less than a day ago.
func (s *State) young(k kind, now int64) bool {
	return s.began[k] == 0 || uint32(now/int64(time.Hour))-s.began[k] < 24
}

// judge looks at each kind that was written in an hour.
func (d *watch) judge(x *detectors.Context, s *State, h *hour, c *Cohort) {
	for k := feedback; k < kinds; k++ {
		if h.counts[k] == 0 {
			continue
		}
		f := d.weigh(x, s, h, c, k)
		switch {
		case k == tuning && f.novice:
			d.say(x, s, newTuning, d.tuningFinding(h, &f))
		case f.novice:
			if f.signs() > 0 {
				d.say(x, s, newWriter, d.writerFinding(s, h, c, &f))
			}
		case f.burst:
			d.say(x, s, burst, d.burstFinding(s, h, c, &f))
		}
		if f.big && !f.novice {
			d.say(x, s, oversize, d.sizeFinding(s, h, c, &f))
		}
		if k == feedback {
			d.oneSided(x, s, h, c, &f)
		}
	}
}

// weigh returns the facts of a kind.
func (d *watch) weigh(x *detectors.Context, s *State, h *hour, c *Cohort, k kind) facts {
	f := facts{kind: k, count: float64(h.counts[k])}
	there, grown := s.there(x.WindowStart, time.Duration(d.config.HistoryHours)*time.Hour), s.grown(x.WindowStart)
	f.novice = s.reader(k, x.WindowStart, d.config.HistoryHours) && s.young(k, x.WindowStart)
	floor := float64(d.config.Uploads)
	switch k {
	case feedback:
		floor = float64(d.config.Feedback)
	case tuning:
		floor = max(3, floor/20)
	}
	f.burst = f.count >= max(floor, d.config.Factor*float64(s.usual[k]), 3*float64(s.top[k]), float64(c.more[k])) && (s.began[k] > 0 || there)
	f.flood = f.burst && k != tuning && f.count >= 10*float64(d.config.Uploads)
	// Who has written nothing so far is held against the others alone.
	size := float64(h.largest[k])
	f.big = size >= megabyte && there && c.bigger[k] > 0 && size >= d.config.SizeFactor/2*float64(c.bigger[k]) &&
		size >= d.config.SizeFactor*float64(s.largest[k])
	f.away = grown && s.settled() && 2*h.strange >= h.writes
	f.alien = grown && s.classes != 0 && 2*h.alien >= h.writes
	return f
}

// megabyte is the least size that can be an outlier.
const megabyte = 1 << 20

// grade returns how bad it is that something unusual is written. From a network
// and by a client that the principal never used it is not its own doing.
func (f *facts) grade() schemas.Severity {
	switch {
	case f.away && f.alien:
		return schemas.SeverityHigh
	case f.away:
		return schemas.SeverityMedium
	case f.flood:
		return schemas.SeverityLow
	}
	return schemas.SeverityInfo
}

// oneSided reports ratings that are all of one size, as thumbs of one direction
// are, in a number that is new. Who always sends one size says nothing by it.
func (d *watch) oneSided(x *detectors.Context, s *State, h *hour, c *Cohort, f *facts) {
	if f.count < float64(d.config.Feedback) || h.alike() < 0.9 || h.counts[feedback] != h.sized {
		return
	}
	own := s.sameFor >= 6
	usual, times := float64(s.same), f.count/max(float64(s.usual[feedback]), 1)
	if !own {
		usual, times = float64(c.alike), f.count/float64(4*d.config.Feedback)*5
	}
	if usual <= 0 || usual > 0.7 || times < 5 {
		return
	}
	d.say(x, s, oneSided, d.sidedFinding(s, h, f, usual, own))
}

// say emits a finding unless the rule has spoken of the principal lately, at
// least as severely.
func (d *watch) say(x *detectors.Context, s *State, rule int, f *schemas.Finding) {
	now := uint32(x.WindowStart / int64(time.Hour))
	if s.said[rule] > 0 && now < s.said[rule]+uint32(d.config.RepeatHours) && f.Severity <= s.severe[rule] {
		return
	}
	s.said[rule], s.severe[rule] = now, f.Severity
	x.Emit(f)
}
