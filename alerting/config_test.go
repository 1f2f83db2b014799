package alerting

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/alerting/route"
)

func TestValidate(t *testing.T) {
	sink := func(edit func(*SinkConfig)) func(*Config) {
		return func(c *Config) {
			s := SinkConfig{Name: "x", Kind: "slack"}
			edit(&s)
			c.Sinks = []SinkConfig{s}
		}
	}
	for key, edit := range map[string]func(*Config){
		"alerting.group_window":          func(c *Config) { c.GroupWindow = 0 },
		"alerting.group_window is 1h":    func(c *Config) { c.GroupWindow, c.ResolveAfter = time.Hour, 2*time.Hour },
		"alerting.repeat_interval":       func(c *Config) { c.RepeatInterval = 200 * time.Hour },
		"alerting.resolve_after":         func(c *Config) { c.ResolveAfter = time.Second },
		"alerting.retention":             func(c *Config) { c.Retention = time.Minute },
		"alerting.max_alerts":            func(c *Config) { c.MaxAlerts = 1 },
		"alerting.max_age":               func(c *Config) { c.MaxAge = 0 },
		"alerting.backoff_min":           func(c *Config) { c.BackoffMin = 0 },
		"alerting.backoff_max":           func(c *Config) { c.BackoffMax = time.Millisecond },
		"alerting.queue_limit":           func(c *Config) { c.QueueLimit = 1 },
		"alerting.drain_timeout":         func(c *Config) { c.DrainTimeout = -1 },
		"alerting.sinks has":             func(c *Config) { c.Sinks = make([]SinkConfig, 33) },
		"alerting.sinks[0].name":         sink(func(s *SinkConfig) { s.Name = "No Good" }),
		"alerting.sinks[0].kind":         sink(func(s *SinkConfig) { s.Kind = "" }),
		"alerting.sinks[0].min_severity": sink(func(s *SinkConfig) { s.MinSeverity = "worst" }),
		"alerting.sinks[0].per_minute":   sink(func(s *SinkConfig) { s.PerMinute = 1 }),
		"alerting.sinks[0].on_storm":     sink(func(s *SinkConfig) { s.OnStorm = "drop" }),
		"alerting.sinks[0].timeout":      sink(func(s *SinkConfig) { s.Timeout = time.Hour }),
		"alerting.sinks[0].reveal":       sink(func(s *SinkConfig) { s.Reveal = "all" }),
		"alerting.sinks[0].omit[1] is u": sink(func(s *SinkConfig) { s.Omit = []string{"query", "title"} }),
		"alerting.sinks[0].omit[1] is t": sink(func(s *SinkConfig) { s.Omit = []string{"query", "query"} }),
		"alerting.sinks[0].title is no":  sink(func(s *SinkConfig) { s.Title = "{{.Title" }),
		"alerting.sinks[0].title has":    sink(func(s *SinkConfig) { s.Title = strings.Repeat("x", 5000) }),
		"alerting.sinks[0].title does":   sink(func(s *SinkConfig) { s.Title = "{{.Tite}}" }),
		"alerting.sinks[0].summary does": sink(func(s *SinkConfig) { s.Summary = "{{.Acknowledged.By}}" }),
		"alerting.sinks[0].summary":      sink(func(s *SinkConfig) { s.Summary = "{{with .Acknowledged}}{{.Bye}}{{end}}" }),
		"alerting.case_url has 2":        func(c *Config) { c.CaseURL = "https://a.example/{id}" + strings.Repeat("x", 2000) },
		"alerting.case_url is no URL":    func(c *Config) { c.CaseURL = "cases.example.com/{id}" },
		"alerting.case_url has a user":   func(c *Config) { c.CaseURL = "https://u:p@cases.example.com/{id}" },
		"alerting.case_url has no {id}":  func(c *Config) { c.CaseURL = "https://cases.example.com/" },
		"alerting.routing.routes[0].sinks[1] is no sink: want one of x": func(c *Config) {
			c.Sinks = []SinkConfig{{Name: "x", Kind: "slack"}}
			c.Routing.Routes = []route.Route{{Name: "all", Sinks: []string{"x", "y"}}}
		},
		"alerting.sinks[1].name": func(c *Config) {
			c.Sinks = []SinkConfig{{Name: "x", Kind: "slack"}, {Name: "x", Kind: "webhook"}}
		},
	} {
		t.Run(key, func(t *testing.T) {
			cfg := DefaultConfig()
			edit(&cfg)
			err := cfg.Validate()
			if err == nil || !strings.Contains(err.Error(), key) || !strings.Contains(err.Error(), "want") {
				t.Errorf("got %v, want an error that names %s and what is allowed", err, key)
			}
			if _, err := New(cfg, nil, quiet(), prometheus.NewRegistry()); err == nil {
				t.Error("New took it")
			}
		})
	}
	cfg := DefaultConfig()
	cfg.Sinks = []SinkConfig{{Name: "x", Kind: "slack"}}
	if err := cfg.Validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	cfg.CaseURL = "https://cases.example.com/alerts/{id}?from=gatehound"
	cfg.Sinks[0].Reveal, cfg.Sinks[0].Omit = RevealAddresses, omittable
	cfg.Sinks[0].Title = "{{.Severity}} {{.Title}} ({{.Tenant}})"
	cfg.Sinks[0].Summary = "{{(index .Parts 0).Title}}{{with .Acknowledged}} {{.By}}{{end}}{{range .Finding.Features}}{{.Text}}{{end}}"
	cfg.Routing.Routes = []route.Route{{Name: "all", Sinks: []string{"x"}}}
	if err := cfg.Validate(); err != nil {
		t.Errorf("what the comments show is refused: %v", err)
	}
}

func TestNewRefusesTwoSinksOfAName(t *testing.T) {
	sinks := []Sink{&fakeSink{name: "a"}, &fakeSink{name: "a"}}
	if _, err := New(DefaultConfig(), sinks, quiet(), prometheus.NewRegistry()); err == nil {
		t.Error("two sinks of one name were taken")
	}
	reg := prometheus.NewRegistry()
	if _, err := New(DefaultConfig(), nil, quiet(), reg); err != nil {
		t.Fatal(err)
	}
	if _, err := New(DefaultConfig(), nil, quiet(), reg); err == nil {
		t.Error("the same metrics were registered twice")
	}
}

func TestErrorClasses(t *testing.T) {
	base := errors.New("base")
	wrapped := fmt.Errorf("outer: %w", Permanent(base))
	if !IsPermanent(wrapped) || !errors.Is(wrapped, base) || IsPermanent(base) || wrapped.Error() != "outer: base" {
		t.Error("Permanent does not survive wrapping")
	}
	wrapped = fmt.Errorf("outer: %w", After(base, time.Minute))
	if d, ok := RetryAfter(wrapped); !ok || d != time.Minute || !errors.Is(wrapped, base) {
		t.Error("After does not survive wrapping")
	}
	if _, ok := RetryAfter(base); ok {
		t.Error("an unmarked error has a wait")
	}
	if Permanent(nil) != nil || After(nil, time.Second) != nil {
		t.Error("nil became an error")
	}
}
