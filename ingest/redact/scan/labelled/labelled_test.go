package labelled

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

func TestRead(t *testing.T) {
	tuning, err := Read(1, Tuning...)
	if err != nil {
		t.Fatal(err)
	}
	held, err := Read(1, HeldOut...)
	if err != nil {
		t.Fatal(err)
	}
	if len(tuning)+len(held) < 2500 || len(held) < 1400 {
		t.Errorf("%d lines for tuning, %d held out", len(tuning), len(held))
	}
	both := map[string]bool{}
	for _, l := range tuning {
		both[l.Text] = true
	}
	marked, written := [schemas.RedactionKinds]int{}, 0
	for _, l := range held {
		if both[l.Text] {
			t.Errorf("%s:%d is in both halves", l.File, l.Number)
		}
		if l.File == "written_heldout.tsv" {
			written++
		}
		for _, s := range l.Spans {
			marked[s.Kind]++
			if s.Start >= s.End || s.End > len(l.Text) {
				t.Errorf("%s:%d: span %d to %d of %d", l.File, l.Number, s.Start, s.End, len(l.Text))
			}
		}
	}
	for k := range schemas.RedactedPrompt {
		if marked[k] < 20 {
			t.Errorf("%d of kind %s are held out", marked[k], k)
		}
	}
	if written < 250 {
		t.Errorf("%d lines were written by hand", written)
	}
}

func TestReadRejects(t *testing.T) {
	for _, text := range []string{"no class", "a\t⟦email:x", "a\t⟦x⟧", "a\t⟦nobody:x⟧"} {
		if err := new(Line).parse(text, nil); err == nil {
			t.Errorf("%q was read", text)
		}
	}
	if _, err := Read(1, "absent.tsv"); err == nil {
		t.Error("a file that is not there was read")
	}
}

// TestGeneratedIsCurrent holds that the generator gives what is checked in.
func TestGeneratedIsCurrent(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.Command("go", "run", "./internal/generate", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"generated_tuning.tsv", "generated_heldout.tsv"} {
		want, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != string(want) {
			t.Errorf("%s is not what the generator makes: go generate (%v)", name, err)
		}
	}
}

func TestMeasure(t *testing.T) {
	const text = "mail a@b.com, key abcdef, x"
	l := Line{Text: text, Spans: []Span{{schemas.RedactedEmail, 5, 12}, {schemas.RedactedAPIKey, 18, 24}}}
	for name, c := range map[string]struct {
		found        []Span
		kind         schemas.RedactionKind
		hit, wrong   int
		faultsOfBoth int
	}{
		"nothing":      {nil, schemas.RedactedEmail, 0, 0, 2},
		"whole":        {[]Span{{schemas.RedactedEmail, 5, 12}}, schemas.RedactedEmail, 1, 0, 1},
		"part":         {[]Span{{schemas.RedactedEmail, 5, 11}}, schemas.RedactedEmail, 0, 0, 2},
		"two parts":    {[]Span{{schemas.RedactedEmail, 5, 8}, {schemas.RedactedEmail, 8, 12}}, schemas.RedactedEmail, 1, 0, 1},
		"wrong kind":   {[]Span{{schemas.RedactedPhone, 5, 12}}, schemas.RedactedPhone, 0, 1, 3},
		"other secret": {[]Span{{schemas.RedactedHighEntropy, 18, 24}}, schemas.RedactedAPIKey, 1, 0, 1},
		"too much":     {[]Span{{schemas.RedactedEmail, 0, 13}}, schemas.RedactedEmail, 1, 1, 2},
		"elsewhere":    {[]Span{{schemas.RedactedEmail, 26, 27}}, schemas.RedactedEmail, 0, 1, 3},
	} {
		r := Measure([]Line{l}, func(_ Line, found func(Span)) {
			for _, s := range c.found {
				found(s)
			}
		})
		if s := r.Scores[c.kind]; s.Hit != c.hit || s.Wrong != c.wrong || len(r.Faults) != c.faultsOfBoth {
			t.Errorf("%s: %+v, faults %q", name, s, r.Faults)
		}
	}
	if s := (Score{Marked: 4, Hit: 3, Wrong: 1}); s.Recall() != 0.75 || s.Precision() != 0.75 {
		t.Errorf("recall %v, precision %v", s.Recall(), s.Precision())
	}
}

func TestKeys(t *testing.T) {
	lines, err := Read(1, "written_heldout.tsv")
	if err != nil {
		t.Fatal(err)
	}
	again, err := Read(1, "written_heldout.tsv")
	if err != nil {
		t.Fatal(err)
	}
	other, err := Read(2, "written_heldout.tsv")
	if err != nil {
		t.Fatal(err)
	}
	same, changed := 0, 0
	for i := range lines {
		if lines[i].Text != again[i].Text {
			t.Errorf("line %d is not the same twice", lines[i].Number)
		}
		if lines[i].Text == other[i].Text {
			same++
		} else {
			changed++
		}
	}
	if same == 0 || changed == 0 {
		t.Errorf("%d lines are the same under another seed, %d not", same, changed)
	}
}
