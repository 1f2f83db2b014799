package labelled

import (
	"fmt"
	"sort"

	"github.com/gatehound/gatehound/schemas"
)

// Tuning and HeldOut are the files of the two halves. Nothing is changed to
// suit a line of HeldOut.
var (
	Tuning  = []string{"first.tsv", "generated_tuning.tsv", "written_tuning.tsv"}
	HeldOut = []string{"generated_heldout.tsv", "written_heldout.tsv"}
)

// Score counts what was made of the spans of one kind.
type Score struct {
	Marked int // spans of the set
	Hit    int // of these, found whole
	Wrong  int // found where nothing of the kind is, or far beyond it
}

// Recall is the share of what is marked that was found.
func (s Score) Recall() float64 { return float64(s.Hit) / float64(max(1, s.Marked)) }

// Precision is the share of what was found that is marked.
func (s Score) Precision() float64 {
	if s.Hit+s.Wrong == 0 {
		return 1
	}
	return float64(s.Hit) / float64(s.Hit+s.Wrong)
}

// Report is the outcome of a measurement.
type Report struct {
	Lines, Clean int
	Scores       [schemas.RedactionKinds]Score
	// Faults names each miss and false alarm: file, line, what and the text.
	Faults []string
}

// slack is how many bytes beyond what is marked a match may take: quotes and
// brackets.
const slack = 4

// Measure lets find look at each line. A span is hit if matches of its kind, or
// for a secret of any kind of secret, cover it whole.
func Measure(lines []Line, find func(l Line, found func(Span))) Report {
	r := Report{Lines: len(lines)}
	for _, l := range lines {
		var all []Span
		find(l, func(s Span) { all = append(all, s) })
		if len(l.Spans) == 0 {
			r.Clean++
		}
		for _, want := range l.Spans {
			r.Scores[want.Kind].Marked++
			if covered(want, all) {
				r.Scores[want.Kind].Hit++
			} else {
				r.fault(l, "missed", want)
			}
		}
		for _, got := range all {
			if excess(got, l.Spans) {
				r.Scores[got.Kind].Wrong++
				r.fault(l, "false", got)
			}
		}
	}
	sort.Strings(r.Faults)
	return r
}

func (r *Report) fault(l Line, what string, s Span) {
	r.Faults = append(r.Faults, fmt.Sprintf("%s:%d %s %s %q in %q", l.File, l.Number, what, s.Kind, l.Text[s.Start:s.End], l.Text))
}

// covered reports whether matches of the right kind hold all of want.
func covered(want Span, all []Span) bool {
	for at := want.Start; at < want.End; {
		next := at
		for _, got := range all {
			if alike(got.Kind, want.Kind) && got.Start <= at && got.End > next {
				next = got.End
			}
		}
		if next == at {
			return false
		}
		at = next
	}
	return true
}

// excess reports whether got is no match of anything marked, or takes more than
// slack besides.
func excess(got Span, marked []Span) bool {
	beyond, right := got.End-got.Start, false
	for _, m := range marked {
		if common := min(got.End, m.End) - max(got.Start, m.Start); common > 0 {
			beyond -= common
			right = right || alike(got.Kind, m.Kind)
		}
	}
	return !right || beyond > slack
}

// alike reports whether two kinds are the same, or both secrets: which kind of
// secret is taken out does not matter.
func alike(a, b schemas.RedactionKind) bool {
	secret := func(k schemas.RedactionKind) bool {
		return k >= schemas.RedactedBearer && k <= schemas.RedactedHighEntropy
	}
	return a == b || secret(a) && secret(b)
}
