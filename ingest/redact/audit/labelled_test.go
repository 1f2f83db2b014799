package audit

import (
	"os"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/redact/scan"
	"github.com/gatehound/gatehound/ingest/redact/scan/labelled"
	"github.com/gatehound/gatehound/schemas"
)

func read(t *testing.T) []labelled.Line {
	t.Helper()
	lines, err := labelled.Read(1, append(labelled.Tuning, labelled.HeldOut...)...)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// family has the kinds that hide the same: which kind of secret it is does not
// matter.
func family(k schemas.RedactionKind) schemas.RedactionKind {
	if k >= schemas.RedactedBearer && k <= schemas.RedactedHighEntropy {
		return schemas.RedactedParameter
	}
	return k
}

// TestFindsWhatIsMarked holds that the audit finds 95 of 100 of what is marked in
// the labelled set: for each marked span of a line, something of its kind.
func TestFindsWhatIsMarked(t *testing.T) {
	s := New()
	var marked, found [schemas.RedactionKinds]int
	for _, l := range read(t) {
		var have [schemas.RedactionKinds]int
		s.find(l.Text, func(kind schemas.RedactionKind, _ string) { have[family(kind)]++ })
		for _, want := range l.Spans {
			marked[want.Kind]++
			if have[family(want.Kind)] > 0 {
				found[want.Kind]++
				have[family(want.Kind)]--
				if family(want.Kind) == schemas.RedactedParameter { // one finding can be several marks: a list of cookies
					have[family(want.Kind)]++
				}
			} else if os.Getenv("GATEHOUND_FAULTS") == "audit" {
				t.Logf("%s:%d missed %s %q in %q", l.File, l.Number, want.Kind, l.Text[want.Start:want.End], l.Text)
			}
		}
	}
	all, hit := 0, 0
	for k := range schemas.RedactedPrompt {
		t.Logf("| %s | %d | %d | %.3f |", k, marked[k], marked[k]-found[k], float64(found[k])/float64(max(1, marked[k])))
		all, hit = all+marked[k], hit+found[k]
	}
	t.Logf("%d of %d", hit, all)
	if float64(hit) < 0.95*float64(all) {
		t.Errorf("found %d of %d", hit, all)
	}
}

// TestFindsNothingInRedactedLines holds that the audit finds nothing in what the
// redactor makes of the labelled set.
func TestFindsNothingInRedactedLines(t *testing.T) {
	s := New()
	var redactor scan.Scanner
	for _, l := range read(t) {
		mode := scan.Mode(0)
		if l.Class == "query" {
			mode = scan.Parameters
		}
		text := l.Text
		var n schemas.RedactionCounts
		if out, changed := redactor.Clean(text, mode, &n); changed {
			text = strings.Clone(string(out))
		}
		s.find(text, func(kind schemas.RedactionKind, value string) {
			t.Errorf("%s:%d: %s %q in %q", l.File, l.Number, kind, value, text)
		})
	}
}
