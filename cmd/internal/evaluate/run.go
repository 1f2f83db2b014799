package evaluate

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/evaluate/hunt"
	"github.com/gatehound/gatehound/cmd/internal/simulate/world"
)

// Run evaluates every seed and reports what came of it. When ctx is done it
// stops and reports what is done until then, with ctx's error. watch, if not
// nil, is called once before it begins.
func Run(ctx context.Context, o Options, log *slog.Logger, watch func(*hunt.Progress)) (_ *Report, err error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	ground, err := hunt.NewGround(o.Config, o.Parallel, world.Write)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, ground.Remove()) }()
	o.Config = ground.Config
	p := &hunt.Progress{Total: int64(len(o.Seeds)) * int64(o.Hours) * int64(time.Hour)}
	if watch != nil {
		watch(p)
	}

	results := make([]*result, len(o.Seeds))
	err = hunt.Side(ctx, len(o.Seeds), o.Parallel, func(i int) (err error) {
		results[i], err = o.seed(ctx, i, log, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return o.report(results), ctx.Err()
}
