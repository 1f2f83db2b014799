package entities

import (
	"slices"
	"time"
	"unsafe"

	"github.com/gatehound/gatehound/schemas"
)

// sampling is the time in which one event is noted of those that were refused
// or failed, and one of the others. Two such times are remembered, in turn, so
// that at the end of a window there is something of it, although events of the
// next have come.
const sampling = int64(time.Minute)

// Sample keeps the event's request id if it is the first of its minute, and of
// its sort, of the entity at place, and if the id can be shown.
func (d *Directory) Sample(place int, ev *schemas.Event) {
	r := d.At(place)
	if r.card == 0 {
		return
	}
	w := d.cards.words(int(r.card - 1))
	minute := ev.Time / sampling
	i := int(minute & 1)
	if !Refused(ev) {
		i += 2
	}
	if t := int64(w[d.layout.times+i]); t != 0 && t/sampling == minute || !Showable(ev.RequestID) {
		return
	}
	w[d.layout.times+i] = uint64(ev.Time)
	id := sample(w[d.layout.samples:], i)
	clear(id[copy(id, ev.RequestID):])
}

// Samples appends the request ids of the entity's samples from start to end
// (not in it), refused and failed ones first, each once.
func (d *Directory) Samples(out []string, place int, start, end int64) []string {
	r := d.At(place)
	if r.card == 0 {
		return out
	}
	w := d.cards.words(int(r.card - 1))
	for i := range sampleCount {
		if t := int64(w[d.layout.times+i]); t != 0 && t >= start && t < end {
			id := sample(w[d.layout.samples:], i)
			n := 0
			for n < len(id) && id[n] != 0 {
				n++
			}
			if !slices.Contains(out, string(id[:n])) {
				out = append(out, string(id[:n]))
			}
		}
	}
	return out
}

func sample(w []uint64, i int) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(&w[i*sampleWords])), MaxSample)
}

// Refused tells whether an event was refused or failed: those are what is
// looked at first.
func Refused(ev *schemas.Event) bool {
	return ev.Status >= 400 || ev.Auth == schemas.AuthFailure ||
		ev.Guardrail == schemas.GuardrailInputBlocked || ev.Guardrail == schemas.GuardrailOutputBlocked
}

// Showable tells whether a request id may stand in a finding. Clients can choose
// ids, and findings go to chats and terminals: only letters, digits and
// . _ : / = + - are let through, up to MaxSample of them.
func Showable(id string) bool {
	if id == "" || len(id) > MaxSample {
		return false
	}
	for i := range len(id) {
		if !showable[id[i]] {
			return false
		}
	}
	return true
}

var showable = func() (out [256]bool) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/=+-" {
		out[c] = true
	}
	return out
}()
