package sigma

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/gatehound/gatehound/detectors/rules/internal/field"
)

// The bounds of a timespan.
const (
	minSpan = time.Second
	maxSpan = 7 * 24 * time.Hour
)

var types = []CorrelationType{EventCount, ValueCount, ValueSum, ValueAvg, ValueMin, ValueMax, Temporal, TemporalOrdered}

// correlation reads the section of that name.
func (r *reader) correlation(n *yaml.Node) (*Correlation, error) {
	if n.Kind != yaml.MappingNode {
		return nil, refuse(n.Line, "correlation: want a map")
	}
	c := &Correlation{Line: n.Line}
	parts := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], follow(n.Content[i+1])
		parts[key.Value] = value
		switch key.Value {
		case "type", "rules", "group-by", "timespan", "condition", "aliases", "generate":
		default:
			return nil, refuse(key.Line, "correlation: the key %q is not supported", clean(key.Value, 40))
		}
	}
	for _, key := range []string{"type", "rules", "timespan"} {
		if parts[key] == nil {
			return nil, refuse(n.Line, "correlation: %s is missing", key)
		}
	}
	c.Type = CorrelationType(strings.ToLower(parts["type"].Value))
	if c.Type == "value_percentile" || c.Type == "value_median" {
		return nil, refuse(parts["type"].Line, "correlation: %s is not supported: its meaning differs between tools; use value_avg or value_max", c.Type)
	}
	if !slices.Contains(types, c.Type) {
		return nil, refuse(parts["type"].Line, "correlation: type: allowed are event_count, value_count, value_sum, value_avg, value_min, value_max, temporal and temporal_ordered")
	}
	if c.Rules = texts(parts["rules"], 128); len(c.Rules) == 0 || len(c.Rules) > maxRelated {
		return nil, refuse(parts["rules"].Line, "correlation: rules: allowed are 1 to %d ids or names", maxRelated)
	}
	var err error
	if c.Timespan, err = span(parts["timespan"]); err != nil {
		return nil, err
	}
	if err := c.groups(parts["group-by"], parts["aliases"]); err != nil {
		return nil, err
	}
	if g := parts["generate"]; g != nil {
		c.Generate = g.Value == "true"
	}
	return c, c.condition(parts["condition"])
}

func span(n *yaml.Node) (time.Duration, error) {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}
	if s := n.Value; len(s) >= 2 && len(s) <= 10 {
		count, err := strconv.Atoi(s[:len(s)-1])
		if unit := units[s[len(s)-1]]; err == nil && unit > 0 && count > 0 && count <= int(maxSpan/unit) {
			return time.Duration(count) * unit, nil
		}
	}
	return 0, refuse(n.Line, "timespan: allowed is a whole number with s, m, h or d behind it, from %v to %v", minSpan, "7d")
}

// groups reads group-by and aliases.
func (c *Correlation) groups(by, aliases *yaml.Node) error {
	var names []string
	line := c.Line
	if by != nil {
		line, names = by.Line, texts(by, 128)
	}
	if len(names) > maxGroupBy {
		return refuse(line, "group-by: allowed are %d fields", maxGroupBy)
	}
	for _, name := range names {
		g := Group{Name: name}
		of := value(aliases, name)
		for _, rule := range c.Rules {
			source := name
			if of != nil {
				v := value(of, rule)
				if v == nil || v.Kind != yaml.ScalarNode {
					return refuse(of.Line, "aliases: %q has no field for the rule %q, by the name that the correlation uses", clean(name, 40), clean(rule, 64))
				}
				source = v.Value
			}
			ids, reason := field.Lookup(source)
			if reason != "" {
				return refuse(line, "group-by: the field %q %s", clean(source, 60), reason)
			}
			g.Fields = append(g.Fields, ids[len(ids)-1])
		}
		c.GroupBy = append(c.GroupBy, g)
	}
	return nil
}

// value returns the value of a key of a map, or nil.
func value(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return follow(n.Content[i+1])
		}
	}
	return nil
}

// condition reads the bounds, or the expression of a temporal correlation.
func (c *Correlation) condition(n *yaml.Node) error {
	temporal := c.Type == Temporal || c.Type == TemporalOrdered
	switch {
	case n == nil && temporal:
		return nil
	case n == nil:
		return refuse(c.Line, "correlation: condition is missing")
	case n.Kind == yaml.ScalarNode && c.Type == Temporal:
		e, err := parseCondition(n.Value, n.Line, c.Rules, func(name string) *Expr {
			if i := slices.Index(c.Rules, name); i >= 0 {
				return &Expr{Item: &Item{Name: name, Line: i}}
			}
			return nil
		})
		c.Expr = e
		return err
	case n.Kind != yaml.MappingNode:
		return refuse(n.Line, "condition: want a map such as gte: 10")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i].Value, follow(n.Content[i+1])
		if key == "field" {
			if err := c.field(v); err != nil {
				return err
			}
			continue
		}
		b := Bound{}
		switch key {
		case "gt":
			b.Cmp = GT
		case "gte":
			b.Cmp = GTE
		case "lt":
			b.Cmp = LT
		case "lte":
			b.Cmp = LTE
		case "eq":
		case "neq":
			b.Not = true
		default:
			return refuse(v.Line, "condition: %q: allowed are gt, gte, lt, lte, eq, neq and field", clean(key, 40))
		}
		var ok bool
		if b.Number, ok = number(v.Value); !ok || v.Kind != yaml.ScalarNode {
			return refuse(v.Line, "condition: %s: want a number", key)
		}
		c.Bounds = append(c.Bounds, b)
	}
	return c.consistent(n.Line)
}

func (c *Correlation) field(n *yaml.Node) error {
	names := texts(n, 128)
	if len(names) != 1 {
		return refuse(n.Line, "condition: field: want one field")
	}
	ids, reason := field.Lookup(names[0])
	if reason != "" {
		return refuse(n.Line, "condition: the field %q %s", clean(names[0], 60), reason)
	}
	c.Field = &ids[len(ids)-1]
	return nil
}

func (c *Correlation) consistent(line int) error {
	values := strings.HasPrefix(string(c.Type), "value_")
	switch {
	case values && c.Field == nil:
		return refuse(line, "condition: %s needs a field", c.Type)
	case !values && c.Field != nil:
		return refuse(line, "condition: %s counts events; field goes with the value types", c.Type)
	case c.Type != ValueCount && values && field.Of(*c.Field).Kind != field.Number:
		return refuse(line, "condition: %s needs a field that is a number", c.Type)
	case len(c.Bounds) == 0:
		return refuse(line, "condition: want gt, gte, lt, lte, eq or neq")
	}
	least := map[Cmp]float64{GTE: 1, EQ: 1}
	for _, b := range c.Bounds {
		n, counts := b.Number, !values || c.Type == ValueCount
		if counts && (n < 0 || n > 1e9 || n != float64(int64(n))) {
			return refuse(line, "condition: want whole numbers from 0 to 1000000000")
		}
		if counts && !b.Not && n < least[b.Cmp] || counts && b.Cmp == LT && n <= 1 {
			return refuse(line, "condition: no event, or no value, is not seen: a group has no window without events")
		}
	}
	return nil
}
