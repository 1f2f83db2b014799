package scan

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/redact/chars"
	"github.com/gatehound/gatehound/ingest/redact/check"
	"github.com/gatehound/gatehound/ingest/redact/secret"
)

// maxMaybe bounds the values that are looked at to tell what they are, in bytes.
const maxMaybe = 128

// named looks for a telling name before the '=' or ':' at i, and takes out the
// value behind it.
func (s *Scanner) named(i int) int {
	t := s.t
	if t[i] == '=' && s.at(i+1) == '4' && s.at(i+2) == '0' {
		if end := s.quotedPrintable(i); end > 0 {
			return end
		}
	}
	end := i
	for k := 0; end > s.last && k < 4 && strings.IndexByte(" \"'\\]", t[end-1]) >= 0; {
		if t[end-1] != '\\' { // as many as JSON in JSON has
			k++
		}
		if k := s.indexed(end); k > 0 { // token[]=, token[0]=
			end = k
			continue
		}
		end--
	}
	start := end
	for start > s.last && end-start <= secret.MaxName && chars.Classes[t[start-1]]&chars.Word != 0 {
		start--
	}
	if end-start < 2 && !strings.HasSuffix(t[:end], "contraseña") || end-start > secret.MaxName {
		return i + 1
	}
	what := secret.Tells(t[start:end])
	spaced := what == secret.TellsMaybe && t[i] == ':' && s.keyOf(start, end)
	if spaced {
		what = secret.TellsSecret
	}
	if what == secret.TellsNothing && end-start == 5 && chars.EqualFold(t[start:end], "value") {
		what = s.valueName(start)
	}
	if end-start == 1 { // of contraseña
		what = secret.TellsSecret
	}
	if what == secret.TellsNothing && end-start == 4 && t[i] == '=' && t[start:end] == "name" {
		if end := s.form(i + 1); end > 0 {
			return end
		}
	}
	switch {
	case what == secret.TellsNothing, (what == secret.TellsPrompt || what == secret.TellsAround) && s.mode&Prompts == 0:
		return i + 1
	case what == secret.TellsAround:
		next := i + 1
		for s.at(next) == ' ' {
			next++
		}
		if s.at(next) == '{' {
			return i + 1 // the texts within have names of their own
		}
		what = secret.TellsPrompt
	}
	param := s.parameter(start, i)
	s.limit = len(t)
	if what == secret.TellsMaybe && !param || what == secret.TellsPrompt {
		// What may be left alone is read again by the next name.
		s.limit = min(len(t), i+maxMaybe)
	}
	v := s.value(i, what, param)
	if what == secret.TellsPrompt && (!v.bare || param) && v.end == s.limit {
		s.limit = len(t)
		v = s.value(i, what, param)
	}
	if v.end <= v.start || markerLen(t[v.start:v.end]) == v.end-v.start || v.bare && nothing(t[v.start:v.end]) {
		return max(i+1, v.start)
	}
	if v.bare && !param && strings.HasPrefix(t[v.start:v.end], "t=") && s.at(v.end) == ',' { // t=…,v1=… of signatures
		for v.end < s.limit && t[v.end] > ' ' && t[v.end] != '"' && t[v.end] != '\'' {
			v.end++
		}
	}
	text := t[v.start:v.end]
	if spaced && (len(text) < 16 || !chars.Has(text, chars.Digit) || strings.IndexByte(text, ' ') >= 0) {
		return max(i+1, v.start)
	}
	switch what {
	case secret.TellsMaybe:
		if !param && t[end-1]|0x20 == 'h' && (len(text) >= 32 && chars.Only(text, chars.Hex) || strings.HasPrefix(text, "sha")) {
			return i + 1 // "hash":"…"
		}
		if !param && (len(text) < 8 || !secret.Drawn(text) || titled(text) || strings.IndexByte(text, ' ') >= 0 || secret.IsUUID(text)) {
			return i + 1
		}
	case secret.TellsPrompt:
		if v.bare && !param {
			return i + 1 // prose: "input: …", "content=text/html"
		}
		return s.add(v.start, v.end, byPromptName)
	case secret.TellsScheme:
		return s.add(v.start, v.end, byHeader)
	}
	if t[i] == ':' && v.bare && v.start > i+1 && prose(text) {
		return max(i+1, v.start) // "invalid password: must have …"
	}
	if card(t[start:end], text) {
		return s.add(v.start, v.end, byCardMember)
	}
	if what == secret.TellsMaybe {
		return s.add(v.start, v.end, byAssignment)
	}
	return s.add(v.start, v.end, byName)
}

// parameter reports whether the name at start, before the sign at i, is one of a
// query string.
func (s *Scanner) parameter(start, i int) bool {
	if s.t[i] != '=' {
		return false
	}
	s.list = false
	switch s.before(start) {
	case '?', '&':
		return true
	case ';':
		s.list = true
		return true
	case 0:
		return s.mode&Parameters != 0
	}
	return false
}

// nothing reports whether a bare value says that there is none.
func nothing(v string) bool {
	switch v {
	case "null", "nil", "None", "none", "true", "false", "undefined", "-", "disabled", "enabled":
		return true
	}
	return false
}

// titled reports whether a value is one word with a capital, as states have.
func titled(v string) bool {
	return chars.Classes[v[0]]&chars.Upper != 0 && chars.Only(v[1:], chars.Lower)
}

