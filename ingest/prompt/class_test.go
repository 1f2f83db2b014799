package prompt

import "testing"

func TestLanguages(t *testing.T) {
	r := newReader(t)
	right, all := map[string]int{}, map[string]int{}
	for _, line := range labelled(t, "benign.tsv") {
		ev := read(r, line[1])
		all[line[0]]++
		all[""]++
		if ev.PromptLanguage == line[0] {
			right[line[0]]++
			right[""]++
		} else {
			t.Logf("%s taken for %q: %s", line[0], ev.PromptLanguage, line[1])
		}
	}
	for l, n := range all {
		if right[l] < n {
			t.Logf("%q: %d of %d", l, right[l], n)
		}
	}
	if right[""]*100 < all[""]*95 {
		t.Errorf("%d of %d languages are right", right[""], all[""])
	}
}
