// Package weigh adds up what speaks for and against the copying of a model.
package weigh

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// Group is a kind of behaviour: evidence of two groups is independent.
type Group uint8

// The groups. Volume and Context are no behaviour: the one is what every attack and
// every large customer has, the other what speaks against.
const (
	Volume Group = iota
	Prompts
	Conversation
	Answers
	Timing
	Sampling
	Model
	History
	Sharing
	Context
)

// clearly is the weight from which a group speaks clearly.
const clearly = 0.45

// evidence is what a feature says: for extraction if weight is above 0.
type evidence struct {
	group  Group
	weight float64
	schemas.Feature
}

// Sum is the evidence about one entity. Weights are natural logarithms of how much
// likelier a figure is of an extraction than of honest use, judged by hand from
// published figures and clipped, so that none of them decides alone.
type Sum struct {
	Total float64

	all []evidence
}

// Add takes in a feature with its weight, already clipped.
func (s *Sum) Add(g Group, weight float64, f schemas.Feature) {
	if !(math.Abs(weight) >= 0.05) {
		return
	}
	s.all = append(s.all, evidence{g, weight, f})
	s.Total += weight
}

// Of returns the weight of a group.
func (s *Sum) Of(g Group) float64 {
	weight := 0.
	for _, e := range s.all {
		if e.group == g {
			weight += e.weight
		}
	}
	return weight
}

// Speaks tells that a group speaks clearly for extraction.
func (s *Sum) Speaks(g Group) bool { return s.Of(g) >= clearly }

// Sides counts the kinds of behaviour that speak clearly for extraction.
func (s *Sum) Sides() int {
	n := 0
	for g := Prompts; g < Context; g++ {
		if s.Speaks(g) {
			n++
		}
	}
	return n
}

// Confidence maps the sum to a probability: a half at 4.
func (s *Sum) Confidence() float64 { return min(0.99, 1/(1+math.Exp(4-s.Total))) }

// Features returns the features that spoke for it, by falling weight. Their weights
// are shares that sum to 1.
func (s *Sum) Features() []schemas.Feature {
	slices.SortStableFunc(s.all, func(a, b evidence) int { return cmp.Compare(b.weight, a.weight) })
	var positive float64
	for _, e := range s.all {
		positive += max(e.weight, 0)
	}
	var out []schemas.Feature
	for _, e := range s.all {
		if e.weight > 0 {
			e.Weight = e.weight / positive
			out = append(out, e.Feature)
		}
	}
	return out
}

// Strongest joins the two strongest features besides the volume into a clause.
func (s *Sum) Strongest() string {
	var texts []string
	for _, f := range s.Features() {
		if f.Name != "calls" && len(texts) < 2 {
			text := strings.TrimSuffix(f.Text, ".")
			texts = append(texts, strings.ToLower(text[:1])+text[1:])
		}
	}
	return strings.Join(texts, ", and ")
}

// Ramp maps v linearly from a..b to from..to and stays there beyond; NaN counts as a.
func Ramp(v, a, b, from, to float64) float64 {
	x := (v - a) / (b - a)
	if !(x > 0) {
		return from
	}
	return from + (to-from)*min(x, 1)
}
