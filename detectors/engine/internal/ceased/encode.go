package ceased

import (
	"encoding/json"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/schemas"
)

// Encode writes the causes.
func (cs *Causes) Encode(w *codec.Writer) {
	w.Number(uint64(cs.used))
	for who, list := range cs.of {
		for _, c := range list {
			w.Number(uint64(who.Kind))
			w.Number(who.Key)
			encodeJSON(w, &c.Finding)
			w.Bytes([]byte(c.Watch))
			for _, n := range c.numbers() {
				w.Number(uint64(*n))
			}
			for _, n := range c.counts {
				w.Number(uint64(n))
			}
		}
	}
}

func (c *Cause) numbers() [6]*int64 {
	return [6]*int64{&c.Window, &c.Since, &c.Last, &c.Ended, &c.Again, &c.head}
}

// encodeJSON writes v, or nothing if a figure in it is no number that JSON has.
func encodeJSON(w *codec.Writer, v any) {
	b, err := json.Marshal(v)
	if err != nil {
		b = nil
	}
	w.Bytes(b)
}

// causeBytes is the least that Encode writes of a cause.
const causeBytes = 8 * (10 + bins)

// Decode reads what Encode wrote, and gives each to what to returns for its key. The
// slots have to be set by Keep.
func Decode(r *codec.Reader, to func(key uint64) *Causes) {
	for range r.Count(causeBytes) {
		who := Who{Kind: schemas.EntityKind(r.Number()), Key: r.Number()}
		text := r.Bytes()
		c := &Cause{Watch: string(r.Bytes())}
		for _, n := range c.numbers() {
			*n = int64(r.Number())
		}
		for i := range c.counts {
			c.counts[i] = uint32(r.Number())
		}
		if r.Bad() || c.Window <= 0 || c.head < 0 {
			r.Spoil()
			return
		}
		if json.Unmarshal(text, &c.Finding) != nil {
			continue
		}
		cs := to(who.Key)
		if cs.used >= cs.room {
			cs.dropOldest()
		}
		cs.of[who] = append(cs.of[who], c)
		cs.used++
	}
}

// Keep drops the causes of detectors that slot does not know, and sets the slots of
// the others and whether they know signs.
func (cs *Causes) Keep(slot func(watch string) (at int, signs, ok bool)) {
	cs.Forget(func(_ Who, c *Cause) bool {
		at, signs, ok := slot(c.Watch)
		c.Slot, c.Signs = at, signs
		return !ok
	})
}

// EncodeList writes what was said and not fetched yet.
func EncodeList(w *codec.Writer, list []schemas.Ceased) {
	w.Number(uint64(len(list)))
	for i := range list {
		encodeJSON(w, &list[i])
	}
}

// DecodeList reads what EncodeList wrote.
func DecodeList(r *codec.Reader) (list []schemas.Ceased) {
	for range r.Count(8) {
		var c schemas.Ceased
		if json.Unmarshal(r.Bytes(), &c) == nil {
			list = append(list, c)
		}
	}
	return list
}
