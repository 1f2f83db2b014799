package route

import (
	"regexp"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

// Matchers are conditions on an alert, all of which have to hold. None hold
// for every alert.
type Matchers struct{ list []matcher }

// Len returns how many there are.
func (m Matchers) Len() int { return len(m.list) }

// Match reports whether all of them hold for a.
func (m Matchers) Match(a *schemas.Alert) bool {
	if len(m.list) == 0 {
		return true
	}
	return m.match(newSubject(a))
}

func (m Matchers) match(s *subject) bool { return m.fails(s) < 0 }

// cover reports whether all of them hold for all that the alert is made of: what
// they ask of parts has to hold for each part by itself. What hides an alert has to
// cover it, or whoever does something that is hidden could hide everything else
// behind it.
func (m Matchers) cover(s *subject) bool {
	if !m.match(s) {
		return false
	}
	if len(s.alert.Parts) == 0 || !slices.ContainsFunc(m.list, func(x matcher) bool { return x.label.ofParts() }) {
		return true
	}
	if s.more() {
		return false
	}
	for i := range s.alert.Parts {
		if !m.match(&subject{alert: s.alert, severity: s.severity, part: &s.alert.Parts[i]}) {
			return false
		}
	}
	return true
}

// fails returns the place of the first that does not hold, or -1.
func (m Matchers) fails(s *subject) int {
	for i := range m.list {
		if !m.list[i].match(s) {
			return i
		}
	}
	return -1
}

// operator is how a matcher compares.
type operator uint8

const (
	opEqual operator = iota
	opNotEqual
	opRegexp
	opNotRegexp
	opAtLeast
	opAtMost
	opMore
	opLess
)

// operators has the longer ones first, so that ">=" is not taken for ">".
var operators = []struct {
	text string
	op   operator
}{{"!=", opNotEqual}, {"=~", opRegexp}, {"!~", opNotRegexp}, {">=", opAtLeast}, {"<=", opAtMost},
	{"=", opEqual}, {">", opMore}, {"<", opLess}}

// orders tells that op compares by size.
func (op operator) orders() bool { return op >= opAtLeast }

// negates tells that op wants no value to be like its own.
func (op operator) negates() bool { return op == opNotEqual || op == opNotRegexp }

// matcher is one condition.
type matcher struct {
	label label
	op    operator
	// wants is the operator and the value as they were written, for people.
	wants string
	// value is what text is compared with; with prefix set, how it begins.
	value  string
	prefix bool
	expr   *regexp.Regexp
	// number is what severity, as a number, and confidence are compared with.
	number float64
}

// match reports whether m holds: over several values = and =~ if it does for
// any, != and !~ if it does for none.
func (m *matcher) match(s *subject) bool {
	if m.expr == nil {
		switch m.label {
		case labelSeverity:
			return m.compare(float64(s.severity))
		case labelConfidence:
			return m.compare(s.alert.Confidence)
		}
	}
	for _, v := range s.of(m.label) {
		if m.is(v) {
			return !m.op.negates()
		}
	}
	return m.op.negates()
}

func (m *matcher) compare(x float64) bool {
	switch m.op {
	case opAtLeast:
		return x >= m.number
	case opAtMost:
		return x <= m.number
	case opMore:
		return x > m.number
	case opLess:
		return x < m.number
	case opNotEqual:
		return x != m.number
	}
	return x == m.number
}

// is reports whether v is what m names.
func (m *matcher) is(v string) bool {
	switch {
	case m.expr != nil:
		return m.expr.MatchString(v)
	case m.prefix:
		return strings.HasPrefix(v, m.value)
	case m.label == labelDetector && m.value != "" && len(v) > len(m.value):
		return v[len(m.value)] == '.' && v[:len(m.value)] == m.value // a family
	}
	return v == m.value
}
