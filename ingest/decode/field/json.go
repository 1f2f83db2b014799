package field

import (
	"errors"
	"slices"
)

// Why a text is not a JSON value. They quote no input.
var (
	ErrSyntax    = errors.New("not JSON")
	ErrTruncated = errors.New("ends within a JSON value")
	ErrDepth     = errors.New("nested too deeply and not closed")
)

// Kind is the type of a JSON value; None is the value that is not there.
type Kind uint8

// The kinds of values.
const (
	None Kind = iota
	Null
	False
	True
	Number
	String
	Array
	Object
)

const (
	escaped    = 1 << iota // the string has a backslash
	highBit                // the string has a byte above 0x7f
	keyEscaped             // as above, for the member's name
	keyHighBit
)

// node is one value on the tape; the nodes of its content follow it up to next.
// Offsets are into Doc.src; those of strings leave the quotes out.
type node struct {
	key, keyEnd uint32
	off, end    uint32
	next        uint32
	kind        Kind
	flags       uint8
}

// maxNesting bounds JSON within strings within JSON: a Filebeat message that
// holds a Kong record that holds a request body.
const maxNesting = 3

// keptNodes is how many nodes a Doc keeps for reuse: 384 KiB, which hold a
// record of about 100 KiB.
const keptNodes = 16 << 10

// Doc is a reader of JSON that is used again for every record. It reads into a
// flat tape of nodes (24 bytes a value), so a record of n bytes never takes
// more than some 12n bytes. The zero value is ready. It is not safe for
// concurrent use.
type Doc struct {
	src      []byte
	nodes    []node
	err      error
	maxDepth int
	level    int
	// open is set once the end of what is nested too deeply was searched in
	// vain, until Release: each such search looks at all the rest.
	open  bool
	buf   *Buffer
	child *Doc
}

// NewDoc returns a reader that takes values nested up to maxDepth deep and puts
// strings that need unescaping into buf.
func NewDoc(maxDepth int, buf *Buffer) *Doc {
	return &Doc{maxDepth: maxDepth, buf: buf}
}

// Parse reads the JSON value that src starts with, and returns it and the
// length it took. src must be shorter than 4 GiB and stay unchanged while the
// value is in use; the value is valid until the next call of Parse.
//
// It takes what RFC 8259 calls JSON, and what gateways write in its place:
// control characters in strings, the escape \xNN (nginx without escape=json),
// unknown escapes, and, which become null, NaN and Infinity (Python), a bare
// dash and a member without a value (variables of nginx without quotes). What
// is nested too deeply becomes null, too.
func (d *Doc) Parse(src []byte) (Value, int, error) {
	if cap(d.nodes) > keptNodes {
		d.nodes = nil
	}
	d.src, d.nodes, d.err = src, d.nodes[:0], nil
	i := d.value(skipSpace(src, 0), 1)
	if i < 0 {
		return Value{}, 0, d.err
	}
	return Value{d: d}, i, nil
}

// Release lets go of the text that was read, and of memory beyond the usual.
func (d *Doc) Release() {
	for ; d != nil; d = d.child {
		d.src, d.open = nil, false
		if cap(d.nodes) > keptNodes {
			d.nodes = nil
		}
	}
}

func (d *Doc) fail(err error) int {
	d.err = err
	return -1
}

func (d *Doc) leaf(k Kind, off, end int, flags uint8) {
	if n := len(d.nodes); n == cap(d.nodes) {
		// append grows a large slice by a quarter: a record of tiny values would
		// leave five times its tape behind.
		d.nodes = slices.Grow(d.nodes, max(64, n))
	}
	d.nodes = append(d.nodes, node{off: uint32(off), end: uint32(end), next: uint32(len(d.nodes) + 1), kind: k, flags: flags})
}

// value reads the value at i and returns the index after it, or -1.
func (d *Doc) value(i, depth int) int {
	s := d.src
	if i >= len(s) {
		return d.fail(ErrTruncated)
	}
	switch c := s[i]; {
	case c == '"':
		end, flags := scanString(s, i+1)
		if end < 0 {
			return d.fail(ErrTruncated)
		}
		d.leaf(String, i+1, end, flags)
		return end + 1
	case c == '{' || c == '[':
		if depth > d.maxDepth {
			return d.leaveOut(i)
		}
		if c == '{' {
			return d.object(i, depth)
		}
		return d.array(i, depth)
	case c-'0' <= 9:
		return d.number(i, i)
	case c == '-':
		if i+1 < len(s) && s[i+1] == 'I' {
			return d.literal(i, "-Infinity", Null)
		}
		if i+1 < len(s) && depth > 1 && isEnd(s[i+1]) {
			d.leaf(Null, i, i+1, 0)
			return i + 1
		}
		return d.number(i, i+1)
	case c == ',' || c == '}':
		if d.absent(i, depth) {
			d.leaf(Null, i, i, 0)
			return i
		}
	case c == 't':
		return d.literal(i, "true", True)
	case c == 'f':
		return d.literal(i, "false", False)
	case c == 'n':
		return d.literal(i, "null", Null)
	case c == 'N':
		return d.literal(i, "NaN", Null)
	case c == 'I':
		return d.literal(i, "Infinity", Null)
	}
	return d.fail(ErrSyntax)
}

