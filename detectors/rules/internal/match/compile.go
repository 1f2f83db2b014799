package match

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/gaissmai/bart"

	"github.com/gatehound/gatehound/detectors/rules/internal/field"
	"github.com/gatehound/gatehound/detectors/rules/internal/pattern"
	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
)

// many is how many terms make an atom worth an index also if no rule waits for
// it: fewer are tried one after another.
const many = 8

// frequent is the share of events from which on a rule counts as looked at
// often.
const frequent = 0.2

// compiler makes a program.
type compiler struct {
	p     *Program
	byKey map[string]int32
	// weights guess for which share of the events an atom holds or may hold.
	weights []float64

	exact    map[field.ID]map[string][]target
	literals map[field.ID][]literal
	numbers  map[field.ID]*numberIndex
	networks map[netip.Prefix][]int32
	present  map[field.ID][]int32
	// regexps are compiled once for all rules.
	regexps map[string]expression
}

// Compile makes a program of conditions; the number of a rule is its place.
func Compile(exprs []*sigma.Expr) (*Program, error) {
	c := &compiler{
		p: &Program{rules: make([]rule, len(exprs))}, byKey: map[string]int32{},
		exact: map[field.ID]map[string][]target{}, literals: map[field.ID][]literal{}, numbers: map[field.ID]*numberIndex{},
		networks: map[netip.Prefix][]int32{}, present: map[field.ID][]int32{}, regexps: map[string]expression{},
	}
	for i, e := range exprs {
		if err := c.rule(int32(i), e); err != nil {
			return nil, err
		}
	}
	for i := range c.p.atoms {
		a := &c.p.atoms[i]
		a.indexed = c.weights[i] < never && (len(a.rules) > 0 || len(a.item.Terms) > many)
		if a.indexed {
			c.index(int32(i), a)
		}
	}
	c.finish()
	return c.p, nil
}

// rule compiles a condition and finds what it waits for.
func (c *compiler) rule(n int32, e *sigma.Expr) error {
	r := &c.p.rules[n]
	e, err := c.atoms(e)
	if err != nil {
		return err
	}
	c.code(r, c.cheapFirst(e), holds, fails)
	waits, w := c.waits(e)
	switch {
	case waits == nil:
		r.cost = Every
		c.p.always = append(c.p.always, n)
		return nil
	case w >= frequent:
		r.cost = Frequent
	}
	slices.Sort(waits)
	for _, a := range slices.Compact(waits) {
		c.p.atoms[a].rules = append(c.p.atoms[a].rules, n)
	}
	return nil
}

// atoms returns the condition with the numbers of its atoms in place of their
// lines.
func (c *compiler) atoms(e *sigma.Expr) (*sigma.Expr, error) {
	out := &sigma.Expr{Op: e.Op, Item: e.Item}
	if e.Op == sigma.Leaf {
		n, err := c.atom(e.Item)
		if err != nil {
			return nil, err
		}
		item := *e.Item
		item.Line = int(n)
		out.Item = &item
		return out, nil
	}
	for _, k := range e.Kids {
		kid, err := c.atoms(k)
		if err != nil {
			return nil, err
		}
		out.Kids = append(out.Kids, kid)
	}
	return out, nil
}

// atom returns the number of an item's atom; equal items have one.
func (c *compiler) atom(item *sigma.Item) (int32, error) {
	var key strings.Builder
	fmt.Fprintf(&key, "%v %v", item.Fields, item.Nested)
	for i := range item.Terms {
		t := item.Terms[i]
		t.Shown = ""
		fmt.Fprintf(&key, " %q", fmt.Sprintf("%+v", t))
	}
	if n, ok := c.byKey[key.String()]; ok {
		return n, nil
	}
	n := int32(len(c.p.atoms))
	a := atom{item: item}
	sum := 0.0
	for i := range item.Terms {
		t := &item.Terms[i]
		if t.Kind == sigma.Regular {
			re, err := c.regexp(t.Regexp)
			if err != nil {
				return 0, err
			}
			if a.regexps == nil {
				a.regexps = make([]expression, len(item.Terms))
			}
			a.regexps[i] = re
		}
		for _, f := range looked(item, t) {
			sum += weight(t, field.Of(f))
		}
	}
	c.byKey[key.String()] = n
	c.p.atoms = append(c.p.atoms, a)
	c.weights = append(c.weights, min(sum, never))
	return n, nil
}

func (c *compiler) regexp(source string) (expression, error) {
	if x, ok := c.regexps[source]; ok {
		return x, nil
	}
	re, err := regexp.Compile(source)
	if err != nil {
		return expression{}, fmt.Errorf("compile a regular expression: %w", err)
	}
	x := expression{re, pattern.Steps(source)}
	c.regexps[source] = x
	return x, nil
}

// waits returns atoms of which one has to hold for the condition to hold, nil
// if there are none, and the share of events for which that may be.
func (c *compiler) waits(e *sigma.Expr) ([]int32, float64) {
	switch e.Op {
	case sigma.Leaf:
		if w := c.weights[e.Item.Line]; w < never {
			return []int32{int32(e.Item.Line)}, w
		}
	case sigma.And:
		var best []int32
		least := never
		for _, k := range e.Kids {
			if atoms, w := c.waits(k); atoms != nil && w < least {
				best, least = atoms, w
			}
		}
		return best, least
	case sigma.Or:
		var all []int32
		sum := 0.0
		for _, k := range e.Kids {
			atoms, w := c.waits(k)
			if atoms == nil {
				return nil, never
			}
			all, sum = append(all, atoms...), sum+w
		}
		return all, sum
	case sigma.Not:
		if inner := e.Kids[0]; inner.Op == sigma.Not {
			return c.waits(inner.Kids[0])
		}
	}
	return nil, never
}

