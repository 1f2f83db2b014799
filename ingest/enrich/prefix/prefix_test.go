package prefix

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	x := New(map[string]string{"": "all", "/v1": "v1", "/v1/a": "a", "/v1/ab/c": "c", "/v2": "v2", "zz": "z"})
	for s, want := range map[string]string{
		"": "all", "/": "all", "/v1": "v1", "/v1x": "v1", "/v1/ab": "a", "/v1/ab/d": "a", "/v1/ab/cd": "c", "/v1/b": "v1",
		"/v3": "all", "zzz": "z", "z": "all", "\xff": "all",
	} {
		if i := x.Find(s); i < 0 || *x.At(i) != want {
			t.Errorf("Find(%q) = %d, want %s", s, i, want)
		}
	}
	if x.Len() != 6 || x.Depth() != 4 {
		t.Errorf("%d prefixes, %d deep", x.Len(), x.Depth())
	}
	var empty Index[int]
	if empty.Find("x") != -1 || New(map[string]int{"b": 1}).Find("a") != -1 {
		t.Error("found in nothing")
	}
}

// TestFindLikeAScan compares with the plain way, on strings that share much.
func TestFindLikeAScan(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	draw := func() string {
		b := make([]byte, rng.IntN(7))
		for i := range b {
			b[i] = "ab"[rng.IntN(2)]
		}
		return string(b)
	}
	for range 200 {
		m := map[string]string{}
		for range rng.IntN(20) {
			p := draw()
			m[p] = p
		}
		x := New(m)
		for range 50 {
			s := draw()
			var want []string
			for n := len(s); n >= 0; n-- {
				if _, ok := m[s[:n]]; ok {
					want = append(want, s[:n])
				}
			}
			var got []string
			for i := x.Find(s); i >= 0; i = x.Outer(i) {
				got = append(got, *x.At(i))
			}
			if strings.Join(got, ",") != strings.Join(want, ",") {
				t.Fatalf("%q in %v: %q, want %q", s, m, got, want)
			}
		}
	}
}

func BenchmarkFind(b *testing.B) {
	m := map[string]int{}
	for i := range 10_000 {
		m[fmt.Sprintf("/service-%d/v1", i)] = i
	}
	x := New(m)
	b.ReportAllocs()
	for b.Loop() {
		if x.Find("/service-777/v1/chat/completions") < 0 {
			b.Fatal("not found")
		}
	}
}
