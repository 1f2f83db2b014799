package extraction

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/cmd/internal/evaluate/sheet"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// Report is what came of an evaluation.
type Report struct {
	Seeds      []uint64       `json:"seeds"`
	Days       int            `json:"days"`
	Format     gateway.Format `json:"format"`
	Prompts    bool           `json:"prompts"`
	Worlds     int            `json:"worlds"`
	AllWorlds  int            `json:"all_worlds"`
	Events     int64          `json:"events"`
	Principals int            `json:"benign_principals"`

	Targets   []sheet.Target `json:"targets"`
	Scenarios []Scenario     `json:"scenarios"`
	// Benign is what was said in the worlds without an attack, Beside what was
	// said of innocents in those with one.
	Benign Benign  `json:"benign"`
	Beside Benign  `json:"beside_attacks"`
	Floors []Floor `json:"floors"`
	// Missed and False name what was missed, and what was called an attack and is
	// none: what is said in several worlds of a seed, once.
	Missed []string `json:"missed"`
	False  []string `json:"false"`
	// Dropped counts findings beyond what is kept.
	Dropped int64 `json:"dropped_findings,omitempty"`
}

// Scenario is what became of an attack, over all seeds.
type Scenario struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	// Runs is how often it took place, Keys how many keys it had in one run, as the
	// median, Prompts whether the log had prompts.
	Runs    int  `json:"runs"`
	Keys    int  `json:"keys"`
	Prompts bool `json:"prompts"`
	// Any is by alarms of any severity, Loud by those of medium and above.
	Any  Outcome `json:"any_severity"`
	Loud Outcome `json:"medium_and_above"`
	// Noticed is in how many runs a detector with another purpose spoke of a key of
	// it before it was found, if it was; NoticedBy has the rules.
	Noticed   int      `json:"noticed"`
	NoticedBy []string `json:"noticed_by"`
	// Floors has what the floors make of it, in the order of Report.Floors.
	Floors []Outcome `json:"floors"`

	keys []int
}

// Outcome is what alarms make of a scenario.
type Outcome struct {
	// Found is in how many runs it was found.
	Found int `json:"found"`
	// Recall is the share of its keys that were named until the end, over all runs;
	// Precision the share of its keys among those named with them, -1 if nobody
	// was.
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`
	// Of the runs in which it was found: the medians of the exchanges, their share of
	// the intended set and the hours until then, and the worst share.
	Taken      int64   `json:"taken"`
	Share      float64 `json:"share_of_set"`
	WorstShare float64 `json:"worst_share_of_set"`
	Hours      float64 `json:"hours"`
	WorstHours float64 `json:"worst_hours"`
	// Rules are those that found it.
	Rules []string `json:"rules"`

	members, named, wrong int
	taken                 []int64
	shares, hours         []float64
}

// report sums up the worlds that were played.
func (o *Options) report(outcomes []*outcome, all int) *Report {
	r := &Report{Days: o.Days, Format: o.Format, Prompts: o.Prompts, Worlds: len(outcomes), AllWorlds: all}
	r.Benign.open()
	r.Beside.open()
	scenarios, listed := map[string]*Scenario{}, map[repeated]bool{}
	for _, c := range outcomes {
		if !slices.Contains(r.Seeds, c.seed) {
			r.Seeds = append(r.Seeds, c.seed)
		}
		r.Events += c.events
		r.Dropped += c.dropped
		b := &r.Beside
		if len(c.attacks) == 0 {
			b = &r.Benign
			r.Principals += c.principals
		}
		r.False = append(r.False, b.add(c, listed)...)
		for i := range c.suspects {
			if !c.suspects[i].benign {
				r.scenario(scenarios, c, i)
			}
		}
	}
	for _, name := range o.Scenarios {
		if s := scenarios[name]; s != nil {
			s.settle()
			r.Scenarios = append(r.Scenarios, *s)
		}
	}
	r.Benign.settle()
	r.Beside.settle()
	r.floors(outcomes)
	r.target()
	return r
}

// scenario adds a run of an attack.
func (r *Report) scenario(all map[string]*Scenario, c *outcome, i int) {
	one := &c.suspects[i]
	s := all[one.scenario]
	if s == nil {
		s = &Scenario{Name: one.scenario, Title: one.title, Prompts: c.prompts, Floors: make([]Outcome, len(floorNames))}
		all[one.scenario] = s
	}
	s.Runs++
	s.keys = append(s.keys, len(one.members))
	v := &c.any.verdicts[i]
	s.Any.add(one, v)
	s.Loud.add(one, &c.loud.verdicts[i])
	for f := range s.Floors {
		s.Floors[f].add(one, &c.floors[f].verdicts[i])
	}
	if len(v.noticed) > 0 {
		s.Noticed++
		s.NoticedBy = append(s.NoticedBy, v.noticed...)
	}
	if !v.found {
		line := fmt.Sprintf("seed %d: %s (%d of %d keys named", c.seed, one.scenario, v.named, len(one.members))
		if len(v.rules) > 0 {
			line += " by " + strings.Join(v.rules, ", ")
		}
		if len(v.noticed) > 0 {
			line += "; noticed by " + strings.Join(v.noticed, ", ")
		}
		r.Missed = append(r.Missed, line+")")
	}
}

// add adds a run.
func (o *Outcome) add(s *suspect, v *verdict) {
	o.members, o.named, o.wrong = o.members+len(s.members), o.named+v.named, o.wrong+v.wrong
	o.Rules = append(o.Rules, v.rules...)
	if !v.found {
		return
	}
	o.Found++
	o.taken = append(o.taken, v.taken)
	o.shares = append(o.shares, float64(v.taken)/float64(max(s.set, 1)))
	o.hours = append(o.hours, v.at.Sub(s.start).Hours())
}

func (o *Outcome) settle() {
	o.Rules = distinct(o.Rules)
	o.Recall, o.Precision = portion(o.named, o.members), portion(o.named, o.named+o.wrong)
	if o.Found == 0 {
		return
	}
	o.Taken, o.Share, o.Hours = median(o.taken), median(o.shares), median(o.hours)
	o.WorstShare, o.WorstHours = slices.Max(o.shares), slices.Max(o.hours)
}

func (s *Scenario) settle() {
	s.Keys = median(s.keys)
	s.NoticedBy = distinct(s.NoticedBy)
	s.Any.settle()
	s.Loud.settle()
	for i := range s.Floors {
		s.Floors[i].settle()
	}
}

// portion is a part of a whole, -1 if there is no whole.
func portion(part, whole int) float64 {
	if whole == 0 {
		return -1
	}
	return float64(part) / float64(whole)
}

func median[T cmp.Ordered](of []T) T {
	of = slices.Sorted(slices.Values(of))
	return of[len(of)/2]
}

func distinct(of []string) []string {
	slices.Sort(of)
	return slices.Compact(of)
}

// String says what an alarm is about, and by which features, for lists.
func (ch *charge) String() string {
	a := ch.alarm
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s, %s) on %s %s at %s", a.rule, a.severity, cmp.Or(ch.about, ordinary), a.entity.Kind, a.entity.Name, a.at.Format("Mon 15:04"))
	if len(a.names) > 1 {
		fmt.Fprintf(&b, ", %d principals", len(a.names))
	}
	fmt.Fprintf(&b, ": %s", a.text)
	for _, f := range a.figures {
		fmt.Fprintf(&b, "\n    %3.0f%% %s: %s", 100*f.Weight, f.Name, f.Text)
	}
	return b.String()
}
