package detectors

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

// Correlating is what a Correlator does beyond a Detector, with its types erased,
// as the engine drives it. It has the profiles of one window at a time, so it
// serves one engine.
type Correlating interface {
	// Begin makes room for the profiles of a window: of at most rooms[i] entities
	// of shard i. Those of the window before are gone.
	Begin(rooms []int)
	// Profile asks for the profile of the entity x.Entity of a shard, and keeps it
	// if it is worth comparing. It returns where the caller puts the entity's
	// name, else nil. Calls for different shards may run at the same time.
	Profile(x *Context, shard int, s, c unsafe.Pointer) (name *string)
	// Profiles returns how many were kept since Begin.
	Profiles() int
	// Correlate puts the profiles in order and has them judged.
	Correlate(x *Correlation, c unsafe.Pointer)
	// Save, Load and Forget are those of Correlator.
	Save() []byte
	Load(state []byte) error
	Forget(drop func(key uint64) bool) int
}

// Correlate erases the types of a correlator. As Watch does, it panics if S, C or
// P is not of fixed size or has a pointer in it, or is too large.
func Correlate[S, C, P any](c Correlator[S, C, P]) Watcher {
	profile := reflect.TypeFor[P]()
	if err := fixed(profile, profile.String()); err != nil {
		panic(err)
	}
	if profile.Size() > MaxProfileSize {
		panic(fmt.Errorf("profile %s of %d bytes is too large: at most %d", profile, profile.Size(), MaxProfileSize))
	}
	return &correlator[S, C, P]{watcher: newWatcher(c), c: c}
}

type correlator[S, C, P any] struct {
	watcher[S, C]
	c Correlator[S, C, P]
	// all has a part for each shard, of which some are profiles.
	all   []Profiled[P]
	parts []part
}

// part is where the profiles of a shard are: from first until next, which is
// before the first of the part that follows.
type part struct {
	first, next int
	_           [6]uint64 // shards write side by side: each has a cache line
}

var (
	_ Watcher     = (*correlator[struct{}, struct{}, struct{}])(nil)
	_ Correlating = (*correlator[struct{}, struct{}, struct{}])(nil)
)

func (w *correlator[S, C, P]) Correlating() Correlating { return w }

func (w *correlator[S, C, P]) Begin(rooms []int) {
	w.parts = w.parts[:0]
	n := 0
	for _, room := range rooms {
		w.parts = append(w.parts, part{first: n, next: n})
		n += room
	}
	if cap(w.all) < n {
		w.all = make([]Profiled[P], n)
	}
	w.all = w.all[:n]
}

func (w *correlator[S, C, P]) Profile(x *Context, shard int, s, c unsafe.Pointer) *string {
	at := &w.parts[shard].next
	p := &w.all[*at]
	*p = Profiled[P]{Key: x.Entity.ID}
	if !w.c.Profile(x, (*S)(s), (*C)(c), &p.Profile) {
		return nil
	}
	*at++
	return &p.Name
}

func (w *correlator[S, C, P]) Profiles() (n int) {
	for _, p := range w.parts {
		n += p.next - p.first
	}
	return n
}

func (w *correlator[S, C, P]) Correlate(x *Correlation, c unsafe.Pointer) {
	n := 0
	for _, p := range w.parts {
		// The parts follow one another by the keys, so each is put in order alone.
		slices.SortFunc(w.all[p.first:p.next], func(a, b Profiled[P]) int { return cmp.Compare(a.Key, b.Key) })
		n += copy(w.all[n:], w.all[p.first:p.next])
	}
	defer w.release()
	w.c.Correlate(x, (*C)(c), w.all[:n:n])
}

// release keeps the memory for the next window if it is little, but no names.
func (w *correlator[S, C, P]) release() {
	if uintptr(cap(w.all))*unsafe.Sizeof(Profiled[P]{}) > keptProfiles {
		w.all = nil
	}
	clear(w.all)
}

// keptProfiles is how many bytes of profiles are kept for the next window. More
// are given back: they are in use for a minute in an hour.
const keptProfiles = 64 << 20

func (w *correlator[S, C, P]) Save() []byte                          { return w.c.Save() }
func (w *correlator[S, C, P]) Load(state []byte) error               { return w.c.Load(state) }
func (w *correlator[S, C, P]) Forget(drop func(key uint64) bool) int { return w.c.Forget(drop) }
