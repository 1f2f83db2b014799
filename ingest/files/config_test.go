package files

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestConfig(t *testing.T) {
	dir := t.TempDir()
	for want, change := range map[string]func(*Config){
		"paths: at least one":             func(c *Config) { c.Paths = nil },
		"paths[0]: want a file":           func(c *Config) { c.Paths = []string{"["} },
		"paths: - is named twice":         func(c *Config) { c.Paths = []string{"-", "-"} },
		"max_line_bytes: is 1, want 4096": func(c *Config) { c.MaxLineBytes = 1 },
		"parallel: is 0, want 1 to 256":   func(c *Config) { c.Parallel = 0 },
		"no file matches":                 func(c *Config) { c.Paths = []string{filepath.Join(dir, "*.log")} },
		"is a directory":                  func(c *Config) { c.Paths = []string{dir} },
	} {
		cfg := DefaultConfig()
		cfg.Paths = []string{"-"}
		change(&cfg)
		if _, err := New(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, have %v", want, err)
		}
	}
}
