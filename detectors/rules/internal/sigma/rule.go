// Package sigma reads Sigma rules: YAML to conditions over the fields of
// events. It refuses what Gatehound cannot match, with the line and the reason.
//
// The grammar is that of the Sigma specification 2.1
// (https://github.com/SigmaHQ/sigma-specification).
package sigma

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/gatehound/gatehound/detectors/rules/internal/field"
	"github.com/gatehound/gatehound/detectors/rules/internal/pattern"
)

// The bounds of what is read. Rules may come from strangers, and one of them
// must not stop the service that loads it.
const (
	MaxFile      = 4 << 20 // bytes of a file
	MaxDocuments = 2000    // documents of a file
	maxNodes     = 20_000  // nodes of a document, those behind aliases each time
	maxDepth     = 32      // nesting of a document
	maxValues    = 5000    // values of a rule, after modifiers
	maxItems     = 500     // fields with values of a rule
	maxSize      = 8 << 20 // bytes of a rule when it is compiled
	maxText      = 1024    // bytes of a value
	maxStars     = 16      // wildcards of a value
	maxCondition = 8192    // bytes of a condition
	maxTokens    = 1000    // words of a condition
	maxNesting   = 32      // parentheses of a condition
	maxMeta      = 65_535  // bytes of a description, by the specification
	maxTitle     = 256     // characters of a title, by the specification
	maxGroupBy   = 8       // fields of group-by
	maxRelated   = 64      // rules of a correlation
)

// Rule is a rule that can be matched.
type Rule struct {
	File string
	// Line is that of the document's first key, from 1.
	Line int

	ID, Name, Title, Description string
	Status, Level                string
	Tags, FalsePositives         []string
	Source                       Source

	// Expr is the condition of a rule on single events, nil of a correlation.
	Expr *Expr
	// Correlation is set if this is a correlation.
	Correlation *Correlation
	// Size is about what the rule takes when it is compiled, in bytes.
	Size int
	// Hash is of the document's text: who changes a rule changes it.
	Hash [16]byte
}

// Source is the log source.
type Source struct{ Category, Product, Service string }

// String shows a source in a line.
func (s Source) String() string {
	text := ""
	for _, p := range []struct{ key, value string }{{"category", s.Category}, {"product", s.Product}, {"service", s.Service}} {
		if p.value != "" {
			if text != "" {
				text += " "
			}
			text += p.key + "=" + p.value
		}
	}
	return text
}

// Refusal says why a document is no rule that can be matched.
type Refusal struct {
	File   string
	Line   int
	ID     string
	Title  string
	Reason string
}

// fault is a reason with its line; it ends the reading of a rule.
type fault struct {
	line   int
	reason string
}

func (f *fault) Error() string { return f.reason }

func refuse(line int, format string, args ...any) error {
	return &fault{line, fmt.Sprintf(format, args...)}
}

// Op is what an expression does.
type Op uint8

// The operations.
const (
	Leaf Op = iota
	And
	Or
	Not
)

// Expr is a condition.
type Expr struct {
	Op   Op
	Kids []*Expr
	Item *Item // of a Leaf
}

// Item holds if one of its terms holds for one of its fields.
type Item struct {
	// Name is the field as the rule has it, with its modifiers.
	Name   string
	Line   int
	Fields []field.ID
	// Nested tells that the last field's text holds the others'.
	Nested bool
	Terms  []Term
}

// TermKind says how a value is compared.
type TermKind uint8

// The kinds of terms.
const (
	Matches  TermKind = iota // Glob, against text
	Regular                  // Regexp, anywhere in text
	Compares                 // Cmp with Number
	Within                   // in the network Prefix
	Present                  // the field is known
	Absent                   // the field is not known
	Empty                    // the field is known to be empty
	Equals                   // the same as the field Other
)

// Cmp is a comparison of numbers.
type Cmp uint8

// The comparisons.
const (
	EQ Cmp = iota
	LT
	LTE
	GT
	GTE
)

// Part is a part of a time.
type Part uint8

// The parts of a time.
const (
	Whole Part = iota
	Minute
	Hour
	Day
	Week
	Month
	Year
)

// Term is a value with how it is compared.
type Term struct {
	Kind TermKind
	// Shown is the value as the rule has it, or what became of it.
	Shown  string
	Cased  bool
	Glob   pattern.Glob
	Regexp string
	Cmp    Cmp
	Number float64
	Part   Part // of a time, Whole of other numbers
	Prefix netip.Prefix
	Other  field.ID
	// Size is about what the term takes when it is compiled, in bytes.
	Size int
}

// CorrelationType is the kind of a correlation.
type CorrelationType string

// The kinds of correlations.
const (
	EventCount      CorrelationType = "event_count"
	ValueCount      CorrelationType = "value_count"
	ValueSum        CorrelationType = "value_sum"
	ValueAvg        CorrelationType = "value_avg"
	ValueMin        CorrelationType = "value_min"
	ValueMax        CorrelationType = "value_max"
	Temporal        CorrelationType = "temporal"
	TemporalOrdered CorrelationType = "temporal_ordered"
)

// Correlation holds for what several events show together.
type Correlation struct {
	Type CorrelationType
	Line int
	// Rules are ids or names of others.
	Rules []string
	// GroupBy has, for each field, what it is called and what it is in the
	// events of each rule, in the order of Rules.
	GroupBy  []Group
	Timespan time.Duration
	// Field is what is counted, of the value types.
	Field *field.ID
	// Bounds of the figure; a temporal one without bounds needs all rules.
	Bounds []Bound
	// Expr is the condition of a temporal correlation that names its rules; the
	// leaves' items have the place of the rule in Rules as Line.
	Expr     *Expr
	Generate bool
}

// Group is a field of group-by.
type Group struct {
	Name   string
	Fields []field.ID
}

// Bound is a side of a range.
type Bound struct {
	Cmp    Cmp
	Not    bool // with EQ: unequal
	Number float64
}

// Holds tells whether v is within the bound.
func (b Bound) Holds(v float64) bool { return Compare(b.Cmp, v, b.Number) != b.Not }

// Compare compares a with b.
func Compare(c Cmp, a, b float64) bool {
	switch c {
	case LT:
		return a < b
	case LTE:
		return a <= b
	case GT:
		return a > b
	case GTE:
		return a >= b
	default:
		return a == b
	}
}
