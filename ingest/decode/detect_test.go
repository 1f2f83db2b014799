package decode

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode/field"
)

// TestFormatsIndexed compares the choice by index with that of looking at every
// rule, for random rules and random sets of names.
func TestFormatsIndexed(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	pick := func(n int) (names []string) {
		for range rnd.IntN(n) {
			names = append(names, fmt.Sprint("k", rnd.IntN(12)))
		}
		return names
	}
	for range 300 {
		var list []*Format
		for i := range 1 + rnd.IntN(8) {
			f := &Format{Name: fmt.Sprint(i), First: rnd.IntN(9) == 0}
			if rnd.IntN(3) == 0 {
				f.Open = func(field.Value) Envelope { return Envelope{} }
			}
			for range 1 + rnd.IntN(3) {
				rule := Rule{All: pick(4), Any: pick(4)}
				if rnd.IntN(4) == 0 {
					yes := rnd.IntN(2) == 0
					rule.Where = func(field.Value) bool { return yes }
				}
				f.Rules = append(f.Rules, rule)
			}
			list = append(list, f)
		}
		d, err := newDetector(list)
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			var names keySet
			for range rnd.IntN(12) {
				names.add(rnd.IntN(12))
			}
			plain, wrap := d.formats(&names, field.Value{})
			wantPlain, wantWrap := everyRule(d, &names, false), everyRule(d, &names, true)
			if plain != wantPlain || wrap != wantWrap {
				t.Fatalf("%v: got %v and %v, want %v and %v", names, plain, wrap, wantPlain, wantWrap)
			}
		}
	}
}

// everyRule looks at all rules in order; those that ask for nothing never fit.
func everyRule(d *detector, names *keySet, envelopes bool) (best *Format) {
	weight := 0
	for i := range d.rules {
		r := &d.rules[i]
		if r.all.empty() && r.any.empty() {
			continue
		}
		if r.weight > weight && r.format.envelope() == envelopes && r.fits(names, field.Value{}) {
			best, weight = r.format, r.weight
		}
	}
	return best
}
