package shard

import (
	"fmt"
	"strings"
	"testing"
)

func TestArenaKeepsEveryString(t *testing.T) {
	var a arena
	var got, want []string
	text := make([]byte, 0, 2*arenaBlock)
	for i := range 1000 {
		text = fmt.Appendf(text[:0], "%d%s", i, strings.Repeat("x", i%60))
		if i == 500 {
			text = append(text, strings.Repeat("long", arenaBlock/4+1)...)
		}
		want, got = append(want, string(text)), append(got, a.keep(text))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("string %d is %q, want %q", i, got[i], want[i])
		}
	}
	if a.keep(nil) != "" {
		t.Error("nothing is kept as something")
	}
	text = text[:57]
	if n := testing.AllocsPerRun(7000, func() { a.keep(text) }); n > 0.02 {
		t.Errorf("%v allocations a string", n)
	}
}
