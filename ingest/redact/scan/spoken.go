package scan

import (
	"github.com/gatehound/gatehound/ingest/redact/chars"
)

// maxSpoken bounds how many labels the domain of a spoken address has.
const maxSpoken = 6

// spoken looks for an e-mail address with words for its signs around the word
// "at" at t[i:j]: "jo [at] example [dot] org", "jo(at)example.org", "jo at
// example dot org". A bare "at" needs a "dot".
func (s *Scanner) spoken(i, j int) int {
	t := s.t
	start, bracketed := i, false
	for start > s.last && (t[start-1] == ' ' || opens(t[start-1])) && i-start < 3 {
		bracketed = bracketed || opens(t[start-1])
		start--
	}
	if start == i {
		return 0
	}
	local := start
	for local > s.last && start-local < maxLocal && chars.Classes[t[local-1]]&chars.Local != 0 {
		local--
	}
	k := s.afterWord(j, bracketed)
	if local == start || k == j || !bracketed && common(t[local:start]) {
		return 0
	}
	end, dots, spokenDot := k, 0, false
	for range maxSpoken {
		label := end
		for end < len(t) && chars.Classes[t[end]]&(chars.Domain) != 0 && t[end] != '.' && end-label < 63 {
			end++
		}
		if end == label {
			return 0
		}
		next, words := s.dot(end)
		if next == 0 {
			letters := chars.Only(t[label:end], chars.Upper|chars.Lower)
			if dots == 0 || !letters || end-label < 2 || !bracketed && !spokenDot {
				return 0
			}
			return s.add(local, end, byEmailSpoken)
		}
		dots++
		spokenDot = spokenDot || words
		end = next
	}
	return 0
}

// common reports whether a word before "at" is one of prose.
func common(word string) bool {
	if len(word) == 1 {
		return true
	}
	for _, w := range [...]string{"look", "looking", "looks", "meet", "met", "sit", "arrive", "arrived", "is", "are", "was", "were", "be", "stay", "hosted",
		"available", "found", "see", "visit", "us", "me", "it", "them", "site", "shop", "page", "and", "or", "not", "even", "me", "up", "live", "work", "works"} {
		if chars.EqualFold(word, w) {
			return true
		}
	}
	return false
}

func opens(c byte) bool { return c == '(' || c == '[' || c == '{' || c == '<' }

func closes(c byte) bool { return c == ')' || c == ']' || c == '}' || c == '>' }

// afterWord returns where to go on behind a word that ends at i: behind spaces,
// and behind the bracket that closes if one was opened. It is i if nothing
// separates.
func (s *Scanner) afterWord(i int, bracketed bool) int {
	k, closed := i, false
	for k < len(s.t) && k < i+3 && (s.t[k] == ' ' || bracketed && closes(s.t[k])) {
		closed = closed || closes(s.t[k])
		k++
	}
	if bracketed && !closed {
		return i
	}
	return k
}

// dot returns the end of a full stop, or of a word for one, at i, and whether it
// is a word; 0 if there is none.
func (s *Scanner) dot(i int) (next int, words bool) {
	t := s.t
	if s.at(i) == '.' && chars.Classes[s.at(i+1)]&chars.Alnum != 0 {
		return i + 1, false
	}
	k, bracketed := i, false
	for k < len(t) && k < i+3 && (t[k] == ' ' || opens(t[k])) {
		bracketed = bracketed || opens(t[k])
		k++
	}
	if k == i || k+3 > len(t) || !chars.EqualFold(t[k:k+3], "dot") {
		return 0, false
	}
	if next = s.afterWord(k+3, bracketed); next == k+3 {
		return 0, false
	}
	return next, true
}

// quotedPrintable looks for an e-mail address whose '@' is written =40, as in
// quoted-printable text, at the '=' at i. A parameter can have the value 40….
func (s *Scanner) quotedPrintable(i int) int {
	start := i
	for start > s.last && i-start < maxLocal && chars.Classes[s.t[start-1]]&chars.Local != 0 {
		start--
	}
	if start == i || s.parameter(start, i) {
		return 0
	}
	end := s.domain(i + 3)
	if end == 0 {
		return 0
	}
	return s.add(start, end, byEmail)
}
