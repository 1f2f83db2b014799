// Package lifecycle stops what was started.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Stack is a stack of what was started: it is stopped last in, first out,
// each with a name and a bound, so that a stop that hangs can be told.
type Stack struct {
	// Log is told each stop, at debug level.
	Log   *slog.Logger
	names []string
	stops []func(context.Context) error
}

// stopTimeout bounds the stop of one component.
const stopTimeout = 30 * time.Second

// Push adds a component on top.
func (s *Stack) Push(name string, stop func(context.Context) error) {
	s.names, s.stops = append(s.names, name), append(s.stops, stop)
}

// Closes pushes a stop that takes no context.
func (s *Stack) Closes(name string, stop func() error) {
	s.Push(name, func(context.Context) error { return stop() })
}

// Run stops everything and returns what went wrong.
func (s *Stack) Run() error {
	var errs []error
	for i := len(s.stops) - 1; i >= 0; i-- {
		s.Log.Debug("stopping", "component", s.names[i])
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		done := make(chan error, 1)
		go func() { done <- s.stops[i](ctx) }()
		select {
		case err := <-done:
			if err != nil {
				errs = append(errs, fmt.Errorf("stop %s: %w", s.names[i], err))
			}
		case <-ctx.Done():
			errs = append(errs, fmt.Errorf("stop %s: not done after %v", s.names[i], stopTimeout))
		}
		cancel()
	}
	s.names, s.stops = nil, nil
	return errors.Join(errs...)
}
