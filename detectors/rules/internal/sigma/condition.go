package sigma

import (
	"slices"
	"strings"

	"github.com/gatehound/gatehound/detectors/rules/internal/pattern"
)

// condition reads the grammar of conditions:
//
//	or    = and { "or" and }
//	and   = not { "and" not }
//	not   = [ "not" ] leaf
//	leaf  = "(" or ")" | ( "1" | "any" | "all" ) "of" ( "them" | pattern ) | name
type condition struct {
	words []string
	line  int
	depth int
	// leaf returns the expression of a name, all the names.
	leaf  func(name string) *Expr
	names []string
}

// parseCondition reads a condition over names.
func parseCondition(text string, line int, names []string, leaf func(string) *Expr) (*Expr, error) {
	if len(text) > maxCondition {
		return nil, refuse(line, "the condition has %d bytes; allowed are %d", len(text), maxCondition)
	}
	words, err := split(text, line)
	if err != nil {
		return nil, err
	}
	c := &condition{words: words, line: line, leaf: leaf, names: names}
	e, err := c.or()
	if err != nil {
		return nil, err
	}
	if len(c.words) > 0 {
		return nil, refuse(line, "the condition is not understood at %q", clean(c.words[0], 40))
	}
	return e, nil
}

// split cuts a condition into words and parentheses.
func split(text string, line int) ([]string, error) {
	var words []string
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '(' || c == ')':
			words = append(words, text[i:i+1])
			i++
		case c == '|':
			return nil, refuse(line, "aggregations (| count() …) are of Sigma 1: write a correlation rule (event_count, value_count, …) that refers to this one")
		default:
			end := i + strings.IndexAny(text[i:]+" ", " \t\r\n()|")
			words = append(words, text[i:end])
			i = end
		}
		if len(words) > maxTokens {
			return nil, refuse(line, "the condition has more than %d words", maxTokens)
		}
	}
	if len(words) == 0 {
		return nil, refuse(line, "the condition is empty")
	}
	return words, nil
}

// take removes the next word if it is one of those.
func (c *condition) take(words ...string) string {
	if len(c.words) > 0 && slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, c.words[0]) }) {
		w := strings.ToLower(c.words[0])
		c.words = c.words[1:]
		return w
	}
	return ""
}

func (c *condition) or() (*Expr, error) {
	if c.depth++; c.depth > maxNesting {
		return nil, refuse(c.line, "the condition is nested deeper than %d", maxNesting)
	}
	defer func() { c.depth-- }()
	return c.chain("or", Or, c.and)
}

func (c *condition) and() (*Expr, error) { return c.chain("and", And, c.not) }

func (c *condition) chain(word string, op Op, next func() (*Expr, error)) (*Expr, error) {
	first, err := next()
	if err != nil {
		return nil, err
	}
	kids := []*Expr{first}
	for c.take(word) != "" {
		e, err := next()
		if err != nil {
			return nil, err
		}
		kids = append(kids, e)
	}
	return join(op, kids), nil
}

func (c *condition) not() (*Expr, error) {
	negated := false
	for c.take("not") != "" {
		negated = !negated
	}
	e, err := c.primary()
	if err == nil && negated {
		e = &Expr{Op: Not, Kids: []*Expr{e}}
	}
	return e, err
}

func (c *condition) primary() (*Expr, error) {
	if len(c.words) == 0 {
		return nil, refuse(c.line, "the condition ends where a selection is expected")
	}
	if c.take("(") != "" {
		e, err := c.or()
		if err == nil && c.take(")") == "" {
			err = refuse(c.line, "the condition lacks a closing parenthesis")
		}
		return e, err
	}
	// A selection may be called like a word of the grammar.
	if len(c.words) > 1 && strings.EqualFold(c.words[1], "of") {
		return c.of()
	}
	word := c.words[0]
	c.words = c.words[1:]
	if strings.EqualFold(word, "near") || len(c.words) > 0 && strings.EqualFold(word, "near") {
		return nil, refuse(c.line, "near is of Sigma 1: write a temporal correlation rule")
	}
	e := c.leaf(word)
	if e == nil {
		return nil, refuse(c.line, "the condition names %q, which is no selection", clean(word, 40))
	}
	return e, nil
}

// of reads "1 of pattern" and its kin.
func (c *condition) of() (*Expr, error) {
	op := And
	switch count := c.take("1", "any", "all"); count {
	case "":
		return nil, refuse(c.line, "%q of: allowed are 1, any and all", clean(c.words[0], 20))
	case "all":
	default:
		op = Or
	}
	c.words = c.words[1:]
	if len(c.words) == 0 {
		return nil, refuse(c.line, "the condition ends behind of")
	}
	which := c.words[0]
	c.words = c.words[1:]
	glob, them := pattern.Parse(which), strings.EqualFold(which, "them")
	var kids []*Expr
	for _, n := range c.names {
		if them && !strings.HasPrefix(n, "_") || !them && glob.Match(n) {
			kids = append(kids, c.leaf(n))
		}
	}
	if len(kids) == 0 {
		return nil, refuse(c.line, "no selection is called %q", clean(which, 40))
	}
	return join(op, kids), nil
}

// join makes one expression of several.
func join(op Op, kids []*Expr) *Expr {
	if len(kids) == 1 {
		return kids[0]
	}
	return &Expr{Op: op, Kids: kids}
}
