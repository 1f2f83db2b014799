package evaluate

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/backtest/tune"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/world"
)

// Options say what is evaluated. DefaultOptions has the defaults.
type Options struct {
	// Config has the settings of ingest, engine and detectors. What it says of
	// networks, inventories and prices is replaced by that of the simulated
	// world.
	Config *app.Config
	// Seeds choose the fleets, one each: 1 to 1000.
	Seeds []uint64
	// Hours of event time of each seed: 1 to 336.
	Hours int
	// Rate is the number of benign requests a second; 0 is 20, 40 and 60 in
	// turn. Up to 10,000.
	Rate float64
	// Clients is the number of benign clients: 10 to 10,000,000.
	Clients int
	// Attacks are the kinds that are planted; Lookalikes those of innocents.
	Attacks, Lookalikes []simulate.Kind
	// Strengths are shares of an attack's usual rate, each planted once: above 0
	// to 10. The targets are about the first.
	Strengths []float64
	// Families limits what is judged to detectors whose id begins so; none is
	// all. Attacks that none of them should find are left out.
	Families []string
	// Parallel is how many seeds run side by side: 1 to 256.
	Parallel int
}

// DefaultOptions returns the defaults, with a configuration.
func DefaultOptions(cfg *app.Config) Options {
	return Options{
		Config: cfg, Seeds: []uint64{1, 2}, Hours: 30, Clients: 2000, Attacks: Attacks(), Lookalikes: Lookalikes(),
		Strengths: []float64{1, 0.3, 0.1}, Parallel: runtime.GOMAXPROCS(0),
	}
}

// Attacks returns every kind of attack, Lookalikes every kind of innocent.
func Attacks() []simulate.Kind { return append(simulate.AttackKinds(), world.Attacks()...) }

// Lookalikes returns every kind of innocent that looks like an attacker.
func Lookalikes() []simulate.Kind { return append(simulate.LookalikeKinds(), world.Lookalikes()...) }

// behaviour returns what a kind does, nil if there is none.
func behaviour(k simulate.Kind) *simulate.Behaviour {
	if b := simulate.BehaviourOf(k); b != nil {
		return b
	}
	return world.Kinds()[k]
}

// Validate reports the first option that cannot be used.
func (o *Options) Validate() error {
	switch {
	case len(o.Seeds) == 0 || len(o.Seeds) > 1000:
		return fmt.Errorf("seeds are %d: want 1 to 1000", len(o.Seeds))
	case o.Hours < 1 || o.Hours > 336:
		return fmt.Errorf("hours is %d: want 1 to 336", o.Hours)
	case !(o.Rate >= 0 && o.Rate <= 10_000):
		return fmt.Errorf("rate is %v: want 0 to 10000", o.Rate)
	case o.Clients < 10 || o.Clients > 10_000_000:
		return fmt.Errorf("clients is %d: want 10 to 10000000", o.Clients)
	case len(o.Strengths) == 0 || len(o.Strengths) > 8:
		return fmt.Errorf("strengths are %d: want 1 to 8", len(o.Strengths))
	case o.Parallel < 1 || o.Parallel > 256:
		return fmt.Errorf("parallel is %d: want 1 to 256", o.Parallel)
	}
	for _, s := range o.Strengths {
		if !(s > 0 && s <= 10) {
			return fmt.Errorf("strengths has %v: want above 0 to 10", s)
		}
	}
	for _, f := range o.Families {
		if f == "" {
			return errors.New("detectors has an empty name: want names such as authfail or rate.spike")
		}
		family, _, _ := strings.Cut(f, ".")
		if known := families(o.Config); !slices.Contains(known, family) {
			return fmt.Errorf("detectors has a family that is none: want %s, or a rule of one such as rate.spike", strings.Join(known, ", "))
		}
	}
	for _, list := range [][]simulate.Kind{o.Attacks, o.Lookalikes} {
		for _, k := range list {
			if behaviour(k) == nil {
				return fmt.Errorf("attacks has an unknown kind: want all, none, or some of %q", Attacks())
			}
		}
	}
	return nil
}

// families returns the names of what makes findings: the detectors, and what runs
// beside them.
func families(cfg *app.Config) []string {
	known := append(tune.Families(cfg), "rules")
	slices.Sort(known)
	return known
}

// judged reports whether a detector is one that is to be judged.
func (o *Options) judged(detector string) bool {
	return len(o.Families) == 0 || slices.ContainsFunc(o.Families, func(f string) bool { return within(detector, f) })
}

// expected reports whether one of the detectors that should find a kind is to be
// judged.
func (o *Options) expected(b *simulate.Behaviour) bool {
	return len(o.Families) == 0 || slices.ContainsFunc(b.Expect, func(e string) bool {
		return slices.ContainsFunc(o.Families, func(f string) bool { return within(e, f) || within(f, e) })
	})
}

// within reports whether a detector is of a family, or is it.
func within(detector, family string) bool {
	rest, ok := strings.CutPrefix(detector, family)
	return ok && (rest == "" || rest[0] == '.')
}

// ParseSeeds reads seeds such as "1-4" and "1,5,9-12".
func ParseSeeds(text string) ([]uint64, error) {
	var seeds []uint64
	for part := range strings.SplitSeq(text, ",") {
		from, to, ranged := strings.Cut(strings.TrimSpace(part), "-")
		if !ranged {
			to = from
		}
		first, err := strconv.ParseUint(from, 10, 32)
		last, err2 := strconv.ParseUint(to, 10, 32)
		if err != nil || err2 != nil || last < first || last-first >= 1000 {
			return nil, errors.New("seeds: want numbers and ranges such as 1-4 or 1,5")
		}
		for s := first; s <= last; s++ {
			seeds = append(seeds, s)
		}
	}
	return seeds, nil
}

// ParseAttacks reads "all", "none" or a list of kinds.
func ParseAttacks(text string) ([]simulate.Kind, error) {
	switch text {
	case "all":
		return Attacks(), nil
	case "none":
		return nil, nil
	}
	known := Attacks()
	var kinds []simulate.Kind
	for part := range strings.SplitSeq(text, ",") {
		k := simulate.Kind(strings.TrimSpace(part))
		if !slices.Contains(known, k) {
			return nil, fmt.Errorf("attacks: there is no such kind; want all, none, or some of %q", known)
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

// ParseStrengths reads numbers such as "1,0.3".
func ParseStrengths(text string) ([]float64, error) {
	var out []float64
	for part := range strings.SplitSeq(text, ",") {
		x, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return nil, errors.New("strengths: want numbers such as 1,0.3,0.1")
		}
		out = append(out, x)
	}
	return out, nil
}
