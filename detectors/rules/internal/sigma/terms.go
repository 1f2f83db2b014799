package sigma

import (
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/gatehound/gatehound/detectors/rules/internal/field"
	"github.com/gatehound/gatehound/detectors/rules/internal/pattern"
)

// terms makes terms of a value.
func (r *reader) terms(m set, def *field.Def, v *yaml.Node) ([]Term, error) {
	if len(v.Value) > maxText {
		return nil, refuse(v.Line, "a value has %d bytes; allowed are %d", len(v.Value), maxText)
	}
	if v.Tag == "!!null" {
		if m.typed() || m.contains || m.starts || m.ends {
			return nil, refuse(v.Line, "null goes without modifiers")
		}
		return []Term{{Kind: Absent, Shown: "null"}}, nil
	}
	switch {
	case m.exists:
		is, err := strconv.ParseBool(v.Value)
		if err != nil {
			return nil, refuse(v.Line, "exists: want true or false")
		}
		if is {
			return []Term{{Kind: Present, Shown: "true"}}, nil
		}
		return []Term{{Kind: Absent, Shown: "false"}}, nil
	case m.ref:
		return reference(m, def, v)
	}
	texts := []string{v.Value}
	if m.expand {
		var err error
		if texts, err = r.expand(v); err != nil {
			return nil, err
		}
	}
	var terms []Term
	for _, text := range texts {
		more, err := m.term(def, text, v.Line)
		if err != nil {
			return nil, err
		}
		if terms = append(terms, more...); len(terms) > maxValues {
			return nil, refuse(v.Line, "a value becomes more than %d", maxValues)
		}
	}
	return terms, nil
}

func reference(m set, def *field.Def, v *yaml.Node) ([]Term, error) {
	ids, reason := field.Lookup(v.Value)
	if reason != "" {
		return nil, refuse(v.Line, "fieldref: the field %q %s", clean(v.Value, 60), reason)
	}
	if len(ids) > 1 || field.Of(ids[0]).Kind != def.Kind || def.Kind == field.Moment {
		return nil, refuse(v.Line, "fieldref: the fields are not of one kind")
	}
	return []Term{{Kind: Equals, Shown: v.Value, Other: ids[0], Cased: m.cased}}, nil
}

// term makes the terms of a text.
func (m *set) term(def *field.Def, text string, line int) ([]Term, error) {
	shown := clean(text, 200)
	switch {
	case m.re:
		return m.regular(text, shown, line)
	case m.cidr:
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, refuse(line, "cidr: want a network such as 10.0.0.0/8 or 2001:db8::/32")
		}
		return []Term{within(p, shown)}, nil
	case m.compares || m.part != Whole:
		n, ok := number(text)
		if !ok {
			return nil, refuse(line, "a comparison needs a number")
		}
		return []Term{{Kind: Compares, Shown: shown, Cmp: m.cmp, Number: n, Part: m.part}}, nil
	}
	if !m.contains && !m.starts && !m.ends && len(m.encodings) == 0 {
		if t, ok := typed(def, text, shown); ok {
			return []Term{t}, nil
		}
	}
	if def.Kind == field.Flag {
		return nil, refuse(line, "%s is true or false", def.Name)
	}
	return m.texts(text, shown, line)
}

// typed reads a value of a field that is not text, unless it is a pattern.
func typed(def *field.Def, text, shown string) (Term, bool) {
	if text == "" {
		return Term{Kind: Empty, Shown: "''"}, true
	}
	switch def.Kind {
	case field.Number:
		if n, ok := number(text); ok {
			return Term{Kind: Compares, Shown: shown, Number: n}, true
		}
	case field.Flag:
		if b, err := strconv.ParseBool(strings.ToLower(text)); err == nil {
			n := 0.0
			if b {
				n = 1
			}
			return Term{Kind: Compares, Shown: shown, Number: n}, true
		}
	case field.Address:
		if a, err := netip.ParseAddr(text); err == nil {
			return within(netip.PrefixFrom(a, a.BitLen()), shown), true
		}
	case field.Text, field.Moment:
	}
	return Term{}, false
}

