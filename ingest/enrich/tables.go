package enrich

import (
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/ingest/enrich/inventory"
	"github.com/gatehound/gatehound/ingest/enrich/network"
	"github.com/gatehound/gatehound/ingest/enrich/price"
)

// Tables is what all workers look up: the settings, and the files that they
// name. Workers read one pointer for each event and no lock.
type Tables struct {
	current atomic.Pointer[snapshot]
	log     *slog.Logger
	metrics *metrics

	// mu keeps Reload and Watch from loading at the same time.
	mu    sync.Mutex
	every time.Duration
	kinds []*kind
}

// snapshot is one state of the tables. It is never written after it is in
// force. Tables that are not configured are nil.
type snapshot struct {
	proxies   []netip.Prefix
	routes    *templates
	countries *network.Countries
	asns      *network.ASNs
	networks  *network.Lists
	endpoints *inventory.Endpoints
	models    *inventory.Models
	// prices are those of the configuration, priceFile those of the file.
	prices, priceFile *price.Table
}

// Open loads all files of cfg; one that cannot be used is an error. It starts
// nothing: Watch does. log and reg may be nil.
func Open(cfg Config, log *slog.Logger, reg prometheus.Registerer) (*Tables, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	t := &Tables{log: log, metrics: newMetrics(reg)}
	if err := t.Reload(cfg); err != nil {
		return nil, err
	}
	return t, nil
}

// Reload puts the settings and files of cfg in force, all at once. On an error
// nothing changes. It may be called while workers enrich and Watch runs.
func (t *Tables) Reload(cfg Config) error {
	next, err := settled(cfg)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	kinds := kindsOf(cfg)
	for _, k := range kinds {
		if err := k.load(next); err != nil {
			t.metrics.failed(k)
			return err
		}
	}
	for _, k := range kinds {
		t.metrics.loaded(k)
		t.report(k)
	}
	t.metrics.forget(t.kinds, kinds)
	t.kinds, t.every = kinds, cfg.ReloadEvery
	if t.every == 0 {
		t.every = DefaultConfig().ReloadEvery
	}
	t.metrics.aged(kinds, time.Now())
	t.current.Store(next)
	return nil
}

// report logs what was loaded.
func (t *Tables) report(k *kind) {
	t.log.Info("loaded files of enrichment", "kind", k.name, "files", len(k.files), "entries", k.entries)
	if k.inexact > 0 {
		t.log.Warn("parts of an inventory were taken more widely than they are written, or left out",
			"kind", k.name, "parts", k.inexact)
	}
}

// settled returns what the configuration itself states, without files.
func settled(cfg Config) (*snapshot, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	proxies, err := parseProxies(cfg.TrustedProxies)
	if err != nil {
		return nil, err
	}
	s := &snapshot{proxies: proxies, routes: newTemplates(cfg.Routes)}
	if len(cfg.Prices) > 0 {
		if s.prices, err = price.NewTable(cfg.Prices); err != nil {
			return nil, fmt.Errorf("prices%w", err)
		}
	}
	if cfg.Clouds && cfg.ASNDatabase != "" {
		s.networks = network.NewLists()
		s.networks.AddClouds()
	}
	return s, nil
}
