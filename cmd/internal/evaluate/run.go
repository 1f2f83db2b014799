package evaluate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/simulate/world"
)

// Progress is how far an evaluation has come; it may be read at any time.
type Progress struct {
	// Events and Findings count what was made so far; Done the nanoseconds of
	// event time of all seeds together, of Total.
	Events, Findings, Done atomic.Int64
	Total                  int64
}

// Run evaluates every seed and reports what came of it. When ctx is done it
// stops and reports what is done until then, with ctx's error. watch, if not
// nil, is called once before it begins.
func Run(ctx context.Context, o Options, log *slog.Logger, watch func(*Progress)) (_ *Report, err error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "gatehound-evaluate-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the world's files: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cfg := *o.Config
	if err := world.Write(dir, &cfg.Enrich); err != nil {
		return nil, err
	}
	o.Config = settings(&cfg, o.Parallel)
	p := &Progress{Total: int64(len(o.Seeds)) * int64(o.Hours) * int64(time.Hour)}
	if watch != nil {
		watch(p)
	}

	results := make([]*result, len(o.Seeds))
	errs := make([]error, len(o.Seeds))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(o.Parallel, len(o.Seeds)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(o.Seeds) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				results[i], errs[i] = o.seed(ctx, i, log, p)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return o.report(results), ctx.Err()
}

// settings adapts the configuration to seeds that run side by side over a past
// that may be ahead of this machine's clock.
func settings(cfg *app.Config, parallel int) *app.Config {
	cfg.Decode.MaxFuture = 100 * 365 * 24 * time.Hour
	if parallel > 1 {
		cfg.Engine.Workers = 1
	}
	return cfg
}
