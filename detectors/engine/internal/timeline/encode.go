package timeline

import (
	"cmp"
	"slices"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/schemas"
)

// Seen returns, for each partition, the offset after the last one observed.
func (t *Timeline) Seen() []schemas.Range {
	var out []schemas.Range
	for _, p := range t.Partitions {
		out = append(out, schemas.Range{Topic: p.Topic, Partition: p.Number, Next: p.Next})
	}
	slices.SortFunc(out, func(a, b schemas.Range) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return out
}

// Encode writes what is known of the partitions.
func (t *Timeline) Encode(w *codec.Writer) {
	w.Number(uint64(t.Clock))
	w.Number(uint64(len(t.Partitions)))
	for _, p := range t.Partitions {
		w.Bytes([]byte(p.Topic))
		for _, n := range []int64{int64(p.Number), p.Next, p.Clock, int64(p.Ahead), int64(p.Behind)} {
			w.Number(uint64(n))
		}
	}
}

// Decode reads what Encode wrote.
func (t *Timeline) Decode(r *codec.Reader) {
	t.Clock = int64(r.Number())
	for range r.Count(48) {
		topic := string(r.Bytes())
		p := &t.Partitions[t.Place(topic, int32(r.Number()))]
		p.Next, p.Clock = int64(r.Number()), int64(r.Number())
		p.Ahead, p.Behind = int32(r.Number()), int32(r.Number())
	}
}
