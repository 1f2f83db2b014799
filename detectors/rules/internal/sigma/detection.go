package sigma

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatehound/gatehound/detectors/rules/internal/field"
)

// reader reads one document.
type reader struct {
	placeholders  map[string][]string
	items, values int
	nodes, size   int
}

// detection reads the section of that name.
func (r *reader) detection(n *yaml.Node) (*Expr, error) {
	n = follow(n)
	if n.Kind != yaml.MappingNode {
		return nil, refuse(n.Line, "detection: want a map of selections and a condition")
	}
	var names []string
	var conditions []*yaml.Node
	selections := map[string]*Expr{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], follow(n.Content[i+1])
		switch key.Value {
		case "condition":
			if conditions = []*yaml.Node{value}; value.Kind == yaml.SequenceNode {
				conditions = value.Content
			}
			continue
		case "timeframe":
			return nil, refuse(key.Line, "timeframe is of Sigma 1: write a correlation rule with a timespan")
		}
		if selections[key.Value] != nil {
			return nil, refuse(key.Line, "the selection %q is there twice", clean(key.Value, 40))
		}
		e, err := r.selection(value)
		if err != nil {
			return nil, err
		}
		names = append(names, key.Value)
		selections[key.Value] = e
	}
	if len(conditions) == 0 {
		return nil, refuse(n.Line, "detection: the condition is missing")
	}
	var either []*Expr
	for _, c := range conditions {
		if c = follow(c); c.Kind != yaml.ScalarNode {
			return nil, refuse(c.Line, "condition: want text, or a list of texts")
		}
		e, err := parseCondition(c.Value, c.Line, names, func(name string) *Expr { return selections[name] })
		if err != nil {
			return nil, err
		}
		either = append(either, e)
	}
	return join(Or, either), nil
}

// selection reads a map of fields, a list of maps, or words.
func (r *reader) selection(n *yaml.Node) (*Expr, error) {
	n = follow(n)
	switch n.Kind {
	case yaml.MappingNode:
		var kids []*Expr
		for i := 0; i+1 < len(n.Content); i += 2 {
			e, err := r.item(n.Content[i], follow(n.Content[i+1]))
			if err != nil {
				return nil, err
			}
			kids = append(kids, e)
		}
		if len(kids) == 0 {
			return nil, refuse(n.Line, "a selection is empty")
		}
		return join(And, kids), nil
	case yaml.SequenceNode:
		var kids []*Expr
		var words []*yaml.Node
		for _, c := range n.Content {
			if c = follow(c); c.Kind == yaml.ScalarNode {
				words = append(words, c)
				continue
			}
			e, err := r.selection(c)
			if err != nil {
				return nil, err
			}
			kids = append(kids, e)
		}
		if len(words) > 0 {
			e, err := r.field("", n.Line, words)
			if err != nil {
				return nil, err
			}
			kids = append(kids, e)
		}
		if len(kids) == 0 {
			return nil, refuse(n.Line, "a selection is empty")
		}
		return join(Or, kids), nil
	case yaml.ScalarNode:
		return r.field("", n.Line, []*yaml.Node{n})
	}
	return nil, refuse(n.Line, "a selection is neither a map nor a list")
}

// item reads a field with its values.
func (r *reader) item(key, value *yaml.Node) (*Expr, error) {
	if key.Kind != yaml.ScalarNode {
		return nil, refuse(key.Line, "a field's name is no text")
	}
	values := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		values = make([]*yaml.Node, len(value.Content))
		for i, c := range value.Content {
			values[i] = follow(c)
		}
	}
	for _, v := range values {
		if v.Kind != yaml.ScalarNode {
			return nil, refuse(v.Line, "%q: a value is neither text nor a number; nested maps are not supported", clean(key.Value, 60))
		}
	}
	if len(values) == 0 {
		return nil, refuse(key.Line, "%q has no values", clean(key.Value, 60))
	}
	return r.field(key.Value, key.Line, values)
}

