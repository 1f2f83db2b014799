package custom

import (
	"fmt"
	"strings"

	"github.com/gatehound/gatehound/ingest/decode/field"
)

// template is a compiled Config.Line: a text, and then values, each with the
// text that ends it. A line is taken apart from left to right without going
// back, so it takes time in proportion to its length.
type template struct {
	head  string
	parts []part
}

type part struct {
	slot int // -1: passed over
	// end is the text after the value: "" if the value takes the rest. If atEnd
	// is set, the line must end with it.
	end   string
	atEnd bool
	// quoted values end at a quote that no backslash stands before, and are
	// unescaped.
	quoted bool
}

// parseTemplate reads a template and returns it with the names of its values in
// the order of their slots.
func parseTemplate(s string) (*template, []string, error) {
	if len(s) > maxLine {
		return nil, nil, fmt.Errorf("has %d bytes; allowed are %d", len(s), maxLine)
	}
	if strings.ContainsAny(s, "\r\n") {
		return nil, nil, fmt.Errorf("has a line end; want a template of one line")
	}
	s = spaces(s)
	head, rest, found := strings.Cut(s, "%{")
	t := &template{head: head}
	var names []string
	for before := head; found; {
		name, tail, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, nil, fmt.Errorf("has a %%{ without its }")
		}
		if !isName(name) {
			return nil, nil, fmt.Errorf("names a value %q; allowed are 1 to 32 of a-z, 0-9 and _", name)
		}
		p := part{slot: -1}
		if name[0] != '_' {
			for _, known := range names {
				if known == name {
					return nil, nil, fmt.Errorf("names %s twice; name values that are not used %%{_}", name)
				}
			}
			p.slot = len(names)
			names = append(names, name)
		}
		if p.end, rest, found = strings.Cut(tail, "%{"); found && p.end == "" {
			return nil, nil, fmt.Errorf("has nothing between %%{%s} and the next value; want a text that ends it", name)
		}
		p.atEnd = !found
		p.quoted = strings.HasSuffix(before, `"`) && strings.HasPrefix(p.end, `"`)
		before = p.end
		t.parts = append(t.parts, p)
	}
	switch n := len(t.parts); {
	case n == 0:
		return nil, nil, fmt.Errorf("names no value; want a template such as %%{client} [%%{time}] %%{status}")
	case n > maxFields:
		return nil, nil, fmt.Errorf("names %d values; allowed are %d", n, maxFields)
	}
	return t, names, nil
}

// spaces makes one space of several: one of a template stands for any number.
func spaces(s string) string {
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return s
}

func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return s != "" && len(s) <= 32
}

// split puts the values of a line into their slots, and reports whether the
// line is written as the template says.
func (t *template) split(line string, slots []string, buf *field.Buffer) bool {
	rest, ok := strings.CutPrefix(line, t.head)
	if !ok {
		return false
	}
	for i := range t.parts {
		p := &t.parts[i]
		rest = strings.TrimLeft(rest, " ")
		n := p.find(rest)
		if n < 0 {
			return false
		}
		if p.slot >= 0 {
			slots[p.slot] = value(rest[:n], p.quoted, buf)
		}
		rest = rest[n+len(p.end):]
	}
	return true
}

// find returns the length of the value that s starts with, -1 if nothing ends
// it.
func (p *part) find(s string) int {
	switch {
	case p.end == "":
		return len(s)
	case p.atEnd:
		if s = strings.TrimRight(s, " "); strings.HasSuffix(s, p.end) {
			return len(s) - len(p.end)
		}
		if p.end[len(p.end)-1] == ' ' && strings.HasSuffix(s, p.end[:len(p.end)-1]) {
			return len(s) - len(p.end) + 1
		}
		return -1
	case !p.quoted:
		return strings.Index(s, p.end)
	}
	for from := 0; ; {
		n := strings.Index(s[from:], p.end)
		if n < 0 {
			return -1
		}
		at := from + n
		back := at
		for back > from && s[back-1] == '\\' {
			back--
		}
		if (at-back)%2 == 0 {
			return at
		}
		from = at + 1
	}
}

// value returns what the text of a value says: "-" is nothing.
func value(s string, quoted bool, buf *field.Buffer) string {
	s = strings.TrimRight(s, " ")
	if s == "-" {
		return ""
	}
	if quoted && strings.IndexByte(s, '\\') >= 0 {
		return buf.UnescapeString(s)
	}
	return s
}

// pick returns the value of a text with commas that the step asks for.
func (s *step) pick(text string) string {
	switch s.list {
	case first:
		text, _, _ = strings.Cut(text, ",")
	case last:
		text = text[strings.LastIndexByte(text, ',')+1:]
	default:
		return text
	}
	if text = strings.TrimSpace(text); text == "-" {
		return ""
	}
	return text
}