func within(p netip.Prefix, shown string) Term {
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return Term{Kind: Within, Shown: shown, Prefix: netip.PrefixFrom(p.Addr().WithZone(""), p.Bits()).Masked()}
}

// number reads decimal and, with 0x, hexadecimal numbers.
func number(text string) (float64, bool) {
	if n, err := strconv.ParseInt(text, 0, 64); err == nil {
		return float64(n), true
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// literalByte is about what a byte of a literal takes in the index.
const literalByte = 48

// texts makes globs of a text.
func (m *set) texts(text, shown string, line int) ([]Term, error) {
	variants := []string{text}
	if m.windash {
		if variants = pattern.Windash(text); variants == nil {
			return nil, refuse(line, "windash: a value has more than %d dashes", pattern.MaxDashes)
		}
	}
	var globs []pattern.Glob
	for _, v := range variants {
		g := pattern.Parse(v)
		if len(m.encodings) == 0 {
			globs = append(globs, g)
			continue
		}
		lit, ok := g.Literal()
		if !ok {
			return nil, refuse(line, "a value with wildcards cannot be encoded")
		}
		lits := []string{lit}
		for _, e := range m.encodings {
			var next []string
			for _, l := range lits {
				next = append(next, pattern.Encode(e, l)...)
			}
			lits = next
		}
		if len(lits) == 0 {
			return nil, refuse(line, "a value is too short to be found in base64")
		}
		for _, l := range lits {
			globs = append(globs, pattern.Plain(l))
		}
	}
	terms := make([]Term, 0, len(globs))
	for _, g := range globs {
		g.OpenStart = g.OpenStart || m.contains || m.ends
		g.OpenEnd = g.OpenEnd || m.contains || m.starts
		if len(g.Pieces) == 0 {
			if g.OpenStart || g.OpenEnd {
				terms = append(terms, Term{Kind: Present, Shown: shown})
			} else {
				terms = append(terms, Term{Kind: Empty, Shown: shown})
			}
			continue
		}
		if n := g.Wildcards(); n > maxStars {
			return nil, refuse(line, "a value has %d wildcards; allowed are %d", n, maxStars)
		}
		if !m.cased {
			g = g.Folded()
		}
		size := 0
		for i := range g.Pieces {
			size += literalByte * len(g.Pieces[i].Text)
		}
		terms = append(terms, Term{Kind: Matches, Shown: shown, Glob: g, Cased: m.cased, Size: size})
	}
	return terms, nil
}

// regular checks a regular expression.
func (m *set) regular(text, shown string, line int) ([]Term, error) {
	source := text
	if m.flags != "" {
		source = "(?" + m.flags + ")" + text
	}
	reason, size := pattern.Unfit(source, text)
	if reason != "" {
		return nil, refuse(line, "re: %s", reason)
	}
	return []Term{{Kind: Regular, Shown: shown, Regexp: source, Size: size}}, nil
}

var placeholder = regexp.MustCompile(`\\%|%[A-Za-z0-9_.-]+%`)

// expand puts the configured values for placeholders.
func (r *reader) expand(v *yaml.Node) ([]string, error) {
	texts := []string{""}
	rest := v.Value
	for rest != "" {
		at := placeholder.FindStringIndex(rest)
		if at == nil {
			at = []int{len(rest), len(rest)}
		}
		values := []string{""}
		if found := rest[at[0]:at[1]]; found == `\%` {
			values = []string{"%"}
		} else if found != "" {
			name := strings.Trim(found, "%")
			if values = r.placeholders[name]; len(values) == 0 {
				return nil, refuse(v.Line, "expand: no values are configured for the placeholder %s; set rules.placeholders", clean(found, 60))
			}
		}
		if len(texts)*len(values) > maxValues {
			return nil, refuse(v.Line, "expand: a value becomes more than %d", maxValues)
		}
		var next []string
		for _, t := range texts {
			for _, value := range values {
				full := t + rest[:at[0]] + value
				if len(full) > maxText {
					return nil, refuse(v.Line, "expand: a value has more than %d bytes", maxText)
				}
				next = append(next, full)
			}
		}
		texts, rest = next, rest[at[1]:]
	}
	return texts, nil
}
