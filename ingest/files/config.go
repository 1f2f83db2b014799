package files

import (
	"errors"
	"fmt"
	"path/filepath"
)

// Config says which files to read.
type Config struct {
	// Paths are files, patterns (as of path/filepath.Match), or "-" for
	// standard input, at most once. Plain, gzip and zstd are told apart by
	// content. At least one. Default: none.
	Paths []string `mapstructure:"paths"`
	// MaxLineBytes bounds a line: of a longer one the beginning is handed on,
	// marked as cut. From 4 KiB to 64 MiB. Default 16 MiB.
	MaxLineBytes int `mapstructure:"max_line_bytes"`
	// Parallel is how many files are read side by side. Files that follow one
	// another in time, as rotated logs do, want 1; files of several gateways
	// over the same time want one for each gateway. From 1 to 256. Default 1.
	Parallel int `mapstructure:"parallel"`
}

// DefaultConfig returns the defaults that the fields' comments state.
func DefaultConfig() Config { return Config{MaxLineBytes: 16 << 20, Parallel: 1} }

// Validate checks every field against its bounds. It opens no file.
func (c *Config) Validate() error {
	var errs []error
	if len(c.Paths) == 0 {
		errs = append(errs, errors.New("paths: at least one is needed; - is standard input"))
	}
	stdin := 0
	for i, p := range c.Paths {
		if p == stdinPath {
			stdin++
		}
		if _, err := filepath.Match(p, ""); p == "" || err != nil {
			errs = append(errs, fmt.Errorf("paths[%d]: want a file, a pattern or -", i))
		}
	}
	if stdin > 1 {
		errs = append(errs, errors.New("paths: - is named twice"))
	}
	if c.MaxLineBytes < 4<<10 || c.MaxLineBytes > 64<<20 {
		errs = append(errs, fmt.Errorf("max_line_bytes: is %d, want %d to %d", c.MaxLineBytes, 4<<10, 64<<20))
	}
	if c.Parallel < 1 || c.Parallel > 256 {
		errs = append(errs, fmt.Errorf("parallel: is %d, want 1 to 256", c.Parallel))
	}
	return errors.Join(errs...)
}
