// Package match holds events against many rules at once. The rules' conditions
// are compiled together: what they look for is found in one pass over each field,
// and a rule is looked at only if something was found without which it cannot
// hold. So the time for an event hardly grows with the number of rules.
package match

import (
	"hash/maphash"
	"regexp"

	"github.com/gaissmai/bart"

	"github.com/gatehound/gatehound/detectors/rules/internal/field"
	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/schemas"
)

// Program is a set of compiled rules. It is immutable.
type Program struct {
	atoms  []atom
	checks []check
	rules  []rule
	// always are the rules that nothing announces.
	always []int32

	texts   []textIndex
	numbers []numberIndex
	clients *bart.Table[[]int32]
	present []presence
}

// target is what a literal tells: an atom that holds, or, as the complement of
// its number, a check that is worth making.
type target int32

// atom is a field with values: it holds if one of its terms holds for one of its
// fields.
type atom struct {
	item *sigma.Item
	// indexed tells that the index knows all that can make it hold.
	indexed bool
	// regexps are those of the terms, by their places; nil if it has none.
	regexps []expression
	// checks are its checks, from first on.
	first, checks int32
	// rules wait for it.
	rules []int32
}

// expression is a regular expression with the steps that a byte of text takes at
// most.
type expression struct {
	*regexp.Regexp
	steps int
}

// check is a term to be tried on a field whose text has its literal.
type check struct {
	atom  int32
	term  int32
	field field.ID
}

// rule is a condition as a chain of tests.
type rule struct {
	code []test
	cost Cost
}

// test looks at an atom and goes on at another test, or ends.
type test struct{ atom, yes, no int32 }

// The ends of a chain of tests.
const (
	holds = -1
	fails = -2
)

// Cost says how often a rule is looked at.
type Cost uint8

// The costs.
const (
	Rare     Cost = iota // only if something rare was found
	Frequent             // only if something was found that many events have
	Every                // for every event
)

// String names a cost.
func (c Cost) String() string { return [...]string{"rare", "frequent", "every event"}[c] }

// Cost returns the cost of a rule.
func (p *Program) Cost(rule int) Cost { return p.rules[rule].cost }

// Program returns what the scratch is of.
func (s *Scratch) Program() *Program { return s.p }

// textIndex finds the literals of a field.
type textIndex struct {
	field field.ID
	exact map[string][]target
	auto  *automaton // nil if there are only whole values
	place int        // of its cache
}

// numberIndex finds the comparisons of a field that hold.
type numberIndex struct {
	field field.ID
	equal map[float64][]int32
	above []threshold // by rising number
	below []threshold // by falling number
}

type threshold struct {
	number float64
	orEven bool // it holds for the number itself
	atom   int32
}

type presence struct {
	field field.ID
	atoms []int32
}

// Scratch is what matching needs besides the program. It is not safe for
// concurrent use.
type Scratch struct {
	p      *Program
	event  *schemas.Event
	buffer field.Buffer
	// epoch counts events; what has another number in it is of an event before.
	epoch  uint32
	states []uint32 // of atoms: epoch<<2 and what is known
	hits   []uint32 // of checks: epoch
	seen   []uint32 // of rules: epoch
	// marks are of atoms and checks: which look at a text told them last.
	marks   []uint32
	looks   uint32
	waiting []int32
	found   []int32
	raw     []value // of fields
	folded  []value
	bytes   []byte
	caches  []cache
	seed    maphash.Seed
	// current is the rule that is being looked at, -1 for none.
	current int
	// steps is how many regular expressions may still take for the event, cut
	// tells that they wanted more.
	steps int
	cut   bool
}

type value struct {
	epoch uint32
	text  string
}

// What is known of an atom.
const (
	unknown = iota
	maybe   // a check is worth making
	yes
	no
)

