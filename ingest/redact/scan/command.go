package scan

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/redact/chars"
	"github.com/gatehound/gatehound/ingest/redact/secret"
)

// commandLine is how far before an option its command is looked for, in bytes.
const commandLine = 160

// option looks for the value of an option of a command line, which is the token
// t[i:j]: "--password x", "-u user:password" of curl, "-p x" and "-px" of
// commands that take passwords so.
func (s *Scanner) option(i, j int) int {
	t := s.t
	if b := s.before(i); b != 0 && b != ' ' && b != '"' && b != '\'' && b != '`' && b != '\n' {
		return 0
	}
	if t[i+1] == '-' {
		name := t[i+2 : j]
		if chars.EqualFold(name, "user") || chars.EqualFold(name, "proxy-user") {
			return s.userOption(i, j)
		}
		if len(name) < 3 || len(name) > secret.MaxName || s.at(j) != ' ' || secret.Tells(name) != secret.TellsSecret {
			return 0
		}
		return s.optionValue(j)
	}
	switch t[i+1] {
	case 'u', 'U':
		if j == i+2 {
			return s.userOption(i, j)
		}
	case 'p':
		if j == i+2 && s.at(j) == ' ' && s.command(i, "sshpass", "login", "htpasswd") {
			return s.optionValue(j)
		}
		if j > i+2 && s.command(i, "mysql", "mariadb", "sshpass") {
			end := j
			for end < len(t) && chars.Classes[t[end]]&chars.Value != 0 {
				end++
			}
			return s.add(i+2, end, byOption)
		}
	case 'a':
		if j == i+2 && s.at(j) == ' ' && s.command(i, "redis-cli") {
			return s.optionValue(j)
		}
	}
	return 0
}

// command reports whether one of the commands stands before i.
func (s *Scanner) command(i int, names ...string) bool {
	line := s.t[max(0, i-commandLine):i]
	for _, name := range names {
		if strings.Contains(line, name) {
			return true
		}
	}
	return false
}

// optionValue takes out the word, or the quoted text, behind the spaces at j.
func (s *Scanner) optionValue(j int) int {
	start, end := s.word(j)
	if end <= start || s.t[start] == '-' || markerLen(s.t[start:end]) == end-start {
		return 0
	}
	return s.add(start, end, byOption)
}

// userOption takes out "user:password" behind an option of curl.
func (s *Scanner) userOption(i, j int) int {
	if c := s.at(j); c != ' ' && c != '=' || !s.command(i, "curl") {
		return 0
	}
	start, end := s.word(j)
	colon := strings.IndexByte(s.t[start:end], ':')
	if colon < 0 || markerLen(s.t[start:end]) == end-start {
		return 0
	}
	return s.add(start, end, byOption)
}

// word returns where the word, or the text in quotes, behind the separator at j
// begins and ends.
func (s *Scanner) word(j int) (start, end int) {
	t := s.t
	start = j + 1
	for start < len(t) && start < j+4 && t[start] == ' ' {
		start++
	}
	if c := s.at(start); c == '"' || c == '\'' {
		s.limit = len(t)
		return start + 1, s.quoteEnd(start+1, c, 0)
	}
	end = start + markerLen(t[start:])
	for end < len(t) && t[end] > ' ' && t[end] != '"' && t[end] != '\'' && t[end] != '`' && t[end] != '|' && t[end] != ';' {
		end++
	}
	return start, end
}

// form looks for the value of a field of a multipart form, whose parameter name
// has its value at v: name="password", an empty line, the value up to the end of
// the line.
func (s *Scanner) form(v int) int {
	t := s.t
	if !strings.Contains(t[max(0, v-64):v], "form-data") {
		return 0
	}
	slashes := 0
	for s.at(v+slashes) == '\\' {
		slashes++
	}
	if s.at(v+slashes) != '"' {
		return 0
	}
	start := v + slashes + 1
	end := start
	for end < len(t) && end-start <= secret.MaxName && chars.Classes[t[end]]&chars.Word != 0 {
		end++
	}
	if secret.Tells(t[start:end]) < secret.TellsMaybe || s.at(end+slashes) != '"' {
		return 0
	}
	k := end + slashes + 1
	for breaks := k; k < len(t) && k < breaks+8 && (t[k] == ' ' || t[k] == '\r' || t[k] == '\n'); k++ {
	}
	stop := k + markerLen(t[k:])
	for stop < len(t) && t[stop] != '\r' && t[stop] != '\n' && t[stop] != '"' && !strings.HasPrefix(t[stop:], "  --") {
		stop++
	}
	if k < end+slashes+3 || stop == k || markerLen(t[k:stop]) == stop-k || strings.HasPrefix(t[k:], "--") {
		return 0
	}
	return s.add(k, stop, byForm)
}
