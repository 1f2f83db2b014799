package detectortest

import (
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// maxTitle is how many characters a title has at most, so that it is one line
// in a chat and in a pager.
const maxTitle = 90

// one finds "1 accounts"; what ends in s and is no plural is left out.
var one = regexp.MustCompile(`(?:^|[^\d.,])1 (\w+s)\b`)

// Readable checks that people on call can read the findings: plain sentences
// with figures in them, nothing about what was not there, and features that
// add up.
func Readable(t testing.TB, found []schemas.Finding) {
	t.Helper()
	for i := range found {
		for _, fault := range faults(&found[i]) {
			t.Errorf("%s: %s\n%s\n%s", found[i].Detector, fault, found[i].Title, found[i].Summary)
		}
	}
}

// faults returns what is wrong with the wording of a finding.
func faults(f *schemas.Finding) []string {
	var out []string
	texts := []string{f.Title, f.Summary}
	var sum float64
	for _, x := range f.Features {
		texts = append(texts, x.Text)
		sum += x.Weight
		if !(x.Weight > 0 && x.Weight <= 1) {
			out = append(out, "a feature without weight: "+x.Name)
		}
	}
	if len(f.Features) == 0 || math.Abs(sum-1) > 0.01 {
		out = append(out, "the features' weights do not sum to 1")
	}
	for _, text := range texts {
		out = append(out, faultsOf(text)...)
	}
	if len(f.Title) > maxTitle || !strings.ContainsAny(f.Title, "0123456789") && !strings.Contains(f.Title, "no ") {
		out = append(out, "the title is too long or has no figure")
	}
	if n := sentences(f.Summary); n < 2 || n > 3 {
		out = append(out, "the summary is not of two or three sentences")
	}
	return out
}

func faultsOf(text string) []string {
	var out []string
	if strings.Contains(text, "%!") || strings.Contains(text, "NaN") || strings.Contains(text, "?") {
		out = append(out, "a figure that is none: "+text)
	}
	if strings.Contains(" "+text, " 0 ") || strings.Contains(text, "  ") || strings.Contains(text, " .") || strings.Contains(text, ",,") {
		out = append(out, "says nothing: "+text)
	}
	for _, m := range one.FindAllStringSubmatch(text, -1) {
		if m[1] != "was" && m[1] != "is" && m[1] != "has" && m[1] != "address" {
			out = append(out, "a plural of one: "+text)
		}
	}
	return out
}

// sentences counts the ends of sentences; the point of "0.5" is none.
func sentences(text string) int {
	return strings.Count(text+" ", ". ")
}
