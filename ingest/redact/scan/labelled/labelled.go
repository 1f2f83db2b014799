// Package labelled is the set of texts on which the recognisers are measured:
// lines as logs have them, in which each piece of personal data and each secret
// is marked with its kind. Tests alone use it.
package labelled

import (
	"embed"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/gatehound/gatehound/schemas"
)

//go:generate go run ./internal/generate testdata

//go:embed testdata/*.tsv
var files embed.FS

// Line is one text of the set.
type Line struct {
	File   string
	Number int // in the file, from 1
	// Class is where such a text stands. The text of class "query" is a query
	// string.
	Class string
	Text  string
	Spans []Span
}

// Span is what is to be found: Text[Start:End].
type Span struct {
	Kind       schemas.RedactionKind
	Start, End int
}

// Read returns the lines of the named files of testdata. The keys in them are
// drawn by the seed.
func Read(seed uint64, names ...string) ([]Line, error) {
	keys := Keys(rand.New(rand.NewPCG(seed, 1)))
	var all []Line
	for _, name := range names {
		data, err := files.ReadFile("testdata/" + name)
		if err != nil {
			return nil, fmt.Errorf("open labelled set: %w", err)
		}
		for i, text := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
			if text == "" || text[0] == '#' {
				continue
			}
			l := Line{File: name, Number: i + 1}
			if err := l.parse(text, keys); err != nil {
				return nil, fmt.Errorf("read %s line %d: %w", name, i+1, err)
			}
			all = append(all, l)
		}
	}
	return all, nil
}

// parse takes a line apart: a class, a tab, a text with ⟦kind:…⟧ in it.
func (l *Line) parse(text string, keys *Stock) error {
	class, rest, ok := strings.Cut(text, "\t")
	if !ok {
		return fmt.Errorf("no class")
	}
	l.Class = class
	var b strings.Builder
	for {
		before, marked, found := strings.Cut(rest, "⟦")
		b.WriteString(keys.expand(before))
		if !found {
			break
		}
		inner, after, closed := strings.Cut(marked, "⟧")
		kind, value, named := strings.Cut(inner, ":")
		if !closed || !named {
			return fmt.Errorf("mark without an end or a kind")
		}
		s := Span{Start: b.Len()}
		if err := s.Kind.UnmarshalText([]byte(kind)); err != nil {
			return fmt.Errorf("mark: %w", err)
		}
		b.WriteString(keys.expand(value))
		s.End = b.Len()
		l.Spans = append(l.Spans, s)
		rest = after
	}
	l.Text = b.String()
	return nil
}
