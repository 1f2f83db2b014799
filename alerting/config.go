package alerting

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting/internal/view"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// Config is the settings of the room; the sinks' own settings are in Options.
type Config struct {
	// Path is the file of the notification log. Default "": the service takes
	// "alerts.db" in its data folder; a replay, which is not resumed and so
	// notifies nobody twice, a temporary file that is removed at the end.
	Path string `mapstructure:"path"`
	// GroupWindow is the longest gap, in event time, between findings of one
	// alert. A finding that comes later opens a new alert; one that comes
	// earlier reopens the alert if it was resolved. Default 6h; 1m to 720h, and
	// at least ResolveAfter.
	GroupWindow time.Duration `mapstructure:"group_window"`
	// RepeatInterval is how long, in event time, an open alert is silent
	// although findings go on, unless its severity rises. Default 4h; 1m to
	// 168h.
	RepeatInterval time.Duration `mapstructure:"repeat_interval"`
	// ResolveAfter is how long, in event time, an alert stays open without
	// findings. It should exceed the detectors' windows. Default 1h; 1m to
	// 168h.
	ResolveAfter time.Duration `mapstructure:"resolve_after"`
	// Retention is how long the log remembers findings (by the wall clock) and
	// resolved alerts (in event time). A finding that is read again later than
	// that is told again. Default 168h; 1h to 2160h.
	Retention time.Duration `mapstructure:"retention"`
	// MaxAlerts is how many alerts the log holds. Beyond it resolved ones go
	// first; then open ones are resolved, and told as such. Default 100000; 100
	// to 10000000.
	MaxAlerts int `mapstructure:"max_alerts"`
	// MaxAge is how long a notification is tried, by the wall clock, before it
	// becomes a dead letter. Default 72h, a weekend; 1m to 720h.
	MaxAge time.Duration `mapstructure:"max_age"`
	// BackoffMin is the bound of the first wait after a failed attempt; it
	// doubles with each further one up to BackoffMax. The wait is drawn evenly
	// from zero to the bound. Defaults 500ms and 5m; 10ms to 1h, and
	// BackoffMax at least BackoffMin.
	BackoffMin time.Duration `mapstructure:"backoff_min"`
	BackoffMax time.Duration `mapstructure:"backoff_max"`
	// QueueLimit is how many notifications wait for a sink. Beyond it they are
	// summed up in a digest, or with on_storm "delay" the oldest of the lowest
	// severity become dead letters. Default 10000; 10 to 1000000.
	QueueLimit int `mapstructure:"queue_limit"`
	// DrainTimeout is how long Run goes on delivering after its context is
	// done. Default 5s; 0 to 5m.
	DrainTimeout time.Duration `mapstructure:"drain_timeout"`
	// CaseURL is where people look at an alert: a URL, http or https, in which
	// "{id}" stands for the alert's id, at most 1024 bytes. Default "": alerts have
	// no link.
	CaseURL string `mapstructure:"case_url"`
	// Routing says who is told of what. Default: every sink of everything.
	Routing route.Config `mapstructure:"routing"`
	// Sinks are the receivers; at most 32.
	Sinks []SinkConfig `mapstructure:"sinks"`

	// replay tells that the wall clock has no say in what is decided.
	replay bool
}

// Replaying returns the settings under which logs of the past are read again, so
// that the same logs tell the same, whenever and however fast they are read: a
// temporary log, no sinks of the configuration, event time that stands between
// two calls, and of routing the worth of assets alone. Routes, escalation, mute
// times, maintenance and inhibition are for people who are on call at the time.
func (c Config) Replaying() Config {
	c.Path, c.Sinks, c.Routing, c.replay = "", nil, route.Config{Assets: c.Routing.Assets}, true
	c.QueueLimit = maxQueueLimit
	return c
}

