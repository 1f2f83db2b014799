package spool

import (
	"os"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// TestDeliveriesOfWhatWaits: the newest first, at most so many, and a damaged
// file does not hide the others.
func TestDeliveriesOfWhatWaits(t *testing.T) {
	s, _ := testSpool(t, t.TempDir(), 1<<30)
	for n := range 3 {
		b := testBatch(n, 10) // 20 events
		for _, p := range b.Parts {
			for i := range p.Events[:5] {
				p.Events[i].Delivery = uint64(n*100+int(p.Range.Partition)*10+i) + 1
			}
		}
		must(t, s.Append(b, "g"))
	}
	look := func(limit int) (got []uint64) {
		t.Helper()
		must(t, s.Deliveries(limit, func(delivery uint64, at schemas.Position) {
			if at.Topic != "t" {
				t.Errorf("position %v", at)
			}
			got = append(got, delivery)
		}))
		return got
	}
	if got := look(1000); len(got) != 30 || got[0] != 201 || got[29] != 15 {
		t.Errorf("%v", got)
	}
	if got := look(12); len(got) != 12 || got[11] != 102 {
		t.Errorf("%v", got)
	}
	name := s.path(s.queue[1].name)
	must(t, os.Truncate(name, s.queue[1].bytes-1))
	must(t, os.Remove(s.path(s.queue[0].name)))
	if got := look(1000); len(got) != 10 || s.Len() != 3 {
		t.Errorf("%v of %d", got, s.Len())
	}
}
