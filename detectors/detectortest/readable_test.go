package detectortest

import (
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

func TestFaults(t *testing.T) {
	good := schemas.Finding{
		Title: "Brute force: 20 different credentials tried on 1 account", Summary: "One address was refused 20 times, of which 1 was late. Up to 9.5 pass.",
		Features: []schemas.Feature{{Weight: 0.5, Text: "1 address."}, {Weight: 0.5, Text: "21 keys."}},
	}
	if got := faults(&good); len(got) > 0 {
		t.Errorf("a good finding: %q", got)
	}
	for name, spoil := range map[string]func(f *schemas.Finding){
		"no figure": func(f *schemas.Finding) { f.Title = "Something is wrong" },
		"long title": func(f *schemas.Finding) {
			f.Title += " from one address that nobody has ever seen before in the morning"
		},
		"one sentence":         func(f *schemas.Finding) { f.Summary = "One address was refused 20 times." },
		"zero":                 func(f *schemas.Finding) { f.Title = "0 credentials tried" },
		"plural of one":        func(f *schemas.Finding) { f.Features[0].Text = "tried on 1 accounts" },
		"verb without operand": func(f *schemas.Finding) { f.Summary = "%!d(string=x) times. And more." },
		"no features":          func(f *schemas.Finding) { f.Features = nil },
		"no weight":            func(f *schemas.Finding) { f.Features[0].Weight, f.Features[1].Weight = 0, 1 },
		"heavy":                func(f *schemas.Finding) { f.Features[0].Weight = 0.9 },
	} {
		f := good
		f.Features = append([]schemas.Feature{}, good.Features...)
		spoil(&f)
		if len(faults(&f)) == 0 {
			t.Errorf("%s is not found", name)
		}
	}
}
