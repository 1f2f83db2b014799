package scan

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/redact/chars"
	"github.com/gatehound/gatehound/ingest/redact/secret"
)

// nameBefore returns the name that ends at end, and what it tells. The name is
// no longer than names are.
func (s *Scanner) nameBefore(end int) (start int, what secret.Telling) {
	start = end
	for start > s.last && end-start <= secret.MaxName && chars.Classes[s.t[start-1]]&chars.Word != 0 {
		start--
	}
	if end-start < 2 || end-start > secret.MaxName {
		return start, secret.TellsNothing
	}
	return start, secret.Tells(s.t[start:end])
}

// maxTag is how far an element's name is looked for before the end of its tag,
// in bytes.
const maxTag = 128

// maxBetween is how many spaces, commas and quotes stand between a name and the
// word "value" that is about it.
const maxBetween = 16

// keyOf reports whether the name t[start:end] is the word key of "api key:",
// "secret key:" or "access key:".
func (s *Scanner) keyOf(start, end int) bool {
	if end-start != 3 || s.before(start) != ' ' {
		return false
	}
	word, _ := s.wordBefore(start)
	return chars.EqualFold(word, "api") || chars.EqualFold(word, "secret") || chars.EqualFold(word, "access")
}

// valueName tells what the name before the word "value" at i tells, as lists of
// variables have them: "name: DB_PASSWORD, value: …".
func (s *Scanner) valueName(i int) secret.Telling {
	end := i
	for end > s.last && i-end < maxBetween && strings.IndexByte(" ,\n\r\t\"'\\", s.t[end-1]) >= 0 {
		end--
	}
	if end == i {
		return secret.TellsNothing
	}
	start, what := s.nameBefore(end)
	if what < secret.TellsSecret {
		return secret.TellsNothing
	}
	for k := 0; k < 4 && start > s.last && strings.IndexByte(" \"'\\", s.t[start-1]) >= 0; k++ {
		start--
	}
	if s.before(start) != ':' && s.before(start) != '=' || !nameWord(s.t[max(0, start-9):start-1]) {
		return secret.TellsNothing
	}
	return secret.TellsSecret
}

// nameWord reports whether t ends with the word name or key, and quotes.
func nameWord(t string) bool {
	t = strings.TrimRight(t, " \"'\\")
	return len(t) >= 4 && chars.EqualFold(t[len(t)-4:], "name") || len(t) >= 3 && chars.EqualFold(t[len(t)-3:], "key")
}

// element takes out the content of an XML element with a telling name, whose
// tag ends with the '>' at i.
func (s *Scanner) element(i int) int {
	name := i
	if s.before(i) == '"' || s.before(i) == '\'' { // <Password Type="…">
		at := max(s.last, i-maxTag)
		open := strings.LastIndexByte(s.t[at:i], '<')
		if open < 0 {
			return i + 1
		}
		name = at + open + 1
		for name < i && s.t[name] > ' ' {
			name++
		}
	}
	start, what := s.nameBefore(name)
	if b := s.before(start); b != '<' && b != ':' || what < secret.TellsSecret {
		return i + 1
	}
	end := strings.IndexByte(s.t[i+1:], '<')
	if end < 0 {
		end = len(s.t) - i - 1
	}
	return s.paired(i+1, i+1+end, what, byElement)
}

// comma takes out the second of two quoted texts if the first is a telling name:
// headers as lists have them, ("x-api-key", "…"), also with "value": between.
func (s *Scanner) comma(i int) int {
	quote := s.before(i)
	if quote != '"' && quote != '\'' {
		return i + 1
	}
	end := i - 1
	for end > s.last && s.t[end-1] == '\\' {
		end--
	}
	_, what := s.nameBefore(end)
	if what < secret.TellsSecret {
		return i + 1
	}
	slashes := i - 1 - end
	v := s.opened(i+1, quote, slashes)
	if v == 0 {
		return i + 1
	}
	s.limit = len(s.t)
	stop := s.quoteEnd(v, quote, slashes)
	next := stop + slashes + 1
	for s.at(next) == ' ' {
		next++
	}
	if s.at(next) == ':' { // another member follows: {"name":"x-api-key","value":"…"}
		of := s.t[v:stop]
		if v = s.opened(next+1, quote, slashes); v == 0 || !strings.EqualFold(of, "value") {
			return i + 1
		}
		stop = s.quoteEnd(v, quote, slashes)
	}
	return s.paired(v, stop, what, byPair)
}

// opened returns where the text begins that a quote behind so many backslashes
// opens at i, after spaces and the b of Python's bytes; 0 if there is none.
func (s *Scanner) opened(i int, quote byte, slashes int) int {
	for k := 0; k < 4 && (s.at(i) == ' ' || s.at(i) == '\n'); k++ {
		i++
	}
	if s.at(i) == 'b' {
		i++
	}
	for range slashes {
		if s.at(i) != '\\' {
			return 0
		}
		i++
	}
	if s.at(i) != quote {
		return 0
	}
	return i + 1
}

// paired takes out the value t[start:end] of a name that tells what, unless it
// is empty or a marker.
func (s *Scanner) paired(start, end int, what secret.Telling, by recogniser) int {
	if end <= start || markerLen(s.t[start:end]) == end-start {
		return start
	}
	if what == secret.TellsSecret {
		return s.add(start, end, by)
	}
	return s.add(start, end, byHeader)
}
