package app

import (
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/cmd/internal/lifecycle"
	"github.com/gatehound/gatehound/storage/clickhouse"
	"github.com/gatehound/gatehound/storage/embedded"
)

// OpenStore opens the store that the configuration chooses; what has to be
// closed is pushed on stops.
func OpenStore(cfg *Config, log *slog.Logger, reg prometheus.Registerer, stops *lifecycle.Stack) (*clickhouse.Store, error) {
	if cfg.Storage.Mode == StoreClickHouse {
		st, err := clickhouse.Open(cfg.Storage.ClickHouse, log, reg)
		if err != nil {
			return nil, fmt.Errorf("storage.clickhouse: %w", err)
		}
		stops.Closes("store", st.Close)
		return st, nil
	}
	engine, err := embedded.Open(cfg.embedded(), log)
	if err != nil {
		return nil, fmt.Errorf("storage.embedded: %w", err)
	}
	stops.Closes("embedded engine", engine.Close)
	st, err := clickhouse.OpenWith(engine.Options(), cfg.Storage.ClickHouse, log, reg)
	if err != nil {
		return nil, fmt.Errorf("storage.embedded: %w", err)
	}
	stops.Closes("store", st.Close)
	return st, nil
}
