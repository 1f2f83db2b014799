package sketch

import (
	"math/rand/v2"
	"testing"
)

func TestMajority(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, share := range []float64{0.55, 0.8, 1} {
		var m CountedMajority[uint32]
		own := 0
		for range 20_000 {
			if r.Float64() < share {
				m.Vote(7)
				own++
			} else {
				m.Vote(r.Uint32N(1e6) + 8)
			}
		}
		if lead := 2*own - 20_000; m.Value != 7 || int(m.Votes) < lead || int(m.Count) > own || int(m.Count) < lead {
			t.Errorf("of a share of %v: %+v, want 7 with a lead of %d", share, m, lead)
		}
	}
	var m CountedMajority[uint16]
	for range 70_000 {
		m.Vote(1)
	}
	if m != counted(1, 65_535, 65_535) {
		t.Errorf("of 70,000 votes: %+v", m)
	}
	m.Vote(2)
	if m != counted(1, 65_534, 65_535) {
		t.Errorf("and one against: %+v", m)
	}
	m = counted(1, 0, 9)
	if m.Vote(2); m != counted(2, 1, 1) {
		t.Errorf("a new lead: %+v", m)
	}
}

func counted(value, votes, count uint16) CountedMajority[uint16] {
	return CountedMajority[uint16]{Majority[uint16]{value, votes}, count}
}
