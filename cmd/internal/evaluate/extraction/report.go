package extraction

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/schemas"
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

	Targets   []Target   `json:"targets"`
	Scenarios []Scenario `json:"scenarios"`
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

// Benign is what was said of innocents.
type Benign struct {
	// Events are the benign requests, Keys the benign principals of all worlds.
	Events int64 `json:"events"`
	Keys   int   `json:"keys"`
	// False are alarms about innocents, once for a rule, an entity and a day: Loud
	// those of medium severity and above, Quiet the others. Mild are those about
	// look-alikes of which one may want to know.
	Loud  int `json:"false_medium_and_above"`
	Quiet int `json:"false_low"`
	Mild  int `json:"mild"`
	// Ordinary are those of False that are not about a look-alike.
	OrdinaryLoud  int `json:"ordinary_medium_and_above"`
	OrdinaryQuiet int `json:"ordinary_low"`
	// PerMillion are all that are false in a million benign events, LoudPerMillion
	// those of medium severity and above.
	PerMillion     float64 `json:"false_per_million"`
	LoudPerMillion float64 `json:"false_medium_and_above_per_million"`
	// Flagged are the benign keys that were named, FlaggedLoud those by medium
	// severity and above.
	Flagged     int `json:"keys_flagged"`
	FlaggedLoud int `json:"keys_flagged_medium_and_above"`
	// Rules and Lookalikes tell by which rules and about which look-alikes.
	Rules      []Count `json:"rules"`
	Lookalikes []Count `json:"lookalikes"`

	rules, looks map[string]*Count
}

// Count are the false and mild alarms of a rule or about a look-alike.
type Count struct {
	Name  string `json:"name"`
	Loud  int    `json:"false_medium_and_above"`
	Quiet int    `json:"false_low"`
	Mild  int    `json:"mild"`
}

// Floor is what a rule of one line says of innocents.
type Floor struct {
	Name       string  `json:"name"`
	False      int     `json:"false"`
	Mild       int     `json:"mild"`
	PerMillion float64 `json:"false_per_million"`
	Flagged    int     `json:"keys_flagged"`
	// Found are the runs of all scenarios that it finds, of Runs. Recall and
	// Precision are about the keys that it names in the worlds with attacks.
	Found     int     `json:"found"`
	Runs      int     `json:"runs"`
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`
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

func (b *Benign) open() { b.rules, b.looks = map[string]*Count{}, map[string]*Count{} }

// ordinary is what is no look-alike.
const ordinary = "ordinary traffic"

// repeated is a false alarm that other worlds of a seed have too.
type repeated struct {
	seed uint64
	once once
}

// add adds a world and returns, as lines, its false alarms that are not listed yet.
func (b *Benign) add(c *outcome, listed map[repeated]bool) []string {
	b.Events, b.Keys = b.Events+c.benign, b.Keys+c.principals
	b.Flagged, b.FlaggedLoud = b.Flagged+len(c.any.flagged), b.FlaggedLoud+len(c.loud.flagged)
	for i := range c.suspects {
		if c.suspects[i].benign {
			entry(b.looks, c.suspects[i].scenario)
		}
	}
	var lines []string
	for i := range c.any.charges {
		ch := &c.any.charges[i]
		if ch.is == isTrue {
			continue
		}
		about := cmp.Or(ch.about, ordinary)
		entry(b.rules, ch.rule).count(ch)
		entry(b.looks, about).count(ch)
		if key := (repeated{c.seed, ch.once()}); ch.is == isFalse && !listed[key] {
			listed[key] = true
			lines = append(lines, fmt.Sprintf("seed %d%s: %s", c.seed, beside(c.attacks), ch))
		}
	}
	return lines
}

func beside(attacks []string) string {
	if len(attacks) == 0 {
		return ""
	}
	return ", beside " + strings.Join(attacks, " and ")
}

func entry(of map[string]*Count, name string) *Count {
	if of[name] == nil {
		of[name] = &Count{Name: name}
	}
	return of[name]
}

func (n *Count) count(ch *charge) {
	switch {
	case ch.is == isMild:
		n.Mild++
	case ch.severity >= schemas.SeverityMedium:
		n.Loud++
	default:
		n.Quiet++
	}
}

func (b *Benign) settle() {
	for _, name := range slices.Sorted(maps.Keys(b.rules)) {
		n := b.rules[name]
		b.Rules = append(b.Rules, *n)
		b.Loud, b.Quiet, b.Mild = b.Loud+n.Loud, b.Quiet+n.Quiet, b.Mild+n.Mild
	}
	for _, name := range slices.Sorted(maps.Keys(b.looks)) {
		b.Lookalikes = append(b.Lookalikes, *b.looks[name])
	}
	if n := b.looks[ordinary]; n != nil {
		b.OrdinaryLoud, b.OrdinaryQuiet = n.Loud, n.Quiet
	}
	b.PerMillion, b.LoudPerMillion = perMillion(b.Loud+b.Quiet, b.Events), perMillion(b.Loud, b.Events)
}

func perMillion(n int, events int64) float64 { return float64(n) / float64(max(events, 1)) * 1e6 }

// floors sums up what the floors say.
func (r *Report) floors(outcomes []*outcome) {
	for i, name := range floorNames {
		f := Floor{Name: name}
		for _, c := range outcomes {
			if len(c.attacks) > 0 {
				continue
			}
			f.Flagged += len(c.floors[i].flagged)
			for _, ch := range c.floors[i].charges {
				switch ch.is {
				case isFalse:
					f.False++
				case isMild:
					f.Mild++
				case isTrue:
				}
			}
		}
		var members, named, wrong int
		for _, s := range r.Scenarios {
			o := &s.Floors[i]
			f.Found, f.Runs = f.Found+o.Found, f.Runs+s.Runs
			members, named = members+o.members, named+o.named
		}
		for _, c := range outcomes {
			if len(c.attacks) > 0 {
				wrong += len(c.floors[i].flagged)
			}
		}
		f.PerMillion, f.Recall, f.Precision = perMillion(f.False, r.Benign.Events), portion(named, members), portion(named, named+wrong)
		r.Floors = append(r.Floors, f)
	}
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
