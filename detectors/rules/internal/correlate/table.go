package correlate

import (
	"math/bits"

	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// overhead is about what a group takes besides its own fields: its places in the
// map, in the list and among the ends.
const overhead = 64

// samples is how many groups are looked at to find one that gives way.
const samples = 8

// sweeps is how many groups are looked at, for each new one, whether they are
// over.
const sweeps = 2

// admit makes a group and room for it.
func (t *Table) admit(key uint64, o *Observation) *group {
	for range min(sweeps, len(t.list)) {
		if t.hand++; t.hand >= len(t.list) {
			t.hand = 0
		}
		if g := t.list[t.hand]; g.Last < t.clock-t.span-lateness && t.kind != whole {
			t.remove(g)
		}
	}
	g := &group{Key: key, place: len(t.list)}
	g.open(t, o)
	for t.size+g.bytes() > t.room && len(t.list) > 0 {
		t.evict()
	}
	g.place = len(t.list)
	t.list = append(t.list, g)
	t.groups[key] = g
	t.size += g.bytes()
	if t.kind == whole {
		t.ends.push(end{g.End, key})
	}
	return g
}

// evict removes the group with the fewest events of some that are chosen by
// chance: groups that came once, however many, do not push out busy ones.
func (t *Table) evict() {
	var least *group
	for range samples {
		t.luck++
		at, _ := bits.Mul64(sketch.Mix(t.luck), uint64(len(t.list)))
		g := t.list[at]
		if least == nil || g.worth(t.clock, t.span) < least.worth(t.clock, t.span) {
			least = g
		}
	}
	if least.Last >= t.clock-t.span {
		t.Evicted++
	}
	t.remove(least)
}

func (t *Table) remove(g *group) {
	last := t.list[len(t.list)-1]
	t.list[g.place], last.place = last, g.place
	t.list[len(t.list)-1] = nil
	t.list = t.list[:len(t.list)-1]
	delete(t.groups, g.Key)
	t.size -= g.bytes()
	if len(t.ends) > 2*len(t.list)+1024 {
		t.ends.keep(func(e end) bool { g := t.groups[e.key]; return g != nil && g.End == e.end })
	}
}

// end is when the window of a group ends.
type end struct {
	end int64
	key uint64
}

// ends is a heap, the earliest first.
type ends []end

func (h ends) less(i, j int) bool {
	return h[i].end < h[j].end || h[i].end == h[j].end && h[i].key < h[j].key
}

func (h *ends) push(e end) {
	*h = append(*h, e)
	for i := len(*h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.less(i, up) {
			return
		}
		(*h)[i], (*h)[up] = (*h)[up], (*h)[i]
		i = up
	}
}

func (h *ends) pop() end {
	top, last := (*h)[0], len(*h)-1
	(*h)[0] = (*h)[last]
	*h = (*h)[:last]
	h.sink(0)
	return top
}

func (h *ends) sink(i int) {
	for {
		least := i
		for _, down := range [2]int{2*i + 1, 2*i + 2} {
			if down < len(*h) && h.less(down, least) {
				least = down
			}
		}
		if least == i {
			return
		}
		(*h)[i], (*h)[least] = (*h)[least], (*h)[i]
		i = least
	}
}

// keep drops the ends for which stays is false.
func (h *ends) keep(stays func(end) bool) {
	var kept ends
	for _, e := range *h {
		if stays(e) {
			kept = append(kept, e)
		}
	}
	for i := len(kept)/2 - 1; i >= 0; i-- {
		kept.sink(i)
	}
	*h = kept
}

// State is the form of a table in a snapshot.
type State struct {
	Groups  []*group
	Clock   int64
	Luck    uint64
	Hand    int
	Evicted int64
}

// State returns the groups; they are the table's own.
func (t *Table) State() State { return State{t.list, t.clock, t.luck, t.hand, t.Evicted} }

// Restore puts the groups of a snapshot in the place of those that are there.
// What is not whole, or does not fit, is left out.
func (t *Table) Restore(s State) {
	t.groups, t.list, t.ends, t.size = map[uint64]*group{}, nil, nil, 0
	t.clock, t.luck, t.hand, t.Evicted = s.Clock, s.Luck, max(0, s.Hand), s.Evicted
	for _, g := range s.Groups {
		if g == nil || !g.fits(t) || t.groups[g.Key] != nil || t.size+g.bytes() > t.room {
			continue
		}
		g.place = len(t.list)
		t.list = append(t.list, g)
		t.groups[g.Key] = g
		t.size += g.bytes()
		if t.kind == whole {
			t.ends.push(end{g.End, g.Key})
		}
	}
}

// who keeps the entity of a window that is judged at its end.
func (g *group) who(e schemas.Entity, sample string) {
	g.Kind, g.Name, g.Sample = e.Kind, e.Name, sample
}

// Drop removes the groups that goes picks, by key and by the entity of a window
// that is judged whole, and returns how many there were.
func (t *Table) Drop(goes func(key uint64, who schemas.Entity) bool) (n int) {
	for i := len(t.list) - 1; i >= 0; i-- {
		if g := t.list[i]; goes(g.Key, schemas.Entity{Kind: g.Kind, Name: g.Name}) {
			t.remove(g)
			n++
		}
	}
	return n
}
