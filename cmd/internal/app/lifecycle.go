package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// stopping is a stack of what was started: it is stopped last in, first out,
// each with a name and a bound, so that a stop that hangs can be told.
type stopping struct {
	log   *slog.Logger
	names []string
	stops []func(context.Context) error
}

// stopTimeout bounds the stop of one component.
const stopTimeout = 30 * time.Second

func (s *stopping) push(name string, stop func(context.Context) error) {
	s.names, s.stops = append(s.names, name), append(s.stops, stop)
}

// closes pushes a stop that takes no context.
func (s *stopping) closes(name string, stop func() error) {
	s.push(name, func(context.Context) error { return stop() })
}

// run stops everything and returns what went wrong.
func (s *stopping) run() error {
	var errs []error
	for i := len(s.stops) - 1; i >= 0; i-- {
		s.log.Debug("stopping", "component", s.names[i])
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
