package custom

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
)

// Formats returns the mappings as formats that go before all others, in their
// order: of several that fit a record, the first counts. Every fault is
// reported, with its key below decode.
func Formats(mappings []Config) ([]*decode.Format, error) {
	if len(mappings) > maxMappings {
		return nil, fmt.Errorf("custom: %d mappings; allowed are %d", len(mappings), maxMappings)
	}
	var out []*decode.Format
	var errs []error
	names := map[string]bool{decode.Auto: true}
	for i := range mappings {
		c := compiler{key: fmt.Sprintf("custom[%d]", i)}
		f := c.format(&mappings[i])
		if len(c.errs) == 0 && names[f.Name] {
			c.fail(".name", "%q is taken; give every mapping a name of its own", f.Name)
		}
		errs = append(errs, c.errs...)
		if len(c.errs) == 0 {
			names[f.Name] = true
			out = append(out, f)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return out, nil
}

// compiler compiles one mapping and collects its faults.
type compiler struct {
	key  string
	errs []error
}

func (c *compiler) fail(key, format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("%s%s: %s", c.key, key, fmt.Sprintf(format, args...)))
}

func (c *compiler) format(cfg *Config) *decode.Format {
	f := &decode.Format{Name: cfg.Name, First: true}
	if !isFormatName(cfg.Name) {
		c.fail(".name", "%q is no name; allowed are 1 to 32 of a-z, 0-9, _ and -", cfg.Name)
	}
	m := &mapping{name: cfg.Name, paths: newNode()}
	matches := len(cfg.Match.All) + len(cfg.Match.Any) + len(cfg.Match.Equals)
	var values []string
	switch {
	case cfg.Line == "" && matches == 0:
		c.fail(".match", "nothing is given; %v", errBoth)
	case cfg.Line != "" && matches > 0:
		c.fail(".line", "is given beside match; %v", errBoth)
	case cfg.Line != "":
		t, names, err := parseTemplate(cfg.Line)
		if err != nil {
			c.fail(".line", "%v", err)
			return f
		}
		m.line, m.slots, values = t, len(names), names
		f.Text = m.decodeText
	default:
		f.Rules = []decode.Rule{c.match(&cfg.Match)}
		f.JSON = m.decodeJSON
	}
	c.fields(m, cfg, values)
	if len(c.errs) == 0 {
		m.paths.seal()
	}
	return f
}

func isFormatName(s string) bool {
	return isName(strings.ReplaceAll(s, "-", "_"))
}

func (c *compiler) match(cfg *Match) decode.Rule {
	m := &matcher{paths: newNode()}
	var must, oneOf [][]token
	slot := func(key, path string, to *[][]token) int {
		tokens, err := parsePath(path)
		if err != nil {
			c.fail(key, "%v", err)
			return 0
		}
		*to = append(*to, tokens)
		s := m.paths.add(tokens, m.slots)
		m.slots = max(m.slots, s+1)
		return s
	}
	for _, l := range [...]struct {
		key string
		n   int
	}{{"all", len(cfg.All)}, {"any", len(cfg.Any)}, {"equals", len(cfg.Equals)}} {
		if l.n > maxMatches {
			c.fail(".match."+l.key, "%d members; allowed are %d", l.n, maxMatches)
			return decode.Rule{}
		}
	}
	for i, p := range cfg.All {
		m.all = append(m.all, slot(fmt.Sprintf(".match.all[%d]", i), p, &must))
	}
	for i, e := range cfg.Equals {
		if e.Value == "" || len(e.Value) > maxPath {
			c.fail(fmt.Sprintf(".match.equals[%d].value", i), "has %d bytes; allowed are 1 to %d", len(e.Value), maxPath)
		}
		m.equals = append(m.equals, equal{slot(fmt.Sprintf(".match.equals[%d].path", i), e.Path, &must), e.Value})
	}
	for i, p := range cfg.Any {
		m.any = append(m.any, slot(fmt.Sprintf(".match.any[%d]", i), p, &oneOf))
	}
	m.paths.seal()
	return m.rule(must, oneOf)
}

// fields compiles the entries; values are the names of a line's values.
func (c *compiler) fields(m *mapping, cfg *Config, values []string) {
	if n := len(cfg.Fields); n > maxFields || n == 0 && cfg.Line == "" {
		c.fail(".fields", "%d entries; allowed are 1 to %d", n, maxFields)
		return
	}
	targets := newTargets()
	seen, used := map[string]bool{}, map[string]bool{}
	for i := range cfg.Fields {
		s, ok := c.field(m, &cfg.Fields[i], fmt.Sprintf(".fields[%d]", i), targets, values, used)
		if name := cfg.Fields[i].Field; ok && seen[name] {
			c.fail(fmt.Sprintf(".fields[%d].field", i), "%s is there twice; give one entry several paths", name)
		}
		if ok {
			seen[s.target.name] = true
			m.steps = append(m.steps, s)
		}
	}
	for i, name := range values {
		t := find(targets, name)
		switch {
		case used[name]:
		case t == nil:
			c.fail(".line", "%%{%s} is no field and no entry of fields uses it%s; name what is passed over %%{_}", name, nearest(targets, name))
		case seen[name]:
			c.fail(".line", "%%{%s} is a field that has an entry, which does not use it; name what is passed over %%{_}", name)
		case t.kind == duration:
			c.fail(".line", "%%{%s} needs a unit: add an entry to fields with its path and one of ns, us, ms, s", name)
		default:
			m.steps = append(m.steps, step{target: t, slots: []int{i}, clock: &clock{}})
		}
	}
	if len(m.steps) > maxFields {
		c.fail(".fields", "%d fields with those of the line; allowed are %d", len(m.steps), maxFields)
	}
}

func (c *compiler) field(m *mapping, cfg *Field, key string, targets []target, values []string, used map[string]bool) (step, bool) {
	faults := len(c.errs)
	t := find(targets, cfg.Field)
	if t == nil {
		c.fail(key+".field", "%q is no field%s", cfg.Field, nearest(targets, cfg.Field))
		return step{}, false
	}
	s := step{target: t, value: cfg.Value, words: cfg.Map, clock: &clock{}}
	switch n := len(cfg.Path); {
	case n == 0 && cfg.Value == "":
		c.fail(key, "%s has neither path nor value", t.name)
	case n > maxPaths:
		c.fail(key+".path", "%d paths; allowed are %d", n, maxPaths)
		return s, false
	case len(cfg.Value) > maxValue:
		c.fail(key+".value", "has %d bytes; allowed are %d", len(cfg.Value), maxValue)
	}
	for i, p := range cfg.Path {
		at := fmt.Sprintf("%s.path[%d]", key, i)
		if m.line != nil {
			if slot := index(values, p); slot >= 0 {
				s.slots = append(s.slots, slot)
				used[p] = true
			} else {
				c.fail(at, "%q is no value of line; allowed are %s", p, strings.Join(values, ", "))
			}
			continue
		}
		tokens, err := parsePath(p)
		if err != nil {
			c.fail(at, "%v", err)
			continue
		}
		slot := m.paths.add(tokens, m.slots)
		m.slots = max(m.slots, slot+1)
		s.slots = append(s.slots, slot)
	}
	c.settings(&s, cfg, key)
	c.literals(&s, cfg, key)
	return s, len(c.errs) == faults
}

// settings compiles what says how a value is read.
func (c *compiler) settings(s *step, cfg *Field, key string) {
	switch t := s.target; {
	case t.kind != duration && cfg.Unit != "":
		c.fail(key+".unit", "%q for %s; only latencies have a unit", cfg.Unit, t.name)
	case t.kind == duration:
		var ok bool
		if s.unit, ok = unit(cfg.Unit); !ok {
			c.fail(key+".unit", "%q; %s needs one of ns, us, ms, s", cfg.Unit, t.name)
		}
	}
	if s.target.kind == instant {
		clock, wrong, err := newClock(cfg.Layout, cfg.Zone)
		if err != nil {
			c.fail(key+"."+wrong, "%v", err)
		} else {
			s.clock = clock
		}
	} else if cfg.Layout != "" || cfg.Zone != "" {
		c.fail(key+".layout", "is given for %s; only time has layout and zone", s.target.name)
	}
	switch cfg.List {
	case "":
		if s.target.name == "forwarded" {
			s.list = joined
		}
	case "first":
		s.list = first
	case "last":
		s.list = last
	case "join":
		s.list = joined
	default:
		c.fail(key+".list", "%q; allowed are first, last, join", cfg.List)
	}
}

// literals checks that what the configuration states can be a value of the
// field: it is, if it changes a record.
func (c *compiler) literals(s *step, cfg *Field, key string) {
	check := func(at, text string) {
		var r decode.Record
		s.target.set(&r, s, text, field.Value{})
		if text == "" || reflect.DeepEqual(r, decode.Record{}) {
			c.fail(at, "%q is no value of %s; want %s", text, s.target.name, s.target.want)
		}
	}
	if cfg.Value != "" {
		check(key+".value", cfg.Value)
	}
	if len(cfg.Map) > maxWords {
		c.fail(key+".map", "%d translations; allowed are %d", len(cfg.Map), maxWords)
		return
	}
	for i, w := range cfg.Map {
		at := fmt.Sprintf("%s.map[%d]", key, i)
		if w.From == "" || len(w.From) > maxValue || len(w.To) > maxValue {
			c.fail(at, "from has %d bytes and to has %d; allowed are 1 to %d", len(w.From), len(w.To), maxValue)
			continue
		}
		check(at+".to", w.To)
	}
}

func unit(s string) (field.Unit, bool) {
	switch s {
	case "ns":
		return field.Nanoseconds, true
	case "us":
		return field.Microseconds, true
	case "ms":
		return field.Milliseconds, true
	case "s":
		return field.Seconds, true
	}
	return 0, false
}

func index(list []string, s string) int {
	for i, known := range list {
		if known == s {
			return i
		}
	}
	return -1
}

func find(targets []target, name string) *target {
	for i := range targets {
		if targets[i].name == name {
			return &targets[i]
		}
	}
	return nil
}
