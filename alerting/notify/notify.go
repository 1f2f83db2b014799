// Package notify lists the sinks. Each is a folder below it that declares
//
//	type Config struct { … }
//	func DefaultConfig() Config
//	func (c *Config) Validate() error
//	func New(name string, cfg *Config) (*Sink, error)
//
// and a Sink that is an alerting.Sink. `go generate` finds the folders and
// writes builtin.go; the conformance suite of this package runs on each.
//
// The folders outbound and neutral are what sinks are built with: an HTTP
// client, and text that is harmless to show.
package notify

//go:generate go run ./internal/genbuiltin

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/alerting"
)

// Config is a pointer to the settings of some sink.
type Config interface{ Validate() error }

// Kind is a sink that can be configured.
type Kind struct {
	// Name is the folder, and the kind in the configuration.
	Name string
	// Default returns a pointer to new default settings, to decode over.
	Default func() Config
	// New makes a sink of settings that Default has returned. It reads secrets
	// and certificates and sends nothing.
	New func(name string, cfg Config) (alerting.Sink, error)
}

// Lookup returns the kind of that name, or an error that lists the kinds.
func Lookup(name string) (Kind, error) {
	kinds := Builtin()
	if i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name }); i >= 0 {
		return kinds[i], nil
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Name
	}
	return Kind{}, fmt.Errorf("kind is unknown: want one of %s", strings.Join(names, ", "))
}

// Build makes the sinks of the configuration; decode writes a sink's options
// over its default settings, and refuses unknown ones. Its error tells of every
// sink that cannot be made; those that can are returned beside it.
func Build(sinks []alerting.SinkConfig, decode func(options map[string]any, into Config) error) ([]alerting.Sink, error) {
	var out []alerting.Sink
	var errs []error
	for i := range sinks {
		sink, err := build(&sinks[i], fmt.Sprintf("alerting.sinks[%d]", i), decode)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, sink)
	}
	return out, errors.Join(errs...)
}

func build(s *alerting.SinkConfig, at string, decode func(options map[string]any, into Config) error) (alerting.Sink, error) {
	kind, err := Lookup(s.Kind)
	if err != nil {
		return nil, fmt.Errorf("%s.%w", at, err)
	}
	cfg := kind.Default()
	if err := decode(s.Options, cfg); err != nil {
		return nil, fmt.Errorf("%s.options: %w", at, err)
	}
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("%s.options.%w", at, err)
	}
	sink, err := kind.New(s.Name, cfg)
	if err != nil {
		return nil, fmt.Errorf("%s (%s): %w", at, s.Name, err)
	}
	return sink, nil
}

// kind adapts a sink's own functions. S is its Sink, C its Config.
func kind[S alerting.Sink, C any, P interface {
	*C
	Config
}](name string, def func() C, make func(string, *C) (S, error)) Kind {
	return Kind{
		Name: name,
		Default: func() Config {
			c := def()
			return P(&c)
		},
		New: func(name string, cfg Config) (alerting.Sink, error) {
			c, ok := cfg.(P)
			if !ok {
				return nil, errors.New("settings are of another sink")
			}
			sink, err := make(name, (*C)(c))
			if err != nil {
				return nil, err
			}
			return sink, nil
		},
	}
}
