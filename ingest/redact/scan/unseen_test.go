package scan

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// TestUnseen measures what the recognisers make of examples that others
// labelled: unseen_found.tsv and unseen_near.tsv of the labelled set name their
// sources. The first measurement stands in the README of redact; the floors here
// are below the one after. GATEHOUND_FAULTS=unseen names the faults.
func TestUnseen(t *testing.T) {
	r := measure(t, "unseen_found.tsv", "unseen_near.tsv")
	var table strings.Builder
	marked, hit, wrong := 0, 0, 0
	for k := range schemas.RedactedPrompt {
		s := r.Scores[k]
		marked, hit, wrong = marked+s.Marked, hit+s.Hit, wrong+s.Wrong
		fmt.Fprintf(&table, "| %s | %d | %d | %d | %.3f | %.3f |\n", k, s.Marked, s.Marked-s.Hit, s.Wrong, s.Recall(), s.Precision())
	}
	t.Logf("%d lines, %d of them clean; %d marked, %d found, %d false\n%s", r.Lines, r.Clean, marked, hit, wrong, table.String())
	if os.Getenv("GATEHOUND_FAULTS") == "unseen" {
		t.Log(strings.Join(r.Faults, "\n"))
	}
}
