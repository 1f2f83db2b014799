package app

import (
	"fmt"
	"io"
	"log/slog"
)

func logLevel(name string) (slog.Level, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(name)); err != nil {
		return 0, fmt.Errorf(`log.level: unknown; allowed are "debug", "info", "warn" and "error"`)
	}
	return l, nil
}

// Logger returns the logger that the configuration asks for. Nothing that comes
// from an event is ever logged but its position.
func Logger(cfg LogConfig, w io.Writer) (*slog.Logger, error) {
	level, err := logLevel(cfg.Level)
	if err != nil {
		return nil, err
	}
	opts := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	}
	return slog.New(slog.NewTextHandler(w, opts)), nil
}
