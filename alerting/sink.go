package alerting

import (
	"context"
	"errors"
	"time"

	"github.com/gatehound/gatehound/alerting/internal/outbox"
	"github.com/gatehound/gatehound/schemas"
)

// Ref is what a sink needs to find an alert's first message again, for example
// Slack's channel and timestamp. It is opaque to the manager, which keeps it
// over restarts. It is at most MaxRef bytes; a longer one is dropped.
type Ref string

// MaxRef is the bound of a Ref in bytes.
const MaxRef = 512

// Sink sends alerts to one receiver. The manager calls Notify from one
// goroutine at a time, in order for each alert.
type Sink interface {
	// Name is the sink's name in the configuration; it is unique and constant.
	Name() string
	// Notify makes one attempt to deliver a and returns before ctx is done. It
	// neither keeps nor changes a.
	//
	// key identifies the notification: a retry, also after a crash, has the
	// same key, and a receiver that has seen it drops it. prev is the Ref that
	// the last successful Notify of the same alert returned, or empty. The
	// returned Ref replaces it; an empty one leaves it as it is.
	//
	// The error is nil if the receiver took the alert; else Permanent if
	// another attempt cannot help, After if the receiver said when to come
	// back, and anything else if the attempt may be repeated. Its text has no
	// token, no URL and nothing of the receiver's answer.
	Notify(ctx context.Context, a *schemas.Alert, key string, prev Ref) (Ref, error)
	// Check tries to reach the receiver, and to prove who we are if that can be
	// done without a notification. Its errors are like those of Notify.
	Check(ctx context.Context) error
}

// Key returns the idempotency key of a's notification.
func Key(a *schemas.Alert) string { return outbox.Key(a) }

type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// Permanent marks err as one that no further attempt can cure: the
// notification goes to the dead letters.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanentError{err}
}

// IsPermanent reports whether err is marked by Permanent.
func IsPermanent(err error) bool {
	var p permanentError
	return errors.As(err, &p)
}

type afterError struct {
	error
	wait time.Duration
}

func (e afterError) Unwrap() error { return e.error }

// After marks err as a receiver's wish to be left alone for d.
func After(err error, d time.Duration) error {
	if err == nil {
		return nil
	}
	return afterError{err, d}
}

// RetryAfter returns the wait of an error that is marked by After.
func RetryAfter(err error) (time.Duration, bool) {
	var a afterError
	if errors.As(err, &a) {
		return a.wait, true
	}
	return 0, false
}
