package route

import (
	"slices"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// What a label has is one of its values, whether these were gathered or not, and
// whether all of the alert is looked at or one part.
func TestHasIsOneOfTheValues(t *testing.T) {
	odd := stuffed()
	odd.Tenant, odd.Detector, odd.Finding.Model = "", "", ""
	values := []string{"", "nobody"}
	alerts := []*schemas.Alert{stuffed(), campaign(), odd, {}}
	for _, a := range alerts {
		for l := range labels {
			values = append(values, newSubject(a).of(l)...)
		}
	}
	for i, a := range alerts {
		parts := []*schemas.AlertPart{nil}
		for j := range a.Parts {
			parts = append(parts, &a.Parts[j])
		}
		for _, p := range parts {
			gathered := newSubject(a)
			gathered.part = p
			for l := range labels {
				for _, v := range values {
					fresh := newSubject(a)
					fresh.part = p
					if got, want := fresh.has(l, v), slices.Contains(gathered.of(l), v); got != want || gathered.has(l, v) != want {
						t.Errorf("alert %d, %s: has %q is %v, want %v", i, l, v, got, want)
					}
				}
			}
		}
	}
}