// SinkConfig is what the manager needs to know of one sink. Zero values mean
// the defaults.
type SinkConfig struct {
	// Name is the sink's name in logs, metrics and the notification log: 1 to
	// 40 of a-z, 0-9, "_" and "-", unique. A sink that is renamed is a new one.
	Name string `mapstructure:"name"`
	// Kind is the folder of the sink: "slack", "webhook", "stdout".
	Kind string `mapstructure:"kind"`
	// MinSeverity is the least severity that is sent: "info" (default), "low",
	// "medium", "high" or "critical".
	MinSeverity string `mapstructure:"min_severity"`
	// PerMinute is how many notifications the sink gets in any minute. Default
	// 30; 2 to 100000.
	PerMinute int `mapstructure:"per_minute"`
	// OnStorm is what happens to more than that: "digest" (default) sums up
	// what waits in one notification, which suits people; "delay" lets it
	// wait, which suits machines.
	OnStorm string `mapstructure:"on_storm"`
	// Timeout bounds one attempt. Default 15s; 100ms to 5m.
	Timeout time.Duration `mapstructure:"timeout"`
	// Reveal is what the sink is shown of client addresses: "pseudonyms"
	// (default), as they are stored, "addresses", the true ones where a key of
	// the ring still reveals them, which is audited, or "nothing", which takes
	// the names of callers and addresses out.
	Reveal string `mapstructure:"reveal"`
	// Omit are parts of alerts that the sink is not sent: "query", "samples",
	// "features", "techniques", "series", "related", "tenant", "model",
	// "campaign", "parts", "names". Default: none.
	Omit []string `mapstructure:"omit"`
	// Title and Summary are Go templates over the alert that replace its title
	// and summary for the sink, such as
	// `{{.Severity}} {{.Title}} ({{.Tenant}})`, at most 4096 bytes each. What an
	// alert may lack, like Acknowledged, is asked for by "with". See README.md.
	// Default "": as they are.
	Title   string `mapstructure:"title"`
	Summary string `mapstructure:"summary"`
	// Options are the settings of the kind, decoded over its DefaultConfig.
	Options map[string]any `mapstructure:"options"`
}

// The values of SinkConfig.OnStorm.
const (
	StormDigest = "digest"
	StormDelay  = "delay"
)

// The values of SinkConfig.Reveal.
const (
	RevealPseudonyms = "pseudonyms"
	RevealAddresses  = "addresses"
	RevealNothing    = "nothing"
)

// DefaultConfig returns the defaults, without sinks.
func DefaultConfig() Config {
	return Config{
		GroupWindow:    6 * time.Hour,
		RepeatInterval: 4 * time.Hour,
		ResolveAfter:   time.Hour,
		Retention:      168 * time.Hour,
		MaxAlerts:      100_000,
		MaxAge:         72 * time.Hour,
		BackoffMin:     500 * time.Millisecond,
		BackoffMax:     5 * time.Minute,
		QueueLimit:     10_000,
		DrainTimeout:   5 * time.Second,
	}
}

// maxSinks bounds the workers and the metrics' labels.
const maxSinks = 32

// maxQueueLimit bounds the memory for what waits: some 200 bytes each.
const maxQueueLimit = 1_000_000

// maxCaseURL bounds the link, in bytes.
const maxCaseURL = 1024

// omittable are the values of SinkConfig.Omit.
var omittable = []string{"query", "samples", "features", "techniques", "series", "related", "tenant", "model",
	"campaign", "parts", "names"}

var sinkName = regexp.MustCompile(`^[a-z0-9_-]{1,40}$`)

// Validate checks the bounds of every field.
func (c *Config) Validate() error {
	for _, d := range []struct {
		key      string
		val      time.Duration
		min, max time.Duration
	}{
		{"group_window", c.GroupWindow, time.Minute, 720 * time.Hour},
		{"repeat_interval", c.RepeatInterval, time.Minute, 168 * time.Hour},
		{"resolve_after", c.ResolveAfter, time.Minute, 168 * time.Hour},
		{"retention", c.Retention, time.Hour, 2160 * time.Hour},
		{"max_age", c.MaxAge, time.Minute, 720 * time.Hour},
		{"backoff_min", c.BackoffMin, 10 * time.Millisecond, time.Hour},
		{"backoff_max", c.BackoffMax, c.BackoffMin, time.Hour},
		{"drain_timeout", c.DrainTimeout, 0, 5 * time.Minute},
	} {
		if d.val < d.min || d.val > d.max {
			return fmt.Errorf("alerting.%s is %v: want %v to %v", d.key, d.val, d.min, d.max)
		}
	}
	if c.GroupWindow < c.ResolveAfter {
		return fmt.Errorf("alerting.group_window is %v: want at least resolve_after, %v", c.GroupWindow, c.ResolveAfter)
	}
	if c.MaxAlerts < 100 || c.MaxAlerts > 10_000_000 {
		return fmt.Errorf("alerting.max_alerts is %d: want 100 to 10000000", c.MaxAlerts)
	}
	if c.QueueLimit < 10 || c.QueueLimit > maxQueueLimit {
		return fmt.Errorf("alerting.queue_limit is %d: want 10 to %d", c.QueueLimit, maxQueueLimit)
	}
	if len(c.Sinks) > maxSinks {
		return fmt.Errorf("alerting.sinks has %d entries: want at most %d", len(c.Sinks), maxSinks)
	}
	seen := make(map[string]bool)
	for i := range c.Sinks {
		s := c.Sinks[i]
		if err := s.validate(); err != nil {
			return fmt.Errorf("alerting.sinks[%d].%w", i, err)
		}
		if seen[s.Name] {
			return fmt.Errorf("alerting.sinks[%d].name is taken by an earlier sink: want a unique name", i)
		}
		seen[s.Name] = true
	}
	if err := c.validateCaseURL(); err != nil {
		return err
	}
	return c.Routing.Validate(c.sinkNames())
}

