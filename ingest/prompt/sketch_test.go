package prompt

import (
	"math/bits"
	"strings"
	"testing"
)

// near counts the bits of the SimHash that differ, and the equal numbers of the
// MinHash.
func near(r *Reader, a, b string) (differ, equal int) {
	x, y := read(r, a), read(r, b)
	for i := range x.PromptMinHash {
		if x.PromptMinHash[i] == y.PromptMinHash[i] {
			equal++
		}
	}
	return bits.OnesCount64(x.PromptSimHash ^ y.PromptSimHash), equal
}

const essay = `The harbour was quiet when the first boats came in. Nobody spoke of the storm, and nobody
looked at the place where the old pier had been. The children ran along the wall and counted the masts, as
they did every morning, and the gulls cried above the roofs. When the last boat had been made fast, the
women opened the shutters of the market hall and put the ice on the long stone tables.`

const chinese = `港口在第一批渔船回来的时候很安静。没有人谈起那场风暴，也没有人看旧码头曾经所在的地方。孩子们沿着墙跑，像每天早上一样数着桅杆，海鸥在屋顶上叫。`

func TestNearDuplicates(t *testing.T) {
	r := newReader(t)
	for _, c := range []struct {
		name, a, b  string
		most, least int // bits that differ, numbers that are equal
	}{
		{"case and punctuation", essay, strings.ToUpper(strings.ReplaceAll(essay, ",", " --")), 0, 4},
		{"zero-width characters", essay, strings.ReplaceAll(essay, "o", "o\u200b"), 0, 4},
		{"one word changed", essay, strings.Replace(essay, "gulls", "crows", 1), 10, 3},
		{"one word added", essay, "Listen: " + essay, 8, 3},
		{"one Chinese character changed", chinese, strings.Replace(chinese, "旧", "新", 1), 14, 2},
	} {
		differ, equal := near(r, c.a, c.b)
		if differ > c.most || equal < c.least {
			t.Errorf("%s: %d bits differ, %d numbers are equal", c.name, differ, equal)
		}
	}
	for _, c := range [][2]string{{essay, chinese}, {essay, "Write a poem about the sea in winter, please."}, {"a b c", "a c b"}, {"", "a"}} {
		if differ, equal := near(r, c[0], c[1]); differ < 12 || equal > 0 {
			t.Errorf("%.10q and %.10q: %d bits differ, %d numbers are equal", c[0], c[1], differ, equal)
		}
	}
}

// TestMinHashEstimates compares the share of equal numbers over many pairs with
// the Jaccard similarity of their shingles.
func TestMinHashEstimates(t *testing.T) {
	r := newReader(t)
	word := func(i int) string {
		return "w" + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + string(rune('a'+i/26%26))
	}
	equal, pairs := 0, 400
	for p := range pairs {
		var a, b strings.Builder
		for i := range 60 { // 40 of 60 words are the same: 38 of 78 shingles
			w := word(p*100 + i)
			a.WriteString(w + " ")
			if i < 40 {
				b.WriteString(w + " ")
			} else {
				b.WriteString(word(p*100+i+3000) + "z ")
			}
		}
		_, n := near(r, a.String(), b.String())
		equal += n
	}
	if got := float64(equal) / float64(4*pairs); got < 0.44 || got > 0.54 {
		t.Errorf("%.3f of the numbers are equal, want about %.3f", got, 38.0/78)
	}
}

// TestSimHashHasNoBias looks for bits that are set always or never.
func TestSimHashHasNoBias(t *testing.T) {
	r := newReader(t)
	var set [64]int
	const n = 500
	for i := range n {
		h := read(r, strings.Repeat(string(rune('a'+i%26)), i/26+1)).PromptSimHash
		for b := range set {
			set[b] += int(h >> b & 1)
		}
	}
	for b, s := range set {
		if s == n || s == 0 {
			t.Errorf("bit %d is always the same", b)
		}
	}
}

func TestLongSketch(t *testing.T) {
	r := newReader(t)
	if differ, equal := near(r, strings.Repeat("a b c ", 3000), strings.Repeat("a b c ", 2000)); differ != 0 || equal != 4 {
		t.Errorf("%d bits differ, %d numbers are equal: counting overflows", differ, equal)
	}
}
