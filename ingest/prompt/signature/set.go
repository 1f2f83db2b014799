package signature

import (
	"fmt"
	"strings"
	"sync"

	"github.com/gatehound/gatehound/schemas"
)

// maxStates bounds the automaton, so that a state fits 16 bits and its table some
// 16 MB: about 60,000 letters of phrases that share no beginning.
const maxStates = 1<<16 - 1

// maxUses bounds how many phrases have the same piece: each occurrence of the
// piece costs as many steps.
const maxUses = 128

// Set is a compiled list of phrases. It is never changed and safe for concurrent
// use.
type Set struct {
	// class maps a byte to its column; 0 is a byte of no phrase. width is the
	// number of columns, next has the rows: next[state*width+class].
	class [256]uint8
	width int
	next  []uint16
	// ends[state] are the pieces that end in a state: outputs[ends[s]:ends[s+1]].
	ends    []uint32
	outputs []uint16
	pieces  []piece
	// steps is the number of places in all phrases, see use.
	steps, phrases int
}

// piece is one form of a run of words.
type piece struct {
	length int
	uses   []use
	role   role
}

// role is what a piece means to the phrase behind it.
type role uint8

const (
	plain role = iota
	negates
	connects
)

// negations are runs of words that turn the phrase which follows at once into its
// contrary: applications forbid in their system prompts what attacks ask for
// ("never reveal your system prompt"). connectives carry a negation on ("do not
// share or reveal"). Single words that also end a sentence ("no", "not") and short
// ones are left out: an attack may follow, or they may be the end of another word
// in spaced text.
const (
	negations = `do_not don_t must_not mustn_t should_not shouldn_t will_not won_t may_not cannot can_t can_not not_to never never_ever
		are_not_allowed_to not_allowed_to not_permitted_to refuse_to without forbidden_to avoid does_not doesn_t did_not didn_t
		niemals nunca jamais não_deve no_debes никогда 不要 不能 不得 禁止 切勿 请勿 绝不`
	connectives = "or nor and oder или 或 或者 和"
)

// use is a place of a piece in a phrase. Its step is that of the phrase's piece
// before it plus 1, unless it is the first.
type use struct {
	step        int32
	gap         int8 // how far the piece before may be away, in bytes
	first, last bool
	signal      schemas.PromptSignals
}

// Default returns the built-in phrases.
var Default = sync.OnceValue(func() *Set {
	s, err := Compile(nil)
	if err != nil {
		panic(err) // a test compiles them
	}
	return s
})

// Len returns the number of phrases.
func (s *Set) Len() int { return s.phrases }

// Compile returns the built-in phrases and those of list.
func Compile(list []byte) (*Set, error) {
	phrases, err := parse(defaults)
	if err != nil {
		return nil, fmt.Errorf("built-in signatures: %w", err)
	}
	more, err := parse(list)
	if err != nil {
		return nil, err
	}
	return compile(append(phrases, more...))
}

func compile(phrases []phrase) (*Set, error) {
	s := &Set{phrases: len(phrases), width: 1}
	ids := map[string]int{}
	var texts []string
	add := func(text string) *piece {
		id, known := ids[text]
		if !known {
			id = len(texts)
			ids[text] = id
			texts = append(texts, text)
			s.pieces = append(s.pieces, piece{length: len(text)})
		}
		return &s.pieces[id]
	}
	for role, words := range map[role]string{negates: negations, connects: connectives} {
		for w := range strings.FieldsSeq(words) {
			add(folded(w)).role = role
		}
	}
	for _, p := range phrases {
		for k, part := range p.pieces {
			u := use{step: int32(s.steps), first: k == 0, last: k == len(p.pieces)-1, signal: p.signal}
			if part.gap {
				u.gap = maxGap
			}
			s.steps++
			for _, f := range part.forms {
				at := add(f)
				if len(at.uses) > 0 && at.uses[len(at.uses)-1].step == u.step {
					continue // two forms are one when folded
				}
				if at.uses = append(at.uses, u); len(at.uses) > maxUses {
					return nil, fmt.Errorf("more than %d phrases have a run of words in common", maxUses)
				}
			}
		}
	}
	if len(texts) > maxStates {
		return nil, fmt.Errorf("the phrases have more than %d forms", maxStates)
	}
	var used [256]bool
	for _, t := range texts {
		for i := range len(t) {
			used[t[i]] = true
		}
	}
	for b := range used { // in this order the letters of ASCII are side by side
		if used[b] {
			s.class[b] = uint8(s.width)
			s.width++
		}
	}
	return s, s.build(texts)
}

// build makes the automaton: a trie of texts, whose missing edges are those of
// the longest suffix that is in the trie too.
func (s *Set) build(texts []string) error {
	s.next = make([]uint16, s.width)
	own := [][]uint16{nil} // the texts that end in a state
	for id, t := range texts {
		state := 0
		for i := range len(t) {
			at := state*s.width + int(s.class[t[i]])
			if s.next[at] == 0 {
				if len(own) == maxStates {
					return fmt.Errorf("the phrases need more than %d states", maxStates)
				}
				s.next[at] = uint16(len(own))
				s.next = append(s.next, make([]uint16, s.width)...)
				own = append(own, nil)
			}
			state = int(s.next[at])
		}
		own[state] = append(own[state], uint16(id))
	}
	suffix := make([]uint16, len(own))
	queue := make([]uint16, 0, len(own))
	for c := range s.width {
		if n := s.next[c]; n != 0 {
			queue = append(queue, n)
		}
	}
	for i := 0; i < len(queue); i++ { // breadth first: the suffix is done before
		state := int(queue[i])
		own[state] = append(own[state], own[suffix[state]]...)
		for c := range s.width {
			at, of := &s.next[state*s.width+c], s.next[int(suffix[state])*s.width+c]
			if *at == 0 {
				*at = of
				continue
			}
			suffix[*at] = of
			queue = append(queue, *at)
		}
	}
	s.order(append([]uint16{0}, queue...), own)
	return nil
}

// order numbers the states anew, in the order of their depth: those near the
// root, in which a text is most of the time, are side by side then.
func (s *Set) order(states []uint16, own [][]uint16) {
	rank := make([]uint16, len(states))
	for i, state := range states {
		rank[state] = uint16(i)
	}
	next := make([]uint16, 0, len(s.next))
	s.ends = make([]uint32, 1, len(states)+1)
	for _, state := range states {
		for _, to := range s.next[int(state)*s.width:][:s.width] {
			next = append(next, rank[to])
		}
		s.outputs = append(s.outputs, own[state]...)
		s.ends = append(s.ends, uint32(len(s.outputs)))
	}
	s.next = next
}