// NewScratch returns a scratch for the program.
func (p *Program) NewScratch() *Scratch {
	return &Scratch{
		p: p, states: make([]uint32, len(p.atoms)), hits: make([]uint32, len(p.checks)), seen: make([]uint32, len(p.rules)),
		marks: make([]uint32, len(p.atoms)+len(p.checks)),
		raw:   make([]value, field.Count()), folded: make([]value, field.Count()),
		caches: make([]cache, len(p.texts)), seed: maphash.MakeSeed(), current: -1,
	}
}

// maxSteps bounds what the regular expressions take for an event together: the
// sum of instructions times bytes of text, some 2 to 10 ms. An ordinary path takes
// a ten thousandth. Clients choose texts: one of 2 KiB that is full of what
// expressions wait for would take seconds.
const maxSteps = 1 << 19

// Cut tells that the last event took more than its regular expressions may: those
// that were left did not hold.
func (s *Scratch) Cut() bool { return s.cut }

// maxEpoch is where the numbers begin anew.
const maxEpoch = 1<<30 - 1

// Match returns the rules that hold for the event, in the order of their
// numbers; valid until the next call.
func (s *Scratch) Match(e *schemas.Event) []int32 {
	s.begin(e)
	p := s.p
	for i := range p.texts {
		s.text(&p.texts[i])
	}
	for i := range p.numbers {
		s.number(&p.numbers[i])
	}
	if p.clients != nil {
		if a := field.Addr(e); a.IsValid() {
			atoms, _ := p.clients.Lookup(a.WithZone(""))
			for _, at := range atoms {
				s.set(at)
			}
		}
	}
	for i := range p.present {
		if field.Of(p.present[i].field).Known(e, &s.buffer) {
			for _, at := range p.present[i].atoms {
				s.set(at)
			}
		}
	}
	for _, r := range s.waiting {
		s.try(r)
	}
	for _, r := range p.always {
		s.try(r)
	}
	s.current = -1
	order(s.found)
	return s.found
}

func (s *Scratch) begin(e *schemas.Event) {
	s.event = e
	s.buffer.Reset()
	s.bytes, s.waiting, s.found = s.bytes[:0], s.waiting[:0], s.found[:0]
	s.steps, s.cut = maxSteps, false
	if s.epoch++; s.epoch > maxEpoch {
		s.epoch = 1
		clear(s.states)
		clear(s.hits)
		clear(s.seen)
		clear(s.raw)
		clear(s.folded)
	}
}

// order sorts a few numbers.
func order(v []int32) {
	for i := 1; i < len(v); i++ {
		for j := i; j > 0 && v[j] < v[j-1]; j-- {
			v[j], v[j-1] = v[j-1], v[j]
		}
	}
}

// try looks at a rule.
func (s *Scratch) try(r int32) {
	s.current = int(r)
	code := s.p.rules[r].code
	at := int32(len(code) - 1) // the chain is built from its end
	for at >= 0 {
		t := code[at]
		if at = t.no; s.atom(t.atom) {
			at = t.yes
		}
	}
	if at == holds {
		s.found = append(s.found, r)
	}
}

// set notes that an atom holds.
func (s *Scratch) set(a int32) {
	if s.states[a] == s.epoch<<2|yes {
		return
	}
	fresh := s.states[a] != s.epoch<<2|maybe
	s.states[a] = s.epoch<<2 | yes
	if fresh {
		s.wake(a)
	}
}

// hint notes that a check is worth making.
func (s *Scratch) hint(c int32) {
	s.hits[c] = s.epoch
	a := s.p.checks[c].atom
	if s.states[a]>>2 != s.epoch {
		s.states[a] = s.epoch<<2 | maybe
		s.wake(a)
	}
}

func (s *Scratch) wake(a int32) {
	for _, r := range s.p.atoms[a].rules {
		if s.seen[r] != s.epoch {
			s.seen[r] = s.epoch
			s.waiting = append(s.waiting, r)
		}
	}
}
