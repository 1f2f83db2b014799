package route

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// sample has something of everything.
func sample() Config {
	return Config{
		Assets:    []Asset{{Name: "payments", Matchers: []string{"tenant=payments"}, Raise: 1}},
		MuteTimes: []MuteTime{nights, office},
		Routes: []Route{
			{Name: "all", Sinks: []string{"siem"}, Continue: true},
			{Name: "oncall", Matchers: []string{"severity>=high", `detector=~"auth.*|extraction.*"`}, Sinks: []string{"chat", "pager"},
				Escalate: []Step{{15 * time.Minute, []string{"managers"}}, {time.Hour, []string{"managers", "pager"}}}},
			{Name: "day", Matchers: []string{"severity>=medium"}, During: []string{"office-hours"}, Sinks: []string{"chat"}},
			{Name: "rest", Sinks: []string{"chat"}, Mute: []string{"nights"}},
		},
		Maintenance: []Maintenance{{Name: "load-test", Matchers: []string{"tenant=test"}, During: []string{"nights"}}},
		Inhibit:     []Inhibition{{Source: []string{"detector=campaign"}, Target: []string{"detector=extraction"}, Equal: []string{"tenant"}}},
	}
}

func TestValidateTakes(t *testing.T) {
	for name, c := range map[string]Config{"nothing": {}, "everything": sample()} {
		if err := c.Validate(allSinks); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	many := Config{}
	for i := range maxRoutes {
		many.Routes = append(many.Routes, Route{Name: fmt.Sprint("r", i), Matchers: []string{fmt.Sprintf("tenant=t%d", i)}, Sinks: []string{"chat"}})
	}
	if err := many.Validate(allSinks); err != nil {
		t.Errorf("as many routes as are allowed: %v", err)
	}
}

func TestValidateRefuses(t *testing.T) {
	route := func(edit func(*Route)) func(*Config) {
		return func(c *Config) { edit(&c.Routes[1]) }
	}
	for want, edit := range map[string]func(*Config){
		"assets has 201 entries: want at most 200":                                            func(c *Config) { c.Assets = make([]Asset, 201) },
		"routes has 201 entries: want at most 200":                                            func(c *Config) { c.Routes = make([]Route, 201) },
		"mute_times has 101 entries: want at most 100":                                        func(c *Config) { c.MuteTimes = make([]MuteTime, 101) },
		"maintenance has 201 entries: want at most 200":                                       func(c *Config) { c.Maintenance = make([]Maintenance, 201) },
		"inhibit has 51 entries: want at most 50":                                             func(c *Config) { c.Inhibit = make([]Inhibition, 51) },
		"assets[0].name is \"\": want 1 to 40 of a-z, 0-9, _ and -":                           func(c *Config) { c.Assets[0].Name = "" },
		"assets[1].name is taken by an earlier entry: want a unique name":                     func(c *Config) { c.Assets = append(c.Assets, c.Assets[0]) },
		"assets[0].matchers is empty: want at least one":                                      func(c *Config) { c.Assets[0].Matchers = nil },
		"assets[0].raise is 0: want -4 to 4, and not 0":                                       func(c *Config) { c.Assets[0].Raise = 0 },
		"assets[0].raise is 5: want":                                                          func(c *Config) { c.Assets[0].Raise = 5 },
		"routes[1].name is \"On Call\": want":                                                 route(func(r *Route) { r.Name = "On Call" }),
		"routes[1].name is taken":                                                             route(func(r *Route) { r.Name = "all" }),
		"routes[1].matchers[1] has an unknown label: want one of severity,":                   route(func(r *Route) { r.Matchers = []string{"tenant=a", "colour=red"} }),
		"routes[1].matchers has 17 entries: want at most 16":                                  route(func(r *Route) { r.Matchers = make([]string, 17) }),
		"routes[1].sinks[1] is no sink: want one of chat, pager, siem, managers":              route(func(r *Route) { r.Sinks = []string{"chat", "char"} }),
		"routes[1].sinks[1] is there twice: want each sink once":                              route(func(r *Route) { r.Sinks = []string{"chat", "chat"} }),
		"routes[1].during[0] is no mute time: want one of nights, office-hours":               route(func(r *Route) { r.During = []string{"night"} }),
		"routes[1].mute[1] is there twice: want each mute time once":                          route(func(r *Route) { r.Mute = []string{"nights", "nights"} }),
		"routes[1].escalate has 11 entries: want at most 10":                                  route(func(r *Route) { r.Escalate = make([]Step, 11) }),
		"routes[1].escalate[0].after is 1s: want 1m to 168h":                                  route(func(r *Route) { r.Escalate[0].After = time.Second }),
		"routes[1].escalate[1].after is 200h0m0s: want 1m to 168h":                            route(func(r *Route) { r.Escalate[1].After = 200 * time.Hour }),
		"routes[1].escalate[1].after is 15m0s: want more than that of the step before, 15m0s": route(func(r *Route) { r.Escalate[1].After = 15 * time.Minute }),
		"routes[1].escalate[0].sinks is empty: want one of chat,":                             route(func(r *Route) { r.Escalate[0].Sinks = nil }),
		"routes[1].escalate[1].sinks[0] is no sink: want":                                     route(func(r *Route) { r.Escalate[1].Sinks = []string{"boss"} }),
		"routes[1] is never reached: routes[0] (all) takes everything that it matches; want":  func(c *Config) { c.Routes[0].Continue = false },
		"routes[4] is never reached: routes[3] (rest) takes":                                  func(c *Config) { c.Routes = append(c.Routes, Route{Name: "late"}) },
		"routes[2] is never reached: routes[1] (oncall) takes": func(c *Config) {
			c.Routes[2].Matchers = append([]string{"tenant=acme"}, c.Routes[1].Matchers...)
		},
		"mute_times[0].name is \"\": want":                                         func(c *Config) { c.MuteTimes[0].Name = "" },
		"mute_times[1].name is taken":                                              func(c *Config) { c.MuteTimes[1].Name = "nights" },
		"mute_times[0] is always: want at least one of":                            func(c *Config) { c.MuteTimes[0].Times = nil },
		"mute_times[0].times[0] is no range of time: want":                         func(c *Config) { c.MuteTimes[0].Times = []string{"night"} },
		"mute_times[1].zone is unknown: want":                                      func(c *Config) { c.MuteTimes[1].Zone = "Mars/Base" },
		"maintenance[0].name is \"A\": want":                                       func(c *Config) { c.Maintenance[0].Name = "A" },
		"maintenance[1].name is taken":                                             func(c *Config) { c.Maintenance = append(c.Maintenance, c.Maintenance[0]) },
		"maintenance[0].matchers is empty: want at least one; severity>=info is":   func(c *Config) { c.Maintenance[0].Matchers = nil },
		"maintenance[0].from is not set: want a time such as 2026-12-01T22:00:00Z": func(c *Config) { c.Maintenance[0].During = nil },
		"maintenance[0].until is not set: want a time": func(c *Config) {
			c.Maintenance[0].During, c.Maintenance[0].From = nil, friday
		},
		"maintenance[0].until is not after from: want a later time": func(c *Config) {
			c.Maintenance[0].From, c.Maintenance[0].Until = friday, friday
		},
		"maintenance[0].comment has 201 bytes: want at most 200":   func(c *Config) { c.Maintenance[0].Comment = strings.Repeat("x", 201) },
		"maintenance[0].during[0] is no mute time: want":           func(c *Config) { c.Maintenance[0].During = []string{"x"} },
		"inhibit[0].source is empty: want at least one":            func(c *Config) { c.Inhibit[0].Source = nil },
		"inhibit[0].target[0] has no operator: want":               func(c *Config) { c.Inhibit[0].Target = []string{"x"} },
		"inhibit[0].target is empty: want at least one":            func(c *Config) { c.Inhibit[0].Target = nil },
		"inhibit[0].equal[0] cannot be equal: want detector,":      func(c *Config) { c.Inhibit[0].Equal = []string{"colour"} },
		"inhibit[0].equal[1] cannot be equal: want":                func(c *Config) { c.Inhibit[0].Equal = []string{"tenant", "alert"} },
		"inhibit[0].equal[1] is there twice: want each label once": func(c *Config) { c.Inhibit[0].Equal = []string{"tenant", "tenant"} },
	} {
		t.Run(want, func(t *testing.T) {
			c := sample()
			edit(&c)
			err := c.Validate(allSinks)
			if err == nil || !strings.Contains(err.Error(), "alerting.routing."+want) {
				t.Errorf("got %v", err)
			}
			for line := range strings.Lines(fmt.Sprint(err)) {
				if !strings.HasPrefix(line, "alerting.routing.") || !strings.Contains(line, "want") {
					t.Errorf("a line does not name its key and what is allowed: %s", line)
				}
			}
			if _, err := New(c, allSinks); err == nil {
				t.Error("New takes it")
			}
		})
	}
}

// TestReachableRoutes are not taken for unreachable ones.
func TestReachableRoutes(t *testing.T) {
	for name, routes := range map[string][]Route{
		"a catch-all that continues": {{Name: "a", Continue: true}, {Name: "b"}},
		"one that has its time":      {{Name: "a", During: []string{"nights"}}, {Name: "b"}},
		"fewer matchers come later":  {{Name: "a", Matchers: []string{"tenant=a", "severity>=high"}}, {Name: "b", Matchers: []string{"tenant=a"}}, {Name: "c"}},
		"another value":              {{Name: "a", Matchers: []string{"tenant=a"}}, {Name: "b", Matchers: []string{"tenant=b"}}},
		"another operator":           {{Name: "a", Matchers: []string{"tenant=a"}}, {Name: "b", Matchers: []string{"tenant!=a"}}},
	} {
		c := Config{Routes: routes, MuteTimes: []MuteTime{nights}}
		if err := c.Validate(nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestErrorsAreToldTogether so that nobody starts five times.
func TestErrorsAreToldTogether(t *testing.T) {
	c := sample()
	c.Assets[0].Raise, c.Routes[1].Sinks, c.Inhibit[0].Equal = 0, []string{"x"}, []string{"x"}
	err := c.Validate(nil)
	if n := strings.Count(fmt.Sprint(err), "\n"); n < 5 || !strings.Contains(err.Error(), "want a name of alerting.sinks, which is empty") {
		t.Errorf("got %v", err)
	}
}
