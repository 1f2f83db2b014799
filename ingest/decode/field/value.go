package field

import "bytes"

// Value is a JSON value. The zero Value is one that is not there: it is of
// kind None, has no members and no text.
type Value struct {
	d *Doc
	i uint32
}

func (v Value) node() *node { return &v.d.nodes[v.i] }

// Kind returns the kind of v.
func (v Value) Kind() Kind {
	if v.d == nil {
		return None
	}
	return v.node().kind
}

// Raw returns the JSON text of v, without the quotes of a string.
func (v Value) Raw() []byte {
	if v.d == nil {
		return nil
	}
	n := v.node()
	return v.d.src[n.off:n.end]
}

// Text returns what v says as text: the content of a string, the digits of a
// number, the first text of an array (headers that were sent twice). It is ""
// for everything else and for "-", which is how gateways write "nothing". The
// text is valid UTF-8.
func (v Value) Text() string {
	switch v.Kind() {
	case String:
		if s := v.str(); s != "-" {
			return s
		}
	case Number:
		return View(v.Raw())
	case Array:
		for it := v.Members(); it.Next(); {
			if k := it.Value().Kind(); k == String || k == Number {
				return it.Value().Text()
			}
		}
	}
	return ""
}

func (v Value) str() string {
	n := v.node()
	return v.d.clean(v.d.src[n.off:n.end], n.flags)
}

// clean makes a string of raw without copying, if it needs no changes.
func (d *Doc) clean(raw []byte, flags uint8) string {
	if flags&(escaped|highBit) == 0 {
		return View(raw)
	}
	if flags&escaped != 0 {
		return d.buf.Unescape(raw)
	}
	return d.buf.Valid(raw)
}

// maxListed bounds the values of a list: a chain of proxies is not longer, and
// it is the last ones that trusted proxies wrote.
const maxListed = 32

// List returns v as one comma-separated text: a string as it is, the last 32
// texts of an array joined. Headers are written either way.
func (v Value) List() string {
	if v.Kind() != Array {
		return v.Text()
	}
	var parts [maxListed]string
	n := 0
	skip := v.Len() - maxListed
	for it := v.Members(); it.Next(); {
		if skip--; skip >= 0 {
			continue
		}
		if s := it.Value().Text(); s != "" {
			parts[n] = s
			n++
		}
	}
	return v.d.buf.Join(parts[:n])
}

// Concat returns the parts as one text, in the memory of v's document. It is ""
// if v is of kind None.
func (v Value) Concat(parts ...string) string {
	if v.d == nil {
		return ""
	}
	return v.d.buf.Concat(parts...)
}

// Bool returns the truth that v states: true, false, "true", "false", 1, 0.
func (v Value) Bool() (value, known bool) {
	switch v.Kind() {
	case True:
		return true, true
	case False:
		return false, true
	}
	switch v.Text() {
	case "true", "True", "1":
		return true, true
	case "false", "False", "0":
		return false, true
	}
	return false, false
}

// Len returns how many members an object or array has.
func (v Value) Len() int {
	n := 0
	for it := v.Members(); it.Next(); {
		n++
	}
	return n
}

// Get returns the member of an object that is named key: the last one, if
// there are several, as in encoding/json.
func (v Value) Get(key string) (found Value) {
	if v.Kind() != Object {
		return found
	}
	for it := v.Members(); it.Next(); {
		if it.Key() == key {
			found = it.Value()
		}
	}
	return found
}

// Path returns the value at a path of names, nested or written as one dotted
// name at the top ("host.name"); both occur in Beats events.
func (v Value) Path(dotted string, names ...string) Value {
	at := v
	for _, n := range names {
		at = at.Get(n)
	}
	if at.Kind() == None {
		return v.Get(dotted)
	}
	return at
}

// Unwrap returns the JSON value that a string holds; other values are returned
// as they are. It is None if the string does not hold exactly one value or is
// nested too deeply, and valid until the next call of Unwrap on a value of the
// same document; its texts stay valid as long as the buffer.
func (v Value) Unwrap() Value {
	inner, err := v.Open()
	if err != nil {
		return Value{}
	}
	return inner
}

// Open is Unwrap with the reason why it cannot be done.
func (v Value) Open() (Value, error) {
	if v.Kind() != String {
		return v, nil
	}
	d := v.d
	if d.level+1 >= maxNesting {
		return Value{}, ErrDepth
	}
	n := v.node()
	src := d.src[n.off:n.end]
	if n.flags&escaped != 0 {
		src = d.buf.unescape(src)
	}
	if d.child == nil {
		d.child = &Doc{maxDepth: d.maxDepth, buf: d.buf, level: d.level + 1}
	}
	inner, end, err := d.child.Parse(src)
	if err != nil {
		return Value{}, err
	}
	if len(bytes.TrimSpace(src[end:])) > 0 {
		return Value{}, ErrSyntax
	}
	return inner, nil
}

// Members returns an iterator over the members of an object or array, in the
// order in which they were written; it is empty for other kinds.
func (v Value) Members() Iter {
	if k := v.Kind(); k != Object && k != Array {
		return Iter{}
	}
	n := v.node()
	return Iter{d: v.d, following: v.i + 1, end: n.next}
}

// Iter walks over members: for it := v.Members(); it.Next(); { … }.
type Iter struct {
	d                  *Doc
	at, following, end uint32
}

// Next steps to the next member and reports whether there is one.
func (it *Iter) Next() bool {
	if it.following >= it.end {
		return false
	}
	it.at = it.following
	it.following = it.d.nodes[it.at].next
	return true
}

// Key returns the name of the member; "" in an array.
func (it *Iter) Key() string {
	n := &it.d.nodes[it.at]
	raw := it.d.src[n.key:n.keyEnd]
	if n.flags&(keyEscaped|keyHighBit) == 0 {
		return View(raw)
	}
	return it.d.clean(raw, n.flags>>2)
}

// Value returns the value of the member.
func (it *Iter) Value() Value { return Value{d: it.d, i: it.at} }
