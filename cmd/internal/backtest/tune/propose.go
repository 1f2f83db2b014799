package tune

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehound/gatehound/cmd/internal/backtest"
	"github.com/gatehound/gatehound/schemas"
)

// propose takes the point that comes nearest to what is wanted without going
// beyond; of equal ones the one that is nearest to the configuration as it is.
func (t *tuner) propose(out *Tuning, fewer bool) {
	var best *Point
	for i := range out.Curve {
		p := &out.Curve[i]
		if p.PerDay > out.Wanted || p.Scale == 1 {
			continue
		}
		if best == nil || p.Alerts > best.Alerts ||
			p.Alerts == best.Alerts && math.Abs(math.Log(p.Scale)) < math.Abs(math.Log(best.Scale)) {
			best = p
		}
	}
	most := out.Curve[0] // the most sensitive of all
	least := out.Curve[len(out.Curve)-1]
	switch {
	case fewer && best == nil:
		out.Refused = fmt.Sprintf("even at the bounds of its settings it raises %s alerts a day", figure(least.PerDay))
	case !fewer && (best == nil || best.Alerts <= out.Now.Alerts):
		out.Refused = fmt.Sprintf("no setting that was tried lies between the %s alerts a day of now and what is wanted; the most sensitive gives %s",
			figure(out.Now.PerDay), figure(most.PerDay))
	case !fewer && most.PerDay < out.Wanted:
		out.Refused = fmt.Sprintf("even at its most sensitive it raises %s alerts a day", figure(most.PerDay))
	default:
		out.Proposal = best
		out.YAML = snippet(t.knobs, best.Values)
		out.Lost = losses(out.Now.outcome, best.outcome)
	}
}

// losses are the entities of which the rules would say less.
func losses(now, then *backtest.Outcome) (out []Loss) {
	type about struct {
		detector string
		entity   schemas.Entity
	}
	after := map[about]int{}
	for _, f := range then.Findings() {
		after[about{f.Detector, f.Entity}]++
	}
	at := map[about]int{}
	for _, f := range now.Findings() {
		key := about{f.Detector, f.Entity}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, Loss{Detector: f.Detector, Entity: f.Entity, Title: f.Title, After: after[key]})
		}
		out[i].Before++
		if f.Severity > out[i].Severity {
			out[i].Severity, out[i].Title = f.Severity, f.Title
		}
	}
	out = slices.DeleteFunc(out, func(l Loss) bool { return l.After >= l.Before })
	slices.SortStableFunc(out, func(a, b Loss) int { return cmp.Compare(b.Severity, a.Severity) })
	return out
}

// figure writes a number as short as it can be read.
func figure(v float64) string { return fmt.Sprintf("%.3g", v) }

// snippet writes values as a piece of configuration.
func snippet(knobs []Knob, values map[string]float64) string {
	var b strings.Builder
	var open []string
	keys := slices.SortedFunc(slices.Values(knobs), func(a, b Knob) int { return cmp.Compare(a.Key, b.Key) })
	for _, k := range keys {
		path := strings.Split(k.Key, ".")
		shared := 0
		for shared < len(open) && shared < len(path)-1 && open[shared] == path[shared] {
			shared++
		}
		for i := shared; i < len(path)-1; i++ {
			fmt.Fprintf(&b, "%s%s:\n", strings.Repeat("  ", i), path[i])
		}
		open = path[:len(path)-1]
		fmt.Fprintf(&b, "%s%s: %s # %s now\n", strings.Repeat("  ", len(path)-1), path[len(path)-1], Plain(values[k.Key]), Plain(k.Value))
	}
	return b.String()
}

// Plain writes a value as a configuration has it.
func Plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// Settings lists values by their keys, without the family, in order.
func Settings(values map[string]float64) string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		name := strings.TrimPrefix(key, "detectors.")
		if _, rest, ok := strings.Cut(name, "."); ok {
			name = rest // without the family
		}
		out = append(out, name+" "+Plain(values[key]))
	}
	return strings.Join(out, ", ")
}
