package evaluate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/evaluate/sheet"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
)

// Report is what came of an evaluation.
type Report struct {
	Seeds []uint64 `json:"seeds"`
	Hours int      `json:"hours"`
	// BenignEvents and AttackEvents count requests; PrincipalDays is about how
	// many principals were seen on how many days.
	BenignEvents  int64   `json:"benign_events"`
	AttackEvents  int64   `json:"attack_events"`
	PrincipalDays float64 `json:"principal_days"`

	Targets    []sheet.Target `json:"targets"`
	Attacks    []Attack       `json:"attacks"`
	Detectors  []Detector     `json:"detectors"`
	Lookalikes []Lookalike    `json:"lookalikes"`
	// Missed, False and Left name what was missed, what was called an attack
	// and is none, and the kinds for which the span was too short.
	Missed []string `json:"missed"`
	False  []string `json:"false"`
	Left   []string `json:"left_out,omitempty"`
	// Dropped counts findings beyond what is kept.
	Dropped int64 `json:"dropped_findings,omitempty"`
}

// The targets.
const (
	// TargetPrompt is the least share of classic attacks that are found within
	// one window, in percent.
	TargetPrompt = 95.0
	// TargetFalse is the most false alerts in a million benign events, of all
	// detectors together.
	TargetFalse = 2.0
)

// classic are the attacks that the first target is about, as long as they are at
// full strength: those that need no history of their victim and that every
// operator would expect to be found.
var classic = []simulate.Kind{simulate.BruteForce, simulate.Stuffing, simulate.KeyGuessing, simulate.Spraying, simulate.SuccessAfterFailures,
	simulate.Harvest, simulate.LogitStealing, simulate.SlowExtraction, simulate.AddressFlood, simulate.PrincipalSpike}

// Attack is what became of one kind of attack at one strength.
type Attack struct {
	Kind     simulate.Kind `json:"kind"`
	Title    string        `json:"title"`
	Strength float64       `json:"strength"`
	Classic  bool          `json:"classic"`
	Planted  int           `json:"planted"`
	Found    int           `json:"found"`
	InWindow int           `json:"in_one_window"`
	// MedianSeconds and MedianEvents are the event time and the attack's
	// requests until it was found, of those found.
	MedianSeconds float64 `json:"median_seconds"`
	MedianEvents  int     `json:"median_events"`
	// Detectors are the rules that found it.
	Detectors []string `json:"detectors"`

	after  []time.Duration
	events []int
}

// Detector is what one rule said. Alerts count once for a rule, an entity and a
// day.
type Detector struct {
	Rule   string `json:"rule"`
	Alerts int    `json:"alerts"`
	// True are those about an attack or what it moves, Right those that call a
	// look-alike what it is.
	True  int `json:"true"`
	Right int `json:"right"`
	False int `json:"false"`
	// FalsePerMillion is in a million benign events, FalsePerPrincipalDay on a
	// day of a principal.
	FalsePerMillion      float64 `json:"false_per_million_benign_events"`
	FalsePerPrincipalDay float64 `json:"false_per_principal_day"`
}

// Lookalike is what became of one kind of innocent.
type Lookalike struct {
	Kind  simulate.Kind `json:"kind"`
	Title string        `json:"title"`
	Seen  int           `json:"seen"`
	False int           `json:"false"`
}

// ordinary is what a false alert is about that is about no look-alike.
const ordinary simulate.Kind = "ordinary traffic"

