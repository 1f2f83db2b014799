// Package pattern has texts with wildcards, the folding of upper and lower case,
// and the encodings that rules ask for.
package pattern

import (
	"strings"
	"unicode/utf8"
)

// Glob is a value with wildcards: literals, each with what stands before it.
type Glob struct {
	// Open tells that anything may stand before the first piece's literal and
	// after the last one's.
	OpenStart, OpenEnd bool
	// Pieces have no * in them; between two of them is one.
	Pieces []Piece
}

// Piece is text in which some characters may be any.
type Piece struct {
	Text string
	// Any has the places in Text, in bytes, where a ? stands for any character.
	Any []int
}

// Anything tells that the glob holds for every text.
func (g *Glob) Anything() bool { return len(g.Pieces) == 0 && g.OpenStart }

// Literal returns the text of a glob without wildcards.
func (g *Glob) Literal() (string, bool) {
	switch {
	case g.OpenStart || g.OpenEnd || len(g.Pieces) > 1:
		return "", false
	case len(g.Pieces) == 0:
		return "", true
	}
	return g.Pieces[0].Text, len(g.Pieces[0].Any) == 0
}

// Parse reads * and ?, with backslashes before those that are meant as they
// are.
func Parse(s string) Glob {
	var g Glob
	var text strings.Builder
	var ones []int
	closed := func() {
		if text.Len() > 0 {
			g.Pieces = append(g.Pieces, Piece{text.String(), ones})
			text.Reset()
			ones = nil
		}
		g.OpenEnd = false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && strings.IndexByte(`\*?`, s[i+1]) >= 0:
			i++
			text.WriteByte(s[i])
		case c == '*':
			if text.Len() == 0 && len(g.Pieces) == 0 {
				g.OpenStart = true
			}
			closed()
			g.OpenEnd = true
		case c == '?':
			ones = append(ones, text.Len())
			text.WriteByte('?')
		default:
			text.WriteByte(c)
		}
		if text.Len() > 0 {
			g.OpenEnd = false
		}
	}
	if text.Len() > 0 {
		closed()
	}
	return g
}

// Plain is a glob of text that is meant as it is.
func Plain(s string) Glob {
	if s == "" {
		return Glob{}
	}
	return Glob{Pieces: []Piece{{Text: s}}}
}

// Folded returns the glob for text that was folded.
func (g Glob) Folded() Glob {
	out := g
	out.Pieces = make([]Piece, len(g.Pieces))
	for i, p := range g.Pieces {
		// A ? is one byte before and after; what folds may change its length.
		var b []byte
		var ones []int
		last := 0
		for _, at := range p.Any {
			b = AppendFolded(b, p.Text[last:at])
			ones = append(ones, len(b))
			b = append(b, '?')
			last = at + 1
		}
		out.Pieces[i] = Piece{string(AppendFolded(b, p.Text[last:])), ones}
	}
	return out
}

// Wildcards counts them.
func (g *Glob) Wildcards() int {
	n := max(0, len(g.Pieces)-1)
	for i := range g.Pieces {
		n += len(g.Pieces[i].Any)
	}
	return n
}

// Match tells whether s is of the glob. It takes time of the product of the
// lengths at most.
func (g *Glob) Match(s string) bool {
	if len(g.Pieces) == 0 {
		return g.OpenStart || s == ""
	}
	pieces := g.Pieces
	if !g.OpenStart {
		n, ok := pieces[0].at(s)
		if !ok {
			return false
		}
		s, pieces = s[n:], pieces[1:]
		if len(pieces) == 0 {
			return g.OpenEnd || s == ""
		}
	}
	if !g.OpenEnd {
		last := pieces[len(pieces)-1]
		n, ok := last.ends(s)
		if !ok {
			return false
		}
		s, pieces = s[:len(s)-n], pieces[:len(pieces)-1]
	}
	for i := range pieces {
		n, ok := pieces[i].find(s)
		if !ok {
			return false
		}
		s = s[n:]
	}
	return true
}

// at tells whether s begins with the piece, and how much of s it takes.
func (p *Piece) at(s string) (int, bool) {
	if len(p.Any) == 0 {
		return len(p.Text), strings.HasPrefix(s, p.Text)
	}
	n, last := 0, 0
	for _, at := range p.Any {
		lit := p.Text[last:at]
		if !strings.HasPrefix(s[n:], lit) {
			return 0, false
		}
		n += len(lit)
		if n >= len(s) {
			return 0, false
		}
		_, size := utf8.DecodeRuneInString(s[n:])
		n += size
		last = at + 1
	}
	lit := p.Text[last:]
	return n + len(lit), strings.HasPrefix(s[n:], lit)
}

// ends tells whether s ends with the piece, and how much of s it takes.
func (p *Piece) ends(s string) (int, bool) {
	if len(p.Any) == 0 {
		return len(p.Text), strings.HasSuffix(s, p.Text)
	}
	// From the end: literals and characters in turn.
	rest, end := s, len(p.Text)
	for i := len(p.Any) - 1; i >= 0; i-- {
		lit := p.Text[p.Any[i]+1 : end]
		if !strings.HasSuffix(rest, lit) {
			return 0, false
		}
		rest = rest[:len(rest)-len(lit)]
		if rest == "" {
			return 0, false
		}
		_, size := utf8.DecodeLastRuneInString(rest)
		rest = rest[:len(rest)-size]
		end = p.Any[i]
	}
	lit := p.Text[:end]
	if !strings.HasSuffix(rest, lit) {
		return 0, false
	}
	return len(s) - len(rest) + len(lit), true
}

// find returns the end of the first place in s where the piece is.
func (p *Piece) find(s string) (int, bool) {
	if len(p.Any) == 0 {
		i := strings.Index(s, p.Text)
		return i + len(p.Text), i >= 0
	}
	for i := 0; i <= len(s); {
		if n, ok := p.at(s[i:]); ok {
			return i + n, true
		}
		if i == len(s) {
			break
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return 0, false
}
