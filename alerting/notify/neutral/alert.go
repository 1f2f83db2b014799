package neutral

import (
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// testMark begins the title of an alert that was made to try a sink.
const testMark = "TEST: "

// Title returns the title of a as Text does, with "TEST: " first if a is a
// test.
func Title(a *schemas.Alert, limit int) string { return Text(Marked(a).Title, limit) }

// Marked returns a, or if it is a test a copy whose title begins with "TEST: ".
func Marked(a *schemas.Alert) *schemas.Alert {
	if !a.Test || strings.HasPrefix(a.Title, testMark) {
		return a
	}
	marked := *a
	marked.Title = testMark + a.Title
	return &marked
}

// Moment returns when what a tells happened: when somebody took it or it
// ended, else the latest of its event times. It is the same for a retry.
func Moment(a *schemas.Alert) time.Time {
	at := a.LastSeen
	if a.Finding.Detected.After(at) {
		at = a.Finding.Detected
	}
	switch {
	case a.State == schemas.AlertResolved && a.Resolution != nil && a.Resolution.At.After(at):
		at = a.Resolution.At
	case a.State == schemas.AlertAcknowledged && a.Acknowledged != nil && a.Acknowledged.At.After(at):
		at = a.Acknowledged.At
	}
	return at.UTC()
}
