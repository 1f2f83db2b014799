package evaluate

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/evaluate/hunt"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/detectors/sketch"
)

// chase is one fleet on its way through ingest and detection.
type chase struct {
	*hunt.Hunt
	// times has those of each attack's requests.
	times   [][]int64
	callers callers
}

// callers counts principals by the day, about.
type callers struct {
	key  sketch.Key
	day  int64
	seen sketch.HLL1024
	sum  float64
}

func (c *callers) add(at int64, principal []byte) {
	if day := at / int64(24*time.Hour); day != c.day {
		c.settle()
		c.day = day
	}
	if len(principal) > 0 {
		c.seen.Add(c.key.String(string(principal)))
	}
}

func (c *callers) settle() {
	c.sum += c.seen.Count()
	c.seen.Reset()
}

// seed runs the i-th seed.
func (o *Options) seed(ctx context.Context, i int, log *slog.Logger, p *hunt.Progress) (_ *result, err error) {
	plan := o.plan(i)
	fleet, err := simulate.New(plan.fleet)
	if err != nil {
		return nil, fmt.Errorf("seed %d: %w", o.Seeds[i], err)
	}
	open, err := hunt.Open(o.Config, log)
	if err != nil {
		return nil, fmt.Errorf("seed %d: %w", o.Seeds[i], err)
	}
	defer open.Close()
	h := &chase{Hunt: open}
	h.times = make([][]int64, len(plan.fleet.Plants))
	last, err := h.follow(ctx, fleet, p)
	if err != nil {
		return nil, fmt.Errorf("seed %d: %w", o.Seeds[i], err)
	}
	return h.judge(fleet, plan, last, o), nil
}

// follow takes every record of the fleet until it ends or ctx is done, and
// returns the time that it has come to.
func (h *chase) follow(ctx context.Context, f *simulate.Fleet, p *hunt.Progress) (last int64, err error) {
	benign := map[int]bool{-1: true}
	for i, t := range f.Truths() {
		benign[i] = t.Benign
	}
	last = f.Start().UnixNano()
	pace := h.Pace(p, last)
	var line []byte
	for n := 0; n%hunt.Batch != 0 || ctx.Err() == nil; n++ {
		r, ok := f.Next()
		if !ok {
			break
		}
		last = r.Time
		if benign[r.Truth] {
			h.callers.add(r.Time, r.Principal)
		} else {
			h.times[r.Truth] = append(h.times[r.Truth], r.Time)
		}
		line = r.AppendTo(line[:0])
		full, err := h.Take(line)
		if err != nil {
			return last, err
		}
		if full {
			pace.To(last)
		}
	}
	if err := h.Finish(); err != nil {
		return last, err
	}
	h.callers.settle()
	pace.To(last)
	return last, nil
}
