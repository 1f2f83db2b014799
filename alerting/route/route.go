// Package route decides who is told of an alert: how severe it is for the asset
// that it is about, which sinks it goes to, and why nobody is told at present.
// It is pure: it keeps no state, reads no clock and sends nothing, so that what
// `gatehound routes test` says is what the service does.
package route

import (
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// Config is who is told of what. Matchers are texts like `severity>=high`,
// `detector=~"auth.*"` or `tenant=acme`; all of a list have to match. Labels
// are severity, confidence, detector and family (of any part of the alert),
// entity, kind, tenant, provider, model, technique, state and alert (its id);
// the operators =, !=, =~, !~ and, for severity and confidence, >=, <=, > and <.
type Config struct {
	// Assets say what is worth more or less than others. The first that matches
	// holds. Default: none.
	Assets []Asset `mapstructure:"assets"`
	// Routes are tried in order; an alert takes the first that matches, and goes
	// on after those that say continue. Without routes, and if none matches, it
	// goes to every sink. Default: none.
	Routes []Route `mapstructure:"routes"`
	// MuteTimes are named times at which routes that name them are silent.
	// Default: none.
	MuteTimes []MuteTime `mapstructure:"mute_times"`
	// Maintenance are planned windows in which what matches is silent. Default:
	// none.
	Maintenance []Maintenance `mapstructure:"maintenance"`
	// Inhibit are rules by which one open alert silences others. Default: none.
	Inhibit []Inhibition `mapstructure:"inhibit"`
}

// Asset changes the severity of alerts about something.
type Asset struct {
	Name     string   `mapstructure:"name"`
	Matchers []string `mapstructure:"matchers"`
	// Raise is by how many steps the severity is changed: -4 to 4, not 0.
	Raise int `mapstructure:"raise"`
}

// Route sends alerts to sinks.
type Route struct {
	// Name is 1 to 40 of a-z, 0-9, "_" and "-", unique.
	Name     string   `mapstructure:"name"`
	Matchers []string `mapstructure:"matchers"`
	// Sinks are names of sinks; empty drops what matches from being told.
	Sinks []string `mapstructure:"sinks"`
	// During are names of MuteTimes outside of which the route does not match.
	During []string `mapstructure:"during"`
	// Mute are names of MuteTimes in which it matches and tells nobody.
	Mute []string `mapstructure:"mute"`
	// Continue lets routes after it match too.
	Continue bool `mapstructure:"continue"`
	// Escalate are the steps that are taken while nobody acknowledges.
	Escalate []Step `mapstructure:"escalate"`
}

// Step is a step of escalation.
type Step struct {
	// After is how long nobody has acknowledged, by the wall clock since the
	// alert was first told or reopened: 1m to 168h, each longer than the last.
	After time.Duration `mapstructure:"after"`
	Sinks []string      `mapstructure:"sinks"`
}

// MuteTime is a set of times of the week.
type MuteTime struct {
	Name string `mapstructure:"name"`
	// Weekdays are like "monday" or "monday:friday"; empty is every day.
	Weekdays []string `mapstructure:"weekdays"`
	// Times are like "22:00-06:00" or "00:00-24:00"; empty is all day. A range
	// that passes midnight belongs to the day on which it begins.
	Times []string `mapstructure:"times"`
	// Dates are like "12-24:12-26" or "2026-12-31"; empty is every date.
	Dates []string `mapstructure:"dates"`
	// Zone is a name of the IANA database, such as "Europe/Berlin". Default UTC.
	Zone string `mapstructure:"zone"`
}

// Maintenance is a planned silence.
type Maintenance struct {
	Name     string   `mapstructure:"name"`
	Matchers []string `mapstructure:"matchers"`
	// From and Until bound it once, in RFC 3339; or During names MuteTimes that
	// it comes back in.
	From    time.Time `mapstructure:"from"`
	Until   time.Time `mapstructure:"until"`
	During  []string  `mapstructure:"during"`
	Comment string    `mapstructure:"comment"`
}

// Inhibition lets open alerts that match Source silence those that match
// Target, if both have the same value for each label in Equal.
type Inhibition struct {
	Source []string `mapstructure:"source"`
	Target []string `mapstructure:"target"`
	Equal  []string `mapstructure:"equal"`
}

// Target is a sink that an alert goes to.
type Target struct {
	Sink string
	// Route is the route that names it; empty for the default.
	Route string
	// Muted is why the sink is not told now; empty if it is.
	Muted string
}

// Decision is what is decided about an alert.
type Decision struct {
	Targets []Target
	// Muted is why nobody is told: the first of silence, maintenance and
	// inhibition that covers it, or the mute times of all its routes.
	Muted string
	// Steps of escalation, of the first route that has some.
	Steps []Step
	// Why says in lines, route by route, what matched and what did not.
	Why []string
}

// World is what a decision depends on besides the configuration.
type World struct {
	Now      time.Time
	Silences []schemas.Silence
	// Open calls f for every alert that is not resolved until f returns false. It is
	// asked only where inhibition rules need it.
	Open func(f func(*schemas.Alert) bool)
}
