package extraction

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

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
