// Package evidence puts together the figures that speak for a finding.
package evidence

import (
	"slices"

	"github.com/gatehound/gatehound/schemas"
)

// Feature returns a figure with the weight that it has before Weigh.
func Feature(name string, observed, expected float64, unit string, weight float64, text string) schemas.Feature {
	return schemas.Feature{Name: name, Observed: observed, Expected: expected, Unit: unit, Weight: weight, Text: text}
}

// Weigh makes the weights sum to 1, in place, and returns the features. One of
// them at least has a weight.
func Weigh(features ...schemas.Feature) []schemas.Feature {
	var sum float64
	for i := range features {
		sum += features[i].Weight
	}
	for i := range features {
		features[i].Weight /= sum
	}
	return features
}

// Beyond leaves out the features that did not speak for a finding, whose
// observed figure is below the expected one, and weighs the others.
func Beyond(features ...schemas.Feature) []schemas.Feature {
	return Weigh(slices.DeleteFunc(features, func(f schemas.Feature) bool { return f.Observed < f.Expected })...)
}

// Confidence is low at the bound and goes towards most far over it: at twice the
// bound half of the doubt is left.
func Confidence(observed, bound, low, most float64) float64 {
	return min(most, 1-(1-low)*bound/max(observed, bound))
}
