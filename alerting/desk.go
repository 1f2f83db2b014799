package alerting

import (
	"context"
	"errors"
	"time"

	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// The errors of a Desk that a caller can do something about.
var (
	ErrNoAlert   = errors.New("there is no such alert")
	ErrAmbiguous = errors.New("several alerts begin like this")
	ErrNoSilence = errors.New("there is no such silence")
	ErrNoAllow   = errors.New("there is no such allowance")
	ErrNoSink    = errors.New("there is no such sink")
	ErrResolved  = errors.New("the alert is resolved already")
)

// Filter chooses alerts. Zero values choose all.
type Filter struct {
	// Open leaves out what is resolved.
	Open bool
	// Matchers all have to match, as in package route.
	Matchers []string
	// Since leaves out what was last seen before, by event time.
	Since time.Time
	// After is the id of the alert after which to go on; Limit is how many are
	// wanted, 1 to 1000; 0 means 100.
	After string
	Limit int
}

// Desk is where people and programs work with alerts. by is who they are; it is
// noted in the history. Ids may be cut to their first six or more characters as
// long as one alert alone begins so. Texts are bounded and made harmless.
type Desk interface {
	// List returns alerts, the one that was seen last first.
	List(f Filter) ([]schemas.Alert, error)
	// Alert returns one with its history.
	Alert(id string) (schemas.Alert, error)
	Acknowledge(ctx context.Context, id, by, comment string) (schemas.Alert, error)
	Resolve(ctx context.Context, id, by, comment string) (schemas.Alert, error)
	Comment(ctx context.Context, id, by, comment string) (schemas.Alert, error)

	// Silence makes s, of which Matchers, From, Until, By and Comment are given;
	// From may be zero for now.
	Silence(ctx context.Context, s schemas.Silence) (schemas.Silence, error)
	// Unsilence ends a silence.
	Unsilence(ctx context.Context, id, by string) (schemas.Silence, error)
	// Silences lists those that hold or will, and with all those that are over.
	Silences(all bool) ([]schemas.Silence, error)

	// Allow makes an exception, of which what it covers, Until, By and Reason are
	// given; Disallow ends one, and Allowances lists those in force, and with all
	// those that are over.
	Allow(ctx context.Context, a schemas.Allowance) (schemas.Allowance, error)
	Disallow(ctx context.Context, id, by string) (schemas.Allowance, error)
	Allowances(all bool) ([]schemas.Allowance, error)

	// Sinks says how each sink stands, in the order of the configuration.
	Sinks() []SinkStatus
	// Pending and DeadLetters are what sinks have still to be told, and what was
	// given up; Redeliver tries the latter again.
	Pending() []Delivery
	DeadLetters() ([]DeadLetter, error)
	Redeliver(sink string) (int, error)

	// Route says where an alert like a would go now.
	Route(a *schemas.Alert) (route.Decision, error)
	// Try sends a marked test alert to a sink and waits for its answer.
	Try(ctx context.Context, sink string) error
}

// Hooks are what the manager asks of the program around it; each may be nil.
type Hooks struct {
	// Reveal returns the true address of a stored one for a sink, and notes in the
	// audit that it did.
	Reveal func(ctx context.Context, sink, stored string) (string, error)
	// Allowed is called with the allowances in force when the log is opened and
	// whenever they change. It must not call the manager.
	Allowed func(inForce []schemas.Allowance)
}
