package signature

import "github.com/gatehound/gatehound/schemas"

// maxGap is how far two pieces of a phrase may be apart, in bytes of folded text
// without spaces: six English words, or ten Chinese characters. Attacks put few
// words between ("ignore absolutely all of your previous instructions"); at twice
// that, sentences that have nothing to do with each other join.
const maxGap = 32

// Matcher finds the phrases of a Set. It is not safe for concurrent use.
type Matcher struct {
	set *Set
	// reached has, for each step of each phrase, the position after its last
	// piece that was found. Positions only grow, also from text to text, so that
	// nothing is to be emptied.
	reached []int64
	// starts has the last positions at which a word began, by their low bits.
	starts   [2 * maxLength]int64
	position int64
	// negated is the position behind the last negation, chained the one behind the
	// last piece that was negated.
	negated, chained int64
	// Steps counts the places of phrases that were looked at: what a match costs
	// beyond the bytes.
	Steps int64
}

// Use sets the phrases that are looked for.
func (m *Matcher) Use(s *Set) {
	if m.set != s {
		m.set, m.reached = s, make([]int64, s.steps)
		m.position += maxGap + 1
	}
}

// Match returns the signals of the phrases in text, which is folded. A piece
// begins and ends with a word, wherever the spaces within are.
func (m *Matcher) Match(text []byte) (found schemas.PromptSignals) {
	s := m.set
	at := m.position + maxGap + 1
	*m.start(at) = at
	state, class, width, next := 0, &s.class, s.width, s.next
	for {
		word := 0
		for word < len(text) && text[word] != ' ' {
			state = int(next[state*width+int(class[text[word]])])
			word++
		}
		at += int64(word)
		if s.ends[state] != s.ends[state+1] {
			found |= m.ending(state, at)
		}
		if word == len(text) {
			m.position = at
			return found
		}
		*m.start(at) = at
		text = text[word+1:]
	}
}

// start is the place of a position in starts.
func (m *Matcher) start(at int64) *int64 { return &m.starts[uint64(at)%uint64(len(m.starts))] }

// ending notes the pieces that end in state before the position at.
func (m *Matcher) ending(state int, at int64) (found schemas.PromptSignals) {
	s := m.set
	for _, id := range s.outputs[s.ends[state]:s.ends[state+1]] {
		p := &s.pieces[id]
		start := at - int64(p.length)
		if *m.start(start) != start {
			continue
		}
		if p.role == negates || p.role == connects && start == m.chained {
			m.negated = at
		}
		for i := range p.uses {
			u := &p.uses[i]
			m.Steps++
			if u.first && start == m.negated {
				m.chained = at
				continue
			}
			if !u.first {
				if before := m.reached[u.step-1]; before == 0 || before > start || start-before > int64(u.gap) {
					continue
				}
			}
			if u.last {
				found |= u.signal
			} else {
				m.reached[u.step] = at
			}
		}
	}
	return found
}