// report adds up the seeds that were run.
func (o *Options) report(results []*result) *Report {
	p := &Report{Hours: o.Hours}
	attacks, rules := map[string]*Attack{}, map[string]*Detector{}
	looks := map[simulate.Kind]*Lookalike{ordinary: {Kind: ordinary, Title: "what nobody planted"}}
	left := map[string]bool{}
	for _, r := range results {
		if r == nil {
			continue
		}
		p.Seeds = append(p.Seeds, r.seed)
		p.BenignEvents += r.benign
		p.AttackEvents += r.attack
		p.PrincipalDays += r.principalDays
		p.Dropped += r.dropped
		for _, k := range r.left {
			left[string(k)] = true
		}
		for i := range r.attacks {
			p.attack(attacks, &r.attacks[i], r.seed)
		}
		for k, n := range r.lookalikes {
			if looks[k] == nil {
				looks[k] = &Lookalike{Kind: k, Title: behaviour(k).Title}
			}
			looks[k].Seen += n
		}
		for i := range r.alerts {
			p.alert(rules, looks, &r.alerts[i], r.seed)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(attacks)) {
		a := attacks[k]
		a.settle()
		p.Attacks = append(p.Attacks, *a)
	}
	all := Detector{Rule: "all"}
	for _, k := range slices.Sorted(maps.Keys(rules)) {
		d := rules[k]
		all.Alerts, all.True, all.Right, all.False = all.Alerts+d.Alerts, all.True+d.True, all.Right+d.Right, all.False+d.False
		p.Detectors = append(p.Detectors, p.rated(*d))
	}
	p.Detectors = append(p.Detectors, p.rated(all))
	for _, k := range slices.Sorted(maps.Keys(looks)) {
		p.Lookalikes = append(p.Lookalikes, *looks[k])
	}
	p.Left = slices.Sorted(maps.Keys(left))
	p.target(o.Strengths[0])
	return p
}

func (p *Report) attack(all map[string]*Attack, v *verdict, seed uint64) {
	key := fmt.Sprintf("%s %09.3f", v.kind, 1000-v.strength)
	a := all[key]
	if a == nil {
		a = &Attack{Kind: v.kind, Title: behaviour(v.kind).Title, Strength: v.strength, Classic: slices.Contains(classic, v.kind)}
		all[key] = a
	}
	a.Planted++
	if v.first == nil {
		p.Missed = append(p.Missed, fmt.Sprintf("seed %d: %s at %g of its strength, %s", seed, v.kind, v.strength, v.start.Format("Mon 15:04")))
		return
	}
	a.Found++
	if v.prompt {
		a.InWindow++
	}
	a.after, a.events = append(a.after, v.after), append(a.events, v.events)
	a.Detectors = append(a.Detectors, v.rules...)
}

// settle computes the medians.
func (a *Attack) settle() {
	slices.Sort(a.Detectors)
	a.Detectors = slices.Compact(a.Detectors)
	if a.Found == 0 {
		return
	}
	slices.Sort(a.after)
	slices.Sort(a.events)
	a.MedianSeconds, a.MedianEvents = a.after[a.Found/2].Seconds(), a.events[a.Found/2]
}

func (p *Report) alert(rules map[string]*Detector, looks map[simulate.Kind]*Lookalike, a *alert, seed uint64) {
	d := rules[a.finding.Detector]
	if d == nil {
		d = &Detector{Rule: a.finding.Detector}
		rules[a.finding.Detector] = d
	}
	d.Alerts++
	switch a.is {
	case isHit, isRelated:
		d.True++
	case isRight:
		d.Right++
	case isFalse:
		d.False++
		about := a.about
		if about == "" {
			about = ordinary
		}
		looks[about].False++
		p.False = append(p.False, fmt.Sprintf("seed %d: %s", seed, a))
	}
}

func (p *Report) rated(d Detector) Detector {
	if p.BenignEvents > 0 {
		d.FalsePerMillion = float64(d.False) / float64(p.BenignEvents) * 1e6
	}
	if p.PrincipalDays > 0 {
		d.FalsePerPrincipalDay = float64(d.False) / p.PrincipalDays
	}
	return d
}

// target holds the figures against the targets. The first is about the first
// strength.
func (p *Report) target(strength float64) {
	planted, prompt := 0, 0
	for _, a := range p.Attacks {
		if a.Classic && (a.Strength == strength || behaviour(a.Kind).Fixed) {
			planted, prompt = planted+a.Planted, prompt+a.InWindow
		}
	}
	if planted > 0 {
		share := 100 * float64(prompt) / float64(planted)
		p.Targets = append(p.Targets, sheet.Target{
			Name: "classic attacks within one window", Want: fmt.Sprintf("at least %g", TargetPrompt), Got: share, Unit: "%", Met: share >= TargetPrompt})
	}
	if p.BenignEvents > 0 {
		rate := p.Detectors[len(p.Detectors)-1].FalsePerMillion
		p.Targets = append(p.Targets, sheet.Target{
			Name: "false alerts in a million benign events", Want: fmt.Sprintf("at most %g", TargetFalse), Got: rate, Met: rate <= TargetFalse})
	}
}

// Met reports whether every target was met.
func (p *Report) Met() bool { return sheet.Met(p.Targets) }

// words joins rules for a table.
func words(rules []string) string { return strings.Join(rules, ", ") }
