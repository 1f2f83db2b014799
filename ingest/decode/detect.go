package decode

import (
	"bytes"
	"errors"
	"math/bits"

	"github.com/gatehound/gatehound/ingest/decode/field"
)

// maxKeys bounds the different names that all rules together look for.
const maxKeys = 256

// keySet is a set of the names that rules look for.
type keySet [maxKeys / 64]uint64

func (s *keySet) add(i int) { s[i/64] |= 1 << (i % 64) }

func (s *keySet) empty() bool { return *s == keySet{} }

func (s *keySet) has(t *keySet) bool {
	return s[0]&t[0] == t[0] && s[1]&t[1] == t[1] && s[2]&t[2] == t[2] && s[3]&t[3] == t[3]
}

func (s *keySet) meets(t *keySet) bool { return s[0]&t[0]|s[1]&t[1]|s[2]&t[2]|s[3]&t[3] != 0 }

// detector finds the format of an object in one pass over its members' names:
// the pass collects which of the names that rules look for are there, and the
// rules are then compared as bit sets.
type detector struct {
	keys  []string
	next  []uint16    // next key with the same slot, from 1
	slots [256]uint16 // first key of a slot, from 1
	rules []compiledRule
	// asking are the rules by a name that they cannot do without: they are
	// looked at only if it is there.
	asking [maxKeys][]uint16
	// batches are the quoted names of the rules of envelopes of many records.
	batches [][][]byte
}

type compiledRule struct {
	all, any keySet
	weight   int
	where    func(field.Value) bool
	format   *Format
}

// firstWeight is added to the weight of rules of formats that go first.
const firstWeight = 1000

var errTooManyKeys = errors.New("the rules of all formats look for more than 256 names")

func newDetector(formats []*Format) (*detector, error) {
	d := &detector{}
	for _, f := range formats {
		for _, rule := range f.Rules {
			c := compiledRule{format: f, where: rule.Where, weight: len(rule.All)}
			for _, k := range rule.All {
				c.all.add(d.key(k))
			}
			for _, k := range rule.Any {
				c.any.add(d.key(k))
			}
			if len(rule.Any) > 0 {
				c.weight++
			}
			if rule.Where != nil {
				c.weight++
			}
			if f.First {
				c.weight += firstWeight
			}
			if len(d.keys) > maxKeys {
				return nil, errTooManyKeys
			}
			d.rules = append(d.rules, c)
			if f.Split != nil {
				var quoted [][]byte
				for _, k := range rule.All {
					quoted = append(quoted, []byte(`"`+k+`"`))
				}
				d.batches = append(d.batches, quoted)
			}
		}
	}
	d.index()
	return d, nil
}

// index fills asking: a rule goes by that of the names it needs which the fewest
// rules need, or, if it needs none for sure, by all of which it needs one.
func (d *detector) index() {
	var wanted [maxKeys]int
	for i := range d.rules {
		d.rules[i].all.each(func(k int) { wanted[k]++ })
	}
	for i := range d.rules {
		rarest := -1
		d.rules[i].all.each(func(k int) {
			if rarest < 0 || wanted[k] < wanted[rarest] {
				rarest = k
			}
		})
		if rarest >= 0 {
			d.asking[rarest] = append(d.asking[rarest], uint16(i))
			continue
		}
		d.rules[i].any.each(func(k int) { d.asking[k] = append(d.asking[k], uint16(i)) })
	}
}

// each calls f for every member of s.
func (s *keySet) each(f func(k int)) {
	for w, rest := range s {
		for ; rest != 0; rest &= rest - 1 {
			f(w*64 + bits.TrailingZeros64(rest))
		}
	}
}

// key returns the number of k, which it gives it at first. Numbers from
// maxKeys on share one bit: newDetector fails then.
func (d *detector) key(k string) int {
	for i, known := range d.keys {
		if known == k {
			return min(i, maxKeys-1)
		}
	}
	d.keys = append(d.keys, k)
	s := slot(k)
	d.next = append(d.next, d.slots[s])
	d.slots[s] = uint16(len(d.keys))
	return min(len(d.keys), maxKeys) - 1
}

// slot spreads names over 256 slots by their length and two of their letters.
func slot(k string) uint8 {
	if k == "" {
		return 0
	}
	return uint8(len(k))*31 ^ k[0]*7 ^ k[len(k)-1]
}

// names returns which of the names that rules look for o has.
func (d *detector) names(o field.Value) (found keySet) {
	for it := o.Members(); it.Next(); {
		k := it.Key()
		for i := d.slots[slot(k)]; i > 0; i = d.next[i-1] {
			if d.keys[i-1] == k {
				found.add(int(i - 1))
				break
			}
		}
	}
	return found
}

// hits returns how many of the names that any rule of f looks for names has.
func (d *detector) hits(names *keySet, f *Format) (n int) {
	for i := range d.rules {
		if r := &d.rules[i]; r.format == f {
			for w := range r.any {
				n += bits.OnesCount64(names[w] & r.any[w])
			}
		}
	}
	return n
}

// formats returns the format with the longest rule that names, of o's members,
// satisfy, and the envelope with the longest; nil where there is none. Of rules
// that are as long the first one counts.
func (d *detector) formats(names *keySet, o field.Value) (plain, wrap *Format) {
	var first, firstWrap uint16
	weight, wrapWeight := 0, 0
	for w, rest := range names {
		for ; rest != 0; rest &= rest - 1 {
			for _, i := range d.asking[w*64+bits.TrailingZeros64(rest)] {
				r := &d.rules[i]
				best, than, at := &plain, &weight, &first
				if r.format.envelope() {
					best, than, at = &wrap, &wrapWeight, &firstWrap
				}
				if r.weight < *than || r.weight == *than && (i >= *at || *best == nil) || !r.fits(names, o) {
					continue
				}
				*best, *than, *at = r.format, r.weight, i
			}
		}
	}
	return plain, wrap
}

// fits reports whether an object with these names satisfies r.
func (r *compiledRule) fits(names *keySet, o field.Value) bool {
	return names.has(&r.all) && (r.any.empty() || names.meets(&r.any)) && (r.where == nil || r.where(o))
}

// splitHead is how much of a message tells whether it is an envelope of many
// records, in bytes.
const splitHead = 4096

// splits reports whether s, which is too long for a record, begins like an
// envelope of many records: its head has all the names of such a rule.
func (d *detector) splits(s []byte) bool {
	head := s[:min(len(s), splitHead)]
	for _, names := range d.batches {
		found := true
		for _, name := range names {
			found = found && bytes.Contains(head, name)
		}
		if found {
			return true
		}
	}
	return false
}
