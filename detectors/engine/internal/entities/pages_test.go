package entities

import (
	"sync"
	"testing"
	"unsafe"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/schemas"
)

// fill gives a directory entities with states, and fails unless it still knows
// them: no memory is given out twice.
func fill(t *testing.T, d *Directory, n uint64) {
	t.Helper()
	for i := range n {
		put(d, i<<40|i, i, 0, 5)
		put(d, i<<40|i, i+1, 1, 5)
	}
	for i := range n {
		first, one := get(d, i<<40|i, 0)
		second, two := get(d, i<<40|i, 1)
		if !one || !two || first != i || second != i+1 {
			t.Fatalf("entity %d has %d %v and %d %v", i, first, one, second, two)
		}
	}
}

func (p *Pages) spare() (words int) {
	for size, chunks := range p.free {
		words += size * len(chunks)
	}
	return words
}

func TestMemoryGivenBackIsTakenAgain(t *testing.T) {
	limits := room(schemas.EntityRoute, 5000)
	limits.Pages = NewPages()
	cases := map[string]func(d *Directory) *Directory{
		"clear": func(d *Directory) *Directory { d.Clear(); return d },
		"drop": func(d *Directory) *Directory {
			d.DropAll(0)
			d.DropAll(1)
			d.Clear()
			return d
		},
		"other detectors": func(d *Directory) *Directory {
			d = d.Reshape(limits, []int{-1, -1})
			d.Clear()
			return d
		},
		"the same detectors": func(d *Directory) *Directory {
			d = d.Reshape(limits, []int{0, 1})
			if !d.sound() {
				t.Error("not sound after Reshape")
			}
			d.Clear()
			return d
		},
		"read back": func(d *Directory) *Directory {
			var w codec.Writer
			d.Encode(&w)
			d.Clear()
			d.Take(d.Decode(codec.NewReader(w.B), false))
			if !d.sound() {
				t.Error("not sound after Take")
			}
			d.Clear()
			return d
		},
		"dealt": func(d *Directory) *Directory {
			to := New(schemas.EntityRoute, limits)
			d.Deal(func(uint64) *Directory { return to })
			if n, _ := to.Used(); n != 4000 || !to.sound() {
				t.Errorf("%d entities were dealt", n)
			}
			to.Clear()
			return to
		},
		"damaged": func(d *Directory) *Directory {
			var w codec.Writer
			d.Encode(&w)
			if d.Decode(codec.NewReader(w.B[:len(w.B)-100]), false) != nil {
				t.Error("what is damaged was read")
			}
			d.Clear()
			return d
		},
	}
	for name, give := range cases {
		t.Run(name, func(t *testing.T) {
			d := New(schemas.EntityRoute, limits)
			fill(t, d, 4000)
			d = give(d)
			held, spare := limits.Pages.held, limits.Pages.spare()
			for range 5 {
				fill(t, d, 4000)
				d = give(d)
			}
			if limits.Pages.held != held || limits.Pages.spare() != spare {
				t.Errorf("%d bytes are held with %d words to spare, first it was %d with %d", limits.Pages.held, limits.Pages.spare(), held, spare)
			}
		})
	}
}

func TestPagesAreCutFromBlocks(t *testing.T) {
	p := NewPages()
	seen := map[*uint64]bool{}
	words := 0
	for i := range 40000 {
		size := 100 + i%7*50
		c := p.take(size)
		at := unsafe.SliceData(c)
		if len(c) != size || cap(c) != size || seen[at] || uintptr(unsafe.Pointer(at))%(8*lineWords) != 0 {
			t.Fatalf("chunk %d has %d words", i, len(c))
		}
		for j := range c {
			if c[j] != 0 {
				t.Fatal("two chunks share memory")
			}
			c[j] = uint64(i) + 1
		}
		seen[at] = true
		words += (size + lineWords - 1) / lineWords * lineWords
	}
	if most := words*8 + max(words*8/blockPart, leastBlock)*11/10; p.held > most {
		t.Errorf("%d bytes are held, want at most %d", p.held, most)
	}
	if c := p.take(mostBlock/8 + 1); len(c) != mostBlock/8+1 {
		t.Errorf("a chunk larger than a block has %d words", len(c))
	}
}

func TestShardsGrowAtOnce(t *testing.T) {
	p := NewPages()
	var all sync.WaitGroup
	for shard := range uint64(4) {
		all.Go(func() {
			for range 200 {
				chunks := [][]uint64{p.take(64), p.take(128)}
				for _, c := range chunks {
					for j := range c {
						c[j] = shard
					}
				}
				for _, c := range chunks {
					for j := range c {
						if c[j] != shard {
							t.Error("two shards share memory")
							return
						}
					}
				}
				p.give(chunks)
			}
		})
	}
	all.Wait()
	if len(p.free) != 2 || p.held != leastBlock {
		t.Errorf("%d bytes are held for chunks of %d sizes", p.held, len(p.free))
	}
}