// sinkNames returns the names of the sinks, which routes may name.
func (c *Config) sinkNames() []string {
	out := make([]string, 0, len(c.Sinks))
	for i := range c.Sinks {
		out = append(out, c.Sinks[i].Name)
	}
	return out
}

// validateCaseURL checks that a link can be made of it. It may hold a token of
// somebody's, so that no error quotes it.
func (c *Config) validateCaseURL() error {
	if c.CaseURL == "" {
		return nil
	}
	if len(c.CaseURL) > maxCaseURL {
		return fmt.Errorf("alerting.case_url has %d bytes: want at most %d", len(c.CaseURL), maxCaseURL)
	}
	u, err := url.Parse(strings.ReplaceAll(c.CaseURL, "{id}", "id"))
	switch {
	case err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "":
		return fmt.Errorf("alerting.case_url is no URL: want one such as https://cases.example.com/alerts/{id}")
	case u.User != nil:
		return fmt.Errorf("alerting.case_url has a user name: want a URL without, which everybody may see")
	case !strings.Contains(c.CaseURL, "{id}"):
		return fmt.Errorf("alerting.case_url has no {id}: want one where the alert's id belongs")
	}
	return nil
}

func (s SinkConfig) validate() error {
	s = s.orDefaults()
	if !sinkName.MatchString(s.Name) {
		return fmt.Errorf("name is %q: want 1 to 40 of a-z, 0-9, _ and -", s.Name)
	}
	if s.Kind == "" {
		return fmt.Errorf("kind is empty: want the name of a sink, such as slack, webhook or stdout")
	}
	if _, err := s.severity(); err != nil {
		return err
	}
	if s.PerMinute < 2 || s.PerMinute > 100_000 {
		return fmt.Errorf("per_minute is %d: want 2 to 100000", s.PerMinute)
	}
	if s.OnStorm != StormDigest && s.OnStorm != StormDelay {
		return fmt.Errorf("on_storm is %q: want %q or %q", s.OnStorm, StormDigest, StormDelay)
	}
	if s.Timeout < 100*time.Millisecond || s.Timeout > 5*time.Minute {
		return fmt.Errorf("timeout is %v: want 100ms to 5m", s.Timeout)
	}
	if s.Reveal != RevealPseudonyms && s.Reveal != RevealAddresses && s.Reveal != RevealNothing {
		return fmt.Errorf("reveal is %q: want %q, %q or %q", s.Reveal, RevealPseudonyms, RevealAddresses, RevealNothing)
	}
	for i, o := range s.Omit {
		if !slices.Contains(omittable, o) {
			return fmt.Errorf("omit[%d] is unknown: want one of %s", i, strings.Join(omittable, ", "))
		}
		if slices.Contains(s.Omit[:i], o) {
			return fmt.Errorf("omit[%d] is there twice: want each part once", i)
		}
	}
	_, err := view.New(s.view("", nil))
	return err
}

func (s SinkConfig) severity() (schemas.Severity, error) {
	var sev schemas.Severity
	if err := sev.UnmarshalText([]byte(s.MinSeverity)); err != nil {
		return 0, fmt.Errorf("min_severity is %q: want info, low, medium, high or critical", s.MinSeverity)
	}
	return sev, nil
}

// orDefaults returns s with the defaults in place of zero values.
func (s SinkConfig) orDefaults() SinkConfig {
	if s.MinSeverity == "" {
		s.MinSeverity = schemas.SeverityInfo.String()
	}
	if s.PerMinute == 0 {
		s.PerMinute = 30
	}
	if s.OnStorm == "" {
		s.OnStorm = StormDigest
	}
	if s.Timeout == 0 {
		s.Timeout = 15 * time.Second
	}
	if s.Reveal == "" {
		s.Reveal = RevealPseudonyms
	}
	return s
}
