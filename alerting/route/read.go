package route

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting/route/internal/hours"
)

// The bounds of a Config's lists.
const (
	maxAssets      = 200
	maxRoutes      = 200
	maxMuteTimes   = 100
	maxMaintenance = 200
	maxInhibit     = 50
	maxSteps       = 10
	maxComment     = 200
)

var names = regexp.MustCompile(`^[a-z0-9_-]{1,40}$`)

// Validate checks c; sinks are the names of all sinks. The error has a line for
// each thing that is wrong, with its key, such as
// alerting.routing.routes[2].sinks[0], and what is allowed.
func (c *Config) Validate(sinks []string) error {
	_, err := read(c, sinks)
	return err
}

// reader reads a Config and gathers what is wrong with it.
type reader struct {
	tree *Tree
	errs []error
}

func read(c *Config, sinks []string) (*Tree, error) {
	r := &reader{tree: &Tree{sinks: slices.Clone(sinks)}}
	r.most("assets", len(c.Assets), maxAssets)
	r.most("routes", len(c.Routes), maxRoutes)
	r.most("mute_times", len(c.MuteTimes), maxMuteTimes)
	r.most("maintenance", len(c.Maintenance), maxMaintenance)
	r.most("inhibit", len(c.Inhibit), maxInhibit)
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	r.muteTimes(c.MuteTimes)
	r.assets(c.Assets)
	r.routes(c.Routes)
	r.maintenance(c.Maintenance)
	r.inhibit(c.Inhibit)
	if err := errors.Join(r.errs...); err != nil {
		return nil, err
	}
	return r.tree, nil
}

// wrong notes an error about a key below alerting.routing.
func (r *reader) wrong(format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf("alerting.routing."+format, args...))
}

func (r *reader) most(key string, n, most int) {
	if n > most {
		r.wrong("%s has %d entries: want at most %d", key, n, most)
	}
}

// name checks a name and that it is unique within a list; all[i] has the name of
// entry i.
func (r *reader) name(list string, i int, name string, seen map[string]bool) {
	if !names.MatchString(name) {
		r.wrong("%s[%d].name is %.40q: want 1 to 40 of a-z, 0-9, _ and -", list, i, name)
	} else if seen[name] {
		r.wrong("%s[%d].name is taken by an earlier entry: want a unique name", list, i)
	}
	seen[name] = true
}

// matchers reads a list; key is that of what has it, and field its own.
func (r *reader) matchers(key, field string, texts []string, needed bool) Matchers {
	m, err := ParseMatchers(texts)
	switch {
	case err != nil:
		r.wrong("%s.%s%s", key, field, strings.TrimPrefix(err.Error(), "matchers"))
	case needed && m.Len() == 0:
		r.wrong("%s.%s is empty: want at least one; severity>=info is everything", key, field)
	}
	return m
}

// sinks checks names of sinks.
func (r *reader) sinks(key string, list []string) {
	for i, s := range list {
		switch {
		case !slices.Contains(r.tree.sinks, s):
			r.wrong("%s.sinks[%d] is no sink: want %s", key, i, oneOf("alerting.sinks", r.tree.sinks))
		case slices.Contains(list[:i], s):
			r.wrong("%s.sinks[%d] is there twice: want each sink once", key, i)
		}
	}
}

// oneOf names what is allowed of a list that may be empty.
func oneOf(list string, allowed []string) string {
	if len(allowed) == 0 {
		return "a name of " + list + ", which is empty"
	}
	return "one of " + strings.Join(allowed, ", ")
}

// times finds mute times by their names.
func (r *reader) times(key, field string, list []string) []int {
	var places []int
	for i, name := range list {
		p := slices.IndexFunc(r.tree.times, func(m muteTime) bool { return m.name == name })
		switch {
		case p < 0:
			var known []string
			for j := range r.tree.times {
				known = append(known, r.tree.times[j].name)
			}
			r.wrong("%s.%s[%d] is no mute time: want %s", key, field, i, oneOf("alerting.routing.mute_times", known))
		case slices.Contains(places, p):
			r.wrong("%s.%s[%d] is there twice: want each mute time once", key, field, i)
		}
		places = append(places, p)
	}
	return places
}

func (r *reader) muteTimes(list []MuteTime) {
	seen := make(map[string]bool)
	for i := range list {
		r.name("mute_times", i, list[i].Name, seen)
		x := &list[i]
		h, err := hours.Read(x.Weekdays, x.Times, x.Dates, x.Zone)
		if err != nil {
			sep := "."
			if strings.HasPrefix(err.Error(), "is ") {
				sep = " "
			}
			r.wrong("mute_times[%d]%s%w", i, sep, err)
		}
		r.tree.times = append(r.tree.times, muteTime{x.Name, h})
	}
}

