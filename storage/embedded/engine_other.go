//go:build !linux

package embedded

import (
	"errors"
	"log/slog"
	"runtime"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Engine is not available on this system.
type Engine struct{}

// Open returns an error: the engine runs on Linux with glibc only.
func Open(Config, *slog.Logger) (*Engine, error) {
	return nil, errors.New("the embedded ClickHouse engine runs on Linux only, not on " + runtime.GOOS + ": use a ClickHouse server")
}

// Dir returns nothing here.
func (*Engine) Dir() string { return "" }

// Version returns nothing here.
func (*Engine) Version() string { return "" }

// Options returns nil here.
func (*Engine) Options() *clickhouse.Options { return nil }

// Close does nothing here.
func (*Engine) Close() error { return nil }
