// Package tune looks for the thresholds of a detector that give a wanted number
// of alerts a day, by running the detectors over events of the past.
package tune

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/backtest"
	"github.com/gatehound/gatehound/schemas"
)

// The bounds of tuning.
const (
	// LeastHistory is how much history a proposal needs: half of it teaches the
	// detectors, and a day says something of the days to come.
	LeastHistory = 48 * time.Hour
	// probeScale is by how much a setting is turned to see whether it matters,
	// maxScale by how much at most.
	probeScale = 4.0
	maxScale   = 64.0
	// fine is how many values are tried between the two of the coarse search
	// between which the wanted number lies.
	fine = 7
)

// coarse are the scales that are tried first.
var coarse = []float64{1.25, 1.5, 2, 3, 4, 8, 16, maxScale}

// Options say what is wanted.
type Options struct {
	backtest.Options
	// Detector is a family ("rate") or a rule ("rate.spike").
	Detector string
	// PerDay is how many alerts a day are wanted at most.
	PerDay float64
	// Parallel is how many configurations are tried in one pass over the events.
	Parallel int
}

// Point is a configuration that was tried, and what it gave.
type Point struct {
	// Scale is by how much the settings were turned: above 1 to fewer alerts.
	Scale  float64            `json:"scale"`
	Values map[string]float64 `json:"values"`
	// Alerts that opened, a day, and those that came to high or critical.
	Alerts int     `json:"alerts"`
	PerDay float64 `json:"alerts_per_day"`
	Severe int     `json:"high_or_critical"`

	outcome *backtest.Outcome
}

// Effect is what turning one setting alone does.
type Effect struct {
	Key    string  `json:"key"`
	Value  float64 `json:"value"`
	Tried  float64 `json:"tried"`
	PerDay float64 `json:"alerts_per_day"`
	// Findings made the alerts; they move sooner.
	Findings int `json:"findings"`
	// Matters tells that the number of alerts, or of findings, moved; Inverse
	// that a greater value makes more of them.
	Matters bool `json:"matters"`
	Inverse bool `json:"inverse,omitempty"`
}

// Loss is what a rule says of an entity now and with the proposal.
type Loss struct {
	Detector string           `json:"detector"`
	Entity   schemas.Entity   `json:"entity"`
	Severity schemas.Severity `json:"severity"`
	Title    string           `json:"title"`
	// Before and After count the findings.
	Before int `json:"findings_before"`
	After  int `json:"findings_after"`
}

