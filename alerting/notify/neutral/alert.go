package neutral

import (
	"net/url"
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

// maxBy bounds who did something, in code points.
const maxBy = 200

// Signed says who did what m tells, when and why: "alice at 2026-11-20T12:00:00Z:
// mine"; the time is in layout, the whole has at most limit code points. It is
// empty if m is nil.
func Signed(m *schemas.Mark, layout string, limit int) string {
	if m == nil {
		return ""
	}
	by := Text(m.By, maxBy)
	if by == "" {
		by = "Gatehound"
	}
	return Text(by+" at "+m.At.UTC().Format(layout)+": "+m.Comment, limit)
}

// IsLink reports whether s is an address of http or https that can be opened and
// shown as it is, with at most limit code points.
func IsLink(s string, limit int) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && Text(s, limit) == s
}
