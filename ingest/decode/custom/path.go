package custom

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gatehound/gatehound/ingest/decode/field"
)

// token is one step of a path: the name of a member, or the index of a value of
// an array (name is "").
type token struct {
	name  string
	index int
}

// parsePath reads a path such as "a.b[0].c".
func parsePath(s string) ([]token, error) {
	if s == "" || len(s) > maxPath {
		return nil, fmt.Errorf("a path has %d bytes; allowed are 1 to %d", len(s), maxPath)
	}
	var tokens []token
	for part := range strings.SplitSeq(s, ".") {
		name, rest, indexed := strings.Cut(part, "[")
		if name == "" {
			return nil, fmt.Errorf("%q has an empty name; want names joined with dots, such as request.headers.host", s)
		}
		tokens = append(tokens, token{name: name})
		for indexed {
			var digits string
			var closed bool
			if digits, rest, closed = strings.Cut(rest, "]"); !closed {
				return nil, fmt.Errorf("%q has a [ without its ]", s)
			}
			n, err := strconv.Atoi(digits)
			if err != nil || n < 0 || n > maxIndex {
				return nil, fmt.Errorf("%q has an index that is not 0 to %d", s, maxIndex)
			}
			tokens = append(tokens, token{index: n})
			if indexed = rest != ""; indexed && rest[0] != '[' {
				return nil, fmt.Errorf("%q goes on after a ] without a dot", s)
			}
			rest = strings.TrimPrefix(rest, "[")
		}
	}
	if len(tokens) > maxNames {
		return nil, fmt.Errorf("%q has %d names and indices; allowed are %d", s, len(tokens), maxNames)
	}
	return tokens, nil
}

// tops returns the names that the first member on a path may have: "a", "a.b"
// and "a.b.c" of "a.b.c".
func tops(tokens []token) []string {
	var out []string
	for n := 1; n <= len(tokens) && tokens[n-1].name != ""; n++ {
		out = append(out, join(tokens[:n]))
	}
	return out
}

func join(tokens []token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 {
			b.WriteByte('.')
		}
		b.WriteString(t.name)
	}
	return b.String()
}

// node is a place that paths lead to or through. Paths are looked up together,
// in one pass over an object: a node has an edge for every name that a member
// may have there, "b" as well as "b.c".
type node struct {
	slot  int // of the path that ends here, -1 if none does
	edges []edge
	first [16]uint16 // the first edge of a hash, from 1
	items []item
	steps map[token]*node // while paths are added
}

type edge struct {
	name string
	next uint16 // the next edge of the same hash, from 1
	to   *node
}

type item struct {
	index int
	to    *node
}

func newNode() *node { return &node{slot: -1, steps: map[token]*node{}} }

// add returns the slot of a path, which is slots if it is new.
func (n *node) add(tokens []token, slots int) int {
	chain := []*node{n}
	at := n
	for _, t := range tokens {
		to := at.steps[t]
		if to == nil {
			to = newNode()
			at.steps[t] = to
		}
		at = to
		chain = append(chain, at)
	}
	for from := range tokens {
		if tokens[from].name == "" {
			chain[from].index(tokens[from].index, chain[from+1])
			continue
		}
		for to := from; to < len(tokens) && tokens[to].name != ""; to++ {
			chain[from].name(join(tokens[from:to+1]), chain[to+1])
		}
	}
	if at.slot < 0 {
		at.slot = slots
	}
	return at.slot
}

func (n *node) index(i int, to *node) {
	for _, known := range n.items {
		if known.index == i {
			return
		}
	}
	n.items = append(n.items, item{i, to})
}

func (n *node) name(name string, to *node) {
	if n.find(name) != nil {
		return
	}
	h := hash(name)
	n.edges = append(n.edges, edge{name: name, next: n.first[h], to: to})
	n.first[h] = uint16(len(n.edges))
}

// seal lets go of what only add needs.
func (n *node) seal() {
	steps := n.steps
	n.steps = nil
	for _, to := range steps {
		to.seal()
	}
}

func hash(name string) uint8 {
	if name == "" {
		return 0
	}
	return (uint8(len(name))*5 ^ name[0] ^ name[len(name)-1]*3) & 15
}

func (n *node) find(name string) *node {
	for i := n.first[hash(name)]; i > 0; i = n.edges[i-1].next {
		if e := &n.edges[i-1]; e.name == name {
			return e.to
		}
	}
	return nil
}

// read puts the values that paths from n lead to into their slots. Of members
// with the same name the last counts.
func (n *node) read(v field.Value, slots []field.Value) {
	switch v.Kind() {
	case field.Object:
		if len(n.edges) == 0 {
			return
		}
		for it := v.Members(); it.Next(); {
			if to := n.find(it.Key()); to != nil {
				to.take(it.Value(), slots)
			}
		}
	case field.Array:
		if len(n.items) == 0 {
			return
		}
		i, left := 0, len(n.items)
		for it := v.Members(); left > 0 && it.Next(); i++ {
			for _, known := range n.items {
				if known.index == i {
					known.to.take(it.Value(), slots)
					left--
				}
			}
		}
	}
}

func (n *node) take(v field.Value, slots []field.Value) {
	if n.slot >= 0 {
		slots[n.slot] = v
	}
	if len(n.edges) > 0 || len(n.items) > 0 {
		n.read(v, slots)
	}
}