// Tuning is a proposal, or the reason why there is none.
type Tuning struct {
	Detector string    `json:"detector"`
	Wanted   float64   `json:"wanted_per_day"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Days     float64   `json:"days"`
	Events   int64     `json:"events"`
	// Now is the configuration as it is, Curve all that was tried, by scale.
	Now     Point    `json:"now"`
	Effects []Effect `json:"effects"`
	Curve   []Point  `json:"curve"`
	// Proposal is nil if Refused says why.
	Proposal *Point `json:"proposal,omitempty"`
	Refused  string `json:"refused,omitempty"`
	// YAML is the proposal as a piece of configuration, Lost what it would not
	// say any more, the most severe first.
	YAML string `json:"yaml,omitempty"`
	Lost []Loss `json:"lost,omitempty"`
}

// Start returns when counting begins in a history of which the first and last
// times are known: after a day, or after half of what there is. It refuses a
// history that is shorter than LeastHistory.
func Start(first, last time.Time) (time.Time, error) {
	span := last.Sub(first)
	if span < LeastHistory {
		return time.Time{}, fmt.Errorf("the history is %s long: at least %s are needed for a proposal", span.Round(time.Minute), LeastHistory)
	}
	return first.Add(min(24*time.Hour, span/2)), nil
}

// ErrCut is returned by Run when its context ends: half a search proposes
// nothing.
var ErrCut = errors.New("ended before the search was over")

// Run looks for settings of a detector that give at most so many alerts a day
// over the events of the source, as near to it as it can.
//
// It turns each of the detector's main settings alone to see which matter, then
// those that do (all, if none does) together, by one scale: at a few scales first, then between the
// two around what is wanted. Every value is tried by a run of the detectors over
// all events, several side by side in one pass.
func Run(ctx context.Context, source backtest.Source, cfg *app.Config, o Options) (*Tuning, error) {
	knobs, err := Knobs(cfg, o.Detector)
	if err != nil {
		return nil, err
	}
	t := &tuner{source: source, cfg: cfg, o: o, knobs: knobs, seen: new(app.Replayed)}
	out := &Tuning{Detector: o.Detector, Wanted: o.PerDay}
	if len(knobs) == 0 {
		out.Refused = "the detector has no numeric thresholds"
		return out, nil
	}
	t.plan = 1 + t.passes(len(knobs)) + t.passes(len(coarse)) + t.passes(fine)
	if o.Watch != nil {
		o.Watch(t.seen, t.progress)
	}
	now, err := t.try(ctx, []Point{{Scale: 1, Values: map[string]float64{}}})
	if err != nil {
		return nil, err
	}
	out.Now = now[0]
	out.From, out.To, out.Days, out.Events = t.last.From, t.last.To, t.last.Days, t.last.Events
	if out.Now.Alerts == 0 {
		out.Refused = "it raised no alert in this history, so nothing can be told from it"
		return out, nil
	}
	fewer := out.Now.PerDay > o.PerDay
	if fewer {
		t.prune(out.Now.outcome)
	}
	if out.Effects, err = t.effects(ctx, out.Now, fewer); err != nil {
		return nil, err
	}
	t.keep(out.Effects)
	if out.Curve, err = t.search(ctx, out.Now, fewer); err != nil {
		return nil, err
	}
	t.propose(out, fewer)
	return out, nil
}

// tuner is a search under way.
type tuner struct {
	source backtest.Source
	cfg    *app.Config
	o      Options
	knobs  []Knob
	last   *backtest.Result

	seen    *app.Replayed
	plan    int
	current atomic.Int64
}

// passes is how many passes a number of configurations takes.
func (t *tuner) passes(n int) int { return (n + t.o.Parallel - 1) / t.o.Parallel }

// progress counts the passes that are planned.
func (t *tuner) progress() (done, total int64) {
	done, total = t.source.Progress()
	return min(t.current.Load()*total+done, int64(t.plan)*total), int64(t.plan) * total
}

// try runs configurations and fills in what they gave.
func (t *tuner) try(ctx context.Context, points []Point) ([]Point, error) {
	for group := range slices.Chunk(points, t.o.Parallel) {
		var candidates []backtest.Candidate
		for _, p := range group {
			candidates = append(candidates, backtest.Candidate{Name: figure(p.Scale), Config: set(t.cfg, p.Values), Only: t.only})
		}
		o := t.o.Options
		o.Watch, o.All = nil, t.seen
		res, err := backtest.Run(ctx, t.source, candidates, o)
		switch {
		case err != nil:
			return nil, err
		case res.Cut:
			return nil, ErrCut
		}
		t.current.Add(1)
		t.last = res
		for i, got := range res.Candidates {
			p := &group[i]
			p.Alerts, p.PerDay, p.Severe, p.outcome = got.Total.Alerts, got.Total.AlertsPerDay, got.Total.Severities.Severe(), got
		}
	}
	return points, nil
}

// only chooses the findings of the detector.
func (t *tuner) only(f *schemas.Finding) bool {
	family, _, _ := strings.Cut(f.Detector, ".")
	return f.Detector == t.o.Detector || family == t.o.Detector
}

// prune drops the settings for kinds of entities of which nothing is said: they
// cannot make fewer alerts of the others.
func (t *tuner) prune(now *backtest.Outcome) {
	said := map[string]bool{}
	for _, f := range now.Findings() {
		said[f.Entity.Kind.String()] = true
	}
	if said[schemas.EntityGlobal.String()] {
		return // what is said of many at once stands for any of them
	}
	var kept []Knob
	for _, k := range t.knobs {
		silent := false
		for part := range strings.SplitSeq(k.Key, ".") {
			var kind schemas.EntityKind
			silent = silent || kind.UnmarshalText([]byte(part)) == nil && !said[part]
		}
		if !silent {
			kept = append(kept, k)
		}
	}
	if len(kept) > 0 {
		t.knobs = kept
	}
}

// effects turns each setting alone.
func (t *tuner) effects(ctx context.Context, now Point, fewer bool) (out []Effect, err error) {
	scale := probeScale
	if !fewer {
		scale = 1 / probeScale
	}
	var points []Point
	for _, k := range t.knobs {
		points = append(points, Point{Scale: scale, Values: map[string]float64{k.Key: k.turn(t.cfg, scale)}})
	}
	if points, err = t.try(ctx, points); err != nil {
		return nil, err
	}
	for i, k := range t.knobs {
		p := points[i]
		e := Effect{Key: k.Key, Value: k.Value, Tried: p.Values[k.Key], PerDay: p.PerDay, Findings: p.outcome.Total.Findings}
		moved := cmp.Or(p.Alerts-now.Alerts, e.Findings-now.outcome.Total.Findings)
		e.Matters, e.Inverse = moved != 0, moved != 0 && moved > 0 == fewer
		out = append(out, e)
	}
	return out, nil
}

// keep leaves the settings that matter. If none does alone, all stay: what one
// of them lets pass, another may hold.
func (t *tuner) keep(effects []Effect) {
	var kept []Knob
	for i, e := range effects {
		if e.Matters {
			k := t.knobs[i]
			k.inverse = e.Inverse
			kept = append(kept, k)
		}
	}
	if len(kept) > 0 {
		t.knobs = kept
	}
}

// at is the point at a scale.
func (t *tuner) at(scale float64) Point {
	p := Point{Scale: scale, Values: map[string]float64{}}
	for _, k := range t.knobs {
		p.Values[k.Key] = k.turn(t.cfg, scale)
	}
	return p
}

// search tries scales and returns all of them with what they gave, and the
// configuration as it is, by scale.
func (t *tuner) search(ctx context.Context, now Point, fewer bool) ([]Point, error) {
	now.Values = t.at(1).Values
	curve := []Point{now}
	try := func(scales []float64) error {
		var points []Point
		for _, s := range scales {
			if !fewer {
				s = 1 / s
			}
			p := t.at(s)
			same := func(q Point) bool { return maps.Equal(p.Values, q.Values) }
			if !slices.ContainsFunc(curve, same) && !slices.ContainsFunc(points, same) { // bounds make them alike
				points = append(points, p)
			}
		}
		points, err := t.try(ctx, points)
		curve = append(curve, points...)
		slices.SortFunc(curve, func(a, b Point) int { return cmp.Compare(a.Scale, b.Scale) })
		return err
	}
	if err := try(coarse); err != nil {
		return nil, err
	}
	// The two neighbours between which the wanted number is passed.
	for i := range curve[1:] {
		more, less := curve[i], curve[i+1]
		if more.PerDay <= t.o.PerDay || less.PerDay > t.o.PerDay {
			continue
		}
		var between []float64
		for j := 1; j <= fine; j++ {
			s := more.Scale * math.Pow(less.Scale/more.Scale, float64(j)/(fine+1))
			if !fewer {
				s = 1 / s
			}
			between = append(between, s)
		}
		err := try(between)
		return curve, err
	}
	return curve, nil
}
