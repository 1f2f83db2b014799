package clickhouse

import (
	"fmt"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

func sealedBatch() *schemas.Batch {
	b := &schemas.Batch{}
	for p := range int32(2) {
		part := &schemas.Part{Range: schemas.Range{Topic: "t", Partition: p, First: 0, Next: 10}}
		for i := range int64(5) {
			at := schemas.Position{Topic: "t", Partition: p, Offset: i, Index: 1}
			time := midnight.UnixNano() + i - 2 // of two days
			part.Events = append(part.Events, schemas.Event{Position: at, Time: time})
			part.Sealed = append(part.Sealed, schemas.Sealed{Position: at, Time: time, Principal: "h1:k2:p", RequestID: fmt.Sprint("r", i),
				KeyID: "k2", Data: []byte{0, 0xff, byte(i), '\''}})
		}
		// Two workers met the same caller.
		part.Aliases = []schemas.Alias{{Old: "h1:k1:a", New: "h1:k2:b", Time: midnight.UnixNano() + int64(p)}}
		b.Parts = append(b.Parts, part)
	}
	b.Seal()
	return b
}

func TestSealedPromptsAndAliasesAreStoredOnce(t *testing.T) {
	s := testStore(t)
	for range 3 {
		if err := s.WriteBatch(t.Context(), sealedBatch()); err != nil {
			t.Fatal(err)
		}
	}
	if n := one[uint64](t, s, "SELECT count() FROM sealed_prompts"); n != 10 {
		t.Errorf("%d sealed prompts, want 10", n)
	}
	got := one[string](t, s, "SELECT toString((time, topic, partition, message_offset, record_index, principal, request_id, key_id, hex(data))) FROM sealed_prompts WHERE partition = 1 AND message_offset = 2")
	if want := "('" + midnight.Format("2006-01-02 15:04:05.000000000") + "','t',1,2,1,'h1:k2:p','r2','k2','00FF0227')"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if n := one[uint64](t, s, "SELECT count() FROM aliases FINAL"); n != 1 {
		t.Errorf("%d pairs, want 1", n)
	}
}

func TestABatchOfOneKindOfRow(t *testing.T) {
	s := testStore(t)
	b := &schemas.Batch{Token: "aliases only", Parts: []*schemas.Part{{Aliases: []schemas.Alias{{Old: "a", New: "b", Time: midnight.UnixNano()}}}}}
	if err := s.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if n := one[uint64](t, s, "SELECT count() FROM aliases"); n != 1 {
		t.Errorf("%d rows", n)
	}
}
