package pipeline

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

// sealedPart has an event and the sealed text of its prompt at each offset.
func sealedPart(offsets ...int64) *schemas.Part {
	p := &schemas.Part{Range: schemas.Range{Topic: "t", First: offsets[0], Next: offsets[len(offsets)-1] + 1},
		Aliases: []schemas.Alias{{Old: "h1:k1:a", New: "h1:k2:b"}}}
	for _, o := range offsets {
		at := schemas.Position{Topic: "t", Offset: o}
		p.Events = append(p.Events, schemas.Event{Position: at, Delivery: uint64(100 + o%4)})
		p.Sealed = append(p.Sealed, schemas.Sealed{Position: at, Data: []byte{1}})
	}
	return p
}

func offsetsOf(p *schemas.Part) (events, sealed []int64) {
	for _, e := range p.Events {
		events = append(events, e.Position.Offset)
	}
	for _, s := range p.Sealed {
		sealed = append(sealed, s.Position.Offset)
	}
	return events, sealed
}

func TestSealedPromptsGoWithTheirEvents(t *testing.T) {
	whole := sealedPart(0, 1, 2, 3, 4, 5)
	events, sealed := offsetsOf(tail(whole, 4))
	require.Equal(t, []int64{4, 5}, events)
	require.Equal(t, events, sealed, "of the part that is not yet stored")
	require.Equal(t, whole.Aliases, tail(whole, 4).Aliases)

	p := &Pipeline{parts: Parts{Logger: slog.New(slog.DiscardHandler)}}
	b := &schemas.Batch{Parts: []*schemas.Part{sealedPart(0, 1, 2, 3)}}
	p.drop(b, schemas.Range{Topic: "t", First: 1, Next: 3})
	events, sealed = offsetsOf(b.Parts[0])
	require.Equal(t, []int64{0, 3}, events)
	require.Equal(t, events, sealed, "of what another owner stored")

	again := sealedPart(0, 1, 2, 3, 4, 5)
	require.Equal(t, 2, newWindow(100).filter(again))
	events, sealed = offsetsOf(again)
	require.Equal(t, []int64{0, 1, 2, 3}, events)
	require.Equal(t, events, sealed, "of what is no redelivery")
}
