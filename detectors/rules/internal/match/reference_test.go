package match

import (
	"regexp"
	"strings"

	"github.com/gatehound/gatehound/detectors/rules/internal/field"
	"github.com/gatehound/gatehound/detectors/rules/internal/pattern"
	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/schemas"
)

// reference holds one event against one condition, in the plainest way: no
// index, no folding, every value by a regular expression.
func reference(e *sigma.Expr, ev *schemas.Event) bool {
	switch e.Op {
	case sigma.And:
		for _, k := range e.Kids {
			if !reference(k, ev) {
				return false
			}
		}
		return true
	case sigma.Or:
		for _, k := range e.Kids {
			if reference(k, ev) {
				return true
			}
		}
		return false
	case sigma.Not:
		return !reference(e.Kids[0], ev)
	default:
		for i := range e.Item.Terms {
			for _, f := range e.Item.Fields {
				if referenceTerm(&e.Item.Terms[i], field.Of(f), ev) {
					return true
				}
			}
		}
		return false
	}
}

func referenceTerm(t *sigma.Term, d *field.Def, ev *schemas.Event) bool {
	var b field.Buffer
	text, known := d.Text(ev, &b), d.Known(ev, &b)
	switch t.Kind {
	case sigma.Matches:
		return globRegexp(&t.Glob, t.Cased).MatchString(text)
	case sigma.Regular:
		return text != "" && compiled(t.Regexp).MatchString(text)
	case sigma.Present:
		return known
	case sigma.Absent:
		return !known
	case sigma.Empty:
		if d.Name == "user_agent" {
			return ev.ClientClass == schemas.ClientEmpty
		}
		return !known
	case sigma.Within:
		return field.Addr(ev).IsValid() && t.Prefix.Contains(field.Addr(ev))
	case sigma.Equals:
		o := field.Of(t.Other)
		other := o.Text(ev, &b)
		if !known || !o.Known(ev, &b) {
			return false
		}
		if t.Cased || d.Kind != field.Text {
			return text == other
		}
		return strings.EqualFold(text, other)
	default:
		n, ok := d.Number(ev)
		if t.Part != sigma.Whole {
			n, ok = partOf(ev.When(), t.Part), true
		}
		return ok && sigma.Compare(t.Cmp, n, t.Number)
	}
}

func globRegexp(g *pattern.Glob, cased bool) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("(?s")
	if !cased {
		b.WriteString("i")
	}
	b.WriteString(")")
	if !g.OpenStart {
		b.WriteString(`\A`)
	}
	for i := range g.Pieces {
		if i > 0 {
			b.WriteString(".*")
		}
		last, p := 0, &g.Pieces[i]
		for _, at := range p.Any {
			b.WriteString(regexp.QuoteMeta(p.Text[last:at]) + ".")
			last = at + 1
		}
		b.WriteString(regexp.QuoteMeta(p.Text[last:]))
	}
	if !g.OpenEnd {
		b.WriteString(`\z`)
	}
	return compiled(b.String())
}

var compiledOnce = map[string]*regexp.Regexp{}

// compiled compiles an expression once.
func compiled(source string) *regexp.Regexp {
	if compiledOnce[source] == nil {
		compiledOnce[source] = regexp.MustCompile(source)
	}
	return compiledOnce[source]
}
