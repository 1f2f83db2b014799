package population

// queue is a binary heap of actors by the time of their next call; number keeps the
// order of equal times the same in every run.
type queue []*actor

func (q queue) before(i, j int) bool {
	a, b := q[i], q[j]
	return a.next < b.next || a.next == b.next && a.number < b.number
}

func (q *queue) push(a *actor) {
	*q = append(*q, a)
	h := *q
	for i := len(h) - 1; i > 0 && h.before(i, (i-1)/2); i = (i - 1) / 2 {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
	}
}

// settle puts the first actor where its new time belongs.
func (q queue) settle() {
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(q); child++ {
			if q.before(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		q[i], q[least] = q[least], q[i]
		i = least
	}
}

// drop takes the first actor out.
func (q *queue) drop() {
	h := *q
	last := len(h) - 1
	h[0], h[last] = h[last], nil
	*q = h[:last]
	q.settle()
}
