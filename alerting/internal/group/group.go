// Package group decides what findings mean for alerts: which incident a finding
// belongs to, whether people are to be told, and when it is over. It decides
// within one transaction of the notification log and sends nothing. Grouping,
// repeating and resolving go by event time; escalation and mute times by the
// wall clock.
package group

import (
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// Rules are the room's settings that decisions follow.
type Rules struct {
	GroupWindow, RepeatInterval, ResolveAfter time.Duration
	// Severity returns what an alert's severity is after what routing knows of
	// the asset, Decide where it goes now, open being what is not resolved. nil
	// is the severity as it is, and every sink of Sinks.
	Severity func(a *schemas.Alert) schemas.Severity
	Decide   func(a *schemas.Alert, open func(func(*schemas.Alert) bool)) route.Decision
	// Open calls f for the open alerts of the log that can inhibit others, as
	// they were before the transaction; nil if there are none.
	Open func(f func(*schemas.Alert) bool)
	// Sinks are the names of all sinks with the least severity that each takes.
	Sinks map[string]schemas.Severity
}

// The reasons for which a finding tells nobody.
const (
	ReasonRepeat    = "known_finding"
	ReasonInterval  = "repeat_interval"
	ReasonException = "exception"
	ReasonMuted     = "muted"
)

// Telling is a notification that was decided, and who gets it.
type Telling struct {
	Alert schemas.Alert
	// Sinks get it; Below would, if it were more severe.
	Sinks, Below []string

	of *change
}

// Book takes the decisions of one transaction of the log. It is thrown away
// with it: nothing outside changes before the transaction is durable.
type Book struct {
	tx    *bolt.Tx
	rules Rules
	now   time.Time // by the wall clock
	event time.Time // what the time is in the logs

	changed map[string]*change // by alert id
	order   []*change          // in order of the first touch

	// What becomes true with the commit: the notifications, the findings that
	// tell nobody by reason, those that joined an alert, and the changes of the
	// numbers of open alerts, alerts and findings in the log.
	Told       []Telling
	Suppressed map[string]int
	Grouped    int
	Open       int
	Total      int
	Seen       int
}

// change is an alert that the transaction touches.
type change struct {
	rec record
	// was is where the log has it; nil if the alert is new.
	was *places
	// touched tells that rec differs from the log, notify that people are told,
	// at is the event time that they are told at.
	touched, notify bool
	at              time.Time
	// shown tells that the caller gets it.
	shown bool
}

// NewBook begins the decisions of tx; now is the wall clock's time, event that
// of the logs.
func NewBook(tx *bolt.Tx, rules Rules, now, event time.Time) *Book {
	return &Book{tx: tx, rules: rules, now: now.UTC(), event: event.UTC(), changed: make(map[string]*change), Suppressed: make(map[string]int)}
}

// find returns the alert with the id, or nil.
func (b *Book) find(id string) (*change, error) {
	if c := b.changed[id]; c != nil {
		return c, nil
	}
	c := &change{}
	ok, err := load(b.tx, []byte(id), &c.rec)
	if err != nil || !ok {
		return nil, err
	}
	c.was = placesOf(&c.rec)
	b.add(c)
	return c, nil
}

// follow returns the alert with the id, or the one that has taken it up.
func (b *Book) follow(id string) (*change, error) {
	c, err := b.find(id)
	for range 8 { // a campaign can be taken up by another one in turn
		if err != nil || c == nil || c.rec.Alert.MergedInto == "" {
			return c, err
		}
		c, err = b.find(c.rec.Alert.MergedInto)
	}
	return c, err
}

func (b *Book) add(c *change) {
	b.changed[c.rec.Alert.ID] = c
	b.order = append(b.order, c)
}

// note adds an entry to the alert's history.
func (b *Book) note(c *change, what, by, text string) {
	a := &c.rec.Alert
	n := 1
	if len(a.History) > 0 {
		n = a.History[len(a.History)-1].Number + 1
	}
	a.History = ends(append(a.History, schemas.AlertEvent{Number: n, At: b.now, EventTime: b.event, What: what, By: by, Text: text, Severity: a.Severity}), schemas.MaxHistory)
	c.touched, c.shown = true, true
}

// Write puts the decisions into the log and fills Told.
func (b *Book) Write() error {
	for _, c := range b.order {
		if !c.touched {
			continue
		}
		if c.notify {
			b.tell(c)
		}
		if err := writeRecord(b.tx, &c.rec, c.was); err != nil {
			return err
		}
	}
	for i := range b.Told { // what is told is what the log has
		t := &b.Told[i]
		t.Alert = t.of.rec.Alert
		t.Alert.History = nil
	}
	return nil
}

// Tick notes in the log how far event time has come by what was taken.
func (b *Book) Tick() error {
	if !b.event.After(journal.Clock(b.tx)) {
		return nil
	}
	return journal.SetClock(b.tx, b.event)
}

// Alerts returns the alerts that the transaction is about, as they now are.
func (b *Book) Alerts() []schemas.Alert {
	out := make([]schemas.Alert, 0, len(b.order))
	for _, c := range b.order {
		if c.shown {
			out = append(out, c.rec.Alert)
		}
	}
	return out
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