// cheapFirst orders what is joined so that what costs least is tried first.
func (c *compiler) cheapFirst(e *sigma.Expr) *sigma.Expr {
	if e.Op == sigma.Leaf {
		return e
	}
	out := &sigma.Expr{Op: e.Op}
	for _, k := range e.Kids {
		out.Kids = append(out.Kids, c.cheapFirst(k))
	}
	slices.SortStableFunc(out.Kids, func(a, b *sigma.Expr) int { return cmp.Compare(c.price(a), c.price(b)) })
	return out
}

// price guesses what it costs to try a condition.
func (c *compiler) price(e *sigma.Expr) int {
	if e.Op != sigma.Leaf {
		sum := 1
		for _, k := range e.Kids {
			sum += c.price(k)
		}
		return sum
	}
	a := &c.p.atoms[e.Item.Line]
	if a.regexps != nil {
		return 1000
	}
	return 1 + len(a.item.Terms)
}

// code appends the tests of a condition, the last one first, and returns where
// to begin.
func (c *compiler) code(r *rule, e *sigma.Expr, yes, no int32) int32 {
	switch e.Op {
	case sigma.And:
		for _, k := range slices.Backward(e.Kids) {
			yes = c.code(r, k, yes, no)
		}
		return yes
	case sigma.Or:
		for _, k := range slices.Backward(e.Kids) {
			no = c.code(r, k, yes, no)
		}
		return no
	case sigma.Not:
		return c.code(r, e.Kids[0], no, yes)
	default:
		r.code = append(r.code, test{int32(e.Item.Line), yes, no})
		return int32(len(r.code) - 1)
	}
}

// index puts an atom's terms where they are found.
func (c *compiler) index(n int32, a *atom) {
	a.first = int32(len(c.p.checks))
	for i := range a.item.Terms {
		t := &a.item.Terms[i]
		for _, f := range looked(a.item, t) {
			c.term(n, int32(i), t, f)
		}
	}
	a.checks = int32(len(c.p.checks)) - a.first
}

func (c *compiler) term(n, place int32, t *sigma.Term, f field.ID) {
	switch t.Kind {
	case sigma.Matches:
		g := &t.Glob
		if whole := len(g.Pieces) == 1 && len(g.Pieces[0].Any) == 0; whole && !t.Cased {
			if !g.OpenStart && !g.OpenEnd {
				c.whole(f, g.Pieces[0].Text, target(n))
			} else {
				c.literal(f, g.Pieces[0].Text, out{target(n), !g.OpenStart, !g.OpenEnd})
			}
			return
		}
		c.literal(f, globLiteral(g), out{target: c.check(n, place, f)})
	case sigma.Regular:
		told := out{target: c.check(n, place, f)}
		for _, l := range needs(t.Regexp) {
			c.literal(f, l, told)
		}
	case sigma.Compares:
		c.compare(f, t, n)
	case sigma.Within:
		c.networks[t.Prefix] = append(c.networks[t.Prefix], n)
	case sigma.Present:
		c.present[f] = append(c.present[f], n)
	case sigma.Absent, sigma.Empty, sigma.Equals:
	}
}

func (c *compiler) check(n, place int32, f field.ID) target {
	c.p.checks = append(c.p.checks, check{n, place, f})
	return target(^(len(c.p.checks) - 1))
}

func (c *compiler) whole(f field.ID, text string, to target) {
	if c.exact[f] == nil {
		c.exact[f] = map[string][]target{}
	}
	c.exact[f][text] = append(c.exact[f][text], to)
}

func (c *compiler) literal(f field.ID, text string, o out) {
	c.literals[f] = append(c.literals[f], literal{text, o})
}

func (c *compiler) compare(f field.ID, t *sigma.Term, n int32) {
	x := c.numbers[f]
	if x == nil {
		x = &numberIndex{field: f, equal: map[float64][]int32{}}
		c.numbers[f] = x
	}
	switch t.Cmp {
	case sigma.EQ:
		x.equal[t.Number] = append(x.equal[t.Number], n)
	case sigma.GT, sigma.GTE:
		x.above = append(x.above, threshold{t.Number, t.Cmp == sigma.GTE, n})
	default:
		x.below = append(x.below, threshold{t.Number, t.Cmp == sigma.LTE, n})
	}
}

// finish puts the indices in a fixed order.
func (c *compiler) finish() {
	for id := range field.Count() {
		f := field.ID(id)
		if len(c.exact[f]) > 0 || len(c.literals[f]) > 0 {
			x := textIndex{field: f, exact: c.exact[f], place: len(c.p.texts)}
			if len(c.literals[f]) > 0 {
				x.auto = newAutomaton(c.literals[f])
			}
			c.p.texts = append(c.p.texts, x)
		}
		if x := c.numbers[f]; x != nil {
			slices.SortStableFunc(x.above, func(a, b threshold) int { return cmp.Compare(a.number, b.number) })
			slices.SortStableFunc(x.below, func(a, b threshold) int { return cmp.Compare(b.number, a.number) })
			c.p.numbers = append(c.p.numbers, *x)
		}
		if atoms := c.present[f]; atoms != nil {
			c.p.present = append(c.p.present, presence{f, atoms})
		}
	}
	if len(c.networks) == 0 {
		return
	}
	// A network tells all around it as well, so that one look-up is enough.
	c.p.clients = &bart.Table[[]int32]{}
	for p := range c.networks {
		var all []int32
		for bits := 0; bits <= p.Bits(); bits++ {
			around := netip.PrefixFrom(p.Addr(), bits).Masked()
			all = append(all, c.networks[around]...)
		}
		c.p.clients.Insert(p, all)
	}
}
