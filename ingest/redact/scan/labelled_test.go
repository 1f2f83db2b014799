package scan

import (
	"bufio"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// labelled is a text and what is to be found in it.
type labelled struct {
	kind, text, want string
	line             int
}

func readLabelled(t testing.TB, rng *rand.Rand) []labelled {
	t.Helper()
	f, err := os.Open("testdata/labelled.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	keys := fakeKeys(rng)
	var all []labelled
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		kind, text, ok := strings.Cut(lines.Text(), "\t")
		if !ok {
			t.Fatalf("line %d has no kind", n)
		}
		text = expand(rng, keys, text)
		l := labelled{kind: kind, line: n}
		if kind != "-" {
			before, rest, ok := strings.Cut(text, "⟦")
			found, after, ok2 := strings.Cut(rest, "⟧")
			if !ok || !ok2 {
				t.Fatalf("line %d marks nothing", n)
			}
			l.want, text = found, before+found+after
		}
		l.text = text
		all = append(all, l)
	}
	return all
}

// TestLabelled measures precision and recall by kind. A text counts as found if
// nothing of what is marked is left and something of its kind was counted; what
// is counted besides is a false alarm of that kind.
func TestLabelled(t *testing.T) {
	type score struct{ hit, missed, wrong int }
	scores := map[string]*score{}
	for k := range schemas.RedactionKinds {
		scores[k.String()] = &score{}
	}
	var s Scanner
	total, clean := 0, 0
	for seed := range uint64(10) {
		for _, l := range readLabelled(t, rand.New(rand.NewPCG(seed, 1))) {
			total++
			var n schemas.RedactionCounts
			mode := Mode(0)
			if strings.Contains(l.text, "=") && !strings.Contains(l.text, " ") {
				mode = Parameters
			}
			out, changed := s.Clean(l.text, mode, &n)
			got := l.text
			if changed {
				got = string(out)
			}
			found := false
			for k, count := range n {
				kind := schemas.RedactionKind(k).String()
				if count == 0 || l.kind != "-" && kind == "unproven" {
					continue
				}
				if kind == l.kind || l.kind != "-" && sameFamily(kind, l.kind) {
					found = true
					continue
				}
				scores[kind].wrong++
				t.Logf("line %d: %s in a text of kind %s: %s", l.line, kind, l.kind, got)
			}
			if l.kind == "-" {
				if !changed {
					clean++
				}
				continue
			}
			if found && !strings.Contains(got, l.want) {
				scores[l.kind].hit++
			} else {
				scores[l.kind].missed++
				t.Logf("line %d: %s was not found: %s", l.line, l.kind, got)
			}
		}
	}
	if total < 3000 || clean == 0 {
		t.Fatalf("only %d texts, %d of them clean", total, clean)
	}
	for kind, c := range scores {
		if c.hit+c.missed == 0 {
			continue
		}
		recall := float64(c.hit) / float64(c.hit+c.missed)
		precision := float64(c.hit) / float64(max(1, c.hit+c.wrong))
		t.Logf("%-12s recall %.3f precision %.3f of %d", kind, recall, precision, c.hit+c.missed)
		if recall < 0.98 || precision < 0.98 {
			t.Errorf("%s: recall %.3f, precision %.3f: want 0.98 of each", kind, recall, precision)
		}
	}
}

// sameFamily reports whether a secret was taken for another kind of secret,
// which hides it as well.
func sameFamily(got, want string) bool {
	secret := func(kind string) bool {
		switch kind {
		case "bearer", "jwt", "api_key", "cloud_key", "private_key", "parameter", "high_entropy":
			return true
		}
		return false
	}
	return secret(got) && secret(want)
}
