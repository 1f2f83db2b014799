package entities

import (
	"slices"
	"strings"
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

// maxSamples is how many request ids a finding has at most.
const maxSamples = 4

// Samples returns request ids of the entity's events from start to end (not in
// it), each once: that of the event at hand, unless it is nil, then refused and
// failed ones, then others. place is -1 if the entity is not here.
func (d *Directory) Samples(event *schemas.Event, place int, start, end int64) (out []string) {
	if event != nil && Showable(event.RequestID) {
		out = append(out, strings.Clone(event.RequestID))
	}
	if place < 0 || d.At(place).card == 0 {
		return out
	}
	w := d.cards.words(int(d.At(place).card - 1))
	for i := range sampleCount {
		if t := int64(w[d.layout.times+i]); t == 0 || t < start || t >= end || len(out) == maxSamples {
			continue
		}
		id, _, _ := strings.Cut(string(sample(w[d.layout.samples:], i)), "\x00")
		if !slices.Contains(out, id) {
			out = append(out, id)
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
