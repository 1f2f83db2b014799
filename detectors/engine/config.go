package engine

import (
	"fmt"
	"log/slog"
	"math/bits"
	"runtime"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/exceptions"
)

// Config is what a user sets. Durations are in event time.
type Config struct {
	// Shards is how many parts the state is cut into, a power of two: the most
	// goroutines that can observe at once. 1 to 1024, default 64.
	Shards int `mapstructure:"shards"`
	// Workers is how many goroutines drive the shards; 0 takes one for each
	// CPU. 0 to 1024, default 0.
	Workers int `mapstructure:"workers"`
	// Memory bounds the bytes of all that is known of entities: records, names,
	// states and estimates. 16 MiB to 1 TiB, default 512 MiB.
	Memory int64 `mapstructure:"memory"`
	// Lateness is how far behind the newest event of its partition an event
	// may be and still be on time. 0 to 1h, default 5s.
	Lateness time.Duration `mapstructure:"lateness"`
	// Idle is how far a partition may be behind the furthest one and still
	// hold the watermark back. 1s to 24h, default 30s.
	Idle time.Duration `mapstructure:"idle"`
	// Jump is how far ahead of all others an event may be and be believed at
	// once; beyond, three of a partition in a row have to agree, so that one
	// line with a wrong clock does not make all others late. A hundred in a row
	// that are further behind, and by at least six hours, show that the clock
	// before was wrong. 1m to 8760h, default 10m.
	Jump time.Duration `mapstructure:"jump"`
	// Findings bounds how many findings the open windows of all detectors can
	// have; half of it is for severities from high on. 64 to 1048576, default
	// 16384.
	Findings int `mapstructure:"findings"`
	// Budget is the CPU time that a detector may take for an event, or for an
	// entity at the end of a window, on average; one that takes more is disabled
	// and reported. 0 to 100ms, default 20us; 0 lets every detector take what it
	// takes.
	Budget time.Duration `mapstructure:"budget"`
	// Allow lists what is known and not to be alerted on.
	Allow []Allow `mapstructure:"allow"`
	// AllowReport is how many findings an exception hides in a day before that is
	// a finding itself; hiding a critical one always is. 1 to 1000000, default 20.
	AllowReport int `mapstructure:"allow_report"`
}

// Allow covers findings: those for which everything that is set in it holds.
type Allow = exceptions.Allow

// Settings is what the engine runs with.
type Settings struct {
	Config Config
	// EntityKey is the secret under which entities are hashed. Another key
	// makes other entities: snapshots of the old one are not read.
	EntityKey [16]byte
	// Table is the table of events that the findings' queries read, "events"
	// if empty.
	Table string
	// Log gets what an operator has to know; nil discards it.
	Log *slog.Logger
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config {
	return Config{
		Shards:      64,
		Memory:      512 << 20,
		Lateness:    5 * time.Second,
		Idle:        30 * time.Second,
		Jump:        10 * time.Minute,
		Findings:    16384,
		Budget:      20 * time.Microsecond,
		AllowReport: 20,
	}
}

// Validate returns an error that names the first setting out of its bounds.
func (c *Config) Validate() error {
	for _, b := range []struct {
		key            string
		value, lo, hi  int64
		allowed        string
		furtherProblem bool
	}{
		{"shards", int64(c.Shards), 1, 1024, "a power of two from 1 to 1024", bits.OnesCount(uint(c.Shards)) != 1},
		{"workers", int64(c.Workers), 0, 1024, "0 to 1024", false},
		{"memory", c.Memory, 16 << 20, 1 << 40, "16777216 (16 MiB) to 1099511627776 (1 TiB)", false},
		{"lateness", int64(c.Lateness), 0, int64(time.Hour), "0s to 1h", false},
		{"idle", int64(c.Idle), int64(time.Second), int64(24 * time.Hour), "1s to 24h", false},
		{"jump", int64(c.Jump), int64(time.Minute), int64(8760 * time.Hour), "1m to 8760h", false},
		{"findings", int64(c.Findings), 64, 1 << 20, "64 to 1048576", false},
		{"budget", int64(c.Budget), 0, int64(100 * time.Millisecond), "0s to 100ms", false},
		{"allow_report", int64(c.AllowReport), 1, 1000000, "1 to 1000000", false},
	} {
		if b.value < b.lo || b.value > b.hi || b.furtherProblem {
			return fmt.Errorf("%s is out of bounds: want %s", b.key, b.allowed)
		}
	}
	return exceptions.Validate(c.Allow)
}

func (c *Config) workers() int {
	if c.Workers > 0 {
		return min(c.Workers, c.Shards)
	}
	return min(runtime.GOMAXPROCS(0), c.Shards)
}
