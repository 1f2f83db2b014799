package errors

import (
	"math"
	"math/bits"
	"time"

	"github.com/gatehound/gatehound/detectors/score"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// The groups that are judged: failures, 429, and the time that answers take.
const (
	failures = iota
	quota
	latency
	groups
)

// state is what is kept of a route or a model, in less than 1.2 KiB.
type state struct {
	Open   [2]counts
	Recent past
	// Usual is the usual share of failures and of 429, Known in how many
	// minutes it was seen.
	Usual [quota + 1]float32
	Known uint16
	// Time is the usual time: of a token if PerToken is 2, of an answer if it
	// is 1. Slowest is the usual 95th percentile in milliseconds.
	Time     score.Stream
	Slowest  float32
	PerToken uint8
	// Lasting is for how many minutes each group was met, Hold for how many it
	// is quiet.
	Lasting, Hold [groups]uint8
	Idle          uint16
}

// past are the counts of about seven minutes, each minute weighing a
// seventh less than the next, and the callers that failed: in this half, and in the one
// before.
type past struct {
	shares
	Failing [2]sketch.Bitmap64
}

// shares are counts by cause.
type shares struct {
	Total  float32
	Failed [causes]float32
}

func (s *shares) of(group int) float32 {
	if group == quota {
		return s.Failed[provider] + s.Failed[limiter]
	}
	return s.Failed[timeout] + s.Failed[upstream] + s.Failed[server]
}

// counts are those of one open window.
type counts struct {
	// Total are the answers and failures that count, by cause those that failed.
	Total  uint32
	Failed [causes]uint32
	// Callers and Failing are who called and who failed.
	Callers, Failing sketch.Bitmap64
	// Trouble is who makes most of the failures and of the 429, Caller of the
	// timed answers, if one makes more than half.
	Trouble [quota + 1]majority
	Caller  majority
	// Broken and Well are the models of a route that failed and that answered,
	// or the routes of a model; Nameless counts failures without one.
	Broken, Well uint32
	Nameless     uint32
	// Suspect is the model of a route that makes most of its failures, Cleared
	// counts the answers of that model.
	Suspect majority
	Cleared uint32
	// Tens are the ten seconds of the minute in which failures and 429 were.
	Tens [quota + 1]uint8
	// Timed are the answers whose time is known, Tokened those whose tokens
	// are, too; the sums are of logarithms: of milliseconds, and of
	// microseconds for a token.
	Timed, Tokened       uint32
	LogTime, LogPerToken float64
	Times                sketch.Hist64
}

// shares returns the window's counts.
func (c *counts) shares() shares {
	s := shares{Total: float32(c.Total)}
	for i, n := range c.Failed {
		s.Failed[i] = float32(n)
	}
	return s
}

// majority finds who makes more than half of all.
type majority struct {
	sketch.CountedMajority[uint16]
	all uint16
}

func (m *majority) add(hash uint64) {
	if m.all == math.MaxUint16 {
		return
	}
	m.all++
	m.Vote(uint16(hash))
}

// alone tells that one makes three quarters and more.
func (m *majority) alone() bool { return 2*uint32(m.Votes) > uint32(m.all) }

// others returns the window's counts without what the caller with most of the
// failures, and the one with most of the 429, ran into.
func (c *counts) others() shares {
	s := c.shares()
	for g := range c.Trouble {
		t := &c.Trouble[g]
		if t.all == 0 {
			continue
		}
		part := float32(t.Count) / float32(t.all)
		if t.Value == c.Caller.Value && c.Caller.all > 0 {
			fine := float32(c.Total)
			for _, n := range c.Failed {
				fine -= float32(n)
			}
			s.Total -= fine * float32(c.Caller.Count) / float32(c.Caller.all)
		}
		for i := range s.Failed {
			if groupOf(cause(i)) == g {
				s.Total -= part * s.Failed[i]
				s.Failed[i] -= part * s.Failed[i]
			}
		}
	}
	return s
}

// suspect returns the counts of the model that makes most of a route's
// failures, without those of the caller who fails most.
func (c *counts) suspect() shares {
	if c.Suspect.all == 0 || c.Suspect.Votes < c.Suspect.all/4 {
		return shares{}
	}
	s, part := c.others(), float32(c.Suspect.Count)/float32(c.Suspect.all)
	s.Total = float32(c.Cleared)
	for i := range s.Failed {
		s.Failed[i] *= part
		s.Total += s.Failed[i]
	}
	return s
}

// steady tells that a group's failures were in nearly all of the minute: those
// of a restart are not.
func (c *counts) steady(group int) bool { return bits.OnesCount8(c.Tens[group]) >= 5 }

// groupOf returns the group that a cause belongs to.
func groupOf(c cause) int {
	if c == provider || c == limiter {
		return quota
	}
	return failures
}

// half is how many windows a generation of failing callers has.
const half = 5

// pass moves the window's counts into the past, without those of the caller who
// fails most.
func (p *past) pass(w *counts, start int64, window time.Duration) {
	now := w.others()
	for i := range p.Failed {
		p.Failed[i] = 0.85*p.Failed[i] + now.Failed[i]
	}
	p.Total = 0.85*p.Total + now.Total
	if start/int64(window)%half == 0 {
		p.Failing[1], p.Failing[0] = p.Failing[0], 0
	}
	p.Failing[0] |= w.Failing
}

// learn takes the window's shares into what is usual. A minute teaches little,
// and one that is remarkable hardly anything.
func (s *state) learn(w *counts, met [groups]bool) {
	if w.Total < 10 {
		return
	}
	got, weight := w.shares(), max(float32(1)/256, 1/float32(s.Known+1))
	if s.Known < math.MaxUint16 {
		s.Known++
	}
	for g := range s.Usual {
		if met[g] {
			continue
		}
		s.Usual[g] += weight * (min(got.of(g)/got.Total, s.Usual[g]+0.2) - s.Usual[g])
	}
}
