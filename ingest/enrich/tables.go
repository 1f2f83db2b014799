package enrich

import (
	"context"
	"log/slog"
	"net/netip"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Tables is what all workers look up: the settings and the files that they name.
// Workers read it without a lock; a change swaps one pointer.
type Tables struct {
	current atomic.Pointer[snapshot]
	log     *slog.Logger
}

// snapshot is one state of the tables. It is never written after it was made.
type snapshot struct {
	proxies []netip.Prefix
	routes  *templates
}

// Open loads the tables. It starts nothing; Watch does.
func Open(cfg Config, log *slog.Logger, _ prometheus.Registerer) (*Tables, error) {
	t := &Tables{log: log}
	if err := t.Reload(cfg); err != nil {
		return nil, err
	}
	return t, nil
}

// Watch loads files again when they change, until ctx is done.
func (t *Tables) Watch(ctx context.Context) { <-ctx.Done() }

// Reload replaces the tables by those of cfg. On an error nothing changes.
func (t *Tables) Reload(cfg Config) error {
	s, err := settled(cfg)
	if err != nil {
		return err
	}
	t.current.Store(s)
	return nil
}

// settled returns what the configuration itself states.
func settled(cfg Config) (*snapshot, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	proxies, err := parseProxies(cfg.TrustedProxies)
	if err != nil {
		return nil, err
	}
	return &snapshot{proxies: proxies, routes: newTemplates(cfg.Routes)}, nil
}