// field makes an expression of a field, with its modifiers, and values.
func (r *reader) field(key string, line int, values []*yaml.Node) (*Expr, error) {
	if r.items++; r.items > maxItems {
		return nil, refuse(line, "the rule has more than %d fields", maxItems)
	}
	name, chain, _ := strings.Cut(key, "|")
	m, err := modifiers(chain, line)
	if err != nil {
		return nil, err
	}
	item := Item{Name: key, Line: line}
	if name == "" {
		if item.Name == "" {
			item.Name = "keywords"
		}
		item.Fields = field.Keywords()
		if !m.typed() {
			m.contains = true
		}
	} else {
		ids, reason := field.Lookup(name)
		if reason != "" {
			return nil, refuse(line, "the field %q %s", clean(name, 60), reason)
		}
		item.Fields, item.Nested = ids, len(ids) > 1
	}
	if err := m.fits(item.Fields, line); err != nil {
		return nil, err
	}
	var kids []*Expr
	all := item
	for _, v := range values {
		terms, err := r.terms(m, field.Of(item.Fields[0]), v)
		if err != nil {
			return nil, err
		}
		if r.values += len(terms); r.values > maxValues {
			return nil, refuse(line, "the rule has more than %d values", maxValues)
		}
		for i := range terms {
			r.size += terms[i].Size
		}
		if r.size > maxSize {
			return nil, refuse(line, "the rule would take more than %d bytes", maxSize)
		}
		if m.all {
			one := item
			one.Terms = terms
			kids = append(kids, &Expr{Item: &one})
			continue
		}
		all.Terms = append(all.Terms, terms...)
	}
	if !m.all {
		kids = []*Expr{{Item: &all}}
	}
	e := join(And, kids)
	if m.neq {
		e = &Expr{Op: Not, Kids: []*Expr{e}}
	}
	return e, nil
}

// set are the modifiers of a field, in the order of the rule where it matters.
type set struct {
	contains, starts, ends, all, cased, neq bool
	re, cidr, exists, ref, windash, expand  bool
	flags                                   string // of a regular expression
	encodings                               []string
	cmp                                     Cmp
	compares                                bool
	part                                    Part
}

// typed tells that the values are no plain text.
func (m *set) typed() bool {
	return m.re || m.cidr || m.exists || m.ref || m.compares || m.part != Whole
}

var parts = []string{"", "minute", "hour", "day", "week", "month", "year"}

// modifiers reads what stands behind a field's name.
func modifiers(chain string, line int) (set, error) {
	var m set
	if chain == "" {
		return m, nil
	}
	for word := range strings.SplitSeq(chain, "|") {
		switch w := strings.ToLower(strings.TrimSpace(word)); w {
		case "contains":
			m.contains = true
		case "startswith":
			m.starts = true
		case "endswith":
			m.ends = true
		case "all":
			m.all = true
		case "cased", "exact":
			m.cased = true
		case "neq", "ne":
			m.neq = true
		case "re":
			m.re = true
		case "i", "ignorecase":
			m.flags += "i"
		case "m", "multiline":
			m.flags += "m"
		case "s", "dotall":
			m.flags += "s"
		case "cidr":
			m.cidr = true
		case "exists":
			m.exists = true
		case "fieldref":
			m.ref = true
		case "windash":
			m.windash = true
		case "expand":
			m.expand = true
		case "base64", "base64offset", "wide", "utf16le", "utf16be", "utf16":
			m.encodings = append(m.encodings, w)
		case "lt", "lte", "gt", "gte":
			if m.compares {
				return m, refuse(line, "two comparisons on one field: write two fields")
			}
			m.compares, m.cmp = true, map[string]Cmp{"lt": LT, "lte": LTE, "gt": GT, "gte": GTE}[w]
		case "minute", "hour", "day", "week", "month", "year":
			m.part = Part(slices.Index(parts, w))
		default:
			return m, refuse(line, "the modifier %q is not supported", clean(word, 40))
		}
	}
	return m, m.consistent(line)
}

// consistent refuses modifiers that exclude one another.
func (m *set) consistent(line int) error {
	kinds := 0
	for _, is := range []bool{m.re, m.cidr, m.exists, m.ref, m.compares || m.part != Whole} {
		if is {
			kinds++
		}
	}
	text := m.contains || m.starts || m.ends || m.windash || len(m.encodings) > 0
	switch {
	case kinds > 1:
		return refuse(line, "re, cidr, exists, fieldref, comparisons and parts of the time exclude one another")
	case kinds == 1 && text:
		return refuse(line, "contains, startswith, endswith, windash and encodings go with plain text only")
	case m.flags != "" && !m.re:
		return refuse(line, "i, m and s go with re")
	case m.expand && (m.exists || m.ref):
		return refuse(line, "expand does not go with exists and fieldref")
	case len(m.encodings) > 4:
		return refuse(line, "more than 4 encodings of one value")
	}
	return nil
}

// fits refuses modifiers that do not go with the kind of the field.
func (m *set) fits(fields []field.ID, line int) error {
	def := field.Of(fields[0])
	switch {
	case m.cidr && def.Kind != field.Address:
		return refuse(line, "cidr goes with addresses (c-ip); %s is %s", def.Name, def.Kind)
	case m.part != Whole && def.Kind != field.Moment:
		return refuse(line, "minute to year go with the field time; %s is %s", def.Name, def.Kind)
	case m.part == Whole && !m.exists && def.Kind == field.Moment:
		return refuse(line, "the time is compared by its parts only: time|hour, time|day, …")
	case m.compares && m.part == Whole && def.Kind != field.Number:
		return refuse(line, "lt, lte, gt and gte compare numbers; %s is %s", def.Name, def.Kind)
	}
	return nil
}
