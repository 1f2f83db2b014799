package recall

import (
	"math/rand/v2"
	"testing"
)

func TestMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	set := make([]uint32, 5000)
	for i := range set {
		set[i] = r.Uint32()
	}
	var m Memory
	see := func(hashes []uint32, hour uint8) (sampled, repeated int) {
		for _, h := range hashes {
			s, again := m.See(h, hour)
			if s {
				sampled++
			}
			if again {
				repeated++
			}
		}
		return sampled, repeated
	}
	if _, repeated := see(set, 1); repeated != 0 {
		t.Errorf("%d of new prompts are repeated", repeated)
	}
	if _, repeated := see(set, 1); repeated != 0 {
		t.Errorf("%d are repeated within the hour, want them left to the distinct prompts", repeated)
	}
	if sampled, repeated := see(set, 2); sampled != Size || repeated != Size {
		t.Errorf("the same set: %d sampled, %d repeated, want %d", sampled, repeated, Size)
	}
	for i := range set {
		set[i] = r.Uint32()
	}
	if sampled, repeated := see(set, 3); sampled < 8 || repeated != 0 {
		t.Errorf("another set: %d sampled, %d repeated, want some and none", sampled, repeated)
	}
	for i := 1; i < Size; i++ {
		if m.low[i-1] >= m.low[i] {
			t.Fatalf("the sample is not in order at %d", i)
		}
	}
}
