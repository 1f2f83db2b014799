package route

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gatehound/gatehound/schemas"
)

// The bounds of matchers.
const (
	// MaxMatchers is how many a list has at most.
	MaxMatchers = 16
	// MaxMatcher is how many bytes one has at most.
	MaxMatcher = 1 << 10
	// maxRegexp bounds the size of an expression with its repetitions written
	// out, in characters and operators. RE2 runs in time linear in it, but a{99}
	// in nested repetitions grows to millions.
	maxRegexp = 2000
)

// ParseMatchers reads a list of texts such as `severity>=high`,
// `detector=authfail.*` or `entity="POST /v1/chat, v2"`. The value may be in
// double quotes, in which \" and \\ stand for " and \, and other backslashes
// for themselves. Errors begin with the place, as "matchers[1] has no
// operator: want …", and quote nothing.
func ParseMatchers(texts []string) (Matchers, error) {
	if len(texts) > MaxMatchers {
		return Matchers{}, fmt.Errorf("matchers has %d entries: want at most %d", len(texts), MaxMatchers)
	}
	var m Matchers
	for i, t := range texts {
		one, err := parseMatcher(t)
		if err != nil {
			return Matchers{}, fmt.Errorf("matchers[%d] %w", i, err)
		}
		m.list = append(m.list, one)
	}
	return m, nil
}

// Equal returns the text of a matcher that wants label to be value as it is,
// whatever it contains.
func Equal(label, value string) string {
	return label + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(strings.ToValidUTF8(value, "")) + `"`
}

func parseMatcher(text string) (matcher, error) {
	if len(text) > MaxMatcher {
		return matcher{}, fmt.Errorf("has %d bytes: want at most %d", len(text), MaxMatcher)
	}
	if !utf8.ValidString(text) {
		return matcher{}, errors.New("is not UTF-8: want text")
	}
	at := strings.IndexAny(text, "=!<>~")
	if at < 0 {
		return matcher{}, errors.New("has no operator: want a label, one of =, !=, =~, !~, >=, <=, > and <, and a value")
	}
	var m matcher
	var ok bool
	if m.label, ok = labelOf(strings.TrimSpace(text[:at])); !ok {
		return matcher{}, fmt.Errorf("has an unknown label: want one of %s", strings.Join(labelNames, ", "))
	}
	rest := ""
	for _, o := range operators {
		if rest, ok = strings.CutPrefix(text[at:], o.text); ok {
			m.op = o.op
			m.wants = o.text + strings.TrimSpace(rest)
			break
		}
	}
	if !ok {
		return matcher{}, errors.New("has an unknown operator: want one of =, !=, =~, !~, >=, <=, > and <")
	}
	value, quoted, err := parseValue(strings.TrimSpace(rest))
	if err != nil {
		return matcher{}, err
	}
	return m, m.take(value, quoted)
}

// parseValue takes the quotes off.
func parseValue(text string) (value string, quoted bool, err error) {
	if !strings.HasPrefix(text, `"`) {
		switch {
		case text == "":
			return "", false, errors.New(`has no value: want one, or "" for none`)
		case strings.ContainsRune("=~!<>", rune(text[0])):
			return "", false, errors.New("has two operators: want one, or the value in double quotes")
		case strings.ContainsAny(text, `",`):
			return "", false, errors.New("has a comma or a quote in its value: want one matcher an entry, or the value in double quotes")
		}
		return text, false, nil
	}
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && i == len(text)-1:
			return b.String(), true, nil
		case c == '"':
			return "", true, errors.New(`has text after the closing quote: want one matcher an entry, and \" for a quote in the value`)
		case c == '\\' && i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", true, errors.New("has no closing quote: want one at its end")
}

// take sets what m compares with.
func (m *matcher) take(value string, quoted bool) error {
	if m.op.orders() && m.label != labelSeverity && m.label != labelConfidence {
		return fmt.Errorf("compares %s by size: want =, !=, =~ or !~; >=, <=, > and < are for severity and confidence", m.label)
	}
	if m.op == opRegexp || m.op == opNotRegexp {
		if m.label == labelConfidence {
			return errors.New("holds an expression against confidence: want =, !=, >=, <=, > or < and a number from 0 to 1")
		}
		return m.compile(value)
	}
	m.value = value
	if strings.HasSuffix(value, "*") {
		if !quoted {
			m.value, m.prefix = value[:len(value)-1], true
		} else if m.label.own() {
			return fmt.Errorf("has a quoted * at its end, which no %s has: want it without quotes, to stand for anything", m.label)
		}
	}
	switch m.label {
	case labelSeverity:
		var s schemas.Severity
		if s.UnmarshalText([]byte(value)) != nil {
			return errors.New("has an unknown severity: want info, low, medium, high or critical")
		}
		m.number = float64(s)
	case labelConfidence:
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || !(n >= 0 && n <= 1) {
			return errors.New("has no confidence: want a number from 0 to 1")
		}
		m.number = n
	case labelKind:
		var k schemas.EntityKind
		if !m.prefix && value != "" && (k.UnmarshalText([]byte(value)) != nil || k == schemas.EntityNone) {
			return errors.New("has an unknown kind: want principal, address, route, global, source, model, tenant, host or campaign")
		}
	case labelState:
		var s schemas.AlertState
		if !m.prefix && s.UnmarshalText([]byte(value)) != nil {
			return errors.New("has an unknown state: want open, updated, resolved, acknowledged, escalated or reopened")
		}
	}
	return nil
}

// compile makes the expression, which has to match all of a value.
func (m *matcher) compile(value string) error {
	tree, err := syntax.Parse(value, syntax.Perl)
	if err != nil {
		return errors.New("has an expression that is not valid: want RE2, see https://github.com/google/re2/wiki/Syntax")
	}
	if size(tree) > maxRegexp {
		return fmt.Errorf("has an expression that is too large: want at most %d characters with its repetitions written out", maxRegexp)
	}
	m.expr, err = regexp.Compile(`^(?s:` + value + `)$`)
	if err != nil {
		return errors.New("has an expression that is not valid: want RE2, see https://github.com/google/re2/wiki/Syntax")
	}
	return nil
}

// size is how large an expression is with its repetitions written out; it stops
// counting beyond maxRegexp.
func size(re *syntax.Regexp) int {
	n := 1
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	for _, sub := range re.Sub {
		n = min(n+size(sub), maxRegexp+1)
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, maxRegexp+1)
}