// absent reports whether the comma or brace at i follows a colon: a member has
// no value.
func (d *Doc) absent(i, depth int) bool {
	for i--; depth > 1 && i > 0; i-- {
		switch d.src[i] {
		case ':':
			return true
		case ' ', '\n', '\t', '\r':
		default:
			return false
		}
	}
	return false
}

// isEnd reports whether c may follow a value.
func isEnd(c byte) bool {
	return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\t' || c == '\r'
}

// leaveOut steps over the container at i, which is nested too deeply, and puts
// null in its place. Clients choose how deep what they send is nested, and
// gateways log it: a record that was refused for it would be hidden by it.
func (d *Doc) leaveOut(i int) int {
	n := -1
	if !d.open {
		n = Skip(d.src[i:])
		d.open = n < 0
	}
	if n < 0 {
		return d.fail(ErrDepth)
	}
	d.leaf(Null, i, i+n, 0)
	return i + n
}

func (d *Doc) literal(i int, word string, k Kind) int {
	for j := 0; j < len(word); j++ {
		if i+j >= len(d.src) {
			return d.fail(ErrTruncated)
		}
		if d.src[i+j] != word[j] {
			return d.fail(ErrSyntax)
		}
	}
	d.leaf(k, i, i+len(word), 0)
	return i + len(word)
}

// number reads a number that starts at start and whose digits start at i.
func (d *Doc) number(start, i int) int {
	s := d.src
	from := i
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	if i == from || s[from] == '0' && i > from+1 {
		return d.badNumber(i)
	}
	if i < len(s) && s[i] == '.' {
		from = i + 1
		for i++; i < len(s) && s[i]-'0' <= 9; i++ {
		}
		if i == from {
			return d.badNumber(i)
		}
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		for from = i; i < len(s) && s[i]-'0' <= 9; i++ {
		}
		if i == from {
			return d.badNumber(i)
		}
	}
	d.leaf(Number, start, i, 0)
	return i
}

func (d *Doc) badNumber(i int) int {
	if i >= len(d.src) {
		return d.fail(ErrTruncated)
	}
	return d.fail(ErrSyntax)
}

func (d *Doc) array(i, depth int) int {
	at := len(d.nodes)
	d.leaf(Array, i, 0, 0)
	s := d.src
	i = skipSpace(s, i+1)
	for first := true; ; first = false {
		if i >= len(s) {
			return d.fail(ErrTruncated)
		}
		if s[i] == ']' && first {
			return d.close(at, i+1)
		}
		if i = d.value(i, depth+1); i < 0 {
			return -1
		}
		if i = skipSpace(s, i); i >= len(s) {
			return d.fail(ErrTruncated)
		}
		if s[i] == ']' {
			return d.close(at, i+1)
		}
		if s[i] != ',' {
			return d.fail(ErrSyntax)
		}
		i = skipSpace(s, i+1)
	}
}

func (d *Doc) object(i, depth int) int {
	at := len(d.nodes)
	d.leaf(Object, i, 0, 0)
	s := d.src
	i = skipSpace(s, i+1)
	for first := true; ; first = false {
		if i >= len(s) {
			return d.fail(ErrTruncated)
		}
		if s[i] == '}' && first {
			return d.close(at, i+1)
		}
		if s[i] != '"' {
			return d.fail(ErrSyntax)
		}
		key := i + 1
		keyEnd, flags := scanString(s, key)
		if keyEnd < 0 {
			return d.fail(ErrTruncated)
		}
		if i = skipSpace(s, keyEnd+1); i >= len(s) {
			return d.fail(ErrTruncated)
		}
		if s[i] != ':' {
			return d.fail(ErrSyntax)
		}
		member := len(d.nodes)
		if i = d.value(skipSpace(s, i+1), depth+1); i < 0 {
			return -1
		}
		n := &d.nodes[member]
		n.key, n.keyEnd = uint32(key), uint32(keyEnd)
		n.flags |= flags << 2
		if i = skipSpace(s, i); i >= len(s) {
			return d.fail(ErrTruncated)
		}
		if s[i] == '}' {
			return d.close(at, i+1)
		}
		if s[i] != ',' {
			return d.fail(ErrSyntax)
		}
		i = skipSpace(s, i+1)
	}
}

// close ends the container whose node is at.
func (d *Doc) close(at, end int) int {
	d.nodes[at].end = uint32(end)
	d.nodes[at].next = uint32(len(d.nodes))
	return end
}
