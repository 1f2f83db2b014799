package engine

import (
	"fmt"
	"log/slog"
	"math/bits"
	"net/netip"
	"runtime"
	"time"
)

// Config is what a user sets. Durations are in event time.
type Config struct {
	// Shards is how many parts the state is cut into, a power of two: the most
	// goroutines that can observe at once. 1 to 1024, default 64.
	Shards int `mapstructure:"shards"`
	// Workers is how many goroutines drive the shards; 0 takes one for each
	// CPU. 0 to 1024, default 0.
	Workers int `mapstructure:"workers"`
	// Memory bounds the bytes of all state tables. 16 MiB to 1 TiB,
	// default 512 MiB.
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
	// Allow lists what is known and not to be alerted on.
	Allow []Allow `mapstructure:"allow"`
}

// Allow covers findings: those for which everything that is set in it holds.
// At least one of Detector, Principal, Address, Client and Route is set. A
// covered finding is marked with Finding.Exception and not dropped.
type Allow struct {
	// Detector is a finding's detector ("rate.spike") or its family ("rate").
	Detector string `mapstructure:"detector"`
	// Principal is a principal as findings show it.
	Principal string `mapstructure:"principal"`
	// Address is a true address or network of clients, Client one as findings
	// show it (the pseudonym).
	Address string `mapstructure:"address"`
	Client  string `mapstructure:"client"`
	// Route is a method and a route template, "POST /v1/embeddings".
	Route string `mapstructure:"route"`
	// Owner answers for the exception and Reason says why; both are needed.
	Owner  string `mapstructure:"owner"`
	Reason string `mapstructure:"reason"`
	// Expires is when it ends, in event time; zero never does.
	Expires time.Time `mapstructure:"expires"`
}

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
		Shards:   64,
		Memory:   512 << 20,
		Lateness: 5 * time.Second,
		Idle:     30 * time.Second,
		Jump:     10 * time.Minute,
		Findings: 16384,
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
	} {
		if b.value < b.lo || b.value > b.hi || b.furtherProblem {
			return fmt.Errorf("%s is out of bounds: want %s", b.key, b.allowed)
		}
	}
	for i := range c.Allow {
		if err := c.Allow[i].validate(); err != nil {
			return fmt.Errorf("allow[%d]: %w", i, err)
		}
	}
	return nil
}

func (a *Allow) validate() error {
	switch {
	case a.Owner == "":
		return fmt.Errorf("owner is empty: want who answers for the exception")
	case a.Reason == "":
		return fmt.Errorf("reason is empty: want why this is known")
	case a.Detector == "" && a.Principal == "" && a.Address == "" && a.Client == "" && a.Route == "":
		return fmt.Errorf("it would cover everything: want detector, principal, address, client or route")
	}
	set := 0
	for _, s := range []string{a.Principal, a.Address + a.Client, a.Route} {
		if s != "" {
			set++
		}
	}
	if set > 1 || a.Address != "" && a.Client != "" {
		return fmt.Errorf("it names two entities: want at most one of principal, address, client and route")
	}
	if _, err := network(a.Address); err != nil {
		return fmt.Errorf("address: %w", err)
	}
	if _, err := network(a.Client); err != nil {
		return fmt.Errorf("client: %w", err)
	}
	return nil
}

// network parses an address or a prefix; empty gives an invalid prefix.
func network(s string) (netip.Prefix, error) {
	if s == "" {
		return netip.Prefix{}, nil
	}
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("not an address or network: want for example 192.0.2.7 or 2001:db8::/48")
	}
	return p.Masked(), nil
}

func (c *Config) workers() int {
	if c.Workers > 0 {
		return min(c.Workers, c.Shards)
	}
	return min(runtime.GOMAXPROCS(0), c.Shards)
}