func (r *reader) assets(list []Asset) {
	seen := make(map[string]bool)
	for i := range list {
		x, key := &list[i], fmt.Sprintf("assets[%d]", i)
		r.name("assets", i, x.Name, seen)
		if x.Raise < -4 || x.Raise > 4 || x.Raise == 0 {
			r.wrong("%s.raise is %d: want -4 to 4, and not 0", key, x.Raise)
		}
		r.tree.assets = append(r.tree.assets, asset{x.Name, r.matchers(key, "matchers", x.Matchers, true), x.Raise})
	}
}

func (r *reader) routes(list []Route) {
	seen := make(map[string]bool)
	for i := range list {
		x, key := &list[i], fmt.Sprintf("routes[%d]", i)
		r.name("routes", i, x.Name, seen)
		one := route{Route: *x, matchers: r.matchers(key, "matchers", x.Matchers, false),
			during: r.times(key, "during", x.During), mute: r.times(key, "mute", x.Mute)}
		r.sinks(key, x.Sinks)
		r.steps(key, x.Escalate)
		for j := range r.tree.routes {
			if r.tree.routes[j].hides(&one) {
				r.wrong("%s is never reached: routes[%d] (%.40s) takes everything that it matches; want it before that one, or continue in that one", key, j, list[j].Name)
				break
			}
		}
		r.tree.routes = append(r.tree.routes, one)
	}
}

// hides reports whether nothing comes past r that matches later: it lets nothing
// go on, and all of its matchers are among later's.
func (r *route) hides(later *route) bool {
	if r.Continue || len(r.during) > 0 || len(r.matchers.list) != len(r.Matchers) || len(later.matchers.list) != len(later.Matchers) {
		return false
	}
	for i := range r.matchers.list {
		m := &r.matchers.list[i]
		if !slices.ContainsFunc(later.matchers.list, func(n matcher) bool { return n.label == m.label && n.wants == m.wants }) {
			return false
		}
	}
	return true
}

func (r *reader) steps(key string, list []Step) {
	r.most(key+".escalate", len(list), maxSteps)
	for i := range list {
		at := fmt.Sprintf("%s.escalate[%d]", key, i)
		if after := list[i].After; after < time.Minute || after > 168*time.Hour {
			r.wrong("%s.after is %v: want 1m to 168h", at, after)
		} else if i > 0 && after <= list[i-1].After {
			r.wrong("%s.after is %v: want more than that of the step before, %v", at, after, list[i-1].After)
		}
		if len(list[i].Sinks) == 0 {
			r.wrong("%s.sinks is empty: want %s", at, oneOf("alerting.sinks", r.tree.sinks))
		}
		r.sinks(at, list[i].Sinks)
	}
}

func (r *reader) maintenance(list []Maintenance) {
	seen := make(map[string]bool)
	for i := range list {
		x, key := &list[i], fmt.Sprintf("maintenance[%d]", i)
		r.name("maintenance", i, x.Name, seen)
		one := maintenance{Maintenance: *x, matchers: r.matchers(key, "matchers", x.Matchers, true), during: r.times(key, "during", x.During)}
		switch {
		case len(x.During) == 0 && x.From.IsZero():
			r.wrong("%s.from is not set: want a time such as 2026-12-01T22:00:00Z, or during", key)
		case len(x.During) == 0 && x.Until.IsZero():
			r.wrong("%s.until is not set: want a time such as 2026-12-02T04:00:00Z, or during", key)
		case !x.Until.IsZero() && !x.Until.After(x.From):
			r.wrong("%s.until is not after from: want a later time", key)
		}
		if len(x.Comment) > maxComment {
			r.wrong("%s.comment has %d bytes: want at most %d", key, len(x.Comment), maxComment)
		}
		r.tree.maintenance = append(r.tree.maintenance, one)
	}
}

func (r *reader) inhibit(list []Inhibition) {
	for i := range list {
		x, key := &list[i], fmt.Sprintf("inhibit[%d]", i)
		one := inhibition{source: r.matchers(key, "source", x.Source, true), target: r.matchers(key, "target", x.Target, true)}
		for j, name := range x.Equal {
			l, ok := labelOf(name)
			if !ok || l == labelConfidence || l == labelState || l == labelAlert {
				r.wrong("%s.equal[%d] cannot be equal: want detector, family, entity, kind, tenant, provider, model, technique, campaign or severity", key, j)
			} else if slices.Contains(one.equal, l) {
				r.wrong("%s.equal[%d] is there twice: want each label once", key, j)
			}
			one.equal = append(one.equal, l)
		}
		r.tree.inhibit = append(r.tree.inhibit, one)
	}
}
