// Package stdout writes alerts as lines of JSON to the standard output or the
// standard error: one alert a line, as in schemas/json/alert.v1.schema.json.
package stdout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// Config is the settings of the sink.
type Config struct {
	// Stream is where to write to: "stdout" (default) or "stderr".
	Stream string `mapstructure:"stream"`
}

// DefaultConfig returns the defaults.
func DefaultConfig() Config { return Config{Stream: "stdout"} }

// Validate checks the stream's name.
func (c *Config) Validate() error {
	if c.Stream != "stdout" && c.Stream != "stderr" {
		return fmt.Errorf(`stream is %q: want "stdout" or "stderr"`, c.Stream)
	}
	return nil
}

// Sink writes to one stream.
type Sink struct {
	name string
	to   io.Writer
	// turn has an entry while a line is being written, also one whose Notify
	// has given up waiting: so that lines do not mix.
	turn chan struct{}
}

var _ alerting.Sink = (*Sink)(nil)

// New returns a sink that writes to the stream that cfg names.
func New(name string, cfg *Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	stream := os.Stdout
	if cfg.Stream == "stderr" {
		stream = os.Stderr
	}
	to, err := survivor(stream)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	return NewWriter(name, to), nil
}

// NewWriter returns a sink that writes to w, which is used by nobody else.
func NewWriter(name string, w io.Writer) *Sink {
	return &Sink{name: name, to: w, turn: make(chan struct{}, 1)}
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// Check has nothing to try.
func (s *Sink) Check(context.Context) error { return nil }

// Notify writes a as one line, in one piece and without a buffer. Whoever reads
// the stream may have stopped to: then the line stays in the making, and an
// attempt that comes later waits for its turn.
func (s *Sink) Notify(ctx context.Context, a *schemas.Alert, _ string, _ alerting.Ref) (alerting.Ref, error) {
	if ctx.Err() != nil {
		return "", errors.New("attempt was stopped")
	}
	doc, err := json.Marshal(neutral.Marked(a))
	if err != nil {
		return "", alerting.Permanent(errors.New("the alert cannot be encoded"))
	}
	line := append(neutral.JSON(doc), '\n')
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return "", errors.New("the stream does not take it in time")
	}
	done := make(chan error, 1)
	go func() {
		_, err := s.to.Write(line)
		<-s.turn
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			return "", errors.New("the stream does not take it") // there may be another reader later
		}
		return "", nil
	case <-ctx.Done():
		return "", errors.New("the stream does not take it in time")
	}
}
