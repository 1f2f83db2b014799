package hunt

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest/enrich"
)

// Ground is what hunts share: the configuration, with the databases, inventories
// and prices of the simulated world in a temporary folder.
type Ground struct {
	// Config is what Open wants.
	Config *app.Config
	dir    string
}

// NewGround writes the world's files with write, which points the settings to them,
// and adapts a copy of the configuration to hunts of which so many run side by side,
// over a past that may be ahead of this machine's clock. Remove ends it.
func NewGround(cfg *app.Config, parallel int, write func(dir string, cfg *enrich.Config) error) (*Ground, error) {
	dir, err := os.MkdirTemp("", "gatehound-evaluate-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the world's files: %w", err)
	}
	own := *cfg
	if err := write(dir, &own.Enrich); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	own.Decode.MaxFuture = 100 * 365 * 24 * time.Hour
	if parallel > 1 {
		own.Engine.Workers = 1
	}
	return &Ground{Config: &own, dir: dir}, nil
}

// Remove removes the files.
func (g *Ground) Remove() error { return os.RemoveAll(g.dir) }

// Side does something for 0 to n-1, so many side by side, and begins no more when
// ctx is done. It returns all errors.
func Side(ctx context.Context, n, parallel int, do func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(parallel, n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				errs[i] = do(i)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Progress is how far hunts have come; it may be read at any time.
type Progress struct {
	// Events and Findings count what was made so far; Done the nanoseconds of
	// event time of all hunts together, of Total.
	Events, Findings, Done atomic.Int64
	Total                  int64
}