// prose reports whether a bare value behind a name and a space goes on as a
// sentence does.
func prose(v string) bool {
	switch v {
	case "a", "an", "the", "no", "not", "must", "is", "are", "was", "should", "required", "invalid", "missing", "has", "have", "does",
		"cannot", "wrong", "incorrect", "expired", "too", "empty", "may", "mismatch", "authentication", "expected", "unknown", "denied", "it", "we", "your":
		return true
	}
	return false
}

// card reports whether the value of a name that says card is a card's number.
func card(name, v string) bool {
	if len(v) < 13 || len(v) > 23 || !cardName(name) {
		return false
	}
	var d [23]byte
	n := 0
	for k := range len(v) {
		switch c := v[k]; {
		case chars.Classes[c]&chars.Digit != 0:
			d[n] = c
			n++
		case c != ' ' && c != '-':
			return false
		}
	}
	return check.Card(d[:n])
}

// cardName reports whether a name is that of a card's number.
func cardName(name string) bool {
	if len(name) > 32 {
		return false
	}
	var b [32]byte
	n := 0
	for k := range len(name) {
		if c := name[k]; chars.Classes[c]&chars.Alnum != 0 {
			b[n] = c | 0x20
			n++
		}
	}
	word := string(b[:n])
	return word == "pan" || word == "cc" || word == "ccnumber" || word == "ccnum" || strings.Contains(word, "card")
}

// valueOf is where a value stands in t, without its quotes. A bare value has
// none.
type valueOf struct {
	start, end int
	bare       bool
}

// value finds the value behind the sign at i.
func (s *Scanner) value(i int, what secret.Telling, param bool) valueOf {
	t := s.t
	v := i + 1
	if c := s.at(v); c == '>' || c == '=' && t[i] == ':' { // => and :=
		v++
	}
	for k := 0; v < s.limit && k < 4 && (t[v] == ' ' || t[v] == '\n' || t[v] == '\t') && !param; k++ {
		v++
	}
	slashes := 0
	for !param && v+slashes < s.limit && t[v+slashes] == '\\' {
		slashes++
	}
	if c := s.at(v + slashes); !param && (c == '"' || c == '\'' || c == '`') {
		v += slashes + 1
		return valueOf{v, s.quoteEnd(v, c, slashes), false}
	}
	if c := s.at(v); !param && (c == '[' || c == '{') && markerLen(t[v:]) == 0 {
		return valueOf{v, s.bracketEnd(v), false}
	}
	end := v + markerLen(t[v:])
	for end < s.limit && !s.endsValue(end, param, what) {
		end++
	}
	if what == secret.TellsScheme && !param {
		if word := t[v:end]; s.at(end) == ' ' && chars.Only(word, chars.Alnum|chars.Join) && len(word) <= 20 {
			return valueOf{v, s.presented(end + 1), true}
		}
	}
	return valueOf{v, end, true}
}

// endsValue reports whether a value without quotes ends before i.
func (s *Scanner) endsValue(i int, param bool, what secret.Telling) bool {
	c := s.t[i]
	if param && s.list { // of a connection string
		return (c == ';' || c == ' ' || c == '"') && s.literal(i)
	}
	if param { // only what separates parameters as it was written
		return (c == '&' || c == ' ' || c == '"' || c == '#') && s.literal(i)
	}
	switch c {
	case '\n', '\r', '"', '`', '<', '>':
		return true
	case '\\':
		return s.at(i+1) == '"'
	case ' ', '\t', ',', ';', '&', '\'':
		return what != secret.TellsLine
	case '}', ')', ']':
		next := s.at(i + 1)
		return what != secret.TellsLine && (next == 0 || next <= ' ' || next == ',' || next == '}' || next == ')' || next == '.')
	}
	return false
}

// presented returns the end of what an authorization scheme presents at i: a
// token, or the parameters of Digest and its like to the end of the line.
func (s *Scanner) presented(i int) int {
	end := i
	for end < len(s.t) && chars.Classes[s.t[end]]&chars.Value != 0 {
		end++
	}
	if s.at(end) != '"' && s.at(end) != ',' || end == i || s.t[end-1] != '=' && s.at(end) == '"' {
		return end
	}
	for end < len(s.t) && s.t[end] != '\n' && s.t[end] != '\r' {
		end++
	}
	return end
}

// quoteEnd returns where a quoted value that begins at i ends. The quote that
// opened it stands behind so many backslashes; one behind more belongs to the
// value.
func (s *Scanner) quoteEnd(i int, quote byte, slashes int) int {
	run := 0
	for k := i; k < s.limit; k++ {
		switch c := s.t[k]; {
		case c == '\\':
			run++
			continue
		case c == quote && s.literal(k) && (run <= slashes || slashes == 0 && run%2 == 0):
			return k - min(run, slashes)
		}
		run = 0
	}
	return max(i, s.limit)
}

// bracketEnd returns the end of the JSON array or object at i, or the end of the
// text if it is not closed.
func (s *Scanner) bracketEnd(i int) int {
	depth, quoted := 0, false
	for k := i; k < s.limit; k++ {
		switch c := s.t[k]; {
		case c == '\\' && quoted:
			k++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return k + 1
			}
		}
	}
	return max(i, s.limit)
}

// indexed returns where the "[]" or "[0]" that ends at end begins, 0 if there is
// none.
func (s *Scanner) indexed(end int) int {
	if s.t[end-1] != ']' {
		return 0
	}
	k := end - 1
	for k > s.last && end-k < 8 && chars.Classes[s.t[k-1]]&chars.Digit != 0 {
		k--
	}
	if k-1 <= s.last || s.t[k-1] != '[' {
		return 0
	}
	return k - 1
}
