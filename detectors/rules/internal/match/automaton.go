package match

import (
	"cmp"
	"slices"
)

// automaton finds many literals in a text at once (Aho, Corasick: Efficient
// string matching, CACM 1975). States near the start, where ordinary text stays,
// are rows of a table; the others have a list of edges and a link to the state
// of their longest proper suffix. A text takes time linear in its length and in
// the number of places where literals are.
type automaton struct {
	// class maps a byte to its column; 0 is of bytes that are in no literal.
	class   [256]uint8
	columns int
	rows    []int32
	nodes   []node
	edges   []edge
	outs    []out
}

type node struct {
	row     int32 // place in rows, or -1
	fail    int32
	edge    int32 // place in edges
	out     int32 // place in outs
	next    int32 // nearest suffix that has outs, 0 for none
	depth   int32
	edgeN   uint16
	outN    uint16
	informs bool // it or a suffix has outs
}

type edge struct {
	class uint8
	to    int32
}

// out is what a literal tells.
type out struct {
	target     target
	start, end bool // it stands at the start, at the end of the text
}

// literal is a text to find.
type literal struct {
	text string
	out  out
}

// maxCells bounds the table of rows, to 2 MiB for a field.
const maxCells = 1 << 19

// newAutomaton returns an automaton for literals that are not empty.
func newAutomaton(literals []literal) *automaton {
	slices.SortStableFunc(literals, func(a, b literal) int { return cmp.Compare(a.text, b.text) })
	a := &automaton{columns: 1}
	for _, l := range literals {
		for i := range len(l.text) {
			if c := l.text[i]; a.class[c] == 0 && a.columns < 256 {
				a.class[c] = uint8(a.columns)
				a.columns++
			}
		}
	}
	a.trie(literals)
	a.link()
	return a
}

// trie makes the nodes by breadth: literals are sorted, so those with a common
// beginning stand together.
func (a *automaton) trie(literals []literal) {
	type span struct{ from, to int }
	spans := []span{{0, len(literals)}}
	a.nodes = []node{{row: -1}}
	for at := 0; at < len(a.nodes); at++ {
		n, s := &a.nodes[at], spans[at]
		depth := int(n.depth)
		n.out, n.edge = int32(len(a.outs)), int32(len(a.edges))
		for s.from < s.to && len(literals[s.from].text) == depth {
			if len(a.outs)-int(n.out) < 1<<16-1 {
				a.outs = append(a.outs, literals[s.from].out)
			}
			s.from++
		}
		n.outN = uint16(len(a.outs) - int(n.out))
		for s.from < s.to {
			c, end := literals[s.from].text[depth], s.from
			for end < s.to && literals[end].text[depth] == c {
				end++
			}
			a.edges = append(a.edges, edge{a.class[c], int32(len(a.nodes))})
			spans = append(spans, span{s.from, end})
			a.nodes = append(a.nodes, node{row: -1, depth: int32(depth + 1)})
			s.from = end
		}
		a.nodes[at].edgeN = uint16(len(a.edges) - int(a.nodes[at].edge))
	}
}

// link sets the suffixes and makes rows, shallow nodes first.
func (a *automaton) link() {
	for at := range a.nodes {
		n := &a.nodes[at]
		if n.outN > 0 {
			n.informs = true
		}
		if at > 0 {
			f := &a.nodes[n.fail]
			if n.informs = n.informs || f.informs; f.outN > 0 {
				n.next = n.fail
			} else {
				n.next = f.next
			}
		}
		for _, e := range a.edges[n.edge : n.edge+int32(n.edgeN)] {
			if at > 0 {
				a.nodes[e.to].fail = a.step(n.fail, e.class)
			}
		}
		if len(a.rows)+a.columns <= maxCells {
			row := int32(len(a.rows))
			for c := range a.columns {
				to := int32(0)
				if at > 0 {
					to = a.step(n.fail, uint8(c))
				}
				a.rows = append(a.rows, to)
			}
			for _, e := range a.edges[n.edge : n.edge+int32(n.edgeN)] {
				a.rows[row+int32(e.class)] = e.to
			}
			n.row = row
		}
	}
}

// step returns the state after a byte of a class.
func (a *automaton) step(at int32, class uint8) int32 {
	for {
		n := &a.nodes[at]
		if n.row >= 0 {
			return a.rows[n.row+int32(class)]
		}
		for _, e := range a.edges[n.edge : n.edge+int32(n.edgeN)] {
			if e.class == class {
				return e.to
			}
		}
		at = n.fail
	}
}

// scan calls found for the literals of a text; one that is there more than once
// may be told more than once.
func (a *automaton) scan(text string, found func(target)) {
	at := int32(0)
	for i := range len(text) {
		at = a.step(at, a.class[text[i]])
		if !a.nodes[at].informs {
			continue
		}
		for s := at; s != 0; s = a.nodes[s].next {
			n := &a.nodes[s]
			for _, o := range a.outs[n.out : n.out+int32(n.outN)] {
				if (!o.start || i+1 == int(n.depth)) && (!o.end || i+1 == len(text)) {
					found(o.target)
				}
			}
		}
	}
}
