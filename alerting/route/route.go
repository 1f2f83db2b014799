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
// `detector=authfail.*` or `tenant=acme`; all of a list have to match. The
// README lists the labels and operators.
type Config struct {
	// Assets say what is worth more or less than others. The first that matches
	// holds. At most 200. Default: none.
	Assets []Asset `mapstructure:"assets"`
	// Routes are tried in order; an alert takes the first that matches, and goes
	// on after those that say continue. Without routes, and if none matches, it
	// goes to every sink. At most 200. Default: none.
	Routes []Route `mapstructure:"routes"`
	// MuteTimes are named times at which routes that name them are silent. At
	// most 100. Default: none.
	MuteTimes []MuteTime `mapstructure:"mute_times"`
	// Maintenance are planned windows in which what matches is silent. At most
	// 200. Default: none.
	Maintenance []Maintenance `mapstructure:"maintenance"`
	// Inhibit are rules by which one open alert silences others. At most 50.
	// Default: none.
	Inhibit []Inhibition `mapstructure:"inhibit"`
}

// Asset changes the severity of alerts about something.
type Asset struct {
	// Name is 1 to 40 of a-z, 0-9, "_" and "-", unique.
	Name string `mapstructure:"name"`
	// Matchers are 1 to 16. To them severity is that of the worst part.
	Matchers []string `mapstructure:"matchers"`
	// Raise is by how many steps the severity is changed: -4 to 4, not 0.
	Raise int `mapstructure:"raise"`
}

// Route sends alerts to sinks.
type Route struct {
	// Name is 1 to 40 of a-z, 0-9, "_" and "-", unique.
	Name string `mapstructure:"name"`
	// Matchers are at most 16. Without, the route takes everything.
	Matchers []string `mapstructure:"matchers"`
	// Sinks are names of sinks; empty drops what matches from being told.
	Sinks []string `mapstructure:"sinks"`
	// During are names of MuteTimes outside of which the route does not match.
	During []string `mapstructure:"during"`
	// Mute are names of MuteTimes in which it matches and tells nobody.
	Mute []string `mapstructure:"mute"`
	// Continue lets routes after it match too.
	Continue bool `mapstructure:"continue"`
	// Escalate are the steps that are taken while nobody acknowledges; at most
	// 10.
	Escalate []Step `mapstructure:"escalate"`
}

// Step is a step of escalation.
type Step struct {
	// After is how long nobody has acknowledged, by the wall clock since the
	// alert was first told or reopened: 1m to 168h, each longer than the last. In
	// JSON it is in nanoseconds.
	After time.Duration `mapstructure:"after" json:"after"`
	// Sinks are names of sinks, at least one.
	Sinks []string `mapstructure:"sinks" json:"sinks"`
}

// MuteTime is a set of times of the week: those that are in one of Weekdays, of
// Times and of Dates each. At least one of the three is given, each with at most
// 32 entries.
type MuteTime struct {
	// Name is 1 to 40 of a-z, 0-9, "_" and "-", unique.
	Name string `mapstructure:"name"`
	// Weekdays are like "monday" or "monday:friday"; empty is every day.
	Weekdays []string `mapstructure:"weekdays"`
	// Times are like "22:00-06:00" or "00:00-24:00"; empty is all day. A range
	// that passes midnight belongs to the day on which it begins. Where clocks are
	// set back, it goes from the first time that they show its beginning to the
	// last time that they show its end.
	Times []string `mapstructure:"times"`
	// Dates are like "12-24:12-26" or "2026-12-31", in quotes; empty is every
	// date.
	Dates []string `mapstructure:"dates"`
	// Zone is a name of the IANA database, such as "Europe/Berlin". Default UTC.
	Zone string `mapstructure:"zone"`
}

// Maintenance is a planned silence.
type Maintenance struct {
	// Name is 1 to 40 of a-z, 0-9, "_" and "-", unique.
	Name string `mapstructure:"name"`
	// Matchers are 1 to 16; `severity>=info` is everything.
	Matchers []string `mapstructure:"matchers"`
	// From and Until bound it, in RFC 3339; During names MuteTimes that it comes
	// back in. Without During both are needed.
	From   time.Time `mapstructure:"from"`
	Until  time.Time `mapstructure:"until"`
	During []string  `mapstructure:"during"`
	// Comment says what is done, for people; at most 200 bytes.
	Comment string `mapstructure:"comment"`
}

// Inhibition lets open alerts that match Source silence those that match
// Target, if both have a value of each label in Equal in common. An alert does
// not silence itself, and of two that would silence each other the older one
// does. An alert that is silent itself silences others all the same.
type Inhibition struct {
	// Source and Target are matchers, 1 to 16 each.
	Source []string `mapstructure:"source"`
	Target []string `mapstructure:"target"`
	// Equal are labels: detector, family, entity, kind, tenant, provider, model,
	// technique, campaign or severity. What an alert lacks is equal to nothing.
	Equal []string `mapstructure:"equal"`
}

// Target is a sink that an alert goes to.
type Target struct {
	Sink string `json:"sink"`
	// Route is the route that names it; empty for the default.
	Route string `json:"route,omitempty"`
	// Muted is why the sink is not told now, as in Decision; empty if it is.
	Muted string `json:"muted,omitempty"`
	// Until is when that ends; zero if it is not muted or nobody knows.
	Until time.Time `json:"until,omitzero"`
}

// Decision is what is decided about an alert.
type Decision struct {
	// Targets are the sinks that it goes to, none of them twice. Sinks of muted
	// routes, and all sinks if nobody is told, are among them with Muted set.
	Targets []Target `json:"targets"`
	// Muted is why nobody is told: the first of "silence 01ab…", "maintenance
	// db-upgrade", "alert 4f2c…" (which inhibits it), "mute time nights" (of all its
	// routes) and "route noise" (which has no sinks) that holds; empty if somebody
	// is told.
	Muted string `json:"muted,omitempty"`
	// Until is when Muted ends at the earliest; zero if nobody knows.
	Until time.Time `json:"until,omitzero"`
	// Steps of escalation, of the first matching route that has some. They belong
	// to the configuration: do not change them.
	Steps []Step `json:"steps,omitempty"`
	// Why says in lines, route by route, what matched and what did not.
	Why []string `json:"why"`
}

// World is what a decision depends on besides the configuration.
type World struct {
	Now time.Time
	// Silences are read for this decision; one that cannot be read silences
	// nothing.
	Silences []schemas.Silence
	// Quiet are silences that were read before, for decisions that are made often.
	Quiet *Silences
	// Open calls f for every alert that is not resolved until f returns false. It is
	// asked only where inhibition rules need it; nil is none.
	Open func(f func(*schemas.Alert) bool)
}
