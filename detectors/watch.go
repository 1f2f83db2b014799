package detectors

import (
	"fmt"
	"reflect"
	"strings"
	"unsafe"

	"github.com/gatehound/gatehound/schemas"
)

// The largest state and cohort, in bytes: a state is held for every entity, a
// cohort for every shard.
const (
	MaxStateSize  = 16 << 10
	MaxCohortSize = 1 << 20
)

// Watcher is a detector with its types erased, as the engine drives it. Only
// Watch and Correlate make one. The pointers that its methods take point to zeroed or
// restored memory of Sizes, aligned to eight bytes; the duties are those of
// Detector.
type Watcher interface {
	Spec() Spec
	// Layout describes the types of state and cohort: two watchers with the
	// same layout can read each other's memory.
	Layout() string
	// Sizes returns the sizes of state and cohort in bytes.
	Sizes() (state, cohort uintptr)
	Observe(x *Context, s unsafe.Pointer, ev *schemas.Event)
	Gather(x *Context, s, c unsafe.Pointer)
	Merge(dst, src unsafe.Pointer)
	Conclude(x *Context, prev, c unsafe.Pointer)
	Close(x *Context, s, c unsafe.Pointer) bool
	// Correlating returns what the detector does as a Correlator, nil if it is
	// none.
	Correlating() Correlating

	sealed()
}

// Watch erases the types of a detector. It panics if S or C is not of fixed
// size or has a pointer in it, or is too large: a mistake of the detector's
// author that no input can cause and that the conformance suite shows.
func Watch[S, C any](d Detector[S, C]) Watcher {
	w := newWatcher(d)
	return &w
}

func newWatcher[S, C any](d Detector[S, C]) watcher[S, C] {
	state, cohort := reflect.TypeFor[S](), reflect.TypeFor[C]()
	if err := fixed(state, state.String()); err != nil {
		panic(err)
	}
	if err := fixed(cohort, cohort.String()); err != nil {
		panic(err)
	}
	if state.Size() > MaxStateSize || cohort.Size() > MaxCohortSize {
		panic(fmt.Errorf("state %s of %d bytes or cohort %s of %d bytes is too large: at most %d and %d",
			state, state.Size(), cohort, cohort.Size(), MaxStateSize, MaxCohortSize))
	}
	var layout strings.Builder
	describe(&layout, state)
	layout.WriteByte('|')
	describe(&layout, cohort)
	return watcher[S, C]{d: d, spec: d.Spec(), layout: layout.String()}
}

type watcher[S, C any] struct {
	d      Detector[S, C]
	spec   Spec
	layout string
}

var _ Watcher = (*watcher[struct{}, struct{}])(nil)

func (w *watcher[S, C]) sealed()        {}
func (w *watcher[S, C]) Spec() Spec     { return w.spec }
func (w *watcher[S, C]) Layout() string { return w.layout }

func (w *watcher[S, C]) Correlating() Correlating { return nil }

func (w *watcher[S, C]) Sizes() (state, cohort uintptr) {
	return reflect.TypeFor[S]().Size(), reflect.TypeFor[C]().Size()
}

func (w *watcher[S, C]) Observe(x *Context, s unsafe.Pointer, ev *schemas.Event) {
	w.d.Observe(x, (*S)(s), ev)
}

func (w *watcher[S, C]) Gather(x *Context, s, c unsafe.Pointer) { w.d.Gather(x, (*S)(s), (*C)(c)) }

func (w *watcher[S, C]) Merge(dst, src unsafe.Pointer) { w.d.Merge((*C)(dst), (*C)(src)) }

func (w *watcher[S, C]) Conclude(x *Context, prev, c unsafe.Pointer) {
	w.d.Conclude(x, (*C)(prev), (*C)(c))
}

func (w *watcher[S, C]) Close(x *Context, s, c unsafe.Pointer) bool {
	return w.d.Close(x, (*S)(s), (*C)(c))
}

// fixed returns an error that names the first part of t that is not a value of
// fixed size without pointers.
func fixed(t reflect.Type, path string) error {
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return nil
	case reflect.Array:
		return fixed(t.Elem(), path+"[]")
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if err := fixed(f.Type, path+"."+f.Name); err != nil {
				return err
			}
		}
		return nil
	default:
		return fmt.Errorf("%s is a %s: states and cohorts are values of fixed size without pointers", path, t.Kind())
	}
}

// describe writes the names, kinds and places of all that t is made of.
func describe(b *strings.Builder, t reflect.Type) {
	switch t.Kind() {
	case reflect.Array:
		fmt.Fprintf(b, "[%d]", t.Len())
		describe(b, t.Elem())
	case reflect.Struct:
		b.WriteByte('{')
		for i := range t.NumField() {
			f := t.Field(i)
			fmt.Fprintf(b, "%s@%d ", f.Name, f.Offset)
			describe(b, f.Type)
			b.WriteByte(';')
		}
		b.WriteByte('}')
	default:
		b.WriteString(t.Kind().String())
	}
}
