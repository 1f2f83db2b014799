package population

import (
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/rhythm"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/usage"
)

// scenario is something that is planted.
type scenario struct {
	name, title string
	benign      bool
	mild        bool
	campaign    bool
	prompts     bool
	plant       func(p *plot)
}

// plot is a scenario as it is planted.
type plot struct {
	w     *World
	d     *gateway.Dice
	truth int
	// begin is when it begins.
	begin int64
}

// scenarios are all of them, attacks first.
func scenarios() [][]scenario {
	return [][]scenario{singles, faces, campaigns, innocents, crowds}
}

func find(name string) *scenario {
	for _, group := range scenarios() {
		for i := range group {
			if group[i].name == name {
				return &group[i]
			}
		}
	}
	return nil
}

// Attacks returns the names of the attacks, Lookalikes those of the benign.
func Attacks() []string { return names(false) }

// Lookalikes returns the names of what looks like an attack and is none.
func Lookalikes() []string { return names(true) }

func names(benign bool) []string {
	var out []string
	for _, group := range scenarios() {
		for i := range group {
			if group[i].benign == benign {
				out = append(out, group[i].name)
			}
		}
	}
	return out
}

func (w *World) plant(i int, s *scenario) {
	w.truths = append(w.truths, Truth{Scenario: s.name, Title: s.title, Benign: s.benign, Mild: s.mild, Campaign: s.campaign, Prompts: s.prompts})
	p := &plot{w: w, d: &w.dice, truth: i, begin: w.start + int64(w.cfg.Begin)}
	p.begin += int64(p.d.Float() * float64(6*hour))
	s.plant(p)
}

// member adds a principal to the scenario, which takes up to set exchanges, or
// without end if that is 0, and returns what it does.
func (p *plot) member(c *client, h *usage.Habit, r rhythm.Rhythm, set int) *actor {
	t := &p.w.truths[p.truth]
	t.Members = append(t.Members, Member{Entity: c.entity(p.w.cfg.Format)})
	return &actor{client: c, habit: h, rhythm: r, truth: p.truth, member: len(t.Members) - 1, set: set}
}

// intend tells how many exchanges are intended in all.
func (p *plot) intend(n int) { p.w.truths[p.truth].Set = n }

// between draws a number from a to b.
func between(d *gateway.Dice, a, b float64) float64 { return a + (b-a)*d.Float() }
