package extraction

import (
	"fmt"
	"slices"

	"github.com/gatehound/gatehound/cmd/internal/evaluate/sheet"
)

// The targets. All are about alarms of any severity.
const (
	// TargetShare bounds the share of its set that a key has taken when it is found.
	TargetShare = 0.1
	// TargetKeys is the least share of the keys of twenty on shared infrastructure
	// that are named.
	TargetKeys = 0.8
	// TargetUnrelated is the least share of runs in which fifty unrelated keys are
	// found.
	TargetUnrelated = 0.5
	// TargetHours is by when a thousand keys are found by their prompts.
	TargetHours = 48
	// TargetFalse is the most false alarms in a million benign events.
	TargetFalse = 5
)

// early are the scenarios of one key that are to be found before TargetShare.
var early = []string{"burst", "paced", "slow", "mimic"}

// target holds the figures against the targets, as far as they were measured.
func (r *Report) target() {
	add := func(name, want, unit string, got float64, met bool) {
		r.Targets = append(r.Targets, sheet.Target{Name: name, Want: want, Got: got, Unit: unit, Met: met})
	}
	for _, s := range r.Scenarios {
		runs := float64(max(s.Runs, 1))
		switch {
		case slices.Contains(early, s.Name):
			n := below(s.Any.shares, TargetShare)
			add(fmt.Sprintf("%s found with under %g %% of its set taken", s.Name, 100*TargetShare), "100", "% of runs", 100*float64(n)/runs, n == s.Runs)
		case s.Name == "shared_20":
			add("shared_20 found", "100", "% of runs", 100*float64(s.Any.Found)/runs, s.Any.Found == s.Runs)
			add("shared_20's keys named", fmt.Sprintf("at least %g", 100*TargetKeys), "%", 100*s.Any.Recall, s.Any.Recall >= TargetKeys)
		case s.Name == "unrelated_50":
			share := float64(s.Any.Found) / runs
			add("unrelated_50 found", fmt.Sprintf("at least %g", 100*TargetUnrelated), "% of runs", 100*share, share >= TargetUnrelated)
		case s.Name == "hydra_1000" && s.Prompts:
			n := below(s.Any.hours, TargetHours)
			add(fmt.Sprintf("hydra_1000 found by its prompts within %d hours", TargetHours), "100", "% of runs", 100*float64(n)/runs, n == s.Runs)
		}
	}
	if r.Benign.Events > 0 {
		add("false alarms in a million benign events, look-alikes included", fmt.Sprintf("at most %d", TargetFalse), "", r.Benign.PerMillion, r.Benign.PerMillion <= TargetFalse)
	}
}

// below counts what is below a bound.
func below(of []float64, bound float64) int {
	n := 0
	for _, x := range of {
		if x < bound {
			n++
		}
	}
	return n
}

// Met reports whether every target was met.
func (r *Report) Met() bool { return sheet.Met(r.Targets) }
