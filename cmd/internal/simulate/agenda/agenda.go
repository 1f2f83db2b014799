// Package agenda orders what is due: the requests of simulated clients by their
// time.
package agenda

// Entry is what an Agenda orders. Of two different entries one is before the other,
// or runs would differ.
type Entry[T any] interface{ Before(other T) bool }

// Agenda is a binary heap: the entry at 0 is before all others.
type Agenda[T Entry[T]] []T

// Push adds an entry.
func (a *Agenda[T]) Push(e T) {
	*a = append(*a, e)
	h := *a
	for i := len(h) - 1; i > 0 && h[i].Before(h[(i-1)/2]); i = (i - 1) / 2 {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
	}
}

// Settle puts the entry at 0, which has come to be due later, where it belongs.
func (a Agenda[T]) Settle() {
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(a); child++ {
			if a[child].Before(a[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		a[i], a[least] = a[least], a[i]
		i = least
	}
}

// Drop takes the entry at 0 out.
func (a *Agenda[T]) Drop() {
	h := *a
	last := len(h) - 1
	h[0] = h[last]
	clear(h[last:])
	*a = h[:last]
	a.Settle()
}
