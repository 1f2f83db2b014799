package agenda

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

type entry struct{ at, seq int }

func (e *entry) Before(o *entry) bool { return e.at < o.at || e.at == o.at && e.seq < o.seq }

// TestOrder pushes, puts off and drops at random: entries come in the order of
// their times, equal ones by their number.
func TestOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var a Agenda[*entry]
	var got, want []entry
	now := 0
	for seq := range 2000 {
		a.Push(&entry{now + r.IntN(20), seq})
		for len(a) > 0 && r.IntN(3) > 0 {
			e := a[0]
			now = e.at
			got = append(got, *e)
			if r.IntN(2) == 0 {
				a.Drop()
			} else {
				e.at += 1 + r.IntN(9)
				a.Settle()
			}
		}
	}
	for len(a) > 0 {
		got = append(got, *a[0])
		a.Drop()
	}
	assert.Greater(t, len(got), 2000)
	want = slices.Clone(got)
	slices.SortStableFunc(want, func(a, b entry) int { return a.at - b.at })
	assert.Equal(t, want, got, "times rise")
	assert.Nil(t, a[:1][0], "what is out is let go")
}

func TestEqualTimesComeByTheirNumber(t *testing.T) {
	var a Agenda[*entry]
	for _, seq := range rand.New(rand.NewPCG(3, 4)).Perm(50) {
		a.Push(&entry{7, seq})
	}
	for seq := range 50 {
		assert.Equal(t, seq, a[0].seq)
		a.Drop()
	}
}
