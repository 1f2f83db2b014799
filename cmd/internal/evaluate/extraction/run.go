package extraction

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/evaluate/hunt"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population"
	"github.com/gatehound/gatehound/schemas"
)

// outcome is what came of one world.
type outcome struct {
	stage
	suspects []suspect
	// events are all, benign those that belong to no attack; principals are how
	// many benign principals there were.
	events, benign int64
	principals     int
	dropped        int64
	// any has the judgement of all alarms, loud of those of medium severity and
	// above, floors those of the floors.
	any, loud *judgement
	floors    [len(floorNames)]*judgement
}

// Run runs every world and reports what came of them. When ctx is done it stops and
// reports the worlds that are done by then, with ctx's error. watch, if not nil, is
// called once before it begins.
func Run(ctx context.Context, o Options, log *slog.Logger, watch func(*hunt.Progress)) (_ *Report, err error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	ground, err := hunt.NewGround(o.Config, o.Parallel, population.Write)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ground.Remove()) }()
	o.Config = ground.Config
	stages, err := o.plan()
	if err != nil {
		return nil, err
	}
	p := &hunt.Progress{Total: int64(len(stages)) * int64(o.Days) * int64(24*time.Hour)}
	if watch != nil {
		watch(p)
	}
	outcomes := make([]*outcome, len(stages))
	err = hunt.Side(ctx, len(stages), o.Parallel, func(i int) (err error) {
		if outcomes[i], err = o.play(ctx, stages[i], log, p); err != nil {
			return fmt.Errorf("seed %d: %w", stages[i].seed, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return o.report(slices.DeleteFunc(outcomes, func(c *outcome) bool { return c == nil }), len(stages)), ctx.Err()
}

// play runs one world. It returns nil if ctx is done before the world is.
func (o *Options) play(ctx context.Context, s stage, log *slog.Logger, p *hunt.Progress) (*outcome, error) {
	world, err := population.New(population.Config{
		Seed: s.seed, Days: o.Days, Principals: o.Principals, Rate: o.Rate, Prompts: s.prompts, Format: o.Format,
		Scenarios: slices.Concat(o.Lookalikes, s.attacks),
	})
	if err != nil {
		return nil, err
	}
	h, err := hunt.Open(o.Config, log)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	w := newWitness()
	h.Each = w.observe
	done, err := follow(ctx, world, h, p)
	if err != nil || !done {
		return nil, err
	}
	return w.outcome(s, h, world.Truths()), nil
}

// follow takes every record of a world, and reports whether it came to the end.
func follow(ctx context.Context, world *population.World, h *hunt.Hunt, p *hunt.Progress) (bool, error) {
	last := world.Start().UnixNano()
	pace := h.Pace(p, last)
	var line []byte
	for n := 0; n%hunt.Batch != 0 || ctx.Err() == nil; n++ {
		r, ok := world.Next()
		if !ok {
			if err := h.Finish(); err != nil {
				return false, err
			}
			pace.To(last)
			return true, nil
		}
		last, line = r.Time, r.AppendTo(line[:0])
		switch full, err := h.Take(line); {
		case err != nil:
			return false, err
		case full:
			pace.To(last)
		}
	}
	return false, nil
}

// witness remembers of the events what the judgement needs.
type witness struct {
	floors *floors
	// callers has each principal, tenants those of each tenant; strings of events
	// are not kept, but their copies.
	callers map[string]string
	tenants map[string]map[string]bool
}

func newWitness() *witness {
	return &witness{floors: newFloors(), callers: map[string]string{}, tenants: map[string]map[string]bool{}}
}

func (w *witness) observe(ev *schemas.Event) {
	if !exchange(ev) {
		return
	}
	name, ok := w.callers[ev.Principal]
	if !ok {
		name = string([]byte(ev.Principal))
		w.callers[name] = name
	}
	w.floors.observe(ev, name)
	if ev.Tenant == "" {
		return
	}
	of := w.tenants[ev.Tenant]
	if of == nil {
		of = map[string]bool{}
		w.tenants[string([]byte(ev.Tenant))] = of
	}
	of[name] = true
}

// outcome judges a world that has come to its end.
func (w *witness) outcome(s stage, h *hunt.Hunt, truths []population.Truth) *outcome {
	out := &outcome{stage: s, events: h.Events, benign: h.Events, principals: len(w.callers), dropped: h.Dropped}
	for _, t := range truths {
		if t.Taken == 0 {
			continue
		}
		one := suspect{scenario: t.Scenario, title: t.Title, benign: t.Benign, mild: t.Mild, set: int64(t.Set), start: t.Start}
		for _, m := range t.Members {
			name := h.Keys.Principal(m.Entity.Raw)
			one.members = append(one.members, name)
			one.times = append(one.times, m.Times...)
			if _, called := w.callers[name]; called && !t.Benign {
				out.principals--
			}
		}
		slices.Sort(one.times)
		if !t.Benign {
			out.benign -= int64(t.Taken)
		}
		out.suspects = append(out.suspects, one)
	}
	tenants := map[string][]string{}
	for name, of := range w.tenants {
		for caller := range of {
			tenants[name] = append(tenants[name], caller)
		}
		slices.Sort(tenants[name])
	}
	c := newCourt(out.suspects)
	all := alarms(h.Findings, tenants)
	out.any, out.loud = c.judge(all, schemas.SeverityInfo), c.judge(all, schemas.SeverityMedium)
	for i, said := range w.floors.alarms {
		out.floors[i] = c.judge(said, schemas.SeverityInfo)
	}
	return out
}
