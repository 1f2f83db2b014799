package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/schemas"
)

// toyProfile is what an entity did in a window.
type toyProfile struct {
	Count   uint32
	Windows uint32
}

// pack finds all entities with at least two events in a window together, as its id
// and "_together". It knows in how many windows it has seen each.
type pack struct {
	toy
	// begun gets a value when Correlate begins, which waits for go unless that is
	// nil. refuse makes Load refuse what it gets.
	begun  chan struct{}
	goOn   chan struct{}
	refuse bool
	// spoil changes the finding before it is emitted; repeat emits it again, more
	// severe.
	spoil  func(*schemas.Finding)
	repeat bool
	// flood is how many more campaigns it finds.
	flood int

	mu    sync.Mutex // asserts that Correlate, Save, Load and Forget take turns
	known map[uint64]int
}

var _ detectors.Correlator[toyState, toyCohort, toyProfile] = (*pack)(nil)

// turn returns a function that ends the turn; it panics if another's is on.
func (p *pack) turn() func() {
	if !p.mu.TryLock() {
		panic("calls overlap")
	}
	return p.mu.Unlock
}

func (p *pack) Profile(x *detectors.Context, s *toyState, c *toyCohort, out *toyProfile) bool {
	p.trip("profile")
	if *out != (toyProfile{}) || x.Now-x.WindowStart != int64(x.Window) {
		panic("the profile is not empty, or the window is not at its end")
	}
	*out = toyProfile{s.Count[x.Slot], s.Windows}
	return s.Count[x.Slot] > 1
}

func (p *pack) Correlate(x *detectors.Correlation, c *toyCohort, all []detectors.Profiled[toyProfile]) {
	defer p.turn()()
	p.trip("correlate")
	if p.begun != nil {
		select {
		case p.begun <- struct{}{}:
		case <-x.Done():
			return
		}
	}
	if p.goOn != nil {
		select {
		case <-p.goOn:
		case <-x.Done():
			return
		}
	}
	if p.known == nil {
		p.known = map[uint64]int{}
	}
	sum, seen := uint32(0), 0
	campaign := &schemas.Campaign{ID: fmt.Sprintf("c-%012x", x.Key.String(p.id)&0xffffffffffff), Size: len(all)}
	for i, e := range all {
		if i > 0 && all[i-1].Key >= e.Key {
			panic("the profiles are not in order")
		}
		p.known[e.Key]++
		seen = max(seen, p.known[e.Key])
		sum += e.Profile.Count
		campaign.Members = append(campaign.Members, schemas.Member{Principal: e.Name, Exchanges: int64(e.Profile.Count), Links: []string{"toy"}})
		campaign.Named = append(campaign.Named, e.Name)
	}
	if len(all) == 0 {
		return
	}
	f := finding(p.id+"_together", schemas.SeverityMedium, uint64(sum))
	f.Summary = fmt.Sprintf("%d of %d entities, %d of %d events, for up to %d windows", len(all), c.Entities, sum, c.Events, seen)
	f.Campaign = campaign
	if p.spoil != nil {
		p.spoil(f)
	}
	x.Emit(f)
	x.Emit(f)
	for i := range p.flood - 1 {
		more, c := *f, *campaign
		c.ID = fmt.Sprintf("c-%012x", i)
		more.Campaign = &c
		x.Emit(&more)
	}
	if p.repeat {
		again := *f
		again.Severity = schemas.SeverityHigh
		x.Emit(&again)
	}
}

func (p *pack) Save() []byte {
	defer p.turn()()
	p.trip("save")
	if len(p.known) == 0 {
		return nil
	}
	b, err := json.Marshal(p.known)
	if err != nil {
		panic(err)
	}
	return b
}

func (p *pack) Load(state []byte) error {
	defer p.turn()()
	p.trip("load")
	p.known = nil
	switch {
	case state == nil:
		return nil
	case p.refuse:
		return errors.New("of another version")
	default:
		return json.Unmarshal(state, &p.known)
	}
}

func (p *pack) Forget(drop func(key uint64) bool) (n int) {
	defer p.turn()()
	p.trip("forget")
	for key := range p.known {
		if drop(key) {
			delete(p.known, key)
			n++
		}
	}
	return n
}

// watch returns the pack's watcher.
func (p *pack) watch() detectors.Watcher {
	return detectors.Correlate[toyState, toyCohort, toyProfile](p)
}

// members returns the members that the findings about campaigns name, by finding.
func members(found []schemas.Finding) (out []string) {
	for _, f := range found {
		if f.Campaign == nil {
			continue
		}
		var names []string
		for _, m := range f.Campaign.Members {
			names = append(names, m.Principal)
		}
		out = append(out, strings.Join(names, " "))
	}
	return out
}
