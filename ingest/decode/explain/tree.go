package explain

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/gatehound/gatehound/ingest/decode/field"
)

// document is a text that is taken apart: the message, or JSON or a line in a
// string of it. put returns the message in which it is replaced.
type document struct {
	src   []byte
	depth int
	put   func(edited []byte) []byte
}

// node is a value of a document, that can be taken out or changed.
type node struct {
	doc  *document
	path string
	kind string
	size int // the content's bytes, or how many values are in it
	// The value, and the value with its name and a comma.
	start, end int
	from, to   int
	children   []*node
	parent     *node
	// What came of the experiments.
	fields map[at]bool
	breaks string // what happens to the record without it
	odd    bool   // it stands in for one that is missing
	inside bool   // it holds JSON
	line   bool   // it holds a line of text
}

// at is a field of a record: the indices of both.
type at struct{ record, field int }

// maxNodes bounds the values of a message that are tried.
const maxNodes = 2000

// maxDocuments is how deep JSON within strings is taken apart.
const maxDocuments = 3

// tree takes messages apart.
type tree struct {
	nodes []*node // each before its children
	more  bool    // there were more than maxNodes
}

// whole makes the document of a message.
func whole(message []byte) *document {
	return &document{src: message, put: func(edited []byte) []byte { return edited }}
}

// grow takes a document apart.
func (t *tree) grow(doc *document, prefix string, parent *node) {
	i := skip(doc.src, 0)
	if i >= len(doc.src) {
		return
	}
	if c := doc.src[i]; c != '{' && c != '[' || !isJSON(doc.src[i:]) {
		t.words(doc, prefix, parent)
		return
	}
	t.value(doc, i, prefix, i, parent)
}

func isJSON(s []byte) bool {
	_, _, err := field.NewDoc(1000, &field.Buffer{}).Parse(s)
	return err == nil && (s[0] == '{' || len(s) > 1 && s[1] != ' ' || json.Valid(s))
}

// value adds the value at i and those in it, and returns where it ends. from is
// where its name begins.
func (t *tree) value(doc *document, i int, path string, from int, parent *node) int {
	s := doc.src
	n := &node{doc: doc, path: path, start: i, from: from, parent: parent, fields: map[at]bool{}}
	switch c := s[i]; {
	case c == '{' || c == '[':
		t.add(n)
		n.kind = map[byte]string{'{': "object", '[': "array"}[c]
		n.end = t.members(n, c == '{')
		n.size = len(n.children)
	case c == '"':
		n.kind, n.end = "text", quoteEnd(s, i)
		n.size = n.end - i - 2
		t.add(n)
		t.within(n)
	default:
		for n.end = i; n.end < len(s) && bytes.IndexByte([]byte(",]} \t\r\n"), s[n.end]) < 0; n.end++ {
		}
		n.size = n.end - i
		switch c {
		case 't', 'f':
			n.kind = "truth"
		case 'n', 'N', 'I':
			n.kind = "null"
		default:
			n.kind = "number"
		}
		t.add(n)
	}
	n.to = n.end
	return n.end
}

func (t *tree) add(n *node) {
	if len(t.nodes) >= maxNodes {
		t.more = true
		return
	}
	t.nodes = append(t.nodes, n)
	if n.parent != nil {
		n.parent.children = append(n.parent.children, n)
	}
}

// members adds what is in an object or array, and returns where it ends.
func (t *tree) members(n *node, object bool) int {
	s, i := n.doc.src, skip(n.doc.src, n.start+1)
	var last *node
	comma := 0
	for count := 0; i < len(s) && s[i] != ']' && s[i] != '}'; count++ {
		from, path := i, n.path+"["+strconv.Itoa(count)+"]"
		if object {
			end := quoteEnd(s, i)
			path = join(n.path, (&field.Buffer{}).Unescape(s[i+1:end-1]))
			i = skip(s, skip(s, end)+1)
		}
		before := len(n.children)
		i = skip(s, t.value(n.doc, i, path, from, n))
		if last = nil; len(n.children) > before {
			last = n.children[before]
		}
		if i < len(s) && s[i] == ',' {
			comma = i
			i = skip(s, i+1)
			if last != nil {
				last.to = i
			}
		} else if last != nil && comma > n.start { // the last one goes with the comma before it
			last.from = comma
		}
	}
	return min(i+1, len(s))
}

// within takes apart what a string holds, if that is JSON.
func (t *tree) within(n *node) {
	raw := bytes.TrimSpace(n.doc.src[n.start+1 : n.end-1])
	if len(raw) < 2 || raw[0] != '{' && raw[0] != '[' || n.doc.depth+1 >= maxDocuments {
		return
	}
	if inner := n.inner(); isJSON(inner.src) {
		n.inside = true
		t.grow(inner, n.path+" ▸ ", n)
	}
}

// inner is the document that a string holds.
func (n *node) inner() *document {
	text := (&field.Buffer{}).Unescape(n.doc.src[n.start+1 : n.end-1])
	return &document{src: bytes.TrimSpace([]byte(text)), depth: n.doc.depth + 1, put: func(edited []byte) []byte {
		quoted, err := json.Marshal(string(edited))
		if err != nil { // a string can always be written
			return nil
		}
		return n.with(quoted)
	}}
}

// join adds a name to a path.
func join(path, name string) string {
	if path == "" || path[len(path)-1] == ' ' {
		return path + name
	}
	return path + "." + name
}

// without returns the message without the value and its name.
func (n *node) without() []byte {
	if n.parent == nil || n.kind == "word" {
		return n.with([]byte("-"))
	}
	s := n.doc.src
	return n.doc.put(append(bytes.Clone(s[:n.from]), s[n.to:]...))
}

// with returns the message with another value.
func (n *node) with(value []byte) []byte {
	s := n.doc.src
	out := append(bytes.Clone(s[:n.start]), value...)
	return n.doc.put(append(out, s[n.end:]...))
}

// raw is the value as it is written, without quotes.
func (n *node) raw() []byte {
	if n.kind == "text" {
		return n.doc.src[n.start+1 : n.end-1]
	}
	return n.doc.src[n.start:n.end]
}

func skip(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

// quoteEnd returns where the string that starts at i ends.
func quoteEnd(s []byte, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// words takes a line of text apart: what is in quotes or brackets, and words.
func (t *tree) words(doc *document, prefix string, parent *node) {
	s := doc.src
	for i := skip(s, 0); i < len(s); i = skip(s, i) {
		start, end := i, 0
		switch s[i] {
		case '"':
			end = quoteEnd(s, i)
			start, i = i+1, end
			end--
		case '[':
			if end = bytes.IndexByte(s[i:], ']'); end > 0 {
				end += i
				start, i = i+1, end+1
				break
			}
			fallthrough
		default:
			for end = i; end < len(s) && s[end] != ' '; end++ {
				if s[end] == '"' && end > i { // name="a value"
					end = quoteEnd(s, end) - 1
				}
			}
			i = end
		}
		if end > start {
			t.add(&node{doc: doc, kind: "word", size: end - start, start: start, end: end, parent: parent, fields: map[at]bool{},
				path: prefix + place(start+1, end)})
		}
	}
}

// place names the bytes from the first to the last.
func place(first, last int) string {
	if first == last {
		return "byte " + strconv.Itoa(first)
	}
	return "bytes " + strconv.Itoa(first) + "-" + strconv.Itoa(last)
}
