package embedded

import (
	"errors"
	"fmt"
)

// Config says where the engine keeps its data and how much of the machine it
// may use.
type Config struct {
	// Dir is the folder of the data; it is made if it is missing. ":memory:" is
	// a temporary folder that is removed at the end.
	Dir string `mapstructure:"dir"`
	// Memory bounds what the engine holds at once, in bytes: at least 256 MiB,
	// by default 1 GiB. A statement that would go beyond it fails with
	// ClickHouse's error 241.
	Memory int64 `mapstructure:"memory"`
	// QueryMemory bounds what one statement holds, in bytes: at least 64 MiB and
	// at most Memory; by default 512 MiB.
	QueryMemory int64 `mapstructure:"query_memory"`
	// Sessions is how many statements run side by side, from 1 to 64; 6 by
	// default. More of them wait for their turn.
	Sessions int `mapstructure:"sessions"`
	// Threads is how many threads one statement uses, from 1 to 64; 2 by
	// default. Merges have as many threads of their own.
	Threads int `mapstructure:"threads"`
}

// Temporary as Config.Dir stands for a folder that lives as long as the engine.
const Temporary = ":memory:"

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{Dir: Temporary, Memory: 1 << 30, QueryMemory: 512 << 20, Sessions: 6, Threads: 2}
}

// Validate checks the bounds.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if c.Dir == "" {
		bad("dir is empty: it must be a folder, or %q for a temporary one", Temporary)
	}
	if c.Memory < 256<<20 {
		bad("memory is %d bytes: it must be at least %d", c.Memory, 256<<20)
	}
	if c.QueryMemory < 64<<20 || c.QueryMemory > c.Memory {
		bad("query_memory is %d bytes: it must be from %d to memory", c.QueryMemory, 64<<20)
	}
	if c.Sessions < 1 || c.Sessions > 64 {
		bad("sessions is %d: it must be from 1 to 64", c.Sessions)
	}
	if c.Threads < 1 || c.Threads > 64 {
		bad("threads is %d: it must be from 1 to 64", c.Threads)
	}
	return errors.Join(errs...)
}
